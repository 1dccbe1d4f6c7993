package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
)

// Inset keeps a distance around an object: top, right, bottom, left.
func Inset(top, right, bottom, left float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(insetLayout{top, right, bottom, left}, o)
}

type insetLayout struct{ top, right, bottom, left float32 }

func (l insetLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return objects[0].MinSize().AddWidthHeight(l.left+l.right, l.top+l.bottom)
}

func (l insetLayout) heightOf(objects []fyne.CanvasObject, width float32) float32 {
	return HeightOf(objects[0], width-l.left-l.right) + l.top + l.bottom
}

func (l insetLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	Place(objects[0], l.left, l.top, size.Width-l.left-l.right, size.Height-l.top-l.bottom)
}

// Layers puts objects over one another; the last decides the height.
func Layers(objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(layersLayout{}, objects...)
}

type layersLayout struct{}

func (layersLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return objects[len(objects)-1].MinSize()
}

func (layersLayout) heightOf(objects []fyne.CanvasObject, width float32) float32 {
	return HeightOf(objects[len(objects)-1], width)
}

func (layersLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		Place(o, 0, 0, size.Width, size.Height)
	}
}

// Fixed gives an object a size of its own; 0 leaves the width or the height as
// it is.
func Fixed(width, height float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(fixedLayout{width, height}, o)
}

type fixedLayout struct{ width, height float32 }

func (l fixedLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	m := objects[0].MinSize()
	if l.width > 0 {
		m.Width = l.width
	}
	if l.height > 0 {
		m.Height = l.height
	} else {
		m.Height = HeightOf(objects[0], m.Width)
	}
	return m
}

func (l fixedLayout) heightOf(objects []fyne.CanvasObject, width float32) float32 {
	if l.height > 0 {
		return l.height
	}
	if l.width > 0 {
		width = l.width
	}
	return HeightOf(objects[0], width)
}

// Layout centres the object if there is more room than it wants.
func (l fixedLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	width, height := size.Width, size.Height
	if l.width > 0 {
		width = min(width, l.width)
	}
	if l.height > 0 {
		height = min(height, l.height)
	}
	Place(objects[0], (size.Width-width)/2, (size.Height-height)/2, width, height)
}

// AtLeast keeps this much height for an object that may want less, at the top of it.
func AtLeast(height float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(leastLayout{height}, o)
}

type leastLayout struct{ height float32 }

func (l leastLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	m := objects[0].MinSize()
	m.Height = max(m.Height, l.height)
	return m
}

func (l leastLayout) heightOf(objects []fyne.CanvasObject, width float32) float32 {
	return max(HeightOf(objects[0], width), l.height)
}

func (l leastLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	Place(objects[0], 0, 0, size.Width, size.Height)
}

// Middle centres an object of its natural size.
func Middle(o fyne.CanvasObject) *fyne.Container { return container.New(middleLayout{}, o) }

type middleLayout struct{}

func (middleLayout) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[0].MinSize() }

func (middleLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	m := objects[0].MinSize()
	Place(objects[0], (size.Width-m.Width)/2, (size.Height-m.Height)/2, m.Width, m.Height)
}

// Gap is empty room of this height.
func Gap(height float32) fyne.CanvasObject {
	r := canvas.NewRectangle(color.Transparent)
	r.SetMinSize(fyne.NewSize(0, height))
	return r
}

// Sheet shows content that may be higher than its place: it is centred, at most this
// wide, and scrolls if it has to. With centre it also stands in the middle of the height.
func Sheet(width float32, centre bool, content fyne.CanvasObject) *fyne.Container {
	inner := &sheetLayout{width: width, centre: centre}
	scroll := container.NewVScroll(container.New(inner, content))
	return container.New(&scrollLayout{inner: inner}, scroll)
}

// scrollLayout tells the sheet within a scroller how much room there is before
// the scroller asks for its size.
type scrollLayout struct{ inner *sheetLayout }

func (*scrollLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(120, 80) }

func (l *scrollLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	changed := l.inner.room != size
	l.inner.room = size
	Place(objects[0], 0, 0, size.Width, size.Height)
	if changed {
		objects[0].Refresh()
	}
}

// ScrollUp shows the beginning of a sheet.
func ScrollUp(sheet *fyne.Container) {
	if scroll, ok := sheet.Objects[0].(*container.Scroll); ok {
		scroll.Offset = fyne.Position{}
	}
}

type sheetLayout struct {
	width  float32
	centre bool
	room   fyne.Size
}

// size is how wide the content is, and how high.
func (l *sheetLayout) size(o fyne.CanvasObject) (width, height float32) {
	width = l.room.Width
	if l.width > 0 {
		width = min(width, l.width)
	}
	return width, HeightOf(o, width)
}

func (l *sheetLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	_, height := l.size(objects[0])
	return fyne.NewSize(0, height)
}

func (l *sheetLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	width, height := l.size(objects[0])
	x, y := (size.Width-width)/2, float32(0)
	if l.centre {
		y = max(0, (size.Height-height)/2)
	}
	Place(objects[0], x, y, width, max(height, 0))
}

// Stretch is room for the rest of a column.
func Stretch() fyne.CanvasObject { return layout.NewSpacer() }

// Hold is a place with exchangeable content.
func Hold(o fyne.CanvasObject) *fyne.Container {
	return container.New(layersLayout{}, o)
}
