package kit

import (
	"math"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// fit says what a label does when its text is wider than its place.
type fit int

const (
	// fitNatural never breaks; the label is as wide as its text.
	fitNatural fit = iota
	// fitWrap breaks between words, and within a word that is too long.
	fitWrap
	// fitCut ends one line with "…".
	fitCut
)

// Label is a text in one of the window's styles. It takes its colour from the
// theme at every refresh, and knows its height for a given width.
type Label struct {
	widget.BaseWidget

	// Text is its words; Set changes it at once, Refresh shows a text put here.
	Text  string
	lead  string // bold words before the text, in the same paragraph
	size  float32
	bold  bool
	color Role
	align fyne.TextAlign
	fit   fit
	Limit int // most lines of a wrapped text, 0 for any number
}

// NewLabel makes one of a single line, as wide as its text.
func NewLabel(text string, size float32, color Role) *Label {
	l := &Label{Text: text, size: size, color: color}
	l.ExtendBaseWidget(l)
	return l
}

// Title, Heading, Body and Small are the window's four text styles.
func Title(text string) *Label   { return NewLabel(text, SizeTitle, RoleText).Strong().Wrapped() }
func Heading(text string) *Label { return NewLabel(text, SizeLabel, RoleQuiet).Strong() }
func Body(text string) *Label    { return NewLabel(text, SizeText, RoleQuiet).Wrapped() }
func Small(text string) *Label   { return NewLabel(text, SizeSmall, RoleQuiet).Wrapped() }

// Strong makes it bold, Wrapped breaks it into lines, Cut ends its one line with "…",
// and Centred sets it in the middle of its place. They are for while it is made.
func (l *Label) Strong() *Label  { l.bold = true; return l }
func (l *Label) Wrapped() *Label { l.fit = fitWrap; return l }
func (l *Label) Cut() *Label     { l.fit = fitCut; return l }
func (l *Label) Centred() *Label { l.align = fyne.TextAlignCenter; return l }

// Set changes the text.
func (l *Label) Set(text string) {
	if l.Text != text {
		l.Text = text
		l.Refresh()
	}
}

// lineHeight is the height of a line of text of this size.
func lineHeight(size float32) float32 {
	switch {
	case size >= SizeTitle:
		return size + 8
	case size <= SizeSmall:
		return 18
	default:
		return 20
	}
}

// MinSize implements [fyne.CanvasObject].
func (l *Label) MinSize() fyne.Size {
	l.ExtendBaseWidget(l)
	switch l.fit {
	case fitNatural:
		return fyne.NewSize(l.natural(), lineHeight(l.size))
	case fitCut:
		return fyne.NewSize(min(l.natural(), 2*l.size), lineHeight(l.size))
	default:
		width := l.Size().Width
		if width <= 0 {
			width = l.natural()
		}
		return fyne.NewSize(min(l.natural(), 4*l.size), l.heightFor(width))
	}
}

// natural is the width of the text in one line.
func (l *Label) natural() float32 {
	var width float32
	for _, s := range l.broken(maxWidth)[0].pieces {
		width = max(width, s.x+s.width)
	}
	return width
}

// heightFor implements flowing.
func (l *Label) heightFor(width float32) float32 {
	if l.fit != fitWrap {
		return lineHeight(l.size)
	}
	return float32(len(l.broken(width))) * lineHeight(l.size)
}

// AccessibilityLabel implements [fyne.Accessible].
func (l *Label) AccessibilityLabel() string { return strings.TrimSpace(l.lead + " " + l.Text) }

// AccessibilityRole implements [fyne.Accessible].
func (l *Label) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer implements [fyne.Widget].
func (l *Label) CreateRenderer() fyne.WidgetRenderer { return &labelRenderer{label: l} }

type labelRenderer struct {
	label *Label
	texts []fyne.CanvasObject
}

func (r *labelRenderer) Layout(size fyne.Size) {
	l := r.label
	var lines []line
	switch l.fit {
	case fitWrap:
		lines = l.broken(size.Width)
	case fitCut:
		lines = []line{l.cutTo(size.Width)}
	default:
		lines = l.broken(maxWidth)
	}
	ink := colorOf(l, l.color)
	height := lineHeight(l.size)
	// A text in a place higher than itself stands in its middle.
	top := max(0, (size.Height-height*float32(len(lines)))/2)
	// Fyne rounds up: texts are set on whole pixels here, so that lines of
	// several sizes keep their distances.
	glyphs := fyne.MeasureText("M", l.size, fyne.TextStyle{}).Height
	top = floor(top + (height-glyphs)/2)
	n := 0
	for i, ln := range lines {
		left := float32(0)
		switch l.align {
		case fyne.TextAlignCenter:
			left = (size.Width - ln.width) / 2
		case fyne.TextAlignTrailing:
			left = size.Width - ln.width
		}
		for _, p := range ln.pieces {
			t := r.text(n)
			n++
			t.Text, t.TextSize, t.Color = p.text, l.size, ink
			t.TextStyle = fyne.TextStyle{Bold: p.bold}
			t.Resize(fyne.NewSize(p.width, glyphs))
			t.Move(fyne.NewPos(left+p.x, top+float32(i)*height))
		}
	}
	r.texts = r.texts[:n]
}

func floor(v float32) float32 { return float32(math.Floor(float64(v))) }

// text is the nth text of the label, made when there is none yet.
func (r *labelRenderer) text(n int) *canvas.Text {
	if n == len(r.texts) {
		r.texts = append(r.texts, canvas.NewText("", nil))
	}
	t, _ := r.texts[n].(*canvas.Text)
	return t
}

func (r *labelRenderer) MinSize() fyne.Size           { return r.label.MinSize() }
func (r *labelRenderer) Objects() []fyne.CanvasObject { return r.texts }
func (r *labelRenderer) Destroy()                     {}

func (r *labelRenderer) Refresh() {
	r.Layout(r.label.Size())
	for _, t := range r.texts {
		t.Refresh()
	}
	canvas.Refresh(r.label)
}
