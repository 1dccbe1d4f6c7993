package ui

import (
	"strings"

	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

func newAppsPage(w *window) *page {
	groups := newPart(16)
	return &page{
		content: kit.Column(16, kit.Title(w.words.Text("window.nav.apps")), groups.object),
		change: func() {
			groups.show(apps(w), func() []fyne.CanvasObject { return appGroups(w, apps(w)) })
		},
	}
}

// apps are those of the portal.
func apps(w *window) []localapi.App {
	if p := w.agent.state.Portal; p != nil {
		return p.Apps
	}
	return nil
}

func hasApps(w *window) bool { return len(apps(w)) > 0 }

// appGroups are apps under the headings of their groups, in the portal's order.
func appGroups(w *window, apps []localapi.App) []fyne.CanvasObject {
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
			head = w.words.Text("window.apps")
		}
		lines = append(lines, kit.Column(10, kit.Heading(head), appTiles(w, members[name])))
	}
	return lines
}

func appTiles(w *window, apps []localapi.App) fyne.CanvasObject {
	tiles := make([]fyne.CanvasObject, len(apps))
	for i, a := range apps {
		tiles[i] = appTile(w, a)
	}
	return kit.Grid(kit.TileWidth, 12, 0, tiles...)
}

// appTile is an app to press, as far as it can be opened.
func appTile(w *window, a localapi.App) *kit.Tile {
	return kit.NewTile(a.ID, a.Icon, a.Title, opensApp(w, a))
}

// opensApp opens an app when it is called, nil if it cannot be opened.
func opensApp(w *window, a localapi.App) func() {
	if a.URL == "" {
		return nil
	}
	return func() { w.browser.app(a.URL) }
}

// findApps are the apps found by a search.
func findApps(w *window, query string) []hit {
	var hits []hit
	for _, a := range matching(apps(w), query) {
		hits = append(hits, hit{of: a, tile: func() fyne.CanvasObject { return appTile(w, a) }, open: opensApp(w, a)})
	}
	return hits
}

// matching are the apps found by a search: every word of it begins a word of the app's
// title, group or keywords. Those whose title begins with the search come first.
func matching(apps []localapi.App, query string) []localapi.App {
	query = strings.ToLower(strings.TrimSpace(query))
	var first, rest []localapi.App
	for _, a := range apps {
		switch {
		case strings.HasPrefix(strings.ToLower(a.Title), query):
			first = append(first, a)
		case matches(a, strings.Fields(query)):
			rest = append(rest, a)
		}
	}
	return append(first, rest...)
}

func matches(a localapi.App, wanted []string) bool {
	text := strings.ToLower(strings.Join(append([]string{a.Title, a.Group}, a.Keywords...), " "))
	for _, w := range wanted {
		if !strings.Contains(" "+text, " "+w) {
			return false
		}
	}
	return true
}
