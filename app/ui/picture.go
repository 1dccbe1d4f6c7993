package ui

import (
	"bytes"
	"fmt"
	"image"
	"image/png"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/portico-desktop/portico/app/picture"
	"github.com/portico-desktop/portico/app/picture/drawing"
)

// logo is a picture of a portal, or Portico's own: pixels, or a drawing.
type logo struct {
	pixels  image.Image
	drawing *drawing.Drawing
}

// readLogo reads a PNG or SVG picture. It comes from the agent, which has checked it;
// it is checked again, because the window is what draws it.
func readLogo(data []byte) (*logo, error) {
	checked, err := drawing.Check(data)
	if err != nil {
		return nil, fmt.Errorf("read a logo: %w", err)
	}
	if !picture.IsPNG(checked) {
		d, err := drawing.Read(checked)
		if err != nil {
			return nil, fmt.Errorf("read a logo: %w", err)
		}
		return &logo{drawing: d}, nil
	}
	pixels, err := png.Decode(bytes.NewReader(checked))
	if err != nil {
		return nil, fmt.Errorf("read a logo: %w", err)
	}
	return &logo{pixels: pixels}, nil
}

// object shows the logo, as large as its place allows.
func (l *logo) object() fyne.CanvasObject {
	if l.drawing != nil {
		return canvas.NewRaster(func(width, height int) image.Image { return l.drawing.Draw(width, height, 0) })
	}
	i := canvas.NewImageFromImage(l.pixels)
	i.FillMode = canvas.ImageFillContain
	return i
}
