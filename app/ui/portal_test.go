package ui

import (
	"slices"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
)

// fixedTrouble is a computer whose portal, which IT has decided, cannot be read.
func fixedTrouble() localapi.State {
	s := decide(noNameState(), keyPortalURL, "https://contoso.example")
	s.Managed = &localapi.Managed{Name: "Contoso IT", URL: "https://intranet.contoso.example/portico"}
	return s
}

// noNameState is a portal whose name nobody knows.
func noNameState() localapi.State {
	s := portalTroubleState()
	s.PortalProblem.Code = localapi.NameNotFound
	return s
}

// offers says whether there is a control whose name begins so.
func (s *stage) offers(name string) bool {
	return slices.ContainsFunc(s.names(), func(have string) bool { return strings.HasPrefix(have, name) })
}

func TestPortalThatItHasDecidedIsTheirsToMend(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(noNameState())
		s.reads("You can mend this yourself.")
		s.tap("Use another address")
		s.shows(kindFirstRun)

		s.hear(fixedTrouble()) // decided while the person was at it
		s.shows(kindProblem)
		s.reads("Your IT team can mend this.")
		s.find("Managed by Contoso IT")
		if s.offers("Use another address") {
			t.Error("another address is offered")
		}
		s.w.changeAddress()
		s.shows(kindProblem)

		nothing := fixedTrouble()
		nothing.PortalProblem.Code = localapi.PortalNotFound
		s.hear(nothing)
		s.reads("Your IT team can mend this.", "Ask your IT team, who set the portal’s address.") // nobody here misspelt it
	})
}

func TestPortalIsChangedWithoutSigningIn(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(signedOutState())
		s.tap("Change your portal, contoso.example")
		first, ok := s.w.screens.shown.(*firstRun)
		if !ok {
			t.Fatalf("the screen is a %T", s.w.screens.shown)
		}
		if got := first.field.SelectedText(); got != "https://contoso.example" {
			t.Errorf("selected, so that typing replaces it: %q", got)
		}
		s.tap("Back")
		s.shows(kindSignedOut)
		s.hear(decide(signedOutState(), keyPortalURL, "https://contoso.example"))
		if s.offers("Change your portal") {
			t.Error("IT's portal can be changed")
		}
		s.reads("contoso.example")
		s.hear(signedInState())
		if s.offers("Change your portal") {
			t.Error("it is offered in Home, which has settings for it")
		}
	})
}

func TestRefusalGoesWithWhatItWasAbout(t *testing.T) {
	elsewhere := signedOutState()
	elsewhere.PortalAddress = "https://fabrikam.example"
	other := signedOutState()
	other.Portal.Support.Phone = "+1 555 0199"
	for name, next := range map[string]localapi.State{
		"another portal":      elsewhere,
		"a renewed portal":    other,
		"another decision":    decide(signedOutState(), keyRememberMe, never),
		"people in turn":      func() localapi.State { s := signedOutState(); s.Kiosk = true; return s }(),
		"not the session's":   signedOutState(),
		"the person's choice": func() localapi.State { s := signedOutState(); s.Settings[1].Value = never; return s }(),
	} {
		t.Run(name, func(t *testing.T) {
			onStage(t, scene{}, func(s *stage) {
				before := signedOutState()
				if name == "not the session's" {
					before.Session.Problem = &localapi.Problem{Code: localapi.TenantNotAllowed}
				}
				s.hear(before)
				s.agent.signInErr = &localapi.Problem{Code: localapi.TenantNotAllowed, Params: map[string]string{"title": "Microsoft 365"}}
				s.tap("Sign in with Microsoft 365")
				if s.w.deeds.trouble == nil {
					t.Fatal("it is not said")
				}
				s.hear(next)
				if said, stays := s.w.deeds.trouble != nil, name == "the person's choice"; said != stays {
					t.Errorf("it is still said: %v", said)
				}
			})
		})
	}
}

func TestRefusedSettingHasTheNameThatPeopleKnow(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(signedOutState())
		for key, want := range map[string]string{
			keyPortalURL: "The portal’s address is set by Contoso IT", keyBrowser: "“Browser” is set by Contoso IT",
			keyAutostart: "“Start when I log on to this computer” is set by Contoso IT",
		} {
			e := s.w.words.inWords(&localapi.Problem{Code: localapi.SettingManaged, Params: map[string]string{"key": key, "by": "Contoso IT"}})
			if !strings.HasPrefix(e.Text, want) {
				t.Errorf("%s: %q", key, e.Text)
			}
			if !strings.Contains(e.IT, "policy "+key) {
				t.Errorf("%s: IT is told %q", key, e.IT)
			}
		}
	})
}
