package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Overlay is the one thing that may lie over the screen of a window: a menu, a
// question, something to read. Its zero value with a canvas is ready to use.
type Overlay struct {
	// Canvas is the window's.
	Canvas fyne.Canvas
	// Subject is what the overlay is about, for its opener. It is nil again when the
	// overlay closes.
	Subject any

	shown *widget.PopUp
}

// Close takes the overlay away, and says whether there was one.
func (o *Overlay) Close() bool {
	o.Subject = nil
	if !o.Open() {
		o.shown = nil
		return false
	}
	o.shown.Hide()
	o.shown = nil
	return true
}

// Open says whether anything lies over the screen.
func (o *Overlay) Open() bool { return o.shown != nil && !o.shown.Hidden }

// Popover shows content at a place, until the person clicks elsewhere.
func (o *Overlay) Popover(width float32, at func(size fyne.Size) fyne.Position, content fyne.CanvasObject) {
	o.Close()
	size := fyne.NewSize(width, HeightOf(content, width))
	pop := widget.NewPopUp(framed(Fixed(width, 0, content)), o.Canvas)
	o.shown = pop
	pop.Resize(size)
	pop.ShowAtPosition(at(size))
	pop.Resize(size)
}

// framed draws a line around the overlay.
func framed(content fyne.CanvasObject) fyne.CanvasObject {
	return Layers(NewPanel(RoleCard, RoleLine, RadiusCard), content)
}

// Dialog asks or says something in the middle of the window. The first of its
// buttons has the focus.
func (o *Overlay) Dialog(width float32, content fyne.CanvasObject, first fyne.Focusable) {
	o.Close()
	pop := widget.NewModalPopUp(framed(Sheet(0, false, Inset(24, 24, 24, 24, content))), o.Canvas)
	o.shown = pop
	pop.Show()
	o.Fit(width, content)
	if first != nil {
		o.Canvas.Focus(first)
	}
}

// Fit gives a dialog the height its content needs now, and sets it in the
// middle: Fyne does that only for the size with which it is shown.
func (o *Overlay) Fit(width float32, content fyne.CanvasObject) {
	if o.shown == nil {
		return
	}
	room := o.Canvas.Size()
	height := min(HeightOf(content, width-48)+48, room.Height-32)
	o.shown.Resize(fyne.NewSize(width, height))
	o.shown.Move(fyne.NewPos(floor((room.Width-width)/2), floor((room.Height-height)/2)))
}

// Fill shows content over nearly the whole window, at most this wide. first has the
// focus.
func (o *Overlay) Fill(width float32, content fyne.CanvasObject, first fyne.Focusable) {
	o.Close()
	room := o.Canvas.Size()
	size := fyne.NewSize(min(width, room.Width-32), room.Height-32)
	pop := widget.NewModalPopUp(framed(Fixed(size.Width, size.Height, Inset(16, 16, 16, 16, content))), o.Canvas)
	o.shown = pop
	pop.Resize(size)
	pop.Show()
	o.Canvas.Focus(first)
}
