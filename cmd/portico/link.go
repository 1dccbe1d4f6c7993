package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
)

// patience is how long a background program may take until it listens.
const patience = 10 * time.Second

// errNoProgram says that there is no background program to start.
var errNoProgram = errors.New("there is no portico-agent beside this program")

// link is the way to the agent. It connects when it is first used, so that the
// window starts meanwhile, and again after the agent went away. It is safe for
// concurrent use.
type link struct {
	dir string
	// start starts the background program, or fails with errNoProgram. ended is
	// closed when that program has ended, after why it could not start.
	start func() (ended <-chan error, err error)
	// within runs an agent in this process; it returns what ends it and waits.
	within func() (agent localapi.Agent, stop func())

	// again is how long after its start a program that has ended is started again.
	again time.Duration

	turn  chan struct{} // holds one token: who has it may connect
	mu    sync.Mutex
	agent localapi.Agent // nil: not connected
	stop  func()         // of the agent within, nil for none
}

var _ localapi.Agent = (*link)(nil)

func newLink(paths desktop.Paths, start func() (<-chan error, error), within func() (localapi.Agent, func())) *link {
	l := &link{dir: paths.Runtime, start: start, within: within, again: time.Second, turn: make(chan struct{}, 1)}
	l.turn <- struct{}{}
	return l
}

// connect returns the agent, after starting it if nobody has.
func (l *link) connect(ctx context.Context) (localapi.Agent, error) {
	select {
	case <-l.turn:
		defer func() { l.turn <- struct{}{} }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	l.mu.Lock()
	agent := l.agent
	l.mu.Unlock()
	if agent != nil {
		return agent, nil
	}
	agent, err := l.find(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		// A connection may notice the deadline a moment before the context does.
		if end, bounded := ctx.Deadline(); bounded && !time.Now().Before(end) {
			return nil, context.DeadlineExceeded
		}
		var why *localapi.Problem
		switch {
		case errors.As(err, &why):
			return nil, why
		case errors.Is(err, localapi.ErrUnsafe):
			return nil, &localapi.Problem{
				Code: localapi.RuntimeFolder, Params: map[string]string{"file": l.dir}, Details: &localapi.Details{Error: err.Error(), Time: time.Now()},
			}
		}
		return nil, &localapi.Problem{
			Code:    localapi.AgentGone,
			Details: &localapi.Details{Error: err.Error(), Time: time.Now()},
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.agent = agent
	return agent, nil
}

// find connects to the agent that runs, or to one that it starts.
func (l *link) find(ctx context.Context) (localapi.Agent, error) {
	client, err := l.dial(ctx)
	var problem *localapi.Problem
	switch {
	case err == nil:
		return client, nil
	case errors.As(err, &problem) && problem.Code == localapi.VersionMismatch:
		if err := l.retire(ctx); err != nil {
			return nil, err
		}
	case !errors.Is(err, localapi.ErrNoAgent):
		return nil, err
	}
	ended, err := l.start()
	if err != nil {
		if !errors.Is(err, errNoProgram) || l.within == nil {
			return nil, err
		}
		agent, stop := l.within()
		l.mu.Lock()
		l.stop = stop
		l.mu.Unlock()
		return agent, nil
	}
	return l.await(ctx, ended)
}

// dial connects to the agent that runs.
func (l *link) dial(ctx context.Context) (*localapi.Client, error) {
	client, err := localapi.Dial(ctx, l.dir)
	if err != nil {
		return nil, err
	}
	if _, err := client.Handshake(ctx); err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return client, nil
}

// retire asks an agent of another version to end, and waits until it has.
func (l *link) retire(ctx context.Context) error {
	old, err := localapi.Dial(ctx, l.dir)
	if err != nil {
		return nil //nolint:nilerr // it has gone already
	}
	if err := errors.Join(old.Quit(ctx), old.Close()); err != nil {
		return fmt.Errorf("end the agent of another version: %w", err)
	}
	return l.poll(ctx, func() (bool, error) {
		client, err := localapi.Dial(ctx, l.dir)
		if err == nil {
			return false, client.Close()
		}
		return errors.Is(err, localapi.ErrNoAgent), nil
	})
}

// await connects to the agent that is just starting. One that found its
// predecessor still ending has given up by itself and is started again. One that
// only takes its time is not: a second one that is as slow may find the
// first one told to end already, and go on in its place.
func (l *link) await(ctx context.Context, ended <-chan error) (localapi.Agent, error) {
	var client *localapi.Client
	started := time.Now()
	err := l.poll(ctx, func() (bool, error) {
		c, err := l.dial(ctx)
		if !errors.Is(err, localapi.ErrNoAgent) {
			client = c
			return true, err
		}
		select {
		case why := <-ended:
			if why != nil {
				return false, why // and would not the next time
			}
		default:
			return false, nil
		}
		if time.Since(started) < l.again {
			return false, nil
		}
		started = time.Now()
		ended, err = l.start()
		return false, err
	})
	if err != nil {
		return nil, fmt.Errorf("wait for the agent: %w", err)
	}
	return client, nil
}

// poll asks until the answer is yes: soon at first, because a start takes some
// hundredths of a second, and rarer later.
func (l *link) poll(ctx context.Context, ask func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, 500*time.Millisecond) {
		if yes, err := ask(); yes || err != nil {
			return err
		}
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		}
	}
}

// apart says whether the agent is a program of its own.
func (l *link) apart() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.agent != nil && l.stop == nil
}

// drop forgets an agent that went away, so that the next call looks again. An
// agent within this process stays.
func (l *link) drop(agent localapi.Agent) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.agent == agent && l.stop == nil {
		l.agent = nil
	}
}

// close ends the agent within, if there is one, and waits for it.
func (l *link) close() {
	l.mu.Lock()
	stop := l.stop
	l.mu.Unlock()
	if stop != nil {
		stop()
	}
}

// via makes a call, and notes when the agent turns out to be gone.
func via[T any](ctx context.Context, l *link, call func(localapi.Agent) (T, error)) (T, error) {
	agent, err := l.connect(ctx)
	if err != nil {
		var none T
		return none, err
	}
	answer, err := call(agent)
	var p *localapi.Problem
	if errors.As(err, &p) && p.Code == localapi.AgentGone {
		l.drop(agent)
	}
	return answer, err
}

// tell is via for calls that answer nothing.
func tell(ctx context.Context, l *link, call func(localapi.Agent) error) error {
	_, err := via(ctx, l, func(a localapi.Agent) (struct{}, error) { return struct{}{}, call(a) })
	return err
}

func (l *link) State(ctx context.Context) (localapi.State, error) {
	return via(ctx, l, func(a localapi.Agent) (localapi.State, error) { return a.State(ctx) })
}

func (l *link) Watch(ctx context.Context) iter.Seq2[localapi.Event, error] {
	return func(yield func(localapi.Event, error) bool) {
		agent, err := l.connect(ctx)
		if err != nil {
			yield(localapi.Event{}, err)
			return
		}
		for event, err := range agent.Watch(ctx) {
			if err != nil {
				l.drop(agent)
			}
			if !yield(event, err) {
				return
			}
		}
		l.drop(agent)
	}
}

func (l *link) CheckPortal(ctx context.Context, req localapi.PortalRequest) (localapi.PortalCheck, error) {
	return via(ctx, l, func(a localapi.Agent) (localapi.PortalCheck, error) { return a.CheckPortal(ctx, req) })
}

func (l *link) SetPortal(ctx context.Context, req localapi.PortalRequest) error {
	return tell(ctx, l, func(a localapi.Agent) error { return a.SetPortal(ctx, req) })
}

func (l *link) SignIn(ctx context.Context, req localapi.SignInRequest) (localapi.SignIn, error) {
	return via(ctx, l, func(a localapi.Agent) (localapi.SignIn, error) { return a.SignIn(ctx, req) })
}

func (l *link) CancelSignIn(ctx context.Context) error {
	return tell(ctx, l, func(a localapi.Agent) error { return a.CancelSignIn(ctx) })
}

func (l *link) Refresh(ctx context.Context) (localapi.State, error) {
	return via(ctx, l, func(a localapi.Agent) (localapi.State, error) { return a.Refresh(ctx) })
}

func (l *link) SignOut(ctx context.Context, req localapi.SignOutRequest) (localapi.SignOutReport, error) {
	return via(ctx, l, func(a localapi.Agent) (localapi.SignOutReport, error) { return a.SignOut(ctx, req) })
}

func (l *link) Forget(ctx context.Context) (localapi.ForgetReport, error) {
	return via(ctx, l, func(a localapi.Agent) (localapi.ForgetReport, error) { return a.Forget(ctx) })
}

func (l *link) Accounts(ctx context.Context) ([]localapi.Account, error) {
	return via(ctx, l, func(a localapi.Agent) ([]localapi.Account, error) { return a.Accounts(ctx) })
}

func (l *link) Paste(ctx context.Context, req localapi.PasteRequest) error {
	return tell(ctx, l, func(a localapi.Agent) error { return a.Paste(ctx, req) })
}

func (l *link) UseAccount(ctx context.Context, req localapi.AccountRequest) error {
	return tell(ctx, l, func(a localapi.Agent) error { return a.UseAccount(ctx, req) })
}

func (l *link) Providers(ctx context.Context) ([]localapi.ProviderSetup, error) {
	return via(ctx, l, func(a localapi.Agent) ([]localapi.ProviderSetup, error) { return a.Providers(ctx) })
}

func (l *link) SetSecret(ctx context.Context, req localapi.SecretRequest) error {
	return tell(ctx, l, func(a localapi.Agent) error { return a.SetSecret(ctx, req) })
}

func (l *link) NewKey(ctx context.Context, req localapi.KeyRequest) (localapi.ClientKey, error) {
	return via(ctx, l, func(a localapi.Agent) (localapi.ClientKey, error) { return a.NewKey(ctx, req) })
}

func (l *link) DropKey(ctx context.Context, req localapi.KeyRequest) error {
	return tell(ctx, l, func(a localapi.Agent) error { return a.DropKey(ctx, req) })
}

func (l *link) SetProxyPassword(ctx context.Context, req localapi.ProxyPasswordRequest) error {
	return tell(ctx, l, func(a localapi.Agent) error { return a.SetProxyPassword(ctx, req) })
}

func (l *link) ForgetProxy(ctx context.Context, req localapi.ProxyRequest) (localapi.ForgottenProxy, error) {
	return via(ctx, l, func(a localapi.Agent) (localapi.ForgottenProxy, error) { return a.ForgetProxy(ctx, req) })
}

func (l *link) Proxies(ctx context.Context) ([]localapi.Proxy, error) {
	return via(ctx, l, func(a localapi.Agent) ([]localapi.Proxy, error) { return a.Proxies(ctx) })
}

func (l *link) Set(ctx context.Context, req localapi.SettingRequest) error {
	return tell(ctx, l, func(a localapi.Agent) error { return a.Set(ctx, req) })
}

func (l *link) Policy(ctx context.Context) (localapi.PolicyReport, error) {
	return via(ctx, l, func(a localapi.Agent) (localapi.PolicyReport, error) { return a.Policy(ctx) })
}

func (l *link) Check(ctx context.Context) (localapi.CheckReport, error) {
	return via(ctx, l, func(a localapi.Agent) (localapi.CheckReport, error) { return a.Check(ctx) })
}

func (l *link) Bundle(ctx context.Context) (localapi.Bundle, error) {
	return via(ctx, l, func(a localapi.Agent) (localapi.Bundle, error) { return a.Bundle(ctx) })
}

func (l *link) Logo(ctx context.Context, digest string) ([]byte, error) {
	return via(ctx, l, func(a localapi.Agent) ([]byte, error) { return a.Logo(ctx, digest) })
}

func (l *link) Show(ctx context.Context, req localapi.ShowRequest) (localapi.ShowReport, error) {
	return via(ctx, l, func(a localapi.Agent) (localapi.ShowReport, error) { return a.Show(ctx, req) })
}

func (l *link) Shown(ctx context.Context, req localapi.ShowRequest) error {
	return tell(ctx, l, func(a localapi.Agent) error { return a.Shown(ctx, req) })
}

// Quit ends an agent that runs; it starts none for that.
func (l *link) Quit(ctx context.Context) error {
	l.mu.Lock()
	agent := l.agent
	l.mu.Unlock()
	if agent == nil {
		return &localapi.Problem{Code: localapi.AgentGone}
	}
	return agent.Quit(ctx)
}
