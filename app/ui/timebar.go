package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// timeBar is a thin bar that empties.
type timeBar struct {
	widget.BaseWidget
	share float32 // what is left, 0 to 1
}

func newTimeBar() *timeBar {
	b := &timeBar{share: 1}
	b.ExtendBaseWidget(b)
	return b
}

func (b *timeBar) set(share float32) {
	b.share = max(0, min(1, share))
	b.Refresh()
}

// CreateRenderer implements [fyne.Widget].
func (b *timeBar) CreateRenderer() fyne.WidgetRenderer {
	r := &timeBarRenderer{
		bar:   b,
		whole: &canvas.Rectangle{CornerRadius: 2},
		left:  &canvas.Rectangle{CornerRadius: 2},
	}
	r.paint()
	return r
}

type timeBarRenderer struct {
	bar         *timeBar
	whole, left *canvas.Rectangle
}

func (r *timeBarRenderer) Layout(size fyne.Size) {
	place(r.whole, 0, 0, size.Width, 4)
	place(r.left, 0, 0, size.Width*r.bar.share, 4)
}

func (r *timeBarRenderer) MinSize() fyne.Size           { return fyne.NewSize(40, 4) }
func (r *timeBarRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.whole, r.left} }
func (r *timeBarRenderer) Destroy()                     {}

func (r *timeBarRenderer) paint() {
	r.whole.FillColor = colorOf(r.bar, roleLine)
	r.left.FillColor = colorOf(r.bar, roleAccent)
}

func (r *timeBarRenderer) Refresh() {
	r.paint()
	r.Layout(r.bar.Size())
	r.whole.Refresh()
	r.left.Refresh()
}
