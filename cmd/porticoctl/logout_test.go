package main

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
)

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
		"of a former provider": {
			nil, state(localapi.SignedOut),
			change(func(r *localapi.SignOutReport) {
				who := *ada()
				who.Former = true
				r.Account, r.Revoked, r.RevokedProblem = &who, localapi.StepFailed, problem(localapi.SignOutUntold, "host", "id.example")
			}), nil, nil, 0, "from before your portal changed", nil,
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
			c.connect = func(ctx context.Context, p *program, options connectOptions) (*connection, error) {
				made, err := connect(ctx, p, options)
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
	past := *ada()
	past.ID, past.Former = "p9", true
	a.accounts = []localapi.Account{mask, *ada(), past}
	for _, tc := range []struct {
		args  []string
		parts []string
	}{
		{[]string{"accounts"}, []string{"  not remembered  signed in now, guest, opened by grace@contoso.example\n"}},
		{[]string{"accounts"}, []string{"signs in by itself  from before your portal changed\n"}},
		{[]string{"accounts", "--json"}, []string{`"former": true`, `"active": true`, `"guest": true`, `"actor": "grace@contoso.example"`}},
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

func TestLogoutOfEverybody(t *testing.T) {
	active, other, past := *ada(), *ada(), *ada()
	active.Active = true
	other.ID, other.Email = "b2", "bo@contoso.example"
	past.ID, past.Remembered = "c3", false
	done := localapi.SignOutReport{Local: localapi.StepDone, Revoked: localapi.StepDone, Browser: localapi.StepNotAsked}
	for name, tc := range map[string]struct {
		accounts []localapi.Account
		state    localapi.State
		report   localapi.SignOutReport
		exit     int
		asks     []any
		text     string
	}{
		"two, who is signed in last": {
			[]localapi.Account{active, past, other}, state(localapi.SignedIn), done, 0,
			[]any{"accounts", localapi.SignOutRequest{Account: "b2"}, localapi.SignOutRequest{Account: "a1"}}, "(bo@contoso.example)",
		},
		"nobody": {nil, state(localapi.SignedOut), done, 0, []any{"accounts"}, "Nobody is signed in"},
		"nobody that can be told": {
			nil, state(localapi.Blocked, with(localapi.KeyStoreLocked)), done, localapi.ExitKeyStore, []any{"accounts"}, "locked",
		},
		"one that stays": {
			[]localapi.Account{active}, state(localapi.SignedIn), localapi.SignOutReport{Local: localapi.StepFailed, Revoked: localapi.StepDone, Browser: localapi.StepNotAsked},
			localapi.ExitKeyStore, []any{"accounts", localapi.SignOutRequest{Account: "a1"}}, "could not be signed out",
		},
	} {
		for _, more := range [][]string{nil, {"--json"}} {
			a := newAgent(tc.state)
			a.accounts, a.signOut = tc.accounts, tc.report
			c := newConsole(a, false)
			if code := c.run(t.Context(), t, append([]string{"logout", "--all"}, more...)...); code != tc.exit {
				t.Errorf("%s: exit %d, want %d\n%s", name, code, tc.exit, &c.out)
			}
			if diff := cmp.Diff(tc.asks, a.asked); diff != "" {
				t.Errorf("%s: asked (-want +got):\n%s", name, diff)
			}
			if more == nil && !strings.Contains(c.out.String()+c.progress.String(), tc.text) {
				t.Errorf("%s: no %q in\n%s%s", name, tc.text, &c.out, &c.progress)
			}
		}
	}
}
