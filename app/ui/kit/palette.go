package kit

import "image/color"

// palette is the colours of one look, light or dark. The window uses no other.
type palette struct {
	background, rail, card color.NRGBA
	line, text, quiet      color.NRGBA
	// accent is for text and lines, fill for areas with onFill on them, soft
	// a tint to set something apart.
	accent, fill, onFill, soft         color.NRGBA
	good, warning, bad, onBad          color.NRGBA
	warningGround, warningLine, shadow color.NRGBA
	// hover and pressed are the shares by which a control's ground moves
	// towards its text.
	hover, pressed float64
}

// lightPalette is the light look with Portico's own accent.
func lightPalette() palette {
	return palette{
		background: RGB(0xFFFFFF), rail: RGB(0xF5F6F8), card: RGB(0xFFFFFF),
		line: RGB(0xE4E7EC), text: RGB(0x1B1F24), quiet: RGB(0x667085),
		accent: RGB(0x0F6CBD), fill: RGB(0x0F6CBD), onFill: RGB(0xFFFFFF), soft: RGB(0xEAF2FB),
		good: RGB(0x12805C), warning: RGB(0x8A5300), bad: RGB(0xB42318), onBad: RGB(0xFFFFFF),
		warningGround: RGB(0xFFF6E5), warningLine: RGB(0xF2D6A2),
		shadow: color.NRGBA{R: 16, G: 24, B: 40, A: 16},
		hover:  0.04, pressed: 0.09,
	}
}

// darkPalette is the dark look with Portico's own accent.
func darkPalette() palette {
	return palette{
		background: RGB(0x16181C), rail: RGB(0x1C1F24), card: RGB(0x1F2329),
		line: RGB(0x2D323A), text: RGB(0xECEFF3), quiet: RGB(0x98A2B3),
		accent: RGB(0x4BA3F2), fill: RGB(0x4BA3F2), onFill: RGB(0x0B1520), soft: RGB(0x1D2C3D),
		good: RGB(0x4CC38A), warning: RGB(0xF5C26B), bad: RGB(0xFF8A80), onBad: RGB(0x0B1520),
		warningGround: RGB(0x2B2416), warningLine: RGB(0x4D3D1D),
		shadow: color.NRGBA{A: 0x60},
		hover:  0.05, pressed: 0.11,
	}
}

// branded is p with the portal's accent. As text and lines it is corrected until it can
// be read on every ground it appears on; as an area it stays the portal's own, with a
// readable ink.
func (p palette) branded(accent color.NRGBA) palette {
	if accent == lightPalette().accent {
		return p // Portico's own, whose dark counterpart is in the table
	}
	end, tint := RGB(0x000000), 0.09
	if luminance(p.background) < 0.5 {
		end, tint = RGB(0xFFFFFF), 0.16
	}
	soft := func(c color.NRGBA) color.NRGBA { return mix(p.background, c, tint) }
	p.accent = legible(accent, end, func(c color.NRGBA) []color.NRGBA {
		return []color.NRGBA{p.background, p.rail, p.card, soft(c)}
	})
	p.soft = soft(p.accent)
	p.fill, p.onFill = filled(accent, end)
	if contrast(p.fill, p.background) < leastOutline {
		p.fill, p.onFill = filled(p.accent, end) // it would be lost on the window
	}
	return p
}

// leastOutline is the contrast below which an area cannot be told from the window around
// it.
const leastOutline = 1.5

// filled is an area of this colour and the ink for it. A colour without a readable ink
// moves towards end.
func filled(c, end color.NRGBA) (fill, ink color.NRGBA) {
	white, dark := lightPalette().onFill, darkPalette().onFill
	best := func(c color.NRGBA) color.NRGBA {
		if contrast(white, c) >= minContrast || contrast(white, c) > contrast(dark, c) {
			return white
		}
		return dark
	}
	const steps = 100
	for step := range steps {
		fill = mix(c, end, float64(step)/steps)
		if ink = best(fill); contrast(ink, fill) >= minContrast {
			return fill, ink
		}
	}
	return end, best(end)
}

// tileColors are the grounds of app tiles; white can be read on each.
func tileColors() []color.NRGBA {
	return []color.NRGBA{
		RGB(0x0F6CBD), RGB(0x0B7A75), RGB(0x7A3E9D), RGB(0xC2410C),
		RGB(0x475467), RGB(0xB42378), RGB(0x4F46B5), RGB(0x3F7A1F),
		RGB(0x9A5B00), RGB(0xB3261E),
	}
}
