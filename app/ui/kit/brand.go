package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// Brand is a sign: a picture, or a tile with the first letter of a name.
type Brand struct {
	widget.BaseWidget
	picture func() (*Logo, string)
	size    float32
}

// NewBrand makes one that asks at every refresh for the picture, or for the name in its
// place.
func NewBrand(picture func() (*Logo, string), size float32) *Brand {
	b := &Brand{picture: picture, size: size}
	b.ExtendBaseWidget(b)
	return b
}

// CreateRenderer implements [fyne.Widget].
func (b *Brand) CreateRenderer() fyne.WidgetRenderer {
	r := &brandRenderer{brand: b}
	r.Refresh()
	return r
}

type brandRenderer struct {
	brand *Brand
	sign  fyne.CanvasObject
	// The content of sign: a picture, or the tile for a name.
	picture *Logo
	name    string
}

func (r *brandRenderer) Layout(size fyne.Size)        { Place(r.sign, 0, 0, size.Width, size.Height) }
func (r *brandRenderer) MinSize() fyne.Size           { return fyne.NewSquareSize(r.brand.size) }
func (r *brandRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.sign} }
func (r *brandRenderer) Destroy()                     {}

func (r *brandRenderer) Refresh() {
	size := r.brand.size
	picture, name := r.brand.picture()
	switch {
	case picture != nil:
		if r.picture != picture {
			r.sign = picture.object()
		}
	case r.sign == nil || r.picture != nil || r.name != name:
		r.sign = mark(size, size*0.28, 10+size*0.28, "", name, RoleFill, nil)
	}
	r.picture, r.name = picture, name
	r.Layout(r.brand.Size())
	r.sign.Refresh()
	canvas.Refresh(r.brand)
}
