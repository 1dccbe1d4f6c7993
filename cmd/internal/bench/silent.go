//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// silentStart counts what a silent start asks for. It compares the time of one, as a
// whole process, with curl making the same token request, and with the peers.
func (r *room) silentStart(ctx context.Context, o options) error {
	alone := r.both(func(of build) contender { return r.status(of, "silent", "porticoctl status", "status", "--json") })
	for _, c := range alone {
		err := r.counts(ctx, c)
		if err != nil && (!c.other || ctx.Err() != nil) {
			return err
		}
	}
	contenders := slices.Concat(alone, r.throughAgents(), r.peersThat("silent", func(ctx context.Context, p peer) ([]float64, error) {
		return r.timed(ctx, p.command(r, "silent"))
	}))
	floor, err := r.tokenRequest(ctx, "curl")
	if err != nil {
		return err
	}
	all, err := inTurn(ctx, 1, o.pairs, contenders, &floor)
	if err != nil {
		return err
	}
	r.say("\nTime of the whole process, from its start to its end, %d rounds: `porticoctl status` with no agent running (key store, lock,", o.pairs)
	r.say("request, checks, save), `curl` making the token request alone, and peers. Those on Node.js and Python keep their tokens in a")
	r.say("file, and oidc-agent in the memory of a process that runs already; the others in the key store.\n")
	r.spreads(quantity{name: "porticoctl status", unit: "ms", digits: 1, aim: "≤ 1.10 of curl, ≤ 1.25 of the 40 lines"}, 0, all, floor.name)
	return nil
}

// status is the console with these arguments, on a desk with somebody signed in.
func (r *room) status(of build, desk, name string, args ...string) contender {
	return contender{name: name, run: func(ctx context.Context) ([]float64, error) {
		env, err := r.desk(ctx, of, desk)
		if err != nil {
			return nil, err
		}
		return r.timed(ctx, stage.Command{Name: of.program("porticoctl"), Args: args, Env: env})
	}}
}

// throughAgents are the consoles with an agent to ask.
func (r *room) throughAgents() []contender {
	var contenders []contender
	for _, of := range r.builds {
		started := false
		for _, args := range [][]string{{"status", "--json", "--refresh"}, {"status", "--json"}} {
			name := "porticoctl " + strings.Join(slices.DeleteFunc(slices.Clone(args), func(a string) bool { return a == "--json" }), " ") + " through its agent"
			ask := r.status(of, "agent", name+suffix(of.other), args...)
			run := ask.run
			ask.optional, ask.other = true, of.other
			ask.run = func(ctx context.Context) ([]float64, error) {
				if !started {
					if _, err := r.idling(ctx, of, "agent"); err != nil {
						return nil, err
					}
					started = true
				}
				return run(ctx)
			}
			contenders = append(contenders, ask)
		}
	}
	return contenders
}

// counts tells what somebody asks the provider and the session bus for in a single run.
// The first one may have to sign in, and is not counted.
func (r *room) counts(ctx context.Context, c contender) error {
	if _, err := c.run(ctx); err != nil {
		return err
	}
	before, err := r.provider.Requests(ctx)
	if err != nil {
		return err
	}
	var failed error
	calls, err := r.BusCalls(ctx, func() { _, failed = c.run(ctx) })
	if err != nil || failed != nil {
		return fmt.Errorf("%w, %w", err, failed)
	}
	after, err := r.provider.Requests(ctx)
	if err != nil {
		return err
	}
	total := 0
	for _, names := range calls {
		total += len(names)
	}
	r.say("* %s: %s (aim: 1); %d calls over %d connections of the session bus (aim: ≤ 16 over 1).", c.name, requests(before, after), total, len(calls))
	return nil
}

// requests tells what was asked for in between.
func requests(before, after map[string]int) string {
	var asked []string
	total := 0
	for path, n := range after {
		if d := n - before[path]; d > 0 {
			asked, total = append(asked, fmt.Sprintf("%d × %s", d, path)), total+d
		}
	}
	slices.Sort(asked)
	return fmt.Sprintf("requests to the provider %d (%s)", total, strings.Join(asked, ", "))
}

// tokenRequest is curl, with these arguments, making a silent start's token request,
// again and again.
func (r *room) tokenRequest(ctx context.Context, name string, args ...string) (contender, error) {
	token, err := r.refreshToken(ctx, public())
	return contender{name: name, run: func(ctx context.Context) ([]float64, error) {
		next, took, err := r.curl(ctx, token, args...)
		token = next
		return took, err
	}}, err
}

// curl makes a token request, and returns the milliseconds that it took, as [room.timed]
// does. The form goes in by standard input: an argument could be read by everybody on
// the machine.
func (r *room) curl(ctx context.Context, token string, args ...string) (next string, took []float64, err error) {
	form := url.Values{"grant_type": {"refresh_token"}, "client_id": {"portico"}, "refresh_token": {token}}.Encode()
	answer, took, err := r.answered(ctx, stage.Command{
		Name: "curl", Args: append(args[:len(args):len(args)], "--silent", "--show-error", "--fail", "--data", "@-", r.provider.Issuer()+r.provider.TokenPath()),
		Stdin: strings.NewReader(form),
	})
	if err != nil {
		return "", nil, err
	}
	var kept struct {
		RefreshToken string `json:"refresh_token"`
	}
	if err := json.Unmarshal([]byte(answer), &kept); err != nil || kept.RefreshToken == "" {
		return "", nil, fmt.Errorf("the provider answered curl without a refresh token (%w)", err)
	}
	return kept.RefreshToken, took, nil
}
