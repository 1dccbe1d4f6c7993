package ui

import (
	"fyne.io/fyne/v2"
)

// option is one of several things to choose from.
type option struct{ value, text string }

// chooser shows what is chosen, and opens a menu of what else there is.
type chooser struct {
	control
	over    *overlay
	label   string
	value   string
	options []option
	chosen  func(value string)
	text    *label
	arrow   *glyph
}

// newChooser makes one whose menu is shown by over; chosen hears of every change.
func newChooser(over *overlay, label string, chosen func(value string)) *chooser {
	c := &chooser{
		over: over, label: label, chosen: chosen,
		text:  newLabel("", sizeText, roleText).cut(),
		arrow: newGlyph("chevron-down", 16, roleQuiet),
	}
	c.act = c.open
	c.ExtendBaseWidget(c)
	return c
}

// chooserWidth is the width of a chooser and of its menu.
const chooserWidth = 190

// show sets what is chosen and what there is. A value that is not among the
// options is shown as it is.
func (c *chooser) show(value string, options []option, off bool) {
	c.value, c.options, c.off = value, options, off
	text := value
	for _, o := range options {
		if o.value == value {
			text = o.text
		}
	}
	c.name = c.label + ", " + text
	c.text.text = text
	c.Refresh()
}

// open shows the menu below the chooser, or above it where there is more room.
func (c *chooser) open() {
	var lines []fyne.CanvasObject
	var present *entry
	for _, o := range c.options {
		icon := ""
		if o.value == c.value {
			icon = "check"
		}
		e := newEntry(icon, o.text, func() {
			c.over.close()
			if o.value != c.value {
				c.chosen(o.value)
			}
		}).inMenu()
		if present == nil || o.value == c.value {
			present = e
		}
		lines = append(lines, e)
	}
	c.over.popover(chooserWidth, func(size fyne.Size) fyne.Position {
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(c)
		y := at.Y + c.Size().Height + 6
		if room := c.over.canvas.Size().Height; y+size.Height > room-8 && at.Y > room/2 {
			y = max(8, at.Y-6-size.Height)
		}
		return fyne.NewPos(at.X, y)
	}, inset(6, 6, 6, 6, column(0, lines...)))
	// However it was opened, the keys go to it: to what is chosen already.
	c.over.canvas.Focus(present)
}

// MinSize implements [fyne.CanvasObject].
func (c *chooser) MinSize() fyne.Size {
	c.ExtendBaseWidget(c)
	return fyne.NewSize(chooserWidth, fieldHeight)
}

// CreateRenderer implements [fyne.Widget].
func (c *chooser) CreateRenderer() fyne.WidgetRenderer {
	r := &pressable{ground: newGround(radiusControl), ring: newRing(radiusControl)}
	r.content = inset(0, 10, 0, 12, row(8, 0, c.text, c.arrow))
	r.paint = func() {
		paintCard(r, &c.control, c)
		c.text.color = roleText
		if c.off {
			c.text.color = roleQuiet
		}
		c.arrow.Hidden = c.off
	}
	r.paint()
	return r
}
