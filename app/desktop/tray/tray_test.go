package tray

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/words"
	"github.com/portico-desktop/portico/assets"
)

func trayState(phase localapi.Phase, change ...func(*localapi.State)) localapi.State {
	s := localapi.State{
		Portal: &localapi.Portal{
			Name: "Contoso IT",
			Apps: []localapi.App{{ID: "mail", Title: "Mail", URL: "https://mail.example"}, {ID: "pay", Title: "Payroll"}},
		},
		Session: localapi.Session{Phase: phase},
	}
	if phase == localapi.SignedIn || phase == localapi.Offline {
		s.Session.Account = &localapi.Account{Name: "Ada Lovelace", Email: "ada@contoso.example"}
	}
	for _, c := range change {
		c(&s)
	}
	return s
}

func TestTrayShowsWhereTheSessionStands(t *testing.T) {
	for name, tc := range map[string]struct {
		state           localapi.State
		icon, status    string
		signIn, signOut bool
	}{
		"starting":      {trayState(localapi.Starting), "working", "Starting…", false, false},
		"unconfigured":  {trayState(localapi.Unconfigured), "signed-out", "Not set up yet", false, false},
		"signed out":    {trayState(localapi.SignedOut), "signed-out", "Not signed in", true, false},
		"signing in":    {trayState(localapi.SigningIn), "working", "Waiting for your browser…", false, false},
		"signed in":     {trayState(localapi.SignedIn), "signed-in", "Signed in as ada@contoso.example", false, true},
		"offline":       {trayState(localapi.Offline), "offline", "Offline: ada@contoso.example", false, true},
		"needs sign-in": {trayState(localapi.NeedsSignIn), "attention", "Please sign in again", true, false},
		"blocked": {
			trayState(localapi.Blocked, func(s *localapi.State) {
				s.Session.Problem = &localapi.Problem{Code: localapi.KeyStoreLocked}
			}), "attention", "Your key store is locked", true, false,
		},
		"turned off": {
			trayState(localapi.Blocked, func(s *localapi.State) {
				s.Session.Problem = &localapi.Problem{Code: localapi.SignInTurnedOff}
			}), "attention", "Signing in is turned off", false, false,
		},
		"offline behind a proxy": {trayState(localapi.Offline, func(s *localapi.State) {
			s.Session.Problem = &localapi.Problem{Code: localapi.ProxyWantsPassword}
		}), "offline", "Your network's proxy wants a name and a password", false, true},
		"signed out behind a proxy": {trayState(localapi.SignedOut, func(s *localapi.State) {
			s.PortalProblem = &localapi.Problem{Code: localapi.ProxyWantsPassword}
		}), "signed-out", "Your network's proxy wants a name and a password", true, false},
		"blocked by who knows": {trayState(localapi.Blocked), "attention", "Something has to be mended first", true, false},
		"a phase to come":      {trayState("dreaming"), "working", "tray.status.dreaming", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			v := newTrayView(words.New("en"), tc.state)
			got := []any{v.icon, v.status, v.signIn, v.signOut, v.open, v.tooltip}
			want := []any{tc.icon, tc.status, tc.signIn, tc.signOut, "Open Contoso IT", "Contoso IT\n" + tc.status}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if len(v.apps) != 1 || v.apps[0].ID != "mail" {
				t.Errorf("apps %v", v.apps)
			}
			for _, ext := range []string{".png", ".ico"} {
				if _, err := assets.TrayIcons.ReadFile("icons/tray-" + v.icon + ext); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestTrayOffersWhatTheStateAllows(t *testing.T) {
	two := func(s *localapi.State) {
		s.Portal.Providers = []localapi.Provider{{ID: "work", Title: "Work"}, {ID: "school", Title: "School"}}
	}
	known := []localapi.Account{{ID: "ada", Email: "ada@contoso.example", Active: true}, {ID: "grace", Name: "Grace Hopper"}}
	waiting := &localapi.Consent{Mail: "mailto:help@contoso.example", Waiting: true}
	for name, tc := range map[string]struct {
		state             localapi.State
		providers, others []string
		another, consent  bool
		status            string
	}{
		"signed out, several providers": {trayState(localapi.SignedOut, two), []string{"Work", "School"}, []string{"Grace Hopper"}, false, false, "Not signed in"},
		"signed in":                     {trayState(localapi.SignedIn, two), nil, []string{"Grace Hopper"}, true, false, "Signed in as ada@contoso.example"},
		"signing in":                    {trayState(localapi.SigningIn, two), nil, nil, false, false, "Waiting for your browser…"},
		"signing in, a consent page": {trayState(localapi.SigningIn, func(s *localapi.State) { s.Session.Consent = &localapi.Consent{Mail: "mailto:"} }),
			nil, nil, false, false, "Waiting for your browser…"},
		"waiting for an administrator": {trayState(localapi.Blocked, func(s *localapi.State) {
			s.Session.Consent, s.Session.Problem = waiting, &localapi.Problem{Code: localapi.ConsentNeeded}
		}), nil, []string{"Grace Hopper"}, false, true, "Waiting for your administrator…"},
		"as somebody else": {trayState(localapi.SignedIn, func(s *localapi.State) { s.Session.Account.Actor = "Bob" }),
			nil, []string{"Grace Hopper"}, true, false, "Signed in as ada@contoso.example — opened by Bob"},
	} {
		t.Run(name, func(t *testing.T) {
			tray := New(desktop.TrayParams{
				Words: words.New("en"), Accounts: func() []localapi.Account { return known }, SignInWith: func(string) {},
				AskAdministrator: func() {}, SignInAnother: func() {},
			})
			tray.Update(tc.state)
			v := tray.view()
			got := []any{providerTitles(v.providers), accountTitles(v.accounts), v.another, v.consent, v.status}
			want := []any{tc.providers, tc.others, tc.another, tc.consent, tc.status}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTrayKeepsNamesToALine(t *testing.T) {
	s := trayState(localapi.SignedIn, func(s *localapi.State) {
		s.Portal.Name = "Contoso\nIT\x00"
		s.Session.Account.Email = strings.Repeat("ä", 200) + "@contoso.example"
		for range 20 {
			s.Portal.Apps = append(s.Portal.Apps, localapi.App{URL: "https://a.example"})
		}
	})
	v := newTrayView(words.New("en"), s)
	if v.open != "Open Contoso IT " || len([]rune(v.status)) != trayText || !strings.HasSuffix(v.status, "…") || len(v.apps) != trayApps {
		t.Errorf("%q, %q, %d apps", v.open, v.status, len(v.apps))
	}
	if n := len([]rune(v.tooltip)); n > 127 {
		t.Errorf("the tooltip has %d characters", n)
	}
	nobody := newTrayView(words.New("de"), localapi.State{Session: localapi.Session{Phase: localapi.SignedOut}})
	if nobody.open != "Portico öffnen" || nobody.tooltip != "Portico\nNicht angemeldet" {
		t.Errorf("%q, %q", nobody.open, nobody.tooltip)
	}
}

func TestTrayLeavesAChoiceToTheWindow(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*localapi.State)
		want   string
	}{
		"one provider": {func(s *localapi.State) { s.Portal.Providers = make([]localapi.Provider, 1) }, "sign in"},
		"several":      {func(s *localapi.State) { s.Portal.Providers = make([]localapi.Provider, 2) }, "show"},
		"several, somebody known": {func(s *localapi.State) {
			s.Portal.Providers = make([]localapi.Provider, 2)
			s.Session.Account = &localapi.Account{}
		}, "sign in"},
		"no portal": {func(s *localapi.State) { s.Portal = nil }, "sign in"},
	} {
		t.Run(name, func(t *testing.T) {
			var got string
			tray := New(desktop.TrayParams{Words: words.New("en"), Show: func() { got = "show" }, SignIn: func() { got = "sign in" }})
			tray.Update(trayState(localapi.SignedOut, tc.change))
			if tray.signIn(); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestTrayKeepsTheLatestState(t *testing.T) {
	tray := New(desktop.TrayParams{Words: words.New("en")})
	newer, older := trayState(localapi.SignedIn), trayState(localapi.SigningIn)
	newer.Revision, older.Revision = 2, 1
	tray.Update(newer)
	tray.Update(older)
	if v := tray.view(); v.icon != "signed-in" {
		t.Errorf("shows %s", v.icon)
	}
	if tray.Available() {
		t.Error("available before it runs")
	}
}
