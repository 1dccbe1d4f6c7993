package ui

import (
	"errors"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

// What the agent found unfit to open is shown, and leads nowhere.
func TestContactsThatOpenNothingAreShown(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		state := signedInState()
		state.Portal.Support.MailTo, state.Portal.Support.Tel = "", ""
		s.hear(state)
		s.reads("help@contoso.example")
		s.reads("+49 30 901820")
		s.tap("+49 30 901820, Mon to Fri, 8:00 to 18:00")
		s.tap("Write to IT, help@contoso.example")
		if got := s.openedURLs(); len(got) != 0 {
			t.Errorf("opened %q", got)
		}
	})
}

func TestAppsAndContactsOpen(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(signedInState())
		s.tap("Mail")
		s.tap("+49 30 901820, Mon to Fri, 8:00 to 18:00")
		s.tap("Write to IT, help@contoso.example")
		s.tap("Help pages, help.contoso.example")
		want := []string{"https://mail.contoso.example/", "tel:+4930901820", "mailto:help@contoso.example", "https://help.contoso.example/"}
		if diff := cmp.Diff(want, s.openedURLs()); diff != "" {
			t.Error(diff)
		}
		s.cannot = errors.New("no browser")
		s.tap("Wiki")
		s.reads("No browser could be opened")
		s.tap("Copy link")
		if got := s.w.app.Clipboard().Content(); got != "https://wiki.contoso.example/" {
			t.Errorf("the clipboard holds %q", got)
		}
		s.key(fyne.KeyEscape)
		if s.w.win.Canvas().Overlays().Top() != nil {
			t.Error("Esc does not close what lies over the screen")
		}
	})
}

func TestAppThatNeedsThePersonCannotBePressed(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		state := signedInState()
		state.Portal.Apps[0].URL = ""
		s.hear(state)
		s.tap("Mail")
		if urls := s.openedURLs(); urls != nil {
			t.Errorf("opened %q", urls)
		}
	})
}

func TestSearchFindsAndOpens(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(signedInState())
		s.shortcut(fyne.KeyK)
		query := s.w.screens.shown.(*home).query
		if s.w.win.Canvas().Focused() != query {
			t.Fatal("Ctrl K does not lead to the search")
		}
		test.Type(query, "out")
		s.settle()
		s.reads("1 app found")
		s.key(fyne.KeyReturn)
		if got := s.openedURLs(); !slices.Equal(got, []string{"https://mail.contoso.example/"}) {
			t.Errorf("opened %q", got)
		}
		test.Type(query, "zzz")
		s.settle()
		s.reads("Nothing found for “outzzz”")
		s.key(fyne.KeyReturn)
		if n := len(s.openedURLs()); n != 1 {
			t.Errorf("%d addresses were opened", n)
		}
		s.key(fyne.KeyEscape)
		s.reads("Good morning, Ada")
		if s.w.win.Canvas().Focused() != nil || query.Text != "" {
			t.Error("Esc does not leave the search")
		}
	})
}

func TestSigningOut(t *testing.T) {
	for _, tc := range []struct {
		name   string
		press  string
		report localapi.SignOutReport
		asked  string
		opened []string
		reads  string
	}{
		{
			"here", "Sign out here",
			localapi.SignOutReport{Local: localapi.StepDone, Revoked: localapi.StepDone, Browser: localapi.StepNotAsked},
			"sign-out", nil, "You are signed out.",
		},
		{
			"in the browser too", "Sign out here and in the browser",
			localapi.SignOutReport{Local: localapi.StepDone, Revoked: localapi.StepDone, Browser: localapi.StepInBrowser, BrowserURL: "https://login.example/end"},
			"sign-out browser", []string{"https://login.example/end"}, "You are signed out.",
		},
		{
			"provider not told", "Sign out here",
			localapi.SignOutReport{Local: localapi.StepDone, Revoked: localapi.StepFailed, Browser: localapi.StepNotAsked},
			"sign-out", nil, "Microsoft 365 could not be told.",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			onStage(t, scene{}, func(s *stage) {
				s.agent.signOut = tc.report
				s.hear(signedInState())
				s.tap("Ada Lovelace")
				s.reads("ada@contoso.example", "Signed in with Microsoft 365")
				s.tap("Sign out")
				s.tap(tc.press)
				s.expect(tc.asked)
				s.hear(signedOutState())
				s.reads(tc.reads)
				if diff := cmp.Diff(tc.opened, s.openedURLs()); diff != "" {
					t.Errorf("opened: %s", diff)
				}
			})
		})
	}
}

func TestSignOutThatFailedSaysSo(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.agent.signOut = localapi.SignOutReport{Local: localapi.StepFailed, LocalProblem: &localapi.Problem{Code: localapi.KeyStoreLocked}}
		s.hear(signedInState())
		s.tap("Ada Lovelace")
		s.tap("Sign out")
		s.tap("Sign out here")
		s.reads("Your key store is locked")
	})
}

func TestForgettingIsAskedFor(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(signedInState())
		s.tap("Ada Lovelace")
		s.tap("Forget me…")
		if focused, ok := s.w.win.Canvas().Focused().(*kit.Button); !ok || focused.Name != "Cancel" {
			t.Error("Enter alone would forget everything")
		}
		s.tap("Cancel")
		s.expect()
		s.tap("Ada Lovelace")
		s.tap("Forget me…")
		s.tap("Forget me")
		s.expect("forget")
	})
}

func TestNoticesAreBannersWithDetails(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(offlineState())
		s.reads("You are offline.", "Your sign-in cannot be remembered.")
		s.tap("Details")
		s.reads("On Linux, your IT team can install gnome-keyring or KWallet.")
		s.tap("Close")
		s.tap("Try now")
		s.expect("refresh")
	})
}

func TestGreetingFollowsTheHour(t *testing.T) {
	for hour, want := range map[int]string{
		3: "Hello, Ada", 5: "Good morning, Ada", 11: "Good morning, Ada", 12: "Good afternoon, Ada",
		17: "Good afternoon, Ada", 18: "Good evening, Ada", 23: "Good evening, Ada",
	} {
		onStage(t, scene{now: time.Date(2026, 11, 23, hour, 30, 0, 0, time.UTC)}, func(s *stage) {
			s.hear(signedInState())
			s.reads(want)
		})
	}
	onStage(t, scene{}, func(s *stage) {
		state := signedInState()
		state.Session.Account = &localapi.Account{ID: "a1", Provider: "m365", Email: "x@contoso.example"}
		s.hear(state)
		if !slices.Contains(s.texts(), "Good morning") {
			t.Errorf("somebody without a name is greeted otherwise: %q", s.texts())
		}
	})
}

func TestManyAppsHaveAPageOfTheirOwn(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		state := signedInState()
		state.Portal.Apps = nil
		for _, letter := range "ABCDEFGHIJKLMNOPQRSTUVWXYZ" {
			state.Portal.Apps = append(state.Portal.Apps, localapi.App{ID: string(letter), Title: "App " + string(letter), URL: "https://a.example/"})
		}
		s.hear(state)
		if slices.Contains(s.names(), "App Z") {
			t.Error("Home shows all of them")
		}
		s.tap("Show all 26 apps")
		s.find("App Z")
		s.hear(func() localapi.State { state.Portal = contoso(); state.Portal.Apps = nil; return state }())
		s.reads("Good morning, Ada", "There are no apps here yet.")
	})
}

func TestLookIsChosenAndKept(t *testing.T) {
	file := t.TempDir() + "/window.json"
	onStage(t, scene{memory: file}, func(s *stage) {
		s.w.params.PreferDark = nil
		s.hear(signedInState())
		s.tap("Settings")
		s.reads("https://contoso.example", "0.1.0")
		s.tap("Dark")
		if !s.w.looks.dark() {
			t.Error("the window is not dark")
		}
		s.tap("Light")
		if s.w.looks.dark() {
			t.Error("the window is not light")
		}
	})
	if m := readMemory(file); m.Look != kit.AlwaysLight || m.Width != firstWidth {
		t.Errorf("kept: %+v", m)
	}
}

func TestWhoeverSignsInBeginsAtHome(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(signedInState())
		s.tap("Help")
		s.hear(signedOutState())
		s.hear(signedInState())
		s.reads("Good morning, Ada")
	})
}
