package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// field is a line to type in. It leaves to the window the keys and shortcuts
// that Fyne's entry swallows while it has the focus.
type field struct {
	widget.Entry
	name string // for screen readers
	sign string // the icon at its beginning
}

func newField(sign, name, placeholder string) *field {
	f := &field{name: name, sign: sign}
	f.ExtendBaseWidget(f)
	f.PlaceHolder = placeholder
	f.Icon = glyphResource(sign, colorOf(f, roleQuiet))
	f.Wrapping = fyne.TextWrapOff
	f.Scroll = fyne.ScrollHorizontalOnly
	return f
}

// Refresh implements [fyne.CanvasObject]; the icon follows the theme.
func (f *field) Refresh() {
	f.Icon = glyphResource(f.sign, colorOf(f, roleQuiet))
	f.Entry.Refresh()
}

// TypedKey implements [fyne.Focusable].
func (f *field) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyEscape, fyne.KeyF5:
		passKey(f, e)
	default:
		f.Entry.TypedKey(e)
	}
}

// TypedShortcut implements [fyne.Shortcutable].
func (f *field) TypedShortcut(s fyne.Shortcut) {
	if _, ours := s.(*desktop.CustomShortcut); ours {
		if c, ok := fyne.CurrentApp().Driver().CanvasForObject(f).(fyne.Shortcutable); ok {
			c.TypedShortcut(s)
			return
		}
	}
	f.Entry.TypedShortcut(s)
}

// AccessibilityLabel implements [fyne.Accessible].
func (f *field) AccessibilityLabel() string { return f.name }

// AccessibilityRole implements [fyne.Accessible].
func (f *field) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// framedField puts a field on its ground.
func framedField(f *field) fyne.CanvasObject {
	return fixed(0, fieldHeight, layers(newPanel(roleCard, roleLine, radiusControl), f))
}

// fieldHeight is the height in which Fyne sets an entry's text in the middle.
const fieldHeight = 36

// keycap shows a key to press.
func keycap(text string) fyne.CanvasObject {
	return layers(newPanel(roleCard, roleLine, 5), inset(0, 6, 0, 6, newLabel(text, 11, roleQuiet)))
}
