package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// revealFocused scrolls the newly focused widget into sight; Fyne leaves this to
// programs. It looks through the windows because a control does not know its own widget
// (see passKey).
func revealFocused() {
	for _, w := range fyne.CurrentApp().Driver().AllWindows() {
		if o, ok := w.Canvas().Focused().(fyne.CanvasObject); ok {
			IntoSight(o)
		}
	}
}

// IntoSight scrolls an object into sight, in any window.
func IntoSight(o fyne.CanvasObject) {
	for _, w := range fyne.CurrentApp().Driver().AllWindows() {
		root := w.Canvas().Content()
		if top := w.Canvas().Overlays().Top(); top != nil {
			root = top
		}
		reveal(root, o)
	}
}

// reveal looks for an object below root, scrolls every scroller on the way to it
// so that it is in sight, and returns how far below root's top it is then.
func reveal(root, o fyne.CanvasObject) (top float32, found bool) {
	if root == o {
		return 0, true
	}
	switch r := root.(type) {
	case *container.Scroll:
		if top, found = reveal(r.Content, o); found {
			r.ScrollToOffset(fyne.NewPos(r.Offset.X, inSight(r.Offset.Y, r.Size().Height, top, o.Size().Height)))
			top -= r.Offset.Y
		}
		return top, found
	}
	for _, child := range within(root) {
		if top, found = reveal(child, o); found {
			return top + child.Position().Y, true
		}
	}
	return 0, false
}

// inSight is the offset at which a scroller of this height shows an object from top on:
// the present one if it does, otherwise the nearest, with some room for the focus ring
// and a glimpse of the next lines.
func inSight(offset, height, top, size float32) float32 {
	const room = 16
	switch {
	case top-room < offset:
		return max(0, top-room)
	case top+size+room > offset+height:
		return min(top-room, top+size+room-height)
	}
	return offset
}

// Holds says whether an object is root or somewhere in it.
func Holds(root, o fyne.CanvasObject) bool {
	if root == o {
		return true
	}
	for _, child := range within(root) {
		if Holds(child, o) {
			return true
		}
	}
	return false
}

// within are the objects put into root.
func within(root fyne.CanvasObject) []fyne.CanvasObject {
	switch r := root.(type) {
	case *fyne.Container:
		return r.Objects
	case *widget.PopUp:
		return []fyne.CanvasObject{r.Content}
	case *container.Scroll:
		return []fyne.CanvasObject{r.Content}
	}
	return nil
}
