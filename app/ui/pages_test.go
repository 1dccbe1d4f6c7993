package ui

import (
	"fmt"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

// replyPage is a page for tests: something to type at the end of much to read. made
// counts how often it is made, told how often it hears of changes, closed how often it is
// given up.
type replyPage struct {
	made, told, closed int
	reply              *kit.Field
}

func (r *replyPage) row() pageRow {
	return pageRow{name: "reply", title: "window.nav.reply", icon: "chat", rail: railTop, key: fyne.Key6, make: func(w *window) *page {
		r.made++
		r.reply = kit.NewField("chat", "Your reply", "", w.keyboard.shortcut)
		lines := []fyne.CanvasObject{kit.Title("A request")}
		for i := range 60 {
			lines = append(lines, kit.Body(fmt.Sprint("line ", i)))
		}
		return &page{
			content: kit.Column(16, append(lines, kit.FramedField(r.reply))...),
			change:  func() { r.told++ },
			focus:   func() fyne.Focusable { return r.reply },
			close:   func() { r.closed++ },
		}
	}}
}

// scrolled is how far a page is scrolled.
func (s *stage) scrolled(name string) float32 {
	return s.w.screens.home.pages[name].sheet.Objects[0].(*container.Scroll).Offset.Y
}

// What a person types on a page, where the keyboard is and where the page is scrolled to
// stay through everything but another person and another language.
func TestWhatIsTypedOnAPageStays(t *testing.T) {
	busier := func() localapi.State {
		state := offlineState()
		state.Revision++
		state.Portal.Name = "Contoso Help"
		state.Portal.Apps = state.Portal.Apps[:2]
		return state
	}
	other := signedInState()
	other.Session.Account = &localapi.Account{ID: "g1", Provider: "m365", Name: "Grace Hopper", Remembered: true}
	for _, tc := range []struct {
		name  string
		act   func(*stage)
		stays bool
	}{
		{"another state", func(s *stage) { s.hear(busier()) }, true},
		{"a refresh", func(s *stage) { s.key(fyne.KeyF5) }, true},
		{"another page and back, by keys", func(s *stage) {
			s.shortcut(fyne.Key1)
			s.reads("Good morning, Ada")
			s.shortcut(fyne.Key6)
		}, true},
		{"another page, another state and back, by the rail", func(s *stage) {
			s.tap("Settings")
			s.hear(busier())
			s.tap("window.nav.reply")
		}, true},
		{"every page and back", func(s *stage) {
			for _, key := range []fyne.KeyName{fyne.Key1, fyne.Key2, fyne.Key3, fyne.KeyComma, fyne.Key6} {
				s.shortcut(key)
			}
		}, true},
		{"signing in anew", func(s *stage) {
			s.hear(needsSignInState())
			s.hear(waitingState())
			s.hear(signedInState())
		}, true},
		{"somebody else", func(s *stage) { s.hear(other); s.shortcut(fyne.Key6) }, false},
		{"signing out", func(s *stage) {
			s.hear(signedOutState())
			s.hear(signedInState())
			s.reads("Good morning, Ada") // everybody begins there
			s.shortcut(fyne.Key6)
		}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := &replyPage{}
			onStage(t, scene{pages: []pageRow{r.row()}}, func(s *stage) {
				s.hear(signedInState())
				if r.made > 0 {
					t.Error("the page is made before it is shown")
				}
				s.shortcut(fyne.Key6)
				if s.w.win.Canvas().Focused() != r.reply {
					t.Fatalf("the keyboard goes to a %T", s.w.win.Canvas().Focused())
				}
				test.Type(r.reply, "It is the one on the 3rd floor")
				s.settle()
				first, before, at := r.reply, r.told, s.scrolled("reply")
				if at == 0 {
					t.Fatal("what is typed is not in sight")
				}
				tc.act(s)
				if !tc.stays {
					if r.made != 2 || r.closed != 1 || r.reply == first || r.reply.Text != "" {
						t.Errorf("made %d times, closed %d times, and it says %q", r.made, r.closed, r.reply.Text)
					}
					return
				}
				if r.made != 1 || r.closed != 0 || r.told == before {
					t.Errorf("made %d times, closed %d times, told of %d changes", r.made, r.closed, r.told-before)
				}
				if r.reply.Text != "It is the one on the 3rd floor" {
					t.Errorf("it says %q", r.reply.Text)
				}
				if s.w.win.Canvas().Focused() != r.reply {
					t.Errorf("the keyboard is at a %T", s.w.win.Canvas().Focused())
				}
				if now := s.scrolled("reply"); now != at {
					t.Errorf("it is scrolled to %v, not to %v", now, at)
				}
			})
			if r.made != r.closed {
				t.Errorf("made %d times and closed %d times", r.made, r.closed)
			}
		})
	}
}

// Home, the apps and the search keep what has not changed: the tile that has the keyboard
// is the same one after a change elsewhere.
func TestPagesKeepWhatHasNotChanged(t *testing.T) {
	for name, lead := range map[string]func(*stage){
		"home":   func(*stage) {},
		"apps":   func(s *stage) { s.shortcut(fyne.Key2) },
		"search": func(s *stage) { s.w.screens.home.query.SetText("mail"); s.settle() },
	} {
		t.Run(name, func(t *testing.T) {
			onStage(t, scene{}, func(s *stage) {
				s.hear(signedInState())
				lead(s)
				mail := s.find("Mail")
				s.w.win.Canvas().Focus(mail.(fyne.Focusable))
				s.hear(offlineState())
				if s.find("Mail") != mail || s.w.win.Canvas().Focused() != mail.(fyne.Focusable) {
					t.Error("the app is drawn anew")
				}
				fewer := offlineState()
				fewer.Portal.Apps[0].Title = "Post"
				fewer.Portal.Apps[0].Keywords = []string{"mail"}
				s.hear(fewer)
				s.find("Post")
				if slices.Contains(s.names(), "Mail") {
					t.Error("what has changed is not drawn anew")
				}
			})
		})
	}
}

// The table is what rail and keys go by.
func TestPagesAreInStepWithTheirTable(t *testing.T) {
	names, keys := map[string]bool{}, map[fyne.KeyName]bool{fyne.KeyK: true} // the search field's
	for _, row := range pages() {
		if row.name == "" || names[row.name] || row.make == nil {
			t.Errorf("%+v: it has no name of its own, or cannot be made", row.name)
		}
		if row.key != "" && keys[row.key] {
			t.Errorf("%s: its key is another page's", row.name)
		}
		names[row.name], keys[row.key] = true, true
	}
	onStage(t, scene{}, func(s *stage) {
		s.hear(signedInState())
		for _, row := range pages() {
			if row.rail != railNone {
				s.tap(s.w.words.Text(row.title))
			} else if row.key == "" {
				continue
			}
			s.shortcut(row.key)
			if at := s.w.screens.home.front; at != row.name {
				t.Errorf("%s: what is shown is %s", row.name, at)
			}
		}
	})
}
