package kit

import "fyne.io/fyne/v2"

// Choice is one of several cards, and one of them is chosen.
type Choice struct {
	control
	glyph    *Glyph
	text     *Label
	selected bool
}

// NewChoice makes one that is not chosen; act is called when it is pressed.
func NewChoice(icon, text string, act func()) *Choice {
	c := &Choice{
		glyph: NewGlyph(icon, 20, RoleQuiet), text: NewLabel(text, SizeText, RoleText).Cut().Centred(),
	}
	c.Name, c.Act = text, act
	c.ExtendBaseWidget(c)
	return c
}

// Set marks the card as the chosen one, or not; off: it cannot be chosen.
func (c *Choice) Set(selected, off bool) {
	c.selected, c.off = selected, off
	c.Refresh()
}

// CreateRenderer implements [fyne.Widget].
func (c *Choice) CreateRenderer() fyne.WidgetRenderer {
	r := &pressable{ground: newGround(RadiusCard), ring: newRing(RadiusCard)}
	r.content = Inset(14, 8, 12, 8, Column(6, Fixed(0, 20, Middle(c.glyph)), c.text))
	r.paint = func() {
		paintCard(r, &c.control, c)
		c.glyph.color, c.text.color = RoleQuiet, RoleText
		switch {
		case c.selected && c.off:
			c.text.color = RoleQuiet
			r.ground.paint(colorOf(c, RoleRail), colorOf(c, RoleQuiet))
		case c.selected:
			c.glyph.color, c.text.color = RoleAccent, RoleAccent
			r.ground.paint(colorOf(c, RoleSoft), colorOf(c, RoleAccent))
		case c.off:
			c.text.color = RoleQuiet
		}
	}
	r.paint()
	return r
}
