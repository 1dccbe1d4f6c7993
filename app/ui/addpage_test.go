package ui

import (
	"context"
	"slices"
	"testing"

	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

// newPeoplePage says who is remembered on this computer, once it is asked.
func newPeoplePage(w *window) *page {
	answer := kit.Body("")
	ask := kit.Primary(w.words.Text("window.people.ask"), nil)
	ask.Act = func() {
		ask.Disable()
		var people []localapi.Account
		w.jobs.call(func(ctx context.Context) error { // not on Fyne's goroutine: it may take its time
			var err error
			people, err = w.agent.api.Accounts(ctx)
			return err
		}, func(err error) { // on Fyne's again
			ask.Enable()
			if p := problemOf(err); p != nil {
				w.dialogs.problem(p)
				return
			}
			answer.Set(w.words.Count("window.people.answer", len(people)))
			w.refresh() // what is below may move
		})
	}
	return &page{
		content: kit.Column(16, kit.Title(w.words.Text("window.nav.people")), kit.Row(0, -1, ask), answer),
	}
}

// peopleRow is the line for it in the table of pages.
func peopleRow() pageRow {
	return pageRow{name: "people", title: "window.nav.people", icon: "people", rail: railTop, key: fyne.Key6, make: newPeoplePage}
}

// The example of CONTRIBUTING ("Add a page") is a page like any other: it is in the rail,
// its key leads to it, and what it has to say stays. The texts are not in the files, so
// that their ids can be read.
func TestAddedPageIsAPageLikeAnyOther(t *testing.T) {
	onStage(t, scene{pages: []pageRow{peopleRow()}}, func(s *stage) {
		s.agent.accounts = several()
		s.hear(signedInState())
		s.tap("window.nav.people")
		if slices.Contains(s.texts(), "window.people.answer") {
			t.Error("it answers before it is asked")
		}
		s.tap("window.people.ask")
		s.reads("window.people.answer")
		s.shortcut(fyne.Key1)
		s.reads("Good morning, Ada")
		s.shortcut(fyne.Key6)
		s.reads("window.people.answer")
		s.key(fyne.KeyEscape)
		s.reads("Good morning, Ada")
	})
}
