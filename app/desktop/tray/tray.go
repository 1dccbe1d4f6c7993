// Package tray is Portico's icon in the notification area. It is a room of its own, so the
// console does not hold the library for drawing it.
package tray

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/words"
)

// ErrNoTray says that this system, or this session of it, has no tray.
var ErrNoTray = errors.New("there is no tray")

const (
	// trayApps is how many apps the tray's menu offers at most.
	trayApps = 8
	// trayChoices is how many providers, and how many accounts, it offers.
	trayChoices = 6
	// trayText bounds a line of the menu and the tooltip, in characters;
	// Windows cuts a tooltip off after 127 UTF-16 units.
	trayText = 60
)

// Tray is Portico's icon in the notification area, with a menu. A process has
// one at most, and runs it once. Its methods are safe for concurrent use.
//
// On Linux the icon needs a StatusNotifierWatcher on the session bus. Plain X11 and
// GNOME without an extension have none. The tray then waits for one to appear, at no
// cost.
type Tray struct {
	p desktop.TrayParams
	// dirty holds a value if the state has changed since it was last drawn.
	dirty chan struct{}
	// busPatience is a test's, in the place of desktop.BusPatience on Linux.
	busPatience time.Duration

	mu        sync.Mutex
	state     localapi.State
	available bool
}

// New returns a tray. Nothing is shown before Run.
func New(p desktop.TrayParams) *Tray {
	return &Tray{p: p, dirty: make(chan struct{}, 1), state: localapi.State{Session: localapi.Session{Phase: localapi.Starting}}}
}

// Run shows the tray until ctx ends, and returns nil then. The error wraps
// [ErrNoTray] when there can be none: no session bus on Linux, a macOS program
// built without cgo. On Linux it is another error when the bus has ended and none
// has come back at its address; see [desktop.FollowSession]. On macOS the caller must be the main goroutine.
func (t *Tray) Run(ctx context.Context) error {
	defer t.setAvailable(false)
	return t.run(ctx)
}

// Update shows another state. An older one than is shown already is ignored.
func (t *Tray) Update(s localapi.State) {
	t.mu.Lock()
	if s.Revision >= t.state.Revision {
		t.state = s
	}
	t.mu.Unlock()
	select {
	case t.dirty <- struct{}{}:
	default: // whoever draws takes the latest
	}
}

// Available is true if the person can see the tray.
func (t *Tray) Available() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.available
}

func (t *Tray) setAvailable(available bool) {
	t.mu.Lock()
	changed := t.available != available
	t.available = available
	t.mu.Unlock()
	if changed && t.p.Changed != nil {
		t.p.Changed(available)
	}
}

func (t *Tray) view() trayView {
	t.mu.Lock()
	defer t.mu.Unlock()
	v := newTrayView(t.p.Words, t.state)
	if t.p.AskAdministrator == nil {
		v.consent = false
	}
	if t.p.SignInWith == nil {
		v.providers = nil
	}
	if t.p.SignInAnother == nil {
		v.another = false
	}
	if t.p.Accounts != nil {
		v.accounts = trayAccounts(t.state, t.p.Accounts())
	}
	return v
}

// trayAccounts are those to change to.
func trayAccounts(s localapi.State, known []localapi.Account) (others []localapi.Account) {
	if s.Session.Phase == localapi.SigningIn || s.Session.Phase == localapi.Starting {
		return nil
	}
	for _, a := range known {
		if !a.Active && len(others) < trayChoices {
			others = append(others, a)
		}
	}
	return others
}

// signIn asks for a sign-in, in the window when the person has a choice to make.
func (t *Tray) signIn() {
	t.mu.Lock()
	s := t.state
	t.mu.Unlock()
	if s.Session.Account == nil && s.Portal != nil && len(s.Portal.Providers) > 1 {
		t.p.Show()
		return
	}
	t.p.SignIn()
}

// trayView is the tray's content.
type trayView struct {
	icon    string // of assets.TrayIcons
	tooltip string
	status  string // the first line; it cannot be chosen
	open    string
	apps    []localapi.App
	signIn  bool
	signOut bool
	// providers are the choice, instead of signIn, if there are several.
	providers []localapi.Provider
	accounts  []localapi.Account // other ones
	another   bool               // somebody else may sign in
	consent   bool               // an administrator can be asked by mail
	stays     bool               // nobody can quit: people use the computer in turn
}

func newTrayView(w *words.Words, s localapi.State) trayView {
	name := "Portico"
	if s.Portal != nil && s.Portal.Name != "" {
		name = s.Portal.Name
	}
	v := trayView{status: line(trayStatus(w, s)), open: line(w.Text("tray.open", "Name", name))}
	v.tooltip = line(name) + "\n" + v.status
	switch s.Session.Phase {
	case localapi.SignedIn:
		v.icon, v.signOut = "signed-in", true
	case localapi.Offline:
		v.icon, v.signOut = "offline", true
	case localapi.NeedsSignIn, localapi.Blocked:
		v.icon, v.signIn, v.signOut = "attention", true, s.Session.Account != nil
	case localapi.SignedOut:
		v.icon, v.signIn = "signed-out", true
	case localapi.Unconfigured:
		v.icon = "signed-out"
	default:
		v.icon = "working"
	}
	v.stays = s.Kiosk
	if p := s.Session.Problem; p != nil && (p.Code == localapi.SignInTurnedOff || p.Code == localapi.PolicyUnclear) {
		v.signIn = false // nothing that a click could change
	}
	v.another = v.signOut && (v.signIn || s.Session.Phase != localapi.Blocked)
	v.consent = s.Session.Problem != nil && s.Session.Consent != nil && s.Session.Consent.Mail != ""
	if v.signIn && s.Session.Account == nil && s.Portal != nil && len(s.Portal.Providers) > 1 {
		v.providers = s.Portal.Providers[:min(len(s.Portal.Providers), trayChoices)]
	}
	if s.Portal != nil {
		for _, app := range s.Portal.Apps {
			// An address that needs the person is empty as long as there is none.
			if app.URL != "" && len(v.apps) < trayApps {
				v.apps = append(v.apps, app)
			}
		}
	}
	return v
}

// trayStatus is the state of the session in one line.
func trayStatus(w *words.Words, s localapi.State) string {
	who := ""
	if a := s.Session.Account; a != nil {
		who = trayName(*a)
		if a.Actor != "" && (s.Session.Phase == localapi.SignedIn || s.Session.Phase == localapi.Offline) {
			return w.Text("tray.status.impersonated", "Person", who, "Actor", a.Actor)
		}
	}
	if s.Session.Phase == localapi.Blocked && s.Session.Consent != nil && s.Session.Consent.Waiting {
		return w.Text("tray.status.consent")
	}
	if s.Session.Phase == localapi.Blocked && s.Session.Problem != nil {
		return w.Problem(s.Session.Problem).Title
	}
	// A password for the proxy is for the person to give, whatever else can go on without.
	for _, p := range []*localapi.Problem{s.Session.Problem, s.PortalProblem} {
		if p != nil && p.Code == localapi.ProxyWantsPassword {
			return w.Problem(p).Title
		}
	}
	return w.Text("tray.status."+string(s.Session.Phase), "Person", who)
}

// trayName is an account's name in a line.
func trayName(a localapi.Account) string {
	for _, name := range []string{a.Email, a.Name} {
		if name != "" {
			return name
		}
	}
	return a.Subject
}

// line is a text as one line of a menu: names come from a portal and a provider.
func line(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	if short := []rune(text); len(short) > trayText {
		text = string(short[:trayText-1]) + "…"
	}
	return text
}

func providerTitles(providers []localapi.Provider) (titles []string) {
	for _, p := range providers {
		titles = append(titles, line(p.Title))
	}
	return titles
}

func accountTitles(accounts []localapi.Account) (titles []string) {
	for _, a := range accounts {
		titles = append(titles, line(trayName(a)))
	}
	return titles
}
