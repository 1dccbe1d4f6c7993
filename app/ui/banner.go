package ui

import "fyne.io/fyne/v2"

// banner is a warning across the page: bold words, more words, and what can be
// done about it.
func banner(lead, text string, actions ...fyne.CanvasObject) fyne.CanvasObject {
	l := newLabel(text, sizeText, roleText).wrapped()
	l.lead = lead
	line := append([]fyne.CanvasObject{newGlyph("alert", 18, roleWarning), inset(6, 0, 6, 0, l)}, actions...)
	return layers(
		newPanel(roleWarningGround, roleWarningLine, radiusButton),
		inset(5, 8, 5, 14, row(12, 1, line...)))
}

// pill is a short state in a rounded frame.
func pill(text string, ink, ground role) fyne.CanvasObject {
	return fixed(0, 20, layers(newPanel(ground, roleNone, 10), inset(0, 10, 0, 10, newLabel(text, sizeSmall, ink))))
}

// strip is a strong line across the whole window.
func strip(icon, text string) fyne.CanvasObject {
	return layers(newRule(roleWarning, 0, 0), inset(8, 16, 8, 16, rowTop(10,
		fixed(18, 20, newGlyph(icon, 18, roleOnWarning)),
		newLabel(text, sizeText, roleOnWarning).strong().wrapped())))
}

// verdict is what a look has found, in a line and a sentence.
func verdict(icon string, ink role, head, text string) fyne.CanvasObject {
	ground, line := roleWarningGround, roleWarningLine
	if ink == roleGood {
		ground, line = roleSoft, roleNone
	}
	words := []fyne.CanvasObject{newLabel(head, sizeHeading, roleText).strong().wrapped()}
	if text != "" {
		words = append(words, newLabel(text, sizeText, roleText).wrapped())
	}
	return layers(newPanel(ground, line, radiusCard),
		inset(16, 16, 16, 16, rowTop(12, fixed(22, 22, newGlyph(icon, 22, ink)), column(3, words...))))
}
