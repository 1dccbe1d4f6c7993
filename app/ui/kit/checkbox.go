package kit

import (
	"fyne.io/fyne/v2"
)

// Checkbox is a choice that is on or off, with its words beside it.
type Checkbox struct {
	control
	label  string
	On     bool // Set changes it
	states OnOff
	box    *Panel
	tick   *Glyph
	text   *Label
}

// NewCheckbox makes one; changed hears of every change.
func NewCheckbox(text string, states OnOff, on bool, changed func(on bool)) *Checkbox {
	c := &Checkbox{
		label:  text,
		On:     on,
		states: states,
		box:    NewPanel(RoleCard, RoleQuiet, 5),
		tick:   NewGlyph("check", 14, RoleOnFill),
		text:   NewLabel(text, SizeLabel, RoleText).Wrapped(),
	}
	c.Act = func() {
		c.Set(!c.On)
		changed(c.On)
	}
	c.say()
	c.ExtendBaseWidget(c)
	return c
}

// Set ticks the box, or not.
func (c *Checkbox) Set(on bool) {
	c.On = on
	c.say()
	c.Refresh()
}

// say keeps the words for screen readers in step.
func (c *Checkbox) say() {
	c.Name = c.label + ", " + c.states.of(c.On)
}

// MinSize implements [fyne.CanvasObject].
func (c *Checkbox) MinSize() fyne.Size {
	c.ExtendBaseWidget(c)
	return fyne.NewSize(c.text.natural()+18+10+16, 28)
}

// CreateRenderer implements [fyne.Widget].
func (c *Checkbox) CreateRenderer() fyne.WidgetRenderer {
	r := &pressable{ground: newGround(RadiusControl), ring: newRing(RadiusControl)}
	square := Fixed(18, 18, Layers(c.box, Middle(c.tick)))
	r.content = Inset(0, 8, 0, 8, Row(10, 1, square, c.text))
	r.paint = func() {
		c.box.fill, c.box.line = RoleCard, RoleQuiet
		c.tick.Hidden = !c.On
		if c.On {
			c.box.fill, c.box.line = RoleFill, RoleFill
		}
		c.text.color = RoleText
		if c.off {
			c.text.color = RoleQuiet
		}
		fill := colorOf(c, RoleNone)
		if c.hovered || c.pressed {
			fill = c.shade(colorOf(c, RoleBackground), colorOf(c, RoleText), c)
		}
		r.ground.paint(fill, colorOf(c, RoleNone))
		r.ring.paint(&c.control, c)
	}
	r.paint()
	return r
}
