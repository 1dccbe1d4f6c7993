//go:build linux

package e2e

import (
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// What goes wrong while a window is open, one thing after the other on one desk.
func TestWindowWhenThingsGoWrong(t *testing.T) {
	d := newDesk(t, within(t, 3*time.Minute), stage.Params{Display: true}, providers()["zitadel"])
	address := d.portal
	d.portal = ""
	w := d.openWindow()
	d.waitPhase(localapi.Unconfigured)
	settle := func() {
		t.Helper()
		must(t, w.Settled(d.ctx))
	}
	ended := func(what string, code localapi.Code) {
		t.Helper()
		s := d.waitPhase(localapi.SignedOut)
		if s.Session.Problem == nil || s.Session.Problem.Code != code {
			t.Errorf("%s: the session says %+v, want %s", what, s.Session.Problem, code)
		}
	}
	signIn := func(keys ...string) *stage.Page {
		t.Helper()
		settle()
		must(t, w.Key(d.ctx, keys...))
		page, err := d.Browser.Opened(d.ctx)
		must(t, err)
		return page
	}

	// An address with a typo is not taken, and can be corrected where it stands.
	settle()
	must(t, w.Type(d.ctx, "http://127.0.0.1:1")) // nobody listens there
	must(t, w.Key(d.ctx, "Return"))
	settle()
	if s := d.waitPhase(localapi.Unconfigured); s.PortalAddress != "" {
		t.Errorf("a wrong address was taken: %s", s.PortalAddress)
	}
	must(t, w.Key(d.ctx, "ctrl+a"))
	must(t, w.Type(d.ctx, address))
	must(t, w.Key(d.ctx, "Return"))
	d.waitPhase(localapi.SignedOut)

	signIn("Tab", "Return")
	d.waitPhase(localapi.SigningIn)
	settle()
	must(t, w.Key(d.ctx, "Escape"))
	ended("Esc while the browser is open", localapi.Cancelled)

	page := signIn("Tab", "Return")
	must(t, d.provider.Deny(d.ctx, page))
	must(t, page.WaitBack(d.ctx, d.provider.Issuer()))
	ended("a no on the sign-in page", localapi.Declined)

	page = signIn("Tab", "Tab", "Return") // behind the details for support
	must(t, d.provider.SignIn(d.ctx, page, "ada"))
	d.waitPhase(localapi.SignedIn)

	// Esc closes a question although one of its buttons has the focus: Enter then
	// does not reach that button. Fyne's test driver cannot show this.
	settle()
	must(t, w.Click(d.ctx, accountX, accountY))
	settle()
	must(t, w.Key(d.ctx, "Tab", "Tab", "Return")) // Add another account, Sign out …
	settle()
	must(t, w.Key(d.ctx, "Escape"))
	settle()
	must(t, w.Key(d.ctx, "Return"))
	settle()
	d.expect(0, "status")
	must(t, w.Key(d.ctx, "Escape"))

	// Starting it once more brings the open window to the front, and is no second
	// one.
	second, err := d.Start(stage.Command{Name: programs.Path("portico")})
	must(t, err)
	if code, err := second.Wait(d.ctx); err != nil || code != 0 {
		t.Errorf("the second window ended with %d, %v: %s", code, err, second.Tail())
	}

	// The agent crashes under the open window, which starts another.
	_, before, err := d.Agent(d.ctx)
	must(t, err)
	opened := d.Browser.Openings()
	must(t, d.KillAgent(d.ctx))
	d.waitPhase(localapi.SignedIn)
	if _, after, err := d.Agent(d.ctx); err != nil || after.PID == before.PID {
		t.Errorf("after the crash: agent %d, %v; want another than %d", after.PID, err, before.PID)
	}
	if n := d.Browser.Openings(); n != opened {
		t.Errorf("the crash opened the browser %d times", n-opened)
	}

	// An administrator ends the sign-in: the window asks for a new one.
	must(t, d.provider.RevokeAll(d.ctx))
	d.ctl("status", "--refresh")
	s := d.waitPhase(localapi.NeedsSignIn)
	if s.Session.Problem == nil || s.Session.Problem.Code != localapi.SignInExpired || s.Session.Account == nil || s.Session.Account.Email != "ada@contoso.example" {
		t.Errorf("after the administrator ended the sign-in: %+v", s.Session)
	}
}
