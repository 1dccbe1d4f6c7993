package kit

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
	"rsc.io/qr"
)

// Sizes of a QR picture: about its side in the window, the least side of a module of it,
// and the quiet zone for a reader around it (ISO/IEC 18004, section 5.3.8), in modules.
const (
	qrSide  = 144
	qrLeast = 3
	qrQuiet = 4
)

// QRPicture is an address as a QR code. It is dark on white in every look,
// because many readers do not know the other way round.
type QRPicture struct {
	widget.BaseWidget
	code *qr.Code
	name string // for screen readers
}

// NewQRPicture is nil for a text too long to be read from a screen.
func NewQRPicture(text, name string) *QRPicture {
	const most = 300
	if text == "" || len(text) > most {
		return nil
	}
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return nil
	}
	p := &QRPicture{code: code, name: name}
	p.ExtendBaseWidget(p)
	return p
}

// AccessibilityLabel implements [fyne.Accessible].
func (p *QRPicture) AccessibilityLabel() string { return p.name }

// AccessibilityRole implements [fyne.Accessible].
func (p *QRPicture) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// MinSize implements [fyne.CanvasObject]: a whole number for each module, and a
// line around them.
func (p *QRPicture) MinSize() fyne.Size {
	p.ExtendBaseWidget(p)
	modules := p.code.Size + 2*qrQuiet
	return fyne.NewSquareSize(float32(modules*max(qrLeast, qrSide/modules)) + 4)
}

// draw draws the code in this many pixels. Every module is the same whole number of
// pixels wide, so that it is crisp at every scale; the rest widens the quiet zone.
func (p *QRPicture) draw(width, height int) image.Image {
	picture := image.NewGray(image.Rect(0, 0, width, height))
	for i := range picture.Pix {
		picture.Pix[i] = 0xFF
	}
	module := min(width, height) / (p.code.Size + 2*qrQuiet)
	if module == 0 {
		return picture
	}
	left, top := (width-module*p.code.Size)/2, (height-module*p.code.Size)/2
	for y := range module * p.code.Size {
		for x := range module * p.code.Size {
			if p.code.Black(x/module, y/module) {
				picture.SetGray(left+x, top+y, color.Gray{})
			}
		}
	}
	return picture
}

// CreateRenderer implements [fyne.Widget].
func (p *QRPicture) CreateRenderer() fyne.WidgetRenderer {
	r := &qrRenderer{picture: p, ground: newGround(RadiusControl), raster: canvas.NewRaster(p.draw)}
	r.raster.ScaleMode = canvas.ImageScalePixels
	r.ground.paint(RGB(0xFFFFFF), RGB(0xE4E7EC))
	return r
}

type qrRenderer struct {
	picture *QRPicture
	ground  *ground
	raster  *canvas.Raster
}

func (r *qrRenderer) Layout(size fyne.Size) {
	r.ground.layout(size)
	Place(r.raster, 2, 2, size.Width-4, size.Height-4)
}

func (r *qrRenderer) MinSize() fyne.Size { return r.picture.MinSize() }

func (r *qrRenderer) Objects() []fyne.CanvasObject { return append(r.ground.objects(), r.raster) }
func (r *qrRenderer) Destroy()                     {}
func (r *qrRenderer) Refresh()                     { r.raster.Refresh() }
