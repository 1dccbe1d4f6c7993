package ui

import (
	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

// code is the part of the waiting screen for a sign-in on any device (RFC 8628):
// the address to open, the code to enter there, and both as a picture for a
// telephone.
func (s *waiting) code(in *localapi.SignIn) []fyne.CanvasObject {
	w, t := s.window, s.window.words
	page := in.URL // with the code in it, if the provider has such a page
	if page == "" {
		page = in.VerificationURL
	}
	text := t.Text("window.code.text")
	if in.NewCode {
		text = t.Text("window.code.new")
	}
	lines := []fyne.CanvasObject{
		kit.Title(t.Text("window.code.title")).Centred(),
		kit.Body(text).Centred(),
	}
	told := kit.Column(2,
		kit.NewLabel(t.Text("window.code.open"), kit.SizeSmall, kit.RoleQuiet),
		kit.NewLabel(plainAddress(in.VerificationURL), kit.SizeText, kit.RoleText).Strong().Wrapped(),
		kit.Gap(8),
		kit.NewLabel(t.Text("window.code.enter"), kit.SizeSmall, kit.RoleQuiet),
		kit.Fixed(0, 36, kit.NewLabel(in.UserCode, 28, kit.RoleAccent).Strong()))
	if picture := kit.NewQRPicture(page, t.Text("window.code.picture", "Address", in.VerificationURL)); picture != nil {
		lines = append(lines, kit.Card(kit.Row(16, 0, told, kit.Column(4, picture,
			kit.NewLabel(t.Text("window.code.scan"), kit.SizeSmall, kit.RoleQuiet).Centred()))))
	} else {
		lines = append(lines, kit.Card(told))
	}
	return append(lines, kit.Grid(150, 10, 2,
		w.clipboard.button(t.Text("window.waiting.copy-code"), in.UserCode),
		kit.Secondary(t.Text("window.waiting.open-page"), func() { w.browser.page(page) })))
}

// plainAddress is an address as people type it.
func plainAddress(address string) string {
	const scheme = "https://"
	if len(address) > len(scheme) && address[:len(scheme)] == scheme {
		return address[len(scheme):]
	}
	return address
}
