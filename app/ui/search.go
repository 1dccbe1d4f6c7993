package ui

import (
	"strings"

	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

// matching are the apps that a search finds: every word of it begins a word of
// the app's title, group or keywords. Those whose title begins with the search
// come first.
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

// results is the page of a search.
func (h *home) results(query string) fyne.CanvasObject {
	t := h.window.words
	found := matching(h.apps(), query)
	if len(found) == 0 {
		return kit.Column(16, kit.Title(t.Text("window.search.none", "Query", query)),
			kit.Body(t.Text("window.search.none-text")))
	}
	return kit.Column(16, kit.Title(t.Count("window.search.found", len(found))), h.tiles(found),
		kit.Small(t.Text("window.search.enter")))
}

// openFirst opens the first app that the search finds.
func (h *home) openFirst() {
	for _, a := range matching(h.apps(), h.query.Text) {
		if a.URL != "" && strings.TrimSpace(h.query.Text) != "" {
			h.window.browser.app(a.URL)
			return
		}
	}
}
