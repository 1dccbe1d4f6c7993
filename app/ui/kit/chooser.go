package kit

import "fyne.io/fyne/v2"

// Option is one of several things to choose from.
type Option struct {
	Value string // what chosen hears
	Text  string // for people
}

// Chooser shows the chosen option, and opens a menu of the others.
type Chooser struct {
	control
	over    *Overlay
	label   string
	value   string
	options []Option
	chosen  func(value string)
	text    *Label
	arrow   *Glyph
}

// NewChooser makes one with its menu in over; chosen hears of every change.
func NewChooser(over *Overlay, label string, chosen func(value string)) *Chooser {
	c := &Chooser{
		over: over, label: label, chosen: chosen,
		text:  NewLabel("", SizeText, RoleText).Cut(),
		arrow: NewGlyph("chevron-down", 16, RoleQuiet),
	}
	c.Act = c.open
	c.ExtendBaseWidget(c)
	return c
}

// chooserWidth is the width of a chooser and of its menu.
const chooserWidth = 190

// Set sets the chosen value and the options. A value that is not among the options is
// shown as it is.
func (c *Chooser) Set(value string, options []Option, off bool) {
	c.value, c.options, c.off = value, options, off
	text := value
	for _, o := range options {
		if o.Value == value {
			text = o.Text
		}
	}
	c.Name = c.label + ", " + text
	c.text.Text = text
	c.Refresh()
}

// open shows the menu below the chooser, or above it if there is more room.
func (c *Chooser) open() {
	var lines []fyne.CanvasObject
	var present *Entry
	for _, o := range c.options {
		icon := ""
		if o.Value == c.value {
			icon = "check"
		}
		e := NewEntry(icon, o.Text, func() {
			c.over.Close()
			if o.Value != c.value {
				c.chosen(o.Value)
			}
		}).InMenu()
		if present == nil || o.Value == c.value {
			present = e
		}
		lines = append(lines, e)
	}
	c.over.Popover(chooserWidth, func(size fyne.Size) fyne.Position {
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(c)
		y := at.Y + c.Size().Height + 6
		if room := c.over.Canvas.Size().Height; y+size.Height > room-8 && at.Y > room/2 {
			y = max(8, at.Y-6-size.Height)
		}
		return fyne.NewPos(at.X, y)
	}, Inset(6, 6, 6, 6, Column(0, lines...)))
	// However it was opened, the keys go to it: to the chosen line.
	c.over.Canvas.Focus(present)
}

// MinSize implements [fyne.CanvasObject].
func (c *Chooser) MinSize() fyne.Size {
	c.ExtendBaseWidget(c)
	return fyne.NewSize(chooserWidth, FieldHeight)
}

// CreateRenderer implements [fyne.Widget].
func (c *Chooser) CreateRenderer() fyne.WidgetRenderer {
	r := &pressable{ground: newGround(RadiusControl), ring: newRing(RadiusControl)}
	r.content = Inset(0, 10, 0, 12, Row(8, 0, c.text, c.arrow))
	r.paint = func() {
		paintCard(r, &c.control, c)
		c.text.color = RoleText
		if c.off {
			c.text.color = RoleQuiet
		}
		c.arrow.Hidden = c.off
	}
	r.paint()
	return r
}
