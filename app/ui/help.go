package ui

import (
	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

// helpPage is a part of the help.
type helpPage int

const (
	helpFirst helpPage = iota
	helpCheck
	helpSend
)

// help is for people in trouble: a check, the files for support, and the ways to the IT
// team. It is one for the whole window, and shown in Home or, without a Home, as a screen
// of its own.
type help struct {
	window *window
	object *fyne.Container
	page   helpPage
	check  *check
	send   *send
	// host is the sheet around the help now.
	host  *fyne.Container
	leave *kit.Button // leads back; nil if there is no way back
	built bool
	shown shownHelp
}

// shownHelp is what the help was last built from.
type shownHelp struct {
	page    helpPage
	alone   bool // there is no rail to leave it by
	support localapi.Support
	known   bool // support is
}

func newHelp(w *window) *help {
	h := &help{window: w, object: kit.Column(16)}
	h.check, h.send = newCheck(h), newSend(h)
	return h
}

// close ends what the help has running.
func (h *help) close() {
	h.check.close()
	h.send.close()
}

// turn shows a part of the help from its beginning. A person on the keyboard goes on from
// there.
func (h *help) turn(p helpPage) {
	c := h.window.win.Canvas()
	typed := c.Focused() != nil
	h.close()
	h.page = p
	switch p {
	case helpCheck:
		h.check.run()
	case helpSend:
		h.send.gather()
	}
	c.Unfocus()
	h.change()
	if h.host != nil {
		kit.ScrollUp(h.host)
	}
	if typed && h.leave != nil {
		c.Focus(h.leave)
	}
}

// change builds the present part anew.
func (h *help) change() {
	h.built = false
	h.window.refresh()
}

// back returns to the first part, and says whether it was another.
func (h *help) back() bool {
	if h.page == helpFirst {
		return false
	}
	h.turn(helpFirst)
	return true
}

// again looks anew if a check is shown, and says whether it is.
func (h *help) again() bool {
	shown := h.window.screens.kind == kindHelp
	if home, ok := h.window.screens.shown.(*home); ok {
		shown = home.front == pageHelp
	}
	if !shown || h.page != helpCheck {
		return false
	}
	if c := h.check; c.report != nil || c.problem != nil { // otherwise it looks already
		h.turn(helpCheck)
	}
	return true
}

// update builds the present part, if there is anything new.
func (h *help) update() {
	w := h.window
	now := shownHelp{page: h.page, alone: w.screens.kind == kindHelp}
	if w.agent.state.Portal != nil {
		now.support, now.known = w.agent.state.Portal.Support, true
	}
	if h.built && now == h.shown {
		return
	}
	h.built, h.shown, h.leave = true, now, nil
	switch h.page {
	case helpCheck:
		h.object.Objects = h.check.lines()
	case helpSend:
		h.object.Objects = h.send.lines()
	default:
		h.object.Objects = h.first()
	}
	h.object.Refresh()
}

// first is the beginning of the help.
func (h *help) first() []fyne.CanvasObject {
	w, t := h.window, h.window.words
	lines := []fyne.CanvasObject{
		h.head(t.Text("window.help.title"), h.shown.alone),
		kit.Column(10,
			kit.NewWayCard("pulse", t.Text("window.help.check"), t.Text("window.help.check-text"), func() { h.turn(helpCheck) }),
			kit.NewWayCard("file", t.Text("window.help.send"), t.Text("window.help.send-text"), func() { h.turn(helpSend) })),
	}
	var support *localapi.Support
	if h.shown.known {
		support = &h.shown.support
	}
	if cards := contacts(w.words, w.browser, support); len(cards) > 0 {
		lines = append(lines, kit.Column(10, kit.Heading(t.Text("window.help.team")), kit.Grid(190, 14, 3, cards...)))
	}
	return lines
}

// head is the title of a part, and the way back if there is one.
func (h *help) head(text string, leave bool) fyne.CanvasObject {
	if !leave {
		return kit.Title(text)
	}
	h.leave = kit.Link(h.window.words.Text("window.back"), func() { h.window.back() }).With("chevron-left")
	return kit.Row(8, 0, kit.Title(text), h.leave)
}

// seekHelp shows the help, in Home or as a screen of its own.
func (w *window) seekHelp() { w.seek(helpFirst) }

// seek shows a part of the help.
func (w *window) seek(p helpPage) {
	w.dialogs.popup.Close()
	if h, ok := w.screens.shown.(*home); ok {
		h.turn(pageHelp)
	} else {
		w.detours.helping = true
	}
	w.refresh() // the help has a host now
	w.screens.help.turn(p)
}

// helpScreen is the help without a Home around it.
type helpScreen struct {
	window *window
	root   *fyne.Container
}

func newHelpScreen(w *window) *helpScreen {
	s := &helpScreen{window: w}
	s.root = kit.Sheet(helpWidth, false, kit.Inset(28, 24, 28, 24, w.screens.help.object))
	w.screens.help.host = s.root
	return s
}

const helpWidth = 720

func (s *helpScreen) object() fyne.CanvasObject { return s.root }
func (s *helpScreen) focus() fyne.Focusable     { return nil }
func (s *helpScreen) update()                   { s.window.screens.help.update() }
func (s *helpScreen) close()                    {}

// back leaves a part of the help, and then the help.
func (s *helpScreen) back() bool {
	w := s.window
	if !w.screens.help.back() {
		w.detours.helping = false
		w.refresh()
	}
	return true
}

// newHelpPage is the help in Home.
func newHelpPage(w *window) *page {
	h := w.screens.help
	p := &page{content: h.object, back: h.back}
	p.turned = func() { h.turn(helpFirst) }
	p.change = func() {
		h.host = p.sheet
		h.update()
	}
	return p
}
