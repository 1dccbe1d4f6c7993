package ui

import (
	"maps"

	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
)

// screens fill the window above the status line, one of them at a time.
type screens struct {
	kind  kind
	shown screen
	help  *help

	pages []pageRow // the table
	home  *home     // nil before somebody is signed in
	whose string    // the account of home
	at    string    // the page chosen in the rail
	query string    // the text in the search field
}

// first is everybody's first page.
func (s *screens) first() string { return s.pages[0].name }

// dropHome gives up Home and its pages, because the next people to see it are others, or
// read another language. If Home is shown, another one takes its place.
func (s *screens) dropHome() {
	if s.home != nil {
		s.home.forget()
		s.home, s.query = nil, ""
	}
	if s.kind == kindHome {
		s.kind = kindNone
	}
}

// screen fills the window above the status line.
type screen interface {
	// object is its drawing.
	object() fyne.CanvasObject
	// update shows the window's present state.
	update()
	// back answers Esc; false leaves it to the window.
	back() bool
	// focus gets the keyboard first, nil for nothing.
	focus() fyne.Focusable
	// close ends the work of the screen.
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

// detours are the person's own ways, whatever the agent's state asks for.
type detours struct {
	addressed bool // to another portal's address
	adding    bool // to a sign-in with another account
	// consenting: to an administrator's task, in a state with a screen of its own.
	consenting bool
	helping    bool // to the help, without a rail to find it in
}

// wanted is the kind of screen for the present state.
func (w *window) wanted() kind {
	switch {
	case w.detours.helping:
		return kindHelp
	case !w.agent.known && w.agent.lost != nil:
		return kindProblem
	case !w.agent.known:
		return kindStarting
	}
	session := w.agent.state.Session
	phase := session.Phase
	switch {
	case w.detours.addressed && phase != localapi.SigningIn:
		return kindFirstRun
	case phase == localapi.Starting:
		return kindStarting
	case phase == localapi.Unconfigured:
		return kindFirstRun
	case w.detours.consenting && session.Consent != nil:
		return kindConsent
	case phase == localapi.SigningIn:
		return kindWaiting
	case w.detours.adding && w.agent.state.Portal != nil && !turnedOff(session.Problem):
		return kindSignedOut
	case session.Consent != nil && phase != localapi.SignedIn && phase != localapi.Offline:
		return kindConsent
	case phase == localapi.SignedIn, phase == localapi.Offline:
		return kindHome
	case turnedOff(session.Problem):
		return kindProblem // there is no way in to offer
	case phase == localapi.SignedOut && w.agent.state.Portal != nil, w.agent.othersMayWork():
		return kindSignedOut
	}
	return kindProblem
}

// swap replaces the screen.
func (w *window) swap(k kind) {
	if w.screens.shown != nil {
		w.screens.shown.close()
	}
	w.dialogs.popup.Close()
	w.screens.kind = k
	switch k {
	case kindFirstRun:
		w.screens.shown = newFirstRun(w)
	case kindSignedOut:
		w.screens.shown = newSignedOut(w)
	case kindWaiting:
		w.screens.shown = newWaiting(w)
	case kindConsent:
		w.screens.shown = newConsent(w)
	case kindProblem:
		w.screens.shown = newProblem(w)
	case kindHome:
		if w.screens.home == nil {
			w.screens.home = newHome(w)
		}
		w.screens.shown = w.screens.home
	case kindHelp:
		w.screens.shown = newHelpScreen(w)
	default:
		w.screens.shown = newStarting(w)
	}
	w.screens.shown.update()
	w.frame.place.Objects = []fyne.CanvasObject{w.screens.shown.object()}
	w.frame.place.Refresh()
	w.win.Canvas().Unfocus()
	if f := w.screens.shown.focus(); f != nil {
		w.win.Canvas().Focus(f)
	}
}

// tell shows the problem of an action over the screen, unless the screen has a place for
// it.
func (w *window) tell(p *localapi.Problem) {
	if w.screens.kind != kindSignedOut && !w.tells(p) {
		w.dialogs.problem(p)
		w.dialogs.popup.Subject = p
	}
}

// tells says whether the screen is a page about just this problem. The answer to an
// action and the state that follows from it come in any order.
func (w *window) tells(p *localapi.Problem) bool {
	var told *localapi.Problem
	switch s := w.screens.shown.(type) {
	case *problem:
		told = s.cause()
	case *consent:
		told = w.agent.state.Session.Problem
	}
	return p != nil && told != nil && told.Code == p.Code && maps.Equal(told.Params, p.Params)
}
