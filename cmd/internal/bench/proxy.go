//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"

	"github.com/portico-desktop/portico/auth/authtest/squid"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// loginHost is the provider's name, which only the proxy knows.
const loginHost = "login.bench.test"

// proxyStart compares silent starts through a proxy that wants Kerberos with curl making
// the same token request there, and with both going directly: a start does more than its
// request, which the proxy is not to blame for.
func (b *bench) proxyStart(ctx context.Context, pairs int, log io.Writer) (err error) {
	b.say("\n## The silent start through a proxy that wants Kerberos\n")
	parts := &parts{}
	defer func() { err = errors.Join(parts.end(recover()), err) }()
	open := squid.FreePort(parts, "127.0.0.1")
	realm := squid.StartRealm(parts)
	proxy := squid.Start(parts, squid.Options{
		Wants: []string{"negotiate"}, Realm: realm, Hosts: map[string]string{loginHost: "127.0.0.1"},
		// The browser is not what is measured, and what it asks for by itself is to stay here.
		Lines: []string{"acl bench dstdomain .bench.test", "http_access deny !bench", "http_port 127.0.0.1:" + open, "acl open localport " + open, "http_access allow open"},
	})
	through, err := b.through(ctx, parts, net.JoinHostPort("localhost", open), log)
	if err != nil {
		return err
	}
	cache := "FILE:" + filepath.Join(through.stage.Dir, "tickets")
	realm.LogOn(parts, cache, squid.Name, squid.Password)
	address := "http://" + net.JoinHostPort("localhost", proxy.Port)
	through.more = []string{"KRB5_CONFIG=" + realm.Config, "KRB5CCNAME=" + cache, "HTTPS_PROXY=" + address}
	through.curlArgs = []string{"--proxy-negotiate", "--proxy-user", ":", "--proxy", address}

	contenders := through.starts()
	floor, err := through.bareRequest(ctx)
	if err != nil {
		return err
	}
	for _, c := range []contender{contenders[0], floor} {
		asked, err := asks(ctx, parts, proxy, c)
		if err != nil {
			return err
		}
		b.say("Requests to the proxy by `%s`: %d; aim: 1.", c.name, asked)
	}
	byAgent, err := through.agentRefresh(ctx, parts)
	if err != nil {
		return err
	}
	directly, err := b.bareRequest(ctx)
	if err != nil {
		return err
	}
	for i, direct := range b.starts() {
		contenders[i] = beside(contenders[i], direct)
	}
	floor = beside(floor, directly)
	all, err := inTurn(ctx, 1, pairs, contenders, &floor)
	if err != nil {
		return err
	}
	b.say("\nTime of the whole process, %d pairs in turn, against `curl --proxy-negotiate` making the same token request.\n", pairs)
	b.spreads(quantity{name: "porticoctl status through a proxy", unit: "ms"}, 0, all, floor.name)
	ours := ofThis(all)
	middle := func(rounds [][]float64, i int) float64 { return spreadOf(column(rounds, i)).median }
	b.say("\nMedians with and without the proxy, each start beside one that goes directly:\n")
	b.say("| | porticoctl status, ms | curl, ms | ratio |\n|---|---|---|---|")
	for i, what := range []string{"through the proxy (aim of the ratio ≤ 1.25)", "processor's time, through the proxy", "directly", "processor's time, directly"} {
		b.say("| %s | %s | %s | %s |", what, number(middle(ours.rounds, i), 1), number(middle(ours.floor, i), 1),
			number(spreadOf(ratios(column(ours.rounds, i), column(ours.floor, i))).median, 2))
	}
	agents, err := inTurn(ctx, 1, pairs, []contender{byAgent}, &floor)
	if err != nil {
		return err
	}
	b.say("| the agent's refresh, through the proxy | %s | %s | %s |", number(middle(agents[0].rounds, 0), 1), number(middle(agents[0].floor, 0), 1),
		number(spreadOf(ratios(column(agents[0].rounds, 0), column(agents[0].floor, 0))).median, 2))
	return nil
}

// agentRefresh is a refresh by this build's agent, which shows no ticket itself.
func (b *bench) agentRefresh(ctx context.Context, p *parts) (contender, error) {
	desk, err := b.desk(ctx, b.builds[0], "agent")
	if err != nil {
		return contender{}, err
	}
	agent, err := b.agent(ctx, b.builds[0], desk)
	if err != nil {
		return contender{}, err
	}
	p.Cleanup(agent.Stop)
	return contender{name: "porticoctl status --refresh", run: func(ctx context.Context) ([]float64, error) {
		return b.timed(ctx, stage.Command{Name: b.builds[0].program("porticoctl"), Args: []string{"status", "--json", "--refresh"}, Env: desk})
	}}, nil
}

// beside measures one right after the other, whose values come last.
func beside(one, other contender) contender {
	first := one.run
	one.run = func(ctx context.Context) ([]float64, error) {
		values, err := first(ctx)
		if err != nil {
			return nil, err
		}
		more, err := other.run(ctx)
		return append(values, more...), err
	}
	return one
}

// asks counts the requests to the proxy of a single run, the second one: the first one may
// have to sign in.
func asks(ctx context.Context, p *parts, proxy *squid.Proxy, c contender) (int, error) {
	if _, err := c.run(ctx); err != nil {
		return 0, err
	}
	lines := func() []squid.Line { return proxy.Log(p) }
	ended := func(n int) []squid.Line { // a tunnel is noted at its end
		return proxy.LogUntil(p, func(squid.Line) bool { return len(lines()) > n && lines()[len(lines())-1].Status == http.StatusOK })
	}
	before := len(ended(0))
	if _, err := c.run(ctx); err != nil {
		return 0, err
	}
	return len(ended(before)) - before, nil
}

// through is a bench of its own, whose provider only the proxy knows.
func (b *bench) through(ctx context.Context, p *parts, open string, log io.Writer) (*bench, error) {
	t := &bench{builds: b.builds, desks: map[string]error{}, report: b.report}
	var err error
	if t.stage, err = stage.New(ctx, stage.Params{TrustAll: true, BrowserProxy: "http://" + open, Log: log}); err != nil {
		return nil, err
	}
	p.closing(t.stage.Close)
	if t.authority, err = stage.NewAuthority(t.stage.Dir, loginHost); err != nil {
		return nil, err
	}
	if t.trusted, _, err = trustedBySystem(t.stage.Dir, t.authority); err != nil {
		return nil, err
	}
	if t.provider, err = stage.OIDCProviderWith(ctx, log, stage.ProviderOptions{TLS: t.authority, Host: loginHost}); err != nil {
		return nil, err
	}
	p.closing(t.provider.Close)
	if t.portal, err = t.startPortal(ctx); err != nil {
		return nil, err
	}
	p.closing(t.portal.Close)
	return t, nil
}

// parts are what squid's package starts, which is made for tests, in a program.
type parts struct{ ends []func() }

// unstarted is why a part could not be started.
type unstarted struct {
	skipped bool
	why     string
}

func (p *parts) Helper()                   {}
func (p *parts) Cleanup(f func())          { p.ends = append(p.ends, f) }
func (p *parts) Fatal(args ...any)         { panic(unstarted{why: fmt.Sprint(args...)}) }
func (p *parts) Fatalf(f string, a ...any) { panic(unstarted{why: fmt.Sprintf(f, a...)}) }
func (p *parts) Skipf(f string, a ...any)  { panic(unstarted{skipped: true, why: fmt.Sprintf(f, a...)}) }

func (p *parts) closing(f func() error) { p.Cleanup(func() { _ = f() }) }

// end ends all parts, and says why one could not be started.
func (p *parts) end(panicked any) error {
	for i := len(p.ends) - 1; i >= 0; i-- {
		p.ends[i]()
	}
	switch why := panicked.(type) {
	case nil:
		return nil
	case unstarted:
		return errors.New(strings.TrimSpace(why.why))
	default:
		panic(panicked)
	}
}
