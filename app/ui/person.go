package ui

import (
	"strings"

	"fyne.io/fyne/v2"
)

// person is a remembered account that one can go on with: initials, a line to
// press and a line to know.
type person struct {
	control
	letters     string
	size        float32 // of the initials' circle
	first, then *label
	onward      *glyph // nil in menus
}

// newPerson is an account, by its initials, as a card of its own.
func newPerson(letters, first, then string, act func()) *person {
	p := &person{
		letters: letters, size: 40,
		first:  newLabel(first, sizeButton, roleText).strong().cut(),
		then:   newLabel(then, sizeSmall, roleQuiet).cut(),
		onward: newGlyph("chevron-right", 18, roleQuiet),
	}
	p.name, p.act = strings.TrimSuffix(first+", "+then, ", "), act
	p.ExtendBaseWidget(p)
	return p
}

// inMenu makes it a line of a menu.
func (p *person) inMenu() *person {
	p.size, p.onward = 28, nil
	p.first.size, p.first.bold = sizeText, false
	return p
}

// CreateRenderer implements [fyne.Widget].
func (p *person) CreateRenderer() fyne.WidgetRenderer {
	radius := float32(radiusCard)
	if p.onward == nil {
		radius = radiusControl
	}
	r := &pressable{ground: newGround(radius), ring: newRing(radius)}
	line := []fyne.CanvasObject{circled(p.size, p.letters), column(0, p.first, p.then)}
	if p.onward == nil {
		r.content = inset(5, 10, 5, 10, row(10, 1, line...))
	} else {
		r.content = inset(10, 12, 10, 12, row(12, 1, append(line, p.onward)...))
	}
	r.paint = func() {
		p.first.color = roleText
		if p.off {
			p.first.color = roleQuiet
		}
		if p.onward != nil {
			paintCard(r, &p.control, p)
			return
		}
		fill := colorOf(p, roleNone)
		if p.hovered || p.pressed {
			fill = p.shade(colorOf(p, roleRail), colorOf(p, roleText), p)
		}
		r.ground.paint(fill, colorOf(p, roleNone))
		r.ring.paint(&p.control, p)
	}
	r.paint()
	return r
}

// circled is letters in a circle, to be looked at.
func circled(size float32, letters string) fyne.CanvasObject {
	text := newLabel(letters, max(sizeSmall, size*0.36), roleAccent).strong().centred()
	return fixed(size, size, layers(newPanel(roleSoft, roleNone, size/2), middle(text)))
}

// wayCard is a card that leads on: an icon, a line to press and a line to know.
type wayCard struct {
	control
	icon        *glyph
	first, then *label
}

func newWayCard(icon, first, then string, act func()) *wayCard {
	c := &wayCard{
		icon:  newGlyph(icon, 20, roleAccent),
		first: newLabel(first, sizeText, roleText).strong().cut(),
	}
	if then != "" {
		c.then = newLabel(then, sizeSmall, roleQuiet).wrapped()
	}
	c.name, c.act = strings.TrimSuffix(first+", "+then, ", "), act
	c.ExtendBaseWidget(c)
	return c
}

// heightFor implements flowing.
func (c *wayCard) heightFor(width float32) float32 {
	if c.then == nil {
		return 44
	}
	return 12 + 20 + c.then.heightFor(width-14-20-12-12-18-14) + 12
}

// MinSize implements [fyne.CanvasObject].
func (c *wayCard) MinSize() fyne.Size {
	c.ExtendBaseWidget(c)
	width := c.Size().Width
	if width <= 0 {
		width = 400
	}
	return fyne.NewSize(160, c.heightFor(width))
}

// CreateRenderer implements [fyne.Widget].
func (c *wayCard) CreateRenderer() fyne.WidgetRenderer {
	r := &pressable{ground: newGround(radiusCard), ring: newRing(radiusCard)}
	text := []fyne.CanvasObject{c.first}
	if c.then != nil {
		text = append(text, c.then)
	}
	r.content = inset(0, 14, 0, 14, row(12, 1, c.icon, column(0, text...), newGlyph("chevron-right", 18, roleQuiet)))
	r.paint = func() { paintCard(r, &c.control, c) }
	r.paint()
	return r
}
