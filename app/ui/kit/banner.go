package kit

import "fyne.io/fyne/v2"

// Banner is a warning across the page: bold words, more words, and the person's actions.
func Banner(lead, text string, actions ...fyne.CanvasObject) fyne.CanvasObject {
	l := NewLabel(text, SizeText, RoleText).Wrapped()
	l.lead = lead
	line := append([]fyne.CanvasObject{NewGlyph("alert", 18, RoleWarning), Inset(6, 0, 6, 0, l)}, actions...)
	return Layers(
		NewPanel(RoleWarningGround, RoleWarningLine, RadiusButton),
		Inset(5, 8, 5, 14, Row(12, 1, line...)))
}

// Pill is a short state in a rounded frame.
func Pill(text string, ink, ground Role) fyne.CanvasObject {
	return Fixed(0, 20, Layers(NewPanel(ground, RoleNone, 10), Inset(0, 10, 0, 10, NewLabel(text, SizeSmall, ink))))
}

// Strip is a strong line across the whole window.
func Strip(icon, text string) fyne.CanvasObject {
	return Layers(NewRule(RoleWarning, 0, 0), Inset(8, 16, 8, 16, RowTop(10,
		Fixed(18, 20, NewGlyph(icon, 18, RoleOnWarning)),
		NewLabel(text, SizeText, RoleOnWarning).Strong().Wrapped())))
}

// Verdict is the result of a look, in a line and a sentence.
func Verdict(icon string, ink Role, head, text string) fyne.CanvasObject {
	ground, line := RoleWarningGround, RoleWarningLine
	if ink == RoleGood {
		ground, line = RoleSoft, RoleNone
	}
	words := []fyne.CanvasObject{NewLabel(head, SizeHeading, RoleText).Strong().Wrapped()}
	if text != "" {
		words = append(words, NewLabel(text, SizeText, RoleText).Wrapped())
	}
	return Layers(NewPanel(ground, line, RadiusCard),
		Inset(16, 16, 16, 16, RowTop(12, Fixed(22, 22, NewGlyph(icon, 22, ink)), Column(3, words...))))
}
