package ui

import (
	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

// problem is between a person and their portal: the fault, the people who can mend it,
// the next step, and one thing to press.
type problem struct {
	window  *window
	root    fyne.CanvasObject
	body    *fyne.Container
	buttons []*kit.Button
	built   bool
	shown   *localapi.Problem
	phase   localapi.Phase
	fixed   bool // the portal's address is IT's
}

func newProblem(w *window) *problem {
	s := &problem{window: w, body: kit.Column(14)}
	s.root = kit.Sheet(480, true, kit.Inset(24, 0, 24, 0, s.body))
	return s
}

func (s *problem) object() fyne.CanvasObject { return s.root }
func (s *problem) focus() fyne.Focusable     { return nil }
func (s *problem) back() bool                { return false }
func (s *problem) close()                    {}

// first is the button that helps most.
func (s *problem) first() fyne.Tappable { return s.buttons[0] }

func (s *problem) update() {
	w := s.window
	p, phase, fixed := s.cause(), w.agent.state.Session.Phase, w.settings.portalFixed()
	if !s.built || p != s.shown || phase != s.phase || fixed != s.fixed {
		s.built, s.shown, s.phase, s.fixed = true, p, phase, fixed
		s.build(p)
	}
	for _, b := range s.buttons {
		b.SetOff(w.deeds.working || w.deeds.checking)
	}
}

// cause is the problem shown.
func (s *problem) cause() *localapi.Problem {
	state := s.window.agent.state
	switch {
	case !s.window.agent.known && s.window.agent.lost != nil:
		return s.window.agent.lost
	case state.Session.Problem != nil:
		return state.Session.Problem
	case state.PortalProblem != nil:
		return state.PortalProblem
	case state.Session.Phase == localapi.NeedsSignIn:
		return &localapi.Problem{Code: localapi.SignInNeeded}
	}
	return &localapi.Problem{Code: localapi.Unexpected}
}

func (s *problem) build(p *localapi.Problem) {
	w := s.window
	e := w.words.inWords(p)
	sign, ink := "alert", kit.RoleWarning
	if s.phase == localapi.NeedsSignIn {
		sign, ink = "lock", kit.RoleAccent
	}
	ground := kit.RoleWarningGround
	if ink == kit.RoleAccent {
		ground = kit.RoleSoft
	}
	lines := []fyne.CanvasObject{
		kit.Fixed(56, 56, kit.Layers(kit.NewPanel(ground, kit.RoleNone, 28), kit.Middle(kit.NewGlyph(sign, 26, ink)))),
		kit.Title(e.Title).Centred(),
		kit.Body(e.Text).Centred(),
		facts(e),
	}
	s.buttons = s.actions()
	lines = append(lines, stacked(s.buttons)...)
	if s.fixed && w.words.aboutPortal(p) {
		lines = append(lines, kit.Middle(lockedNote(w.words, w.agent.state.Managed, w.browser.link)))
	}
	d := w.dialogs.details(e, s.root.Refresh)
	if ways := s.helpers(p); ways != nil {
		lines = append(lines, kit.Middle(ways))
	}
	s.body.Objects = append(lines, d.object)
	s.root.Refresh()
}

// stacked sets the first button over the others: these stand side by side if there are
// several.
func stacked(buttons []*kit.Button) []fyne.CanvasObject {
	lines := []fyne.CanvasObject{kit.Fixed(400, 0, buttons[0])}
	var others []fyne.CanvasObject
	for _, b := range buttons[1:] {
		others = append(others, b)
	}
	if len(others) > 0 {
		lines = append(lines, kit.Fixed(400, 0, kit.Grid(150, 10, len(others), others...)))
	}
	return lines
}

// actions are the person's: with an account, a silent try may be enough; without a
// portal, its address may be wrong.
func (s *problem) actions() []*kit.Button {
	w, t := s.window, s.window.words
	session := w.agent.state.Session
	again := func(kind func(string, func()) *kit.Button) *kit.Button {
		return kind(t.Text("window.try-again"), w.deeds.renew)
	}
	in := func(kind func(string, func()) *kit.Button) *kit.Button {
		return kind(t.Text("window.sign-in"), s.signIn)
	}
	another := func(kind func(string, func()) *kit.Button) *kit.Button {
		return kind(t.Text("window.out.another"), s.another)
	}
	switch cause := s.cause(); {
	case wantsProxyPassword(cause):
		return []*kit.Button{w.dialogs.givePassword(kit.Primary, cause, w.deeds.renew), again(kit.Secondary)}
	case !w.agent.known:
		return []*kit.Button{kit.Primary(t.Text("window.try-again"), w.agent.lookAgain)}
	case turnedOff(session.Problem):
		return []*kit.Button{again(kit.Secondary)} // a sign-in does not help
	case w.agent.state.Portal != nil && wantsAnother(session.Problem):
		return []*kit.Button{another(kit.Primary), in(kit.Secondary)}
	case s.phase == localapi.NeedsSignIn && w.agent.state.Portal != nil:
		return []*kit.Button{in(kit.Primary), another(kit.Secondary)}
	case s.phase == localapi.NeedsSignIn:
		return []*kit.Button{in(kit.Primary)}
	case s.phase == localapi.Blocked && session.Account != nil:
		switch wallOf(session.Problem) {
		case wallComputer:
			return []*kit.Button{again(kit.Primary)}
		case wallAccount:
			return []*kit.Button{s.hand(), another(kit.Secondary), again(kit.Secondary)}
		}
		return []*kit.Button{again(kit.Primary), in(kit.Secondary)}
	case s.phase == localapi.Blocked && w.agent.state.Portal != nil && ofKeyStore(session.Problem):
		return []*kit.Button{again(kit.Primary), in(kit.Secondary)}
	case s.phase == localapi.Blocked && w.agent.state.Portal != nil:
		return []*kit.Button{in(kit.Primary)} // a silent try could bring nobody back
	}
	if s.fixed {
		return []*kit.Button{again(kit.Primary)}
	}
	return []*kit.Button{again(kit.Primary), kit.Secondary(t.Text("window.other-address"), w.changeAddress)}
}

// signIn tries again at the problem's provider, or leads to the ways in if there are
// several and none is known.
func (s *problem) signIn() {
	w := s.window
	if id := w.agent.state.Session.Provider; id != "" {
		w.deeds.signIn(localapi.SignInRequest{Provider: id})
		return
	}
	if p := w.agent.state.Portal; p != nil && len(p.Providers) == 1 && !p.AddressFirst {
		w.deeds.signIn(localapi.SignInRequest{Provider: p.Providers[0].ID})
		return
	}
	w.detours.adding = true
	w.refresh()
}

// hand copies the details, for somebody to mend the problem: no button can.
func (s *problem) hand() *kit.Button {
	w := s.window
	b := w.clipboard.button(w.words.Text("window.details.copy"), forSupport(w.words, w.words.inWords(s.cause())))
	return b.Ranked(kit.RankPrimary).With("copy")
}

// another signs in somebody else at the same provider, if known.
func (s *problem) another() {
	w := s.window
	if id := w.agent.state.Session.Provider; id != "" && wantsAnother(w.agent.state.Session.Problem) {
		w.deeds.signIn(localapi.SignInRequest{Provider: id, Another: true})
		return
	}
	w.deeds.anotherAccount()
}

// turnedOff says whether IT lets nobody sign in here.
func turnedOff(p *localapi.Problem) bool {
	return p != nil && (p.Code == localapi.SignInTurnedOff || p.Code == localapi.PolicyUnclear)
}

// wall stops every sign-in until somebody mends it.
type wall int

const (
	wallNone     wall = iota
	wallComputer      // for every account on this computer
	wallAccount       // for this account
)

// ofKeyStore says whether a remembered sign-in may be there and cannot be read.
func ofKeyStore(p *localapi.Problem) bool { return p != nil && p.Exit() == localapi.ExitKeyStore }

func wallOf(p *localapi.Problem) wall {
	if p == nil {
		return wallNone
	}
	switch p.Exit() {
	case localapi.ExitUnreachable, localapi.ExitKeyStore, localapi.ExitUntrusted:
		return wallComputer
	case localapi.ExitRefused:
		if p.Code == localapi.DeviceNotManaged {
			return wallComputer
		}
		return wallAccount
	}
	return wallNone
}

// helpers are the ways to the IT team, if it can mend the problem.
func (s *problem) helpers(p *localapi.Problem) fyne.CanvasObject {
	w := s.window
	if p.Who() != localapi.YourIT || w.agent.state.Portal == nil {
		return nil
	}
	var ways []fyne.CanvasObject
	support := w.agent.state.Portal.Support
	for _, contact := range []struct{ icon, text, address string }{{"phone", support.Phone, support.Tel}, {"mail", support.Email, support.MailTo}} {
		switch act := w.browser.opens(contact.address); {
		case contact.text == "":
		case act == nil:
			ways = append(ways, kit.NewLabel(contact.text, kit.SizeText, kit.RoleText))
		default:
			ways = append(ways, kit.Link(contact.text, act).With(contact.icon))
		}
	}
	if len(ways) == 0 {
		return nil
	}
	return kit.Row(4, -1, ways...)
}
