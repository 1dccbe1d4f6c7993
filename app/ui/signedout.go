package ui

import (
	"slices"

	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
)

// signedOut is the portal's door: its sign, and a button for each way in.
// After an attempt that failed it says why.
type signedOut struct {
	window  *window
	root    fyne.CanvasObject
	body    *fyne.Container
	buttons []*button
	shown   shownDoor
}

// shownDoor is what the screen was last built from.
type shownDoor struct {
	name      string
	providers []localapi.Provider
	problem   *localapi.Problem
	note      string
}

func newSignedOut(w *window) *signedOut {
	s := &signedOut{window: w, body: column(14)}
	s.root = sheet(400, true, inset(24, 0, 24, 0, s.body))
	return s
}

func (s *signedOut) object() fyne.CanvasObject { return s.root }
func (s *signedOut) back() bool                { return false }
func (s *signedOut) close()                    {}

func (s *signedOut) focus() fyne.Focusable { return nil }

func (s *signedOut) update() {
	w := s.window
	problem := w.trouble
	if problem == nil && w.signedOut == "" {
		problem = w.state.Session.Problem
	}
	door := shownDoor{
		name: w.state.Portal.Name, providers: w.state.Portal.Providers,
		problem: problem, note: w.signedOut,
	}
	if !s.shown.same(door) {
		s.shown = door
		s.build(door)
	}
	for _, b := range s.buttons {
		b.setOff(w.working)
	}
}

func (d shownDoor) same(o shownDoor) bool {
	return d.name == o.name && d.note == o.note && d.problem == o.problem && slices.Equal(d.providers, o.providers)
}

func (s *signedOut) build(d shownDoor) {
	w, t := s.window, s.window.Words
	lines := []fyne.CanvasObject{
		fixed(0, 64, middle(newBrand(w, 64))),
		gap(6 - 14),
		title(d.name).centred(),
	}
	refused := d.problem != nil && d.problem.Code != localapi.Cancelled
	switch {
	case refused:
		lines = append(lines, s.refusal(d.problem))
	case d.problem != nil: // the person knows why
		lines = append(lines, body(t.Problem(d.problem).Title).centred())
	case d.note != "":
		lines = append(lines, body(d.note).centred())
	default:
		lines = append(lines, body(t.Text("window.out.text")).centred())
	}
	if !refused {
		lines = append(lines, gap(6))
	}
	s.buttons = nil
	for i, p := range d.providers {
		id := p.ID
		make := secondary
		if i == 0 {
			make = primary
		}
		b := make(t.Text("window.out.sign-in", "Provider", p.Title), func() { w.signIn(id) }).saying(p.Description)
		s.buttons = append(s.buttons, b)
		lines = append(lines, b)
	}
	if !refused {
		lines = append(lines, small(t.Text("window.out.small")).centred())
	}
	s.body.Objects = lines
	s.root.Refresh()
}

// refusal says how the last attempt ended.
func (s *signedOut) refusal(p *localapi.Problem) fyne.CanvasObject {
	w := s.window
	e := w.Words.Problem(p)
	d := newDetails(w.Words, e, w.copy, s.root.Refresh)
	return column(4, card(rowTop(12, 1,
		fixed(20, 20, newGlyph("alert", 20, roleBad)),
		column(4,
			newLabel(e.Title, sizeText, roleText).strong().wrapped(),
			body(e.Text),
			newLabel(e.Next, sizeText, roleText).wrapped()))),
		d.object)
}
