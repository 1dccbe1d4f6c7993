package ui

import (
	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

// alarm shows over every screen the things not to be overlooked.
type alarm struct {
	agent  *agent
	words  *speech
	object *fyne.Container
	shown  alarms
}

// alarms stand over every screen.
type alarms struct {
	gone  bool   // the agent does not answer
	why   string // the cause, "" if nothing is known
	next  string // and the next step
	whose string // the owner of the portal opened by somebody else
	actor string // that somebody, "" for nobody
}

// present are those of the present state.
func (x *alarm) present() alarms {
	// With nothing known but the cause, there is a screen for it.
	a := alarms{gone: x.agent.gone && (x.agent.known || x.agent.lost == nil)}
	if x.agent.gone && x.agent.lost != nil {
		e := x.words.inWords(x.agent.lost)
		a.why, a.next = e.Title+".", e.Text+" "+e.Next
	}
	switch x.agent.state.Session.Phase {
	case localapi.SignedIn, localapi.Offline:
		if who := x.agent.state.Session.Account; who != nil && who.Actor != "" {
			a.actor, a.whose = who.Actor, givenName(who)
			if a.whose == "" {
				a.whose = accountName(who)
			}
		}
	}
	return a
}

// show tells over every screen of an agent without an answer, and of somebody else at
// work as this person. Nothing closes either.
func (x *alarm) show() {
	now := x.present()
	if now == x.shown {
		return
	}
	x.shown = now
	x.object.Objects = nil
	if now.actor != "" {
		x.object.Objects = append(x.object.Objects, kit.Strip("people",
			x.words.Text("window.actor.banner", "Name", now.whose, "Actor", now.actor)))
	}
	if now.gone {
		lead, text := x.words.Text("window.gone.title"), x.words.Text("window.gone.text")
		if now.why != "" {
			lead, text = now.why, now.next
		}
		x.object.Objects = append(x.object.Objects, kit.Layers(
			kit.NewRule(kit.RoleRail, 0, 0),
			kit.Column(0,
				kit.Inset(10, 16, 10, 16, kit.Banner(lead, text)),
				kit.NewRule(kit.RoleLine, 0, 1))))
	}
	x.object.Refresh()
}
