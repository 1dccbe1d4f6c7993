package ui

import (
	"strings"

	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/ui/kit"
	"github.com/portico-desktop/portico/app/words"
)

// facts are the next step of a person with a problem, and the people who can mend it, on
// a card.
func facts(e words.Explanation) fyne.CanvasObject {
	var lines []fyne.CanvasObject
	add := func(icon, text string) {
		if text != "" {
			l := kit.NewLabel(text, kit.SizeText, kit.RoleText).Wrapped()
			lines = append(lines, kit.RowTop(12, kit.Fixed(20, 20, kit.NewGlyph(icon, 20, kit.RoleAccent)), l))
		}
	}
	add("chevron-right", e.Next)
	add("people", e.Who)
	return kit.Card(kit.Column(10, lines...))
}

// forSupport is an explanation for the IT team, as a text.
func forSupport(t *speech, e words.Explanation) string {
	lines := e.Details
	if e.IT != "" {
		lines = append([]string{t.ForIT(e), ""}, lines...)
	}
	return strings.Join(lines, "\n")
}

// details are lines for support under one line that unfolds them.
type details struct {
	object  *fyne.Container
	fold    *kit.Button
	body    *fyne.Container
	copied  *kit.Button
	changed func() // the height is another now
}

// details shows the details of an explanation, and leads to the check for finding out
// more.
func (o *dialogs) details(e words.Explanation, changed func()) *details {
	var forIT []fyne.CanvasObject
	if e.IT != "" {
		// Fyne draws a space behind an arrow from its fallback font, and that has none.
		path := strings.ReplaceAll(e.IT, "→", "›")
		forIT = []fyne.CanvasObject{kit.Column(2,
			kit.NewLabel(o.words.Text("window.details.it"), kit.SizeSmall, kit.RoleText).Strong(),
			kit.NewLabel(path, kit.SizeSmall, kit.RoleText).Wrapped())}
	}
	d := &details{changed: changed}
	d.fold = kit.Link(o.words.Text("window.details.show"), d.toggle).With("chevron-down").Calm()
	d.copied = kit.Secondary(o.words.Text("window.copy"), func() {
		o.clipboard.copy(forSupport(o.words, e))
		d.copied.SetText(o.words.Text("window.copied"))
	}).With("copy")
	look := kit.Secondary(o.words.Text("window.check.link"), func() { o.seek(helpCheck) }).With("pulse")
	lines := kit.NewLabel(strings.Join(e.Details, "\n"), kit.SizeSmall, kit.RoleQuiet).Wrapped()
	d.body = kit.Layers(
		kit.NewPanel(kit.RoleRail, kit.RoleLine, kit.RadiusControl),
		kit.Inset(10, 12, 12, 12, kit.Column(10, append(forIT, lines, kit.Row(10, -1, d.copied, look))...)))
	d.body.Hide()
	d.object = kit.Column(8, kit.Middle(d.fold), d.body)
	return d
}

func (d *details) toggle() {
	if d.body.Visible() {
		d.body.Hide()
		d.fold.SetIcon("chevron-down")
	} else {
		d.body.Show()
		d.fold.SetIcon("chevron-up")
	}
	d.changed()
	if d.body.Visible() {
		kit.IntoSight(d.body)
	}
}
