package kit

import (
	"image/color"
	"math"
	"strconv"
	"strings"
)

// minContrast is the least contrast of text and its ground by WCAG 2.2 (success criterion
// 1.4.3, level AA).
const minContrast = 4.5

// parseColor reads "#RRGGBB".
func parseColor(s string) (color.NRGBA, bool) {
	hex, ok := strings.CutPrefix(s, "#")
	if !ok || len(hex) != 6 {
		return color.NRGBA{}, false
	}
	v, err := strconv.ParseUint(hex, 16, 32)
	if err != nil {
		return color.NRGBA{}, false
	}
	return RGB(uint32(v)), true
}

// RGB is an opaque colour, given as 0xRRGGBB.
func RGB(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 0xFF}
}

// mix goes from a (share 0) to b (share 1).
func mix(a, b color.NRGBA, share float64) color.NRGBA {
	part := func(x, y uint8) uint8 {
		return uint8(math.Round(float64(x) + (float64(y)-float64(x))*share))
	}
	return color.NRGBA{R: part(a.R, b.R), G: part(a.G, b.G), B: part(a.B, b.B), A: part(a.A, b.A)}
}

// luminance is the relative luminance of WCAG 2.2, 0 (black) to 1 (white).
func luminance(c color.NRGBA) float64 {
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

// contrast is the contrast ratio of WCAG 2.2, 1 to 21.
func contrast(a, b color.NRGBA) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// legible moves c towards end (black on light grounds, white on dark ones),
// keeping its hue, until it can be read on every one of the grounds. Grounds
// may depend on the colour itself, as a tint of it does.
func legible(c, end color.NRGBA, grounds func(color.NRGBA) []color.NRGBA) color.NRGBA {
	const steps = 100
	for step := range steps {
		tried := mix(c, end, float64(step)/steps)
		if readable(tried, grounds(tried)) {
			return tried
		}
	}
	return end
}

func readable(c color.NRGBA, grounds []color.NRGBA) bool {
	for _, ground := range grounds {
		if contrast(c, ground) < minContrast {
			return false
		}
	}
	return true
}
