//go:build linux

package e2e

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// openWindow starts the window program, as an icon does, and waits for its
// window.
func (d *desk) openWindow() *stage.Window {
	d.t.Helper()
	p, err := d.Start(stage.Command{Name: programs.Path("portico")})
	must(d.t, err)
	w, err := d.Display.Window(d.ctx, p)
	must(d.t, err)
	must(d.t, w.Focus(d.ctx))
	return w
}

func (d *desk) waitPhase(phase localapi.Phase) localapi.State {
	d.t.Helper()
	s, err := d.WaitPhase(d.ctx, phase)
	must(d.t, err)
	return s
}

// The story of a person at a desk: first run, sign-in in the browser that the
// desktop knows, a crash, a silent start, a sign-out. The provider sees what it
// should, and the window is worked with keys, and once with the mouse.
func TestWindowStory(t *testing.T) {
	for name, provider := range providers() {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, within(t, 3*time.Minute), stage.Params{Display: true, XDGOpen: true}, provider)
			address := d.portal
			d.portal = "" // nobody but the person says where the portal is

			w := d.openWindow()
			d.waitPhase(localapi.Unconfigured)
			must(t, w.Settled(d.ctx)) // the field has the keyboard
			must(t, w.Type(d.ctx, address))
			must(t, w.Key(d.ctx, "Return"))
			if s := d.waitPhase(localapi.SignedOut); s.PortalAddress != address || s.Portal == nil || s.Portal.Name != "Contoso IT" {
				t.Errorf("the portal is %q, %+v", s.PortalAddress, s.Portal)
			}

			must(t, w.Settled(d.ctx))
			must(t, w.Key(d.ctx, "Tab", "Return")) // Sign in with …
			page, err := d.Browser.Opened(d.ctx)
			must(t, err)
			must(t, d.provider.SignIn(d.ctx, page, "ada"))
			must(t, page.WaitBack(d.ctx, d.provider.Issuer()))
			if s := d.waitPhase(localapi.SignedIn); s.Session.Account.Email != "ada@contoso.example" || !s.Session.Account.Remembered {
				t.Errorf("signed in as %+v", s.Session.Account)
			}
			d.alive("after signing in", stage.Alive{Grants: 1, Sessions: 1})
			first := d.onlyRefreshToken()

			// The window goes, the agent stays; the agent crashes.
			must(t, w.Close(d.ctx))
			d.signedIn("with the window closed", d.ctl("status"))
			must(t, d.KillAgent(d.ctx))
			opened := d.Browser.Openings()
			asked := d.asked(func() {
				w = d.openWindow()
				d.waitPhase(localapi.SignedIn)
			})
			if diff := cmp.Diff(map[string]int{d.provider.TokenPath(): 1}, asked); diff != "" {
				t.Errorf("the start after a crash asks the provider (-want +got):\n%s", diff)
			}
			if n := d.Browser.Openings(); n != opened {
				t.Errorf("the start after a crash opened the browser %d times", n-opened)
			}
			if d.onlyRefreshToken() == first {
				t.Error("the provider replaced the refresh token and Portico kept the old one")
			}

			must(t, d.provider.RotateKeys(d.ctx))
			a := d.ctl("status", "--refresh")
			d.signedIn("after the provider has changed its keys", a)
			if a.Agent == nil {
				t.Error("the console did not ask the running agent")
			}
			last := d.onlyRefreshToken()

			must(t, w.Settled(d.ctx))
			d.signOutEverywhere(w)
			page, err = d.Browser.Opened(d.ctx)
			must(t, err)
			must(t, d.provider.FinishSignOut(d.ctx, page))
			d.waitPhase(localapi.SignedOut)
			d.alive("after signing out", stage.Alive{})
			d.keyStoreIsEmpty()
			d.dead(last)
		})
	}
}

// The account's circle, in a window of the first size.
const accountX, accountY = 920, 38

// signOutEverywhere opens the account under the person's initials and chooses
// to sign out here and in the browser.
func (d *desk) signOutEverywhere(w *stage.Window) {
	d.t.Helper()
	must(d.t, w.Click(d.ctx, accountX, accountY))
	must(d.t, w.Settled(d.ctx))
	must(d.t, w.Key(d.ctx, "Tab", "Tab", "Return")) // Add another account, Sign out
	must(d.t, w.Settled(d.ctx))
	must(d.t, w.Key(d.ctx, "Tab", "Return")) // … here and in the browser
}
