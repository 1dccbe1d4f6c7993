// Package ui is Portico's window.
//
// It shows the agent's knowledge and passes on the person's wishes; it holds no rule of
// signing in and no credential, and reaches the agent through [localapi.Agent] alone. It
// is one of the few packages that import Fyne, and holds the only caller of fyne.Do.
//
// One file is one screen, or one of the pages in Home's table (see pages). Each is made
// from a snapshot ([localapi.State]) and told of the next ones. They share the pieces of
// the window, one of each subject: the agent's state, the settings, the words, the
// person's actions, and so on. Calls to the agent and to the browser run in goroutines of
// the window, and it waits for them when it closes (see jobs); their answers come back
// over one hop to Fyne's own goroutine.
package ui

import (
	"context"
	"errors"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
	"github.com/portico-desktop/portico/app/words"
	"github.com/portico-desktop/portico/assets"
)

// AppID is how desktops know the window, as in FyneApp.toml.
const AppID = "io.github.portico_desktop.Portico"

// drawnAfter is when the window has been drawn for the first time, if at all: Fyne draws
// sixty times a second.
const drawnAfter = 200 * time.Millisecond

// ErrNoWindow says that this computer cannot show a window: there is no display, or its
// graphics driver has no OpenGL 2.1. The agent works without.
var ErrNoWindow = errors.New("no window can be opened here")

// Params make a window.
type Params struct {
	// Agent answers for everything behind the window. A call may be slow, or wait until
	// the agent runs; the window never waits for it.
	Agent localapi.Agent
	// Words are the texts, in the person's language.
	Words *words.Words
	// Language is the value of the setting of that name for Words, as in "system" or
	// "de". WordsIn are the texts for another value; nil keeps Words.
	Language string
	WordsIn  func(language string) *words.Words
	// OpenURL opens an https, mailto or tel address outside of Portico; browser is the
	// value of the setting Browser, "" for the system's. OpenApp does so for an app of
	// the portal, perhaps with another scheme; nil means OpenURL. Both are called off the
	// UI goroutine and may take their time.
	OpenURL func(ctx context.Context, browser, url string) error
	OpenApp func(ctx context.Context, browser, url string) error
	// Browsers lists the browsers of this computer, and OpenWith opens an address
	// in one of them. Both are called off the UI goroutine and may take their
	// time; nil offers no other browser.
	Browsers func(ctx context.Context) []Browser
	OpenWith func(ctx context.Context, browser, url string) error
	// FindBrowser finds the browser of a value of the setting Browser, for its name. It
	// is called off the UI goroutine; nil shows the value.
	FindBrowser func(value string) (Browser, bool)
	// LogOn says whether anything on this computer starts Portico at log-on. It is called
	// off the UI goroutine; nil means that it does.
	LogOn func() bool
	// Downloads is the folder for the person's files.
	Downloads string
	// ShowFile shows a file in the system's file manager. It is called off the UI
	// goroutine; nil offers no such thing.
	ShowFile func(ctx context.Context, file string) error
	// Display is the window's display, as desktop.Display names it. The window comes to
	// the front when it is asked for there, or anywhere.
	Display string
	// Opened is called on the UI goroutine once the window has been drawn; nil for
	// nothing.
	Opened func()
	// Version is the program's version, shown in the settings.
	Version string
	// Memory is the file for the window's size and last look: so its first frame is
	// right. "" keeps nothing.
	Memory string
	// PreferDark forces dark or light; nil leaves it to the person and the
	// system.
	PreferDark *bool
	// Now is the clock behind greetings and times shown; nil means time.Now.
	Now func() time.Time
}

// Browser is an installed browser of this computer.
type Browser struct {
	// ID is its name for [Params.OpenWith], Name the one for people.
	ID, Name string
}

// Run shows the window and returns when it is closed, the agent ends or ctx
// does. It must be called from the main goroutine, once a process. Its error
// wraps [ErrNoWindow] when this computer cannot show windows.
func Run(ctx context.Context, p Params) error {
	w := newWindow(ctx, p)
	defer w.finish()
	// The agent is asked while Fyne starts, so that the first frame has content.
	w.agent.listen()
	if err := withoutChatter(func(said *chatter) error { return w.open(app.NewWithID(AppID), said) }); err != nil {
		return err
	}
	if ctx.Err() == nil { // otherwise Fyne was asked to end before it ran
		w.app.Run()
	}
	return nil
}

// open builds the window and shows it.
func (w *window) open(a fyne.App, said *chatter) error {
	a.SetIcon(fyne.NewStaticResource("portico.png", assets.Logo))
	if err := orNoWindow(func() error { w.build(a); return nil }); err != nil {
		return err
	}
	read := w.readFonts()
	w.frame.opening.fill = func() {
		<-read
		w.fill()
	}
	err := orNoWindow(func() error { return show(w.win, said) })
	<-read
	if err != nil {
		return err
	}
	w.frame.opening.once() // if Fyne did not ask
	w.jobs.hop.start(fyne.Do)
	w.jobs.after(drawnAfter, func() {
		if w.params.Opened != nil {
			w.params.Opened()
		}
		w.agent.confirm() // somebody looks
	})
	return nil
}

// readFonts has Fyne read its fonts while the window opens, because each takes about as
// long. Until the channel is closed nobody else may measure or draw a text: Fyne's shaper
// is one for all.
func (w *window) readFonts() <-chan struct{} {
	read := make(chan struct{})
	w.jobs.group.Go(func() {
		defer close(read)
		for _, bold := range []bool{false, true} {
			fyne.MeasureText("Portico", kit.SizeText, fyne.TextStyle{Bold: bold})
		}
	})
	return read
}
