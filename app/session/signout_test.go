package session

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/loopback"
)

func TestBrowserIsSignedOutByAPageThatIsThereOnce(t *testing.T) {
	d := newDesk(t, authtest.WithProvenEndOfSession())
	words := make(chan string, 1)
	d.change = func(p *Params) {
		p.SignOutPage = func(title string) loopback.Page { words <- title; return loopback.Page{Title: "Signing out"} }
	}
	r := d.start()
	r.signIn()
	report, err := r.SignOut(t.Context(), localapi.SignOutRequest{Browser: true})
	if err != nil || report.Browser != localapi.StepInBrowser || !report.OneTime || !strings.HasPrefix(report.BrowserURL, "http://127.0.0.1:") {
		t.Fatalf("report = %+v, %v", report, err)
	}
	if title := <-words; title != "Work account" {
		t.Errorf("the page was worded for %q", title)
	}
	if _, err := d.provider.Browse(t.Context(), report.BrowserURL); err != nil || d.provider.BrowserSession() {
		t.Errorf("the browser's session goes on (%v)", err)
	}
	hint := d.provider.Requests(authtest.EndSession)[0].Get("id_token_hint")
	raw, err := json.Marshal(report)
	if err != nil || hint == "" || strings.Contains(string(raw), hint[len(hint)-20:]) {
		t.Errorf("the report is %s (%v)", raw, err)
	}
}

// A silent start without an ID token leaves the program with nothing to prove whose
// session is meant.
func TestWithoutAnIDTokenTheBrowserIsNotOpened(t *testing.T) {
	d := newDesk(t, authtest.WithProvenEndOfSession())
	r := d.start()
	r.signIn()
	r.stop()
	defer d.provider.Fault(authtest.NoIDToken())()
	r = d.start()
	r.await(phase(localapi.SignedIn))
	report, err := r.SignOut(t.Context(), localapi.SignOutRequest{Browser: true})
	if err != nil || report.Local != localapi.StepDone || report.Revoked != localapi.StepDone || report.Browser != localapi.StepNoIDToken || report.BrowserURL != "" {
		t.Errorf("report = %+v, %v", report, err)
	}
}

// The ID token of the sign-in is as good as the one that the renewal did not bring.
func TestRenewalWithoutAnIDTokenKeepsTheProof(t *testing.T) {
	d := newDesk(t, authtest.WithProvenEndOfSession())
	r := d.start()
	r.signIn()
	defer d.provider.Fault(authtest.NoIDToken())()
	if err := r.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	report, err := r.SignOut(t.Context(), localapi.SignOutRequest{Browser: true})
	if err != nil || report.Browser != localapi.StepInBrowser {
		t.Fatalf("report = %+v, %v", report, err)
	}
	if _, err := d.provider.Browse(t.Context(), report.BrowserURL); err != nil || d.provider.BrowserSession() {
		t.Errorf("the browser's session goes on (%v)", err)
	}
}

func TestWithdrawnPageDoesNotHoldUpTheEnd(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.signIn()
	if report, err := r.SignOut(t.Context(), localapi.SignOutRequest{Browser: true}); err != nil || !report.OneTime {
		t.Fatalf("report = %+v, %v", report, err)
	}
	r.WithdrawPages()
	begun := time.Now()
	r.stop()
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("it ended after %v", took)
	}
}

func TestProviderWithoutEndOfSessionIsSaidToOfferNone(t *testing.T) {
	d := newDesk(t, authtest.Without(authtest.EndSession))
	r := d.start()
	r.signIn()
	if report, err := r.SignOut(t.Context(), localapi.SignOutRequest{Browser: true}); err != nil || report.Browser != localapi.StepNotOffered {
		t.Errorf("report = %+v, %v", report, err)
	}
}
