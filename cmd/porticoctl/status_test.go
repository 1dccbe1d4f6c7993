package main

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/policy/policytest"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

func TestStatusSaysWhereTheSessionStands(t *testing.T) {
	starting := state(localapi.Starting)
	portalGone := func(s *localapi.State) {
		s.Portal, s.PortalProblem = nil, problem(localapi.PortalNotFound, "host", "portal.example")
	}
	for name, tc := range map[string]struct {
		states []localapi.State
		exit   int
		text   string
	}{
		"signed in":             {[]localapi.State{state(localapi.SignedIn)}, 0, "Signed in as Ada Lovelace (ada@contoso.example)"},
		"after a while":         {[]localapi.State{starting, state(localapi.SignedIn)}, 0, "Signed in as"},
		"signed out":            {[]localapi.State{state(localapi.SignedOut)}, 10, "Run: porticoctl login"},
		"after a cancelled one": {[]localapi.State{state(localapi.SignedOut, with(localapi.Cancelled))}, 10, "You are not signed in"},
		"signing in":            {[]localapi.State{state(localapi.SigningIn)}, 10, "under way"},
		"offline": {
			[]localapi.State{state(localapi.Offline, with(localapi.ProviderUnreachable, "host", "id.example"))},
			12, "Offline, known as Ada Lovelace",
		},
		"needs sign-in":         {[]localapi.State{state(localapi.NeedsSignIn, with(localapi.SignInExpired, "title", "Demo"))}, 10, "Demo ended your sign-in"},
		"consent missing":       {[]localapi.State{state(localapi.Blocked, with(localapi.ConsentNeeded))}, 11, "administrator"},
		"key store locked":      {[]localapi.State{state(localapi.Blocked, with(localapi.KeyStoreLocked))}, 14, "locked"},
		"client rejected":       {[]localapi.State{state(localapi.Blocked, with(localapi.ClientRejected))}, 13, "Your IT team can mend this"},
		"refused":               {[]localapi.State{state(localapi.Blocked, with(localapi.Refused))}, 16, "refused"},
		"untrusted":             {[]localapi.State{state(localapi.Blocked, with(localapi.Untrusted, "check", "nonce"))}, 17, "A safety check failed. Nothing"},
		"blocked by who knows":  {[]localapi.State{state(localapi.Blocked)}, 1, "went wrong"},
		"no portal":             {[]localapi.State{state(localapi.Unconfigured, func(s *localapi.State) { s.PortalAddress, s.Portal = "", nil })}, 13, "login --portal ADDRESS"},
		"a portal never read":   {[]localapi.State{state(localapi.SignedOut, portalGone)}, 13, "no portal at portal.example"},
		"a portal that is down": {[]localapi.State{state(localapi.SignedIn, func(s *localapi.State) { s.PortalProblem = problem(localapi.PortalUnreachable) })}, 0, "Contoso IT (https://portal.example)"},
	} {
		for form, args := range map[string][]string{"text": {"status"}, "json": {"status", "--json"}} {
			t.Run(name+", "+form, func(t *testing.T) {
				c := newConsole(newAgent(tc.states...), false)
				if code := c.run(t.Context(), t, args...); code != tc.exit {
					t.Errorf("exit %d, want %d", code, tc.exit)
				}
				if form == "text" && !strings.Contains(c.out.String(), tc.text) {
					t.Errorf("no %q in\n%s", tc.text, &c.out)
				}
				if c.closed != 1 {
					t.Errorf("the agent was let go of %d times", c.closed)
				}
			})
		}
	}
}

// Whoever asks by a program learns who has set the proxy.
func TestStatusSaysWhoHasSetTheProxy(t *testing.T) {
	c := newConsole(newAgent(state(localapi.SignedIn, func(s *localapi.State) {
		s.Network = &localapi.Network{Source: "kde", Script: "http://wpad.example/proxy.pac", Detect: true}
	})), false)
	if code := c.run(t.Context(), t, "status", "--json"); code != 0 {
		t.Errorf("exit %d", code)
	}
	if !strings.Contains(c.out.String(), `"source": "kde"`) {
		t.Errorf("%s", &c.out)
	}
}

func TestStatusDuringASignInAsksForNone(t *testing.T) {
	c := newConsole(newAgent(state(localapi.SigningIn)), false)
	if code := c.run(t.Context(), t, "status"); code != localapi.ExitSignInNeeded || strings.Contains(c.out.String()+c.progress.String(), "porticoctl login") {
		t.Errorf("exit %d\n%s%s", code, &c.out, &c.progress)
	}
}

func TestStatusDocument(t *testing.T) {
	s := state(localapi.SignedIn, func(s *localapi.State) { s.Notices = []localapi.Problem{{Code: localapi.KeyStoreMissing}} })
	c := newConsole(newAgent(s), false)
	c.run(t.Context(), t, "status", "--json")
	var got map[string]any
	if err := json.Unmarshal(c.out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"phase": "signed-in", "provider": "demo", "since": "2030-01-02T03:04:00Z",
		"account": map[string]any{
			"id": "a1", "provider": "demo", "name": "Ada Lovelace", "given_name": "Ada", "email": "ada@contoso.example",
			"email_verified": true, "issuer": "https://id.example", "subject": "42", "remembered": true,
		},
		"portal": map[string]any{"address": "https://portal.example", "name": "Contoso IT"},
		"agent":  map[string]any{"api": float64(localapi.Version), "build": "0.1.0", "pid": 42.0},
	}
	notices, _ := got["notices"].([]any)
	delete(got, "notices")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(notices) != 1 {
		t.Errorf("notices %v", notices)
	}
	if c.progress.Len() > 0 {
		t.Errorf("said besides: %s", &c.progress)
	}
}

func TestStatusRefreshesWhenAsked(t *testing.T) {
	for name, tc := range map[string]struct {
		before localapi.State
		own    bool
		want   []any
		exit   int
	}{
		"a running agent":                   {state(localapi.SignedIn), false, []any{"refresh"}, 10},
		"its own agent has just done so":    {state(localapi.SignedIn), true, nil, 0},
		"with nobody the portal is asked":   {state(localapi.SignedOut), false, []any{"refresh"}, 10},
		"without a portal there is nothing": {state(localapi.Unconfigured), false, nil, 13},
		"whoever is offline is tried again": {state(localapi.Offline), false, []any{"refresh"}, 10},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAgent(tc.before)
			a.after["Refresh"] = []localapi.State{state(localapi.NeedsSignIn, with(localapi.SignInExpired))}
			c := newConsole(a, tc.own)
			if code := c.run(t.Context(), t, "status", "--refresh", "--json"); code != tc.exit {
				t.Errorf("exit %d, want %d", code, tc.exit)
			}
			if diff := cmp.Diff(tc.want, a.asked); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
		})
	}
}

// Without anything that could hold a sign-in for longer than the command, nobody knows
// whether there is one.
func TestStatusWithoutTheKeyStoreDoesNotKnow(t *testing.T) {
	site := manifestSite(t)
	for name, tc := range map[string]struct {
		decided map[policy.Name]any
		fault   vault.Kind
		want    int
	}{
		"as built in":           {nil, vault.Missing, localapi.ExitKeyStore},
		"the store is wanted":   {map[policy.Name]any{policy.TokenStore: "os"}, vault.Missing, localapi.ExitKeyStore},
		"locked":                {nil, vault.Locked, localapi.ExitKeyStore},
		"files hold sign-ins":   {map[policy.Name]any{policy.TokenStore: "file"}, vault.Missing, localapi.ExitSignInNeeded},
		"memory holds sign-ins": {map[policy.Name]any{policy.TokenStore: "memory"}, vault.Missing, localapi.ExitSignInNeeded},
		"nobody is remembered":  {map[policy.Name]any{policy.RememberMe: policy.Never}, vault.Missing, localapi.ExitSignInNeeded},
		"it answers":            {nil, 0, localapi.ExitSignInNeeded},
	} {
		t.Run(name, func(t *testing.T) {
			backend := authtest.NewKeyStore()
			if tc.fault != 0 {
				backend.Fail(tc.fault)
			}
			c := newConsole(nil, false)
			c.connect, c.store = connect, vault.New(vault.Params{Service: "test", Backend: backend})
			c.policies = func() *policy.Policies { return policytest.Of(tc.decided, nil) }
			c.environment["PORTICO_PORTAL"] = site
			if code := c.run(t.Context(), t, "status", "--json", "--data-dir", t.TempDir()); code != tc.want {
				t.Errorf("exit %d, want %d\n%s", code, tc.want, &c.out)
			}
		})
	}
	// An agent that runs on holds a sign-in in memory, and knows that there is none.
	c := newConsole(newAgent(state(localapi.SignedOut, func(s *localapi.State) { s.Notices = []localapi.Problem{{Code: localapi.KeyStoreMissing}} })), false)
	if code := c.run(t.Context(), t, "status", "--json"); code != localapi.ExitSignInNeeded {
		t.Errorf("with an agent: exit %d", code)
	}
}

func TestStatusFromTheRunningAgentAlone(t *testing.T) {
	dir := t.TempDir()
	status := func(args ...string) (*console, int) {
		c := newConsole(nil, false)
		c.connect = connect
		return c, c.run(t.Context(), t, append([]string{"status", "--cached", "--data-dir", dir}, args...)...)
	}
	if c, code := status("--json"); code != problem(localapi.AgentGone).Exit() {
		t.Errorf("without an agent: exit %d\n%s", code, &c.out)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("made %v, %v", entries, err)
	}
	a := newAgent(state(localapi.SignedIn))
	a.errs["Watch"] = errors.New("an agent that is watched asks others")
	listen(t, dir, a, localapi.Info{Build: "0.1.0"})
	if c, code := status("--json"); code != 0 || !strings.Contains(c.out.String(), "signed-in") {
		t.Errorf("exit %d\n%s", code, &c.out)
	}
	if len(a.asked) > 0 {
		t.Errorf("asked %v", a.asked)
	}
	c, code := status("--short")
	if code != 0 || c.out.String() != "ada@contoso.example\n" || c.progress.Len() > 0 {
		t.Errorf("exit %d, %q, %q", code, &c.out, &c.progress)
	}
}

func TestShortIsOneLine(t *testing.T) {
	for name, tc := range map[string]struct {
		state localapi.State
		exit  int
		want  string
	}{
		"signed in":     {state(localapi.SignedIn), 0, "ada@contoso.example\n"},
		"no address":    {state(localapi.SignedIn, func(s *localapi.State) { s.Session.Account.Email = "" }), 0, "Ada Lovelace\n"},
		"signed out":    {state(localapi.SignedOut), localapi.ExitSignInNeeded, "Not signed in\n"},
		"needs consent": {state(localapi.Blocked, with(localapi.ConsentNeeded)), localapi.ExitConsent, "Not signed in\n"},
		"with a notice": {state(localapi.SignedIn, func(s *localapi.State) { s.Notices = []localapi.Problem{{Code: localapi.KeyStoreMissing}} }), 0, "ada@contoso.example\n"},
	} {
		c := newConsole(newAgent(tc.state), false)
		if code := c.run(t.Context(), t, "status", "--short"); code != tc.exit || c.out.String() != tc.want || c.progress.Len() > 0 {
			t.Errorf("%s: exit %d, %q, %q", name, code, &c.out, &c.progress)
		}
	}
}

func TestTimeoutsEndACommand(t *testing.T) {
	for line, s := range map[string]localapi.State{
		"status --timeout 5s": state(localapi.Starting), "status --cached": state(localapi.Starting), "wait --timeout 1h": state(localapi.SignedOut),
	} {
		synctest.Test(t, func(t *testing.T) {
			c := newConsole(newAgent(s), false)
			code := c.run(t.Context(), t, append(strings.Fields(line), "--json")...)
			if code != localapi.ExitCancelled || !strings.Contains(c.out.String(), `"took-too-long"`) || strings.Contains(c.out.String(), "browser") {
				t.Errorf("%s: exit %d\n%s", line, code, &c.out)
			}
		})
	}
	for _, line := range []string{"status --timeout 0", "status --timeout=-1s", "wait --timeout 0", "status --cached --refresh", "status --everybody --cached", "status --everybody --data-dir /d", "logout --all --account a1", "login --portal p.example --manifest m.json"} {
		if code := newConsole(nil, false).run(t.Context(), t, append(strings.Fields(line), "--json")...); code != localapi.ExitUsage {
			t.Errorf("%s: exit %d", line, code)
		}
	}
}

// Somebody at a terminal hears what an agent may wait for, once; a script hears nothing.
func TestAgentThatSettlesSlowlyIsExplained(t *testing.T) {
	for name, test := range map[string]struct {
		columns int
		after   time.Duration
		want    int
	}{
		"at a terminal":        {80, settlesWithin + time.Second, 1},
		"soon":                 {80, settlesWithin - time.Second, 0},
		"nobody reads it live": {0, time.Hour, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newAgent(state(localapi.Starting))
				a.after["settle"] = []localapi.State{state(localapi.SignedOut)}
				c := newConsole(a, false)
				c.columns = func() int { return test.columns }
				time.AfterFunc(test.after, func() { _ = a.do("settle", nil) })
				if code := c.run(t.Context(), t, "status"); code != localapi.ExitSignInNeeded {
					t.Errorf("exit %d", code)
				}
				if got := strings.Count(c.progress.String(), "Perhaps your key store asks you"); got != test.want {
					t.Errorf("said %d times, want %d:\n%s", got, test.want, &c.progress)
				}
			})
		})
	}
}
