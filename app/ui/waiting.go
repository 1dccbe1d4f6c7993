package ui

import (
	"strconv"
	"time"

	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
)

// waiting is a sign-in under way: what to do in the browser, the ways out, and
// the time that is left.
type waiting struct {
	window *window
	root   fyne.CanvasObject
	body   *fyne.Container
	bar    *timeBar
	left   *label
	stop   func()
	shown  shownSignIn
}

// shownSignIn is what the screen was last built from.
type shownSignIn struct {
	url, code, page string
	stage           localapi.SignInStage
	browserMissing  bool
}

func newWaiting(w *window) *waiting {
	s := &waiting{window: w, body: column(14), bar: newTimeBar(), left: small("").centred()}
	s.root = sheet(400, true, inset(24, 0, 24, 0, s.body))
	s.stop = w.every(time.Second, s.tick)
	return s
}

func (s *waiting) object() fyne.CanvasObject { return s.root }
func (s *waiting) focus() fyne.Focusable     { return nil }
func (s *waiting) close()                    { s.stop() }

func (s *waiting) back() bool {
	s.window.cancelSignIn()
	return true
}

func (s *waiting) update() {
	in := s.window.state.Session.SignIn
	if in == nil {
		return
	}
	now := shownSignIn{
		url: in.URL, code: in.UserCode, page: in.VerificationURL, stage: in.Stage,
		browserMissing: s.window.browserMissing,
	}
	if now != s.shown {
		s.shown = now
		s.build(in)
	}
	s.tick()
}

// tick moves the time on.
func (s *waiting) tick() {
	in := s.window.state.Session.SignIn
	if in == nil {
		return
	}
	left := max(0, in.Deadline.Sub(s.window.Now()).Round(time.Second))
	s.left.set(s.timeLeft(left))
	s.bar.set(float32(left) / float32(max(1, in.Deadline.Sub(in.Started))))
}

func (s *waiting) timeLeft(d time.Duration) string {
	minutes, seconds := strconv.Itoa(int(d/time.Minute)), strconv.Itoa(int(d%time.Minute/time.Second))
	if d < time.Minute {
		return s.window.Words.Text("window.waiting.seconds", "Seconds", seconds)
	}
	return s.window.Words.Text("window.waiting.minutes", "Minutes", minutes, "Seconds", seconds)
}

func (s *waiting) build(in *localapi.SignIn) {
	w, t := s.window, s.window.Words
	lines := []fyne.CanvasObject{fixed(0, 64, middle(newBrand(w, 64))), gap(6 - 14)}
	add := func(objects ...fyne.CanvasObject) { lines = append(lines, objects...) }
	clock := []fyne.CanvasObject{s.bar, s.left}
	switch {
	case in.Stage == localapi.StageExchanging:
		add(title(t.Text("window.waiting.almost")).centred(), body(t.Text("window.waiting.almost-text")).centred())
	case in.UserCode != "":
		add(title(t.Text("window.waiting.code-title")).centred(),
			body(t.Text("window.waiting.code-text", "Address", in.VerificationURL)).centred(),
			layers(newPanel(roleSoft, roleNone, radiusCard),
				fixed(0, 64, middle(newLabel(in.UserCode, 28, roleAccent).strong().centred()))))
		add(clock...)
		add(grid(150, 10, 2,
			secondary(t.Text("window.waiting.open-page"), func() { w.openPage(in.VerificationURL) }),
			s.copies(t.Text("window.waiting.copy-code"), in.UserCode)))
	default:
		if w.browserMissing {
			e := t.Problem(&localapi.Problem{Code: localapi.BrowserMissing})
			add(title(e.Title).centred(), body(e.Next).centred())
		} else {
			add(title(t.Text("window.waiting.title")).centred(),
				body(t.Text("window.waiting.text", "Provider", w.signInTitle(in))).centred())
		}
		add(clock...)
		add(grid(150, 10, 2,
			secondary(t.Text("window.waiting.again"), func() { w.openPage(in.URL) }),
			s.copies(t.Text("window.copy-link"), in.URL)))
	}
	add(middle(link(t.Text("window.cancel"), w.cancelSignIn)))
	s.body.Objects = lines
	s.root.Refresh()
}

// signInTitle names the provider of a sign-in, or the portal where it has no
// name.
func (w *window) signInTitle(in *localapi.SignIn) string {
	if title := w.providerTitle(in.Provider); title != "" {
		return title
	}
	return w.title()
}

// copies is a button that copies a text and says so for a moment.
func (s *waiting) copies(text, value string) *button {
	b := secondary(text, nil)
	b.act = func() {
		s.window.copy(value)
		b.setText(s.window.Words.Text("window.copied"))
		s.window.after(2*time.Second, func() { b.setText(text) })
	}
	return b
}
