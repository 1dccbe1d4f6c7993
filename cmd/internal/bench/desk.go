//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// room is a stage for one part of the run, with a key store of its own, so one part's
// leftovers slow down no other.
type room struct {
	*stage.Stage
	*bench
	// desks are those with somebody signed in, or why that failed.
	desks map[string]error
	// oidcAgentEnv leads to the oidc-agent of this room.
	oidcAgentEnv []string
}

// room sets one up. Close it.
func (b *bench) room(ctx context.Context, p stage.Params) (*room, error) {
	p.Browser, p.Env, p.Log = stage.NoBrowser, append(b.trust.env(), p.Env...), b.log
	s, err := stage.New(ctx, p)
	if err != nil {
		return nil, err
	}
	return &room{Stage: s, bench: b, desks: map[string]error{}}, nil
}

// desk is the environment of a data directory of its own, with these people remembered and the last of them
// signed in, ada by default. Each build has its own: what one has written the other may not know.
func (r *room) desk(ctx context.Context, of build, name string, people ...string) ([]string, error) {
	if of.other {
		name += "-other"
	}
	env := r.env(name)
	if err, known := r.desks[name]; known {
		return env, err
	}
	if len(people) == 0 {
		people = []string{"ada"}
	}
	var err error
	for i, person := range people {
		var more []string
		if i > 0 {
			// Whoever is remembered would come back without a browser.
			more = []string{"--account", strings.ReplaceAll(person, "@", "") + "@contoso.example"}
		}
		if _, err = r.login(ctx, of, env, person, more...); err != nil {
			break
		}
	}
	r.desks[name] = err
	return env, err
}

// env is the environment of a data directory with nobody signed in yet.
func (r *room) env(name string) []string {
	return []string{"PORTICO_DATA_DIR=" + filepath.Join(r.Dir, "desk-"+name), "PORTICO_PORTAL=" + r.portal.URL()}
}

// login signs in through the console and a scripted browser, and returns the
// milliseconds from the redirect to the console's end.
func (r *room) login(ctx context.Context, of build, desk []string, person string, more ...string) (took float64, err error) {
	args := append([]string{"login", "--no-browser", "--timeout", "60s"}, more...)
	return r.signIn(ctx, stage.Command{Name: of.program("porticoctl"), Args: args, Env: desk}, person)
}

// signIn starts a program that prints the address to open and waits for the browser.
func (r *room) signIn(ctx context.Context, c stage.Command, person string) (took float64, err error) {
	if r.providerLack != nil {
		return 0, r.providerLack
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	p, err := r.Start(c)
	if err != nil {
		return 0, err
	}
	defer p.Stop()
	isAddress := func(line string) bool {
		return strings.HasPrefix(strings.TrimSpace(line), "http")
	}
	// Some print it to one output, some to the other.
	found := make(chan string, 2)
	alive, stop := whileAlive(ctx, p)
	defer stop()
	for _, wait := range []func(context.Context, func(string) bool) (string, error){p.WaitLine, p.WaitError} {
		go func() {
			if line, err := wait(alive, isAddress); err == nil {
				found <- strings.TrimSpace(line)
			}
		}()
	}
	var address string
	select {
	case address = <-found:
	case <-alive.Done():
		return 0, fmt.Errorf("%s has no address to open: %w: %s", c, context.Cause(alive), p.Tail())
	}
	v, err := r.newVisitor()
	if err != nil {
		return 0, err
	}
	back, err := v.authorize(ctx, address, person)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", c, err)
	}
	started := time.Now()
	if err := v.arrive(ctx, back); err != nil {
		return 0, fmt.Errorf("%s: %w: %s", c, err, p.Tail())
	}
	code, err := p.Wait(ctx)
	took = milliseconds(time.Since(started))
	if err == nil && code != 0 {
		err = fmt.Errorf("%s %s ended with %d: %s", c, strings.Join(c.Args, " "), code, p.Tail())
	}
	return took, err
}

// timed runs a command and returns the milliseconds that it took, and those of the processor.
func (r *room) timed(ctx context.Context, c stage.Command) ([]float64, error) {
	started := time.Now()
	result, err := r.Run(ctx, c)
	took := time.Since(started)
	if err == nil && result.Code != 0 {
		err = fmt.Errorf("%s %s ended with %d: %s", c, strings.Join(c.Args, " "), result.Code, result.Tail)
	}
	return []float64{milliseconds(took), milliseconds(result.CPU)}, err
}

// answered is timed for a command whose output is wanted. The output has secrets in it,
// so no error shows it.
func (r *room) answered(ctx context.Context, c stage.Command) (answer string, took []float64, err error) {
	started := time.Now()
	result, err := r.Run(ctx, c)
	took = []float64{milliseconds(time.Since(started)), milliseconds(result.CPU)}
	if err == nil && result.Code != 0 {
		err = fmt.Errorf("%s ended with %d", c, result.Code)
	}
	return result.Stdout, took, err
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }

// agent starts the agent on a desk and waits until it is signed in.
func (r *room) agent(ctx context.Context, of build, desk []string) (*stage.Process, error) {
	agent, err := r.Start(stage.Command{Name: of.program("portico-agent"), Env: desk})
	if err != nil {
		return nil, err
	}
	if err := r.agentSignsIn(ctx, of, desk, agent); err != nil {
		agent.Stop()
		return nil, err
	}
	return agent, nil
}

func (r *room) agentSignsIn(ctx context.Context, of build, desk []string, agent *stage.Process) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	ctx, stop := whileAlive(ctx, agent)
	defer stop()
	// Before the agent has its socket the console would sign in by itself.
	for {
		result, err := r.Run(ctx, stage.Command{Name: of.program("porticoctl"), Args: []string{"status", "--json", "--cached"}, Env: desk})
		if err == nil && result.Code == localapi.ExitUsage {
			return fmt.Errorf("porticoctl status --json --cached: %s", result.Tail)
		}
		var status map[string]any
		if err == nil && result.Code == 0 && json.Unmarshal([]byte(result.Stdout), &status) == nil {
			return nil
		}
		if err == nil {
			err = pause(ctx, 50*time.Millisecond)
		}
		if err != nil {
			return fmt.Errorf("the agent does not get signed in: %w: %s\n%s", context.Cause(ctx), result.Tail, agent.Tail())
		}
	}
}

var errEnded = errors.New("the program has ended")

// whileAlive is a context that ends with a process, by errEnded. Call stop when it is
// not needed any more.
func whileAlive(ctx context.Context, p *stage.Process) (alive context.Context, stop func()) {
	alive, cancel := context.WithCancelCause(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-p.Done():
			cancel(errEnded)
		case <-alive.Done():
		}
	}()
	return alive, func() {
		cancel(nil)
		<-watched
	}
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
