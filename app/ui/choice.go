package ui

import "fyne.io/fyne/v2"

// choice is one of several cards of which one is chosen.
type choice struct {
	control
	glyph    *glyph
	text     *label
	selected bool
}

func newChoice(icon, text string, act func()) *choice {
	c := &choice{
		glyph: newGlyph(icon, 20, roleQuiet), text: newLabel(text, sizeText, roleText).cut().centred(),
	}
	c.name, c.act = text, act
	c.ExtendBaseWidget(c)
	return c
}

// show marks the card as the chosen one, or not; off: it cannot be chosen.
func (c *choice) show(selected, off bool) {
	c.selected, c.off = selected, off
	c.Refresh()
}

// CreateRenderer implements [fyne.Widget].
func (c *choice) CreateRenderer() fyne.WidgetRenderer {
	r := &pressable{ground: newGround(radiusCard), ring: newRing(radiusCard)}
	r.content = inset(14, 8, 12, 8, column(6, fixed(0, 20, middle(c.glyph)), c.text))
	r.paint = func() {
		paintCard(r, &c.control, c)
		c.glyph.color, c.text.color = roleQuiet, roleText
		switch {
		case c.selected && c.off:
			c.text.color = roleQuiet
			r.ground.paint(colorOf(c, roleRail), colorOf(c, roleQuiet))
		case c.selected:
			c.glyph.color, c.text.color = roleAccent, roleAccent
			r.ground.paint(colorOf(c, roleSoft), colorOf(c, roleAccent))
		case c.off:
			c.text.color = roleQuiet
		}
	}
	r.paint()
	return r
}
