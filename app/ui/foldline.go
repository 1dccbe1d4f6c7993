package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// foldLine is a line of a list that is pressed to see more.
type foldLine struct {
	control
	icon, arrow   *glyph
	first, second *label
	end           *label
	words         *fyne.Container // first and second
}

// newFoldLine makes one; end stands at its end, "" for nothing.
func newFoldLine(icon string, ink role, first, second, end string, act func()) *foldLine {
	l := &foldLine{
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
func (l *foldLine) fold(open bool) {
	l.arrow.name = "chevron-down"
	if open {
		l.arrow.name = "chevron-up"
	}
	l.Refresh()
}

// leadOn turns the arrow to where the line leads, for one that unfolds nothing.
func (l *foldLine) leadOn() { l.arrow.name = "chevron-right" }

// heightFor implements flowing: what does not fit beside the name stands below it.
func (l *foldLine) heightFor(width float32) float32 {
	return 20 + heightOf(l.words, width-12-l.icon.size-12-12-l.end.natural()-12-l.arrow.size-12)
}

// MinSize implements [fyne.CanvasObject].
func (l *foldLine) MinSize() fyne.Size {
	l.ExtendBaseWidget(l)
	width := l.Size().Width
	if width <= 0 {
		width = 600
	}
	return fyne.NewSize(160, l.heightFor(width))
}

// CreateRenderer implements [fyne.Widget].
func (l *foldLine) CreateRenderer() fyne.WidgetRenderer {
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
