package kit

import (
	"bytes"
	"fmt"
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"github.com/portico-desktop/portico/app/picture/drawing"
	"github.com/portico-desktop/portico/assets"
)

// glyphSource is the drawing of an icon of Portico's family, nil for an unknown name.
// Portals name icons too, by the words people use.
func glyphSource(name string) []byte {
	switch name {
	case "files":
		name = "folder"
	case "web":
		name = "globe"
	case "help":
		name = "chat"
	}
	for _, r := range name {
		if (r < 'a' || r > 'z') && r != '-' {
			return nil // a portal's text is not a path
		}
	}
	svg, err := assets.Glyphs.ReadFile("icons/glyphs/" + name + ".svg")
	if err != nil {
		return nil
	}
	return svg
}

// glyphIn is the drawing of an icon in a colour.
func glyphIn(name string, c color.NRGBA) []byte {
	hex := fmt.Sprintf("#%02X%02X%02X", c.R, c.G, c.B)
	return bytes.ReplaceAll(glyphSource(name), []byte("#000000"), []byte(hex))
}

// Glyph is an icon of Portico's family.
type Glyph struct {
	widget.BaseWidget
	name  string
	color Role
	size  float32
}

// NewGlyph makes an icon by its name in assets/icons/glyphs.
func NewGlyph(name string, size float32, color Role) *Glyph {
	g := &Glyph{name: name, size: size, color: color}
	g.ExtendBaseWidget(g)
	return g
}

// strokeWidth is that of every icon, whatever its size.
const strokeWidth = 1.75

// CreateRenderer implements [fyne.Widget].
func (g *Glyph) CreateRenderer() fyne.WidgetRenderer {
	r := &glyphRenderer{glyph: g}
	r.raster = canvas.NewRaster(r.draw)
	return r
}

type glyphRenderer struct {
	glyph  *Glyph
	raster *canvas.Raster
}

// draw draws the icon in the colour its role has now.
func (r *glyphRenderer) draw(width, height int) image.Image {
	d, err := drawing.Read(glyphIn(r.glyph.name, colorOf(r.glyph, r.glyph.color)))
	if err != nil {
		return image.NewNRGBA(image.Rect(0, 0, width, height)) // no icon; a test holds that every one can be drawn
	}
	return d.Draw(width, height, strokeWidth*float64(width)/float64(max(1, r.glyph.Size().Width)))
}

func (r *glyphRenderer) Layout(size fyne.Size)        { r.raster.Resize(size) }
func (r *glyphRenderer) MinSize() fyne.Size           { return fyne.NewSquareSize(r.glyph.size) }
func (r *glyphRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.raster} }
func (r *glyphRenderer) Destroy()                     {}
func (r *glyphRenderer) Refresh()                     { r.raster.Refresh() }
