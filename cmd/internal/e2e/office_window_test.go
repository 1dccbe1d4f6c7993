//go:build linux

package e2e

import (
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth/authtest/squid"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// A person behind a proxy that wants a password, with nothing but the window: the first
// start, a password that is mistyped, the right one, the way on to the browser, and the
// same at the door once the proxy is forgotten.
func TestOfficeInTheWindow(t *testing.T) {
	t.Parallel()
	o := newOfficeWith(t, within(t, 3*time.Minute), stage.Params{Display: true, XDGOpen: true}, "digest", "basic")
	address := o.portal
	o.portal = "" // nobody but the person says where the portal is
	p, err := o.Start(stage.Command{Name: programs.Path("portico"), Env: o.env})
	must(t, err)
	w, err := o.Display.Window(o.ctx, p)
	must(t, err)
	must(t, w.Focus(o.ctx))
	o.waitPhase(localapi.Unconfigured)
	press := func(keys ...string) {
		t.Helper()
		must(t, w.Settled(o.ctx))
		must(t, w.Key(o.ctx, keys...))
	}
	give := func(password string) {
		t.Helper()
		must(t, w.Settled(o.ctx))
		must(t, w.Type(o.ctx, squid.Name))
		must(t, w.Key(o.ctx, "Tab"))
		must(t, w.Type(o.ctx, password))
		must(t, w.Key(o.ctx, "Return"))
	}

	must(t, w.Settled(o.ctx)) // the field has the keyboard
	must(t, w.Type(o.ctx, address))
	must(t, w.Key(o.ctx, "Return"))
	press("Tab", "Return") // Enter name and password
	give("mistyped-9f31")
	must(t, w.Settled(o.ctx))
	if tries := o.tries(); tries != 1 {
		t.Errorf("the mistyped password was tried %d times", tries)
	}
	press("Return") // the same button
	give(squid.Password)
	// The address is looked at again by itself, and Enter was pressed there.
	if s := o.waitPhase(localapi.SignedOut); s.PortalAddress != address || s.Portal == nil || s.PortalProblem != nil {
		t.Errorf("the portal is %q, %+v, %+v", s.PortalAddress, s.Portal, s.PortalProblem)
	}

	o.expect(localapi.ExitDone, "proxy", "forget", o.proxyName())
	_, err = o.WaitState(o.ctx, "the proxy wants a password", func(s localapi.State) bool {
		return s.PortalProblem != nil && s.PortalProblem.Code == localapi.ProxyWantsPassword
	})
	must(t, err)
	press("Tab", "Return") // Sign in with …
	press("Tab", "Return") // Enter name and password
	give(squid.Password)
	// The sign-in goes on by itself.
	page, err := o.Browser.Opened(o.ctx)
	must(t, err)
	must(t, page.LogOnToProxy(o.ctx, squid.Name, squid.Password))
	must(t, o.provider.SignIn(o.ctx, page, "ada"))
	must(t, page.WaitBack(o.ctx, o.provider.Issuer()))
	if s := o.waitPhase(localapi.SignedIn); s.Session.Account.Email != "ada@contoso.example" {
		t.Errorf("signed in as %+v", s.Session.Account)
	}
	if tries := o.tries(); tries != 1 {
		t.Errorf("the proxy has refused a password %d times", tries)
	}

	// It was remembered: the next agent starts without a question.
	must(t, w.Close(o.ctx))
	must(t, o.KillAgent(o.ctx))
	o.agent()
	o.signedIn("the next start", o.ctl("status", "--refresh"))
}
