// Package drawing checks and draws SVG pictures made by somebody else.
//
// [Check] takes only the parts needed for a logo, and writes them anew; nothing else is
// ever drawn. [RunExamination] is the process that a picture.Examiner starts.
package drawing

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"regexp"

	"github.com/fyne-io/oksvg"
	"github.com/srwiley/rasterx"
)

// minBox bounds the side of a drawing's box: the picture is larger by its inverse.
const minBox = 1e-3

// Drawing is an SVG picture, drawn at any size. It is not safe for concurrent use.
type Drawing struct {
	icon   *oksvg.SvgIcon
	widths []float64 // of the strokes, as drawn
}

// Read reads a trusted drawing: the program's own, or one passed by [Check].
func Read(svg []byte) (d *Drawing, err error) {
	defer recovered(&err)
	icon, err := oksvg.ReadIconStream(bytes.NewReader(roundRects(svg)), oksvg.StrictErrorMode)
	if err != nil {
		return nil, fmt.Errorf("read a drawing: %w", err)
	}
	if !(icon.ViewBox.W >= minBox && icon.ViewBox.H >= minBox) {
		return nil, errors.New("read a drawing: it has no size")
	}
	d = &Drawing{icon: icon}
	for _, p := range icon.SVGPaths {
		d.widths = append(d.widths, p.LineWidth)
	}
	return d, nil
}

// recovered turns the library's panics into an error.
func recovered(err *error) {
	if cause := recover(); cause != nil {
		*err = fmt.Errorf("read a drawing: %v", cause)
	}
}

// Draw draws in this many pixels. Strokes grow with the drawing, or are as wide as
// stroke says if that is not 0.
func (d *Drawing) Draw(width, height int, stroke float64) image.Image {
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	d.drawOn(rasterx.NewScannerGV(width, height, picture, picture.Bounds()), width, height, stroke)
	return picture
}

func (d *Drawing) drawOn(scanner rasterx.Scanner, width, height int, stroke float64) {
	box := d.icon.ViewBox
	scale := min(float64(width)/box.W, float64(height)/box.H)
	for i, w := range d.widths {
		w *= scale
		if stroke > 0 {
			w = stroke
		}
		d.icon.SVGPaths[i].LineWidth = w
	}
	drawn, high := box.W*scale, box.H*scale
	d.icon.SetTarget((float64(width)-drawn)/2, (float64(height)-high)/2, drawn, high)
	d.icon.Draw(rasterx.NewDasher(width, height, scanner), 1)
}

// roundRects gives each rectangle with a horizontal radius alone the same vertical one,
// by SVG 1.1, section 9.2. The library forgets it.
func roundRects(svg []byte) []byte {
	rect := regexp.MustCompile(`<rect\b[^>]*>`)
	radius := regexp.MustCompile(`\brx\s*=\s*("[^"]*"|'[^']*')`)
	other := regexp.MustCompile(`\bry\s*=`)
	return rect.ReplaceAllFunc(svg, func(tag []byte) []byte {
		if other.Match(tag) {
			return tag
		}
		return radius.ReplaceAll(tag, []byte("$0 ry=$1"))
	})
}
