package ui

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

func TestSigningInOpensTheBrowser(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.agent.signIn = *waitingState().Session.SignIn
		s.hear(signedOutState())
		s.tap("Sign in with Contoso Partner Login")
		s.expect("sign-in partner")
		if diff := cmp.Diff([]string{"https://login.example/authorize?state=made-up"}, s.openedURLs()); diff != "" {
			t.Errorf("opened: %s", diff)
		}
		s.hear(waitingState())
		s.shows(kindWaiting)
		s.reads("Continue in your browser", "We opened the Microsoft 365 sign-in page.")

		s.tap("Open again")
		if n := len(s.openedURLs()); n != 2 {
			t.Errorf("%d addresses were opened", n)
		}
		s.hear(signedInState())
		s.shows(kindHome)
		s.reads("Good morning, Ada", "Signed in as ada@contoso.example · Microsoft 365")
	})
}

func TestSignInThatCannotBeginSaysWhy(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.agent.signInErr = &localapi.Problem{Code: localapi.ProviderUnreachable, Params: map[string]string{"host": "login.example"}}
		s.hear(signedOutState())
		s.tap("Sign in with Microsoft 365")
		s.shows(kindSignedOut)
		s.reads("login.example cannot be reached", "Check your network.")
		if urls := s.openedURLs(); urls != nil {
			t.Errorf("opened %q", urls)
		}

		// The next attempt takes the words away.
		s.agent.signInErr = nil
		s.tap("Sign in with Microsoft 365")
		if slices.Contains(s.texts(), "login.example cannot be reached") {
			t.Error("the old words are still there")
		}
	})
}

func TestErrorsOfNoKindBecomeWords(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.agent.signInErr = errors.New("boom")
		s.hear(signedOutState())
		s.tap("Sign in with Microsoft 365")
		s.reads("Something went wrong")
		s.tap("Details for support")
		s.reads("Error: boom")
	})
}

func TestPressingTwiceAsksOnce(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(signedOutState())
		b, _ := s.find("Sign in with Microsoft 365").(*kit.Button)
		test.Tap(b)
		test.Tap(b)
		if !b.Disabled() {
			t.Error("the button can still be pressed")
		}
		s.settle()
		s.expect("sign-in m365")
		if b.Disabled() {
			t.Error("the button cannot be pressed again")
		}
	})
}

func TestWithoutABrowserTheLinkCanBeCopied(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.cannot = errors.New("no browser")
		s.agent.signIn = *waitingState().Session.SignIn
		s.hear(signedOutState())
		s.tap("Sign in with Microsoft 365")
		s.hear(waitingState())
		s.reads("No browser could be opened", "Copy the link and open it in a browser.")
		s.tap("Copy link")
		if got := s.w.app.Clipboard().Content(); got != "https://login.example/authorize?state=made-up" {
			t.Errorf("the clipboard holds %q", got)
		}
		s.find("Copied")
		s.pass(2 * time.Second)
		s.find("Copy link")
	})
}

func TestWaitingCountsDown(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(waitingState())
		s.reads("3 min 40 s left")
		s.pass(41 * time.Second)
		s.reads("2 min 59 s left")
		s.pass(2 * time.Minute)
		s.reads("59 s left")
		s.pass(10 * time.Minute)
		s.reads("0 s left")
		if share := s.w.screens.shown.(*waiting).bar.Share; share != 0 {
			t.Errorf("the bar shows %v", share)
		}
	})
}

func TestCancelEndsTheWait(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(waitingState())
		s.tap("Cancel")
		s.expect("cancel")
		s.key(fyne.KeyEscape)
		s.expect("cancel", "cancel")
	})
}

func TestCodeCanBeEnteredElsewhere(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(codeState())
		s.reads("WDJB-MJHT", "login.example/device")
		s.tap("Copy code")
		if got := s.w.app.Clipboard().Content(); got != "WDJB-MJHT" {
			t.Errorf("the clipboard holds %q", got)
		}
		s.tap("Open page")
		if got := s.openedURLs(); !slices.Equal(got, []string{"https://login.example/device?user_code=WDJB-MJHT"}) {
			t.Errorf("opened %q", got)
		}
	})
}

func TestAddressIsLookedAtAfterAPause(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.agent.check = func(_ context.Context, address string) (localapi.PortalCheck, error) {
			if address == "contoso.example" {
				return localapi.PortalCheck{Address: "https://contoso.example", Name: "Contoso IT", Providers: contoso().Providers}, nil
			}
			return localapi.PortalCheck{}, &localapi.Problem{Code: localapi.PortalUnreachable, Params: map[string]string{"host": address}}
		}
		s.hear(unconfigured())
		first := s.w.screens.shown.(*firstRun)
		if s.w.win.Canvas().Focused() != first.field {
			t.Error("the field does not have the focus")
		}
		test.Type(first.field, "contoso")
		s.pass(typingPause - time.Millisecond)
		s.expect()
		s.pass(time.Millisecond)
		s.expect("check contoso")
		s.reads("contoso cannot be reached", "the spelling of the address")
		if !first.onward.Disabled() {
			t.Error("one can go on with a wrong address")
		}

		test.Type(first.field, ".exam")
		s.pass(typingPause / 2)
		test.Type(first.field, "ple")
		s.pass(typingPause)
		s.expect("check contoso", "check contoso.example")
		s.reads("Contoso IT", "Sign in with Microsoft 365, Contoso Partner Login")
		s.tap("Continue")
		s.expect("check contoso", "check contoso.example", "set https://contoso.example")
	})
}

func TestEnterLooksAtOnceAndGoesOn(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.agent.check = func(context.Context, string) (localapi.PortalCheck, error) {
			return localapi.PortalCheck{Address: "https://contoso.example", Name: "Contoso IT"}, nil
		}
		s.hear(unconfigured())
		test.Type(s.w.screens.shown.(*firstRun).field, " contoso.example ")
		s.key(fyne.KeyReturn)
		s.expect("check contoso.example", "set https://contoso.example")
	})
}

func TestAnswerAboutAnOlderAddressIsIgnored(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		var asked []context.Context
		s.agent.check = func(ctx context.Context, address string) (localapi.PortalCheck, error) {
			asked = append(asked, ctx)
			if len(asked) == 1 {
				<-ctx.Done() // a slow portal; the window gives up on it
				return localapi.PortalCheck{Name: "too late"}, nil
			}
			return localapi.PortalCheck{Name: "Contoso IT"}, nil
		}
		s.hear(unconfigured())
		field := s.w.screens.shown.(*firstRun).field
		test.Type(field, "a.example")
		s.pass(typingPause)
		s.reads("Looking…")
		test.Type(field, "x")
		s.pass(typingPause)
		s.reads("Contoso IT")
		if slices.Contains(s.texts(), "too late") {
			t.Error("the older answer is shown")
		}
	})
}

func TestAnotherAddressCanBeTriedAndLeft(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(portalTroubleState())
		s.tap("Use another address")
		s.shows(kindFirstRun)
		s.key(fyne.KeyEscape)
		s.shows(kindProblem)
		s.tap("Use another address")
		s.tap("Back")
		s.shows(kindProblem)
		s.tap("Use another address")
		s.hear(signedOutState()) // the agent reads the portal of the new address
		s.shows(kindSignedOut)
	})
}

func TestProblemsOfferWhatHelps(t *testing.T) {
	for _, tc := range []struct {
		name  string
		state localapi.State
		press string
		want  string
	}{
		{"needs sign-in", needsSignInState(), "Sign in", "sign-in m365"},
		{"blocked, silent try", blockedState(), "Try again", "refresh"},
		{"blocked, sign in", blockedState(), "Sign in", "sign-in m365"},
		{"portal", portalTroubleState(), "Try again", "refresh"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			onStage(t, scene{}, func(s *stage) {
				s.agent.refreshed = tc.state
				s.hear(tc.state)
				s.tap(tc.press)
				s.expect(tc.want)
			})
		})
	}
}

func TestDetailsAreHiddenAndCanBeCopied(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(blockedState())
		visible := func() bool {
			return slices.ContainsFunc(s.texts(), func(text string) bool { return strings.Contains(text, "AADSTS65001") })
		}
		if visible() {
			t.Error("the details are open from the start")
		}
		s.tap("Details for support")
		if !visible() {
			t.Error("the details do not open")
		}
		s.tap("Copy")
		if got := s.w.app.Clipboard().Content(); !strings.Contains(got, "AADSTS65001") || !strings.Contains(got, "5d1f6a40") {
			t.Errorf("the clipboard holds %q", got)
		}
		s.tap("Details for support")
		if visible() {
			t.Error("the details do not close")
		}
	})
}

func TestITTeamCanBeReachedFromAProblem(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(blockedState())
		s.tap("+49 30 901820")
		s.tap("help@contoso.example")
		if diff := cmp.Diff([]string{"tel:+4930901820", "mailto:help@contoso.example"}, s.openedURLs()); diff != "" {
			t.Error(diff)
		}
	})
}
