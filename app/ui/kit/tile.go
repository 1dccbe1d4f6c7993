package kit

import (
	"hash/fnv"
	"image/color"
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// mark is a small coloured square with a white icon or letter: an app's sign,
// or that of a portal without a logo.
func mark(size, radius, letterSize float32, icon, name string, ground Role, own *canvas.Rectangle) fyne.CanvasObject {
	var sign fyne.CanvasObject
	ink := RoleOnFill
	if own != nil {
		ink = RoleWhite
	}
	if glyphSource(icon) != nil {
		sign = NewGlyph(icon, size*0.56, ink)
	} else {
		sign = NewLabel(initial(name), letterSize, ink).Strong().Centred()
	}
	var square fyne.CanvasObject = NewPanel(ground, RoleNone, radius)
	if own != nil {
		own.CornerRadius = radius
		square = own
	}
	return Fixed(size, size, Layers(square, Middle(sign)))
}

// appMark is the sign of an app. Its colour is chosen by its id, and is the same at every
// start and on every desk.
func appMark(id, icon, title string) fyne.CanvasObject {
	return mark(36, 10, SizeText, icon, title, RoleNone, canvas.NewRectangle(tileColor(id)))
}

// tileColor is the colour of an app's sign.
func tileColor(id string) color.NRGBA {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // a hash never fails
	colors := tileColors()
	return colors[h.Sum32()%uint32(len(colors))]
}

// initial is the first letter of a name.
func initial(name string) string {
	for _, r := range name {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return strings.ToUpper(string(r))
		}
	}
	return "?"
}

// Initials are the first letters of a person's first and last name, or of a mail address
// in its place.
func Initials(name, email string) string {
	words := strings.Fields(name)
	switch len(words) {
	case 0:
		if email == "" {
			return "?"
		}
		return initial(email)
	case 1:
		return initial(words[0])
	default:
		return initial(words[0]) + initial(words[len(words)-1])
	}
}

// Tile starts an app.
type Tile struct {
	control
	sign  fyne.CanvasObject
	title *Label
}

// NewTile makes one for the app with this id; it is off if act is nil.
func NewTile(id, icon, title string, act func()) *Tile {
	t := &Tile{sign: appMark(id, icon, title), title: NewLabel(title, SizeLabel, RoleText).Centred().Wrapped()}
	t.title.Limit = 2
	t.Name, t.Act = title, act
	t.off = act == nil
	t.ExtendBaseWidget(t)
	return t
}

// heightFor implements flowing.
func (t *Tile) heightFor(width float32) float32 {
	return 13 + 36 + 8 + t.title.heightFor(width-8) + 13
}

// MinSize implements [fyne.CanvasObject].
func (t *Tile) MinSize() fyne.Size {
	t.ExtendBaseWidget(t)
	width := t.Size().Width
	if width <= 0 {
		width = TileWidth
	}
	return fyne.NewSize(80, t.heightFor(width))
}

// TileWidth is the least width of a tile in the launcher.
const TileWidth = 100

// CreateRenderer implements [fyne.Widget].
func (t *Tile) CreateRenderer() fyne.WidgetRenderer {
	r := &pressable{ground: newGround(RadiusCard), ring: newRing(RadiusCard)}
	r.content = Inset(13, 4, 13, 4, Column(8, Fixed(0, 36, Middle(t.sign)), t.title))
	r.paint = func() {
		t.title.color = RoleText
		if t.off {
			t.title.color = RoleQuiet
		}
		paintCard(r, &t.control, t)
	}
	r.paint()
	return r
}

// paintCard colours a control that is a card.
func paintCard(r *pressable, c *control, w fyne.Widget) {
	line := colorOf(w, RoleLine)
	if c.hovered && !c.off {
		line = mix(line, colorOf(w, RoleAccent), 0.5)
	}
	r.ground.lift(colorOf(w, RoleShadow))
	r.ground.paint(c.shade(colorOf(w, RoleCard), colorOf(w, RoleText), w), line)
	r.ring.paint(c, w)
}

// Contact is a card for reaching the IT team: a line to press, a line to know, and the
// icon of the way.
type Contact struct {
	control
	icon        string
	first, then *Label
}

// NewContact makes one; it cannot be pressed if act is nil.
func NewContact(icon, first, then string, act func()) *Contact {
	c := &Contact{
		icon:  icon,
		first: NewLabel(first, SizeHeading, RoleText).Strong().Cut(),
		then:  NewLabel(then, SizeText, RoleQuiet).Cut(),
	}
	c.Name, c.Act = strings.TrimSpace(first+", "+then), act
	c.off = act == nil
	c.ExtendBaseWidget(c)
	return c
}

// CreateRenderer implements [fyne.Widget].
func (c *Contact) CreateRenderer() fyne.WidgetRenderer {
	r := &pressable{ground: newGround(RadiusCard), ring: newRing(RadiusCard)}
	r.content = Inset(16, 16, 16, 16, Column(2,
		Row(8, 0, c.first, NewGlyph(c.icon, 18, RoleAccent)), c.then))
	r.paint = func() { paintCard(r, &c.control, c) }
	r.paint()
	return r
}

// Entry is a line of the rail or of a menu.
type Entry struct {
	control
	icon     string
	text     *Label
	glyph    *Glyph
	selected bool
	ink      Role
	menu     bool
}

// NewEntry makes a line of the rail.
func NewEntry(icon, text string, act func()) *Entry {
	e := &Entry{
		icon:  icon,
		text:  NewLabel(text, SizeText, RoleQuiet).Cut(),
		glyph: NewGlyph(icon, 20, RoleQuiet),
		ink:   RoleQuiet,
	}
	e.Name, e.Act = text, act
	e.ExtendBaseWidget(e)
	return e
}

// InMenu makes it a line of a menu, to be read rather than found.
func (e *Entry) InMenu() *Entry {
	e.ink, e.menu = RoleText, true
	return e
}

// TypedKey implements [fyne.Focusable]: in a menu the arrows lead from line to line.
func (e *Entry) TypedKey(k *fyne.KeyEvent) {
	c := fyne.CurrentApp().Driver().CanvasForObject(e)
	switch {
	case e.menu && c != nil && k.Name == fyne.KeyDown:
		c.FocusNext()
	case e.menu && c != nil && k.Name == fyne.KeyUp:
		c.FocusPrevious()
	default:
		e.control.TypedKey(k)
	}
}

// Choose marks the line as the present one, or not.
func (e *Entry) Choose(selected bool) {
	if e.selected != selected {
		e.selected = selected
		e.Refresh()
	}
}

// CreateRenderer implements [fyne.Widget].
func (e *Entry) CreateRenderer() fyne.WidgetRenderer {
	r := &pressable{ground: newGround(RadiusControl), ring: newRing(RadiusControl)}
	r.content = Fixed(0, 36, Inset(0, 10, 0, 10, Row(10, 1, e.glyph, e.text)))
	r.paint = func() {
		ink, fill := e.ink, colorOf(e, RoleNone)
		switch {
		case e.selected:
			ink, fill = RoleAccent, colorOf(e, RoleSoft)
		case e.hovered || e.pressed:
			ink = RoleText
			fill = e.shade(colorOf(e, RoleRail), colorOf(e, RoleText), e)
		}
		e.text.color, e.text.bold = ink, e.selected
		e.glyph.color = ink
		if !e.selected && e.ink == RoleText {
			e.glyph.color = RoleQuiet
		}
		r.ground.paint(fill, colorOf(e, RoleNone))
		r.ring.paint(&e.control, e)
	}
	r.paint()
	return r
}

// Avatar is the person's initials in a circle; pressing it opens the account.
type Avatar struct {
	control
	// Text is the initials.
	Text *Label
	size float32
}

// NewAvatar makes one of this diameter; it cannot be pressed if act is nil.
func NewAvatar(size float32, letters, name string, act func()) *Avatar {
	a := &Avatar{size: size, Text: NewLabel(letters, SizeText, RoleAccent).Strong().Centred()}
	a.Name, a.Act = name, act
	a.off = act == nil
	a.ExtendBaseWidget(a)
	return a
}

// CreateRenderer implements [fyne.Widget].
func (a *Avatar) CreateRenderer() fyne.WidgetRenderer {
	r := &pressable{ground: newGround(a.size / 2), ring: newRing(a.size / 2)}
	r.content = Fixed(a.size, a.size, Middle(a.Text))
	r.paint = func() {
		r.ground.paint(a.shade(colorOf(a, RoleSoft), colorOf(a, RoleAccent), a), colorOf(a, RoleNone))
		r.ring.paint(&a.control, a)
	}
	r.paint()
	return r
}
