package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/portico-desktop/portico/app/localapi"
)

const checkRowHeight = 40

// checkRow is one check of a report: a mark and a name, under which lies what was
// found.
type checkRow struct {
	help   *help
	object *fyne.Container
	line   *checkLine
	body   *fyne.Container
}

func newCheckRow(h *help, result localapi.CheckResult) *checkRow {
	w := h.window
	r := &checkRow{help: h}
	mark, icon, ink := markOf(w, result.Status)
	r.line = newCheckLine(icon, ink, checkName(w, result.ID), result.Subject, mark, r.toggle)
	r.body = inset(0, 40, 12, 42, column(8, found(w, result)...))
	r.body.Hide()
	r.object = column(0, r.line, r.body)
	return r
}

// markOf is how a check came out: in a word, as an icon and as its colour.
func markOf(w *window, s localapi.CheckStatus) (word, icon string, ink role) {
	t := w.Words
	switch s {
	case localapi.CheckGood:
		return t.Text("window.check.mark.good"), "check", roleGood
	case localapi.CheckWarning:
		return t.Text("window.check.mark.warning"), "alert", roleWarning
	case localapi.CheckBad:
		return t.Text("window.check.mark.bad"), "close", roleBad
	default:
		return t.Text("window.check.mark.skipped"), "minus", roleQuiet
	}
}

// found is what a check has to say.
func found(w *window, result localapi.CheckResult) []fyne.CanvasObject {
	t := w.Words
	var lines []fyne.CanvasObject
	if result.Subject != "" {
		lines = append(lines, newLabel(result.Subject, sizeSmall, roleText).wrapped())
	}
	if result.Problem != nil {
		e := w.explain(result.Problem)
		lines = append(lines,
			newLabel(joinedSentences(sentence(e.Title), e.Text), sizeText, roleText).wrapped(),
			newLabel(joinedSentences(e.Next, e.Who), sizeText, roleQuiet).wrapped())
	} else if result.Status == localapi.CheckSkipped {
		lines = append(lines, newLabel(t.Text("window.check.skipped-text"), sizeText, roleQuiet).wrapped())
	}
	if len(result.Facts) > 0 {
		lines = append(lines, layers(newPanel(roleRail, roleLine, radiusControl), inset(8, 10, 8, 10, column(2,
			newLabel(t.Text("window.check.facts"), sizeSmall, roleText).strong(),
			newLabel(strings.Join(result.Facts, "\n"), sizeSmall, roleQuiet).wrapped()))))
	}
	return lines
}

func (r *checkRow) toggle() {
	open := !r.body.Visible()
	if open {
		r.body.Show()
	} else {
		r.body.Hide()
	}
	r.line.fold(open)
	r.help.window.win.Content().Refresh()
	if open {
		intoSight(r.body)
	}
}

// checkLine is the line of a check that is pressed to see more.
type checkLine struct {
	control
	icon, arrow   *glyph
	first, second *label
	end           *label
}

// newCheckLine makes one; end stands at its end, "" for nothing.
func newCheckLine(icon string, ink role, first, second, end string, act func()) *checkLine {
	l := &checkLine{
		icon: newGlyph(icon, 18, ink), arrow: newGlyph("chevron-down", 16, roleQuiet),
		first:  newLabel(first, sizeText, roleText).cut(),
		second: newLabel(second, sizeSmall, roleQuiet).cut(),
		end:    newLabel(end, sizeSmall, ink),
	}
	if ink == roleGood || ink == roleQuiet {
		l.end.color = roleQuiet
	}
	parts := []string{first}
	for _, part := range []string{second, end} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	l.name, l.act = strings.Join(parts, ", "), act
	l.ExtendBaseWidget(l)
	return l
}

// fold turns the arrow.
func (l *checkLine) fold(open bool) {
	l.arrow.name = "chevron-down"
	if open {
		l.arrow.name = "chevron-up"
	}
	l.Refresh()
}

// MinSize implements [fyne.CanvasObject].
func (l *checkLine) MinSize() fyne.Size {
	l.ExtendBaseWidget(l)
	return fyne.NewSize(160, checkRowHeight)
}

// CreateRenderer implements [fyne.Widget].
func (l *checkLine) CreateRenderer() fyne.WidgetRenderer {
	r := &pressable{ground: newGround(radiusControl), ring: newRing(radiusControl)}
	words := container.New(pairLayout{}, l.first, l.second)
	r.content = inset(0, 12, 0, 12, row(12, 1, l.icon, words, l.end, l.arrow))
	r.paint = func() {
		fill := colorOf(l, roleNone)
		if l.hovered || l.pressed {
			fill = l.shade(colorOf(l, roleCard), colorOf(l, roleText), l)
		}
		r.ground.paint(fill, colorOf(l, roleNone))
		r.ring.paint(&l.control, l)
	}
	r.paint()
	return r
}

// pairLayout gives the first of two labels the width of its text, if there is so
// much, and the second the rest.
type pairLayout struct{}

func (pairLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(40, o[0].MinSize().Height)
}

func (pairLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	const gap, least = 10, 40
	width := size.Width
	if l, ok := o[0].(*label); ok {
		width = min(width, l.natural()+1)
	}
	place(o[0], 0, 0, width, size.Height)
	rest := size.Width - width - gap
	if rest < least {
		rest = 0 // a letter and a mark of omission say nothing
	}
	place(o[1], width+gap, 0, rest, size.Height)
}
