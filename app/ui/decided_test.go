package ui

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
	"github.com/portico-desktop/portico/app/words"
)

func TestSettingIsShownAtOnceAndFallsBackWhenItIsRefused(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(signedInState())
		s.tap("Settings")
		answer := make(chan struct{})
		s.agent.onSet = func() { <-answer }
		s.tap("Start when I log on to this computer, on")
		s.find("Start when I log on to this computer, off") // though the agent has not answered
		answer <- struct{}{}
		s.settle()
		s.find("Start when I log on to this computer, off")
		s.expect("set Autostart never")

		s.agent.setErr = &localapi.Problem{Code: localapi.SettingManaged, Params: map[string]string{"key": "Autostart", "by": "Contoso IT"}}
		s.tap("Start when I log on to this computer, off")
		s.find("Start when I log on to this computer, on")
		answer <- struct{}{}
		s.settle()
		s.find("Start when I log on to this computer, off")
		s.reads(s.w.words.Problem(s.agent.setErr.(*localapi.Problem)).Title)
	})
}

func TestLastOfSeveralQuickChangesCounts(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(signedInState())
		s.tap("Settings")
		answer := make(chan struct{})
		s.agent.onSet = func() { <-answer }
		for _, state := range []string{"on", "off", "on"} {
			s.tap("Stay beside the clock when this window is closed, " + state)
		}
		s.find("Stay beside the clock when this window is closed, off")
		close(answer)
		s.settle()
		s.find("Stay beside the clock when this window is closed, off")
		if got := s.agent.asked(); got[len(got)-1] != "set CloseToTray never" {
			t.Errorf("asked %q", got)
		}
		if v := s.w.settings.says(keyCloseToTray); v != never {
			t.Errorf("it is %q", v)
		}
	})
}

func TestKeyboardStaysOnTheSwitchItChanged(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(signedInState())
		s.shortcut(fyne.KeyComma)
		for toggle, _ := s.find("Start when I log on to this computer, on").(fyne.Focusable); s.w.win.Canvas().Focused() != toggle; {
			s.key(fyne.KeyTab)
		}
		s.key(fyne.KeySpace)
		s.hear(s.agent.state)
		s.key(fyne.KeySpace)
		s.expect("set Autostart never", "set Autostart always")
	})
}

func TestWhatItHasDecidedCannotBeChanged(t *testing.T) {
	for _, tc := range []struct {
		name  string
		state func() localapi.State
		says  string
	}{
		{"by name", managedState, "Managed by Contoso IT"},
		{"without a name", func() localapi.State {
			s := managedState()
			s.Managed = &localapi.Managed{}
			return s
		}, "Managed by your organisation"},
		{"shared computer", kioskState, "Managed by your organisation"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			onStage(t, scene{}, func(s *stage) {
				withBrowsers(s)
				s.hear(tc.state())
				s.tap("Settings")
				for _, name := range s.names() {
					if strings.HasPrefix(name, "Start when I") || strings.HasPrefix(name, "Keep me") ||
						strings.HasPrefix(name, "Browser") || name == "Dark" {
						s.tap(name)
					}
				}
				if slices.Contains(s.names(), "Change…") {
					t.Error("the address can be changed")
				}
				s.reads(tc.says)
				s.expect()
			})
		})
	}
}

func TestManagerOfTheComputerHasAPage(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(managedState())
		s.tap("Settings")
		s.tap("Managed by Contoso IT")
		if diff := cmp.Diff([]string{"firefox-esr.desktop https://intranet.contoso.example/portico"}, s.openedURLs()); diff != "" {
			t.Errorf("opened (-want +got):\n%s", diff)
		}
	})
}

func TestSharedComputerCannotBeQuitFromTheWindow(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(kioskState())
		s.tap("Ada Lovelace")
		if slices.Contains(s.names(), "Quit Portico") {
			t.Error("it can be quit")
		}
		s.find("Sign out")
	})
}

func TestStartWithoutAWindowMeansNothingWithoutAStart(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(signedInState())
		s.tap("Settings")
		s.tap("Start when I log on to this computer, on")
		s.tap("Start without a window, on")
		s.expect("set Autostart never")
	})
}

func TestThemeIsTheSettings(t *testing.T) {
	file := t.TempDir() + "/window.json"
	onStage(t, scene{memory: file}, func(s *stage) {
		s.w.params.PreferDark = nil
		s.hear(decide(signedInState(), keyTheme, "dark"))
		if !s.w.looks.dark() {
			t.Error("the window is not dark")
		}
	})
	if m := readMemory(file); m.Look != kit.AlwaysDark {
		t.Errorf("the next first frame is %q", m.Look)
	}
	onStage(t, scene{memory: file}, func(s *stage) {
		s.w.params.PreferDark = nil
		s.w.refresh()
		if !s.w.looks.dark() {
			t.Error("the first frame is not dark")
		}
		s.hear(signedInState()) // it follows the system again, which is light
		if s.w.looks.dark() {
			t.Error("the window is dark")
		}
	})
}

func TestAnotherLanguageIsSpokenAtOnce(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.w.words.language = "system"
		s.w.words.in = func(language string) *words.Words { return words.New(language) }
		s.hear(signedInState())
		s.tap("Settings")
		s.tap("Language, Like the system")
		s.tap("Deutsch")
		s.expect("set Language de")
		s.reads("Einstellungen", "Sprache", "Angemeldet als ada@contoso.example · Microsoft 365")
		s.find("Hilfe")
		s.hear(s.agent.state)
		s.reads("Einstellungen")
		s.agent.setErr = &localapi.Problem{Code: localapi.SettingWrong}
		s.tap("Sprache, Deutsch")
		s.tap("English")
		s.reads("Einstellungen")
		s.find("Sprache, Deutsch")
	})
}

func TestPagesOpenInTheBrowserOfTheSettings(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		withBrowsers(s)
		s.hear(signedInState())
		s.tap("Settings")
		s.tap("Browser, The computer’s own")
		s.tap("Firefox ESR")
		s.expect("set Browser firefox-esr.desktop")
		s.find("Browser, Firefox ESR")
		s.tap("Home")
		s.tap("Mail")
		s.tap("Write to IT, help@contoso.example")
		want := []string{"firefox-esr.desktop https://mail.contoso.example/", "firefox-esr.desktop mailto:help@contoso.example"}
		if diff := cmp.Diff(want, s.openedURLs()); diff != "" {
			t.Errorf("opened (-want +got):\n%s", diff)
		}
	})
}

func TestBrowserThatAPolicyNamesIsShownAsPeopleKnowIt(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		withBrowsers(s)
		s.w.params.FindBrowser = func(value string) (Browser, bool) {
			return Browser{ID: "firefox-esr.desktop", Name: "Firefox ESR"}, value == "firefox"
		}
		s.hear(decide(signedInState(), keyBrowser, "firefox"))
		s.tap("Settings")
		s.find("Browser, Firefox ESR")
	})
}

func TestClosingTheWindow(t *testing.T) {
	for _, tc := range []struct {
		name  string
		state localapi.State
		quits bool
	}{
		{"stays beside the clock", signedInState(), false},
		{"ends Portico", decide(signedInState(), keyCloseToTray, never), true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			onStage(t, scene{}, func(s *stage) {
				s.hear(tc.state)
				s.w.closeByPerson()
				s.settle()
				if !s.closed() {
					t.Error("the window stays open")
				}
				if got := slices.Contains(s.agent.asked(), "quit"); got != tc.quits {
					t.Errorf("the agent is asked to end: %v", got)
				}
			})
		})
	}
	t.Run("because the agent ends", func(t *testing.T) {
		onStage(t, scene{}, func(s *stage) {
			s.hear(decide(signedInState(), keyCloseToTray, never))
			s.agent.events <- localapi.Event{Type: localapi.EventQuit}
			s.settle()
			s.expect()
		})
	})
}

func TestNobodyIsLetInWhereSigningInIsTurnedOff(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.agent.accounts = several()
		s.hear(turnedOffState())
		s.shows(kindProblem)
		for _, name := range s.names() {
			if strings.HasPrefix(name, "Sign in") || strings.HasPrefix(name, "Use another account") {
				t.Errorf("%q is offered", name)
			}
		}
	})
	onStage(t, scene{}, func(s *stage) {
		s.hear(otherDomainState())
		s.tap("Use another account")
		s.expect("sign-in m365 another")
	})
}

func TestSwitchSaysWhenNothingStartsPorticoAtLogOn(t *testing.T) {
	const doubt = "Nothing on this computer starts Portico when you log on."
	for _, there := range []bool{true, false} {
		onStage(t, scene{}, func(s *stage) {
			s.w.params.LogOn = func() bool { return there }
			s.hear(signedInState())
			s.tap("Settings")
			said := func() bool {
				return slices.ContainsFunc(s.texts(), func(text string) bool { return strings.HasPrefix(text, doubt) })
			}
			if said() == there {
				t.Errorf("with an entry %v: said %v", there, said())
			}
			s.tap("Start when I log on to this computer, on")
			if said() {
				t.Error("it is said of what is off")
			}
		})
	}
}

func TestWindowSpeaksOfTheClockOnlyWhereThereIsATray(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		state := signedInState()
		state.Tray = false
		s.hear(state)
		s.tap("Settings")
		for _, text := range append(s.texts(), s.names()...) {
			if strings.Contains(text, "clock") {
				t.Errorf("it says %q", text)
			}
		}
		s.find("Go on in the background when this window is closed, on")
		s.hear(signedInState())
		s.find("Stay beside the clock when this window is closed, on")
	})
}
