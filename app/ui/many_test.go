package ui

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

// A portal with hundreds of apps is as usable as one with ten: Home shows the first of
// them, their page all, and the search finds the last one.
func TestHundredsOfAppsAreShown(t *testing.T) {
	const many = 500
	onStage(t, scene{}, func(s *stage) {
		state := signedInState()
		state.Portal.Apps = nil
		for i := range many {
			state.Portal.Apps = append(state.Portal.Apps, localapi.App{
				ID: fmt.Sprint("app", i), Title: fmt.Sprint("App ", i), Group: fmt.Sprint("Group ", i/50), URL: fmt.Sprintf("https://app%d.example/", i),
			})
		}
		s.hear(state)
		shows := func(where string, want int) {
			t.Helper()
			tiles := s.objects(func(o fyne.CanvasObject) bool { _, ok := o.(*kit.Tile); return ok })
			if len(tiles) != want {
				t.Errorf("%s shows %d apps, want %d", where, len(tiles), want)
			}
		}
		shows("Home", firstApps)
		s.tap(s.w.words.Count("window.apps.all", many))
		shows("the page of all", many)
		s.w.screens.shown.(*home).query.SetText("app 499")
		s.settle()
		shows("the search", 1)
		s.tap("App 499")
		if opened := s.openedURLs(); len(opened) != 1 || opened[0] != "https://app499.example/" {
			t.Errorf("opened %v", opened)
		}
	})
}
