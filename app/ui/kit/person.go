package kit

import (
	"strings"

	"fyne.io/fyne/v2"
)

// Person is a remembered account to go on with: initials, a line to press and a line to
// know.
type Person struct {
	control
	letters     string
	size        float32 // of the initials' circle
	first, then *Label
	onward      *Glyph // nil in menus
}

// NewPerson is an account, by its initials, as a card of its own.
func NewPerson(letters, first, then string, act func()) *Person {
	p := &Person{
		letters: letters, size: 40,
		first:  NewLabel(first, SizeButton, RoleText).Strong().Cut(),
		then:   NewLabel(then, SizeSmall, RoleQuiet).Cut(),
		onward: NewGlyph("chevron-right", 18, RoleQuiet),
	}
	p.Name, p.Act = strings.TrimSuffix(first+", "+then, ", "), act
	p.ExtendBaseWidget(p)
	return p
}

// InMenu makes it a line of a menu.
func (p *Person) InMenu() *Person {
	p.size, p.onward = 28, nil
	p.first.size, p.first.bold = SizeText, false
	return p
}

// CreateRenderer implements [fyne.Widget].
func (p *Person) CreateRenderer() fyne.WidgetRenderer {
	radius := float32(RadiusCard)
	if p.onward == nil {
		radius = RadiusControl
	}
	r := &pressable{ground: newGround(radius), ring: newRing(radius)}
	line := []fyne.CanvasObject{Circled(p.size, p.letters), Column(0, p.first, p.then)}
	if p.onward == nil {
		r.content = Inset(5, 10, 5, 10, Row(10, 1, line...))
	} else {
		r.content = Inset(10, 12, 10, 12, Row(12, 1, append(line, p.onward)...))
	}
	r.paint = func() {
		p.first.color = RoleText
		if p.off {
			p.first.color = RoleQuiet
		}
		if p.onward != nil {
			paintCard(r, &p.control, p)
			return
		}
		fill := colorOf(p, RoleNone)
		if p.hovered || p.pressed {
			fill = p.shade(colorOf(p, RoleRail), colorOf(p, RoleText), p)
		}
		r.ground.paint(fill, colorOf(p, RoleNone))
		r.ring.paint(&p.control, p)
	}
	r.paint()
	return r
}

// Circled is letters in a circle, to be looked at.
func Circled(size float32, letters string) fyne.CanvasObject {
	text := NewLabel(letters, max(SizeSmall, size*0.36), RoleAccent).Strong().Centred()
	return Fixed(size, size, Layers(NewPanel(RoleSoft, RoleNone, size/2), Middle(text)))
}

// WayCard is a card that leads on: an icon, a line to press and a line to know.
type WayCard struct {
	control
	icon        *Glyph
	first, then *Label
}

// NewWayCard makes one; "" as then leaves that line out.
func NewWayCard(icon, first, then string, act func()) *WayCard {
	c := &WayCard{
		icon:  NewGlyph(icon, 20, RoleAccent),
		first: NewLabel(first, SizeText, RoleText).Strong().Cut(),
	}
	if then != "" {
		c.then = NewLabel(then, SizeSmall, RoleQuiet).Wrapped()
	}
	c.Name, c.Act = strings.TrimSuffix(first+", "+then, ", "), act
	c.ExtendBaseWidget(c)
	return c
}

// heightFor implements flowing.
func (c *WayCard) heightFor(width float32) float32 {
	if c.then == nil {
		return 44
	}
	return 12 + 20 + c.then.heightFor(width-14-20-12-12-18-14) + 12
}

// MinSize implements [fyne.CanvasObject].
func (c *WayCard) MinSize() fyne.Size {
	c.ExtendBaseWidget(c)
	width := c.Size().Width
	if width <= 0 {
		width = 400
	}
	return fyne.NewSize(160, c.heightFor(width))
}

// CreateRenderer implements [fyne.Widget].
func (c *WayCard) CreateRenderer() fyne.WidgetRenderer {
	r := &pressable{ground: newGround(RadiusCard), ring: newRing(RadiusCard)}
	text := []fyne.CanvasObject{c.first}
	if c.then != nil {
		text = append(text, c.then)
	}
	r.content = Inset(0, 14, 0, 14, Row(12, 1, c.icon, Column(0, text...), NewGlyph("chevron-right", 18, RoleQuiet)))
	r.paint = func() { paintCard(r, &c.control, c) }
	r.paint()
	return r
}
