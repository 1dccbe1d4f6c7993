package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
)

// Rank is how much a button asks to be pressed. A screen has one primary
// button at most.
type Rank int

const (
	RankPrimary   Rank = iota // the screen's main action
	RankSecondary             // another action
	RankLink                  // for some people only
	RankDanger                // cannot be undone
)

// Button is a push button.
type Button struct {
	control
	// Rank is the button's first one; [Button.Ranked] changes it.
	Rank Rank
	text *Label
	sub  *Label // a second, smaller line; nil for none
	icon *Glyph // before the text; nil for none
	// quiet links do not take the accent.
	quiet bool
}

func newButton(r Rank, text string, act func()) *Button {
	b := &Button{}
	b.Name, b.Act = text, act
	b.Ranked(r)
	b.ExtendBaseWidget(b)
	return b
}

// Ranked changes how much the button asks to be pressed; it comes before
// [Button.With] and [Button.Saying].
func (b *Button) Ranked(r Rank) *Button {
	b.Rank = r
	switch r {
	case RankPrimary, RankDanger:
		b.text = NewLabel(b.Name, SizeButton, RoleOnFill).Strong().Cut().Centred()
	default:
		b.text = NewLabel(b.Name, SizeText, RoleText).Cut().Centred()
	}
	return b
}

// Primary, Secondary, Link and Danger are a button of that rank; pressing it calls act.
func Primary(text string, act func()) *Button   { return newButton(RankPrimary, text, act) }
func Secondary(text string, act func()) *Button { return newButton(RankSecondary, text, act) }
func Link(text string, act func()) *Button      { return newButton(RankLink, text, act) }
func Danger(text string, act func()) *Button    { return newButton(RankDanger, text, act) }

// With puts an icon before the text.
func (b *Button) With(icon string) *Button {
	b.icon = NewGlyph(icon, 16, b.text.color)
	return b
}

// SetIcon changes the icon.
func (b *Button) SetIcon(icon string) {
	b.icon.name = icon
	b.Refresh()
}

// Calm makes a link small and quiet.
func (b *Button) Calm() *Button {
	b.quiet = true
	b.text.size = SizeSmall
	return b
}

// Fine makes a link small.
func (b *Button) Fine() *Button {
	b.text.size = SizeSmall
	return b
}

// Saying adds a smaller second line.
func (b *Button) Saying(text string) *Button {
	if text != "" {
		b.sub = NewLabel(text, SizeSmall, RoleQuiet).Cut().Centred()
		b.Name += ", " + text
	}
	return b
}

// SetText changes the text.
func (b *Button) SetText(text string) {
	b.Name = text
	b.text.Set(text)
}

// AccessibilityRole implements [fyne.Accessible].
func (b *Button) AccessibilityRole() fyne.AccessibleRole {
	if b.Rank == RankLink {
		return fyne.AccessibleRoleLink
	}
	return fyne.AccessibleRoleButton
}

// MinSize implements [fyne.CanvasObject]: the whole text, so that nothing is cut without
// need.
func (b *Button) MinSize() fyne.Size {
	b.ExtendBaseWidget(b)
	width := b.text.natural()
	if b.icon != nil {
		width += 16 + 8
	}
	switch b.Rank {
	case RankLink:
		return fyne.NewSize(width+16, 32)
	case RankSecondary:
		return fyne.NewSize(width+28, 40+b.subHeight())
	default:
		return fyne.NewSize(width+32, 44+b.subHeight())
	}
}

func (b *Button) subHeight() float32 {
	if b.sub == nil {
		return 0
	}
	return 14
}

// CreateRenderer implements [fyne.Widget].
func (b *Button) CreateRenderer() fyne.WidgetRenderer {
	radius := float32(RadiusButton)
	if b.Rank == RankLink {
		radius = RadiusControl
	}
	r := &pressable{ground: newGround(radius), ring: newRing(radius)}
	var line fyne.CanvasObject = b.text
	if b.icon != nil {
		line = Middle(Row(8, -1, b.icon, Fixed(b.text.natural(), 0, b.text)))
	}
	if b.sub != nil {
		line = MiddleRows(Column(-2, line, b.sub))
	}
	r.content = Inset(0, 8, 0, 8, MiddleRows(line))
	r.paint = func() {
		fill, edge, ink := b.colors()
		b.text.color = ink
		if b.icon != nil {
			b.icon.color = ink
		}
		if b.sub != nil {
			b.sub.color = ink
			if b.Rank == RankSecondary {
				b.sub.color = RoleQuiet
			}
		}
		r.ground.paint(fill, edge)
		r.ring.paint(&b.control, b)
	}
	r.paint()
	return r
}

// colors are the fill, the line and the ink of the present state.
func (b *Button) colors() (fill, edge color.NRGBA, ink Role) {
	switch b.Rank {
	case RankPrimary, RankDanger:
		ground, ink := RoleFill, RoleOnFill
		if b.Rank == RankDanger {
			ground, ink = RoleBad, RoleOnBad
		}
		if b.off {
			return colorOf(b, RoleLine), color.NRGBA{}, RoleQuiet
		}
		return b.sink(colorOf(b, ground)), color.NRGBA{}, ink
	case RankSecondary:
		fill, edge, ink = colorOf(b, RoleCard), colorOf(b, RoleLine), RoleText
		if b.off {
			return fill, edge, RoleQuiet
		}
		if b.hovered {
			edge = mix(edge, colorOf(b, RoleQuiet), 0.5)
		}
		return b.shade(fill, colorOf(b, RoleText), b), edge, ink
	default:
		if b.off {
			return color.NRGBA{}, color.NRGBA{}, RoleQuiet
		}
		if b.hovered || b.pressed {
			fill = b.shade(colorOf(b, RoleSoft), colorOf(b, RoleAccent), b)
		}
		if b.quiet {
			return fill, color.NRGBA{}, RoleQuiet
		}
		return fill, color.NRGBA{}, RoleAccent
	}
}

// sink is a strong fill under the pointer or a finger. It moves away from its
// ink, so that the text on it stays readable.
func (b *Button) sink(fill color.NRGBA) color.NRGBA {
	end := RGB(0x000000)
	if luminance(fill) > 0.3 {
		end = RGB(0xFFFFFF)
	}
	switch {
	case b.pressed:
		return mix(fill, end, 0.22)
	case b.hovered:
		return mix(fill, end, 0.12)
	}
	return fill
}

// MiddleRows centres an object's height and leaves it the full width.
func MiddleRows(o fyne.CanvasObject) *fyne.Container { return Row(0, 0, o) }
