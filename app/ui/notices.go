package ui

import (
	"strings"

	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/words"
)

// facts are what a person should do about a problem and who can mend it, on a
// card.
func facts(e words.Explanation) fyne.CanvasObject {
	var lines []fyne.CanvasObject
	add := func(icon, text string) {
		if text != "" {
			l := newLabel(text, sizeText, roleText).wrapped()
			lines = append(lines, rowTop(12, fixed(20, 20, newGlyph(icon, 20, roleAccent)), l))
		}
	}
	add("chevron-right", e.Next)
	add("people", e.Who)
	return card(column(10, lines...))
}

// details are lines for support under one line that unfolds them.
type details struct {
	object  *fyne.Container
	fold    *button
	body    *fyne.Container
	copied  *button
	changed func() // the height is another now
}

// newDetails shows the details of an explanation, and leads to the check that may
// find out more.
func newDetails(win *window, e words.Explanation, changed func()) *details {
	w := win.Words
	var forIT []fyne.CanvasObject
	if e.IT != "" {
		// Fyne draws a space behind an arrow from its fallback font, which has none.
		path := strings.ReplaceAll(e.IT, "→", "›")
		forIT = []fyne.CanvasObject{column(2,
			newLabel(w.Text("window.details.it"), sizeSmall, roleText).strong(),
			newLabel(path, sizeSmall, roleText).wrapped())}
	}
	d := &details{changed: changed}
	d.fold = link(w.Text("window.details.show"), d.toggle).with("chevron-down").calm()
	d.copied = secondary(w.Text("window.copy"), func() {
		win.copy(forSupport(w, e))
		d.copied.setText(w.Text("window.copied"))
	}).with("copy")
	look := secondary(w.Text("window.check.link"), func() { win.seek(helpCheck) }).with("pulse")
	lines := newLabel(strings.Join(e.Details, "\n"), sizeSmall, roleQuiet).wrapped()
	d.body = layers(
		newPanel(roleRail, roleLine, radiusControl),
		inset(10, 12, 12, 12, column(10, append(forIT, lines, row(10, -1, d.copied, look))...)))
	d.body.Hide()
	d.object = column(8, middle(d.fold), d.body)
	return d
}

// forSupport is what the IT team wants to have of an explanation, as a text.
func forSupport(w *words.Words, e words.Explanation) string {
	lines := e.Details
	if e.IT != "" {
		lines = append([]string{w.ForIT(e), ""}, lines...)
	}
	return strings.Join(lines, "\n")
}

func (d *details) toggle() {
	if d.body.Visible() {
		d.body.Hide()
		d.fold.setIcon("chevron-down")
	} else {
		d.body.Show()
		d.fold.setIcon("chevron-up")
	}
	d.changed()
	if d.body.Visible() {
		intoSight(d.body)
	}
}
