package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// Dot is a small filled circle.
type Dot struct {
	widget.BaseWidget
	// Color is its fill; Refresh shows another.
	Color Role
	size  float32
}

// NewDot makes one of this diameter.
func NewDot(size float32, color Role) *Dot {
	d := &Dot{size: size, Color: color}
	d.ExtendBaseWidget(d)
	return d
}

// CreateRenderer implements [fyne.Widget].
func (d *Dot) CreateRenderer() fyne.WidgetRenderer {
	return &dotRenderer{dot: d, circle: canvas.NewCircle(colorOf(d, d.Color))}
}

type dotRenderer struct {
	dot    *Dot
	circle *canvas.Circle
}

func (r *dotRenderer) Layout(size fyne.Size)        { r.circle.Resize(size) }
func (r *dotRenderer) MinSize() fyne.Size           { return fyne.NewSquareSize(r.dot.size) }
func (r *dotRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.circle} }
func (r *dotRenderer) Destroy()                     {}

func (r *dotRenderer) Refresh() {
	r.circle.FillColor = colorOf(r.dot, r.dot.Color)
	r.circle.Refresh()
}
