package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// keyboard is the keys together with Ctrl (on macOS, Command).
type keyboard struct {
	acts map[fyne.KeyName]func()
}

// keys are the keys of the whole window.
func (w *window) keys() {
	c := w.win.Canvas()
	c.SetOnTypedKey(func(e *fyne.KeyEvent) {
		switch e.Name {
		case fyne.KeyEscape:
			w.back()
		case fyne.KeyF5:
			if !w.screens.help.again() {
				w.deeds.renew()
			}
		case fyne.KeyReturn, fyne.KeyEnter:
			w.enter()
		}
	})
	inHome := func(act func(*home)) func() {
		return func() {
			if h, ok := w.screens.shown.(*home); ok {
				act(h)
			}
		}
	}
	w.keyboard.acts = map[fyne.KeyName]func(){
		fyne.KeyK: inHome((*home).search),
	}
	for _, row := range w.screens.pages {
		if row.key != "" {
			w.keyboard.acts[row.key] = inHome(func(h *home) { h.turn(row.name) })
		}
	}
	for key := range w.keyboard.acts {
		c.AddShortcut(&desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault}, w.keyboard.shortcut)
	}
}

// shortcut acts for a key together with Ctrl.
func (k *keyboard) shortcut(s fyne.Shortcut) {
	typed, ok := s.(*desktop.CustomShortcut)
	if !ok || typed.Modifier != fyne.KeyModifierShortcutDefault {
		return
	}
	if act := k.acts[typed.KeyName]; act != nil {
		act()
	}
}

// back is for Esc: it closes the thing on top, or goes back.
func (w *window) back() {
	if w.dialogs.popup.Close() {
		return
	}
	w.screens.shown.back()
}

// enter is for Enter while nothing has the keyboard: it presses the first button of the
// screen.
func (w *window) enter() {
	s, ok := w.screens.shown.(interface{ first() fyne.Tappable })
	if !ok || w.dialogs.popup.Open() {
		return
	}
	if first := s.first(); first != nil {
		first.Tapped(nil)
	}
}
