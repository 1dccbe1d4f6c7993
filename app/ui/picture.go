package ui

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"regexp"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"github.com/fyne-io/oksvg"
	"github.com/srwiley/rasterx"
)

// picture is a logo: pixels, or a drawing.
type picture struct {
	pixels  image.Image
	drawing *drawing
}

// readPicture reads a PNG or SVG picture. It may come from a portal: whatever
// it is, reading it ends with a picture or an error.
func readPicture(data []byte) (p *picture, err error) {
	defer func() {
		if cause := recover(); cause != nil { // a drawing that the library trips over
			p, err = nil, fmt.Errorf("read a picture: %v", cause)
		}
	}()
	if !bytes.HasPrefix(data, []byte("\x89PNG")) {
		d, err := readDrawing(data)
		if err != nil {
			return nil, err
		}
		d.draw(64, 64, 0) // what it would trip over later, it trips over now
		return &picture{drawing: d}, nil
	}
	config, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("read a picture: %w", err)
	}
	if config.Width > 4096 || config.Height > 4096 {
		return nil, errors.New("read a picture: it has more than 4096 pixels a side")
	}
	pixels, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("read a picture: %w", err)
	}
	return &picture{pixels: pixels}, nil
}

// object shows the picture, as large as its place allows.
func (p *picture) object() fyne.CanvasObject {
	if p.drawing != nil {
		return canvas.NewRaster(func(width, height int) image.Image { return p.drawing.draw(width, height, 0) })
	}
	i := canvas.NewImageFromImage(p.pixels)
	i.FillMode = canvas.ImageFillContain
	return i
}

// drawing is an SVG picture, drawn at the size that is wanted. Fyne's own way
// of drawing them leaves strokes as thin as they are at 100 %.
type drawing struct {
	icon   *oksvg.SvgIcon
	widths []float64 // of the strokes, as drawn
}

func readDrawing(svg []byte) (*drawing, error) {
	icon, err := oksvg.ReadIconStream(bytes.NewReader(roundRects(svg)), oksvg.StrictErrorMode)
	if err != nil {
		return nil, fmt.Errorf("read a drawing: %w", err)
	}
	if icon.ViewBox.W <= 0 || icon.ViewBox.H <= 0 {
		return nil, errors.New("read a drawing: it has no size")
	}
	d := &drawing{icon: icon}
	for _, p := range icon.SVGPaths {
		d.widths = append(d.widths, p.LineWidth)
	}
	return d, nil
}

// draw draws in this many pixels. Strokes grow with the drawing, or are as
// wide as stroke says if that is not 0.
func (d *drawing) draw(width, height int, stroke float64) image.Image {
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
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
	d.icon.Draw(rasterx.NewDasher(width, height, rasterx.NewScannerGV(width, height, picture, picture.Bounds())), 1)
	return picture
}

// roundRects gives each rectangle with a horizontal radius alone the vertical
// one that SVG says it has (SVG 1.1, section 9.2), which the library forgets.
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
