package drawing

import "testing"

func TestRoundedCornersOfRectangles(t *testing.T) {
	for in, want := range map[string]string{
		`<rect rx="3"/>`:         `<rect rx="3" ry="3"/>`,
		`<rect rx = '3' x="1"/>`: `<rect rx = '3' ry='3' x="1"/>`,
		`<rect rx="3" ry="4"/>`:  `<rect rx="3" ry="4"/>`,
		`<rect width="3"/>`:      `<rect width="3"/>`,
		`<ellipse rx="3"/>`:      `<ellipse rx="3"/>`,
	} {
		if got := string(roundRects([]byte(in))); got != want {
			t.Errorf("roundRects(%s) = %s, want %s", in, got, want)
		}
	}
}
