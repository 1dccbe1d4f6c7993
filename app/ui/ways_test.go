package ui

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
)

func TestAnotherBrowserIsOpened(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(waitingState())
		otherWays("window.ways.browser")(s)
		s.tap("Firefox ESR")
		if diff := cmp.Diff([]string{"firefox-esr.desktop https://login.example/authorize?state=made-up"}, s.with); diff != "" {
			t.Error(diff)
		}
		s.reads("Continue in your browser")

		s.cannot = errors.New("it crashed")
		otherWays("window.ways.browser")(s)
		s.tap("Firefox ESR")
		s.reads("No browser could be opened")
	})
}

func TestWithoutAnotherBrowserTheLinkIsLeft(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(waitingState())
		s.tap("Other ways")
		s.tap("Use another browser, Choose from the browsers on this computer.")
		s.reads("No other browser was found here.")
		s.tap("Copy link")
		if got := s.w.app.Clipboard().Content(); got != "https://login.example/authorize?state=made-up" {
			t.Errorf("the clipboard holds %q", got)
		}
	})
}

func TestEscLeavesTheOtherWaysStepByStep(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(waitingState())
		otherWays("window.ways.browser")(s)
		s.key(fyne.KeyEscape)
		s.reads("Other ways to sign in")
		s.key(fyne.KeyEscape)
		s.reads("Continue in your browser")
		s.expect()
		s.key(fyne.KeyEscape)
		s.expect("cancel")
	})
}

func TestCodeInsteadOfABrowser(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		state := waitingState()
		state.Session.SignIn.MemoryOnly = true
		s.hear(state)
		otherWays("window.ways.code")(s)
		s.expect("sign-in m365 device memory-only")
		if urls := s.openedURLs(); urls != nil {
			t.Errorf("opened %q", urls)
		}
		s.hear(codeState())
		s.reads("WDJB-MJHT", "login.example/device", "3 min 40 s left")
		s.find("Open page")
		s.pass(4 * time.Minute)
		s.reads("This code has expired.")
	})
	onStage(t, scene{}, func(s *stage) {
		state := waitingState()
		state.Portal.Providers[0].Codes = false
		s.hear(state)
		s.tap("Other ways")
		if slices.ContainsFunc(s.names(), func(n string) bool { return strings.HasPrefix(n, "Use a code") }) {
			t.Error("a code is offered that the provider does not have")
		}
	})
}

func TestAddressOfAnotherComputerIsPasted(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(waitingState())
		otherWays("window.ways.paste")(s)
		s.expect("sign-in m365 elsewhere") // one whose answer the address holds
		state := waitingState()
		state.Session.SignIn.Pasteable, state.Session.SignIn.URL = true, "https://login.example/authorize?response_mode=query"
		s.hear(state)
		s.reads("Browser on another computer?")
		s.tap("Copy link")
		if got := s.w.app.Clipboard().Content(); got != "https://login.example/authorize?response_mode=query" {
			t.Errorf("the clipboard holds %q", got)
		}
		if urls := s.openedURLs(); urls != nil {
			t.Errorf("opened %q", urls)
		}

		s.agent.pasteErr = &localapi.Problem{Code: localapi.NotThisSignIn}
		field := s.w.screens.shown.(*waiting).paste.field
		s.w.win.Canvas().Focus(field)
		test.Type(field, "https://contoso.example/")
		s.key(fyne.KeyReturn)
		s.reads("This is not the right address")
		s.shows(kindWaiting)

		s.agent.pasteErr = nil
		test.Type(field, " http://localhost:1/?code=made-up ")
		s.settle()
		if slices.Contains(s.texts(), "This is not the right address") {
			t.Error("the words stay while another address is typed")
		}
		s.tap("Continue")
		s.expect("sign-in m365 elsewhere", "paste https://contoso.example/", "paste http://localhost:1/?code=made-up")
		if field.Text != "" {
			t.Error("the field keeps what completes the sign-in")
		}
	})
}

func TestPasteableSignInIsNotReplaced(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		state := waitingState()
		state.Session.SignIn.Pasteable = true
		s.hear(state)
		otherWays("window.ways.paste")(s)
		s.expect()
	})
}

func TestConsentIsAskedForAndWaitedFor(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		state := consentState()
		s.hear(state)
		s.shows(kindConsent)
		s.reads("Your administrator has to agree once", "administrator of contoso.example has approved Contoso IT",
			"We look again every minute", "Waiting for consent")
		s.tap("Copy link")
		if got := s.w.app.Clipboard().Content(); got != state.Session.Consent.URL {
			t.Errorf("the clipboard holds %q", got)
		}
		s.tap("Write a mail")
		s.tap("I am the administrator: open it here")
		if diff := cmp.Diff([]string{state.Session.Consent.Mail, state.Session.Consent.URL}, s.openedURLs()); diff != "" {
			t.Errorf("opened: %s", diff)
		}
		s.tap("Details for support")
		s.reads("AADSTS65001")
		s.tap("Back")
		s.expect("cancel")
		s.find("Sign in with Contoso Partner Login") // another account needs no consent
		s.key(fyne.KeyEscape)
		s.shows(kindConsent)
		state.Session.Consent.Waiting = false
		s.hear(state)
		s.key(fyne.KeyEscape)
		s.shows(kindSignedOut)
		s.expect("cancel")
	})
}

func TestConsentForAnotherAccountStopsNobody(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		state := signedInState()
		state.Session.Consent, state.Session.Problem = consentState().Session.Consent, consentState().Session.Problem
		s.hear(state)
		s.shows(kindHome)
		s.reads("Your administrator has to agree once.")
		s.tap("Details")
		s.shows(kindConsent)
		s.key(fyne.KeyEscape)
		s.shows(kindHome)
		s.expect()
	})
}

func TestConsentThatNobodyWaitsForIsTriedByHand(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(askedState())
		s.reads("Your administrator has been asked")
		for _, gone := range []string{"Copy link", "I am the administrator: open it here"} {
			if slices.Contains(s.names(), gone) {
				t.Errorf("%q without an address", gone)
			}
		}
		s.tap("Try again")
		s.expect("sign-in m365")
	})
}

func TestConsentCanBeFoundWhileTheBrowserWaits(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		const question = "The browser says that an administrator has to approve?"
		state := waitingState()
		s.hear(state)
		if slices.Contains(s.names(), question) {
			t.Error("it is offered without an address")
		}
		state.Session.Consent = consentState().Session.Consent
		s.hear(state)
		s.tap(question)
		s.shows(kindConsent)
		s.key(fyne.KeyEscape)
		s.shows(kindWaiting)
		s.expect()
	})
}

func TestOtherAccountIsOfferedWhereItHelps(t *testing.T) {
	another := func(code localapi.Code) localapi.State {
		s := wrongAccountState()
		s.Session.Problem.Code = code
		return s
	}
	for _, tc := range []struct {
		code  localapi.Code
		press string // "" : not offered
		want  string
	}{
		{localapi.WrongAccount, "Use another account", "sign-in m365 another"},
		{localapi.TenantNotAllowed, "Use another account", "sign-in m365 another"},
		{localapi.PersonalAccount, "Use another account", "sign-in m365 another"},
		{localapi.ClockWrong, "Try again", "refresh"},
		{localapi.BlockedByPolicy, "Try again", "refresh"},
		{localapi.NotAssigned, "Use another account", ""},
		{localapi.SecretWrong, "Sign in", "sign-in m365"},
	} {
		t.Run(string(tc.code), func(t *testing.T) {
			onStage(t, scene{}, func(s *stage) {
				s.agent.refreshed = another(tc.code)
				s.hear(another(tc.code))
				if tc.code == localapi.ClockWrong && slices.Contains(s.names(), "Use another account") {
					t.Error("another account is offered")
				}
				s.tap(tc.press)
				if tc.want == "" {
					s.shows(kindSignedOut) // there are several providers
					return
				}
				s.expect(tc.want)
			})
		})
	}
}

func TestDetailsCanBeCopiedWhereOnlyITHelps(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(policyState())
		s.tap("Copy the details")
		if got := s.w.app.Clipboard().Content(); !strings.Contains(got, "AADSTS53003") || !strings.Contains(got, "5d1f6a40") {
			t.Errorf("the clipboard holds %q", got)
		}
		s.find("Copied")
	})
}

func TestWrongAccountAtTheDoorAsksForAnother(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		state := refusedState()
		state.Session.Problem.Code = localapi.WrongAccount
		s.hear(state)
		s.tap("Sign in with Microsoft 365")
		s.expect("sign-in m365 another")
	})
}

func TestITLearnsWhatToClick(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(registrationState())
		s.tap("Details for support")
		want := s.w.words.Problem(registrationState().Session.Problem).IT
		if want == "" {
			t.Fatal("there is nothing to tell")
		}
		s.reads(strings.ReplaceAll(want, "→", "›"))
		s.tap("Copy")
		if got := s.w.app.Clipboard().Content(); !strings.Contains(got, want) || !strings.Contains(got, "AADSTS50011") {
			t.Errorf("the clipboard holds %q", got)
		}
	})
}

// TestTabScrollsIntoSight walks through Home in the smallest window: whatever has
// the focus is in sight.
func TestTabScrollsIntoSight(t *testing.T) {
	onStage(t, scene{size: fyne.NewSize(leastWidth, leastHeight)}, func(s *stage) {
		s.hear(groupedState())
		scroll, ok := s.w.screens.shown.(*home).pages[pageHome].sheet.Objects[0].(*container.Scroll)
		if !ok {
			t.Fatal("Home does not scroll")
		}
		last, _ := s.find("Purchase requisitions and approvals").(fyne.Focusable)
		for s.w.win.Canvas().Focused() != last {
			s.key(fyne.KeyTab)
		}
		o, _ := last.(fyne.CanvasObject)
		top := s.w.app.Driver().AbsolutePositionForObject(o).Y
		if bottom := top + o.Size().Height; scroll.Offset.Y == 0 || bottom > leastHeight-statusHeight || top < 0 {
			t.Errorf("the last tile is between %v and %v, scrolled by %v", top, bottom, scroll.Offset.Y)
		}
		for s.w.win.Canvas().Focused() != s.find("+49 30 901820, Mon to Fri, 8:00 to 18:00").(fyne.Focusable) {
			s.key(fyne.KeyTab)
		}
		if scroll.Offset.Y > 40 {
			t.Errorf("back at the top it is scrolled by %v", scroll.Offset.Y)
		}
	})
}

func TestBackFromACodeLeadsToTheWaysItCameFrom(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(waitingState())
		otherWays("window.ways.code")(s)
		s.hear(codeState())
		s.tap("Back")
		s.expect("sign-in m365 device", "sign-in m365")
		s.hear(waitingState())
		s.reads("Other ways to sign in")
		if urls := s.openedURLs(); urls != nil {
			t.Errorf("opened %q", urls)
		}
	})
}

func TestEnterBeginsWithTheFirstWayIn(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.key(fyne.KeyReturn) // nothing to begin with yet
		s.hear(signedOutState())
		s.key(fyne.KeyReturn)
		s.expect("sign-in m365")
	})
	onStage(t, scene{}, func(s *stage) {
		s.hear(signedInState())
		s.key(fyne.KeyReturn)
		s.expect()
	})
	onStage(t, scene{}, func(s *stage) {
		s.hear(turnedOffState())
		s.key(fyne.KeyEnter)
		s.expect("refresh")
	})
}
