package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// TimeBar is a thin bar that empties.
type TimeBar struct {
	widget.BaseWidget
	Share float32 // what is left, 0 to 1
}

// NewTimeBar makes a full one.
func NewTimeBar() *TimeBar {
	b := &TimeBar{Share: 1}
	b.ExtendBaseWidget(b)
	return b
}

// Set says how much is left.
func (b *TimeBar) Set(share float32) {
	b.Share = max(0, min(1, share))
	b.Refresh()
}

// CreateRenderer implements [fyne.Widget].
func (b *TimeBar) CreateRenderer() fyne.WidgetRenderer {
	r := &timeBarRenderer{
		bar:   b,
		whole: &canvas.Rectangle{CornerRadius: 2},
		left:  &canvas.Rectangle{CornerRadius: 2},
	}
	r.paint()
	return r
}

type timeBarRenderer struct {
	bar         *TimeBar
	whole, left *canvas.Rectangle
}

func (r *timeBarRenderer) Layout(size fyne.Size) {
	Place(r.whole, 0, 0, size.Width, 4)
	Place(r.left, 0, 0, size.Width*r.bar.Share, 4)
}

func (r *timeBarRenderer) MinSize() fyne.Size           { return fyne.NewSize(40, 4) }
func (r *timeBarRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.whole, r.left} }
func (r *timeBarRenderer) Destroy()                     {}

func (r *timeBarRenderer) paint() {
	r.whole.FillColor = colorOf(r.bar, RoleLine)
	r.left.FillColor = colorOf(r.bar, RoleAccent)
}

func (r *timeBarRenderer) Refresh() {
	r.paint()
	r.Layout(r.bar.Size())
	r.whole.Refresh()
	r.left.Refresh()
}
