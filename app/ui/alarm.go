package ui

import (
	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

// alarm says over every screen what must not be overlooked.
type alarm struct {
	agent  *agent
	words  *speech
	object *fyne.Container
	shown  alarms
}

// alarms are what stands over every screen.
type alarms struct {
	gone  bool   // the agent does not answer
	why   string // what is known of that, "" for nothing
	next  string // and what to do
	whose string // whose portal it is that somebody else has opened
	actor string // who that is, "" for nobody
}

// present are those of the present state.
func (x *alarm) present() alarms {
	// Where nothing is known but why, there is a screen for that.
	a := alarms{gone: x.agent.gone && (x.agent.known || x.agent.lost == nil)}
	if x.agent.gone && x.agent.lost != nil {
		e := x.words.explain(x.agent.lost)
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

// show says over every screen that the agent does not answer, and that
// somebody else is at work as this person. Nothing closes either.
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
