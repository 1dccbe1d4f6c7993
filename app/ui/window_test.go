package ui

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
	"github.com/portico-desktop/portico/app/words"
)

// expect compares what was asked of the agent so far.

func (s *stage) expect(want ...string) {
	s.t.Helper()
	if diff := cmp.Diff(want, s.agent.asked()); diff != "" {
		s.t.Errorf("asked of the agent (-want +got):\n%s", diff)
	}
}

// shows fails unless the window shows this kind of screen.

func (s *stage) shows(want kind) {
	s.t.Helper()
	if s.w.screens.kind != want {
		s.t.Errorf("the screen is a %T", s.w.screens.shown)
	}
}

func TestScreenFollowsTheState(t *testing.T) {
	unpublished := signedOutState()
	unpublished.Portal = nil
	for _, tc := range []struct {
		name  string
		state localapi.State
		want  kind
	}{
		{"starting", stateOf(localapi.Starting), kindStarting},
		{"no portal", unconfigured(), kindFirstRun},
		{"signed out", signedOutState(), kindSignedOut},
		{"refused", refusedState(), kindSignedOut},
		{"signed out, portal unknown", unpublished, kindProblem},
		{"portal not read", portalTroubleState(), kindProblem},
		{"signing in", waitingState(), kindWaiting},
		{"signed in", signedInState(), kindHome},
		{"offline", offlineState(), kindHome},
		{"needs sign-in", needsSignInState(), kindProblem},
		{"blocked", blockedState(), kindProblem},
	} {
		t.Run(tc.name, func(t *testing.T) {
			onStage(t, scene{}, func(s *stage) {
				s.settle()
				s.shows(kindStarting)
				s.hear(tc.state)
				s.shows(tc.want)
			})
		})
	}
}

// shortcut presses Ctrl with a key, as Fyne's driver would.

func (s *stage) shortcut(key fyne.KeyName) {
	short := &desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault}
	c := s.w.win.Canvas()
	if focused, ok := c.Focused().(fyne.Shortcutable); ok {
		focused.TypedShortcut(short)
	} else {
		s.w.keyboard.shortcut(short)
	}
	s.settle()
}

func TestKeysLeadToThePages(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(signedInState())
		s.shortcut(fyne.KeyComma)
		s.reads("Appearance")
		s.shortcut(fyne.Key2)
		s.shortcut(fyne.KeyK) // from a field, too
		s.shortcut(fyne.Key1)
		s.reads("Good morning, Ada")
		s.shortcut(fyne.KeyComma)
		s.key(fyne.KeyEscape)
		s.reads("Good morning, Ada")
		s.key(fyne.KeyF5)
		s.expect("refresh")
		s.shortcut(fyne.KeyK)
		s.key(fyne.KeyF5)
		s.expect("refresh", "refresh")
	})
}

// TestTabReachesEverything walks with Tab through every control of a screen.

// railNames are the rail's pages, as Tab reaches them.
func railNames() []string {
	w := words.New("en")
	var names []string
	for _, place := range []railPlace{railTop, railBottom} {
		for _, p := range pages() {
			if p.rail == place {
				names = append(names, w.Text(p.title))
			}
		}
	}
	return names
}

func TestTabReachesEverything(t *testing.T) {
	for _, tc := range []struct {
		name  string
		state localapi.State
		want  []string
	}{
		{"signed out", signedOutState(), []string{"Sign in with Microsoft 365", "Sign in with Contoso Partner Login", "Keep me signed in on this computer, on", "Change your portal, contoso.example", "Help"}},
		{"waiting", waitingState(), []string{"Open again", "Copy link", "Other ways", "Cancel", "Help"}},
		{"blocked", blockedState(), []string{"Try again", "Sign in", "+49 30 901820", "help@contoso.example", "Details for support", "Change your portal, contoso.example", "Help"}},
		{"consent", consentState(), []string{"Copy link", "Write a mail", "I am the administrator: open it here", "Details for support", "Back", "Help"}},
		{"code", codeState(), []string{"Copy code", "Open page", "Back", "Cancel", "Help"}},
		{"address", addressFirstState(), []string{"Keep me signed in on this computer, on", "Choose how to sign in yourself", "Change your portal, contoso.example", "Help", "Your work e-mail address"}},
		{"home", signedInState(), append(railNames(), "Search apps", "Ada Lovelace",
			"+49 30 901820, Mon to Fri, 8:00 to 18:00", "Write to IT, help@contoso.example", "Help pages, help.contoso.example",
			"Mail", "Files", "Payroll", "CRM", "Time", "Wiki",
		)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			onStage(t, scene{}, func(s *stage) {
				s.hear(tc.state)
				var got []string
				for range tc.want {
					s.key(fyne.KeyTab)
					focused, ok := s.w.win.Canvas().Focused().(fyne.Accessible)
					if !ok {
						t.Fatalf("after %q the focus is on a %T", got, s.w.win.Canvas().Focused())
					}
					got = append(got, focused.AccessibilityLabel())
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
				s.key(fyne.KeyTab)
				if again, ok := s.w.win.Canvas().Focused().(fyne.Accessible); !ok || again.AccessibilityLabel() != tc.want[0] {
					t.Error("after the last control Tab does not return to the first")
				}
			})
		})
	}
}

func TestSpaceAndEnterPress(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(signedInState())
		for mail, _ := s.find("Mail").(fyne.Focusable); s.w.win.Canvas().Focused() != mail; {
			s.key(fyne.KeyTab)
		}
		s.key(fyne.KeySpace)
		s.key(fyne.KeyReturn)
		if n := len(s.openedURLs()); n != 2 {
			t.Errorf("%d addresses were opened", n)
		}
	})
}

func TestQuitEndsTheAgentAndItsFarewellTheWindow(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(signedInState())
		s.tap("Ada Lovelace")
		s.tap("Quit Portico")
		s.expect("quit")
		s.agent.events <- localapi.Event{Type: localapi.EventQuit}
		s.settle()
		if !s.closed() {
			t.Error("the window stays open")
		}
	})
}

func TestStatusLineTellsTheTruth(t *testing.T) {
	stale := signedInState()
	stale.PortalProblem = &localapi.Problem{Code: localapi.PortalUnreachable, Params: map[string]string{"host": "contoso.example"}}
	stale.PortalChecked = morning.Add(-26 * time.Hour)
	for _, tc := range []struct {
		name        string
		state       localapi.State
		left, right string
	}{
		{"no portal", unconfigured(), "Not set up yet", ""},
		{"signed out", signedOutState(), "Not signed in", "contoso.example"},
		{"signing in", waitingState(), "Signing in", "contoso.example"},
		{"signed in", signedInState(), "Signed in as ada@contoso.example · Microsoft 365", "Up to date"},
		{"offline", offlineState(), "Offline since 09:12 · ada@contoso.example", "As of 09:12"},
		{"portal unreachable since yesterday", stale, "Signed in as ada@contoso.example · Microsoft 365", "As of 22 Nov"},
		{"needs sign-in", needsSignInState(), "Sign-in needed", "contoso.example"},
		{"blocked", blockedState(), "Sign-in blocked", "contoso.example"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			onStage(t, scene{}, func(s *stage) {
				s.hear(tc.state)
				if s.w.frame.status.left.Text != tc.left || s.w.frame.status.right.Text != tc.right {
					t.Errorf("%q, %q; want %q, %q", s.w.frame.status.left.Text, s.w.frame.status.right.Text, tc.left, tc.right)
				}
			})
		})
	}
}

func TestAccentOfThePortalIsTheWindows(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		state := signedOutState()
		state.Portal.Accent = "#7A3E9D"
		s.hear(state)
		if got := s.w.app.Settings().Theme().Color(kit.RoleFill, 0); got != kit.RGB(0x7A3E9D) {
			t.Errorf("the fill is %v", got)
		}
		state.Portal.Accent = "red; drop table"
		s.hear(state)
		if got := s.w.app.Settings().Theme().Color(kit.RoleFill, 0); got != kit.RGB(0x0F6CBD) {
			t.Errorf("the fill is %v", got)
		}
	})
}

func TestLostAgentIsLookedForMoreAndMoreSeldom(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(signedInState())
		var watched atomic.Int32
		s.agent.watchErr = &localapi.Problem{Code: localapi.AgentGone}
		s.agent.onWatch = func() { watched.Add(1) }
		close(s.agent.events)
		s.settle()
		s.shows(kindHome) // the content stays
		s.reads("Portico stopped running in the background.", "Not running in the background")
		s.pass(firstWait)
		if n := watched.Load(); n != 1 {
			t.Errorf("looked for %d times after %v", n, firstWait)
		}
		s.pass(time.Minute)
		if n := watched.Load(); n < 6 || n > 12 {
			t.Errorf("looked for %d times in a minute", n)
		}

		s.agent.revive()
		s.pass(mostWait)
		s.hear(signedInState())
		if s.w.agent.gone || slices.Contains(s.texts(), "Portico stopped running in the background.") {
			t.Error("the alarm stays")
		}
	})
}

func TestAgentThatCannotStartIsExplained(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.agent.watchErr = &localapi.Problem{Code: localapi.DataFolder, Params: map[string]string{"file": "/home/ada/.cache/portico", "reason": "read-only file system"}}
		close(s.agent.events)
		s.settle()
		s.shows(kindProblem)
		s.reads(s.w.words.Problem(s.agent.watchErr.(*localapi.Problem)).Title)
		if slices.Contains(s.texts(), "Portico stopped running in the background.") {
			t.Error("it is told twice")
		}
		s.pass(time.Minute) // until tries have become seldom
		s.agent.revive()
		s.tap("Try again")
		s.hear(signedInState())
		s.shows(kindHome)
		if s.w.agent.gone || s.w.agent.lost != nil {
			t.Error("the problem stays")
		}
	})
}

func TestAgentThatIsSilentIsNamedOverWhatIsKnown(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(signedInState())
		s.agent.watchErr = &localapi.Problem{Code: localapi.AgentSilent, Params: map[string]string{"pid": "4711"}}
		close(s.agent.events)
		s.settle()
		s.shows(kindHome)
		s.reads("Portico does not answer in the background.")
	})
}

// TestAgentThatFallsSilentIsNoticedByWhoAsks stops an agent that goes on holding its
// stream of events open: that alone tells nothing.
func TestAgentThatFallsSilentIsNoticedByWhoAsks(t *testing.T) {
	for name, ask := range map[string]func(*stage){
		"for news":    func(s *stage) { s.w.deeds.renew() },
		"for an end":  func(s *stage) { s.w.deeds.cancelSignIn() },
		"another way": func(s *stage) { s.w.agent.confirm() },
	} {
		t.Run(name, func(t *testing.T) {
			onStage(t, scene{}, func(s *stage) {
				s.hear(signedInState())
				s.agent.stop("4711")
				ask(s)
				s.settle()
				if slices.Contains(s.texts(), "Up to date") {
					t.Error("it says that it is up to date")
				}
				s.reads("Portico does not answer in the background.")
				s.reads("No answer in the background")
				s.pass(time.Minute)
				s.reads("No answer in the background")
				s.agent.goOn()
				s.pass(mostWait)
				s.hear(signedInState())
				if s.w.agent.gone || s.w.agent.lost != nil {
					t.Error("the problem stays")
				}
				s.reads("Up to date")
			})
		})
	}
}

func TestNewsThatCannotBeHadAreNotCalledUpToDate(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(signedInState())
		s.agent.refresh = &localapi.Problem{Code: localapi.Unexpected}
		s.w.deeds.renew()
		s.settle()
		s.reads(s.w.words.Problem(&localapi.Problem{Code: localapi.Unexpected}).Title)
	})
}

func TestWindowRisesWhenAsked(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(signedInState())
		s.w.agent.display = ":1"
		raised := &risingWindow{Window: s.w.win}
		s.w.win = raised
		s.agent.events <- localapi.Event{Type: localapi.EventShow}
		s.settle()
		if raised.shown != 1 || raised.focused != 1 {
			t.Errorf("shown %d times, focused %d times", raised.shown, raised.focused)
		}
		if !slices.Contains(s.agent.asked(), "shown :1") {
			t.Errorf("the window has come and does not say so: %q", s.agent.asked())
		}
	})
}

func TestWindowOnAnotherDisplayStaysWhereItIs(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(signedInState())
		s.w.agent.display = ":1"
		raised := &risingWindow{Window: s.w.win}
		s.w.win = raised
		s.agent.events <- localapi.Event{Type: localapi.EventShow, Display: ":2"}
		s.settle()
		if raised.shown != 0 || slices.Contains(s.agent.asked(), "shown :1") {
			t.Errorf("shown %d times; asked %q", raised.shown, s.agent.asked())
		}
	})
}

// risingWindow counts how often it is raised.

type risingWindow struct {
	fyne.Window
	shown, focused int
}

func (w *risingWindow) Show() { w.shown++ }

func (w *risingWindow) RequestFocus() { w.focused++ }

func TestEndOfTheContextClosesTheWindow(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(signedInState())
		s.cancel()
		s.settle()
		if !s.closed() {
			t.Error("the window stays open")
		}
	})
}

// TestClosingLeavesNothingBehind closes the window while everything it can be

// doing is under way; the stage's bubble fails the test if a goroutine stays.

func TestClosingLeavesNothingBehind(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.agent.check = func(ctx context.Context, _ string) (localapi.PortalCheck, error) {
			<-ctx.Done()
			return localapi.PortalCheck{}, ctx.Err()
		}
		s.hear(unconfigured())
		test.Type(s.w.screens.shown.(*firstRun).field, "contoso.example")
		s.pass(typingPause)                                         // a look under way
		test.Type(s.w.screens.shown.(*firstRun).field, ".and.more") // and a pause
		s.settle()
	})
	onStage(t, scene{}, func(s *stage) {
		s.hear(waitingState()) // a clock
		s.tap("Copy link")     // and a timer
	})
}

func TestHopKeepsTheOrderAndEnds(t *testing.T) {
	h := hop{ctx: t.Context()}
	var got []int
	h.post(func() { got = append(got, 1) })
	h.post(func() { got = append(got, 2) })
	h.start(func(f func()) { f() })
	h.post(func() { got = append(got, 3) })
	h.stop()
	h.post(func() { got = append(got, 4) })
	if !slices.Equal(got, []int{1, 2, 3}) {
		t.Errorf("ran %v", got)
	}
}
