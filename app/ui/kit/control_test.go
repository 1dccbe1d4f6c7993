package kit

import (
	"image/color"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// watched counts how often an object is drawn anew.
type watched struct {
	fyne.CanvasObject
	times int
}

func (w *watched) Refresh() {
	w.times++
	w.CanvasObject.Refresh()
}

// A person who presses Tab waits for two controls, not for their letters and icons.
func TestTheKeyboardsPlaceIsShownByTheRingAlone(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(NewLook("", AlwaysLight))
	type focusable interface {
		fyne.Widget
		fyne.Focusable
	}
	act := func() {}
	toggle := NewToggle("Autostart", OnOff{}, func(bool) {})
	for name, w := range map[string]focusable{
		"button": Primary("Sign in", act), "tile": NewTile("mail", "mail", "Mail", act), "contact": NewContact("phone", "+49", "IT", act),
		"entry": NewEntry("home", "Home", act), "avatar": NewAvatar(36, "AL", "Ada Lovelace", act), "checkbox": NewCheckbox("Keep", OnOff{}, true, func(bool) {}),
		"choice": NewChoice("sun", "Light", act), "chooser": NewChooser(nil, "Language", func(string) {}), "line": NewFoldLine("clock", RoleText, "Clock", "good", "", act),
		"person": NewPerson("AL", "Ada", "ada@contoso.example", act), "way": NewWayCard("globe", "Browser", "Another one", act), "toggle": toggle,
	} {
		var shown ring
		var content *watched
		switch r := test.WidgetRenderer(w).(type) {
		case *pressable:
			content = &watched{CanvasObject: r.content}
			shown, r.content = r.ring, content
		case *toggleRenderer:
			content = &watched{CanvasObject: toggle.track}
			shown = r.ring
		default:
			t.Fatalf("%s: a renderer of type %T", name, r)
		}
		w.FocusGained()
		if shown.rect.StrokeColor != color.Color(colorOf(w, RoleAccent)) {
			t.Errorf("%s: the ring is %v", name, shown.rect.StrokeColor)
		}
		w.FocusLost()
		if shown.rect.StrokeColor != color.Transparent || !shown.rect.Visible() {
			t.Errorf("%s: without the keyboard its ring is %v, visible %v: Fyne would not draw it when the keyboard comes", name, shown.rect.StrokeColor, shown.rect.Visible())
		}
		if content.times != 0 {
			t.Errorf("%s: its content was drawn anew %d times", name, content.times)
		}
		w.Refresh()
		if _, ok := w.(*Toggle); !ok && content.times == 0 {
			t.Errorf("%s: its content is not drawn anew when it changes", name)
		}
	}
}
