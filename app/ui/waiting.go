package ui

import (
	"strconv"
	"time"

	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

// waiting is a sign-in under way: the steps in the browser, the ways out, and the time
// left.
type waiting struct {
	window *window
	root   fyne.CanvasObject
	body   *fyne.Container
	bar    *kit.TimeBar
	left   *kit.Label
	stop   func()
	shown  shownSignIn
	page   waitingPage
	paste  *pasting
	found  *browsers
	// leaving: the person has gone back from a code.
	leaving bool
}

// waitingPage is a part of the screen: the first, or one of the other ways.
type waitingPage int

const (
	pageBrowser waitingPage = iota
	pageWays
	pageBrowsers
	pagePaste
	pageError
)

// shownSignIn is what the screen was last built from.
type shownSignIn struct {
	in             localapi.SignIn
	page           waitingPage
	browserMissing bool
	consent        bool
}

func newWaiting(w *window) *waiting {
	s := &waiting{window: w, body: kit.Column(14), bar: kit.NewTimeBar(), left: kit.Small("").Centred()}
	s.root = kit.Sheet(waitingWidth, true, kit.Inset(24, 0, 24, 0, s.body))
	s.paste, s.found = newPasting(s), &browsers{screen: s}
	s.stop = w.jobs.every(time.Second, s.tick)
	return s
}

const waitingWidth = 400

func (s *waiting) object() fyne.CanvasObject { return s.root }
func (s *waiting) close()                    { s.stop() }

func (s *waiting) focus() fyne.Focusable {
	if s.page == pagePaste || s.page == pageError {
		return s.paste.field
	}
	return nil
}

// back leaves the code and the other ways, one step at a time, and then the sign-in.
func (s *waiting) back() bool {
	if in := s.window.agent.state.Session.SignIn; in != nil && in.UserCode != "" {
		s.leaveCode(in)
		return true
	}
	switch s.page {
	case pageBrowser:
		s.window.deeds.cancelSignIn()
	case pageWays, pageError:
		s.turn(pageBrowser)
	default:
		s.turn(pageWays)
	}
	return true
}

// turn shows another part of the screen.
func (s *waiting) turn(p waitingPage) {
	s.page = p
	s.update()
	c := s.window.win.Canvas()
	c.Unfocus()
	if f := s.focus(); f != nil {
		c.Focus(f)
	}
}

func (s *waiting) update() {
	w := s.window
	in := w.agent.state.Session.SignIn
	if in == nil {
		return
	}
	switch {
	case in.Stage != localapi.StageBrowser:
		s.page = pageBrowser
	case s.leaving:
		s.leaving, s.page = false, pageWays
	}
	now := shownSignIn{
		in: *in, page: s.page, browserMissing: w.browser.missing, consent: w.agent.state.Session.Consent != nil,
	}
	if now != s.shown {
		s.shown = now
		s.build(in)
	}
	s.paste.update()
	s.tick()
}

// tick moves the time on.
func (s *waiting) tick() {
	in := s.window.agent.state.Session.SignIn
	if in == nil {
		return
	}
	left := max(0, in.Deadline.Sub(s.window.params.Now()).Round(time.Second))
	s.left.Set(s.timeLeft(in, left))
	s.bar.Set(float32(left) / float32(max(1, in.Deadline.Sub(in.Started))))
}

func (s *waiting) timeLeft(in *localapi.SignIn, d time.Duration) string {
	t := s.window.words
	minutes, seconds := strconv.Itoa(int(d/time.Minute)), strconv.Itoa(int(d%time.Minute/time.Second))
	switch {
	case d == 0 && in.Stage == localapi.StageDevice:
		return t.Text("window.code.expired")
	case d < time.Minute:
		return t.Text("window.waiting.seconds", "Seconds", seconds)
	}
	return t.Text("window.waiting.minutes", "Minutes", minutes, "Seconds", seconds)
}

func (s *waiting) build(in *localapi.SignIn) {
	t := s.window.words
	brand := []fyne.CanvasObject{kit.Fixed(0, 64, kit.Middle(kit.NewBrand(s.window.brandPicture, 64))), kit.Gap(6 - 14)}
	cancel := kit.Middle(kit.Link(t.Text("window.cancel"), s.window.deeds.cancelSignIn))
	var lines []fyne.CanvasObject
	switch {
	case in.Stage == localapi.StageExchanging:
		text := t.Text("window.waiting.almost-text")
		if in.Lingering {
			text = t.Text("window.waiting.almost-lingering")
		}
		lines = append(brand, kit.Title(t.Text("window.waiting.almost")).Centred(), kit.Body(text).Centred(), cancel)
	case in.UserCode != "":
		lines = append(s.code(in), s.bar, s.left, kit.Middle(kit.Row(8, -1, s.backLink(), cancel)))
	case s.page == pageWays:
		lines = s.ways(in)
	case s.page == pageBrowsers:
		lines = s.found.lines(in)
	case s.page == pagePaste:
		lines = s.paste.lines(in)
	case s.page == pageError:
		lines = s.paste.errorPageLines()
	default:
		lines = append(append(brand, s.browser(in)...), cancel)
	}
	s.body.Objects = lines
	s.root.Refresh()
}

// browser is the first part: the person is in the browser.
func (s *waiting) browser(in *localapi.SignIn) []fyne.CanvasObject {
	w, t := s.window, s.window.words
	head := []fyne.CanvasObject{
		kit.Title(t.Text("window.waiting.title")).Centred(),
		kit.Body(t.Text("window.waiting.text", "Provider", w.agent.signInTitle(in))).Centred(),
	}
	if w.browser.missing {
		e := t.Problem(&localapi.Problem{Code: localapi.BrowserMissing})
		head = []fyne.CanvasObject{kit.Title(e.Title).Centred(), kit.Body(e.Next).Centred()}
	}
	lines := append(head, s.bar, s.left, kit.Grid(150, 10, 2,
		kit.Secondary(t.Text("window.waiting.again"), func() { w.browser.page(in.URL) }),
		w.clipboard.button(t.Text("window.copy-link"), in.URL)))
	if in.Stranger {
		lines = append(lines, kit.Small(t.Text("window.waiting.stranger")).Centred(),
			kit.Middle(kit.Link(t.Text("window.waiting.stranger-paste"), s.paste.open).Calm()), kit.Gap(-16))
	}
	if in.Lingering {
		lines = append(lines, kit.Middle(kit.Link(t.Text("window.waiting.lingering"), s.paste.openErrorPage).Calm()), kit.Gap(-16))
	}
	if s.shown.consent {
		lines = append(lines, kit.Middle(kit.Link(t.Text("window.waiting.consent"), func() {
			w.detours.consenting = true
			w.refresh()
		}).Calm()), kit.Gap(-16))
	}
	return append(lines, kit.Middle(kit.Link(t.Text("window.waiting.ways"), func() { s.turn(pageWays) })), kit.Gap(-16))
}
