package ui

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
	"github.com/portico-desktop/portico/app/words"
)

// addressField asks for the person's mail address, because it decides on their provider.
// A fault in it is told below it.
type addressField struct {
	window *window
	field  *kit.Field
	onward *kit.Button
	// choose are the ways in for the address, if several fit.
	choose []*kit.Button
}

func newAddressField(w *window) *addressField {
	t := w.words
	a := &addressField{window: w}
	a.field = kit.NewField("mail", t.Text("window.out.address"), t.Text("window.out.address-placeholder"), w.keyboard.shortcut)
	a.field.OnChanged = func(string) {
		if aboutAddress(w.deeds.trouble) {
			w.deeds.trouble = nil // it was about the former text
			w.refresh()
		}
		a.update(w.deeds.working)
	}
	a.field.OnSubmitted = func(string) { a.goOn("") }
	a.onward = kit.Primary(t.Text("window.first.continue"), func() { a.goOn("") })
	return a
}

func (a *addressField) text() string { return strings.TrimSpace(a.field.Text) }

func (a *addressField) update(working bool) {
	a.onward.SetOff(working || a.text() == "")
	for _, b := range a.choose {
		b.SetOff(working)
	}
}

// goOn signs in with the address, at the chosen provider or the one found by it.
func (a *addressField) goOn(provider string) {
	if a.text() != "" {
		a.window.deeds.signIn(localapi.SignInRequest{Provider: provider, Account: a.text()})
	}
}

// aboutAddress says whether a problem is one of the typed address.
func aboutAddress(p *localapi.Problem) bool {
	return p != nil && (p.Code == localapi.NobodysAddress || p.Code == localapi.ChooseProvider)
}

// addressed is the door that asks for an address.
func (s *signedOut) addressed(d shownDoor) []fyne.CanvasObject {
	t, a := s.window.words, s.address
	asked := []fyne.CanvasObject{kit.NewLabel(t.Text("window.out.address"), kit.SizeLabel, kit.RoleText).Strong(), kit.FramedField(a.field)}
	a.choose = nil
	if aboutAddress(d.problem) {
		asked = append(asked, s.aboutAddress(d.problem))
	}
	lines := []fyne.CanvasObject{kit.Column(6, asked...)}
	if d.problem != nil && d.problem.Code == localapi.ChooseProvider {
		for _, b := range s.matching(d) {
			a.choose = append(a.choose, b)
			lines = append(lines, b)
		}
	} else {
		lines = append(lines, a.onward)
	}
	byHand := kit.Link(t.Text("window.out.by-hand"), func() {
		s.byHand = true
		s.window.deeds.trouble = nil
		s.window.refresh()
	}).Calm()
	lines = append(lines, s.foot(d)...)
	return append(lines, kit.Gap(-10), kit.Middle(byHand))
}

// aboutAddress tells the fault of the address.
func (s *signedOut) aboutAddress(p *localapi.Problem) fyne.CanvasObject {
	w := s.window
	if p.Code == localapi.ChooseProvider {
		return kit.RowTop(8, kit.Fixed(18, 20, kit.NewGlyph("info", 18, kit.RoleAccent)),
			kit.NewLabel(w.words.Text("window.out.choose"), kit.SizeText, kit.RoleText).Wrapped())
	}
	named := *p
	named.Params = map[string]string{"providers": p.Params["providers"], "address": s.address.text()}
	return fieldTrouble(w.words.inWords(&named))
}

// fieldTrouble tells below a field the fault of its text.
func fieldTrouble(e words.Explanation) fyne.CanvasObject {
	return kit.RowTop(8,
		kit.Fixed(18, 20, kit.NewGlyph("alert", 18, kit.RoleBad)),
		kit.Column(2, kit.NewLabel(e.Title, kit.SizeText, kit.RoleBad).Strong().Wrapped(), kit.Small(e.Next)))
}

// matching are buttons for the providers of an address; all of them when the agent names
// no known one.
func (s *signedOut) matching(d shownDoor) []*kit.Button {
	named := providerIDs(d.problem.Params["providers"])
	fits := func(p localapi.Provider) bool { return slices.Contains(named, p.ID) }
	if !slices.ContainsFunc(d.providers, fits) {
		fits = func(localapi.Provider) bool { return true }
	}
	var buttons []*kit.Button
	for _, p := range d.providers {
		if !fits(p) {
			continue
		}
		kind := kit.Secondary
		if len(buttons) == 0 {
			kind = kit.Primary
		}
		buttons = append(buttons, kind(s.window.words.Text("window.out.sign-in", "Provider", p.Title),
			func() { s.address.goOn(p.ID) }).Saying(p.Description))
	}
	return buttons
}
