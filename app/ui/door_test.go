package ui

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
)

// notSetUpState is a provider that failed at once, for somebody whom nobody
// knows yet.
func notSetUpState() localapi.State {
	s := stateOf(localapi.Blocked)
	s.Session.Problem = &localapi.Problem{
		Code: localapi.ClientKeyMissing, Params: map[string]string{"title": "Contoso Partner Login", "provider": "partner"},
		Details: &localapi.Details{Error: "no key was made here", Time: morning},
	}
	return s
}

// withOneProvider leaves a portal one way in, the one that is not set up.
func withOneProvider(s localapi.State) localapi.State {
	s.Portal.Providers = s.Portal.Providers[1:]
	return s
}

// failedWith replaces why a state's last attempt failed.
func failedWith(s localapi.State, code localapi.Code) localapi.State {
	s.Session.Problem = &localapi.Problem{Code: code, Params: map[string]string{"title": "Microsoft 365", "provider": "m365", "host": "login.example"}}
	return s
}

func TestProviderThatIsNotSetUpLeavesTheOthers(t *testing.T) {
	for _, code := range []localapi.Code{
		localapi.ClientKeyMissing, localapi.NotAProvider, localapi.SecretMissing, localapi.TenantNotAllowed,
	} {
		t.Run(string(code), func(t *testing.T) {
			onStage(t, scene{}, func(s *stage) {
				state := failedWith(notSetUpState(), code)
				s.hear(state)
				s.shows(kindSignedOut)
				s.reads(s.w.words.Problem(state.Session.Problem).Title)
				s.tap("Sign in with Contoso Partner Login")
				want := "sign-in partner"
				if wantsAnother(state.Session.Problem) {
					want += " another"
				}
				s.expect(want)
			})
		})
	}
}

func TestProviderThatIsNotSetUpLeavesTheAddress(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		state := withOneProvider(notSetUpState())
		state.Portal.AddressFirst = true
		s.hear(state)
		s.shows(kindSignedOut)
		s.reads(s.w.words.Problem(state.Session.Problem).Title)
		s.find("Your work e-mail address")
	})
}

func TestOnlyProviderThatIsNotSetUpIsTriedAgain(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(withOneProvider(notSetUpState()))
		s.shows(kindProblem)
		if slices.Contains(s.names(), "Try again") {
			t.Error("a silent try is offered, which has nobody to bring back")
		}
		s.tap("Sign in")
		s.expect("sign-in partner")
	})
}

// TestLockedKeyStoreIsTriedAgain holds that the sign-in which it holds is not
// given up for another.
func TestLockedKeyStoreIsTriedAgain(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		state := failedWith(notSetUpState(), localapi.KeyStoreLocked)
		s.agent.refreshed = state
		s.hear(state)
		s.shows(kindProblem)
		s.tap("Try again")
		s.expect("refresh")
		s.tap("Sign in")
		s.shows(kindSignedOut)
		s.expect("refresh")
		s.key(fyne.KeyEscape)
		s.shows(kindProblem)
	})
}

func TestWindowKnowsNoWordsOfTheConsole(t *testing.T) {
	for _, language := range []string{"en", "de"} {
		onStage(t, scene{language: language}, func(s *stage) {
			s.agent.signInErr = &localapi.Problem{Code: localapi.ChooseProvider, Params: map[string]string{"providers": "m365, partner"}}
			s.hear(needsSignInState())
			s.tap(s.w.words.Text("window.sign-in"))
			s.reads(s.w.words.Text("problem.choose-provider.title"), "Microsoft 365, Contoso Partner Login", s.w.words.Text("window.out.choose-way"))
			for _, text := range s.texts() {
				if strings.Contains(text, "--") || strings.Contains(text, "m365") {
					t.Errorf("%s: %q", language, text)
				}
			}
		})
	}
}

// TestRefusalIsSaidOnce has the answer to an action come before and after the
// state that says the same.
func TestRefusalIsSaidOnce(t *testing.T) {
	again := withOneProvider(notSetUpState())
	other := failedWith(again, localapi.SecretMissing)
	for _, tc := range []struct {
		name          string
		before, after localapi.State
		over          bool // something lies over the page before the state is heard
	}{
		{"the state first", again, again, false},
		{"the answer first", other, again, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			onStage(t, scene{}, func(s *stage) {
				said := *again.Session.Problem
				s.agent.signInErr = &said
				s.hear(tc.before)
				s.tap("Sign in")
				if over := s.w.win.Canvas().Overlays().Top() != nil; over != tc.over {
					t.Errorf("something lies over the page: %v", over)
				}
				s.hear(tc.after)
				if s.w.win.Canvas().Overlays().Top() != nil {
					t.Error("what the page says lies over it, too")
				}
				s.shows(kindProblem)
				s.reads("Contoso Partner Login is not set up on this computer")
			})
		})
	}
}
