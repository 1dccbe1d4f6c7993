package ui

import (
	"fyne.io/fyne/v2"
)

// checkbox is a choice that is on or off, with its words beside it.
type checkbox struct {
	control
	label  string
	on     bool
	states onOff
	box    *panel
	tick   *glyph
	text   *label
}

// newCheckbox makes one; changed hears of every change.
func newCheckbox(text string, states onOff, on bool, changed func(on bool)) *checkbox {
	c := &checkbox{
		label:  text,
		on:     on,
		states: states,
		box:    newPanel(roleCard, roleQuiet, 5),
		tick:   newGlyph("check", 14, roleOnFill),
		text:   newLabel(text, sizeLabel, roleText).wrapped(),
	}
	c.act = func() {
		c.set(!c.on)
		changed(c.on)
	}
	c.say()
	c.ExtendBaseWidget(c)
	return c
}

func (c *checkbox) set(on bool) {
	c.on = on
	c.say()
	c.Refresh()
}

// say keeps what screen readers are told in step.
func (c *checkbox) say() {
	c.name = c.label + ", " + c.states.of(c.on)
}

// MinSize implements [fyne.CanvasObject].
func (c *checkbox) MinSize() fyne.Size {
	c.ExtendBaseWidget(c)
	return fyne.NewSize(c.text.natural()+18+10+16, 28)
}

// CreateRenderer implements [fyne.Widget].
func (c *checkbox) CreateRenderer() fyne.WidgetRenderer {
	r := &pressable{ground: newGround(radiusControl), ring: newRing(radiusControl)}
	square := fixed(18, 18, layers(c.box, middle(c.tick)))
	r.content = inset(0, 8, 0, 8, row(10, 1, square, c.text))
	r.paint = func() {
		c.box.fill, c.box.line = roleCard, roleQuiet
		c.tick.Hidden = !c.on
		if c.on {
			c.box.fill, c.box.line = roleFill, roleFill
		}
		c.text.color = roleText
		if c.off {
			c.text.color = roleQuiet
		}
		fill := colorOf(c, roleNone)
		if c.hovered || c.pressed {
			fill = c.shade(colorOf(c, roleBackground), colorOf(c, roleText), c)
		}
		r.ground.paint(fill, colorOf(c, roleNone))
		r.ring.paint(&c.control, c)
	}
	r.paint()
	return r
}
