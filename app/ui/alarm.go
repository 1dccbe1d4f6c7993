package ui

import (
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

// alarms are what stands over every screen.
type alarms struct {
	gone  bool   // the agent does not answer
	why   string // what is known of that, "" for nothing
	next  string // and what to do
	whose string // whose portal it is that somebody else has opened
	actor string // who that is, "" for nobody
}

// alarms are those of the present state.
func (w *window) alarms() alarms {
	// Where nothing is known but why, there is a screen for that.
	a := alarms{gone: w.gone && (w.known || w.lost == nil)}
	if w.gone && w.lost != nil {
		e := w.explain(w.lost)
		a.why, a.next = e.Title+".", e.Text+" "+e.Next
	}
	switch w.state.Session.Phase {
	case localapi.SignedIn, localapi.Offline:
		if who := w.state.Session.Account; who != nil && who.Actor != "" {
			a.actor, a.whose = who.Actor, givenName(who)
			if a.whose == "" {
				a.whose = accountName(who)
			}
		}
	}
	return a
}

// showAlarm says over every screen that the agent does not answer, and that
// somebody else is at work as this person. Nothing closes either.
func (w *window) showAlarm() {
	now := w.alarms()
	if now == w.alarmed {
		return
	}
	w.alarmed = now
	w.alarm.Objects = nil
	if now.actor != "" {
		w.alarm.Objects = append(w.alarm.Objects, kit.Strip("people",
			w.Words.Text("window.actor.banner", "Name", now.whose, "Actor", now.actor)))
	}
	if now.gone {
		lead, text := w.Words.Text("window.gone.title"), w.Words.Text("window.gone.text")
		if now.why != "" {
			lead, text = now.why, now.next
		}
		w.alarm.Objects = append(w.alarm.Objects, kit.Layers(
			kit.NewRule(kit.RoleRail, 0, 0),
			kit.Column(0,
				kit.Inset(10, 16, 10, 16, kit.Banner(lead, text)),
				kit.NewRule(kit.RoleLine, 0, 1))))
	}
	w.alarm.Refresh()
}
