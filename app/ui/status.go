package ui

import (
	"time"

	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

const statusHeight = 32

// statusLine tells the truth at the bottom of every screen: who is signed in,
// or what stands in the way, and how fresh the content is.
type statusLine struct {
	object      fyne.CanvasObject
	dot         *kit.Dot
	left, right *kit.Label
	help        *fyne.Container // leads to the help
	// portal leads to another portal, in place of right where that is offered.
	portal *kit.Button
	change *fyne.Container // holds it
}

func newStatusLine(w *window) *statusLine {
	s := &statusLine{
		dot:   kit.NewDot(8, kit.RoleQuiet),
		left:  kit.NewLabel("", kit.SizeSmall, kit.RoleQuiet).Cut(),
		right: kit.NewLabel("", kit.SizeSmall, kit.RoleQuiet),
		help: kit.Fixed(0, 24, kit.Inset(0, -8, 0, 0,
			kit.Link(w.Words.Text("window.nav.help"), w.seekHelp).Fine())),
	}
	s.portal = kit.Link("", w.changeAddress).Fine()
	s.change = kit.Fixed(0, 24, kit.Inset(0, -8, 0, 0, s.portal))
	s.object = kit.Layers(
		kit.NewRule(kit.RoleRail, 0, 0),
		kit.Column(0, kit.NewRule(kit.RoleLine, 0, 1),
			kit.Fixed(0, statusHeight-1, kit.Inset(0, 16, 0, 16, kit.Row(8, 1, s.dot, s.left, s.right, s.change, s.help)))))
	return s
}

// show brings the line up to date.
func (s *statusLine) show(w *window) {
	text, color := w.statusText()
	s.dot.Color = color
	s.left.Text, s.right.Text = text, w.freshness()
	s.change.Hidden = !w.offersChange()
	s.right.Hidden = !s.change.Hidden
	if offered := w.state.Portal; offered != nil && !s.change.Hidden {
		s.portal.SetText(offered.Host)
		s.portal.Name = w.Words.Text("window.first.another") + ", " + offered.Host
	}
	s.help.Hidden = w.kind == kindHome || w.kind == kindHelp // there it has a place of its own
	s.object.Refresh()
}

// offersChange says that the portal's address leads to another one: nobody is
// signed in who would find that in the settings, and IT has not decided it.
func (w *window) offersChange() bool {
	return (w.kind == kindSignedOut || w.kind == kindProblem) && w.state.Portal != nil &&
		w.state.Session.Phase != localapi.SigningIn && !w.checking && !w.portalFixed()
}

// statusText is the left side of the line, and the colour of its dot.
func (w *window) statusText() (string, kit.Role) {
	t := w.Words
	session := w.state.Session
	if w.gone {
		if w.lost != nil && w.lost.Code == localapi.AgentSilent {
			return t.Text("window.status.silent"), kit.RoleBad
		}
		return t.Text("window.status.gone"), kit.RoleBad
	}
	if !w.known {
		return t.Text("window.status.starting"), kit.RoleQuiet
	}
	if w.kind == kindConsent {
		return t.Text("window.status.consent"), kit.RoleWarning
	}
	who, title := accountName(session.Account), w.providerTitle(session.Provider)
	if actor := w.alarms().actor; actor != "" {
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
		return t.Text("window.status.offline", "Time", w.moment(session.Since), "Account", who), kit.RoleWarning
	case localapi.NeedsSignIn:
		return t.Text("window.status.needs-sign-in"), kit.RoleWarning
	case localapi.Blocked:
		return t.Text("window.status.blocked"), kit.RoleBad
	default:
		return t.Text("window.status.starting"), kit.RoleQuiet
	}
}

// freshness is the right side of the line: how old the content is where there
// is content, and whose portal it is elsewhere.
func (w *window) freshness() string {
	s := w.state
	switch {
	case w.checking:
		return w.Words.Text("window.fresh.checking")
	case w.kind != kindHome || s.PortalChecked.IsZero():
		if s.Portal != nil {
			return s.Portal.Host
		}
		return ""
	case s.PortalProblem != nil || s.Session.Phase == localapi.Offline || w.gone:
		return w.Words.Text("window.fresh.as-of", "Time", w.moment(s.PortalChecked))
	}
	return w.Words.Text("window.fresh.now")
}

// moment is a time as people say it: the hour today, the date before.
func (w *window) moment(t time.Time) string {
	now := w.Now()
	t = t.In(now.Location())
	if t.YearDay() == now.YearDay() && t.Year() == now.Year() {
		return t.Format("15:04")
	}
	return t.Format(w.Words.Text("window.date-format"))
}

// providerTitle is what a provider is called, "" when that is unknown.
func (w *window) providerTitle(id string) string {
	if w.state.Portal != nil {
		for _, p := range w.state.Portal.Providers {
			if p.ID == id {
				return p.Title
			}
		}
	}
	return ""
}

// accountName is what to call an account in a line.
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
