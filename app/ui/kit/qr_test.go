package kit

import (
	"image"
	"strings"
	"testing"

	"rsc.io/qr"
)

// TestQRPictureCanBeRead holds the picture against the code it shows, at several
// scales: whole modules, dark on white, with room around them.
func TestQRPictureCanBeRead(t *testing.T) {
	const text = "https://login.example/device?user_code=WDJB-MJHT"
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	p := NewQRPicture(text, "a picture")
	for _, side := range []int{132, 150, 198, 300, 423} {
		picture, ok := p.draw(side, side).(*image.Gray)
		if !ok {
			t.Fatalf("the picture is a %T", p.draw(side, side))
		}
		module := side / (code.Size + 8)
		first := (side - module*code.Size) / 2
		if first < 4*module {
			t.Errorf("%d: the quiet zone is %d pixels, modules are %d", side, first, module)
		}
		for y := range side {
			for x := range side {
				column, row := floorDiv(x-first, module), floorDiv(y-first, module)
				if dark := picture.GrayAt(x, y).Y == 0; dark != code.Black(column, row) {
					t.Fatalf("%d: pixel %d,%d is dark: %v", side, x, y, dark)
				}
			}
		}
	}
	if NewQRPicture("", "") != nil || NewQRPicture(strings.Repeat("x", 4000), "") != nil {
		t.Error("there is a picture of what cannot be one")
	}
	p.draw(3, 3) // too small for anything
}

// floorDiv is -1 and less outside of the code, where nothing is dark.
func floorDiv(a, b int) int {
	if a < 0 {
		return -1
	}
	return a / b
}
