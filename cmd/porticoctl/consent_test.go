package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
)

const adminconsent = "https://login.example/contoso/v2.0/adminconsent?client_id=1"

// asking is a session that waits for an administrator, in some phase.
func asking(phase localapi.Phase, waiting bool) localapi.State {
	return state(phase, with(localapi.ConsentNeeded, "title", "Demo"), func(s *localapi.State) {
		s.Session.Consent = &localapi.Consent{
			Provider: "demo", URL: adminconsent, Mail: "mailto:?subject=Consent", Tenant: "contoso.example",
			Waiting: waiting, Deadline: time.Date(2030, 1, 2, 11, 4, 0, 0, time.UTC),
		}
	})
}

func TestLoginHandsOutTheConsentLink(t *testing.T) {
	for name, tc := range map[string]struct {
		states  []localapi.State // after SignIn
		args    []string
		exit    int
		cancels bool
	}{
		"an agent that would wait":    {[]localapi.State{asking(localapi.SigningIn, true)}, nil, localapi.ExitConsent, true},
		"blocked and waiting":         {[]localapi.State{asking(localapi.Blocked, true)}, nil, localapi.ExitConsent, true},
		"somebody else is signed in":  {[]localapi.State{asking(localapi.SignedIn, true)}, nil, localapi.ExitConsent, true},
		"one that does not wait":      {[]localapi.State{asking(localapi.Blocked, false)}, nil, localapi.ExitConsent, false},
		"waiting for what never was":  {[]localapi.State{asking(localapi.Blocked, false)}, []string{"--wait"}, localapi.ExitConsent, false},
		"waiting until it is granted": {[]localapi.State{asking(localapi.Blocked, true), waiting(localapi.StageExchanging), state(localapi.SignedIn)}, []string{"--wait"}, 0, false},
		"waiting until it is refused": {[]localapi.State{asking(localapi.Blocked, true), state(localapi.Blocked, with(localapi.Refused))}, []string{"--wait"}, localapi.ExitRefused, false},
		"waiting for too long":        {[]localapi.State{asking(localapi.Blocked, true)}, []string{"--wait", "--timeout", "1ms"}, localapi.ExitCancelled, true},
	} {
		for form, more := range map[string][]string{"text": nil, "json": {"--json"}} {
			t.Run(name+", "+form, func(t *testing.T) {
				a := newAgent(state(localapi.SignedOut))
				a.signIn = signIn()
				a.after["SignIn"] = tc.states
				a.after["CancelSignIn"] = []localapi.State{state(localapi.SignedOut, with(localapi.Cancelled))}
				c := newConsole(a, false)
				if code := c.run(t.Context(), t, slices.Concat([]string{"login"}, tc.args, more)...); code != tc.exit {
					t.Errorf("exit %d, want %d\n%s", code, tc.exit, &c.progress)
				}
				// With the shortest of limits the link may never come.
				if !slices.Contains(tc.args, "1ms") && strings.Count("\n"+c.progress.String(), "\n"+adminconsent+"\n") != 1 {
					t.Errorf("the link is not alone on one line:\n%s", &c.progress)
				}
				if slices.Contains(a.asked, any("cancel")) != tc.cancels {
					t.Errorf("asked %v", a.asked)
				}
				if tc.exit != localapi.ExitConsent || form != "json" {
					return
				}
				var doc standing
				if err := json.Unmarshal(c.out.Bytes(), &doc); err != nil {
					t.Fatal(err)
				}
				want := consent{URL: adminconsent, Mail: "mailto:?subject=Consent", Tenant: "contoso.example"}
				if doc.Consent == nil || *doc.Consent != want {
					t.Errorf("consent %+v, want %+v", doc.Consent, want)
				}
			})
		}
	}
}

func TestLoginThatWaitsSaysSoOnce(t *testing.T) {
	a := newAgent(state(localapi.SignedOut))
	a.signIn = signIn()
	a.after["SignIn"] = []localapi.State{asking(localapi.Blocked, true), asking(localapi.Blocked, true), asking(localapi.Blocked, true), state(localapi.SignedIn)}
	c := newConsole(a, false)
	if code := c.run(t.Context(), t, "login", "--wait"); code != 0 || strings.Count(c.progress.String(), "Portico waits until") != 1 {
		t.Errorf("exit %d\n%s", code, &c.progress)
	}
}

func TestStatusHandsOutTheConsentLink(t *testing.T) {
	for _, phase := range []localapi.Phase{localapi.Blocked, localapi.SigningIn, localapi.SignedOut, localapi.NeedsSignIn} {
		for form, args := range map[string][]string{"text": {"status"}, "json": {"status", "--json"}} {
			t.Run(string(phase)+", "+form, func(t *testing.T) {
				c := newConsole(newAgent(asking(phase, true)), false)
				if code := c.run(t.Context(), t, args...); code != localapi.ExitConsent {
					t.Errorf("exit %d", code)
				}
				if !strings.Contains("\n"+c.progress.String(), "\n"+adminconsent+"\n") {
					t.Errorf("no link alone on a line:\n%s", &c.progress)
				}
				if form == "json" && !strings.Contains(c.out.String(), `"waiting": true`) {
					t.Errorf("does not say that the agent waits:\n%s", &c.out)
				}
			})
		}
	}
}

func TestAConsentLinkIsOfferedWhenTheBrowserNeverCameBack(t *testing.T) {
	offer := waiting(localapi.StageBrowser)
	offer.Session.Consent = &localapi.Consent{Provider: "demo", URL: adminconsent}
	for name, tc := range map[string]struct {
		end   localapi.State
		exit  int
		links int
	}{
		"nobody came back": {state(localapi.SignedOut, with(localapi.TimedOut)), localapi.ExitCancelled, 1},
		"refused":          {state(localapi.Blocked, with(localapi.NotAssigned)), localapi.ExitRefused, 0},
		"signed in":        {state(localapi.SignedIn), 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAgent(state(localapi.SignedOut))
			a.signIn = signIn()
			a.after["SignIn"] = []localapi.State{offer, tc.end}
			c := newConsole(a, false)
			if code := c.run(t.Context(), t, "login", "--json"); code != tc.exit {
				t.Errorf("exit %d, want %d", code, tc.exit)
			}
			if n := strings.Count("\n"+c.progress.String(), "\n"+adminconsent+"\n"); n != tc.links {
				t.Errorf("%d links\n%s", n, &c.progress)
			}
		})
	}
	t.Run("status", func(t *testing.T) {
		c := newConsole(newAgent(offer), false)
		if code := c.run(t.Context(), t, "status", "--json"); code != localapi.ExitSignInNeeded || strings.Contains(c.out.String()+c.progress.String(), adminconsent) {
			t.Errorf("exit %d\n%s%s", code, &c.out, &c.progress)
		}
	})
}
