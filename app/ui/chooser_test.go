package ui

import (
	"testing"

	"fyne.io/fyne/v2"
)

func TestMenuOpenedWithTheMouseTakesTheKeys(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(signedInState())
		s.tap("Settings")
		s.tap("Language, Like the system")
		s.key(fyne.KeyDown)
		s.key(fyne.KeyDown)
		s.key(fyne.KeyUp)
		s.key(fyne.KeyReturn)
		s.expect("set Language en")
		if s.w.dialogs.popup.Open() {
			t.Error("the menu stays open")
		}
		s.tap("Language, English") // it begins at what is chosen
		s.key(fyne.KeyDown)
		s.key(fyne.KeyReturn)
		s.expect("set Language en", "set Language de")
	})
}
