package ui

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"regexp"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
	"github.com/fyne-io/oksvg"
	"github.com/srwiley/rasterx"

	"github.com/portico-desktop/portico/assets"
)

// portalAccent is the accent that the manifest asks for, "" for none.
func (w *window) portalAccent() string {
	if w.state.Portal != nil {
		return w.state.Portal.Accent
	}
	return ""
}

// applyLook puts an accent and the person's choice of look in force.
func (w *window) applyLook(accent string) {
	choice := w.memory.Look
	if w.PreferDark != nil {
		choice = alwaysLight
		if *w.PreferDark {
			choice = alwaysDark
		}
	}
	now, ok := w.app.Settings().Theme().(*look)
	if ok && w.accent == accent && now.choice == choice {
		return
	}
	w.accent = accent
	w.app.Settings().SetTheme(newLook(accent, choice))
}

// dark says whether the window is dark now.
func (w *window) dark() bool {
	l, ok := w.app.Settings().Theme().(*look)
	return ok && l.isDark(w.app.Settings().ThemeVariant())
}

// logos are the portal's logos, by digest. Pictures come from the portal: they
// are decoded off Fyne's goroutine, and one that cannot be is as good as none.
type logos struct {
	window *window
	asked  map[string]bool
	images map[string]image.Image
}

// get is a logo that is there already; one that is not is asked for.
func (l *logos) get(digest string) image.Image {
	if digest == "" || l.images[digest] != nil {
		return l.images[digest]
	}
	if l.asked[digest] {
		return nil
	}
	if l.asked == nil {
		l.asked, l.images = make(map[string]bool), make(map[string]image.Image)
	}
	l.asked[digest] = true
	var picture image.Image
	l.window.call(func(ctx context.Context) error {
		data, err := l.window.Agent.Logo(ctx, digest)
		if err == nil {
			picture, err = decodeLogo(data)
		}
		return err
	}, func(err error) {
		if err == nil {
			l.images[digest] = picture
			l.window.win.Content().Refresh()
		}
	})
	return nil
}

// Logos are drawn at most this large, which is three times the largest place
// they have.
const logoPixels = 192

// decodeLogo reads a PNG or SVG picture.
func decodeLogo(data []byte) (picture image.Image, err error) {
	defer func() {
		if cause := recover(); cause != nil { // a drawing that the library trips over
			picture, err = nil, fmt.Errorf("draw the logo: %v", cause)
		}
	}()
	if bytes.HasPrefix(data, []byte("\x89PNG")) {
		config, err := png.DecodeConfig(bytes.NewReader(data))
		if err != nil {
			return nil, fmt.Errorf("read the logo: %w", err)
		}
		if config.Width > 4096 || config.Height > 4096 {
			return nil, errors.New("read the logo: it has more than 4096 pixels a side")
		}
		return png.Decode(bytes.NewReader(data))
	}
	icon, err := oksvg.ReadIconStream(bytes.NewReader(roundRects(data)), oksvg.StrictErrorMode)
	if err != nil {
		return nil, fmt.Errorf("read the logo: %w", err)
	}
	box := icon.ViewBox
	if box.W <= 0 || box.H <= 0 {
		return nil, errors.New("read the logo: it has no size")
	}
	scale := logoPixels / max(box.W, box.H)
	width, height := max(1, int(box.W*scale)), max(1, int(box.H*scale))
	icon.SetTarget(0, 0, float64(width), float64(height))
	drawn := image.NewRGBA(image.Rect(0, 0, width, height))
	icon.Draw(rasterx.NewDasher(width, height, rasterx.NewScannerGV(width, height, drawn, drawn.Bounds())), 1)
	return drawn, nil
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

// brand is the portal's sign: its logo, or a tile with its first letter, or
// Portico's own mark while no portal is known.
type brand struct {
	widget.BaseWidget
	window *window
	size   float32
}

func newBrand(w *window, size float32) *brand {
	b := &brand{window: w, size: size}
	b.ExtendBaseWidget(b)
	return b
}

// CreateRenderer implements [fyne.Widget].
func (b *brand) CreateRenderer() fyne.WidgetRenderer {
	r := &brandRenderer{brand: b, image: &canvas.Image{FillMode: canvas.ImageFillContain}}
	r.Refresh()
	return r
}

type brandRenderer struct {
	brand   *brand
	image   *canvas.Image
	letter  fyne.CanvasObject
	name    string
	objects []fyne.CanvasObject
}

func (r *brandRenderer) Layout(size fyne.Size) {
	for _, o := range r.objects {
		place(o, 0, 0, size.Width, size.Height)
	}
}

func (r *brandRenderer) MinSize() fyne.Size           { return fyne.NewSquareSize(r.brand.size) }
func (r *brandRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *brandRenderer) Destroy()                     {}

func (r *brandRenderer) Refresh() {
	w, size := r.brand.window, r.brand.size
	portal := w.state.Portal
	if portal == nil || w.kind == kindFirstRun {
		r.image.Image, r.image.Resource = nil, fyne.NewStaticResource("portico.svg", assets.LogoSVG)
		r.objects = []fyne.CanvasObject{r.image}
	} else {
		digest := portal.LogoLight
		if w.dark() && portal.LogoDark != "" {
			digest = portal.LogoDark
		}
		if picture := w.logos.get(digest); picture != nil {
			r.image.Image, r.image.Resource = picture, nil
			r.objects = []fyne.CanvasObject{r.image}
		} else {
			if r.letter == nil || r.name != portal.Name {
				r.name = portal.Name
				r.letter = mark(size, size*0.28, 10+size*0.28, "", portal.Name, roleFill, nil)
			}
			r.objects = []fyne.CanvasObject{r.letter}
		}
	}
	r.Layout(r.brand.Size())
	for _, o := range r.objects {
		o.Refresh()
	}
	canvas.Refresh(r.brand)
}

// lookNames are the choices of look, in the order of the settings.
func lookNames() []appearance { return []appearance{followSystem, alwaysLight, alwaysDark} }

// chooseLook is the person's choice, kept for the next start.
func (w *window) chooseLook(a appearance) {
	w.memory.Look = a
	w.memory.keep(w.Memory, w.win.Canvas().Size())
	w.refresh()
}
