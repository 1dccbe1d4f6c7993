package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
)

// rank is how much a button asks to be pressed. A screen has one primary
// button at most.
type rank int

const (
	rankPrimary rank = iota
	rankSecondary
	rankLink
	rankDanger
)

// button is a push button.
type button struct {
	control
	rank rank
	text *label
	sub  *label // a second, smaller line; nil for none
	icon *glyph // before the text; nil for none
	// quiet links do not take the accent.
	quiet bool
}

func newButton(r rank, text string, act func()) *button {
	b := &button{}
	b.name, b.act = text, act
	b.ranked(r)
	b.ExtendBaseWidget(b)
	return b
}

// ranked changes how much the button asks to be pressed; it comes before [with]
// and [saying].
func (b *button) ranked(r rank) *button {
	b.rank = r
	switch r {
	case rankPrimary, rankDanger:
		b.text = newLabel(b.name, sizeButton, roleOnFill).strong().cut().centred()
	default:
		b.text = newLabel(b.name, sizeText, roleText).cut().centred()
	}
	return b
}

func primary(text string, act func()) *button   { return newButton(rankPrimary, text, act) }
func secondary(text string, act func()) *button { return newButton(rankSecondary, text, act) }
func link(text string, act func()) *button      { return newButton(rankLink, text, act) }
func danger(text string, act func()) *button    { return newButton(rankDanger, text, act) }

// with puts an icon before the text.
func (b *button) with(icon string) *button {
	b.icon = newGlyph(icon, 16, b.text.color)
	return b
}

// setIcon changes the icon.
func (b *button) setIcon(icon string) {
	b.icon.name = icon
	b.Refresh()
}

// calm makes a link small and quiet.
func (b *button) calm() *button {
	b.quiet = true
	b.text.size = sizeSmall
	return b
}

// fine makes a link small.
func (b *button) fine() *button {
	b.text.size = sizeSmall
	return b
}

// saying adds a smaller second line.
func (b *button) saying(text string) *button {
	if text != "" {
		b.sub = newLabel(text, sizeSmall, roleQuiet).cut().centred()
		b.name += ", " + text
	}
	return b
}

// setText changes the text.
func (b *button) setText(text string) {
	b.name = text
	b.text.set(text)
}

// AccessibilityRole implements [fyne.Accessible].
func (b *button) AccessibilityRole() fyne.AccessibleRole {
	if b.rank == rankLink {
		return fyne.AccessibleRoleLink
	}
	return fyne.AccessibleRoleButton
}

// MinSize implements [fyne.CanvasObject]: the whole text, so that nothing is
// cut where there is room.
func (b *button) MinSize() fyne.Size {
	b.ExtendBaseWidget(b)
	width := b.text.natural()
	if b.icon != nil {
		width += 16 + 8
	}
	switch b.rank {
	case rankLink:
		return fyne.NewSize(width+16, 32)
	case rankSecondary:
		return fyne.NewSize(width+28, 40+b.subHeight())
	default:
		return fyne.NewSize(width+32, 44+b.subHeight())
	}
}

func (b *button) subHeight() float32 {
	if b.sub == nil {
		return 0
	}
	return 14
}

// CreateRenderer implements [fyne.Widget].
func (b *button) CreateRenderer() fyne.WidgetRenderer {
	radius := float32(radiusButton)
	if b.rank == rankLink {
		radius = radiusControl
	}
	r := &pressable{ground: newGround(radius), ring: newRing(radius)}
	var line fyne.CanvasObject = b.text
	if b.icon != nil {
		line = middle(row(8, -1, b.icon, fixed(b.text.natural(), 0, b.text)))
	}
	if b.sub != nil {
		line = middleRows(column(-2, line, b.sub))
	}
	r.content = inset(0, 8, 0, 8, middleRows(line))
	r.paint = func() {
		fill, edge, ink := b.colors()
		b.text.color = ink
		if b.icon != nil {
			b.icon.color = ink
		}
		if b.sub != nil {
			b.sub.color = ink
			if b.rank == rankSecondary {
				b.sub.color = roleQuiet
			}
		}
		r.ground.paint(fill, edge)
		r.ring.paint(&b.control, b)
	}
	r.paint()
	return r
}

// colors are the fill, the line and the ink of the present state.
func (b *button) colors() (fill, edge color.NRGBA, ink role) {
	switch b.rank {
	case rankPrimary, rankDanger:
		ground, ink := roleFill, roleOnFill
		if b.rank == rankDanger {
			ground, ink = roleBad, roleOnBad
		}
		if b.off {
			return colorOf(b, roleLine), color.NRGBA{}, roleQuiet
		}
		return b.sink(colorOf(b, ground)), color.NRGBA{}, ink
	case rankSecondary:
		fill, edge, ink = colorOf(b, roleCard), colorOf(b, roleLine), roleText
		if b.off {
			return fill, edge, roleQuiet
		}
		if b.hovered {
			edge = mix(edge, colorOf(b, roleQuiet), 0.5)
		}
		return b.shade(fill, colorOf(b, roleText), b), edge, ink
	default:
		if b.off {
			return color.NRGBA{}, color.NRGBA{}, roleQuiet
		}
		if b.hovered || b.pressed {
			fill = b.shade(colorOf(b, roleSoft), colorOf(b, roleAccent), b)
		}
		if b.quiet {
			return fill, color.NRGBA{}, roleQuiet
		}
		return fill, color.NRGBA{}, roleAccent
	}
}

// sink is a strong fill under the pointer or a finger. It moves away from its
// ink, so that the text on it stays readable.
func (b *button) sink(fill color.NRGBA) color.NRGBA {
	end := rgb(0x000000)
	if luminance(fill) > 0.3 {
		end = rgb(0xFFFFFF)
	}
	switch {
	case b.pressed:
		return mix(fill, end, 0.22)
	case b.hovered:
		return mix(fill, end, 0.12)
	}
	return fill
}

// middleRows centres an object's height and leaves it the full width.
func middleRows(o fyne.CanvasObject) *fyne.Container { return row(0, 0, o) }
