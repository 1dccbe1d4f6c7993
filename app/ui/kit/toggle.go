package kit

import "fyne.io/fyne/v2"

// OnOff are the words for the two states of a switch, for screen readers.
type OnOff struct {
	Off, On string // the words
}

func (s OnOff) of(on bool) string {
	if on {
		return s.On
	}
	return s.Off
}

// Toggle is a switch. Its words stand beside it.
type Toggle struct {
	control
	label  string
	on     bool
	states OnOff
	track  *Panel
	knob   *Dot
}

// NewToggle makes one; changed hears of every change.
func NewToggle(text string, states OnOff, changed func(on bool)) *Toggle {
	t := &Toggle{
		label:  text,
		states: states,
		track:  NewPanel(RoleCard, RoleQuiet, toggleHeight/2),
		knob:   NewDot(toggleKnob, RoleQuiet),
	}
	t.Act = func() { changed(!t.on) }
	t.Set(false, false)
	t.ExtendBaseWidget(t)
	return t
}

const (
	toggleWidth, toggleHeight = 40, 22
	toggleKnob                = 14
)

// Set sets the switch.
func (t *Toggle) Set(on, off bool) {
	t.on, t.off = on, off
	t.Name = t.label + ", " + t.states.of(on)
	t.Refresh()
}

// MinSize implements [fyne.CanvasObject].
func (t *Toggle) MinSize() fyne.Size {
	t.ExtendBaseWidget(t)
	return fyne.NewSize(toggleWidth, toggleHeight)
}

// CreateRenderer implements [fyne.Widget].
func (t *Toggle) CreateRenderer() fyne.WidgetRenderer {
	r := &toggleRenderer{toggle: t, ring: newRing(toggleHeight / 2)}
	r.paint()
	return r
}

type toggleRenderer struct {
	toggle *Toggle
	ring   ring
}

func (r *toggleRenderer) paint() {
	t := r.toggle
	switch {
	case t.on && t.off:
		t.track.fill, t.track.line, t.knob.Color = RoleLine, RoleLine, RoleQuiet
	case t.on:
		t.track.fill, t.track.line, t.knob.Color = RoleFill, RoleFill, RoleOnFill
	case t.off:
		t.track.fill, t.track.line, t.knob.Color = RoleRail, RoleLine, RoleQuiet
	default:
		t.track.fill, t.track.line, t.knob.Color = RoleCard, RoleQuiet, RoleQuiet
		if t.hovered || t.pressed {
			t.track.line, t.knob.Color = RoleText, RoleText
		}
	}
	r.ring.paint(&t.control, t)
}

func (r *toggleRenderer) Layout(size fyne.Size) {
	Place(r.toggle.track, 0, 0, size.Width, size.Height)
	r.ring.layout(size)
	const edge = (toggleHeight - toggleKnob) / 2
	left := float32(edge)
	if r.toggle.on {
		left = size.Width - edge - toggleKnob
	}
	Place(r.toggle.knob, left, edge, toggleKnob, toggleKnob)
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
