package ui

import (
	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

const statusHeight = 32

// statusLine tells the truth at the bottom of every screen: the signed-in person, or the
// trouble, and how fresh the content is.
type statusLine struct {
	agent    *agent
	words    *speech
	deeds    *deeds
	settings *settings
	alarm    *alarm
	kind     kind // of the screen above it

	object      fyne.CanvasObject
	dot         *kit.Dot
	left, right *kit.Label
	help        *fyne.Container // leads to the help
	// portal leads to another portal, in place of right if it is offered.
	portal *kit.Button
	change *fyne.Container // holds it
}

func newStatusLine(w *window) *statusLine {
	s := &statusLine{
		agent: w.agent, words: w.words, deeds: w.deeds, settings: w.settings, alarm: w.frame.alarm,

		dot:   kit.NewDot(8, kit.RoleQuiet),
		left:  kit.NewLabel("", kit.SizeSmall, kit.RoleQuiet).Cut(),
		right: kit.NewLabel("", kit.SizeSmall, kit.RoleQuiet),
		help: kit.Fixed(0, 24, kit.Inset(0, -8, 0, 0,
			kit.Link(w.words.Text("window.nav.help"), w.seekHelp).Fine())),
	}
	s.portal = kit.Link("", w.changeAddress).Fine()
	s.change = kit.Fixed(0, 24, kit.Inset(0, -8, 0, 0, s.portal))
	s.object = kit.Layers(
		kit.NewRule(kit.RoleRail, 0, 0),
		kit.Column(0, kit.NewRule(kit.RoleLine, 0, 1),
			kit.Fixed(0, statusHeight-1, kit.Inset(0, 16, 0, 16, kit.Row(8, 1, s.dot, s.left, s.right, s.change, s.help)))))
	return s
}

// show brings the line up to date, under a screen of this kind.
func (s *statusLine) show(under kind) {
	s.kind = under
	text, color := s.text()
	s.dot.Color = color
	s.left.Text, s.right.Text = text, s.freshness()
	s.change.Hidden = !s.offersChange()
	s.right.Hidden = !s.change.Hidden
	if offered := s.agent.state.Portal; offered != nil && !s.change.Hidden {
		s.portal.SetText(offered.Host)
		s.portal.Name = s.words.Text("window.first.another") + ", " + offered.Host
	}
	s.help.Hidden = s.kind == kindHome || s.kind == kindHelp // there it has a place of its own
	s.object.Refresh()
}

// offersChange says whether the portal's address leads to another one: nobody is signed
// in to find it in the settings, and IT has not decided it.
func (s *statusLine) offersChange() bool {
	return (s.kind == kindSignedOut || s.kind == kindProblem) && s.agent.state.Portal != nil &&
		s.agent.state.Session.Phase != localapi.SigningIn && !s.deeds.checking && !s.settings.portalFixed()
}

// text is the left side of the line, and the colour of its dot.
func (s *statusLine) text() (string, kit.Role) {
	t := s.words
	session := s.agent.state.Session
	if s.agent.gone {
		if s.agent.lost != nil && s.agent.lost.Code == localapi.AgentSilent {
			return t.Text("window.status.silent"), kit.RoleBad
		}
		return t.Text("window.status.gone"), kit.RoleBad
	}
	if !s.agent.known {
		return t.Text("window.status.starting"), kit.RoleQuiet
	}
	if s.kind == kindConsent {
		return t.Text("window.status.consent"), kit.RoleWarning
	}
	who, title := accountName(session.Account), s.agent.providerTitle(session.Provider)
	if actor := s.alarm.present().actor; actor != "" {
		return t.Text("window.status.actor", "Account", who, "Actor", actor), kit.RoleWarning
	}
	switch session.Phase {
	case localapi.Unconfigured:
		return t.Text("window.status.unconfigured"), kit.RoleQuiet
	case localapi.SignedOut:
		return t.Text("window.status.signed-out"), kit.RoleQuiet
	case localapi.SigningIn:
		return t.Text("window.status.signing-in"), kit.RoleAccent
	case localapi.SignedIn:
		if title == "" {
			return t.Text("window.status.signed-in-as", "Account", who), kit.RoleGood
		}
		return t.Text("window.status.signed-in", "Account", who, "Provider", title), kit.RoleGood
	case localapi.Offline:
		return t.Text("window.status.offline", "Time", s.words.moment(session.Since), "Account", who), kit.RoleWarning
	case localapi.NeedsSignIn:
		return t.Text("window.status.needs-sign-in"), kit.RoleWarning
	case localapi.Blocked:
		return t.Text("window.status.blocked"), kit.RoleBad
	default:
		return t.Text("window.status.starting"), kit.RoleQuiet
	}
}

// freshness is the right side of the line: how old the content is, or the portal's host
// on screens without any.
func (s *statusLine) freshness() string {
	state := s.agent.state
	switch {
	case s.deeds.checking:
		return s.words.Text("window.fresh.checking")
	case s.kind != kindHome || state.PortalChecked.IsZero():
		if state.Portal != nil {
			return state.Portal.Host
		}
		return ""
	case state.PortalProblem != nil || state.Session.Phase == localapi.Offline || s.agent.gone:
		return s.words.Text("window.fresh.as-of", "Time", s.words.moment(state.PortalChecked))
	}
	return s.words.Text("window.fresh.now")
}

// accountName is an account's name in a line.
func accountName(a *localapi.Account) string {
	switch {
	case a == nil:
		return ""
	case a.Email != "":
		return a.Email
	default:
		return a.Name
	}
}
