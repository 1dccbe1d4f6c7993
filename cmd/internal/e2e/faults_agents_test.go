//go:build linux

package e2e

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

func TestTwoAgentsStartedAtOnce(t *testing.T) {
	t.Parallel()
	ctx := within(t, time.Minute)
	s := newScene(t, ctx, stage.Params{})
	s.isIn("the first sign-in", s.signIn())
	for range 5 {
		var both [2]*stage.Process
		for i := range both {
			p, err := s.Start(stage.Command{Name: programs.Path("portico-agent"), Env: s.env()})
			must(t, err)
			both[i] = p
		}
		serving, second := both[0], both[1]
		if pid := s.serving(both[:]...); pid == second.PID() {
			serving, second = second, serving
		}
		code, err := second.Wait(ctx)
		must(t, err)
		if code != 0 || !strings.Contains(second.Tail(), "already running") {
			t.Errorf("the second agent ended with %d and said %q", code, second.Tail())
		}
		e := s.json("status", "--refresh")
		s.isIn("status", e)
		if e.Agent == nil || e.Agent.PID != serving.PID() {
			t.Errorf("porticoctl talked to %+v, not to agent %d", e.Agent, serving.PID())
		}
		serving.Stop()
	}
	s.isIn("after all of that", s.json("status"))
	alive, err := s.provider.Alive(ctx)
	must(t, err)
	if alive.Grants != 1 {
		t.Errorf("%d sign-ins live at the provider", alive.Grants)
	}
}

func TestAgentThatCrashedLeavesNothingInTheWay(t *testing.T) {
	t.Parallel()
	ctx := within(t, time.Minute)
	s := newScene(t, ctx, stage.Params{})
	agent := s.agent()
	s.isIn("the first sign-in", s.signIn())
	must(t, agent.Kill())
	if sockets, err := filepath.Glob(filepath.Join(s.runtime(), "*")); err != nil || len(sockets) == 0 {
		t.Fatalf("a crash leaves no socket behind: %v, %v; then there is nothing to test", sockets, err)
	}
	e := s.json("status")
	s.isIn("without an agent", e)
	if e.Agent != nil {
		t.Errorf("a dead agent answered: %+v", e.Agent)
	}
	agent = s.agent()
	e = s.json("status", "--refresh")
	s.isIn("with the next agent", e)
	if e.Agent == nil || e.Agent.PID != agent.PID() {
		t.Errorf("porticoctl talked to %+v, not to agent %d", e.Agent, agent.PID())
	}
}

// What lies where the socket has to be is never trusted, and never removed.
func TestSomethingElseWhereTheSocketIs(t *testing.T) {
	t.Parallel()
	ctx := within(t, time.Minute)
	s := bare(t, ctx, stage.Params{KeyStore: stage.KeyStoreAbsent})
	s.portal = nobody(t)
	must(t, os.MkdirAll(s.runtime(), 0o777))
	must(t, os.Chmod(s.runtime(), 0o777))
	e := s.json("status")
	if e.exit != localapi.ExitConfig || e.why() != localapi.RuntimeFolder {
		t.Errorf("a folder that everybody may write to: exit %d\n%s", e.exit, e.stdout)
	}
	p, err := s.Start(stage.Command{Name: programs.Path("portico-agent"), Env: s.env()})
	must(t, err)
	code, err := p.Wait(ctx)
	must(t, err)
	if code != localapi.ExitUnexpected || p.Tail() == "" {
		t.Errorf("the agent ended with %d and said %q", code, p.Tail())
	}
}

// Refreshing at once must not look like the theft of a used token, which would
// end the sign-in at the provider.
func TestManyRefreshAtOnce(t *testing.T) {
	t.Parallel()
	const many = 4
	ctx := within(t, time.Minute)
	s := newScene(t, ctx, stage.Params{})
	s.isIn("the first sign-in", s.signIn())
	for name, beside := range map[string]func() *stage.Process{"without an agent": nil, "beside an agent": s.agent} {
		t.Run(name, func(t *testing.T) {
			var agent *stage.Process
			if beside != nil {
				agent = beside()
				defer agent.Stop()
			}
			for range 3 {
				var all [many]*running
				for i := range all {
					all[i] = s.start("status", "--refresh", "--json")
				}
				for _, r := range all {
					s.isIn("status --refresh", r.end())
				}
			}
			alive, err := s.provider.Alive(ctx)
			must(t, err)
			if alive.Grants != 1 {
				t.Errorf("%d sign-ins live at the provider", alive.Grants)
			}
			s.isIn("the next status", s.json("status"))
		})
	}
	s.noSecretOnDisk()
}

// An agent and consoles with agents of their own share one sign-in.
func TestTwoPorticosRefreshAtOnce(t *testing.T) {
	t.Parallel()
	ctx := within(t, time.Minute)
	s := newScene(t, ctx, stage.Params{})
	s.isIn("the first sign-in", s.signIn())
	s.agent()
	beside := &scene{desk: s.desk, front: s.front}
	for range 5 {
		// The console that cannot see the agent's socket refreshes by itself.
		alone := beside.startElsewhere("status", "--refresh", "--json")
		through := s.start("status", "--refresh", "--json")
		e := alone.end()
		if e.Agent != nil {
			t.Fatal("the console found the agent; then nothing is tested")
		}
		s.isIn("on its own", e)
		s.isIn("through the agent", through.end())
	}
	alive, err := s.provider.Alive(ctx)
	must(t, err)
	if alive.Grants != 1 {
		t.Errorf("%d sign-ins live at the provider", alive.Grants)
	}
}

// startElsewhere starts a command in another log-on session of the same user:
// the same files and key store, another runtime directory.
func (s *scene) startElsewhere(args ...string) *running {
	s.t.Helper()
	dir, err := os.MkdirTemp(s.Dir, "session")
	must(s.t, err)
	return s.startWith([]string{"XDG_RUNTIME_DIR=" + dir}, args...)
}

// killer passes a refresh on to the provider, and ends a process between the
// provider's answer and the moment at which the process hears it.
func (f *front) killer(t *testing.T, victim func() int, killed chan<- struct{}) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) {
		answer := f.answer(r)
		if body := answer.Body.String(); answer.Code != http.StatusOK || !strings.Contains(body, "refresh_token") {
			t.Errorf("the provider answered the refresh with %d", answer.Code)
		}
		if err := syscall.Kill(victim(), syscall.SIGKILL); err != nil {
			t.Error(err)
		}
		close(killed)
		<-r.Context().Done() // its connection is gone with it
	}
}

func TestKilledBetweenTheAnswerAndTheSave(t *testing.T) {
	t.Parallel()
	for _, who := range []string{"console", "agent", "agent at its start"} {
		t.Run(who, func(t *testing.T) {
			t.Parallel()
			ctx := within(t, time.Minute)
			s := newScene(t, ctx, stage.Params{})
			s.isIn("the first sign-in", s.signIn())
			kept := s.onlyRefreshToken()

			killed := make(chan struct{})
			pids := make(chan int, 1)
			trap := func() { s.front.breaks("/token", s.front.killer(t, func() int { return <-pids }, killed)) }
			start := func() *stage.Process {
				p, err := s.Start(stage.Command{Name: programs.Path("portico-agent"), Env: s.env()})
				must(t, err)
				return p
			}
			var victim *stage.Process
			switch who {
			case "console":
				trap()
				victim = s.start("status", "--json").Process
				pids <- victim.PID()
			case "agent at its start":
				trap()
				victim = start()
				pids <- victim.PID()
			case "agent":
				victim = s.agent() // one that serves: before that the console asks by itself, beside it
				s.isIn("the agent", s.json("status", "--refresh"))
				kept = s.onlyRefreshToken()
				trap()
				pids <- victim.PID()
				s.json("status", "--refresh").wants(t, "the console that sees its agent die", localapi.AgentGone)
			}
			select {
			case <-killed:
			case <-ctx.Done():
				t.Fatal("nobody asked for a refresh")
			}
			if code, err := victim.Wait(ctx); err != nil || code != -1 {
				t.Fatalf("the process ended with %d, %v", code, err)
			}
			s.front.mend()
			if s.onlyRefreshToken() != kept {
				t.Fatal("the new token was saved; then nothing is tested")
			}

			e := s.json("status")
			e.wants(t, "the next start", localapi.SignInExpired)
			if e.Phase != localapi.NeedsSignIn {
				t.Errorf("phase %q", e.Phase)
			}
			s.stillKnown(e)
			s.isIn("a new sign-in", s.signIn())
			if hint := s.front.lastAsked().Get("login_hint"); hint != "ada@contoso.example" {
				t.Errorf("login_hint %q", hint)
			}
			s.isIn("the next start", s.json("status"))
			s.noSecretOnDisk()
		})
	}
}

// stillKnown checks that Ada's account is named and listed, without a sign-in.
func (s *scene) stillKnown(e ended) {
	s.t.Helper()
	if e.Account == nil || e.Account.Email != "ada@contoso.example" || e.Account.Remembered {
		s.t.Errorf("the account is %+v, want Ada's, not remembered", e.Account)
	}
	if tokens := s.refreshTokens(); len(tokens) != 0 {
		s.t.Errorf("%d dead refresh tokens are left in the key store", len(tokens))
	}
	e = s.json("accounts")
	if e.exit != 0 || len(e.Accounts) != 1 || e.Accounts[0].Email != "ada@contoso.example" || e.Accounts[0].Remembered {
		s.t.Errorf("accounts: exit %d, %+v", e.exit, e.Accounts)
	}
}

func TestSignInThatWasRevoked(t *testing.T) {
	t.Parallel()
	for _, through := range []string{"alone", "agent"} {
		t.Run(through, func(t *testing.T) {
			ctx := within(t, time.Minute)
			s := newScene(t, ctx, stage.Params{})
			if through == "agent" {
				s.agent()
			}
			s.isIn("the first sign-in", s.signIn())
			must(t, s.provider.RevokeAll(ctx))
			e := s.json("status", "--refresh")
			e.wants(t, "status", localapi.SignInExpired)
			if e.Phase != localapi.NeedsSignIn {
				t.Errorf("phase %q", e.Phase)
			}
			s.stillKnown(e)
			asked := s.front.requested("/token")
			for _, form := range [][]string{nil, {"--json"}} {
				again := s.start(append([]string{"status"}, form...)...).end()
				if again.exit != localapi.ExitSignInNeeded {
					t.Errorf("status again: exit %d\n%s", again.exit, again.stdout)
				}
			}
			if n := s.front.requested("/token"); n != asked {
				t.Errorf("a dead sign-in was tried %d times more", n-asked)
			}
			s.isIn("a new sign-in", s.signIn())
			if hint := s.front.lastAsked().Get("login_hint"); hint != "ada@contoso.example" {
				t.Errorf("login_hint %q", hint)
			}
			s.isIn("the next status", s.json("status", "--refresh"))
			s.noSecretOnDisk()
		})
	}
}

// Ctrl-C while the provider answers must not lose what it answers.
func TestCtrlCDuringARefreshLosesNothing(t *testing.T) {
	t.Parallel()
	ctx := within(t, time.Minute)
	s := newScene(t, ctx, stage.Params{})
	s.isIn("the first sign-in", s.signIn())
	kept := s.onlyRefreshToken()
	arrived, pressed := make(chan struct{}), make(chan struct{})
	s.front.breaks("/token", func(w http.ResponseWriter, r *http.Request) {
		answer := s.front.answer(r)
		close(arrived)
		<-pressed
		// That nothing happens can only be watched for a while.
		watch := time.NewTimer(500 * time.Millisecond)
		defer watch.Stop()
		select {
		case <-r.Context().Done():
			t.Error("the console hung up on the provider's answer")
		case <-watch.C:
		}
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		_, _ = io.Copy(w, answer.Body)
	})
	r := s.start("status", "--json")
	wait(t, ctx, arrived)
	r.interrupt()
	close(pressed)
	r.end().wants(t, "status", localapi.Interrupted)
	s.front.mend()
	if s.onlyRefreshToken() == kept {
		t.Error("the new sign-in was not saved")
	}
	s.isIn("the next status", s.json("status"))
}

func wait(t *testing.T, ctx context.Context, event <-chan struct{}) {
	t.Helper()
	select {
	case <-event:
	case <-ctx.Done():
		t.Fatal(ctx.Err())
	}
}
