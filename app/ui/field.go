package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// field is a line to type in. It leaves to the window the keys and shortcuts
// that Fyne's entry swallows while it has the focus.
type field struct {
	widget.Entry
	name string // for screen readers
	sign string // the icon at its beginning
	// shortcuts takes those that are none of an entry's own.
	shortcuts func(fyne.Shortcut)
}

// newField makes one with an icon at its beginning; shortcuts takes those that are none
// of an entry's own.
func newField(sign, name, placeholder string, shortcuts func(fyne.Shortcut)) *field {
	f := &field{name: name, sign: sign, shortcuts: shortcuts}
	f.ExtendBaseWidget(f)
	f.PlaceHolder = placeholder
	// Fyne's place for an icon stays empty: the field's own is drawn over it,
	// in the window's way.
	f.Icon = fyne.NewStaticResource("portico-blank.svg",
		[]byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>`))
	f.Wrapping = fyne.TextWrapOff
	f.Scroll = fyne.ScrollHorizontalOnly
	return f
}

// FocusGained implements [fyne.Focusable].
func (f *field) FocusGained() {
	f.Entry.FocusGained()
	revealFocused()
}

// TypedKey implements [fyne.Focusable].
func (f *field) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyEscape, fyne.KeyF5:
		passKey(e)
	default:
		f.Entry.TypedKey(e)
	}
}

// TypedShortcut implements [fyne.Shortcutable].
func (f *field) TypedShortcut(s fyne.Shortcut) {
	if _, other := s.(*desktop.CustomShortcut); other {
		f.shortcuts(s)
		return
	}
	f.Entry.TypedShortcut(s)
}

// AccessibilityLabel implements [fyne.Accessible].
func (f *field) AccessibilityLabel() string { return f.name }

// AccessibilityRole implements [fyne.Accessible].
func (f *field) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// framedField puts a field on its ground.
func framedField(f *field) fyne.CanvasObject {
	sign := container.New(fieldSignLayout{}, newGlyph(f.sign, 18, roleQuiet))
	return fixed(0, fieldHeight, container.New(layersLayout{},
		newPanel(roleCard, roleLine, radiusControl), sign, f))
}

// fieldSignLayout sets a field's icon at its beginning.
type fieldSignLayout struct{}

func (fieldSignLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

func (fieldSignLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	place(o[0], 9, floor((size.Height-18)/2), 18, 18)
}

// fieldHeight is the height in which Fyne sets an entry's text in the middle.
const fieldHeight = 36

// keycap shows a key to press.
func keycap(text string) fyne.CanvasObject {
	return layers(newPanel(roleCard, roleLine, 5), inset(0, 6, 0, 6, newLabel(text, 11, roleQuiet)))
}
