package ui

import (
	"context"
	"flag"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"github.com/portico-desktop/portico/app/localapi"
)

// The golden pictures are what the window looks like, drawn by Fyne's software
// painter, pixel by pixel. After a change that is meant, renew them with
//
//	go test ./app/ui -run TestScreensLookAsDrawn -update
//
// and look at every picture before it is committed.
var update = flag.Bool("update", false, "write the golden pictures instead of comparing with them")

// shot is one golden picture.
type shot struct {
	name   string
	state  func() localapi.State // nil: the agent has not spoken yet
	before func(*stage)          // what is so before the agent speaks
	act    func(*stage)          // what happens before the picture is taken
	also   []string              // drawn in these variants besides light and dark
}

// remembered has the agent remember several people.
func remembered(s *stage) { s.agent.accounts = several() }

// refusedAddress types an address that the agent refuses like this.
func refusedAddress(code localapi.Code) func(*stage) {
	return func(s *stage) {
		s.agent.signInErr = &localapi.Problem{Code: code, Params: map[string]string{
			"address": "ada@contoso.example", "providers": "m365, partner",
		}}
		test.Type(s.w.screens.shown.(*signedOut).address.field, "ada@contoso.example")
		s.key(fyne.KeyReturn)
	}
}

// withBrowsers has the computer have browsers.
func withBrowsers(s *stage) {
	s.browsers = []Browser{{ID: "chromium.desktop", Name: "Chromium Web Browser"}, {ID: "firefox-esr.desktop", Name: "Firefox ESR"}}
}

// examined has a check come out like this.
func examined(report func() localapi.CheckReport) func(*stage) {
	return func(s *stage) { s.agent.examined = report() }
}

// bundled has the agent gather something.
func bundled(s *stage) {
	s.agent.bundle = someBundle()
	s.w.params.ShowFile = func(context.Context, string) error { return nil }
}

// press presses a control by the id of its words.
func press(id string) func(*stage) {
	return func(s *stage) { s.tap(s.w.words.Text(id)) }
}

// helping leads to a part of the help.
func helping(id string) func(*stage) {
	return func(s *stage) {
		s.tap(s.w.words.Text("window.nav.help"))
		s.tap(s.w.words.Text(id) + ", " + s.w.words.Text(id+"-text"))
	}
}

// tapFile presses the line of a bundle's file.
func (s *stage) tapFile(name string) {
	s.t.Helper()
	for _, n := range s.names() {
		if strings.HasPrefix(n, name+",") {
			s.tap(n)
			return
		}
	}
	s.t.Fatalf("there is no line for %s", name)
}

// scrollDown scrolls the page that is shown to its end.
func (s *stage) scrollDown() {
	for _, o := range s.objects(func(o fyne.CanvasObject) bool { _, ok := o.(*container.Scroll); return ok }) {
		o.(*container.Scroll).ScrollToBottom()
	}
	s.settle()
}

// otherWays leads to the other ways to sign in, and to the one with this text.
func otherWays(id string) func(*stage) {
	return func(s *stage) {
		s.browsers = []Browser{{ID: "chromium.desktop", Name: "Chromium Web Browser"}, {ID: "firefox-esr.desktop", Name: "Firefox ESR"}}
		s.tap(s.w.words.Text("window.waiting.ways"))
		if id != "" {
			s.tap(s.w.words.Text(id) + ", " + s.w.words.Text(id+"-text"))
		}
	}
}

func shots() []shot {
	return []shot{
		{name: "starting"},
		{name: "first-run", state: unconfigured},
		{name: "first-run-found", state: unconfigured, act: func(s *stage) {
			s.agent.check = func(context.Context, string) (localapi.PortalCheck, error) {
				return localapi.PortalCheck{Address: "https://contoso.example", Name: "Contoso IT", Providers: contoso().Providers}, nil
			}
			typeAddress(s, "contoso.example")
		}},
		{name: "first-run-refused", state: unconfigured, also: []string{"small-german"}, act: func(s *stage) {
			s.agent.check = func(context.Context, string) (localapi.PortalCheck, error) {
				return localapi.PortalCheck{}, &localapi.Problem{Code: localapi.PortalNotFound, Params: map[string]string{"host": "contoso.example"}}
			}
			typeAddress(s, "contoso.example")
		}},
		{name: "first-run-proxy", state: unconfigured, also: []string{"small-german"}, act: func(s *stage) {
			s.agent.check = func(context.Context, string) (localapi.PortalCheck, error) {
				return localapi.PortalCheck{}, proxyProblem(true)
			}
			typeAddress(s, "contoso.example")
		}},
		{name: "signed-out", state: signedOutState},
		{name: "signed-out-refused", state: refusedState, also: []string{"german", "small-german"}},
		{name: "signed-out-not-set-up", state: notSetUpState, also: []string{"small-german"}},
		{name: "not-set-up", state: func() localapi.State { return withOneProvider(notSetUpState()) }, also: []string{"small-german"}},
		{name: "signed-out-cancelled", state: func() localapi.State {
			s := signedOutState()
			s.Session.Problem = &localapi.Problem{Code: localapi.Cancelled}
			s.Portal.Providers = []localapi.Provider{{ID: "demo", Title: "Demo account", Description: "Made-up people, no passwords"}}
			return s
		}},
		{name: "signed-out-described", state: describedState, also: []string{"small-german"}},
		{name: "signed-out-people", state: signedOutState, before: remembered, also: []string{"german", "small-german"}},
		{name: "signed-out-another", state: signedOutState, before: remembered, act: func(s *stage) {
			s.tap(s.w.words.Text("window.out.another"))
		}},
		{name: "signed-out-registration", state: registrationState, also: []string{"small-german"}, act: func(s *stage) {
			s.tap(s.w.words.Text("window.details.show"))
		}},
		{name: "address", state: addressFirstState, also: []string{"german", "small-german"}},
		{name: "address-nobodys", state: addressFirstState, also: []string{"small-german"}, act: refusedAddress(localapi.NobodysAddress)},
		{name: "address-choose", state: addressFirstState, also: []string{"small-german"}, act: refusedAddress(localapi.ChooseProvider)},
		{name: "waiting", state: waitingState, also: []string{"german", "small-german"}},
		{name: "waiting-ways", state: waitingState, also: []string{"german", "small-german"}, act: otherWays("")},
		{name: "waiting-browsers", state: waitingState, also: []string{"small-german"}, act: otherWays("window.ways.browser")},
		{name: "waiting-paste", state: waitingState, also: []string{"german", "small-german"}, act: otherWays("window.ways.paste")},
		{name: "waiting-paste-wrong", state: waitingState, also: []string{"small-german"}, act: func(s *stage) {
			otherWays("window.ways.paste")(s)
			s.agent.pasteErr = &localapi.Problem{Code: localapi.NotThisSignIn}
			test.Type(s.w.screens.shown.(*waiting).paste.field, "https://contoso.example/")
			s.key(fyne.KeyReturn)
		}},
		{name: "waiting-code", state: codeState, also: []string{"german", "small-german"}},
		{name: "waiting-almost", state: func() localapi.State {
			s := waitingState()
			s.Session.SignIn.Stage = localapi.StageExchanging
			return s
		}},
		{name: "consent", state: consentState, also: []string{"german", "small-german"}},
		{name: "consent-details", state: consentState, also: []string{"small-german"}, act: func(s *stage) {
			s.tap(s.w.words.Text("window.details.show"))
		}},
		{name: "consent-asked", state: askedState, also: []string{"small-german"}},
		{name: "proxy", state: func() localapi.State { return proxyState(false) }, also: []string{"small-german"}},
		{name: "proxy-password", state: func() localapi.State { return proxyState(true) }, also: []string{"small-german"}, act: func(s *stage) {
			s.tap(s.w.words.Text("window.proxy.open"))
		}},
		{name: "blocked-policy", state: policyState, also: []string{"german", "small-german"}},
		{name: "clock", state: clockState, also: []string{"german", "small-german"}},
		{name: "wrong-account", state: wrongAccountState, also: []string{"german", "small-german"}},
		{name: "blocked", state: blockedState, also: []string{"german", "small-german"}},
		{name: "blocked-details", state: blockedState, act: func(s *stage) {
			s.tap(s.w.words.Text("window.details.show"))
		}},
		{name: "needs-sign-in", state: needsSignInState},
		{name: "portal-trouble", state: portalTroubleState},
		{name: "portal-trouble-managed", state: fixedTrouble, also: []string{"small-german"}},
		{name: "home", state: signedInState},
		{name: "home-groups", state: groupedState, also: []string{"small-german"}},
		{name: "home-offline", state: offlineState, also: []string{"german", "small-german"}},
		{name: "home-account", state: signedInState, act: func(s *stage) { s.tap("Ada Lovelace") }},
		{name: "home-accounts", state: func() localapi.State {
			s := signedInState()
			s.Session.Account.Guest, s.Session.Account.Remembered = true, false
			return s
		}, before: remembered, also: []string{"german", "small-german"}, act: func(s *stage) { s.tap("Ada Lovelace") }},
		{name: "home-impersonated", state: impersonatedState, also: []string{"german", "small-german"}},
		{name: "home-refused", state: func() localapi.State {
			s := signedInState()
			s.Session.Problem = &localapi.Problem{Code: localapi.NotAssigned, Params: map[string]string{"title": "Contoso Partner Login"}}
			return s
		}, also: []string{"small-german"}},
		{name: "home-sign-out", state: signedInState, also: []string{"small-german"}, act: func(s *stage) {
			s.tap("Ada Lovelace")
			s.tap(s.w.words.Text("window.account.sign-out"))
		}},
		{name: "home-sign-out-of", state: signedInState, before: remembered, also: []string{"small-german"}, act: func(s *stage) {
			s.tap("Ada Lovelace")
			s.tap(s.w.words.Text("window.account.sign-out"))
		}},
		{name: "home-search", state: signedInState, act: func(s *stage) {
			s.w.screens.shown.(*home).query.SetText("in")
			s.settle()
		}},
		{name: "settings", state: signedInState, before: withBrowsers, also: []string{"small-german"}, act: press("window.nav.settings")},
		{name: "settings-managed", state: managedState, before: withBrowsers, also: []string{"german", "small-german"}, act: press("window.nav.settings")},
		{name: "settings-managed-below", state: managedState, before: withBrowsers, also: []string{"small-german"}, act: func(s *stage) {
			press("window.nav.settings")(s)
			s.scrollDown()
		}},
		{name: "settings-no-tray", state: func() localapi.State {
			s := signedInState()
			s.Tray = false
			return s
		}, also: []string{"small-german"}, act: press("window.nav.settings")},
		{name: "home-portal-trouble", state: func() localapi.State {
			s := signedInState()
			s.PortalProblem = portalTroubleState().PortalProblem
			return s
		}, also: []string{"small-german"}, act: press("window.details.open")},
		{name: "settings-kiosk", state: kioskState, before: withBrowsers, also: []string{"small-german"}, act: press("window.nav.settings")},
		{name: "settings-refused", state: signedInState, before: withBrowsers, also: []string{"small-german"}, act: func(s *stage) {
			s.agent.setErr = &localapi.Problem{Code: localapi.SettingManaged, Params: map[string]string{"key": "Autostart", "by": "Contoso IT"}}
			press("window.nav.settings")(s)
			s.tap(s.w.words.Text("window.settings.autostart") + ", " + s.w.words.Text("window.on"))
		}},
		{name: "settings-no-log-on", state: managedState, before: func(s *stage) { s.w.params.LogOn = func() bool { return false } }, also: []string{"small-german"}, act: press("window.nav.settings")},
		{name: "settings-language", state: signedInState, also: []string{"small-german"}, act: func(s *stage) {
			press("window.nav.settings")(s)
			s.tap(s.w.words.Text("window.settings.language") + ", " + s.w.words.Text("window.language.system"))
		}},
		{name: "keep-managed", state: func() localapi.State {
			s := decide(managedState(), keyRememberMe, never)
			s.Session = localapi.Session{Phase: localapi.SignedOut, Since: morning}
			return s
		}, also: []string{"small-german"}},
		{name: "turned-off", state: turnedOffState, also: []string{"small-german"}},
		{name: "other-domain", state: otherDomainState, also: []string{"small-german"}},
		{name: "help", state: signedInState, also: []string{"small-german"}, act: press("window.nav.help")},
		{name: "help-unconfigured", state: unconfigured, also: []string{"small-german"}, act: press("window.nav.help")},
		{name: "check-running", state: signedInState, before: func(s *stage) { s.agent.slow = time.Minute }, also: []string{"small-german"}, act: helping("window.help.check")},
		{name: "check", state: signedInState, before: examined(brokenReport), also: []string{"german", "small-german"}, act: helping("window.help.check")},
		{name: "check-open", state: signedInState, before: examined(brokenReport), also: []string{"small-german"}, act: func(s *stage) {
			helping("window.help.check")(s)
			s.tap(strings.Join([]string{checkName(s.w, "proxy"), "proxy.contoso.example:8080", s.w.words.Text("window.check.mark.bad")}, ", "))
		}},
		{name: "check-good", state: signedOutState, before: examined(goodReport), also: []string{"small-german"}, act: helping("window.help.check")},
		{name: "check-gone", state: signedInState, before: func(s *stage) { s.agent.checkErr = &localapi.Problem{Code: localapi.AgentGone} }, also: []string{"small-german"}, act: helping("window.help.check")},
		{name: "send", state: signedInState, before: bundled, also: []string{"german", "small-german"}, act: helping("window.help.send")},
		{name: "send-read", state: signedInState, before: bundled, also: []string{"small-german"}, act: func(s *stage) {
			helping("window.help.send")(s)
			s.tapFile("portico-agent.log")
		}},
		{name: "send-saved", state: signedInState, before: bundled, also: []string{"small-german"}, act: func(s *stage) {
			helping("window.help.send")(s)
			s.w.screens.help.send.saved = "/home/ada/Downloads/portico-support-20261123-091200.zip"
			s.w.screens.help.change()
			s.scrollDown()
		}},
		{name: "send-refused", state: blockedState, before: bundled, also: []string{"small-german"}, act: func(s *stage) {
			helping("window.help.send")(s)
			s.w.params.Downloads = "/no/such/folder"
			s.tap(s.w.words.Text("window.send.save"))
		}},
		{name: "settings-address", state: signedInState, also: []string{"small-german"}, act: func(s *stage) {
			s.agent.check = func(context.Context, string) (localapi.PortalCheck, error) {
				return localapi.PortalCheck{Address: "https://contoso.example", Name: "Contoso IT", Providers: contoso().Providers}, nil
			}
			s.tap(s.w.words.Text("window.nav.settings"))
			s.tap(s.w.words.Text("window.settings.change"))
			s.pass(typingPause)
		}},
		{name: "gone", state: signedInState, also: []string{"small-german"}, act: func(s *stage) {
			close(s.agent.events)
			s.settle()
		}},
	}
}

func typeAddress(s *stage, address string) {
	first, ok := s.w.screens.shown.(*firstRun)
	if !ok {
		s.t.Fatalf("the screen is a %T", s.w.screens.shown)
	}
	test.Type(first.field, address)
	s.pass(typingPause)
}

func TestScreensLookAsDrawn(t *testing.T) {
	variants := map[string]scene{
		"light":        {},
		"dark":         {dark: true},
		"german":       {language: "de"},
		"small-german": {language: "de", size: fyne.NewSize(leastWidth, leastHeight)},
	}
	for _, sh := range shots() {
		for _, v := range append(sh.also, "light", "dark") {
			t.Run(sh.name+"/"+v, func(t *testing.T) {
				onStage(t, variants[v], func(s *stage) {
					s.settle()
					if sh.before != nil {
						sh.before(s)
					}
					if sh.state != nil {
						s.hear(sh.state())
					}
					if sh.act != nil {
						sh.act(s)
					}
					for _, root := range s.roots() {
						standApart(t, root)
					}
					compare(t, sh.name+"-"+v+".png", s.w.win.Canvas().Capture())
				})
			})
		}
	}
}

// standApart fails the test where one control below root lies over another. One may hold
// another, and what is scrolled is looked at by itself.
func standApart(t *testing.T, root fyne.CanvasObject) {
	t.Helper()
	type control struct {
		name     string
		from, to fyne.Position
	}
	var all []control
	walk(root, func(o fyne.CanvasObject) bool {
		if scroll, ok := o.(*container.Scroll); ok {
			standApart(t, scroll.Content)
			return false
		}
		a, ok := o.(fyne.Accessible)
		if _, focusable := o.(fyne.Focusable); ok && focusable {
			from := fyne.CurrentApp().Driver().AbsolutePositionForObject(o)
			all = append(all, control{a.AccessibilityLabel(), from, from.AddXY(o.Size().Width, o.Size().Height)})
		}
		return true
	})
	holds := func(a, b control) bool {
		return a.from.X <= b.from.X && a.from.Y <= b.from.Y && a.to.X >= b.to.X && a.to.Y >= b.to.Y
	}
	for i, a := range all {
		for _, b := range all[:i] {
			apart := a.from.X >= b.to.X || b.from.X >= a.to.X || a.from.Y >= b.to.Y || b.from.Y >= a.to.Y
			if !apart && !holds(a, b) && !holds(b, a) {
				t.Errorf("%q (%v to %v) and %q (%v to %v) lie over one another", a.name, a.from, a.to, b.name, b.from, b.to)
			}
		}
	}
}

func TestBrandedWindowLooksAsDrawn(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.agent.logos = map[string][]byte{"logo": logoFile()}
		state := signedOutState()
		state.Portal.LogoLight, state.Portal.Accent = "logo", "#F2A900"
		s.hear(state)
		compare(t, "branded-light.png", s.w.win.Canvas().Capture())
	})
}

func TestFocusLooksAsDrawn(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(signedOutState())
		s.key(fyne.KeyTab)
		compare(t, "focus-light.png", s.w.win.Canvas().Capture())
	})
}
