package ui

import (
	"strings"

	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/ui/kit"
)

// newSearchPage shows the hits of a search on all pages. It lies over the page chosen in
// the rail, as long as there is something in the search field.
func newSearchPage(w *window) *page {
	results := newPart(16)
	query := ""
	p := &page{content: results.object}
	p.change = func() {
		now := w.screens.searched()
		hits := search(w, now)
		results.show(shownResults{now, whatOf(hits)}, func() []fyne.CanvasObject { return resultLines(w.words, now, hits) })
		if now != query {
			query = now
			kit.ScrollUp(p.sheet)
		}
	}
	return p
}

// shownResults is the source of the results.
type shownResults struct {
	query string
	found []any
}

func whatOf(hits []hit) []any {
	what := make([]any, len(hits))
	for i, h := range hits {
		what[i] = h.of
	}
	return what
}

// search is the answer of the pages to a query.
func search(w *window, query string) []hit {
	var hits []hit
	for _, row := range w.screens.pages {
		if row.finds != nil && query != "" {
			hits = append(hits, row.finds(w, query)...)
		}
	}
	return hits
}

func resultLines(t *speech, query string, hits []hit) []fyne.CanvasObject {
	if len(hits) == 0 {
		return []fyne.CanvasObject{kit.Title(t.Text("window.search.none", "Query", query)), kit.Body(t.Text("window.search.none-text"))}
	}
	tiles := make([]fyne.CanvasObject, len(hits))
	for i, h := range hits {
		tiles[i] = h.tile()
	}
	return []fyne.CanvasObject{
		kit.Title(t.Count("window.search.found", len(hits))),
		kit.Grid(kit.TileWidth, 12, 0, tiles...),
		kit.Small(t.Text("window.search.enter")),
	}
}

// searched is the query, "" for nothing.
func (s *screens) searched() string { return strings.TrimSpace(s.query) }

// openFirst opens the first hit that can be opened.
func (h *home) openFirst() {
	for _, found := range search(h.window, h.window.screens.searched()) {
		if found.open != nil {
			found.open()
			return
		}
	}
}
