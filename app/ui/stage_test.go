package ui

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
	"github.com/portico-desktop/portico/app/words"
)

// stage is a window without a screen, whose UI goroutine is the test's. It
// lives in a synctest bubble: time stands still until the test moves it.
type stage struct {
	t      *testing.T
	w      *window
	agent  *fakeAgent
	cancel context.CancelFunc
	// original is the window as it was made; tests may put another in w.win.
	original fyne.Window

	mu     sync.Mutex
	posted []func()
	opened []string
	// with are the browsers and addresses that OpenWith was given.
	with     []string
	browsers []Browser
	cannot   error // what opening an address fails with
}

// scene is how a stage differs from the usual one.
type scene struct {
	language string
	dark     bool
	size     fyne.Size
	now      time.Time
	memory   string
	pages    []pageRow // besides the program's own
}

// morning is the time on the stage's clock: what people see does not depend on
// when the test runs.
var morning = time.Date(2026, 11, 23, 9, 12, 0, 0, time.UTC)

// onStage runs a test with a window in a bubble of its own, and holds that
// nothing runs on after the window has closed: synctest fails a bubble whose
// goroutines do not end.
func onStage(t *testing.T, c scene, act func(*stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, c)
		act(s)
		if !s.closed() {
			s.w.win.Close()
		}
		s.w.finish()
	})
}

func newStage(t *testing.T, c scene) *stage {
	t.Helper()
	s := &stage{t: t, agent: newFakeAgent()}
	if c.language == "" {
		c.language = "en"
	}
	if c.now.IsZero() {
		c.now = morning
	}
	started := time.Now()
	ctx, cancel := context.WithCancel(t.Context())
	s.cancel = cancel
	t.Cleanup(cancel)
	s.w = newWindow(ctx, Params{
		Agent: s.agent, Words: words.New(c.language), Version: "0.1.0", PreferDark: &c.dark, Memory: c.memory,
		Now: func() time.Time { return c.now.Add(time.Since(started)) },
		OpenURL: func(_ context.Context, browser, url string) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.opened = append(s.opened, strings.TrimSpace(browser+" "+url))
			return s.cannot
		},
	})
	s.w.screens.pages = append(s.w.screens.pages, c.pages...)
	s.w.params.Browsers = func(context.Context) []Browser { return s.browsers }
	s.w.params.OpenWith = func(_ context.Context, browser, url string) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.with = append(s.with, browser+" "+url)
		return s.cannot
	}
	s.w.agent.listen()
	s.w.build(test.NewTempApp(t))
	s.original = s.w.win
	s.w.agent.leave = s.w.win.Close // Fyne's test driver does not end
	if c.size.IsZero() {
		c.size = fyne.NewSize(firstWidth, firstHeight)
	}
	s.w.win.Resize(c.size)
	s.w.fill()
	s.w.jobs.hop.start(func(f func()) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.posted = append(s.posted, f)
	})
	return s
}

// closed says whether the window has been closed.
func (s *stage) closed() bool { return !slices.Contains(s.w.app.Driver().AllWindows(), s.original) }

// settle lets everything happen that can happen now.
func (s *stage) settle() {
	for {
		synctest.Wait()
		s.mu.Lock()
		now := s.posted
		s.posted = nil
		s.mu.Unlock()
		if len(now) == 0 {
			return
		}
		for _, f := range now {
			f()
		}
	}
}

// pass lets time pass, and what happens meanwhile happen.
func (s *stage) pass(d time.Duration) {
	s.settle()
	time.Sleep(d)
	s.settle()
}

// hear has the agent announce a state.
func (s *stage) hear(state localapi.State) {
	s.agent.mu.Lock()
	s.agent.state = state
	s.agent.mu.Unlock()
	s.agent.events <- localapi.Event{Type: localapi.EventState, State: &state}
	s.settle()
}

// openedURLs are the addresses opened so far.
func (s *stage) openedURLs() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.opened)
}

// objects are all visible objects that f chooses, the overlay's first.
func (s *stage) objects(f func(fyne.CanvasObject) bool) []fyne.CanvasObject {
	var found []fyne.CanvasObject
	for _, root := range s.roots() {
		walk(root, func(o fyne.CanvasObject) bool {
			if f(o) {
				found = append(found, o)
			}
			return true
		})
	}
	return found
}

// roots are what lies over the screen, if something does, and the screen.
func (s *stage) roots() []fyne.CanvasObject {
	if top := s.w.win.Canvas().Overlays().Top(); top != nil {
		return []fyne.CanvasObject{top, s.w.win.Content()}
	}
	return []fyne.CanvasObject{s.w.win.Content()}
}

// walk shows f an object and what is in it, as far as it can be seen and f says so.
func walk(o fyne.CanvasObject, f func(fyne.CanvasObject) (into bool)) {
	if !o.Visible() || !f(o) {
		return
	}
	switch o := o.(type) {
	case *fyne.Container:
		for _, child := range o.Objects {
			walk(child, f)
		}
	case fyne.Widget:
		for _, child := range test.WidgetRenderer(o).Objects() {
			walk(child, f)
		}
	}
}

// find is the control with this name.
func (s *stage) find(name string) fyne.CanvasObject {
	s.t.Helper()
	found := s.objects(func(o fyne.CanvasObject) bool {
		a, ok := o.(fyne.Accessible)
		_, focusable := o.(fyne.Focusable)
		return ok && focusable && a.AccessibilityLabel() == name
	})
	if len(found) == 0 {
		s.t.Fatalf("there is no control %q; there are: %s\nand texts: %s", name, strings.Join(s.names(), " | "), strings.Join(s.texts(), " | "))
	}
	return found[0]
}

// names are the names of all controls.
func (s *stage) names() []string {
	var names []string
	s.objects(func(o fyne.CanvasObject) bool {
		if a, ok := o.(fyne.Accessible); ok {
			if _, ok := o.(fyne.Focusable); ok {
				names = append(names, a.AccessibilityLabel())
			}
		}
		return false
	})
	return names
}

// tap presses the control with this name.
func (s *stage) tap(name string) {
	s.t.Helper()
	o, ok := s.find(name).(fyne.Tappable)
	if !ok {
		s.t.Fatalf("%q cannot be pressed", name)
	}
	test.Tap(o)
	s.settle()
}

// texts are all texts that can be read.
func (s *stage) texts() []string {
	var texts []string
	s.objects(func(o fyne.CanvasObject) bool {
		if l, ok := o.(*kit.Label); ok {
			texts = append(texts, l.AccessibilityLabel())
		}
		return false
	})
	return texts
}

// reads fails the test unless every text can be read.
func (s *stage) reads(want ...string) {
	s.t.Helper()
	texts := s.texts()
	for _, text := range want {
		if !slices.ContainsFunc(texts, func(have string) bool { return strings.Contains(have, text) }) {
			s.t.Errorf("%q cannot be read; what can is: %s", text, strings.Join(texts, " | "))
		}
	}
}

// key presses a key, as Fyne's driver would.
func (s *stage) key(name fyne.KeyName) {
	c := s.w.win.Canvas()
	event := &fyne.KeyEvent{Name: name}
	switch focused := c.Focused(); {
	case name == fyne.KeyTab:
		c.FocusNext()
	case focused != nil:
		focused.TypedKey(event)
	default:
		c.OnTypedKey()(event)
	}
	s.settle()
}
