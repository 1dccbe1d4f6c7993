package agent

import (
	"context"
	"errors"
	"time"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
)

// Tray is the icon in the notification area; see package tray.
type Tray interface {
	// Update is told of every change.
	Update(localapi.State)
	// Run shows the icon until ctx ends.
	Run(ctx context.Context) error
}

// runTray shows the tray icon and connects its menu to the agent.
func (a *Agent) runTray() {
	do := func(what string, action func(context.Context) error) func() {
		return func() {
			a.begin(func() {
				if err := action(a.life); err != nil {
					a.log.Warn("tray: "+what, "error", err)
				}
			})
		}
	}
	tray := a.p.Tray(desktop.TrayParams{
		Words:  a.p.Words,
		Show:   do("open", a.showHere),
		SignIn: do("sign in", func(ctx context.Context) error { return a.signInFromTray(ctx, localapi.SignInRequest{}) }),
		SignInWith: func(id string) {
			do("sign in with "+id, func(ctx context.Context) error {
				return a.signInFromTray(ctx, localapi.SignInRequest{Provider: id})
			})()
		},
		SignInAnother: do("sign in somebody else", func(ctx context.Context) error {
			return a.signInFromTray(ctx, localapi.SignInRequest{Another: true})
		}),
		Accounts: a.session.Listed,
		UseAccount: func(id string) {
			do("use another account", func(ctx context.Context) error { return a.UseAccount(ctx, localapi.AccountRequest{Account: id}) })()
		},
		AskAdministrator: do("write to an administrator", a.askAdministrator),
		SignOut: do("sign out", func(ctx context.Context) error {
			_, err := a.SignOut(ctx, localapi.SignOutRequest{})
			return err
		}),
		OpenApp: func(id string) { do("open "+id, func(ctx context.Context) error { return a.openFromTray(ctx, id) })() },
		Quit:    do("quit", a.Quit),
		// Also where people may not quit it.
		SessionEnds: do("end with the session", a.Quit),
		Changed: func(available bool) {
			a.mu.Lock()
			a.trayShown = available
			a.mu.Unlock()
			a.changed()
		},
	})
	a.mu.Lock()
	a.tray = tray
	a.mu.Unlock()
	if err := tray.Run(a.life); err != nil && a.life.Err() == nil {
		a.log.Warn("no tray", "error", err)
	}
}

// signInFromTray opens the browser, or the window where there is more to say than
// a menu can: why it failed, or which of several.
func (a *Agent) signInFromTray(ctx context.Context, req localapi.SignInRequest) error {
	req.Open = true
	if _, err := a.SignIn(ctx, req); err != nil {
		return errors.Join(err, a.showHere(ctx))
	}
	return nil
}

// askAdministrator opens the mail that asks for consent.
func (a *Agent) askAdministrator(ctx context.Context) error {
	s, err := a.State(ctx)
	if err != nil || s.Session.Consent == nil || s.Session.Consent.Mail == "" {
		return err // given since the menu was drawn
	}
	return a.p.OpenBrowser(ctx, s.Session.Consent.Mail)
}

// openFromTray opens an entry of the launcher in the browser.
func (a *Agent) openFromTray(ctx context.Context, id string) error {
	s, err := a.State(ctx)
	if err != nil || s.Portal == nil {
		return err
	}
	for _, app := range s.Portal.Apps {
		if app.ID == id && app.URL != "" {
			return a.openLink(ctx, app.URL)
		}
	}
	return nil // gone since the menu was drawn
}

// watchNetwork passes on what may have brought the network back.
func (a *Agent) watchNetwork() {
	for range desktop.NetworkChanges(a.life) {
		a.networkChanged()
	}
}

// networkChanged tries again at once what did not work: a portal that could not
// be reached, and one that looked wrong, which a network that wants a log-on
// first makes of all of them.
func (a *Agent) networkChanged() {
	if a.network != nil {
		a.network.Reset() // another network has other proxies
	}
	a.session.NetworkChanged()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.problem == nil || a.closing {
		return
	}
	a.retries = 0
	a.retryIn(max(time.Until(a.notBefore), 0))
}
