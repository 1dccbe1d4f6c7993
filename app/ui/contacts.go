package ui

import (
	"strings"

	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

// contacts are the ways to the IT team, as far as the portal names them.
func contacts(t *speech, b *browser, s *localapi.Support) []fyne.CanvasObject {
	if s == nil {
		return nil
	}
	var cards []fyne.CanvasObject
	if s.Phone != "" {
		then := s.Hours
		if then == "" && s.Tel != "" {
			then = t.Text("window.contact.call")
		}
		cards = append(cards, kit.NewContact("phone", s.Phone, then, b.opens(s.Tel)))
	}
	if s.Email != "" {
		cards = append(cards, kit.NewContact("mail", t.Text("window.contact.mail"), s.Email, b.opens(s.MailTo)))
	}
	if s.URL != "" {
		cards = append(cards, kit.NewContact("globe", t.Text("window.contact.web"), hostOf(s.URL),
			func() { b.link(s.URL) }))
	}
	if s.Hours != "" && s.Phone == "" {
		cards = append(cards, kit.NewContact("clock", t.Text("window.contact.hours"), s.Hours, nil))
	}
	return cards
}

// hostOf is the part of an address for people to recognise.
func hostOf(address string) string {
	_, rest, found := strings.Cut(address, "://")
	if !found {
		rest = address
	}
	host, _, _ := strings.Cut(rest, "/")
	return host
}
