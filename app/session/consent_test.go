package session

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/loopback"
)

func newEntraDesk(t *testing.T) *desk {
	t.Helper()
	d := newDesk(t, authtest.WithEntra(authtest.EntraOptions{}))
	d.described = []auth.Provider{{
		ID: "work", Title: "Work account", Authority: d.provider.URL, ClientID: authtest.ClientID, Dialect: auth.Entra,
		Domains: []string{"contoso.example"}, Redirect: auth.Redirect{Host: "localhost"},
	}}
	d.change = func(p *Params) {
		p.ConsentMail = func(r ConsentRequest) string {
			return "mailto:?body=" + r.Person + " " + r.Provider.Title + " " + r.URL
		}
		p.ConsentPage = func(c localapi.Consent, title string) loopback.Page {
			return loopback.Page{Waiting: true, Title: "waiting for " + title, LinkLabel: "look", Text: c.URL}
		}
	}
	return d
}

// open shows an address in the person's browser and returns the page.
func (d *desk) open(address string) string {
	d.t.Helper()
	resp, err := d.provider.Browse(d.t.Context(), address)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return string(body)
}

// waitForAdministrator takes a sign-in as far as the wait.
func (r *running) waitForAdministrator(need authtest.Consent) localapi.Session {
	r.d.t.Helper()
	r.d.provider.NeedConsent(need)
	in, err := r.SignIn(r.d.t.Context(), localapi.SignInRequest{Account: "ada@contoso.example"})
	if err != nil {
		r.d.t.Fatal(err)
	}
	back := authtest.ReturnAddress(r.d.open(in.URL))
	if back == "" {
		r.d.t.Fatal("the browser does not say that consent is needed")
	}
	if page := r.d.open(back); !strings.Contains(page, "waiting for Work account") {
		r.d.t.Errorf("the browser shows %s", page)
	}
	return r.await(func(s localapi.Session) bool { return s.Consent != nil && s.Consent.Waiting })
}

func TestSignInWaitsForAnAdministratorAndGoesOn(t *testing.T) {
	for name, test := range map[string]struct {
		need authtest.Consent
		code localapi.Code
	}{
		"needed":    {authtest.ConsentOfAdmin, localapi.ConsentNeeded},
		"requested": {authtest.ConsentAsked, localapi.ConsentRequested},
	} {
		t.Run(name, func(t *testing.T) {
			d := newEntraDesk(t)
			r := d.start()
			now := r.waitForAdministrator(test.need)
			if now.Phase != localapi.Blocked || now.Problem.Code != test.code || now.SignIn != nil || now.Problem.Params["tenant"] != "contoso.example" {
				t.Errorf("session = %+v, problem %+v", now, now.Problem)
			}
			c := now.Consent
			if !strings.Contains(c.URL, "/contoso.example/") || !strings.HasPrefix(c.Mail, "mailto:?body=ada@contoso.example Work account http") ||
				c.NextLook.IsZero() || time.Until(c.Deadline) < 7*time.Hour {
				t.Errorf("consent = %+v", c)
			}
			d.provider.NeedConsent(authtest.ConsentGiven)
			r.state.mu.Lock()
			again := r.state.attempts.active.browser.URL()
			r.state.mu.Unlock()
			d.open(again)
			if now := r.await(phase(localapi.SignedIn)); now.Consent != nil || now.Problem != nil || now.Account.Email != "ada@contoso.example" {
				t.Errorf("session = %+v", now)
			}
		})
	}
}

func TestRequestToTheAdministratorIsOfferedWhileTheBrowserIsAway(t *testing.T) {
	d := newEntraDesk(t)
	r := d.start()
	if _, err := r.SignIn(t.Context(), localapi.SignInRequest{}); err != nil {
		t.Fatal(err)
	}
	now, _ := r.Snapshot()
	if now.Phase != localapi.SigningIn || now.Problem != nil || now.Consent == nil || now.Consent.Waiting || now.Consent.URL == "" {
		t.Errorf("session = %+v, consent %+v", now, now.Consent)
	}
	standard := newDesk(t).start()
	if _, err := standard.SignIn(t.Context(), localapi.SignInRequest{}); err != nil {
		t.Fatal(err)
	}
	if now, _ := standard.Snapshot(); now.Consent != nil {
		t.Errorf("a provider without such a page offers %+v", now.Consent)
	}
}

func TestWaitForAnAdministratorIsCalledOff(t *testing.T) {
	d := newEntraDesk(t)
	r := d.start()
	r.waitForAdministrator(authtest.ConsentOfAdmin)
	r.CancelSignIn()
	if now, _ := r.Snapshot(); now.Phase != localapi.SignedOut || now.Consent != nil || now.Problem.Code != localapi.Cancelled {
		t.Errorf("session = %+v", now)
	}
}

func TestSigningInAgainWhileWaitingStartsInTheBrowserAgain(t *testing.T) {
	d := newEntraDesk(t)
	r := d.start()
	r.waitForAdministrator(authtest.ConsentOfAdmin)
	d.provider.NeedConsent(authtest.ConsentGiven)
	in, err := r.SignIn(t.Context(), localapi.SignInRequest{Account: "ada@contoso.example"})
	if err != nil {
		t.Fatal(err)
	}
	if now, _ := r.Snapshot(); now.Phase != localapi.SigningIn || now.SignIn.URL != in.URL {
		t.Errorf("session = %+v", now)
	}
	d.open(in.URL)
	r.await(phase(localapi.SignedIn))
}

// Whoever is signed in is not blocked because somebody else is.
func TestWaitForAnAdministratorTakesNothingAway(t *testing.T) {
	d := newEntraDesk(t)
	r := d.start()
	in, err := r.SignIn(t.Context(), localapi.SignInRequest{})
	if err != nil {
		t.Fatal(err)
	}
	d.open(in.URL)
	before := r.await(phase(localapi.SignedIn))
	now := r.waitForAdministrator(authtest.ConsentOfAdmin)
	if now.Phase != localapi.SignedIn || now.Problem.Code != localapi.ConsentNeeded || now.Account.ID != before.Account.ID {
		t.Errorf("session = %+v", now)
	}
	if err := r.Refresh(t.Context()); err != nil {
		t.Errorf("renewing meanwhile: %v", err)
	}
	if now, _ := r.Snapshot(); now.Consent == nil {
		t.Error("the renewal has ended the wait")
	}
	r.CancelSignIn()
	if now, _ := r.Snapshot(); now.Phase != localapi.SignedIn || now.Consent != nil {
		t.Errorf("session = %+v", now)
	}
}

func TestConsentThatIsGoneAtARenewalIsWaitedFor(t *testing.T) {
	d := newEntraDesk(t)
	r := d.start()
	in, err := r.SignIn(t.Context(), localapi.SignInRequest{})
	if err != nil {
		t.Fatal(err)
	}
	d.open(in.URL)
	r.await(phase(localapi.SignedIn))
	lift := d.provider.Fault(authtest.Refuse(90094, authtest.Token))
	_ = r.Refresh(t.Context())
	now := r.await(phase(localapi.Blocked))
	wait := time.Until(now.NextTry)
	if now.Problem.Code != localapi.ConsentNeeded || now.Consent == nil || !now.Consent.Waiting || now.Consent.URL == "" || now.Consent.Mail == "" ||
		!now.Consent.NextLook.Equal(now.NextTry) || wait < 40*time.Second || wait > 80*time.Second || !now.Account.Remembered {
		t.Errorf("session = %+v, problem %+v, consent %+v, next try in %v", now, now.Problem, now.Consent, wait)
	}
	r.CancelSignIn()
	if now, _ := r.Snapshot(); now.Phase != localapi.Blocked || now.Consent.Waiting || !now.NextTry.IsZero() {
		t.Errorf("called off: %+v", now)
	}
	lift()
	if err := r.Refresh(t.Context()); err != nil {
		t.Errorf("consent is there: %v", err)
	}
	if now, _ := r.Snapshot(); now.Phase != localapi.SignedIn || now.Consent != nil {
		t.Errorf("session = %+v", now)
	}
}

func TestAddressIsPastedByHand(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	if err := r.Paste("http://127.0.0.1/?code=x&state=y"); code(err) != localapi.NotThisSignIn {
		t.Errorf("without a sign-in: %v", err)
	}
	in, err := r.SignIn(t.Context(), localapi.SignInRequest{Elsewhere: true})
	if err != nil || !in.Pasteable {
		t.Fatalf("%+v, %v", in, err)
	}
	err = r.Paste("http://127.0.0.1/?code=secret-code&state=other")
	if code(err) != localapi.NotThisSignIn || strings.Contains(err.Error(), "secret-code") {
		t.Errorf("an address of something else: %v", err)
	}
	if now, _ := r.Snapshot(); now.Phase != localapi.SigningIn {
		t.Errorf("session = %+v", now)
	}
	browser := *d.provider.Client()
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := browser.Get(in.URL)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if err := r.Paste(" " + resp.Header.Get("Location") + "\n"); err != nil {
		t.Error(err)
	}
	r.await(phase(localapi.SignedIn))
}
