package ui

import (
	"fyne.io/fyne/v2"
)

// onOff are the words for the two states of a switch, for screen readers.
type onOff struct{ Off, On string }

func (s onOff) of(on bool) string {
	if on {
		return s.On
	}
	return s.Off
}

// toggle is a switch. Its words stand beside it.
type toggle struct {
	control
	label  string
	on     bool
	states onOff
	track  *panel
	knob   *dot
}

// newToggle makes one; changed hears of every change.
func newToggle(text string, states onOff, changed func(on bool)) *toggle {
	t := &toggle{
		label:  text,
		states: states,
		track:  newPanel(roleCard, roleQuiet, toggleHeight/2),
		knob:   newDot(toggleKnob, roleQuiet),
	}
	t.act = func() { changed(!t.on) }
	t.show(false, false)
	t.ExtendBaseWidget(t)
	return t
}

const (
	toggleWidth, toggleHeight = 40, 22
	toggleKnob                = 14
)

// show sets the switch.
func (t *toggle) show(on, off bool) {
	t.on, t.off = on, off
	t.name = t.label + ", " + t.states.of(on)
	t.Refresh()
}

// MinSize implements [fyne.CanvasObject].
func (t *toggle) MinSize() fyne.Size {
	t.ExtendBaseWidget(t)
	return fyne.NewSize(toggleWidth, toggleHeight)
}

// CreateRenderer implements [fyne.Widget].
func (t *toggle) CreateRenderer() fyne.WidgetRenderer {
	r := &toggleRenderer{toggle: t, ring: newRing(toggleHeight / 2)}
	r.paint()
	return r
}

type toggleRenderer struct {
	toggle *toggle
	ring   ring
}

func (r *toggleRenderer) paint() {
	t := r.toggle
	switch {
	case t.on && t.off:
		t.track.fill, t.track.line, t.knob.color = roleLine, roleLine, roleQuiet
	case t.on:
		t.track.fill, t.track.line, t.knob.color = roleFill, roleFill, roleOnFill
	case t.off:
		t.track.fill, t.track.line, t.knob.color = roleRail, roleLine, roleQuiet
	default:
		t.track.fill, t.track.line, t.knob.color = roleCard, roleQuiet, roleQuiet
		if t.hovered || t.pressed {
			t.track.line, t.knob.color = roleText, roleText
		}
	}
	r.ring.paint(&t.control, t)
}

func (r *toggleRenderer) Layout(size fyne.Size) {
	place(r.toggle.track, 0, 0, size.Width, size.Height)
	r.ring.layout(size)
	const edge = (toggleHeight - toggleKnob) / 2
	left := float32(edge)
	if r.toggle.on {
		left = size.Width - edge - toggleKnob
	}
	place(r.toggle.knob, left, edge, toggleKnob, toggleKnob)
}

func (r *toggleRenderer) MinSize() fyne.Size { return fyne.NewSize(toggleWidth, toggleHeight) }
func (r *toggleRenderer) Destroy()           {}

func (r *toggleRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.toggle.track, r.toggle.knob, r.ring.rect}
}

func (r *toggleRenderer) Refresh() {
	r.paint()
	r.Layout(r.toggle.Size())
	r.toggle.track.Refresh()
	r.toggle.knob.Refresh()
}
