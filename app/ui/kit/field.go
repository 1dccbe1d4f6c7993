package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Field is a line to type in. Fyne's entry swallows keys and shortcuts while it has the
// focus; this one leaves the window's to the window.
type Field struct {
	widget.Entry
	Name string // for screen readers
	sign string // the icon at its beginning
	// shortcuts takes those not meant for an entry.
	shortcuts func(fyne.Shortcut)
}

// NewField makes one with an icon at its beginning; shortcuts takes those not meant for
// an entry.
func NewField(sign, name, placeholder string, shortcuts func(fyne.Shortcut)) *Field {
	f := &Field{Name: name, sign: sign, shortcuts: shortcuts}
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
func (f *Field) FocusGained() {
	f.Entry.FocusGained()
	revealFocused()
}

// TypedKey implements [fyne.Focusable].
func (f *Field) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyEscape, fyne.KeyF5:
		passKey(e)
	default:
		f.Entry.TypedKey(e)
	}
}

// TypedShortcut implements [fyne.Shortcutable].
func (f *Field) TypedShortcut(s fyne.Shortcut) {
	if _, other := s.(*desktop.CustomShortcut); other {
		f.shortcuts(s)
		return
	}
	f.Entry.TypedShortcut(s)
}

// AccessibilityLabel implements [fyne.Accessible].
func (f *Field) AccessibilityLabel() string { return f.Name }

// AccessibilityRole implements [fyne.Accessible].
func (f *Field) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// FramedField puts a field on its ground.
func FramedField(f *Field) fyne.CanvasObject {
	sign := container.New(fieldSignLayout{}, NewGlyph(f.sign, 18, RoleQuiet))
	return Fixed(0, FieldHeight, container.New(layersLayout{},
		NewPanel(RoleCard, RoleLine, RadiusControl), sign, f))
}

// fieldSignLayout sets a field's icon at its beginning.
type fieldSignLayout struct{}

func (fieldSignLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

func (fieldSignLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	Place(o[0], 9, floor((size.Height-18)/2), 18, 18)
}

// FieldHeight is the height for Fyne to set an entry's text in the middle.
const FieldHeight = 36

// Keycap shows a key to press.
func Keycap(text string) fyne.CanvasObject {
	return Layers(NewPanel(RoleCard, RoleLine, 5), Inset(0, 6, 0, 6, NewLabel(text, 11, RoleQuiet)))
}
