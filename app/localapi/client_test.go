package localapi_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
)

// call is one method with everything it takes, and what it answers.
type call struct {
	name  string
	do    func(ctx context.Context, a localapi.Agent) (any, error)
	asked any // what the agent is asked
}

func calls() []call {
	portal := localapi.PortalRequest{Address: "portal.example", Manifest: []byte(`{"version":1}`)}
	signIn := localapi.SignInRequest{Provider: "demo", Account: "ada@contoso.example", Open: true, Device: true, Timeout: time.Minute}
	signOut := localapi.SignOutRequest{Browser: true}
	void := func(do func(context.Context) error) func(ctx context.Context) (any, error) {
		return func(ctx context.Context) (any, error) { return nil, do(ctx) }
	}
	return []call{
		{"State", func(ctx context.Context, a localapi.Agent) (any, error) { return a.State(ctx) }, "state"},
		{"Watch", func(ctx context.Context, a localapi.Agent) (any, error) {
			for event, err := range a.Watch(ctx) {
				return event, err
			}
			return nil, errors.New("nothing was yielded")
		}, "watch"},
		{"CheckPortal", func(ctx context.Context, a localapi.Agent) (any, error) { return a.CheckPortal(ctx, portal) }, portal},
		{"SetPortal", func(ctx context.Context, a localapi.Agent) (any, error) { return nil, a.SetPortal(ctx, portal) }, portal},
		{"SignIn", func(ctx context.Context, a localapi.Agent) (any, error) { return a.SignIn(ctx, signIn) }, signIn},
		{"CancelSignIn", func(ctx context.Context, a localapi.Agent) (any, error) { return void(a.CancelSignIn)(ctx) }, "cancel"},
		{"Refresh", func(ctx context.Context, a localapi.Agent) (any, error) { return a.Refresh(ctx) }, "refresh"},
		{"SignOut", func(ctx context.Context, a localapi.Agent) (any, error) { return a.SignOut(ctx, signOut) }, signOut},
		{"Forget", func(ctx context.Context, a localapi.Agent) (any, error) { return a.Forget(ctx) }, "forget"},
		{"Accounts", func(ctx context.Context, a localapi.Agent) (any, error) { return a.Accounts(ctx) }, "accounts"},
		{"Paste", func(ctx context.Context, a localapi.Agent) (any, error) {
			return nil, a.Paste(ctx, localapi.PasteRequest{Address: "http://127.0.0.1:1/?code=x"})
		}, localapi.PasteRequest{Address: "http://127.0.0.1:1/?code=x"}},
		{"UseAccount", func(ctx context.Context, a localapi.Agent) (any, error) {
			return nil, a.UseAccount(ctx, localapi.AccountRequest{Account: "a1"})
		}, localapi.AccountRequest{Account: "a1"}},
		{"Providers", func(ctx context.Context, a localapi.Agent) (any, error) { return a.Providers(ctx) }, "providers"},
		{"SetSecret", func(ctx context.Context, a localapi.Agent) (any, error) {
			return nil, a.SetSecret(ctx, localapi.SecretRequest{Provider: "demo", Value: "s"})
		}, localapi.SecretRequest{Provider: "demo", Value: "s"}},
		{"SetProxyPassword", func(ctx context.Context, a localapi.Agent) (any, error) {
			return nil, a.SetProxyPassword(ctx, localapi.ProxyPasswordRequest{Proxy: "proxy:8080", Name: "ada", Password: "s", Remember: true})
		}, localapi.ProxyPasswordRequest{Proxy: "proxy:8080", Name: "ada", Password: "s", Remember: true}},
		{"ForgetProxy", func(ctx context.Context, a localapi.Agent) (any, error) {
			return a.ForgetProxy(ctx, localapi.ProxyRequest{Proxy: "proxy:8080"})
		}, localapi.ProxyRequest{Proxy: "proxy:8080"}},
		{"Proxies", func(ctx context.Context, a localapi.Agent) (any, error) { return a.Proxies(ctx) }, "proxies"},
		{"Set", func(ctx context.Context, a localapi.Agent) (any, error) {
			return nil, a.Set(ctx, localapi.SettingRequest{Key: "Autostart", Value: "never"})
		}, localapi.SettingRequest{Key: "Autostart", Value: "never"}},
		{"Policy", func(ctx context.Context, a localapi.Agent) (any, error) { return a.Policy(ctx) }, "policy"},
		{"Check", func(ctx context.Context, a localapi.Agent) (any, error) { return a.Check(ctx) }, "check"},
		{"Bundle", func(ctx context.Context, a localapi.Agent) (any, error) { return a.Bundle(ctx) }, "bundle"},
		{"NewKey", func(ctx context.Context, a localapi.Agent) (any, error) {
			return a.NewKey(ctx, localapi.KeyRequest{Provider: "demo"})
		}, localapi.KeyRequest{Provider: "demo"}},
		{"DropKey", func(ctx context.Context, a localapi.Agent) (any, error) {
			return nil, a.DropKey(ctx, localapi.KeyRequest{Provider: "demo", Key: "k1"})
		}, localapi.KeyRequest{Provider: "demo", Key: "k1"}},
		{"Logo", func(ctx context.Context, a localapi.Agent) (any, error) { return a.Logo(ctx, "abc123") }, "abc123"},
		{"Show", func(ctx context.Context, a localapi.Agent) (any, error) {
			return a.Show(ctx, localapi.ShowRequest{Display: ":1", OnlyOpen: true})
		}, localapi.ShowRequest{Display: ":1", OnlyOpen: true}},
		{"Shown", func(ctx context.Context, a localapi.Agent) (any, error) {
			return nil, a.Shown(ctx, localapi.ShowRequest{Display: ":1"})
		}, localapi.ShowRequest{Display: ":1"}},
		{"Quit", func(ctx context.Context, a localapi.Agent) (any, error) { return void(a.Quit)(ctx) }, "quit"},
	}
}

// What is added to the contract is tried by every test of this file, and has a path of
// its own.
func TestEveryMethodIsACall(t *testing.T) {
	var tried []string
	for _, c := range calls() {
		tried = append(tried, c.name)
	}
	var methods []string
	for method := range reflect.TypeFor[localapi.Agent]().Methods() {
		methods = append(methods, method.Name)
	}
	slices.Sort(tried)
	if diff := cmp.Diff(methods, tried); diff != "" {
		t.Errorf("calls() against localapi.Agent (-contract +calls):\n%s", diff)
	}
	paths := localapi.Paths()
	slices.Sort(paths)
	if one := slices.Compact(slices.Clone(paths)); len(paths) != len(methods)+1 || len(one) != len(paths) { // and the handshake's
		t.Errorf("%d methods have the paths %q", len(methods), paths)
	}
}

func TestClientBringsEveryMethodThere(t *testing.T) {
	for _, c := range calls() {
		t.Run(c.name, func(t *testing.T) {
			a := newAgent()
			want, err := c.do(t.Context(), a)
			if err != nil {
				t.Fatal(err)
			}
			a.asked = nil
			got, err := c.do(t.Context(), serve(t, a, localapi.Info{}).client)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("answer differs from the agent's own (-agent +client):\n%s", diff)
			}
			if diff := cmp.Diff([]any{c.asked}, a.asked); diff != "" {
				t.Errorf("the agent was asked (-want +got):\n%s", diff)
			}
		})
	}
}

func TestClientBringsEveryProblemBack(t *testing.T) {
	problem := &localapi.Problem{
		Code: localapi.ProviderBusy, Params: map[string]string{"host": "id.example", "retry_after": "30"},
		Details: &localapi.Details{
			Error: "token endpoint: 429", OAuthError: "temporarily_unavailable", Numbers: []string{"AADSTS90055"},
			CorrelationID: "c-1", Time: time.Unix(100, 0).UTC(),
		},
	}
	for _, c := range calls() {
		t.Run(c.name, func(t *testing.T) {
			a := newAgent()
			a.err = fmt.Errorf("wrapped: %w", problem)
			_, err := c.do(t.Context(), serve(t, a, localapi.Info{}).client)
			var got *localapi.Problem
			if !errors.As(err, &got) {
				t.Fatalf("got error %v, want a problem", err)
			}
			if diff := cmp.Diff(problem, got); diff != "" {
				t.Errorf("problem (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEveryCodeSurvivesTheWay(t *testing.T) {
	a := newAgent()
	s := serve(t, a, localapi.Info{})
	for code := range localapi.Codes() {
		a.err = &localapi.Problem{Code: code}
		if _, err := s.client.State(t.Context()); !isProblem(err, code) {
			t.Errorf("code %s came back as %v", code, err)
		}
	}
	a.err = errors.New("not a problem")
	if _, err := s.client.State(t.Context()); !isProblem(err, localapi.Unexpected) {
		t.Errorf("an unnamed error came back as %v", err)
	}
}

func TestClientSaysThatTheAgentIsGone(t *testing.T) {
	for _, c := range calls() {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, newAgent(), localapi.Info{})
			if err := s.stop(); err != nil {
				t.Fatal(err)
			}
			if _, err := c.do(t.Context(), s.client); !isProblem(err, localapi.AgentGone) {
				t.Errorf("got %v, want a problem %s", err, localapi.AgentGone)
			}
		})
	}
}

func TestContextEndsACall(t *testing.T) {
	for _, c := range calls() {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			a := newAgent()
			told := make(chan struct{})
			a.hold = func(ctx context.Context) error {
				cancel()
				<-ctx.Done() // the agent learns that nobody waits any more
				close(told)
				return ctx.Err()
			}
			_, err := c.do(ctx, serve(t, a, localapi.Info{}).client)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want %v", err, context.Canceled)
			}
			<-told
		})
	}
}

func TestWatchEndsWithOneError(t *testing.T) {
	for name, end := range map[string]struct {
		how  func(s served, cancel func())
		want func(error) bool
	}{
		"the agent ends": {
			func(s served, _ func()) { go func() { _ = s.stop() }() },
			func(err error) bool { return isProblem(err, localapi.AgentGone) },
		},
		"the context ends": {
			func(_ served, cancel func()) { cancel() },
			func(err error) bool { return errors.Is(err, context.Canceled) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, newAgent(), localapi.Info{})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var errs []error
			for _, err := range s.client.Watch(ctx) {
				if err == nil {
					end.how(s, cancel)
					continue
				}
				errs = append(errs, err)
			}
			if len(errs) != 1 || !end.want(errs[0]) {
				t.Errorf("got errors %v", errs)
			}
		})
	}
}

func TestLeavingWatchEndsItAtTheAgent(t *testing.T) {
	a := newAgent()
	s := serve(t, a, localapi.Info{})
	for range s.client.Watch(t.Context()) {
		break
	}
	// stop waits for the handler, which ends only because the reader left.
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}

func TestSlowReaderGetsTheLatestState(t *testing.T) {
	const last = 5000
	a := newAgent()
	// Large states fill the socket's buffers, so that the agent has to wait.
	a.state.PortalAddress = string(bytes.Repeat([]byte("x"), 64<<10))
	s := serve(t, a, localapi.Info{})
	seen := 0
	for event, err := range s.client.Watch(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if seen++; seen == 1 {
			for i := range uint64(last) {
				a.set(i + 1)
			}
		}
		if event.State.Revision == last {
			break
		}
	}
	if seen >= last {
		t.Errorf("read %d states: the reader was not slow, the test shows nothing", seen)
	}
}

func TestHandshake(t *testing.T) {
	s := serve(t, newAgent(), localapi.Info{Build: "0.1.0", PID: 42})
	got, err := s.client.Handshake(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := (localapi.Info{API: localapi.Version, Build: "0.1.0", PID: 42}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestAnotherVersionCanOnlyBeToldToQuit(t *testing.T) {
	a := newAgent()
	s := serve(t, a, localapi.Info{API: localapi.Version + 1, Build: "9.0.0", PID: 42})
	got, err := s.client.Handshake(t.Context())
	if !isProblem(err, localapi.VersionMismatch) {
		t.Errorf("handshake: got %v", err)
	}
	if want := (localapi.Info{API: localapi.Version + 1, Build: "9.0.0", PID: 42}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for _, c := range calls() {
		_, err := c.do(t.Context(), s.client)
		if c.name == "Quit" {
			if err != nil {
				t.Errorf("quit: %v", err)
			}
			continue
		}
		if !isProblem(err, localapi.VersionMismatch) {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
	if diff := cmp.Diff([]any{"quit"}, a.asked); diff != "" {
		t.Errorf("the agent was asked (-want +got):\n%s", diff)
	}
}

func TestClientIsSafeForConcurrentUse(t *testing.T) {
	s := serve(t, newAgent(), localapi.Info{})
	errs := make(chan error)
	const workers, each = 8, 20
	for range workers {
		go func() {
			var err error
			for range each {
				_, e := s.client.State(t.Context())
				err = errors.Join(err, e)
			}
			errs <- err
		}()
	}
	for range workers {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func isProblem(err error, code localapi.Code) bool {
	var p *localapi.Problem
	return errors.As(err, &p) && p.Code == code
}
