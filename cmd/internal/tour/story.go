//go:build linux

package main

import (
	"context"
	"fmt"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// The place of the initials of the person in a window of the first size.
const accountX, accountY = 920, 38

func (t *tour) story(ctx context.Context) error {
	w, err := t.open(ctx, "light")
	if err != nil {
		return err
	}
	if err := t.firstRun(ctx, w); err != nil {
		return err
	}
	if err := t.signIn(ctx, w); err != nil {
		return err
	}
	if w, err = t.restart(ctx, w); err != nil {
		return err
	}
	if err := t.signOut(ctx, w); err != nil {
		return err
	}
	return t.otherWays(ctx, w)
}

// open starts the window program and waits for its window.
func (t *tour) open(ctx context.Context, look string, env ...string) (*stage.Window, error) {
	env = append(env, "FYNE_THEME="+look) // as the desktop would say it
	portico, err := t.stage.Start(stage.Command{Name: t.programs.Path("portico"), Env: env})
	if err != nil {
		return nil, err
	}
	w, err := t.stage.Display.Window(ctx, portico)
	if err != nil {
		return nil, err
	}
	if err := t.stage.Display.PointAway(ctx); err != nil {
		return nil, err
	}
	return w, w.Focus(ctx)
}

// show takes a picture of the window once it has stopped changing.
func (t *tour) show(ctx context.Context, w *stage.Window, name string) error {
	if err := w.Settled(ctx); err != nil {
		return err
	}
	return t.album.add(ctx, name, w.Picture)
}

func (t *tour) firstRun(ctx context.Context, w *stage.Window) error {
	if _, err := t.stage.WaitPhase(ctx, localapi.Unconfigured); err != nil {
		return err
	}
	if err := t.show(ctx, w, "first-run"); err != nil {
		return err
	}
	if err := w.Type(ctx, t.portal.URL()); err != nil {
		return err
	}
	if err := t.show(ctx, w, "address-typed"); err != nil {
		return err
	}
	if err := w.Key(ctx, "Return"); err != nil {
		return err
	}
	if _, err := t.stage.WaitPhase(ctx, localapi.SignedOut); err != nil {
		return err
	}
	return t.show(ctx, w, "signed-out")
}

func (t *tour) signIn(ctx context.Context, w *stage.Window) error {
	if err := w.Key(ctx, "Tab", "Return"); err != nil {
		return err
	}
	page, err := t.stage.Browser.Opened(ctx)
	if err != nil {
		return err
	}
	if err := page.See(ctx, "#deny"); err != nil {
		return err
	}
	if err := t.show(ctx, w, "waiting"); err != nil {
		return err
	}
	if err := t.album.add(ctx, "browser-sign-in", page.Picture); err != nil {
		return err
	}
	if err := t.provider.SignIn(ctx, page, "ada"); err != nil {
		return err
	}
	if err := page.WaitBack(ctx, t.provider.Issuer()); err != nil {
		return err
	}
	if err := t.album.add(ctx, "browser-done", page.Picture); err != nil {
		return err
	}
	if _, err := t.stage.WaitPhase(ctx, localapi.SignedIn); err != nil {
		return err
	}
	return t.show(ctx, w, "home")
}

// restart closes the window, crashes the agent and starts again, on a desk turned dark:
// the person is signed in without a browser.
func (t *tour) restart(ctx context.Context, w *stage.Window) (*stage.Window, error) {
	if err := w.Close(ctx); err != nil {
		return nil, err
	}
	if err := t.stage.KillAgent(ctx); err != nil {
		return nil, err
	}
	opened := t.stage.Browser.Openings()
	w, err := t.open(ctx, "dark")
	if err != nil {
		return nil, err
	}
	if _, err := t.stage.WaitPhase(ctx, localapi.SignedIn); err != nil {
		return nil, err
	}
	if n := t.stage.Browser.Openings(); n != opened {
		return nil, fmt.Errorf("the second start opened the browser %d times", n-opened)
	}
	return w, t.show(ctx, w, "home-dark")
}

func (t *tour) signOut(ctx context.Context, w *stage.Window) error {
	if err := w.Click(ctx, accountX, accountY); err != nil {
		return err
	}
	if err := t.show(ctx, w, "account"); err != nil {
		return err
	}
	if err := w.Key(ctx, "Tab", "Tab", "Return"); err != nil { // Add another account, Sign out
		return err
	}
	if err := t.show(ctx, w, "sign-out"); err != nil {
		return err
	}
	if err := w.Key(ctx, "Tab", "Return"); err != nil { // Sign out here and in the browser
		return err
	}
	page, err := t.stage.Browser.Opened(ctx)
	if err != nil {
		return err
	}
	if err := t.provider.FinishSignOut(ctx, page); err != nil {
		return err
	}
	if err := t.album.add(ctx, "browser-signed-out", page.Picture); err != nil {
		return err
	}
	if _, err := t.stage.WaitPhase(ctx, localapi.SignedOut); err != nil {
		return err
	}
	return t.show(ctx, w, "signed-out-again")
}

// otherWays leaves the browser alone and asks for a code.
func (t *tour) otherWays(ctx context.Context, w *stage.Window) error {
	if err := w.Key(ctx, "Tab", "Return"); err != nil {
		return err
	}
	if _, err := t.stage.WaitPhase(ctx, localapi.SigningIn); err != nil {
		return err
	}
	if _, err := t.stage.Browser.Opened(ctx); err != nil {
		return err
	}
	if err := w.Settled(ctx); err != nil {
		return err
	}
	if err := w.Key(ctx, "Tab", "Tab", "Tab", "Return"); err != nil { // Open again, Copy link, Other ways
		return err
	}
	if err := t.show(ctx, w, "other-ways"); err != nil {
		return err
	}
	if err := w.Key(ctx, "Tab", "Tab", "Return"); err != nil { // another browser, a code
		return err
	}
	coded := func(s localapi.State) bool { return s.Session.SignIn != nil && s.Session.SignIn.UserCode != "" }
	if _, err := t.stage.WaitState(ctx, "a code", coded); err != nil {
		return err
	}
	if err := t.show(ctx, w, "code"); err != nil {
		return err
	}
	return w.Key(ctx, "Escape")
}
