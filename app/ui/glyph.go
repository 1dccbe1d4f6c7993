package ui

import (
	"bytes"
	"fmt"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"github.com/portico-desktop/portico/assets"
)

// glyphSource is the drawing of an icon of Portico's family, nil for a name
// that is not in it. Portals name icons too, by the words people use.
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

// glyphResource is an icon in a colour. The colour is part of its name,
// because Fyne keeps drawn pictures by name.
func glyphResource(name string, c color.NRGBA) fyne.Resource {
	hex := fmt.Sprintf("#%02X%02X%02X", c.R, c.G, c.B)
	svg := bytes.ReplaceAll(glyphSource(name), []byte("#000000"), []byte(hex))
	return fyne.NewStaticResource("portico-"+name+"-"+hex[1:]+".svg", svg)
}

// glyph is an icon of Portico's family.
type glyph struct {
	widget.BaseWidget
	name  string
	color role
	size  float32
}

func newGlyph(name string, size float32, color role) *glyph {
	g := &glyph{name: name, size: size, color: color}
	g.ExtendBaseWidget(g)
	return g
}

// CreateRenderer implements [fyne.Widget].
func (g *glyph) CreateRenderer() fyne.WidgetRenderer {
	image := canvas.NewImageFromResource(glyphResource(g.name, colorOf(g, g.color)))
	image.FillMode = canvas.ImageFillContain
	return &glyphRenderer{glyph: g, image: image}
}

type glyphRenderer struct {
	glyph *glyph
	image *canvas.Image
}

func (r *glyphRenderer) Layout(size fyne.Size)        { r.image.Resize(size) }
func (r *glyphRenderer) MinSize() fyne.Size           { return fyne.NewSquareSize(r.glyph.size) }
func (r *glyphRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.image} }
func (r *glyphRenderer) Destroy()                     {}

func (r *glyphRenderer) Refresh() {
	r.image.Resource = glyphResource(r.glyph.name, colorOf(r.glyph, r.glyph.color))
	r.image.Refresh()
}
