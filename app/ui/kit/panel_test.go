package kit

import (
	"image/color"
	"testing"

	"fyne.io/fyne/v2/test"
)

// Of a rectangle that is filled with nothing Fyne works out each pixel, and draws none,
// unless the colour is its own word for nothing.
func TestAGroundWithoutColourIsNotDrawn(t *testing.T) {
	test.NewTempApp(t)
	none, grey := color.NRGBA{}, color.NRGBA{R: 0x80, G: 0x80, B: 0x80, A: 0xff}
	for _, tc := range []struct {
		name         string
		fill, line   color.NRGBA
		outer, inner color.Color // what Fyne gets
	}{
		{"a line alone", none, grey, grey, color.Transparent},
		{"no line", grey, none, grey, grey},
		{"nothing", none, none, color.Transparent, color.Transparent},
	} {
		g := newGround(4)
		g.paint(tc.fill, tc.line)
		if g.outer.FillColor != tc.outer || g.inner.FillColor != tc.inner {
			t.Errorf("%s: drawn %v, then %v", tc.name, g.outer.FillColor, g.inner.FillColor)
		}
	}
}
