package ui

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

// compare holds a picture against its golden one, pixel by pixel.
func compare(t *testing.T, name string, got image.Image) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		write(t, file, got)
		return
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; renew with -update and look at it", err)
	}
	want, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if diff := difference(flat(want), flat(got)); diff != "" {
		failed := filepath.Join("testdata", "failed", name)
		write(t, failed, got)
		t.Errorf("the window does not look like %s: %s; see %s", file, diff, failed)
	}
}

// flat is a picture with its pixels in one known form.
func flat(p image.Image) *image.NRGBA {
	out := image.NewNRGBA(image.Rect(0, 0, p.Bounds().Dx(), p.Bounds().Dy()))
	draw.Draw(out, out.Bounds(), p, p.Bounds().Min, draw.Src)
	return out
}

// difference says how two pictures differ, "" if they do not.
func difference(want, got *image.NRGBA) string {
	if want.Bounds() != got.Bounds() {
		return fmt.Sprintf("size %v instead of %v", got.Bounds().Size(), want.Bounds().Size())
	}
	var where image.Rectangle
	n := 0
	for y := range want.Bounds().Dy() {
		for x := range want.Bounds().Dx() {
			if want.NRGBAAt(x, y) != got.NRGBAAt(x, y) {
				n++
				where = where.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d pixels differ, within %v", n, where)
}

func write(t *testing.T, file string, p image.Image) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, p); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
