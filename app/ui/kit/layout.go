package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
)

// flowing is an object, or a layout of objects, whose height depends on its width, as a
// paragraph's does. Fyne's own MinSize cannot say that.
type flowing interface {
	heightFor(width float32) float32
}

type flowingLayout interface {
	heightOf(objects []fyne.CanvasObject, width float32) float32
}

// HeightOf is the height an object needs at this width.
func HeightOf(o fyne.CanvasObject, width float32) float32 {
	if f, ok := o.(flowing); ok {
		return f.heightFor(width)
	}
	if c, ok := o.(*fyne.Container); ok {
		if l, ok := c.Layout.(flowingLayout); ok {
			return l.heightOf(c.Objects, width)
		}
	}
	return o.MinSize().Height
}

// Place gives an object its position and size.
func Place(o fyne.CanvasObject, x, y, width, height float32) {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(width, height))
}

// visible leaves out hidden objects.
func visible(objects []fyne.CanvasObject) []fyne.CanvasObject {
	var shown []fyne.CanvasObject
	for _, o := range objects {
		if o.Visible() {
			shown = append(shown, o)
		}
	}
	return shown
}

// Column stacks objects at full width; a layout.Spacer among them takes the rest.
func Column(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(columnLayout{gap}, objects...)
}

type columnLayout struct{ gap float32 }

func (l columnLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var size fyne.Size
	for i, o := range visible(objects) {
		m := o.MinSize()
		size.Width = max(size.Width, m.Width)
		size.Height += m.Height
		if i > 0 {
			size.Height += l.gap
		}
	}
	return size
}

func (l columnLayout) heightOf(objects []fyne.CanvasObject, width float32) float32 {
	var height float32
	for i, o := range visible(objects) {
		height += HeightOf(o, width)
		if i > 0 {
			height += l.gap
		}
	}
	return height
}

func (l columnLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	spare := max(0, size.Height-l.heightOf(objects, size.Width))
	y := float32(0)
	for _, o := range visible(objects) {
		height := HeightOf(o, size.Width)
		if s, ok := o.(layout.SpacerObject); ok && s.ExpandVertical() {
			height += spare
			spare = 0
		}
		Place(o, 0, y, size.Width, height)
		y += height + l.gap
	}
}

// Row sets objects side by side, in the middle of its height. The object with index grow
// takes the rest of the width; -1 for none.
func Row(gap float32, grow int, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(rowLayout{gap: gap, grow: grow}, objects...)
}

// RowTop is a row with its objects at its top; the second takes the rest of the width.
func RowTop(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(rowLayout{gap: gap, grow: 1, top: true}, objects...)
}

type rowLayout struct {
	gap  float32
	grow int
	top  bool
}

func (l rowLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var size fyne.Size
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		m := o.MinSize()
		size.Height = max(size.Height, m.Height)
		size.Width += m.Width
		if i > 0 {
			size.Width += l.gap
		}
	}
	return size
}

// widths shares the width out.
func (l rowLayout) widths(objects []fyne.CanvasObject, width float32) []float32 {
	widths := make([]float32, len(objects))
	left := width
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		if i > 0 {
			left -= l.gap
		}
		if i != l.grow {
			widths[i] = o.MinSize().Width
			left -= widths[i]
		}
	}
	if l.grow >= 0 {
		widths[l.grow] = max(0, left)
	}
	return widths
}

func (l rowLayout) heightOf(objects []fyne.CanvasObject, width float32) float32 {
	var height float32
	widths := l.widths(objects, width)
	for i, o := range objects {
		if o.Visible() {
			height = max(height, HeightOf(o, widths[i]))
		}
	}
	return height
}

func (l rowLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	widths := l.widths(objects, size.Width)
	x := float32(0)
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		height := HeightOf(o, widths[i])
		y := float32(0)
		if !l.top {
			y = (size.Height - height) / 2
		}
		Place(o, x, y, widths[i], height)
		x += widths[i] + l.gap
	}
}

// Grid sets objects of equal size in as many columns as fit, each at least
// this wide; most bounds the columns, 0 for any number.
func Grid(least, gap float32, most int, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(gridLayout{least: least, gap: gap, most: most}, objects...)
}

type gridLayout struct {
	least, gap float32
	most       int
}

func (l gridLayout) columns(width float32) int {
	n := max(1, int((width+l.gap)/(l.least+l.gap)))
	if l.most > 0 {
		n = min(n, l.most)
	}
	return n
}

func (l gridLayout) cell(width float32) (columns int, cell float32) {
	columns = l.columns(width)
	return columns, (width - float32(columns-1)*l.gap) / float32(columns)
}

func (l gridLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	if len(objects) == 0 {
		return fyne.Size{}
	}
	return fyne.NewSize(l.least, objects[0].MinSize().Height)
}

func (l gridLayout) heightOf(objects []fyne.CanvasObject, width float32) float32 {
	columns, cell := l.cell(width)
	var height float32
	for i := 0; i < len(objects); i += columns {
		if i > 0 {
			height += l.gap
		}
		height += tallest(objects[i:min(i+columns, len(objects))], cell)
	}
	return height
}

func tallest(objects []fyne.CanvasObject, width float32) float32 {
	var height float32
	for _, o := range objects {
		height = max(height, HeightOf(o, width))
	}
	return height
}

func (l gridLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	columns, cell := l.cell(size.Width)
	y := float32(0)
	for i := 0; i < len(objects); i += columns {
		line := objects[i:min(i+columns, len(objects))]
		height := tallest(line, cell)
		for n, o := range line {
			left := floor(float32(n) * (cell + l.gap))
			Place(o, left, y, floor(float32(n)*(cell+l.gap)+cell)-left, height)
		}
		y += height + l.gap
	}
}
