package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// ground is a rounded rectangle with a line inside its edge, below cards, controls and
// tiles. The line is a second rectangle under the first: so it stays crisp at every
// scale.
type ground struct {
	outer, inner *canvas.Rectangle
	radius       float32
}

func newGround(radius float32) *ground {
	return &ground{
		outer:  &canvas.Rectangle{CornerRadius: radius},
		inner:  &canvas.Rectangle{CornerRadius: max(0, radius-1)},
		radius: radius,
	}
}

// paint sets the colours; a transparent line leaves only the fill.
func (g *ground) paint(fill, line color.NRGBA) {
	if line.A == 0 {
		line = fill
	}
	g.outer.FillColor, g.inner.FillColor = drawn(line), drawn(fill)
	g.outer.Refresh()
	g.inner.Refresh()
}

// drawn is a colour for Fyne, which leaves out what is filled with nothing only where
// that is its own word for it.
func drawn(c color.NRGBA) color.Color {
	if c.A == 0 {
		return color.Transparent
	}
	return c
}

// lift gives the ground a soft shadow.
func (g *ground) lift(shadow color.NRGBA) {
	g.outer.Shadow = canvas.Shadow{
		Color: shadow, BlurRadius: 2, Offset: fyne.NewPos(0, 1), Variant: canvas.DropShadow,
	}
}

func (g *ground) layout(size fyne.Size) {
	Place(g.outer, 0, 0, size.Width, size.Height)
	Place(g.inner, 1, 1, size.Width-2, size.Height-2)
}

func (g *ground) objects() []fyne.CanvasObject { return []fyne.CanvasObject{g.outer, g.inner} }

// Panel is a ground to look at only.
type Panel struct {
	widget.BaseWidget
	fill, line Role
	radius     float32
	lifted     bool
}

// NewPanel makes one with a line inside its edge; RoleNone as the line leaves it out.
func NewPanel(fill, line Role, radius float32) *Panel {
	p := &Panel{fill: fill, line: line, radius: radius}
	p.ExtendBaseWidget(p)
	return p
}

// Card puts content on a card of the window's usual kind.
func Card(content fyne.CanvasObject) *fyne.Container {
	const padding = 16
	p := NewPanel(RoleCard, RoleLine, RadiusCard)
	p.lifted = true
	return Layers(p, Inset(padding, padding, padding, padding, content))
}

// CreateRenderer implements [fyne.Widget].
func (p *Panel) CreateRenderer() fyne.WidgetRenderer {
	r := &panelRenderer{panel: p, ground: newGround(p.radius)}
	r.paint()
	return r
}

type panelRenderer struct {
	panel  *Panel
	ground *ground
}

func (r *panelRenderer) paint() {
	p := r.panel
	if p.lifted {
		r.ground.lift(colorOf(p, RoleShadow))
	}
	r.ground.paint(colorOf(p, p.fill), colorOf(p, p.line))
}

func (r *panelRenderer) Layout(size fyne.Size)        { r.ground.layout(size) }
func (r *panelRenderer) MinSize() fyne.Size           { return fyne.NewSize(2, 2) }
func (r *panelRenderer) Objects() []fyne.CanvasObject { return r.ground.objects() }
func (r *panelRenderer) Destroy()                     {}
func (r *panelRenderer) Refresh()                     { r.paint() }

// Rule is a straight line of one pixel, or any flat area of one colour.
type Rule struct {
	widget.BaseWidget
	color Role
	size  fyne.Size
}

// NewRule makes one of at least this size.
func NewRule(color Role, width, height float32) *Rule {
	r := &Rule{color: color, size: fyne.NewSize(width, height)}
	r.ExtendBaseWidget(r)
	return r
}

// CreateRenderer implements [fyne.Widget].
func (r *Rule) CreateRenderer() fyne.WidgetRenderer {
	rect := canvas.NewRectangle(colorOf(r, r.color))
	return &ruleRenderer{rule: r, rect: rect}
}

type ruleRenderer struct {
	rule *Rule
	rect *canvas.Rectangle
}

func (r *ruleRenderer) Layout(size fyne.Size)        { r.rect.Resize(size) }
func (r *ruleRenderer) MinSize() fyne.Size           { return r.rule.size }
func (r *ruleRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.rect} }
func (r *ruleRenderer) Destroy()                     {}

func (r *ruleRenderer) Refresh() {
	r.rect.FillColor = colorOf(r.rule, r.rule.color)
	r.rect.Refresh()
}
