package ui

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

// ways are the ways out when the open browser is of no use.
func (s *waiting) ways(in *localapi.SignIn) []fyne.CanvasObject {
	w, t := s.window, s.window.words
	var cards []fyne.CanvasObject
	add := func(icon, first, then string, act func()) {
		cards = append(cards, kit.NewWayCard(icon, t.Text(first), t.Text(then), act))
	}
	if w.params.Browsers != nil {
		add("globe", "window.ways.browser", "window.ways.browser-text", s.found.open)
	}
	if p := w.agent.provider(in.Provider); p == nil || p.Codes {
		add("phone", "window.ways.code", "window.ways.code-text", func() { s.useCode(in) })
	}
	add("screen", "window.ways.paste", "window.ways.paste-text", s.paste.open)
	return []fyne.CanvasObject{
		kit.Title(t.Text("window.ways.title")).Centred(),
		kit.Gap(-6), kit.Column(10, cards...), s.left, s.backLink(),
	}
}

func (s *waiting) backLink() fyne.CanvasObject {
	return kit.Middle(kit.Link(s.window.words.Text("window.back"), func() { s.back() }))
}

// useCode goes on with a code to enter on any device.
func (s *waiting) useCode(in *localapi.SignIn) {
	s.page = pageBrowser
	s.window.deeds.begin(localapi.SignInRequest{Provider: in.Provider, Device: true, MemoryOnly: in.MemoryOnly}, nil)
}

// leaveCode returns from a code to the ways before it: the browser can be used again.
func (s *waiting) leaveCode(in *localapi.SignIn) {
	s.leaving = true // until the state has no code any more
	s.window.deeds.begin(localapi.SignInRequest{Provider: in.Provider, MemoryOnly: in.MemoryOnly}, nil)
}

// browsers is the list of browsers to go on in.
type browsers struct {
	screen *waiting
	list   []Browser
	known  bool
}

// open shows the browsers, after looking for them.
func (b *browsers) open() {
	s, w := b.screen, b.screen.window
	s.turn(pageBrowsers)
	var list []Browser
	w.jobs.call(func(ctx context.Context) error {
		list = w.params.Browsers(ctx)
		return nil
	}, func(error) {
		b.list, b.known = list, true
		if in := w.agent.state.Session.SignIn; in != nil && s.page == pageBrowsers {
			s.build(in)
		}
	})
}

func (b *browsers) lines(in *localapi.SignIn) []fyne.CanvasObject {
	s, w, t := b.screen, b.screen.window, b.screen.window.words
	lines := []fyne.CanvasObject{kit.Title(t.Text("window.browsers.title")).Centred()}
	switch {
	case !b.known:
		lines = append(lines, kit.Body(t.Text("window.first.looking")).Centred())
	case len(b.list) == 0:
		lines = append(lines, kit.Body(t.Text("window.browsers.none")).Centred(), w.clipboard.button(t.Text("window.copy-link"), in.URL))
	default:
		var cards []fyne.CanvasObject
		for _, browser := range b.list {
			cards = append(cards, kit.NewWayCard("globe", browser.Name, "", func() {
				s.turn(pageBrowser)
				w.browser.with(browser.ID, in.URL)
			}))
		}
		lines = append(lines, kit.Gap(-6), kit.Column(10, cards...))
	}
	return append(lines, s.left, s.backLink())
}

// pasting completes a sign-in with the last address of a browser that cannot come back,
// because it runs on another computer.
type pasting struct {
	screen  *waiting
	field   *kit.Field
	answer  *fyne.Container // the fault of the pasted text
	onward  *kit.Button
	copying *kit.Button // copies the link; waits for one with an answer to paste
	working bool
}

func newPasting(s *waiting) *pasting {
	t := s.window.words
	p := &pasting{screen: s, answer: kit.Column(0)}
	p.field = kit.NewField("globe", t.Text("window.paste.label"), "", s.window.keyboard.shortcut)
	p.field.OnChanged = func(string) {
		p.say(nil)
		p.update()
	}
	p.field.OnSubmitted = func(string) { p.send() }
	p.onward = kit.Primary(t.Text("window.first.continue"), p.send)
	return p
}

// open shows the panel. A sign-in without its answer in the address is replaced by one
// with it.
func (p *pasting) open() {
	s, w := p.screen, p.screen.window
	p.field.SetText("")
	s.turn(pagePaste)
	if in := w.agent.state.Session.SignIn; in != nil && !in.Pasteable {
		w.deeds.begin(localapi.SignInRequest{Provider: in.Provider, Elsewhere: true, MemoryOnly: in.MemoryOnly}, nil)
	}
}

func (p *pasting) update() {
	off := p.working || p.screen.window.deeds.working
	p.onward.SetOff(off || strings.TrimSpace(p.field.Text) == "")
	if p.copying != nil {
		p.copying.SetOff(p.screen.window.deeds.working)
	}
}

func (p *pasting) lines(in *localapi.SignIn) []fyne.CanvasObject {
	s, t := p.screen, p.screen.window.words
	p.field.Name = t.Text("window.paste.label")
	p.field.SetPlaceHolder(t.Text("window.paste.placeholder", "Address", comesBackTo(in.URL)))
	p.copying = s.window.clipboard.button(t.Text("window.copy-link"), in.URL)
	step := func(number, text string, more ...fyne.CanvasObject) fyne.CanvasObject {
		lines := append([]fyne.CanvasObject{kit.NewLabel(text, kit.SizeText, kit.RoleText).Wrapped()}, more...)
		return kit.RowTop(12, kit.Circled(22, number), kit.Inset(1, 0, 0, 0, kit.Column(8, lines...)))
	}
	return []fyne.CanvasObject{
		kit.Title(t.Text("window.paste.title")).Centred(),
		kit.Body(t.Text("window.paste.text")).Centred(),
		kit.Card(kit.Column(14,
			step("1", t.Text("window.paste.step-open"), p.copying),
			step("2", t.Text("window.paste.step-sign-in")),
			step("3", t.Text("window.paste.step-paste"), kit.FramedField(p.field), p.answer))),
		p.onward, s.left, s.backLink(),
	}
}

// comesBackTo is the beginning of a sign-in's last address, by its first one.
func comesBackTo(begun string) string {
	_, back, said := strings.Cut(begun, "redirect_uri=")
	if !said { // requests sent beforehand do not
		return "http://"
	}
	back, _, _ = strings.Cut(back, "&")
	scheme, rest, _ := strings.Cut(strings.NewReplacer("%3A", ":", "%2F", "/").Replace(back), "://")
	host, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + host
}

// send hands the address, or the text of a page, to the agent. It is not kept: it can
// complete the sign-in.
func (p *pasting) send() {
	address := strings.TrimSpace(p.field.Text)
	if address == "" || p.working {
		return
	}
	p.working = true
	p.update()
	w := p.screen.window
	w.jobs.call(func(ctx context.Context) error {
		return w.agent.api.Paste(ctx, localapi.PasteRequest{Address: address})
	}, func(err error) {
		p.working = false
		p.field.SetText("")
		p.say(problemOf(err))
		p.update()
	})
}

// say puts the fault below the field; nil takes it away.
func (p *pasting) say(problem *localapi.Problem) {
	p.answer.Objects = nil
	if problem != nil {
		p.answer.Objects = []fyne.CanvasObject{fieldTrouble(p.wrong(problem))}
	}
	p.screen.root.Refresh()
	if problem != nil {
		kit.IntoSight(p.onward)
	}
}
