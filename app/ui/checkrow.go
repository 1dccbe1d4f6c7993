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
	words         *fyne.Container // first and second
}

// newCheckLine makes one; end stands at its end, "" for nothing.
func newCheckLine(icon string, ink role, first, second, end string, act func()) *checkLine {
	l := &checkLine{
		icon: newGlyph(icon, 18, ink), arrow: newGlyph("chevron-down", 16, roleQuiet),
		first:  newLabel(first, sizeText, roleText).cut(),
		second: newLabel(second, sizeSmall, roleQuiet).cut(),
		end:    newLabel(end, sizeSmall, ink),
	}
	l.words = container.New(pairLayout{}, l.first, l.second)
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

// heightFor implements flowing: what does not fit beside the name stands below it.
func (l *checkLine) heightFor(width float32) float32 {
	return 20 + heightOf(l.words, width-12-l.icon.size-12-12-l.end.natural()-12-l.arrow.size-12)
}

// MinSize implements [fyne.CanvasObject].
func (l *checkLine) MinSize() fyne.Size {
	l.ExtendBaseWidget(l)
	width := l.Size().Width
	if width <= 0 {
		width = 600
	}
	return fyne.NewSize(160, l.heightFor(width))
}

// CreateRenderer implements [fyne.Widget].
func (l *checkLine) CreateRenderer() fyne.WidgetRenderer {
	r := &pressable{ground: newGround(radiusControl), ring: newRing(radiusControl)}
	r.content = inset(0, 12, 0, 12, row(12, 1, l.icon, l.words, l.end, l.arrow))
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

// pairLayout sets the second of two labels beside the first, or below it where there
// is no room for both.
type pairLayout struct{}

const pairGap = 10

// beside says whether there is room for both in a line.
func (pairLayout) beside(o []fyne.CanvasObject, width float32) bool {
	first, second := o[0].(*label), o[1].(*label)
	return second.text == "" || first.natural()+pairGap+second.natural() <= width
}

func (l pairLayout) heightOf(o []fyne.CanvasObject, width float32) float32 {
	if l.beside(o, width) {
		return lineHeight(sizeText)
	}
	return lineHeight(sizeText) + lineHeight(sizeSmall)
}

func (pairLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(40, o[0].MinSize().Height)
}

func (l pairLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	if !l.beside(o, size.Width) {
		place(o[0], 0, 0, size.Width, lineHeight(sizeText))
		place(o[1], 0, lineHeight(sizeText), size.Width, lineHeight(sizeSmall))
		return
	}
	first := min(size.Width, o[0].(*label).natural()+1)
	place(o[0], 0, 0, first, size.Height)
	place(o[1], first+pairGap-1, 0, max(0, size.Width-first-pairGap+1), size.Height)
}
