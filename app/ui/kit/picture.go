package kit

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

// Logo is a picture of a portal, or Portico's own: pixels, or a drawing.
type Logo struct {
	pixels  image.Image
	drawing *drawing.Drawing
}

// ReadLogo reads a PNG or SVG picture. It comes from the agent, checked; it is checked
// again, because the window draws it.
func ReadLogo(data []byte) (*Logo, error) {
	checked, err := drawing.Check(data)
	if err != nil {
		return nil, fmt.Errorf("read a logo: %w", err)
	}
	if !picture.IsPNG(checked) {
		d, err := drawing.Read(checked)
		if err != nil {
			return nil, fmt.Errorf("read a logo: %w", err)
		}
		return &Logo{drawing: d}, nil
	}
	pixels, err := png.Decode(bytes.NewReader(checked))
	if err != nil {
		return nil, fmt.Errorf("read a logo: %w", err)
	}
	return &Logo{pixels: pixels}, nil
}

// object shows the logo, as large as its place allows.
func (l *Logo) object() fyne.CanvasObject {
	if l.drawing != nil {
		return canvas.NewRaster(func(width, height int) image.Image { return l.drawing.Draw(width, height, 0) })
	}
	i := canvas.NewImageFromImage(l.pixels)
	i.FillMode = canvas.ImageFillContain
	return i
}
