package kit

import (
	"image/color"
	"math"
	"testing"
)

func TestContrastIsThatOfWCAG(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want float64
	}{
		{"#000000", "#FFFFFF", 21},
		{"#777777", "#FFFFFF", 4.48},
		{"#767676", "#FFFFFF", 4.54},
		{"#FF0000", "#FFFFFF", 4.00},
		{"#0F6CBD", "#0F6CBD", 1},
	} {
		a, _ := parseColor(tc.a)
		b, _ := parseColor(tc.b)
		if got := contrast(a, b); math.Abs(got-tc.want) > 0.005 {
			t.Errorf("contrast(%s, %s) = %.3f, want %.2f", tc.a, tc.b, got, tc.want)
		}
		if contrast(a, b) != contrast(b, a) {
			t.Errorf("contrast(%s, %s) depends on the order", tc.a, tc.b)
		}
	}
}

func TestOnlyColoursAreColours(t *testing.T) {
	if c, ok := parseColor("#0f6CbD"); !ok || c != RGB(0x0F6CBD) {
		t.Errorf("#0f6CbD is %v, %v", c, ok)
	}
	for _, s := range []string{"", "#", "0F6CBD", "#0F6CB", "#0F6CBDFF", "#0F6CBG", "#+F6CBD", "red"} {
		if c, ok := parseColor(s); ok {
			t.Errorf("%q is %v", s, c)
		}
	}
}

// TestEveryAccentCanBeRead goes through the colours that a portal might ask
// for, the unreadable ones first.
func TestEveryAccentCanBeRead(t *testing.T) {
	accents := []color.NRGBA{
		RGB(0xFFFFFF), RGB(0x000000), RGB(0xFFFF00), RGB(0xF2A900), RGB(0x00FF00), RGB(0x00FFFF),
		RGB(0x16181C), RGB(0xF5F6F8), RGB(0x808080), RGB(0x0000FF), RGB(0x0F6CBD),
	}
	for r := 0; r < 256; r += 51 {
		for g := 0; g < 256; g += 51 {
			for b := 0; b < 256; b += 51 {
				accents = append(accents, color.NRGBA{R: uint8(r), G: uint8(g), B: uint8(b), A: 255})
			}
		}
	}
	for _, accent := range accents {
		for name, base := range map[string]palette{"light": lightPalette(), "dark": darkPalette()} {
			p := base.branded(accent)
			for on, ground := range map[string]color.NRGBA{"background": p.background, "rail": p.rail, "card": p.card, "soft": p.soft} {
				if c := contrast(p.accent, ground); c < minContrast {
					t.Errorf("accent %v, %s: text on %s has a contrast of %.2f", accent, name, on, c)
				}
			}
			if c := contrast(p.onFill, p.fill); c < minContrast {
				t.Errorf("accent %v, %s: text on it has a contrast of %.2f", accent, name, c)
			}
			if c := contrast(p.fill, p.background); c < leastOutline {
				t.Errorf("accent %v, %s: a button has a contrast of %.2f against the window", accent, name, c)
			}
		}
	}
}

// TestEveryTextCanBeRead holds the fixed colours to the same rule.
func TestEveryTextCanBeRead(t *testing.T) {
	for name, p := range map[string]palette{"light": lightPalette(), "dark": darkPalette()} {
		for what, pair := range map[string][2]color.NRGBA{
			"text":                {p.text, p.background},
			"text on a card":      {p.text, p.card},
			"quiet":               {p.quiet, p.background},
			"quiet on the rail":   {p.quiet, p.rail},
			"quiet on a card":     {p.quiet, p.card},
			"accent":              {p.accent, p.background},
			"accent on its tint":  {p.accent, p.soft},
			"text on a button":    {p.onFill, p.fill},
			"text on red":         {p.onBad, p.bad},
			"a refusal":           {p.bad, p.background},
			"text on a warning":   {p.text, p.warningGround},
			"a warning on ground": {p.warning, p.warningGround},
			"accent on a warning": {p.accent, p.warningGround},
			"text on the tint":    {p.text, p.soft},
		} {
			if c := contrast(pair[0], pair[1]); c < minContrast {
				t.Errorf("%s, %s: contrast %.2f", name, what, c)
			}
		}
	}
	for _, c := range tileColors() {
		if got := contrast(RGB(0xFFFFFF), c); got < minContrast {
			t.Errorf("white on the tile %v has a contrast of %.2f", c, got)
		}
	}
}

// A warning across the whole window has the ink of what is bad.
func TestStripCanBeRead(t *testing.T) {
	for name, p := range map[string]palette{"light": lightPalette(), "dark": darkPalette()} {
		if c := contrast(p.onBad, p.warning); c < minContrast {
			t.Errorf("%s: contrast %.1f", name, c)
		}
	}
}
