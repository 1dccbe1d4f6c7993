package ui

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
func mark(size, radius, letterSize float32, icon, name string, ground role, own *canvas.Rectangle) fyne.CanvasObject {
	var sign fyne.CanvasObject
	ink := roleOnFill
	if own != nil {
		ink = roleWhite
	}
	if glyphSource(icon) != nil {
		sign = newGlyph(icon, size*0.56, ink)
	} else {
		sign = newLabel(initial(name), letterSize, ink).strong().centred()
	}
	var square fyne.CanvasObject = newPanel(ground, roleNone, radius)
	if own != nil {
		own.CornerRadius = radius
		square = own
	}
	return fixed(size, size, layers(square, middle(sign)))
}

// appMark is the sign of an app. Its colour is chosen by its id, so that it is the
// same at every start and on every desk.
func appMark(id, icon, title string) fyne.CanvasObject {
	return mark(36, 10, sizeText, icon, title, roleNone, canvas.NewRectangle(tileColor(id)))
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

// initials are the first letters of a person's first and last name, or of an
// address that has to stand for them.
func initials(name, email string) string {
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

// tile starts an app.
type tile struct {
	control
	sign  fyne.CanvasObject
	title *label
}

// newTile makes one for the app with this id; it is off where act is nil.
func newTile(id, icon, title string, act func()) *tile {
	t := &tile{sign: appMark(id, icon, title), title: newLabel(title, sizeLabel, roleText).centred().wrapped()}
	t.title.limit = 2
	t.name, t.act = title, act
	t.off = act == nil
	t.ExtendBaseWidget(t)
	return t
}

// heightFor implements flowing.
func (t *tile) heightFor(width float32) float32 {
	return 13 + 36 + 8 + t.title.heightFor(width-8) + 13
}

// MinSize implements [fyne.CanvasObject].
func (t *tile) MinSize() fyne.Size {
	t.ExtendBaseWidget(t)
	width := t.Size().Width
	if width <= 0 {
		width = tileWidth
	}
	return fyne.NewSize(80, t.heightFor(width))
}

// tileWidth is the least width of a tile in the launcher.
const tileWidth = 100

// CreateRenderer implements [fyne.Widget].
func (t *tile) CreateRenderer() fyne.WidgetRenderer {
	r := &pressable{ground: newGround(radiusCard), ring: newRing(radiusCard)}
	r.content = inset(13, 4, 13, 4, column(8, fixed(0, 36, middle(t.sign)), t.title))
	r.paint = func() {
		t.title.color = roleText
		if t.off {
			t.title.color = roleQuiet
		}
		paintCard(r, &t.control, t)
	}
	r.paint()
	return r
}

// paintCard colours a control that is a card.
func paintCard(r *pressable, c *control, w fyne.Widget) {
	line := colorOf(w, roleLine)
	if c.hovered && !c.off {
		line = mix(line, colorOf(w, roleAccent), 0.5)
	}
	r.ground.lift(colorOf(w, roleShadow))
	r.ground.paint(c.shade(colorOf(w, roleCard), colorOf(w, roleText), w), line)
	r.ring.paint(c, w)
}

// contact is a card that reaches the IT team: a line to press, a line to know,
// and the icon of the way.
type contact struct {
	control
	icon        string
	first, then *label
}

func newContact(icon, first, then string, act func()) *contact {
	c := &contact{
		icon:  icon,
		first: newLabel(first, sizeHeading, roleText).strong().cut(),
		then:  newLabel(then, sizeText, roleQuiet).cut(),
	}
	c.name, c.act = strings.TrimSpace(first+", "+then), act
	c.off = act == nil
	c.ExtendBaseWidget(c)
	return c
}

// CreateRenderer implements [fyne.Widget].
func (c *contact) CreateRenderer() fyne.WidgetRenderer {
	r := &pressable{ground: newGround(radiusCard), ring: newRing(radiusCard)}
	r.content = inset(16, 16, 16, 16, column(2,
		row(8, 0, c.first, newGlyph(c.icon, 18, roleAccent)), c.then))
	r.paint = func() { paintCard(r, &c.control, c) }
	r.paint()
	return r
}

// entry is a line of the rail or of a menu.
type entry struct {
	control
	icon     string
	text     *label
	glyph    *glyph
	selected bool
	ink      role
	menu     bool
}

// newEntry makes a line of the rail.
func newEntry(icon, text string, act func()) *entry {
	e := &entry{
		icon:  icon,
		text:  newLabel(text, sizeText, roleQuiet).cut(),
		glyph: newGlyph(icon, 20, roleQuiet),
		ink:   roleQuiet,
	}
	e.name, e.act = text, act
	e.ExtendBaseWidget(e)
	return e
}

// inMenu makes it a line of a menu, which is read rather than found.
func (e *entry) inMenu() *entry {
	e.ink, e.menu = roleText, true
	return e
}

// TypedKey implements [fyne.Focusable]: in a menu the arrows lead from line to line.
func (e *entry) TypedKey(k *fyne.KeyEvent) {
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

// choose marks the line as the present one, or not.
func (e *entry) choose(selected bool) {
	if e.selected != selected {
		e.selected = selected
		e.Refresh()
	}
}

// CreateRenderer implements [fyne.Widget].
func (e *entry) CreateRenderer() fyne.WidgetRenderer {
	r := &pressable{ground: newGround(radiusControl), ring: newRing(radiusControl)}
	r.content = fixed(0, 36, inset(0, 10, 0, 10, row(10, 1, e.glyph, e.text)))
	r.paint = func() {
		ink, fill := e.ink, colorOf(e, roleNone)
		switch {
		case e.selected:
			ink, fill = roleAccent, colorOf(e, roleSoft)
		case e.hovered || e.pressed:
			ink = roleText
			fill = e.shade(colorOf(e, roleRail), colorOf(e, roleText), e)
		}
		e.text.color, e.text.bold = ink, e.selected
		e.glyph.color = ink
		if !e.selected && e.ink == roleText {
			e.glyph.color = roleQuiet
		}
		r.ground.paint(fill, colorOf(e, roleNone))
		r.ring.paint(&e.control, e)
	}
	r.paint()
	return r
}

// avatar is the person's initials in a circle; pressing it opens the account.
type avatar struct {
	control
	size float32
	text *label
}

func newAvatar(size float32, letters, name string, act func()) *avatar {
	a := &avatar{size: size, text: newLabel(letters, sizeText, roleAccent).strong().centred()}
	a.name, a.act = name, act
	a.off = act == nil
	a.ExtendBaseWidget(a)
	return a
}

// CreateRenderer implements [fyne.Widget].
func (a *avatar) CreateRenderer() fyne.WidgetRenderer {
	r := &pressable{ground: newGround(a.size / 2), ring: newRing(a.size / 2)}
	r.content = fixed(a.size, a.size, middle(a.text))
	r.paint = func() {
		r.ground.paint(a.shade(colorOf(a, roleSoft), colorOf(a, roleAccent), a), colorOf(a, roleNone))
		r.ring.paint(&a.control, a)
	}
	r.paint()
	return r
}
