package main

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/words"
)

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
			if next := p.inWords(about).Words.Next; strings.Contains(next, promise) || next == "" {
				t.Errorf("%s: %s: %q", language, code, next)
			}
		}
		if promised < 5 {
			t.Errorf("%s: only %d problems promise it elsewhere, the test shows nothing", language, promised)
		}
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
