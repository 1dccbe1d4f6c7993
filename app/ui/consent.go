package ui

import (
	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

// consent is shown while an administrator has to agree: the request to send to them, and
// the news that Portico goes on by itself.
type consent struct {
	window  *window
	root    fyne.CanvasObject
	body    *fyne.Container
	buttons []*kit.Button
	shown   shownConsent
}

// shownConsent is what the screen was last built from.
type shownConsent struct {
	consent localapi.Consent
	problem *localapi.Problem
	portal  string
}

func newConsent(w *window) *consent {
	s := &consent{window: w, body: kit.Column(14)}
	s.root = kit.Sheet(480, true, kit.Inset(24, 0, 24, 0, s.body))
	return s
}

func (s *consent) object() fyne.CanvasObject { return s.root }
func (s *consent) focus() fyne.Focusable     { return nil }
func (s *consent) close()                    {}

// back returns to the screen before, or ends the wait for consent and offers the ways in:
// the consent is missing for this account alone.
func (s *consent) back() bool {
	w := s.window
	switch {
	case w.detours.consenting:
		w.detours.consenting = false
		w.refresh()
	case w.agent.state.Session.Consent.Waiting:
		w.deeds.act(w.agent.api.CancelSignIn, func() { w.detours.adding = w.agent.state.Session.Consent != nil })
	default:
		w.detours.adding = true
		w.refresh()
	}
	return true
}

func (s *consent) update() {
	w := s.window
	now := shownConsent{consent: *w.agent.state.Session.Consent, problem: w.agent.state.Session.Problem, portal: w.agent.title()}
	now.consent.NextLook = s.shown.consent.NextLook // it moves every minute and is not shown
	if now != s.shown {
		s.shown = now
		s.build(now)
	}
	for _, b := range s.buttons {
		b.SetOff(w.deeds.working)
	}
}

func (s *consent) build(d shownConsent) {
	w, t := s.window, s.window.words
	head, text := s.words(d)
	lines := []fyne.CanvasObject{kit.Title(head).Centred(), kit.Body(text).Centred()}
	s.buttons = nil
	if request := s.request(d.consent); request != nil {
		lines = append(lines, request)
	}
	again := kit.Link(t.Text("window.try-again"), func() {
		w.detours.consenting = false
		w.deeds.signIn(localapi.SignInRequest{Provider: d.consent.Provider})
	})
	if d.consent.Waiting {
		lines = append(lines, kit.Small(t.Text("window.consent.waiting")).Centred(), kit.Gap(-14))
	} else if !w.detours.consenting {
		s.buttons = append(s.buttons, again)
		lines = append(lines, kit.Middle(again), kit.Gap(-16))
	}
	lines = append(lines, s.more(d)...)
	leave := kit.Link(t.Text("window.back"), func() { s.back() })
	s.buttons = append(s.buttons, leave)
	s.body.Objects = append(lines, kit.Middle(leave))
	s.root.Refresh()
}

// words name the missing consent, and the organisation. A consent asked for already has
// the problem's own words.
func (s *consent) words(d shownConsent) (head, text string) {
	w, t := s.window, s.window.words
	if d.problem != nil && d.problem.Code != localapi.ConsentNeeded {
		e := t.Problem(d.problem)
		return e.Title, joinedSentences(e.Text, e.Next)
	}
	head = t.Text("window.consent.title")
	who := w.agent.providerTitle(d.consent.Provider)
	if who == "" {
		who = t.Text("fallback.title")
	}
	if d.consent.Tenant == "" {
		return head, t.Text("window.consent.text", "Provider", who, "Portal", d.portal)
	}
	return head, t.Text("window.consent.text-of", "Provider", who, "Portal", d.portal, "Tenant", d.consent.Tenant)
}

// more is for some people only: the page itself, and the details.
func (s *consent) more(d shownConsent) []fyne.CanvasObject {
	w, t := s.window, s.window.words
	var quiet, below []fyne.CanvasObject
	if d.consent.URL != "" {
		quiet = append(quiet, kit.Link(t.Text("window.consent.administrator"),
			func() { w.browser.link(d.consent.URL) }).With("external").Calm())
	}
	if d.problem != nil {
		details := w.dialogs.details(t.Problem(d.problem), s.root.Refresh)
		quiet, below = append(quiet, details.fold), []fyne.CanvasObject{details.body}
	}
	return append([]fyne.CanvasObject{kit.Middle(kit.Row(8, -1, quiet...))}, below...)
}

// request is the text to send to the administrator, nil for nothing.
func (s *consent) request(c localapi.Consent) fyne.CanvasObject {
	w, t := s.window, s.window.words
	var lines, buttons []fyne.CanvasObject
	if c.URL != "" {
		address := kit.NewLabel(c.URL, kit.SizeSmall, kit.RoleQuiet).Wrapped()
		address.Limit = 2
		lines = append(lines, kit.NewLabel(t.Text("window.consent.send"), kit.SizeText, kit.RoleText).Strong(),
			kit.Layers(kit.NewPanel(kit.RoleRail, kit.RoleLine, kit.RadiusControl), kit.Inset(9, 10, 9, 10, address)))
		buttons = append(buttons, w.clipboard.button(t.Text("window.copy-link"), c.URL))
	}
	if c.Mail != "" {
		buttons = append(buttons, kit.Secondary(t.Text("window.consent.mail"), func() { w.browser.link(c.Mail) }))
	}
	switch {
	case len(buttons) == 0:
		return nil
	case c.URL == "":
		return buttons[0]
	}
	return kit.Card(kit.Column(9, append(lines, kit.Grid(150, 10, len(buttons), buttons...))...))
}
