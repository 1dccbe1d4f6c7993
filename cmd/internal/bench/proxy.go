//go:build linux

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/portico-desktop/portico/auth/authtest/squid"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// proxiedHost is the provider's name, known to the proxy only.
const proxiedHost = "login.bench.test"

// proxyStart compares silent starts through a proxy that wants Kerberos with curl making
// the same token request there, and with both going directly. A start does more than its
// request, and the proxy is not to blame for the rest.
func (r *room) proxyStart(ctx context.Context, o options) (err error) {
	started := &company{}
	defer func() { err = errors.Join(started.end(recover()), err) }()
	realm := squid.StartRealm(started)
	proxy := squid.Start(started, squid.Options{
		Wants: []string{"negotiate"}, Realm: realm, Hosts: map[string]string{proxiedHost: "127.0.0.1"},
	})
	address := "http://" + net.JoinHostPort("localhost", proxy.Port)
	through, err := r.behind(ctx, started, realm, address)
	if err != nil {
		return err
	}
	starts := func(r *room) []contender {
		return r.both(func(of build) contender { return r.status(of, "proxy", "porticoctl status", "status", "--json") })
	}
	floor, err := through.tokenRequest(ctx, "curl --proxy-negotiate", "--proxy-negotiate", "--proxy-user", ":", "--proxy", address)
	if err != nil {
		return err
	}
	contenders := starts(through)
	for _, c := range append(contenders[:len(contenders):len(contenders)], floor) {
		asked, err := asks(ctx, started, proxy, c)
		if err != nil && c.other && ctx.Err() == nil {
			continue // inTurn says why
		}
		if err != nil {
			return err
		}
		r.say("* %s: requests to the proxy %d (aim: 1).", c.name, asked)
	}
	directly, err := r.tokenRequest(ctx, "curl")
	if err != nil {
		return err
	}
	floorBoth := beside(floor, directly)
	for i, direct := range starts(r) {
		contenders[i] = beside(contenders[i], direct)
	}
	all, err := inTurn(ctx, 1, o.pairs, contenders, &floorBoth)
	if err != nil {
		return err
	}
	r.say("\nTime of the whole process, %d rounds: `porticoctl status` with no agent running, against `curl --proxy-negotiate` making the token", o.pairs)
	r.say("request alone. The ticket is there; only the proxy knows the provider's name.\n")
	r.spreads(quantity{name: "porticoctl status through a proxy", unit: "ms", digits: 1, aim: "≤ 1.25 of curl"}, 0, all, floor.name)
	agents, err := inTurn(ctx, 1, o.pairs, through.refreshes(), &floor)
	if err != nil {
		return err
	}
	r.withAndWithout(all, agents)
	return nil
}

// withAndWithout writes the starts of this build through the proxy and directly, time and
// processor's time, and the refreshes by its agent.
func (r *room) withAndWithout(all, agents []samples) {
	r.say("\nMedians with and without the proxy, each start right before one that goes directly; the processor's time is that of the process alone,")
	r.say("and the refreshes are by an agent that runs already:\n")
	r.say("| | Portico, ms | curl, ms | ratio, median (least–most) |\n|---|---|---|---|")
	row := func(what string, s *samples, i int) {
		ours, theirs := column(s.rounds, i), column(s.floor, i)
		r.say("| %s | %s | %s | %s |", what, number(spreadOf(ours).median, 1), number(spreadOf(theirs).median, 1), spreadWords(ratios(ours, theirs)))
	}
	for i, what := range []string{"start through the proxy", "processor, through the proxy", "start directly", "processor, directly"} {
		row(what, ofThis(all), i)
	}
	for i := range agents {
		if agents[i].missing == nil {
			row(agents[i].name+", through the proxy", &agents[i], 0)
		}
	}
	r.left(agents)
}

// refreshes are the agents' own. Agents hold no ticket themselves.
func (r *room) refreshes() []contender {
	var contenders []contender
	for _, c := range r.throughAgents() {
		if strings.Contains(c.name, "--refresh") {
			contenders = append(contenders, c)
		}
	}
	return contenders
}

// beside measures one right after the other. The other's values come last.
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
func asks(ctx context.Context, started *company, proxy *squid.Proxy, c contender) (int, error) {
	if _, err := c.run(ctx); err != nil {
		return 0, err
	}
	before, err := tunnels(ctx, started, proxy)
	if err != nil {
		return 0, err
	}
	if _, err := c.run(ctx); err != nil {
		return 0, err
	}
	after, err := tunnels(ctx, started, proxy)
	return after - before, err
}

// tunnels counts what the proxy was asked for so far, with what it did not allow. It notes a
// tunnel at its end, one after the other, and a request of our own last.
func tunnels(ctx context.Context, started *company, proxy *squid.Proxy) (n int, err error) {
	last := "http://127.0.0.1/" + rand.Text()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, last, nil)
	if err != nil {
		return 0, err
	}
	through := &url.URL{Scheme: "http", Host: net.JoinHostPort("localhost", proxy.Port)}
	resp, err := (&http.Transport{Proxy: http.ProxyURL(through), DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		return 0, err
	}
	_ = resp.Body.Close()
	for _, line := range proxy.LogUntil(started, func(l squid.Line) bool { return strings.HasSuffix(l.Asked, last) }) {
		if strings.HasPrefix(line.Asked, http.MethodConnect+" ") {
			n++
		}
	}
	return n, nil
}

// behind is a room in a company's network, with a provider known to the proxy only and a
// person logged on.
func (r *room) behind(ctx context.Context, started *company, realm *squid.Realm, proxy string) (*room, error) {
	b := &bench{dir: filepath.Join(r.dir, "proxy"), root: r.root, builds: r.builds, log: r.log, report: r.report}
	if err := os.Mkdir(b.dir, 0o700); err != nil {
		return nil, err
	}
	var err error
	if b.authority, err = stage.NewAuthority(b.dir, proxiedHost); err != nil {
		return nil, err
	}
	if b.trust, err = newTrust(b.dir, b.authority); err != nil {
		return nil, err
	}
	b.provider, err = stage.OIDCProviderWith(ctx, b.log, stage.ProviderOptions{TLS: b.authority, Host: proxiedHost})
	if err != nil {
		return nil, lack{fmt.Errorf("there is no provider: %w", err)}
	}
	started.Cleanup(func() { _ = b.close() })
	if b.portal, err = b.startPortal(ctx, b.provider.Issuer()); err != nil {
		return nil, err
	}
	cache := "FILE:" + filepath.Join(b.dir, "ticket")
	realm.LogOn(started, cache, squid.Name, squid.Password)
	through, err := b.room(ctx, stage.Params{Env: []string{"KRB5_CONFIG=" + realm.Config, "KRB5CCNAME=" + cache, "HTTPS_PROXY=" + proxy}})
	if err != nil {
		return nil, err
	}
	started.Cleanup(func() { _ = through.Close() })
	return through, nil
}

// dialsHere are connections of the visitor: for it every provider is on this computer,
// whatever its name.
func dialsHere(issuer *url.URL) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if address == issuer.Host {
			address = net.JoinHostPort("127.0.0.1", issuer.Port())
		}
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
}

// company is what package squid starts, in a program. The package is made for tests. It
// is a [squid.T].
type company struct{ ends []func() }

// unstarted is why something of it could not be started.
type unstarted struct{ error }

func (c *company) Helper()          {}
func (c *company) Cleanup(f func()) { c.ends = append(c.ends, f) }
func (c *company) Fatal(args ...any) {
	panic(unstarted{errors.New(strings.TrimSpace(fmt.Sprintln(args...)))})
}
func (c *company) Fatalf(f string, a ...any) { panic(unstarted{fmt.Errorf(f, a...)}) }
func (c *company) Skipf(f string, a ...any)  { panic(unstarted{lack{fmt.Errorf(f, a...)}}) }

// end ends everything, the last one first, and names the part that could not be started.
func (c *company) end(panicked any) error {
	for i := len(c.ends) - 1; i >= 0; i-- {
		c.ends[i]()
	}
	switch why := panicked.(type) {
	case nil:
		return nil
	case unstarted:
		return why.error
	default:
		panic(panicked)
	}
}
