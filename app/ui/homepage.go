package ui

import (
	"strings"

	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
	"github.com/portico-desktop/portico/app/words"
)

// firstApps is how many apps Home shows before it leads to all of them.
const firstApps = 12

// homePage is the first page: a greeting, the fault if there is one, the ways to the IT
// team, and the apps.
type homePage struct {
	window                      *window
	greeting                    *kit.Label
	banners, contacts, launcher *part
}

func newHomePage(w *window) *page {
	p := &homePage{window: w, greeting: kit.Title(""), banners: newPart(16), contacts: newPart(0), launcher: newPart(16)}
	return &page{
		content: kit.Column(16, p.greeting, p.banners.object, p.contacts.object, p.launcher.object),
		change:  p.change,
	}
}

// change shows the news.
func (p *homePage) change() {
	w, state := p.window, p.window.agent.state
	p.greeting.Set(greeting(w.words, state.Session.Account))
	p.banners.show(p.shownBanners(), p.bannerLines)
	var support localapi.Support
	if state.Portal != nil {
		support = state.Portal.Support
	}
	p.contacts.show(support, func() []fyne.CanvasObject {
		if cards := contacts(w.words, w.browser, &support); len(cards) > 0 {
			return []fyne.CanvasObject{kit.Grid(190, 14, 3, cards...)}
		}
		return nil
	})
	p.launcher.show(apps(w), p.launch)
}

// shownBanners is the source of the banners.
type shownBanners struct {
	phase       localapi.Phase
	consent     bool
	why, portal *localapi.Problem
	notices     []localapi.Problem
	said        []words.Explanation // how these are put at present
}

func (p *homePage) shownBanners() shownBanners {
	w, s := p.window, p.window.agent.state
	now := shownBanners{
		phase: s.Session.Phase, consent: s.Session.Consent != nil, why: s.Session.Problem, portal: s.PortalProblem, notices: s.Notices,
	}
	for _, problem := range []*localapi.Problem{now.why, now.portal} {
		if problem != nil {
			now.said = append(now.said, w.words.inWords(problem))
		}
	}
	for i := range s.Notices {
		now.said = append(now.said, w.words.inWords(&s.Notices[i]))
	}
	return now
}

// greeting is for the time of day, with the given name if there is one.
func greeting(t *speech, a *localapi.Account) string {
	id := "window.greeting.evening"
	switch hour := t.now().Hour(); {
	case hour >= 5 && hour < 12:
		id = "window.greeting.morning"
	case hour >= 12 && hour < 18:
		id = "window.greeting.day"
	case hour < 5:
		id = "window.greeting.night"
	}
	if name := givenName(a); name != "" {
		return t.Text(id+".name", "Name", name)
	}
	return t.Text(id)
}

// givenName is how to greet somebody.
func givenName(a *localapi.Account) string {
	switch {
	case a == nil:
		return ""
	case a.GivenName != "":
		return a.GivenName
	}
	first, _, _ := strings.Cut(strings.TrimSpace(a.Name), " ")
	return first
}

// bannerLines tell of faults that stop nothing.
func (p *homePage) bannerLines() []fyne.CanvasObject {
	w, t := p.window, p.window.words
	var lines []fyne.CanvasObject
	why := w.agent.state.Session.Problem
	offline := []fyne.CanvasObject{kit.Link(t.Text("window.try-now"), w.deeds.renew)}
	if why != nil && why.Code != localapi.ProviderUnreachable { // there is more to know
		offline = append(offline, kit.Link(t.Text("window.details.open"), func() { w.dialogs.problem(why) }))
	}
	if w.agent.state.Session.Phase == localapi.Offline {
		lines = append(lines, kit.Banner(t.Text("window.offline.title"), t.Text("window.offline.text"),
			offline...))
	}
	add := func(problem *localapi.Problem, actions ...func() fyne.CanvasObject) {
		e := w.words.inWords(problem)
		lines = append(lines, kit.Banner(sentence(e.Title), e.Text,
			kit.Link(t.Text("window.details.open"), func() {
				var ways []fyne.CanvasObject
				for _, a := range actions {
					ways = append(ways, a())
				}
				w.dialogs.problem(problem, ways...)
			})))
	}
	if problem := w.agent.state.PortalProblem; problem != nil && w.agent.state.Session.Phase != localapi.Offline {
		add(problem, p.anew)
	}
	switch {
	case w.agent.state.Session.Phase != localapi.SignedIn || !refused(why):
	case w.agent.state.Session.Consent != nil: // another account waits for an administrator
		lines = append(lines, kit.Banner(sentence(t.Problem(why).Title), t.Problem(why).Text,
			kit.Link(t.Text("window.details.open"), func() {
				w.detours.consenting = true
				w.refresh()
			})))
	default:
		add(why) // how another attempt ended
	}
	for i := range w.agent.state.Notices {
		add(&w.agent.state.Notices[i])
	}
	return lines
}

// anew are the ways on from an unreadable portal.
func (p *homePage) anew() fyne.CanvasObject {
	w, t := p.window, p.window.words
	return kit.Grid(150, 10, 2,
		kit.Secondary(t.Text("window.try-again"), func() {
			w.dialogs.popup.Close()
			w.deeds.renew()
		}),
		kit.Secondary(t.Text("window.check.link"), func() { w.seek(helpCheck) }))
}

// sentence ends a title with a full stop, because more follows.
func sentence(title string) string {
	if title == "" || strings.ContainsAny(title[len(title)-1:], ".?!") {
		return title
	}
	return title + "."
}

// launch is the apps on the first page.
func (p *homePage) launch() []fyne.CanvasObject {
	w, t, apps := p.window, p.window.words, apps(p.window)
	switch {
	case len(apps) == 0:
		return []fyne.CanvasObject{
			kit.Heading(t.Text("window.apps")),
			kit.Card(kit.Body(t.Text("window.apps.none"))),
		}
	case len(apps) <= firstApps:
		return appGroups(w, apps)
	}
	all := kit.Link(t.Count("window.apps.all", len(apps)), func() { w.screens.home.turn(pageApps) })
	return []fyne.CanvasObject{
		kit.Row(8, 0, kit.Heading(t.Text("window.apps")), all),
		appTiles(w, apps[:firstApps]),
	}
}
