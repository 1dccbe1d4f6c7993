package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// dot is a small filled circle.
type dot struct {
	widget.BaseWidget
	color role
	size  float32
}

func newDot(size float32, color role) *dot {
	d := &dot{size: size, color: color}
	d.ExtendBaseWidget(d)
	return d
}

// CreateRenderer implements [fyne.Widget].
func (d *dot) CreateRenderer() fyne.WidgetRenderer {
	return &dotRenderer{dot: d, circle: canvas.NewCircle(colorOf(d, d.color))}
}

type dotRenderer struct {
	dot    *dot
	circle *canvas.Circle
}

func (r *dotRenderer) Layout(size fyne.Size)        { r.circle.Resize(size) }
func (r *dotRenderer) MinSize() fyne.Size           { return fyne.NewSquareSize(r.dot.size) }
func (r *dotRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.circle} }
func (r *dotRenderer) Destroy()                     {}

func (r *dotRenderer) Refresh() {
	r.circle.FillColor = colorOf(r.dot, r.dot.color)
	r.circle.Refresh()
}
