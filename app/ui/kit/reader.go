package kit

import (
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// readingLayout puts a head above the text.
type readingLayout struct{}

func (readingLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(200, 120) }

func (readingLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	const head, gap = 40, 12
	Place(o[0], 0, 0, size.Width, head)
	Place(o[1], 0, head+gap, size.Width, size.Height-head-gap)
}

const (
	readerSize = 12
	readerLine = 17
)

// Reader is a long text in letters of one width. Only the lines in sight are drawn. Keys
// scroll it.
type Reader struct {
	widget.BaseWidget
	// Scroll is the scroller around it.
	Scroll  *container.Scroll
	text    string
	columns int
	lines   []string // the text, broken at columns
	focused bool
}

var (
	_ fyne.Focusable  = (*Reader)(nil)
	_ fyne.Accessible = (*Reader)(nil)
)

// NewReader makes one, from its beginning.
func NewReader(text string) *Reader {
	r := &Reader{text: text}
	r.ExtendBaseWidget(r)
	r.Scroll = container.NewVScroll(r)
	r.Scroll.OnScrolled = func(fyne.Position) { r.Refresh() }
	return r
}

// Below is the text on its ground, under a head.
func (r *Reader) Below(head fyne.CanvasObject) fyne.CanvasObject {
	return container.New(readingLayout{}, head,
		Layers(NewPanel(RoleRail, RoleLine, RadiusControl), Inset(8, 4, 8, 12, r.Scroll)))
}

// FocusGained implements [fyne.Focusable].
func (r *Reader) FocusGained() { r.focused = true }

// FocusLost implements [fyne.Focusable].
func (r *Reader) FocusLost() { r.focused = false }

// TypedRune implements [fyne.Focusable].
func (r *Reader) TypedRune(rune) {}

// TypedKey scrolls, and leaves every other key to the window.
func (r *Reader) TypedKey(e *fyne.KeyEvent) {
	page := r.Scroll.Size().Height - readerLine
	switch e.Name {
	case fyne.KeyDown:
		r.to(r.Scroll.Offset.Y + 3*readerLine)
	case fyne.KeyUp:
		r.to(r.Scroll.Offset.Y - 3*readerLine)
	case fyne.KeyPageDown, fyne.KeySpace:
		r.to(r.Scroll.Offset.Y + page)
	case fyne.KeyPageUp:
		r.to(r.Scroll.Offset.Y - page)
	case fyne.KeyHome:
		r.to(0)
	case fyne.KeyEnd:
		r.to(r.MinSize().Height)
	default:
		passKey(e)
	}
}

func (r *Reader) to(y float32) {
	most := max(0, r.MinSize().Height-r.Scroll.Size().Height)
	r.Scroll.ScrollToOffset(fyne.NewPos(0, max(0, min(most, y))))
	r.Refresh()
}

// AccessibilityLabel implements [fyne.Accessible].
func (r *Reader) AccessibilityLabel() string { return r.text }

// AccessibilityRole implements [fyne.Accessible].
func (r *Reader) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// Resize implements [fyne.CanvasObject]: another width breaks the lines anew.
func (r *Reader) Resize(size fyne.Size) {
	cell := fyne.MeasureText("0", readerSize, fyne.TextStyle{Monospace: true}).Width
	columns := max(20, int((size.Width-12)/cell))
	again := columns != r.columns
	if again {
		r.columns, r.lines = columns, broken(r.text, columns)
	}
	r.BaseWidget.Resize(size)
	if again {
		r.Scroll.Refresh() // it is as high as its lines
	}
}

// broken is a text in lines of at most so many letters. A character without a letter on
// the screen is shown as a mark, so that nothing in it goes unseen.
func broken(text string, columns int) []string {
	var lines []string
	for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		line = strings.Map(visibly, strings.ReplaceAll(line, "\t", "    "))
		for utf8.RuneCountInString(line) > columns {
			end := 0
			for range columns {
				_, n := utf8.DecodeRuneInString(line[end:])
				end += n
			}
			lines = append(lines, line[:end])
			line = line[end:]
		}
		lines = append(lines, line)
	}
	return lines
}

// visibly is a visible letter in place of an invisible one.
func visibly(c rune) rune {
	if c == '\r' {
		return -1
	}
	if c < ' ' || c == 0x7F || c >= 0x80 && c < 0xA0 {
		return '·'
	}
	return c
}

// CreateRenderer implements [fyne.Widget].
func (r *Reader) CreateRenderer() fyne.WidgetRenderer { return &readerRenderer{reader: r} }

type readerRenderer struct {
	reader *Reader
	texts  []fyne.CanvasObject
}

// inSight draws the lines in sight.
func (v *readerRenderer) inSight() {
	r := v.reader
	first := max(0, int(r.Scroll.Offset.Y/readerLine)-1)
	count := int(r.Scroll.Size().Height/readerLine) + 3
	last := min(len(r.lines), first+count)
	v.texts = v.texts[:0]
	for i := first; i < last; i++ {
		t := canvas.NewText(r.lines[i], colorOf(r, RoleText))
		t.TextSize, t.TextStyle = readerSize, fyne.TextStyle{Monospace: true}
		Place(t, 8, float32(i)*readerLine, r.Size().Width, readerLine)
		v.texts = append(v.texts, t)
	}
}

func (v *readerRenderer) Layout(fyne.Size) { v.inSight() }

func (v *readerRenderer) MinSize() fyne.Size {
	return fyne.NewSize(100, float32(len(v.reader.lines))*readerLine)
}

func (v *readerRenderer) Objects() []fyne.CanvasObject { return v.texts }
func (v *readerRenderer) Destroy()                     {}

func (v *readerRenderer) Refresh() {
	v.inSight()
	canvas.Refresh(v.reader)
}
