package ui

import (
	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
)

// code is the part of the waiting screen for a sign-in on any device (RFC 8628):
// the address to open, the code to enter there, and both as a picture for a
// telephone.
func (s *waiting) code(in *localapi.SignIn) []fyne.CanvasObject {
	w, t := s.window, s.window.Words
	page := in.URL // with the code in it, where the provider has such a page
	if page == "" {
		page = in.VerificationURL
	}
	text := t.Text("window.code.text")
	if in.NewCode {
		text = t.Text("window.code.new")
	}
	lines := []fyne.CanvasObject{
		title(t.Text("window.code.title")).centred(),
		body(text).centred(),
	}
	told := column(2,
		newLabel(t.Text("window.code.open"), sizeSmall, roleQuiet),
		newLabel(plainAddress(in.VerificationURL), sizeText, roleText).strong().wrapped(),
		gap(8),
		newLabel(t.Text("window.code.enter"), sizeSmall, roleQuiet),
		fixed(0, 36, newLabel(in.UserCode, 28, roleAccent).strong()))
	if picture := newQRPicture(page, t.Text("window.code.picture", "Address", in.VerificationURL)); picture != nil {
		lines = append(lines, card(row(16, 0, told, column(4, picture,
			newLabel(t.Text("window.code.scan"), sizeSmall, roleQuiet).centred()))))
	} else {
		lines = append(lines, card(told))
	}
	return append(lines, grid(150, 10, 2,
		w.copies(t.Text("window.waiting.copy-code"), in.UserCode),
		secondary(t.Text("window.waiting.open-page"), func() { w.openPage(page) })))
}

// plainAddress is an address as people type it.
func plainAddress(address string) string {
	const scheme = "https://"
	if len(address) > len(scheme) && address[:len(scheme)] == scheme {
		return address[len(scheme):]
	}
	return address
}
