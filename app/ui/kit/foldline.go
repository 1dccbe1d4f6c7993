package kit

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// FoldLine is a line of a list that is pressed to see more.
type FoldLine struct {
	control
	icon, arrow   *Glyph
	first, second *Label
	end           *Label
	words         *fyne.Container // first and second
}

// NewFoldLine makes one; end stands at its end, "" for nothing.
func NewFoldLine(icon string, ink Role, first, second, end string, act func()) *FoldLine {
	l := &FoldLine{
		icon: NewGlyph(icon, 18, ink), arrow: NewGlyph("chevron-down", 16, RoleQuiet),
		first:  NewLabel(first, SizeText, RoleText).Cut(),
		second: NewLabel(second, SizeSmall, RoleQuiet).Cut(),
		end:    NewLabel(end, SizeSmall, ink),
	}
	l.words = container.New(pairLayout{}, l.first, l.second)
	if ink == RoleGood || ink == RoleQuiet {
		l.end.color = RoleQuiet
	}
	parts := []string{first}
	for _, part := range []string{second, end} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	l.Name, l.Act = strings.Join(parts, ", "), act
	l.ExtendBaseWidget(l)
	return l
}

// Fold turns the arrow.
func (l *FoldLine) Fold(open bool) {
	l.arrow.name = "chevron-down"
	if open {
		l.arrow.name = "chevron-up"
	}
	l.Refresh()
}

// LeadOn turns the arrow forward, for a line that unfolds nothing.
func (l *FoldLine) LeadOn() { l.arrow.name = "chevron-right" }

// heightFor implements flowing: a second text too long for the line stands below the
// name.
func (l *FoldLine) heightFor(width float32) float32 {
	return 20 + HeightOf(l.words, width-12-l.icon.size-12-12-l.end.natural()-12-l.arrow.size-12)
}

// MinSize implements [fyne.CanvasObject].
func (l *FoldLine) MinSize() fyne.Size {
	l.ExtendBaseWidget(l)
	width := l.Size().Width
	if width <= 0 {
		width = 600
	}
	return fyne.NewSize(160, l.heightFor(width))
}

// CreateRenderer implements [fyne.Widget].
func (l *FoldLine) CreateRenderer() fyne.WidgetRenderer {
	r := &pressable{ground: newGround(RadiusControl), ring: newRing(RadiusControl)}
	r.content = Inset(0, 12, 0, 12, Row(12, 1, l.icon, l.words, l.end, l.arrow))
	r.paint = func() {
		fill := colorOf(l, RoleNone)
		if l.hovered || l.pressed {
			fill = l.shade(colorOf(l, RoleCard), colorOf(l, RoleText), l)
		}
		r.ground.paint(fill, colorOf(l, RoleNone))
		r.ring.paint(&l.control, l)
	}
	r.paint()
	return r
}

// pairLayout sets the second of two labels beside the first, or below it if there is no
// room for both.
type pairLayout struct{}

const pairGap = 10

// beside says whether there is room for both in a line.
func (pairLayout) beside(o []fyne.CanvasObject, width float32) bool {
	first, second := o[0].(*Label), o[1].(*Label)
	return second.Text == "" || first.natural()+pairGap+second.natural() <= width
}

func (l pairLayout) heightOf(o []fyne.CanvasObject, width float32) float32 {
	if l.beside(o, width) {
		return lineHeight(SizeText)
	}
	return lineHeight(SizeText) + lineHeight(SizeSmall)
}

func (pairLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(40, o[0].MinSize().Height)
}

func (l pairLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	if !l.beside(o, size.Width) {
		Place(o[0], 0, 0, size.Width, lineHeight(SizeText))
		Place(o[1], 0, lineHeight(SizeText), size.Width, lineHeight(SizeSmall))
		return
	}
	first := min(size.Width, o[0].(*Label).natural()+1)
	Place(o[0], 0, 0, first, size.Height)
	Place(o[1], first+pairGap-1, 0, max(0, size.Width-first-pairGap+1), size.Height)
}
