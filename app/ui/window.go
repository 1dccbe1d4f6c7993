package ui

import (
	"context"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

// The window's size at first, and the least it can be shown at.
const (
	firstWidth, firstHeight = 960, 640
	leastWidth, leastHeight = 720, 520
)

// window is the whole window. Except for its hop and its jobs it belongs to
// Fyne's goroutine.
type window struct {
	Params

	ctx    context.Context
	cancel context.CancelFunc
	jobs   sync.WaitGroup // every goroutine of the window
	hop    hop

	app    fyne.App
	win    fyne.Window
	leave  func() // ends Fyne; it may have ended already
	memory memory

	state localapi.State
	known bool // state has been heard of
	gone  bool // the agent does not answer
	// lost is why, nil where there is no more to say than that.
	lost *localapi.Problem
	// again has the agent looked for at once.
	again     chan struct{}
	silences  chan error // calls that had no answer
	addressed bool       // the person wants to enter another portal's address
	forgotten bool       // leave nothing behind
	kept      bool       // the size has been kept for the next start
	section   section
	// trouble is what the person's last action ran into, shown until the next.
	trouble *localapi.Problem
	// tried is the way in that the person has chosen last, nil for none.
	tried *localapi.SignInRequest
	// accounts are the people that this computer remembers.
	accounts accounts
	// adding: the person wants to sign in with another account.
	adding bool
	// consenting: the person looks at what an administrator has to do, in a state
	// that has a screen of its own.
	consenting bool
	// signedOut is what to say about the last sign-out, "" for nothing.
	signedOut string
	// browserMissing says that the sign-in's page could not be opened.
	browserMissing bool
	// working says that an action of the person's is under way.
	working bool
	// checking says that the state is being refreshed.
	checking bool

	// decided is what the person changes in the settings.
	decided decided
	help    *help
	// helping: the person looks for help where there is no rail to find it in.
	helping bool

	logos  logos
	kind   kind
	screen screen
	alarm  *fyne.Container // over every screen
	// alarmed is what the alarm shows.
	alarmed alarms
	place   *fyne.Container // where the screen is
	frame   *fyne.Container // all of these
	root    *fyne.Container // holds the frame, from its first moment on
	opening opening         // lays the root out
	status  *statusLine
	popup   kit.Overlay
	// shortcuts are what keys do together with Ctrl.
	shortcuts map[fyne.KeyName]func()
}

// screen is what fills the window above the status line.
type screen interface {
	// object is what is drawn.
	object() fyne.CanvasObject
	// update shows the window's present state.
	update()
	// back answers Esc; false leaves it to the window.
	back() bool
	// focus is what the keyboard goes to first, nil for nothing.
	focus() fyne.Focusable
	// close ends what the screen has running.
	close()
}

// kind tells screens apart.
type kind int

const (
	kindNone kind = iota
	kindStarting
	kindFirstRun
	kindSignedOut
	kindWaiting
	kindConsent
	kindProblem
	kindHome
	kindHelp
)

func newWindow(ctx context.Context, p Params) *window {
	if p.Now == nil {
		p.Now = time.Now
	}
	w := &window{Params: p, memory: readMemory(p.Memory), again: make(chan struct{}, 1), silences: make(chan error, 1)}
	w.ctx, w.cancel = context.WithCancel(ctx)
	w.hop.ctx = w.ctx
	w.logos.window = w
	return w
}

// build makes Fyne's window, empty.
func (w *window) build(a fyne.App) {
	w.app = a
	w.leave = a.Driver().Quit
	w.applyLook()
	w.win = a.NewWindow("Portico")
	w.win.SetPadded(false)
	w.root = container.New(&w.opening)
	w.win.SetContent(w.root)
	w.popup.Canvas = w.win.Canvas()
	w.win.Resize(w.memory.size())
	w.win.SetOnClosed(w.remember)
	w.win.SetCloseIntercept(w.closeByPerson)
}

// fill puts what is known into the window.
func (w *window) fill() {
	w.alarm = kit.Column(0)
	w.place = container.New(layout.NewStackLayout())
	w.status = newStatusLine(w)
	w.help = newHelp(w)
	w.frame = container.New(frameLayout{}, w.alarm, w.place, w.status.object)
	w.root.Objects = []fyne.CanvasObject{w.frame}
	w.keys()
	w.hop.catchUp() // what the agent has said while Fyne started
	w.refresh()
}

// frameLayout puts the alarm above, the status line below and the screen
// between.
type frameLayout struct{}

func (frameLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(leastWidth, leastHeight)
}

func (frameLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	above := kit.HeightOf(objects[0], size.Width)
	kit.Place(objects[0], 0, 0, size.Width, above)
	kit.Place(objects[1], 0, above, size.Width, size.Height-above-statusHeight)
	kit.Place(objects[2], 0, size.Height-statusHeight, size.Width, statusHeight)
}

// receive takes an event of the agent's.
func (w *window) receive(e localapi.Event) {
	w.gone, w.lost = false, nil
	switch e.Type {
	case localapi.EventState:
		if e.State != nil {
			w.take(*e.State)
			return
		}
	case localapi.EventShow:
		if !w.meant(e) {
			return
		}
		w.win.Show()
		w.win.RequestFocus()
		w.confirm()
	case localapi.EventQuit:
		w.win.Close()
		return
	}
	w.refresh()
}

// take makes a state the present one.
func (w *window) take(s localapi.State) {
	last := w.state
	before, portal, address := last.Session, last.Portal, last.PortalAddress
	w.state, w.known = s, true
	if s.Session.Phase != before.Phase {
		w.trouble = nil
		w.adding = false
	}
	if s.Session.Phase == localapi.SignedOut {
		w.section = sectionHome // whoever comes next begins there
	}
	decided := !sameDecisions(last, s)
	if decided || mended(w.trouble, before.Problem, s.Session.Problem) {
		w.trouble = nil // it may not be true any more
	}
	if w.portalFixed() {
		w.addressed = false
	}
	if s.Session.Phase != before.Phase || s.Session.Consent == nil {
		w.consenting = false
	}
	if decided || !w.accounts.known || s.Session.Phase != before.Phase || accountID(s.Session) != accountID(before) {
		w.askAccounts()
	}
	if s.Session.Phase != localapi.SignedOut {
		w.signedOut = ""
	}
	if w.speak() {
		w.retell()
	}
	if s.PortalAddress != "" && s.Portal != nil && (portal == nil || s.PortalAddress != address) {
		w.addressed = false // there is a portal to go on with
	}
	w.refresh()
}

// retell shows everything in another language.
func (w *window) retell() {
	w.status, w.alarmed = newStatusLine(w), alarms{}
	w.help.close()
	w.help = newHelp(w)
	w.frame.Objects[2] = w.status.object
	w.kind = kindNone
}

// accountID names the account that a session is about, "" for none.
func accountID(s localapi.Session) string {
	if s.Account == nil {
		return ""
	}
	return s.Account.ID
}

// refresh shows the present state, on another screen if it asks for one.
func (w *window) refresh() {
	w.applyLook()
	w.win.SetTitle(w.title())
	w.showAlarm()
	if k := w.wanted(); k != w.kind {
		w.swap(k)
	} else {
		w.screen.update()
	}
	if told, about := w.popup.Subject.(*localapi.Problem); about && w.tells(told) {
		w.popup.Close()
	}
	w.status.show(w)
	w.win.Content().Refresh()
}

// wanted is the kind of screen for the present state.
func (w *window) wanted() kind {
	switch {
	case w.helping:
		return kindHelp
	case !w.known && w.lost != nil:
		return kindProblem
	case !w.known:
		return kindStarting
	}
	session := w.state.Session
	phase := session.Phase
	switch {
	case w.addressed && phase != localapi.SigningIn:
		return kindFirstRun
	case phase == localapi.Starting:
		return kindStarting
	case phase == localapi.Unconfigured:
		return kindFirstRun
	case w.consenting && session.Consent != nil:
		return kindConsent
	case phase == localapi.SigningIn:
		return kindWaiting
	case w.adding && w.state.Portal != nil && !turnedOff(session.Problem):
		return kindSignedOut
	case session.Consent != nil && phase != localapi.SignedIn && phase != localapi.Offline:
		return kindConsent
	case phase == localapi.SignedIn, phase == localapi.Offline:
		return kindHome
	case turnedOff(session.Problem):
		return kindProblem // there is no way in to offer
	case phase == localapi.SignedOut && w.state.Portal != nil, w.othersMayWork():
		return kindSignedOut
	}
	return kindProblem
}

// othersMayWork says that what stands in the way concerns one way in among
// several, and nobody's sign-in is held up by it: the door offers the others. A
// key store that cannot be read is another matter, as the sign-in that it holds
// comes back with it.
func (w *window) othersMayWork() bool {
	s, p := w.state.Session, w.state.Portal
	switch {
	case p == nil, s.Account != nil, s.Phase != localapi.Blocked && s.Phase != localapi.NeedsSignIn,
		ofKeyStore(s.Problem):
		return false
	}
	return len(p.Providers) > 1 || p.AddressFirst
}

// swap replaces the screen.
func (w *window) swap(k kind) {
	if w.screen != nil {
		w.screen.close()
	}
	w.popup.Close()
	w.kind = k
	switch k {
	case kindFirstRun:
		w.screen = newFirstRun(w)
	case kindSignedOut:
		w.screen = newSignedOut(w)
	case kindWaiting:
		w.screen = newWaiting(w)
	case kindConsent:
		w.screen = newConsent(w)
	case kindProblem:
		w.screen = newProblem(w)
	case kindHome:
		w.screen = newHome(w)
	case kindHelp:
		w.screen = newHelpScreen(w)
	default:
		w.screen = newStarting(w)
	}
	w.screen.update()
	w.place.Objects = []fyne.CanvasObject{w.screen.object()}
	w.place.Refresh()
	w.win.Canvas().Unfocus()
	if f := w.screen.focus(); f != nil {
		w.win.Canvas().Focus(f)
	}
}

// title is the window's title.
func (w *window) title() string {
	if p := w.state.Portal; p != nil && p.Name != "" {
		return p.Name
	}
	return "Portico"
}

// remember keeps the window's size for the next start, and ends what it has
// running.
func (w *window) remember() {
	w.hop.stop()
	if w.screen != nil {
		w.screen.close()
	}
	if w.help != nil {
		w.help.close()
	}
	if w.win != nil && !w.forgotten && !w.kept {
		w.kept = true
		w.memory.keep(w.Memory, w.win.Canvas().Size())
	}
	w.cancel()
}

// finish is the end of a window that closed, could not be opened, or went with
// Fyne: it waits for everything the window has started.
func (w *window) finish() {
	w.remember()
	w.jobs.Wait()
}
