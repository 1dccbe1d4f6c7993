package agent

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/words"
)

// Tray is the icon in the notification area; see package tray.
type Tray interface {
	// Update is told of every change.
	Update(localapi.State)
	// Run shows the icon until ctx ends.
	Run(ctx context.Context) error
}

// trayIcon is the icon in the notification area, and the actions of its menu.
type trayIcon struct {
	make     func(desktop.TrayParams) Tray
	words    *words.Words
	life     *life
	states   *states
	sessions localapi.Sessions
	windows  *windows
	// accounts are those known without asking anybody.
	accounts func() []localapi.Account
	// openBrowser opens an address, and openLink an app of the launcher.
	openBrowser, openLink func(ctx context.Context, address string) error
	log                   *slog.Logger

	mu    sync.Mutex // guards the rest
	tray  Tray       // nil while there is none
	shown bool       // the desktop shows it
}

// run shows the icon until the agent ends.
func (t *trayIcon) run() {
	tray := t.make(t.params())
	t.mu.Lock()
	t.tray = tray
	t.mu.Unlock()
	if err := tray.Run(t.life.ctx); err != nil && t.life.ctx.Err() == nil {
		t.log.Warn("no tray", "error", err)
	}
}

// update passes a state on.
func (t *trayIcon) update(s localapi.State) {
	t.mu.Lock()
	tray := t.tray
	t.mu.Unlock()
	if tray != nil {
		tray.Update(s)
	}
}

// isShown says whether the desktop shows the icon.
func (t *trayIcon) isShown() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.shown
}

// do has the menu do something as a part of the agent's life.
func (t *trayIcon) do(what string, action func(context.Context) error) func() {
	return func() {
		t.life.begin(func() {
			if err := action(t.life.ctx); err != nil {
				t.log.Warn("tray: "+what, "error", err)
			}
		})
	}
}

// params connect the menu to the agent.
func (t *trayIcon) params() desktop.TrayParams {
	return desktop.TrayParams{
		Words:  t.words,
		Show:   t.do("open", t.windows.showHere),
		SignIn: t.do("sign in", func(ctx context.Context) error { return t.signIn(ctx, localapi.SignInRequest{}) }),
		SignInWith: func(id string) {
			t.do("sign in with "+id, func(ctx context.Context) error {
				return t.signIn(ctx, localapi.SignInRequest{Provider: id})
			})()
		},
		SignInAnother: t.do("sign in somebody else", func(ctx context.Context) error {
			return t.signIn(ctx, localapi.SignInRequest{Another: true})
		}),
		Accounts: t.accounts,
		UseAccount: func(id string) {
			t.do("use another account", func(ctx context.Context) error {
				return t.sessions.UseAccount(ctx, localapi.AccountRequest{Account: id})
			})()
		},
		AskAdministrator: t.do("write to an administrator", t.askAdministrator),
		SignOut: t.do("sign out", func(ctx context.Context) error {
			_, err := t.sessions.SignOut(ctx, localapi.SignOutRequest{})
			return err
		}),
		OpenApp: func(id string) { t.do("open "+id, func(ctx context.Context) error { return t.open(ctx, id) })() },
		Quit:    t.do("quit", t.windows.Quit),
		// Also if people may not quit it.
		SessionEnds: t.do("end with the session", t.windows.Quit),
		Changed: func(available bool) {
			t.mu.Lock()
			t.shown = available
			t.mu.Unlock()
			t.states.changed()
		},
	}
}

// signIn opens the browser, or the window for anything beyond a menu: why it failed, or a
// choice among several.
func (t *trayIcon) signIn(ctx context.Context, req localapi.SignInRequest) error {
	req.Open = true
	if _, err := t.sessions.SignIn(ctx, req); err != nil {
		return errors.Join(err, t.windows.showHere(ctx))
	}
	return nil
}

// askAdministrator opens the mail to an administrator with the request for consent.
func (t *trayIcon) askAdministrator(ctx context.Context) error {
	s, err := t.states.State(ctx)
	if err != nil || s.Session.Consent == nil || s.Session.Consent.Mail == "" {
		return err // given since the menu was drawn
	}
	return t.openBrowser(ctx, s.Session.Consent.Mail)
}

// open opens an entry of the launcher in the browser.
func (t *trayIcon) open(ctx context.Context, id string) error {
	s, err := t.states.State(ctx)
	if err != nil || s.Portal == nil {
		return err
	}
	for _, app := range s.Portal.Apps {
		if app.ID == id && app.URL != "" {
			return t.openLink(ctx, app.URL)
		}
	}
	return nil // gone since the menu was drawn
}
