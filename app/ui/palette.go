package ui

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
		background: rgb(0xFFFFFF), rail: rgb(0xF5F6F8), card: rgb(0xFFFFFF),
		line: rgb(0xE4E7EC), text: rgb(0x1B1F24), quiet: rgb(0x667085),
		accent: rgb(0x0F6CBD), fill: rgb(0x0F6CBD), onFill: rgb(0xFFFFFF), soft: rgb(0xEAF2FB),
		good: rgb(0x12805C), warning: rgb(0x8A5300), bad: rgb(0xB42318), onBad: rgb(0xFFFFFF),
		warningGround: rgb(0xFFF6E5), warningLine: rgb(0xF2D6A2),
		shadow: color.NRGBA{R: 16, G: 24, B: 40, A: 16},
		hover:  0.04, pressed: 0.09,
	}
}

// darkPalette is the dark look with Portico's own accent.
func darkPalette() palette {
	return palette{
		background: rgb(0x16181C), rail: rgb(0x1C1F24), card: rgb(0x1F2329),
		line: rgb(0x2D323A), text: rgb(0xECEFF3), quiet: rgb(0x98A2B3),
		accent: rgb(0x4BA3F2), fill: rgb(0x4BA3F2), onFill: rgb(0x0B1520), soft: rgb(0x1D2C3D),
		good: rgb(0x4CC38A), warning: rgb(0xF5C26B), bad: rgb(0xFF8A80), onBad: rgb(0x0B1520),
		warningGround: rgb(0x2B2416), warningLine: rgb(0x4D3D1D),
		shadow: color.NRGBA{A: 0x60},
		hover:  0.05, pressed: 0.11,
	}
}

// branded is p with the portal's accent. As text and lines it is corrected
// until it can be read on every ground it appears on; as an area it stays the
// portal's own, with an ink that can be read on it.
func (p palette) branded(accent color.NRGBA) palette {
	if accent == lightPalette().accent {
		return p // Portico's own, whose dark counterpart is in the table
	}
	end, tint := rgb(0x000000), 0.09
	if luminance(p.background) < 0.5 {
		end, tint = rgb(0xFFFFFF), 0.16
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

// leastOutline is the contrast below which an area cannot be told from the
// window it stands on.
const leastOutline = 1.5

// filled is an area of this colour and the ink for it. A colour on which
// neither ink can be read moves towards end.
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
		rgb(0x0F6CBD), rgb(0x0B7A75), rgb(0x7A3E9D), rgb(0xC2410C),
		rgb(0x475467), rgb(0xB42378), rgb(0x4F46B5), rgb(0x3F7A1F),
		rgb(0x9A5B00), rgb(0xB3261E),
	}
}
