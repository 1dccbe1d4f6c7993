package ui

import (
	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/ui/kit"
)

// frame is around every screen: the alarm above and the status line below.
type frame struct {
	alarm  *alarm
	place  *fyne.Container // holds the screen
	status *statusLine
	outer  *fyne.Container // all of these

	root    *fyne.Container // holds outer, from its first moment on
	opening opening         // lays the root out
}

// frameLayout puts the alarm above, the status line below and the screen
// between.
type frameLayout struct{}

func (frameLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(leastWidth, leastHeight)
}

func (frameLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	above := kit.HeightOf(objects[0], size.Width)
	kit.Place(objects[0], 0, 0, size.Width, above)
	kit.Place(objects[1], 0, above, size.Width, size.Height-above-statusHeight)
	kit.Place(objects[2], 0, size.Height-statusHeight, size.Width, statusHeight)
}

// opening is the layout around the whole content of the window. When Fyne shows a window
// it makes the system's with OpenGL in it, asks how small its content may be, and only
// then brings it to the screen with its first frame. With this question the content is
// made: after the slow reading of the fonts, and in time for the frame.
type opening struct{ fill func() } // fill is nil if there is nothing to do any more

// once fills the window, if nobody has done so yet.
func (l *opening) once() {
	if fill := l.fill; fill != nil {
		l.fill = nil
		fill()
	}
}

// MinSize implements [fyne.Layout].
func (l *opening) MinSize([]fyne.CanvasObject) fyne.Size {
	l.once()
	return fyne.NewSize(leastWidth, leastHeight)
}

// Layout implements [fyne.Layout].
func (l *opening) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		kit.Place(o, 0, 0, size.Width, size.Height)
	}
}
