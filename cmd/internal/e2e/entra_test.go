//go:build linux

package e2e

import (
	"context"
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/cmd/internal/demoportal"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// entraDesk is a desk at which people sign in with a scripted provider that
// speaks Entra's dialect: Entra itself cannot be had in a test. Its pages are as
// bare as can be; the browser is real.
type entraDesk struct {
	*desk
	entra *authtest.Provider
	env   []string
}

func newEntraDesk(t *testing.T, ctx context.Context, browser stage.BrowserKind) *entraDesk {
	t.Helper()
	d := &entraDesk{desk: &desk{t: t, ctx: ctx}, entra: authtest.New(t, authtest.WithEntra(authtest.EntraOptions{}))}
	d.Stage = newStage(t, ctx, stage.Params{Browser: browser, TrustAll: true})
	ca := filepath.Join(d.Dir, "authority.pem")
	must(t, os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: d.entra.Certificate().Raw}), 0o600))
	portal, err := demoportal.Params{Providers: []demoportal.Provider{{
		ID: "work", Title: "Microsoft 365", Authority: d.entra.URL, ClientID: authtest.ClientID, Dialect: "entra",
		Redirect: demoportal.Redirect{Host: "localhost"},
	}}}.Start(ctx)
	must(t, err)
	t.Cleanup(func() { must(t, portal.Close()) })
	d.env = []string{"PORTICO_PORTAL=" + portal.URL(), "PORTICO_EXTRA_CA_FILE=" + ca}
	return d
}

func (d *entraDesk) begin(args ...string) (*stage.Process, *stage.Page) {
	d.t.Helper()
	c := d.command(args...)
	c.Env = d.env
	p, err := d.Start(c)
	must(d.t, err)
	page, err := d.Browser.Opened(d.ctx)
	if err != nil {
		d.t.Fatalf("%v\n%s", err, p.Tail())
	}
	return p, page
}

func containsAny(s string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(s, part) })
}

// needApproval goes through the page on which Entra says that an administrator
// has to approve.
func (d *entraDesk) needApproval(page *stage.Page) {
	d.t.Helper()
	must(d.t, page.Click(d.ctx, "#return"))
	must(d.t, page.WaitText(d.ctx, "Your administrator has to agree once"))
}

// The commonest failure of the first day, from the refusal to the sign-in: in the
// browser that is open already, without another click.
func TestConsentIsWaitedFor(t *testing.T) {
	t.Parallel()
	for name, browser := range map[string]stage.BrowserKind{"Chromium": stage.Chromium, "Firefox": stage.FirefoxHTTPSOnly} {
		t.Run(name, func(t *testing.T) {
			d := newEntraDesk(t, within(t, 2*time.Minute), browser)
			d.entra.NeedConsent(authtest.ConsentOfAdmin)
			p, page := d.begin("login", "--wait")
			d.needApproval(page)
			// Somebody else, elsewhere; the page in the browser looks by itself.
			d.entra.NeedConsent(authtest.ConsentGiven)
			must(t, page.WaitText(d.ctx, "You are signed in"))
			if address, err := page.URL(d.ctx); err != nil || len(address) == 0 || containsAny(address, "code=", "state=") {
				t.Errorf("the browser ends at %s (%v)", address, err)
			}
			a := d.finish(p, "login", "--wait")
			d.signedIn("after consent", a)
			if n := d.Browser.Openings(); n != 1 {
				t.Errorf("the browser was opened %d times", n)
			}
		})
	}
}

// An administrator who sits at this computer opens the link here, and comes back.
func TestAdministratorAtThisComputer(t *testing.T) {
	t.Parallel()
	d := newEntraDesk(t, within(t, 2*time.Minute), stage.Chromium)
	d.entra.NeedConsent(authtest.ConsentOfAdmin)
	p, page := d.begin("login", "--wait")
	d.needApproval(page)
	link, err := p.WaitError(d.ctx, func(line string) bool { return containsAny(line, "/adminconsent?") })
	must(t, err)
	_, err = d.Start(stage.Command{Name: d.Browser.Script, Args: []string{link}})
	must(t, err)
	page, err = d.Browser.Opened(d.ctx)
	must(t, err)
	must(t, page.WaitText(d.ctx, "You are signed in"))
	d.signedIn("after consent", d.finish(p, "login", "--wait"))
}

// A script is told at once, with the link.
func TestConsentEndsAScript(t *testing.T) {
	t.Parallel()
	d := newEntraDesk(t, within(t, time.Minute), stage.Chromium)
	d.entra.NeedConsent(authtest.ConsentOfAdmin)
	p, page := d.begin("login")
	must(t, page.Click(d.ctx, "#return"))
	a := d.finish(p, "login")
	if a.exit != localapi.ExitConsent || a.why() != localapi.ConsentNeeded || a.Consent == nil || !containsAny(a.Consent.URL, "/adminconsent?") {
		t.Errorf("exit %d, problem %q, consent %+v\n%s", a.exit, a.why(), a.Consent, a.tail)
	}
	d.keyStoreIsEmpty()
}

// Without the company's own authority nothing is trusted, and nobody is asked to
// sign in.
func TestAuthorityOfTheCompany(t *testing.T) {
	t.Parallel()
	d := newEntraDesk(t, within(t, time.Minute), stage.Chromium)
	run := func(env ...string) answer {
		c := d.command("login")
		c.Env = append(d.env[:1:1], env...)
		r, err := d.Run(d.ctx, c)
		must(t, err)
		return d.read([]string{"login"}, r.Code, r.Stdout, r.Tail)
	}
	if a := run(); a.exit != localapi.ExitUntrusted || a.why() != localapi.CertificateUnknown {
		t.Errorf("without the file: exit %d, %q\n%s", a.exit, a.why(), a.tail)
	}
	if a := run("PORTICO_EXTRA_CA_FILE=" + filepath.Join(d.Dir, "missing.pem")); a.exit != localapi.ExitConfig || a.why() != localapi.ExtraCAFile {
		t.Errorf("with a file that is not there: exit %d, %q\n%s", a.exit, a.why(), a.tail)
	}
	if n := d.Browser.Openings(); n != 0 {
		t.Errorf("the browser was opened %d times", n)
	}
	p, _ := d.begin("login")
	d.signedIn("with the file", d.finish(p, "login"))
}

// What Entra refuses is said in words, and ends with the documented code.
func TestEntraRefusals(t *testing.T) {
	t.Parallel()
	d := newEntraDesk(t, within(t, 2*time.Minute), stage.Chromium)
	for number, want := range map[int]localapi.Code{
		50105: localapi.NotAssigned, 53003: localapi.BlockedByPolicy, 53000: localapi.DeviceNotManaged,
		50020: localapi.WrongAccount, 50057: localapi.AccountDisabled, 65004: localapi.Declined,
	} {
		heal := d.entra.Fault(authtest.Refuse(number, authtest.Authorize))
		p, page := d.begin("login")
		a := d.finish(p, "login")
		if a.why() != want || a.exit != localapi.Codes()[want].Exit || a.Words == nil {
			t.Errorf("AADSTS%d: exit %d, %q; want %q\n%s", number, a.exit, a.why(), want, a.tail)
			continue
		}
		must(t, page.WaitText(d.ctx, a.Words.Title))
		heal()
	}
	p, _ := d.begin("login")
	d.signedIn("with nothing in the way", d.finish(p, "login"))
}
