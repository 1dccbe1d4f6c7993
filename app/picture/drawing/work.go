package drawing

import (
	"errors"
	"image"

	"github.com/portico-desktop/portico/app/picture"
	"github.com/srwiley/rasterx"
	"golang.org/x/image/math/fixed"
)

const (
	// maxCommands bounds the commands of all paths together.
	maxCommands = 20_000
	// maxSteps bounds drawing, in steps of the rasterizer: lines, and the rows and
	// columns crossed by them, also outside of the picture.
	maxSteps = 20_000_000
	// triedSide is the size in pixels for trying a drawing, about that of a logo in a
	// window.
	triedSide = 96
)

// errWork ends a drawing with too much work.
var errWork = errors.New("it takes more work than a logo may")

// checkWork finds out the work of drawing, and stops at too much.
//
// Errors: *[picture.Refused].
func (d *Drawing) checkWork() (err error) {
	steps := 0
	for _, p := range d.icon.SVGPaths {
		steps += commands(p.Path)
	}
	if steps > maxCommands {
		return picture.Refuse("has more than %d path commands", maxCommands)
	}
	for _, p := range d.icon.SVGPaths {
		steps += starts(p.Path) * dashesBefore(p.Dash, p.DashOffset)
	}
	if steps > maxSteps {
		return picture.Refuse("takes more work to draw than a logo may")
	}
	defer func() {
		if cause := recover(); cause == errWork {
			err = picture.Refuse("takes more work to draw than a logo may")
		} else if cause != nil {
			err = picture.Refuse("cannot be drawn: %v", cause)
		}
	}()
	d.drawOn(&meter{steps: steps}, triedSide, triedSide, 0)
	return nil
}

// commands counts a path's commands.
func commands(path rasterx.Path) (n int) {
	for i := 0; i < len(path); n++ {
		i += 1 + 2*points(path[i])
	}
	return n
}

// points is how many points a path's command has.
func points(command fixed.Int26_6) int {
	switch rasterx.PathCommand(command) {
	case rasterx.PathMoveTo, rasterx.PathLineTo:
		return 1
	case rasterx.PathQuadTo:
		return 2
	case rasterx.PathCubicTo:
		return 3
	}
	return 0
}

// starts counts how often a path begins anew.
func starts(path rasterx.Path) (n int) {
	for i := 0; i < len(path); i += 1 + 2*points(path[i]) {
		if rasterx.PathCommand(path[i]) == rasterx.PathMoveTo {
			n++
		}
	}
	return n
}

// dashesBefore is how many dashes are gone through before the first drawn one, each
// time a path begins.
func dashesBefore(dashes []float64, offset float64) int {
	period := fixed.Int52_12(0)
	for _, d := range dashes {
		period += fixed.Int52_12(max(fixed.Int26_6(d*64), 0))
	}
	if period == 0 || offset <= 0 {
		return 0
	}
	return (int(offset*64)/int(period) + 1) * len(dashes)
}

// meter counts a rasterizer's work, and draws nothing.
type meter struct {
	steps int
	at    fixed.Point26_6
	// pixel is the cost of a pixel, in quarters of a step.
	pixel int
}

// gradientPixel is how much more a pixel of a gradient costs than one of a colour.
const gradientPixel = 40

var _ rasterx.Scanner = (*meter)(nil)

func (m *meter) Start(a fixed.Point26_6) { m.at = a }

func (m *meter) Line(b fixed.Point26_6) {
	// The rasterizer leaves out lines below the picture, nothing else.
	const bottom = triedSide << 6
	rows := abs(int(min(b.Y, bottom)) - int(min(m.at.Y, bottom)))
	m.add(1 + rows>>6 + abs(int(b.X)-int(m.at.X))>>6)
	m.at = b
}

// SetColor learns if each pixel has its own colour.
func (m *meter) SetColor(c any) {
	m.pixel = 1
	if _, gradient := c.(rasterx.ColorFunc); gradient {
		m.pixel = gradientPixel
	}
}

// Draw goes once through all pixels for each path.
func (m *meter) Draw() { m.add(triedSide * triedSide * m.pixel / 4) }

func (m *meter) add(steps int) {
	if m.steps += steps; m.steps > maxSteps {
		panic(errWork)
	}
}

func (m *meter) GetPathExtent() fixed.Rectangle26_6 { return fixed.Rectangle26_6{} }
func (m *meter) SetBounds(int, int)                 {}
func (m *meter) SetWinding(bool)                    {}
func (m *meter) Clear()                             {}
func (m *meter) SetClip(image.Rectangle)            {}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
