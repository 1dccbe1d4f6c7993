package ui

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
)

// fakeAgent is an agent for tests: it says what it is told to say and notes
// what it is asked for.
type fakeAgent struct {
	localapi.Parts // what is not here must not be called

	events chan localapi.Event // what Watch yields; closed: Watch ends

	mu     sync.Mutex
	calls  []string
	silent *localapi.Problem // the agent is stopped

	check     func(ctx context.Context, address string) (localapi.PortalCheck, error)
	setPortal error
	signIn    localapi.SignIn
	signInErr error
	accounts  []localapi.Account
	pasteErr  error
	proxyErr  error
	useErr    error
	setErr    error
	onSet     func()
	state     localapi.State // the last one heard, as Set has changed it
	checkErr  error
	bundleErr error
	policy    localapi.PolicyReport
	examined  localapi.CheckReport
	bundle    localapi.Bundle
	signOut   localapi.SignOutReport
	refreshed localapi.State
	refresh   error
	logos     map[string][]byte
	watchErr  error
	onWatch   func()
	slow      time.Duration // what Check and Bundle take
}

// stop lets the agent answer nothing, and its events go on without an end.
func (f *fakeAgent) stop(pid string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.silent = &localapi.Problem{Code: localapi.AgentSilent, Params: map[string]string{"pid": pid}}
}

// goOn lets it answer again.
func (f *fakeAgent) goOn() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.silent = nil
}

// silence is what calls end with while the agent is stopped, nil otherwise.
func (f *fakeAgent) silence() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.silent == nil {
		return nil
	}
	return f.silent
}

// revive lets Watch yield events again.
func (f *fakeAgent) revive() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.events = make(chan localapi.Event, 16)
}

func (f *fakeAgent) stream() <-chan localapi.Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.events
}

func newFakeAgent() *fakeAgent {
	return &fakeAgent{events: make(chan localapi.Event, 16)}
}

func (f *fakeAgent) note(call ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, strings.Join(call, " "))
}

// asked are the calls so far, Watch and Logo left out.
func (f *fakeAgent) asked() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.calls...)
}

func (f *fakeAgent) State(context.Context) (localapi.State, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state, nil
}

func (f *fakeAgent) Watch(ctx context.Context) iter.Seq2[localapi.Event, error] {
	if f.onWatch != nil {
		f.onWatch()
	}
	events := f.stream()
	return func(yield func(localapi.Event, error) bool) {
		if err := f.silence(); err != nil {
			yield(localapi.Event{}, err)
			return
		}
		for {
			select {
			case <-ctx.Done():
				return
			case e, open := <-events:
				if !open {
					if f.watchErr != nil {
						yield(localapi.Event{}, f.watchErr)
					}
					return
				}
				if !yield(e, nil) {
					return
				}
			}
		}
	}
}

func (f *fakeAgent) CheckPortal(ctx context.Context, req localapi.PortalRequest) (localapi.PortalCheck, error) {
	f.note("check", req.Address)
	return f.check(ctx, req.Address)
}

func (f *fakeAgent) SetPortal(_ context.Context, req localapi.PortalRequest) error {
	f.note("set", req.Address)
	return f.setPortal
}

func (f *fakeAgent) SignIn(_ context.Context, req localapi.SignInRequest) (localapi.SignIn, error) {
	said := []string{"sign-in"}
	for _, s := range []struct {
		word string
		said bool
	}{
		{req.Provider, req.Provider != ""}, {req.Account, req.Account != ""}, {"device", req.Device},
		{"another", req.Another}, {"memory-only", req.MemoryOnly}, {"elsewhere", req.Elsewhere},
	} {
		if s.said {
			said = append(said, s.word)
		}
	}
	f.note(said...)
	return f.signIn, f.signInErr
}

func (f *fakeAgent) CancelSignIn(context.Context) error {
	f.note("cancel")
	return f.silence()
}

func (f *fakeAgent) Refresh(context.Context) (localapi.State, error) {
	f.note("refresh")
	return f.refreshed, cmp.Or(f.silence(), f.refresh)
}

func (f *fakeAgent) SignOut(_ context.Context, req localapi.SignOutRequest) (localapi.SignOutReport, error) {
	if req.Browser {
		f.note("sign-out browser")
	} else if req.Account != "" {
		f.note("sign-out of " + req.Account)
	} else {
		f.note("sign-out")
	}
	return f.signOut, nil
}

func (f *fakeAgent) Forget(context.Context) (localapi.ForgetReport, error) {
	f.note("forget")
	return localapi.ForgetReport{}, nil
}

func (f *fakeAgent) Accounts(context.Context) ([]localapi.Account, error) { return f.accounts, nil }

func (f *fakeAgent) Logo(_ context.Context, digest string) ([]byte, error) {
	if data, ok := f.logos[digest]; ok {
		return data, nil
	}
	return nil, &localapi.Problem{Code: localapi.Unexpected}
}

func (f *fakeAgent) Show(context.Context, localapi.ShowRequest) (localapi.ShowReport, error) {
	return localapi.ShowReport{}, nil
}

func (f *fakeAgent) Shown(_ context.Context, req localapi.ShowRequest) error {
	f.note("shown", req.Display)
	return f.silence()
}

func (f *fakeAgent) Quit(context.Context) error {
	f.note("quit")
	return nil
}

func (f *fakeAgent) Paste(_ context.Context, req localapi.PasteRequest) error {
	f.note("paste", req.Address)
	return f.pasteErr
}

func (f *fakeAgent) UseAccount(_ context.Context, req localapi.AccountRequest) error {
	f.note("use", req.Account)
	return f.useErr
}

func (f *fakeAgent) Providers(context.Context) ([]localapi.ProviderSetup, error) { return nil, nil }

func (f *fakeAgent) SetSecret(context.Context, localapi.SecretRequest) error { return nil }

func (f *fakeAgent) SetProxyPassword(_ context.Context, req localapi.ProxyPasswordRequest) error {
	call := []string{"proxy password", req.Proxy, req.Name, req.Password}
	if req.Remember {
		call = append(call, "remembered")
	}
	f.note(call...)
	return f.proxyErr
}

func (f *fakeAgent) ForgetProxy(context.Context, localapi.ProxyRequest) (localapi.ForgottenProxy, error) {
	return localapi.ForgottenProxy{}, nil
}

func (f *fakeAgent) Proxies(context.Context) ([]localapi.Proxy, error) { return nil, nil }

func (f *fakeAgent) NewKey(context.Context, localapi.KeyRequest) (localapi.ClientKey, error) {
	return localapi.ClientKey{}, nil
}

func (f *fakeAgent) DropKey(context.Context, localapi.KeyRequest) error { return nil }

func (f *fakeAgent) Set(_ context.Context, req localapi.SettingRequest) error {
	f.note("set", req.Key, req.Value)
	if f.onSet != nil {
		f.onSet()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.setErr != nil {
		return f.setErr
	}
	f.state.Revision++
	f.state.Settings = slices.Clone(f.state.Settings)
	for i := range f.state.Settings {
		if f.state.Settings[i].Key == req.Key {
			f.state.Settings[i].Value = req.Value
		}
	}
	return nil
}

func (f *fakeAgent) Policy(context.Context) (localapi.PolicyReport, error) { return f.policy, nil }

func (f *fakeAgent) Check(ctx context.Context) (localapi.CheckReport, error) {
	f.note("check")
	f.wait(ctx)
	return f.examined, f.checkErr
}

func (f *fakeAgent) Bundle(ctx context.Context) (localapi.Bundle, error) {
	f.note("bundle")
	f.wait(ctx)
	return f.bundle, f.bundleErr
}

// wait is as long as slow says.
func (f *fakeAgent) wait(ctx context.Context) {
	select {
	case <-time.After(f.slow):
	case <-ctx.Done():
	}
}
