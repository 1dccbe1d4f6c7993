package ui

import (
	"reflect"

	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/ui/kit"
)

// The names of pages.
const (
	pageHome     = "home"
	pageApps     = "apps"
	pageSearch   = "search"
	pageHelp     = "help"
	pageSettings = "settings"
)

// pageRow is a line in the table of pages. The rail, the keys and the search go by it.
type pageRow struct {
	// name is the page's name in the program.
	name string
	// title is the id of its words in the rail, and icon stands before them.
	title, icon string
	rail        railPlace
	// key leads to the page together with Ctrl (on macOS, Command); "" for none.
	key fyne.KeyName
	// offered says whether there is such a page at present; nil for always.
	offered func(*window) bool
	// make makes the page when it is first shown.
	make func(*window) *page
	// finds is what a search finds on the page, best first; nil for nothing.
	finds func(w *window, query string) []hit
}

// railPlace is a page's place in the rail.
type railPlace int

const (
	railNone   railPlace = iota // other pages lead to it
	railTop                     // among those that people are here for
	railBottom                  // among those about Portico
)

// pages is the table of pages, in the order of the rail. Everybody begins with the first.
func pages() []pageRow {
	return []pageRow{
		{name: pageHome, title: "window.nav.home", icon: "home", rail: railTop, key: fyne.Key1, make: newHomePage},
		{name: pageApps, title: "window.nav.apps", icon: "apps", rail: railTop, key: fyne.Key2, make: newAppsPage, offered: hasApps, finds: findApps},
		{name: pageSearch, make: newSearchPage},
		{name: pageHelp, title: "window.nav.help", icon: "question", rail: railBottom, key: fyne.Key3, make: newHelpPage},
		{name: pageSettings, title: "window.nav.settings", icon: "settings", rail: railBottom, key: fyne.KeyComma, make: newSettingsPage},
	}
}

// page is one of the pages of Home. It is made when it is first shown, and stays until
// somebody else is signed in: its typed text, its scrolling and its keyboard's place are
// there again when the person comes back. So it is told of changes, and changes in place.
// Functions that are nil do nothing.
type page struct {
	// content is the drawing. It is as wide as there is room, and scrolls.
	content fyne.CanvasObject
	// change shows the present state: before the page is first shown, and after every
	// change while Home is there, in front or not.
	change func()
	// turned hears that the person has come here by the rail or its key.
	turned func()
	// back answers Esc, and says whether there was anything to go back to; otherwise Esc
	// leads to the first page.
	back func() bool
	// focus is for the keyboard when the person comes here, unless it was elsewhere on
	// the page when they left.
	focus func() fyne.Focusable
	// close ends the work of a page, when it is given up.
	close func()

	sheet   *fyne.Container // shows the content, and scrolls
	focused fyne.Focusable  // the keyboard's place when the person left
}

// hit is something that a search has found on a page.
type hit struct {
	// of is its subject, and tells one hit from another.
	of any
	// tile is its drawing.
	tile func() fyne.CanvasObject
	// open opens it; nil if it cannot be opened.
	open func()
}

// part is a piece of a page. It is made anew when its subject is another, and only then.
type part struct {
	object *fyne.Container
	of     any
}

func newPart(gap float32) *part { return &part{object: kit.Column(gap)} }

// show brings the part up to date: of is all that lines go by. A part without any takes
// no room.
func (p *part) show(of any, lines func() []fyne.CanvasObject) {
	if p.of != nil && reflect.DeepEqual(p.of, of) {
		return
	}
	p.of, p.object.Objects = of, lines()
	p.object.Hidden = len(p.object.Objects) == 0
}
