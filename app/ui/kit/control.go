package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// control is the common part of everything to press: it follows the pointer and the
// keyboard, and has a name and a role for screen readers. Widgets embed it.
type control struct {
	widget.BaseWidget

	Name    string // for screen readers
	Act     func() // called by pressing it
	off     bool
	hovered bool
	pressed bool
	Focused bool // the keyboard is on it
	// drawFocus shows whether it is; nil before anything of the control is drawn.
	drawFocus func()
}

var (
	_ fyne.Tappable      = (*control)(nil)
	_ fyne.Focusable     = (*control)(nil)
	_ fyne.Disableable   = (*control)(nil)
	_ fyne.Accessible    = (*control)(nil)
	_ desktop.Hoverable  = (*control)(nil)
	_ desktop.Mouseable  = (*control)(nil)
	_ desktop.Cursorable = (*control)(nil)
)

// Tapped implements [fyne.Tappable].
func (c *control) Tapped(*fyne.PointEvent) {
	if !c.off && c.Act != nil {
		c.Act()
	}
}

// MouseIn implements [desktop.Hoverable].
func (c *control) MouseIn(*desktop.MouseEvent) { c.hovered = true; c.Refresh() }

// MouseMoved implements [desktop.Hoverable].
func (c *control) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements [desktop.Hoverable].
func (c *control) MouseOut() { c.hovered, c.pressed = false, false; c.Refresh() }

// MouseDown implements [desktop.Mouseable].
func (c *control) MouseDown(*desktop.MouseEvent) { c.pressed = true; c.Refresh() }

// MouseUp implements [desktop.Mouseable].
func (c *control) MouseUp(*desktop.MouseEvent) { c.pressed = false; c.Refresh() }

// Cursor implements [desktop.Cursorable].
func (c *control) Cursor() desktop.Cursor {
	if c.off {
		return desktop.DefaultCursor
	}
	return desktop.PointerCursor
}

// FocusGained implements [fyne.Focusable].
func (c *control) FocusGained() {
	focus(c, true)
	revealFocused()
}

// FocusLost implements [fyne.Focusable].
func (c *control) FocusLost() { focus(c, false) }

// focus shows the ring or takes it away. The control is not refreshed for it: its
// letters and icons would all be drawn anew while a person waits who pressed Tab.
func focus(c *control, on bool) {
	c.Focused = on
	if c.drawFocus != nil {
		c.drawFocus()
	}
}

// TypedRune implements [fyne.Focusable].
func (c *control) TypedRune(rune) {}

// TypedKey presses the control with Enter or Space and leaves every other key
// to the window.
func (c *control) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		c.Tapped(nil)
	default:
		passKey(e)
	}
}

// passKey hands a key to the window with the focus: Fyne asks it only while nothing in it
// has the focus. It does not ask for the canvas of the object: Fyne knows the widget, not
// the control within it.
func passKey(e *fyne.KeyEvent) {
	for _, w := range fyne.CurrentApp().Driver().AllWindows() {
		if c := w.Canvas(); c.Focused() != nil && c.OnTypedKey() != nil {
			c.OnTypedKey()(e)
		}
	}
}

// Enable implements [fyne.Disableable].
func (c *control) Enable() { c.SetOff(false) }

// Disable implements [fyne.Disableable].
func (c *control) Disable() { c.SetOff(true) }

// Disabled implements [fyne.Disableable].
func (c *control) Disabled() bool { return c.off }

// SetOff says whether it can be pressed no more.
func (c *control) SetOff(off bool) {
	if c.off != off {
		c.off = off
		c.Refresh()
	}
}

// AccessibilityLabel implements [fyne.Accessible].
func (c *control) AccessibilityLabel() string { return c.Name }

// AccessibilityRole implements [fyne.Accessible].
func (c *control) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// shade is a ground's colour under the pointer or a finger.
func (c *control) shade(fill, towards color.NRGBA, w fyne.Widget) color.NRGBA {
	p := lightPalette()
	if luminance(colorOf(w, RoleBackground)) < 0.5 {
		p = darkPalette()
	}
	switch {
	case c.off:
		return fill
	case c.pressed:
		return mix(fill, towards, p.pressed)
	case c.hovered:
		return mix(fill, towards, p.hover)
	}
	return fill
}

// ring is the focus ring: it stands two pixels outside of the focused widget. It is never
// hidden, only without a colour: Fyne draws nothing for an object it has never seen, and it
// does not see hidden ones.
type ring struct{ rect *canvas.Rectangle }

func newRing(radius float32) ring {
	return ring{&canvas.Rectangle{CornerRadius: radius + 3, FillColor: color.Transparent, StrokeWidth: 2}}
}

// paint makes it the control's.
func (r ring) paint(c *control, w fyne.Widget) {
	c.drawFocus = func() {
		r.rect.StrokeColor = color.Transparent
		if c.Focused {
			r.rect.StrokeColor = colorOf(w, RoleAccent)
		}
		r.rect.Refresh()
	}
	c.drawFocus()
}

func (r ring) layout(size fyne.Size) { Place(r.rect, -3, -3, size.Width+6, size.Height+6) }

// pressable is the part of a renderer that all controls share: a ground, a focus ring and
// content.
type pressable struct {
	ground  *ground
	ring    ring
	content fyne.CanvasObject
	// paint colours ground and content for the control's present state.
	paint func()
}

func (r *pressable) Layout(size fyne.Size) {
	r.ground.layout(size)
	r.ring.layout(size)
	r.content.Move(fyne.Position{})
	r.content.Resize(size)
}

func (r *pressable) MinSize() fyne.Size { return r.content.MinSize() }

func (r *pressable) Objects() []fyne.CanvasObject {
	return append(r.ground.objects(), r.content, r.ring.rect)
}

func (r *pressable) Destroy() {}

func (r *pressable) Refresh() {
	r.paint()
	r.content.Refresh()
}
