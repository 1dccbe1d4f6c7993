package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
)

const authorize = "https://id.example/authorize?state=x"

// waiting is a sign-in under way, at some stage.
func waiting(stage localapi.SignInStage) localapi.State {
	return state(localapi.SigningIn, func(s *localapi.State) {
		in := signIn()
		in.Stage = stage
		s.Session.SignIn = &in
	})
}

func signIn() localapi.SignIn {
	return localapi.SignIn{Provider: "demo", Stage: localapi.StageBrowser, URL: authorize, Started: time.Unix(0, 0), Deadline: time.Unix(300, 0)}
}

func TestLoginOpensTheBrowserAndWaits(t *testing.T) {
	for form, more := range map[string][]string{"text": nil, "json": {"--json"}} {
		t.Run(form, func(t *testing.T) {
			a := newAgent(state(localapi.Starting), state(localapi.SignedOut))
			a.signIn = signIn()
			a.after["SignIn"] = []localapi.State{waiting(localapi.StageBrowser), waiting(localapi.StageExchanging), state(localapi.SignedIn)}
			c := newConsole(a, false)
			args := append([]string{"login", "--provider", "demo", "--account", "ada@contoso.example", "--timeout", "1m"}, more...)
			if code := c.run(t.Context(), t, args...); code != 0 {
				t.Errorf("exit %d\n%s%s", code, &c.out, &c.progress)
			}
			want := []any{"accounts", localapi.SignInRequest{Provider: "demo", Account: "ada@contoso.example", Timeout: time.Minute}}
			if diff := cmp.Diff(want, a.asked); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{authorize}, c.opened); diff != "" {
				t.Errorf("opened (-want +got):\n%s", diff)
			}
			if strings.Contains(c.progress.String(), authorize) {
				t.Errorf("printed an address that is open already:\n%s", &c.progress)
			}
			if form == "text" && !strings.HasPrefix(c.out.String(), "Signed in as Ada Lovelace (ada@contoso.example)\n") {
				t.Errorf("output\n%s", &c.out)
			}
		})
	}
}

func TestLoginPrintsWhatToOpen(t *testing.T) {
	device := localapi.SignIn{Stage: localapi.StageDevice, UserCode: "ABCD-EFGH", VerificationURL: "https://id.example/device", URL: "https://id.example/device?user_code=ABCD-EFGH"}
	for name, tc := range map[string]struct {
		args    []string
		signIn  localapi.SignIn
		openErr error
		alone   string // on a line
		part    string
		opened  int
	}{
		"no browser wanted": {[]string{"--no-browser"}, signIn(), nil, authorize, "", 0},
		"no browser found":  {nil, signIn(), errors.New("no browser"), authorize, "", 1},
		"device":            {[]string{"--device"}, device, nil, "https://id.example/device", "ABCD-EFGH", 0},
	} {
		for form, more := range map[string][]string{"text": nil, "json": {"--json"}} {
			t.Run(name+", "+form, func(t *testing.T) {
				a := newAgent(state(localapi.SignedOut))
				a.signIn = tc.signIn
				a.after["SignIn"] = []localapi.State{waiting(tc.signIn.Stage), state(localapi.SignedIn)}
				c := newConsole(a, false)
				c.openErr = tc.openErr
				if code := c.run(t.Context(), t, append(append([]string{"login"}, tc.args...), more...)...); code != 0 {
					t.Errorf("exit %d", code)
				}
				if !strings.Contains("\n"+c.progress.String(), "\n"+tc.alone+"\n") || !strings.Contains(c.progress.String(), tc.part) {
					t.Errorf("no %q alone on a line, or no %q, in\n%s", tc.alone, tc.part, &c.progress)
				}
				if len(c.opened) != tc.opened {
					t.Errorf("opened %q", c.opened)
				}
			})
		}
	}
}

func TestLoginEndsAsTheSignInDoes(t *testing.T) {
	for name, tc := range map[string]struct {
		end  localapi.State
		exit int
	}{
		"cancelled elsewhere": {state(localapi.SignedOut, with(localapi.Cancelled)), 15},
		"nobody came back":    {state(localapi.SignedOut, with(localapi.TimedOut)), 15},
		"declined":            {state(localapi.SignedOut, with(localapi.Declined)), 16},
		"refused":             {state(localapi.Blocked, with(localapi.Refused)), 16},
		"consent":             {state(localapi.Blocked, with(localapi.ConsentNeeded)), 11},
		"untrusted":           {state(localapi.Blocked, with(localapi.Untrusted, "check", "nonce")), 17},
		"provider failing":    {state(localapi.SignedOut, with(localapi.ProviderFailing)), 12},
		"client rejected":     {state(localapi.Blocked, with(localapi.ClientRejected)), 13},
		"without a word":      {state(localapi.SignedOut), 15},
	} {
		for form, more := range map[string][]string{"text": nil, "json": {"--json"}} {
			t.Run(name+", "+form, func(t *testing.T) {
				a := newAgent(state(localapi.SignedOut))
				a.signIn = signIn()
				a.after["SignIn"] = []localapi.State{waiting(localapi.StageBrowser), tc.end}
				c := newConsole(a, false)
				if code := c.run(t.Context(), t, append([]string{"login"}, more...)...); code != tc.exit {
					t.Errorf("exit %d, want %d", code, tc.exit)
				}
			})
		}
	}
}

func TestLoginNamesTheProvidersToChooseFrom(t *testing.T) {
	a := newAgent(state(localapi.SignedOut))
	a.errs["SignIn"] = problem(localapi.ChooseProvider, "providers", "demo, other")
	c := newConsole(a, false)
	if code := c.run(t.Context(), t, "login"); code != localapi.ExitUsage || !strings.Contains(c.progress.String(), "demo, other") {
		t.Errorf("exit %d\n%s", code, &c.progress)
	}
}

func TestLoginLeavesWhoIsSignedIn(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		asks bool
	}{
		"nobody named":     {nil, false},
		"the same":         {[]string{"--provider", "demo", "--account", "ada@contoso.example"}, false},
		"another provider": {[]string{"--provider", "other"}, true},
		"another account":  {[]string{"--account", "bo@contoso.example"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAgent(state(localapi.SignedIn))
			a.signIn = signIn()
			bo := state(localapi.SignedIn, func(s *localapi.State) {
				s.Session.Account = &localapi.Account{ID: "b2", Provider: "other", Email: "bo@contoso.example"}
			})
			a.after["SignIn"] = []localapi.State{waiting(localapi.StageBrowser), bo}
			c := newConsole(a, false)
			if code := c.run(t.Context(), t, append([]string{"login", "--json"}, tc.args...)...); code != 0 || strings.Contains(c.out.String(), "asked_for") {
				t.Errorf("exit %d\n%s", code, &c.out)
			}
			asked := slices.ContainsFunc(a.asked, func(what any) bool { _, ok := what.(localapi.SignInRequest); return ok })
			if asked != tc.asks {
				t.Errorf("asked %v", a.asked)
			}
		})
	}
	t.Run("another account than the one that comes", func(t *testing.T) {
		a := newAgent(state(localapi.SignedOut))
		a.signIn = signIn()
		a.after["SignIn"] = []localapi.State{waiting(localapi.StageBrowser), state(localapi.SignedIn)}
		c := newConsole(a, false)
		if code := c.run(t.Context(), t, "login", "--json", "--account", "bo@contoso.example"); code != 0 ||
			!strings.Contains(c.progress.String(), "another address signed in") || !strings.Contains(c.out.String(), `"asked_for": "bo@contoso.example"`) {
			t.Errorf("exit %d, said\n%s%s", code, &c.progress, &c.out)
		}
	})
	t.Run("another account that does not come", func(t *testing.T) {
		a := newAgent(state(localapi.SignedIn))
		a.signIn = signIn()
		a.after["SignIn"] = []localapi.State{waiting(localapi.StageBrowser), state(localapi.SignedIn)}
		c := newConsole(a, false)
		if code := c.run(t.Context(), t, "login", "--json", "--account", "bo@contoso.example"); code != localapi.ExitCancelled {
			t.Errorf("exit %d", code)
		}
	})
}

func TestASignInThatIsRememberedStaysSo(t *testing.T) {
	forgetful := state(localapi.SignedIn, func(s *localapi.State) { s.Session.Account.Remembered = false })
	for name, tc := range map[string]struct {
		args   []string
		before localapi.State
		told   bool
	}{
		"remembered":         {[]string{"--no-remember"}, state(localapi.SignedIn), true},
		"not remembered":     {[]string{"--no-remember"}, forgetful, false},
		"nothing of it said": {nil, state(localapi.SignedIn), false},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAgent(tc.before)
			c := newConsole(a, false)
			if code := c.run(t.Context(), t, append([]string{"login"}, tc.args...)...); code != 0 || len(a.asked) > 0 {
				t.Errorf("exit %d, asked %v", code, a.asked)
			}
			if told := strings.Contains(c.progress.String(), "stays remembered"); told != tc.told {
				t.Errorf("said %q", &c.progress)
			}
		})
	}
}

func TestInterruptCallsTheSignInOff(t *testing.T) {
	ctx, interrupt := context.WithCancelCause(t.Context())
	a := newAgent(state(localapi.SignedOut))
	a.signIn = signIn()
	a.after["SignIn"] = []localapi.State{waiting(localapi.StageBrowser)}
	c := newConsole(a, false)
	c.browse = func(context.Context, string) error {
		// As signal.NotifyContext does: the cause is not the context's error.
		interrupt(errors.New("interrupt signal received"))
		return nil
	}
	if code := c.run(ctx, t, "login", "--json"); code != localapi.ExitCancelled {
		t.Errorf("exit %d", code)
	}
	if len(a.asked) != 2 || a.asked[1] != "cancel" {
		t.Errorf("asked %v", a.asked)
	}
}

func TestInterruptEndsEveryCommand(t *testing.T) {
	ctx, interrupt := context.WithCancelCause(t.Context())
	interrupt(errors.New("interrupt signal received"))
	for _, command := range []string{"login", "logout", "status", "forget"} {
		c := newConsole(newAgent(state(localapi.Starting)), false)
		args := []string{command, "--json"}
		if command == "forget" {
			args = append(args, "--yes")
		}
		if code := c.run(ctx, t, args...); code != localapi.ExitCancelled {
			t.Errorf("%s: exit %d", command, code)
		}
	}
}

func TestASignInThatEndsWithTheCommandIsAFailure(t *testing.T) {
	lost := state(localapi.SignedIn, func(s *localapi.State) {
		s.Session.Account.Remembered = false
		s.Notices = []localapi.Problem{{Code: localapi.KeyStoreMissing}}
	})
	for name, tc := range map[string]struct {
		own  bool
		exit int
	}{
		"in its own process":    {true, localapi.ExitKeyStore},
		"with an agent running": {false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAgent(state(localapi.SignedOut))
			a.signIn = signIn()
			a.after["SignIn"] = []localapi.State{lost}
			c := newConsole(a, tc.own)
			if code := c.run(t.Context(), t, "login", "--json"); code != tc.exit {
				t.Errorf("exit %d, want %d", code, tc.exit)
			}
		})
	}
}

func TestLoginBringsAPortal(t *testing.T) {
	file := filepath.Join(t.TempDir(), "portico.json")
	if err := os.WriteFile(file, []byte(`{"version":1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	address := localapi.PortalRequest{Address: "portal.example"}
	for name, tc := range map[string]struct {
		args  []string
		env   string
		own   bool
		check string // the address as the agent writes it
		want  []any
	}{
		"an address":                      {nil, "portal.example", false, "https://new.example", []any{address, localapi.PortalRequest{Address: "portal.example", ForRun: true}}},
		"an address that it has":          {nil, "portal.example", false, "https://portal.example", []any{address}},
		"an address that it was made for": {nil, "portal.example", true, "", nil},
		"nothing":                         {nil, "", false, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAgent(state(localapi.SignedIn))
			a.check = localapi.PortalCheck{Address: tc.check}
			c := newConsole(a, tc.own)
			c.environment["PORTICO_PORTAL"] = tc.env
			if code := c.run(t.Context(), t, append([]string{"login", "--json"}, tc.args...)...); code != 0 {
				t.Errorf("exit %d\n%s", code, &c.out)
			}
			if diff := cmp.Diff(tc.want, a.asked); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
		})
	}
	for name, tc := range map[string]struct {
		args   []string
		env    string
		method string
		err    *localapi.Problem
		exit   int
	}{
		"no such file":  {[]string{"--manifest", file + "x"}, "", "", nil, localapi.ExitUsage},
		"a bad address": {nil, "http://x", "CheckPortal", problem(localapi.PortalNotHTTPS), localapi.ExitConfig},
		"unreachable":   {nil, "x.example", "CheckPortal", problem(localapi.PortalUnreachable), localapi.ExitUnreachable},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAgent(state(localapi.SignedOut))
			if tc.err != nil {
				a.errs[tc.method] = tc.err
			}
			c := newConsole(a, false)
			c.environment["PORTICO_PORTAL"] = tc.env
			if code := c.run(t.Context(), t, append([]string{"login", "--json"}, tc.args...)...); code != tc.exit {
				t.Errorf("exit %d, want %d\n%s", code, tc.exit, &c.out)
			}
		})
	}
}

// Whoever tries a manifest out is not sent to themselves.
func TestARehearsalSaysWhatToMendOnce(t *testing.T) {
	for rehearsed, want := range map[bool]int{false: 2, true: 1} {
		c := newConsole(newAgent(state(localapi.SignedOut)), false)
		if rehearsed {
			c.rehearse = &localapi.PortalRequest{Address: "portal.json"}
		}
		c.tell(&c.out, problem(localapi.ManifestInvalid, "host", "portal.json", "field", "providers[0].authority", "reason", "is missing"))
		out := c.out.String()
		if got := strings.Count(out, "providers[0].authority is missing"); got != want || strings.Contains(out, "IT team") == rehearsed {
			t.Errorf("rehearsed %v:\n%s", rehearsed, out)
		}
	}
}
