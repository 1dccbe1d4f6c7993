package ui

import (
	"reflect"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

// firstApps is how many apps Home shows before it leads to all of them.
const firstApps = 12

// shownHome is what a page was built from.
type shownHome struct {
	section  section
	query    string
	state    localapi.State
	greeting string
}

// snapshot is what the page depends on at present.
func (h *home) snapshot() shownHome {
	w := h.window
	s := w.agent.state
	s.Revision, s.PortalChecked = 0, time.Time{}
	now := shownHome{section: w.screens.section, query: strings.TrimSpace(h.query.Text), state: s, greeting: w.greeting()}
	if now.lasting() != sectionHome {
		now.state, now.greeting = localapi.State{}, ""
	}
	return now
}

// lasting is the section whose page is brought up to date instead of being built
// anew, sectionHome for none.
func (s shownHome) lasting() section {
	if s.query == "" && (s.section == sectionSettings || s.section == sectionHelp) {
		return s.section
	}
	return sectionHome
}

func (s shownHome) same(o shownHome) bool { return reflect.DeepEqual(s, o) }

// homePage is the first page: a greeting, what is wrong if anything is, the
// ways to the IT team, and the apps.
func (h *home) homePage() fyne.CanvasObject {
	w := h.window
	lines := []fyne.CanvasObject{kit.Title(w.greeting())}
	lines = append(lines, h.banners()...)
	if cards := w.contacts(); len(cards) > 0 {
		lines = append(lines, kit.Grid(190, 14, 3, cards...))
	}
	return kit.Column(16, append(lines, h.launcher()...)...)
}

// greeting is for the time of day, with the given name where there is one.
func (w *window) greeting() string {
	id := "window.greeting.evening"
	switch hour := w.params.Now().Hour(); {
	case hour >= 5 && hour < 12:
		id = "window.greeting.morning"
	case hour >= 12 && hour < 18:
		id = "window.greeting.day"
	case hour < 5:
		id = "window.greeting.night"
	}
	if name := givenName(w.agent.state.Session.Account); name != "" {
		return w.words.Text(id+".name", "Name", name)
	}
	return w.words.Text(id)
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

// banners say what is wrong without stopping anything.
func (h *home) banners() []fyne.CanvasObject {
	w, t := h.window, h.window.words
	var lines []fyne.CanvasObject
	why := w.agent.state.Session.Problem
	offline := []fyne.CanvasObject{kit.Link(t.Text("window.try-now"), w.deeds.renew)}
	if why != nil && why.Code != localapi.ProviderUnreachable { // there is more to know than that
		offline = append(offline, kit.Link(t.Text("window.details.open"), func() { w.dialogs.problem(why) }))
	}
	if w.agent.state.Session.Phase == localapi.Offline {
		lines = append(lines, kit.Banner(t.Text("window.offline.title"), t.Text("window.offline.text"),
			offline...))
	}
	add := func(p *localapi.Problem, actions ...func() fyne.CanvasObject) {
		e := w.words.explain(p)
		lines = append(lines, kit.Banner(sentence(e.Title), e.Text,
			kit.Link(t.Text("window.details.open"), func() {
				var ways []fyne.CanvasObject
				for _, a := range actions {
					ways = append(ways, a())
				}
				w.dialogs.problem(p, ways...)
			})))
	}
	if p := w.agent.state.PortalProblem; p != nil && w.agent.state.Session.Phase != localapi.Offline {
		add(p, h.anew)
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

// anew are the ways on from a portal that could not be read.
func (h *home) anew() fyne.CanvasObject {
	w, t := h.window, h.window.words
	return kit.Grid(150, 10, 2,
		kit.Secondary(t.Text("window.try-again"), func() {
			w.dialogs.popup.Close()
			w.deeds.renew()
		}),
		kit.Secondary(t.Text("window.check.link"), func() { w.seek(helpCheck) }))
}

// sentence ends a title with a full stop, for a place where more follows.
func sentence(title string) string {
	if title == "" || strings.ContainsAny(title[len(title)-1:], ".?!") {
		return title
	}
	return title + "."
}

// contacts are the ways to the IT team.
func (w *window) contacts() []fyne.CanvasObject {
	t := w.words
	if w.agent.state.Portal == nil {
		return nil
	}
	s := w.agent.state.Portal.Support
	var cards []fyne.CanvasObject
	if s.Phone != "" {
		then := s.Hours
		if then == "" && s.Tel != "" {
			then = t.Text("window.contact.call")
		}
		cards = append(cards, kit.NewContact("phone", s.Phone, then, w.browser.opens(s.Tel)))
	}
	if s.Email != "" {
		cards = append(cards, kit.NewContact("mail", t.Text("window.contact.mail"), s.Email, w.browser.opens(s.MailTo)))
	}
	if s.URL != "" {
		cards = append(cards, kit.NewContact("globe", t.Text("window.contact.web"), hostOf(s.URL),
			func() { w.browser.link(s.URL) }))
	}
	if s.Hours != "" && s.Phone == "" {
		cards = append(cards, kit.NewContact("clock", t.Text("window.contact.hours"), s.Hours, nil))
	}
	return cards
}

// hostOf is the part of an address that people recognise.
func hostOf(address string) string {
	_, rest, found := strings.Cut(address, "://")
	if !found {
		rest = address
	}
	host, _, _ := strings.Cut(rest, "/")
	return host
}

// launcher is the apps on the first page.
func (h *home) launcher() []fyne.CanvasObject {
	t, apps := h.window.words, h.apps()
	switch {
	case len(apps) == 0:
		return []fyne.CanvasObject{
			kit.Heading(t.Text("window.apps")),
			kit.Card(kit.Body(t.Text("window.apps.none"))),
		}
	case len(apps) <= firstApps:
		return h.groups(apps)
	}
	all := kit.Link(t.Count("window.apps.all", len(apps)), func() { h.turn(sectionApps) })
	return []fyne.CanvasObject{
		kit.Row(8, 0, kit.Heading(t.Text("window.apps")), all),
		h.tiles(apps[:firstApps]),
	}
}

// groups are apps under the headings of their groups, in the portal's order.
func (h *home) groups(apps []localapi.App) []fyne.CanvasObject {
	var names []string
	members := make(map[string][]localapi.App)
	for _, a := range apps {
		if _, known := members[a.Group]; !known {
			names = append(names, a.Group)
		}
		members[a.Group] = append(members[a.Group], a)
	}
	var lines []fyne.CanvasObject
	for _, name := range names {
		head := name
		if head == "" {
			head = h.window.words.Text("window.apps")
		}
		lines = append(lines, kit.Column(10, kit.Heading(head), h.tiles(members[name])))
	}
	return lines
}

func (h *home) tiles(apps []localapi.App) fyne.CanvasObject {
	tiles := make([]fyne.CanvasObject, len(apps))
	for i, a := range apps {
		var open func()
		if a.URL != "" {
			open = func() { h.window.browser.app(a.URL) }
		}
		tiles[i] = kit.NewTile(a.ID, a.Icon, a.Title, open)
	}
	return kit.Grid(kit.TileWidth, 12, 0, tiles...)
}

// appsPage is all apps.
func (h *home) appsPage() fyne.CanvasObject {
	lines := []fyne.CanvasObject{kit.Title(h.window.words.Text("window.nav.apps"))}
	return kit.Column(16, append(lines, h.groups(h.apps())...)...)
}
