package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// overlay is the one thing that may lie over the screen of a window: a menu, a
// question, something to read. Its zero value with a canvas is ready to use.
type overlay struct {
	// canvas is the window's.
	canvas fyne.Canvas
	// subject is what the overlay is about, for whoever has opened it. It is nil again
	// when the overlay closes.
	subject any

	shown *widget.PopUp
}

// close takes the overlay away, and says whether there was one.
func (o *overlay) close() bool {
	o.subject = nil
	if !o.open() {
		o.shown = nil
		return false
	}
	o.shown.Hide()
	o.shown = nil
	return true
}

// open says whether anything lies over the screen.
func (o *overlay) open() bool { return o.shown != nil && !o.shown.Hidden }

// popover shows content at a place, until the person clicks elsewhere.
func (o *overlay) popover(width float32, at func(size fyne.Size) fyne.Position, content fyne.CanvasObject) {
	o.close()
	size := fyne.NewSize(width, heightOf(content, width))
	pop := widget.NewPopUp(framed(fixed(width, 0, content)), o.canvas)
	o.shown = pop
	pop.Resize(size)
	pop.ShowAtPosition(at(size))
	pop.Resize(size)
}

// framed draws a line around what lies over the screen.
func framed(content fyne.CanvasObject) fyne.CanvasObject {
	return layers(newPanel(roleCard, roleLine, radiusCard), content)
}

// dialog asks or says something in the middle of the window. The first of its
// buttons has the focus.
func (o *overlay) dialog(width float32, content fyne.CanvasObject, first fyne.Focusable) {
	o.close()
	pop := widget.NewModalPopUp(framed(sheet(0, false, inset(24, 24, 24, 24, content))), o.canvas)
	o.shown = pop
	pop.Show()
	o.fit(width, content)
	if first != nil {
		o.canvas.Focus(first)
	}
}

// fit gives a dialog the height its content needs now, and sets it in the
// middle: Fyne does that only for the size with which it is shown.
func (o *overlay) fit(width float32, content fyne.CanvasObject) {
	if o.shown == nil {
		return
	}
	room := o.canvas.Size()
	height := min(heightOf(content, width-48)+48, room.Height-32)
	o.shown.Resize(fyne.NewSize(width, height))
	o.shown.Move(fyne.NewPos(floor((room.Width-width)/2), floor((room.Height-height)/2)))
}

// fill shows content over nearly the whole window, at most this wide. first has the
// focus.
func (o *overlay) fill(width float32, content fyne.CanvasObject, first fyne.Focusable) {
	o.close()
	room := o.canvas.Size()
	size := fyne.NewSize(min(width, room.Width-32), room.Height-32)
	pop := widget.NewModalPopUp(framed(fixed(size.Width, size.Height, inset(16, 16, 16, 16, content))), o.canvas)
	o.shown = pop
	pop.Resize(size)
	pop.Show()
	o.canvas.Focus(first)
}
