package main

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/words"
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

func TestStatusDuringASignInAsksForNone(t *testing.T) {
	c := newConsole(newAgent(state(localapi.SigningIn)), false)
	if code := c.run(t.Context(), t, "status"); code != localapi.ExitSignInNeeded || strings.Contains(c.out.String()+c.progress.String(), "porticoctl login") {
		t.Errorf("exit %d\n%s%s", code, &c.out, &c.progress)
	}
}

// TestACommandThatEndsTriesNothingAgain: only the background program does.
func TestACommandThatEndsTriesNothingAgain(t *testing.T) {
	for language, promise := range map[string]string{"en": "tries again by itself", "de": "versucht es von selbst"} {
		p := newConsole(nil, false).program
		p.words = words.New(language)
		promised := 0
		for code := range localapi.Codes() {
			about := problem(code, "title", "Demo", "host", "id.example", "proxy", "proxy.example")
			if strings.Contains(p.words.Problem(about).Next, promise) {
				promised++
			}
			if next := p.explain(about).Words.Next; strings.Contains(next, promise) || next == "" {
				t.Errorf("%s: %s: %q", language, code, next)
			}
		}
		if promised < 5 {
			t.Errorf("%s: only %d problems promise it elsewhere, the test shows nothing", language, promised)
		}
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

func TestAccounts(t *testing.T) {
	for name, accounts := range map[string][]localapi.Account{
		"none": nil, "two": {*ada(), {ID: "b2", Provider: "other", Issuer: "https://o.example", Subject: "7"}},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAgent(state(localapi.SignedOut))
			a.accounts = accounts
			c := newConsole(a, true)
			if code := c.run(t.Context(), t, "accounts", "--json"); code != 0 {
				t.Errorf("exit %d", code)
			}
			c = newConsole(a, true)
			if code := c.run(t.Context(), t, "accounts"); code != 0 || strings.Count(c.out.String(), "\n") != max(1, len(accounts)) {
				t.Errorf("exit %d, output\n%s", code, &c.out)
			}
		})
	}
}

func TestLogout(t *testing.T) {
	done := localapi.SignOutReport{Local: localapi.StepDone, Revoked: localapi.StepDone, Browser: localapi.StepNotAsked}
	change := func(f func(*localapi.SignOutReport)) localapi.SignOutReport { r := done; f(&r); return r }
	nobody := problem(localapi.SignInNeeded)
	for name, tc := range map[string]struct {
		args     []string
		state    localapi.State
		report   localapi.SignOutReport
		err      error
		accounts []localapi.Account
		exit     int
		text     string
		opened   []string
	}{
		"everything": {nil, state(localapi.SignedIn), done, nil, nil, 0, "Signed out.", nil},
		"the browser too": {
			[]string{"--browser"}, state(localapi.SignedIn),
			change(func(r *localapi.SignOutReport) {
				r.Browser, r.BrowserURL = localapi.StepInBrowser, "https://id.example/end"
			}), nil, nil, 0, "finish it in the browser", []string{"https://id.example/end"},
		},
		"the browser too, by a page of the agent": {
			[]string{"--browser"}, state(localapi.SignedIn),
			change(func(r *localapi.SignOutReport) {
				r.Browser, r.BrowserURL, r.OneTime = localapi.StepInBrowser, "http://127.0.0.1:1/once/x", true
			}), nil, nil, 0, "finish it in the browser", []string{"http://127.0.0.1:1/once/x"},
		},
		"the browser cannot": {
			[]string{"--browser"}, state(localapi.SignedIn),
			change(func(r *localapi.SignOutReport) { r.Browser = localapi.StepNoIDToken }), nil, nil, 0, "Sign out at the sign-in service yourself", nil,
		},
		"not revoked": {
			nil, state(localapi.SignedIn),
			change(func(r *localapi.SignOutReport) {
				r.Revoked, r.RevokedProblem = localapi.StepFailed, problem(localapi.ProviderUnreachable)
			}), nil, nil, 0, "failed", nil,
		},
		"not deleted": {
			nil, state(localapi.SignedIn),
			change(func(r *localapi.SignOutReport) {
				r.Local, r.LocalProblem = localapi.StepFailed, problem(localapi.KeyStoreLocked)
			}), nil, nil, 14, "could not be signed out", nil,
		},
		"not deleted, without a reason": {
			nil, state(localapi.SignedIn),
			change(func(r *localapi.SignOutReport) { r.Local = localapi.StepFailed }), nil, nil, 14, "could not be signed out", nil,
		},
		"nobody there": {nil, state(localapi.SignedOut), localapi.SignOutReport{}, nobody, nil, 0, "Nobody is signed in", nil},
		"nobody there, but somebody remembered": {
			nil, state(localapi.SignedOut), localapi.SignOutReport{}, nobody, []localapi.Account{*ada()}, 0, "Nobody is signed in", nil,
		},
		"nobody there that the agent can tell": {
			nil, state(localapi.Blocked, with(localapi.KeyStoreLocked)), localapi.SignOutReport{}, nobody, []localapi.Account{*ada()}, 14, "", nil,
		},
		"the agent cannot": {nil, state(localapi.SignedIn), localapi.SignOutReport{}, problem(localapi.KeyStoreSilent), nil, 14, "", nil},
	} {
		for form, more := range map[string][]string{"text": nil, "json": {"--json"}} {
			t.Run(name+", "+form, func(t *testing.T) {
				a := newAgent(tc.state)
				a.signOut, a.errs["SignOut"], a.accounts = tc.report, tc.err, tc.accounts
				c := newConsole(a, false)
				if code := c.run(t.Context(), t, append(append([]string{"logout"}, tc.args...), more...)...); code != tc.exit {
					t.Errorf("exit %d, want %d", code, tc.exit)
				}
				if form == "text" && !strings.Contains(c.out.String(), tc.text) {
					t.Errorf("no %q in\n%s", tc.text, &c.out)
				}
				if diff := cmp.Diff(tc.opened, c.opened); diff != "" {
					t.Errorf("opened (-want +got):\n%s", diff)
				}
				if asked := (localapi.SignOutRequest{Browser: len(tc.args) > 0}); a.asked[0] != asked {
					t.Errorf("asked %+v, want %+v", a.asked[0], asked)
				}
			})
		}
	}
}

// A page of this process is no use to somebody who opens it after the command; one of
// the running agent is.
func TestLogoutWithoutABrowser(t *testing.T) {
	const once = "http://127.0.0.1:1/once/x"
	for name, tc := range map[string]struct {
		own, oneTime bool
		offered      string
		address      string // that the person gets
		browser      localapi.Step
		withdrawn    int
	}{
		"agent":             {false, true, once, once, localapi.StepInBrowser, 0},
		"own":               {true, true, once, "", localapi.StepFailed, 1},
		"own, without page": {true, false, "https://id.example/end", "https://id.example/end", localapi.StepInBrowser, 0},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAgent(state(localapi.SignedIn))
			a.signOut = localapi.SignOutReport{
				Local: localapi.StepDone, Revoked: localapi.StepDone, Browser: localapi.StepInBrowser, BrowserURL: tc.offered, OneTime: tc.oneTime,
			}
			c := newConsole(a, tc.own)
			c.openErr = errors.New("no browser")
			withdrawn, connect := 0, c.connect
			c.connect = func(ctx context.Context, p *program) (*connection, error) {
				made, err := connect(ctx, p)
				if tc.own {
					made.withdraw = func() { withdrawn++ }
				}
				return made, err
			}
			if code := c.run(t.Context(), t, "logout", "--browser", "--json"); code != 0 {
				t.Errorf("exit %d", code)
			}
			var doc signedOut
			if err := json.Unmarshal(c.out.Bytes(), &doc); err != nil || doc.Browser != tc.browser || doc.BrowserURL != tc.address || withdrawn != tc.withdrawn {
				t.Errorf("%s (%v), withdrawn %d times", &c.out, err, withdrawn)
			}
			if tc.address != "" && !strings.Contains(c.progress.String(), tc.address) {
				t.Errorf("no address in\n%s", &c.progress)
			}
		})
	}
}

func TestLogoutOfSomebody(t *testing.T) {
	bo := localapi.Account{ID: "b2", Provider: "other", Email: "bo@contoso.example", Issuer: "https://o.example", Subject: "7", Remembered: true}
	twin := bo
	twin.ID = "b3"
	for name, tc := range map[string]struct {
		account  string
		accounts []localapi.Account
		exit     int
		asks     string
	}{
		"by address":       {"BO@contoso.example", []localapi.Account{*ada(), bo}, 0, "b2"},
		"by id":            {"b3", []localapi.Account{*ada(), bo, twin}, 0, "b3"},
		"by two's address": {"bo@contoso.example", []localapi.Account{bo, twin}, localapi.ExitUsage, ""},
		"a stranger":       {"eve@contoso.example", []localapi.Account{*ada(), bo}, localapi.ExitUsage, ""},
	} {
		for form, more := range map[string][]string{"text": nil, "json": {"--json"}} {
			t.Run(name+", "+form, func(t *testing.T) {
				a := newAgent(state(localapi.SignedIn))
				a.accounts = tc.accounts
				a.signOut = localapi.SignOutReport{Local: localapi.StepDone, Revoked: localapi.StepDone, Browser: localapi.StepNotAsked}
				c := newConsole(a, false)
				if code := c.run(t.Context(), t, append([]string{"logout", "--account", tc.account}, more...)...); code != tc.exit {
					t.Errorf("exit %d, want %d\n%s", code, tc.exit, &c.progress)
				}
				want := []any{"accounts"}
				if tc.asks != "" {
					want = append(want, localapi.SignOutRequest{Account: tc.asks})
				}
				if diff := cmp.Diff(want, a.asked); diff != "" {
					t.Errorf("asked (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestWhoIsSetApart(t *testing.T) {
	mask := *ada()
	mask.Active, mask.Guest, mask.Actor = true, true, "grace@contoso.example"
	a := newAgent(state(localapi.SignedIn, func(s *localapi.State) {
		s.Session.Account = &mask
		s.Session.Account.Remembered = false
	}))
	mask.Remembered = false
	a.accounts = []localapi.Account{mask, *ada()}
	for _, tc := range []struct {
		args  []string
		parts []string
	}{
		{[]string{"accounts"}, []string{"  not remembered  signed in now, guest, opened by grace@contoso.example\n"}},
		{[]string{"accounts", "--json"}, []string{`"active": true`, `"guest": true`, `"actor": "grace@contoso.example"`}},
		{[]string{"status"}, []string{"Guest:", "Opened by:", "grace@contoso.example", "ends with Portico"}},
		{[]string{"status", "--json"}, []string{`"guest": true`, `"actor": "grace@contoso.example"`, `"remembered": false`}},
	} {
		c := newConsole(a, false)
		if code := c.run(t.Context(), t, tc.args...); code != 0 {
			t.Errorf("%s: exit %d", tc.args, code)
		}
		for _, part := range tc.parts {
			if strings.Count(c.out.String(), part) != 1 {
				t.Errorf("%s: not one %q in\n%s", tc.args, part, &c.out)
			}
		}
	}
}

func TestForgetAsksFirst(t *testing.T) {
	for name, tc := range map[string]struct {
		args     []string
		terminal bool
		answer   string
		exit     int
		forgets  bool
	}{
		"yes, on a terminal":          {nil, true, "yes\n", 0, true},
		"Y, on a terminal":            {nil, true, "  Y \n", 0, true},
		"no, on a terminal":           {nil, true, "no\n", 15, false},
		"nothing, on a terminal":      {nil, true, "\n", 15, false},
		"end of input, on a terminal": {nil, true, "", 15, false},
		"told, on a terminal":         {[]string{"--yes"}, true, "", 0, true},
		"told, in a script":           {[]string{"--yes"}, false, "", 0, true},
		"not told, in a script":       {nil, false, "yes\n", 2, false},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAgent(state(localapi.SignedIn))
			a.forget = localapi.ForgetReport{Accounts: 1, Files: 3}
			c := newConsole(a, false)
			c.terminal, c.in = tc.terminal, strings.NewReader(tc.answer)
			if code := c.run(t.Context(), t, append([]string{"forget", "--json"}, tc.args...)...); code != tc.exit {
				t.Errorf("exit %d, want %d", code, tc.exit)
			}
			if got := len(a.asked) > 0; got != tc.forgets {
				t.Errorf("asked %v", a.asked)
			}
		})
	}
}

// TestForgetSaysThatSecretsGo: it is the one command that takes what an
// administrator set up for a person.
func TestForgetSaysThatSecretsGo(t *testing.T) {
	for name, tc := range map[string]struct {
		args     []string
		terminal bool
	}{
		"asked": {[]string{"forget"}, true}, "not told": {[]string{"forget"}, false}, "help": {[]string{"forget", "--help"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			c := newConsole(newAgent(state(localapi.SignedIn)), false)
			c.terminal = tc.terminal
			c.run(t.Context(), t, tc.args...)
			if said := c.out.String() + c.progress.String(); !strings.Contains(said, "client secrets and keys that were set here") {
				t.Errorf("said\n%s", said)
			}
		})
	}
}

func TestForgetSaysWhatIsLeft(t *testing.T) {
	for name, tc := range map[string]struct {
		problems []localapi.Problem
		exit     int
		text     string
	}{
		"nothing":                       {nil, 0, "forgotten you"},
		"a provider that was not told":  {[]localapi.Problem{{Code: localapi.ProviderUnreachable}}, 0, "forgotten you"},
		"a sign-in behind a lock":       {[]localapi.Problem{{Code: localapi.KeyStoreLocked}}, 14, "Not everything"},
		"a file":                        {[]localapi.Problem{{Code: localapi.Unexpected}}, 1, "Not everything"},
		"both, and the network is down": {[]localapi.Problem{{Code: localapi.ProviderUnreachable}, {Code: localapi.KeyStoreLocked}}, 14, "Not everything"},
	} {
		for form, more := range map[string][]string{"text": nil, "json": {"--json"}} {
			t.Run(name+", "+form, func(t *testing.T) {
				a := newAgent(state(localapi.SignedIn))
				a.forget = localapi.ForgetReport{Accounts: 1, Files: 3, Problems: tc.problems}
				c := newConsole(a, false)
				if code := c.run(t.Context(), t, append([]string{"forget", "--yes"}, more...)...); code != tc.exit {
					t.Errorf("exit %d, want %d", code, tc.exit)
				}
				if form == "text" && (!strings.Contains(c.out.String(), tc.text) || !strings.Contains(c.out.String(), "1 account removed\n  3 files removed")) {
					t.Errorf("no %q in\n%s", tc.text, &c.out)
				}
			})
		}
	}
}

func TestVersionAndCompletionNeedNoAgent(t *testing.T) {
	c := newConsole(nil, false)
	if code := c.run(t.Context(), t, "version", "--json"); code != 0 {
		t.Errorf("exit %d", code)
	}
	for _, shell := range shells() {
		c := newConsole(nil, false)
		if code := c.run(t.Context(), t, "completion", shell); code != 0 || !strings.Contains(c.out.String(), "porticoctl") {
			t.Errorf("%s: exit %d, %d bytes", shell, code, c.out.Len())
		}
		c = newConsole(nil, false)
		if code := c.run(t.Context(), t, "completion", shell, "--json"); code != 0 {
			t.Errorf("%s --json: exit %d", shell, code)
		}
	}
}

func TestEveryProblemEndsWithItsCode(t *testing.T) {
	commands := map[string]string{"login": "SignIn", "logout": "SignOut", "accounts": "Accounts", "forget": "Forget", "status": "Watch", "providers": "Providers"}
	for code, meaning := range localapi.Codes() {
		for command, method := range commands {
			if command == "logout" && code == localapi.SignInNeeded {
				continue // nobody to sign out is no failure
			}
			for _, more := range [][]string{nil, {"--json"}} {
				a := newAgent(state(localapi.SignedOut))
				a.errs[method] = problem(code, "title", "Demo", "host", "id.example")
				c := newConsole(a, false)
				args := append([]string{command}, more...)
				if command == "forget" {
					args = append(args, "--yes")
				}
				if got := c.run(t.Context(), t, args...); got != meaning.Exit {
					t.Errorf("%q with %s: exit %d, want %d", args, code, got, meaning.Exit)
				}
				if more == nil && (c.out.Len() > 0 || c.progress.Len() == 0) {
					t.Errorf("%q with %s: output %q, progress %q", args, code, &c.out, &c.progress)
				}
			}
		}
	}
	a := newAgent(state(localapi.SignedOut))
	a.errs["Accounts"] = errors.New("who knows")
	c := newConsole(a, false)
	if got := c.run(t.Context(), t, "accounts", "--json"); got != localapi.ExitUnexpected || !strings.Contains(c.out.String(), "who knows") {
		t.Errorf("an unnamed error: exit %d, %s", got, &c.out)
	}
}

func TestDetailsForSupportStandApart(t *testing.T) {
	s := state(localapi.NeedsSignIn, with(localapi.SignInExpired, "title", "Demo"))
	s.Session.Problem.Details = &localapi.Details{Error: errors.Join(errors.New("first"), errors.New("second")).Error()}
	c := newConsole(newAgent(s), false)
	c.run(t.Context(), t, "status")
	if _, details, _ := strings.Cut(c.out.String(), "Details for support:\n"); !strings.Contains(details, "    Error: first\n    second\n") {
		t.Errorf("no block of its own:\n%s", &c.out)
	}
}

func TestTheITTeamIsToldWhatToDo(t *testing.T) {
	s := state(localapi.Blocked, with(localapi.RedirectNotRegistered, "title", "Microsoft 365", "dialect", "entra", "client_id", "1111", "redirect", "http://localhost"))
	const part = "Mobile and desktop applications → http://localhost"
	c := newConsole(newAgent(s), false)
	c.run(t.Context(), t, "status")
	if !strings.Contains(c.out.String(), part) {
		t.Errorf("no %q in\n%s", part, &c.out)
	}
	c = newConsole(newAgent(s), false)
	c.run(t.Context(), t, "status", "--json")
	var doc standing
	if err := json.Unmarshal(c.out.Bytes(), &doc); err != nil || doc.Words == nil || !strings.Contains(doc.Words.IT, part) {
		t.Errorf("words %+v, %v", doc.Words, err)
	}
}
