package ui

import (
	"fyne.io/fyne/v2"
)

// settingsPage is what the person may choose, and what Portico is.
func (h *home) settingsPage() fyne.CanvasObject {
	w, t := h.window, h.window.Words
	icons := map[appearance]string{followSystem: "screen", alwaysLight: "sun", alwaysDark: "moon"}
	ids := map[appearance]string{
		followSystem: "window.look.system", alwaysLight: "window.look.light", alwaysDark: "window.look.dark",
	}
	var choices []fyne.CanvasObject
	for _, a := range lookNames() {
		c := newChoice(icons[a], t.Text(ids[a]), func() { w.chooseLook(a) })
		c.selected = a == w.memory.Look
		choices = append(choices, c)
	}
	fact := func(name, value string, actions ...fyne.CanvasObject) fyne.CanvasObject {
		line := []fyne.CanvasObject{fixed(140, 0, newLabel(name, sizeText, roleQuiet).cut()),
			newLabel(value, sizeText, roleText).wrapped()}
		return row(16, 1, append(line, actions...)...)
	}
	facts := []fyne.CanvasObject{}
	if p := w.state.Portal; p != nil {
		facts = append(facts, fact(t.Text("window.settings.portal"), p.Name))
	}
	if w.state.PortalAddress != "" {
		facts = append(facts, fact(t.Text("window.settings.address"), w.state.PortalAddress,
			link(t.Text("window.settings.change"), w.changeAddress).calm()))
	}
	facts = append(facts, fact(t.Text("window.settings.version"), w.Version))
	return column(16,
		title(t.Text("window.nav.settings")),
		column(10, heading(t.Text("window.settings.look")), grid(120, 12, 3, choices...)),
		column(10, heading(t.Text("window.settings.about")), card(column(10, facts...))))
}

// choice is one of several cards of which one is chosen.
type choice struct {
	control
	glyph    *glyph
	text     *label
	selected bool
}

func newChoice(icon, text string, act func()) *choice {
	c := &choice{glyph: newGlyph(icon, 20, roleQuiet), text: newLabel(text, sizeText, roleText).cut().centred()}
	c.name, c.act = text, act
	c.ExtendBaseWidget(c)
	return c
}

// CreateRenderer implements [fyne.Widget].
func (c *choice) CreateRenderer() fyne.WidgetRenderer {
	r := &pressable{ground: newGround(radiusCard), ring: newRing(radiusCard)}
	r.content = inset(14, 8, 12, 8, column(6, fixed(0, 20, middle(c.glyph)), c.text))
	r.paint = func() {
		paintCard(r, &c.control, c)
		c.glyph.color, c.text.color = roleQuiet, roleText
		if c.selected {
			c.glyph.color, c.text.color = roleAccent, roleAccent
			r.ground.paint(colorOf(c, roleSoft), colorOf(c, roleAccent))
		}
	}
	r.paint()
	return r
}
