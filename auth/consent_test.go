package auth_test

import (
	"context"
	"errors"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/loopback"
)

// visit is a sign-in with the browser that the person has open.
type visit struct {
	t        *testing.T
	d        *desk
	in       *auth.SignIn
	page     string // what the browser shows
	consents chan auth.ConsentNeeded
	ended    chan error
	tokens   *auth.Tokens
}

// visitEntra begins a sign-in for which consent is missing and takes it as far as
// the waiting page.
func visitEntra(t *testing.T, d *desk, need authtest.Consent, o auth.BeginOptions) (*visit, auth.ConsentNeeded) {
	t.Helper()
	d.provider.NeedConsent(need)
	v := &visit{t: t, d: d, consents: make(chan auth.ConsentNeeded, 16), ended: make(chan error, 1)}
	o.OnConsent = func(n auth.ConsentNeeded) { v.consents <- n }
	var err error
	if v.in, err = d.client().Begin(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.in.Cancel)
	go func() {
		var err error
		v.tokens, err = v.in.Wait()
		v.ended <- err
	}()
	v.open(v.in.URL())
	back := authtest.ReturnAddress(v.page)
	if back == "" {
		t.Fatalf("the browser shows %s", v.page)
	}
	v.open(back)
	return v, v.next()
}

func (v *visit) open(address string) {
	v.t.Helper()
	resp, err := v.d.provider.Browse(v.t.Context(), address)
	if err != nil {
		v.t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	v.page = string(body)
	if refreshTo.MatchString(v.page) || linkTo.MatchString(v.page) {
		u := resp.Request.URL
		v.page = strings.NewReplacer(`url=/`, "url="+u.Scheme+"://"+u.Host+"/", `<a href="/`, `<a href="`+u.Scheme+"://"+u.Host+"/").Replace(v.page)
	}
}

var (
	refreshTo = regexp.MustCompile(`<meta http-equiv="refresh" content="([0-9]+);url=([^"]+)">`)
	linkTo    = regexp.MustCompile(`<a href="([^"]+)">`)
)

// looks lets the page do what it does by itself after a while.
func (v *visit) looks() {
	v.t.Helper()
	found := refreshTo.FindStringSubmatch(v.page)
	if found == nil {
		v.t.Fatalf("the page does not look again: %s", v.page)
	}
	v.open(html.UnescapeString(found[2]))
}

func (v *visit) follows() {
	v.t.Helper()
	found := linkTo.FindStringSubmatch(v.page)
	if found == nil {
		v.t.Fatalf("the page has no link: %s", v.page)
	}
	v.open(html.UnescapeString(found[1]))
}

func (v *visit) next() auth.ConsentNeeded {
	v.t.Helper()
	select {
	case n := <-v.consents:
		return n
	case err := <-v.ended:
		v.t.Fatalf("the sign-in ended: %v", err)
	case <-time.After(10 * time.Second):
		v.t.Fatal("nobody says that consent is missing")
	}
	return auth.ConsentNeeded{}
}

func (v *visit) end() error {
	v.t.Helper()
	select {
	case err := <-v.ended:
		return err
	case <-time.After(10 * time.Second):
		v.t.Fatal("the sign-in does not end")
	}
	return nil
}

// last is the newest authorization request that the provider got.
func (v *visit) last() authtest.Request {
	all := v.d.provider.Requests(authtest.Authorize)
	return all[len(all)-1]
}

func TestSignInGoesOnByItselfOnceConsentIsGiven(t *testing.T) {
	for name, need := range map[string]authtest.Consent{"needed": authtest.ConsentOfAdmin, "requested": authtest.ConsentAsked} {
		t.Run(name, func(t *testing.T) {
			d := newEntraDesk(t, authtest.EntraOptions{})
			v, first := visitEntra(t, d, need, auth.BeginOptions{LoginHint: "ada@contoso.example"})
			if first.Err == nil || first.NeedsPerson || first.Tenant != "contoso.example" || time.Until(first.NextLook) > 15*time.Second ||
				time.Until(first.Deadline) < 7*time.Hour || v.in.Deadline() != first.Deadline {
				t.Errorf("at first: %+v", first)
			}
			if seconds := refreshTo.FindStringSubmatch(v.page); seconds == nil || seconds[1] != "15" {
				t.Errorf("the page looks again after %v", seconds)
			}

			first0 := v.last()
			v.looks()
			second := v.next()
			if d := time.Until(second.NextLook); d < 55*time.Second || d > time.Minute || second.Deadline != first.Deadline {
				t.Errorf("later: %+v", second)
			}
			quiet := v.last()
			if quiet.Get("prompt") != "none" || quiet.Get("login_hint") != "ada@contoso.example" {
				t.Errorf("the page asks with %v", quiet.Query)
			}
			for _, own := range []string{"state", "nonce", "code_challenge"} {
				if quiet.Get(own) == "" || quiet.Get(own) == first0.Get(own) {
					t.Errorf("the second request has the first one's %s", own)
				}
			}

			d.provider.NeedConsent(authtest.ConsentGiven)
			v.looks()
			if err := v.end(); err != nil {
				t.Fatal(err)
			}
			if v.tokens.Account.Object != authtest.EntraObject || !v.tokens.Remembered() || !strings.Contains(v.page, "You are signed in") {
				t.Errorf("tokens = %v, page = %s", v.tokens, v.page)
			}
			if refreshTo.MatchString(v.page) {
				t.Error("the last page goes on")
			}
		})
	}
}

func TestAdministratorAtThisComputerComesStraightBack(t *testing.T) {
	tests := map[string]struct {
		hint, prompt string
	}{
		"who is signing in is known":     {"ada@contoso.example", ""},
		"who is signing in is not known": {"", "select_account"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newEntraDesk(t, authtest.EntraOptions{})
			v, need := visitEntra(t, d, authtest.ConsentOfAdmin, auth.BeginOptions{LoginHint: test.hint})
			v.open(need.URL)
			if err := v.end(); err != nil {
				t.Fatal(err)
			}
			// Theirs would be the account otherwise.
			if got := v.last(); got.Get("prompt") != test.prompt || got.Get("login_hint") != test.hint {
				t.Errorf("asked with %v", got.Query)
			}
			if !strings.Contains(v.page, "You are signed in") {
				t.Errorf("page = %s", v.page)
			}
		})
	}
}

func TestAdministratorWhoDeclinesChangesNothing(t *testing.T) {
	d := newEntraDesk(t, authtest.EntraOptions{})
	v, need := visitEntra(t, d, authtest.ConsentOfAdmin, auth.BeginOptions{})
	d.provider.Behave(authtest.Denies)
	n := len(d.provider.Requests(authtest.Authorize))
	v.open(need.URL)
	if !refreshTo.MatchString(v.page) || len(d.provider.Requests(authtest.Authorize)) != n {
		t.Errorf("page = %s", v.page)
	}
	d.provider.Behave(authtest.Agrees)
	v.open(need.URL)
	if err := v.end(); err != nil {
		t.Error(err)
	}
}

func TestEndedBrowserSessionAsksForThePerson(t *testing.T) {
	d := newEntraDesk(t, authtest.EntraOptions{})
	v, _ := visitEntra(t, d, authtest.ConsentOfAdmin, auth.BeginOptions{})
	d.provider.SignOutBrowser()
	v.looks()
	n := v.next()
	if !n.NeedsPerson || !n.NextLook.IsZero() {
		t.Errorf("need = %+v", n)
	}
	if refreshTo.MatchString(v.page) || !strings.Contains(v.page, "Sign in again") {
		t.Errorf("page = %s", v.page)
	}
	d.provider.NeedConsent(authtest.ConsentGiven)
	v.follows()
	if err := v.end(); err != nil {
		t.Fatal(err)
	}
	if v.last().Get("prompt") != "" {
		t.Errorf("the person was asked with prompt=%s", v.last().Get("prompt"))
	}
}

func TestClosedTabIsOpenedAgainWithTheSignInsAddress(t *testing.T) {
	d := newEntraDesk(t, authtest.EntraOptions{})
	v, _ := visitEntra(t, d, authtest.ConsentOfAdmin, auth.BeginOptions{})
	d.provider.NeedConsent(authtest.ConsentGiven)
	v.open(v.in.URL())
	if err := v.end(); err != nil {
		t.Error(err)
	}
}

func TestWaitOutlastsFaultsAndEndsWithRefusals(t *testing.T) {
	tests := map[string]struct {
		fault  authtest.Fault
		reason auth.Reason // "" when the wait goes on
	}{
		"provider in trouble":    {authtest.AuthorizationError("server_error", ""), ""},
		"sign-in page left open": {authtest.AuthorizationError("temporarily_unavailable", "authentication_expired"), ""},
		"token endpoint down":    {authtest.TokenStatus(503), ""},
		"second factor due":      {authtest.Refuse(50076, authtest.Authorize), ""},
		"not assigned":           {authtest.Refuse(50105, authtest.Authorize), auth.ReasonNotAssigned},
		"declined":               {authtest.Refuse(65004, authtest.Authorize), auth.ReasonDeclined},
		"another directory's":    {authtest.Claim("tid", authtest.EntraOther), auth.ReasonUntrusted},
		"consent of the token's": {authtest.Refuse(65001, authtest.Token), ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newEntraDesk(t, authtest.EntraOptions{})
			v, _ := visitEntra(t, d, authtest.ConsentOfAdmin, auth.BeginOptions{})
			d.provider.NeedConsent(authtest.ConsentGiven)
			lift := d.provider.Fault(test.fault)
			v.looks()
			if test.reason != "" {
				if err := v.end(); auth.ReasonOf(err) != test.reason {
					t.Errorf("err = %v, reason %s", err, auth.ReasonOf(err))
				}
				return
			}
			v.next()
			lift()
			v.follows()
			if err := v.end(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestWaitForConsentCanBeCancelledAndTimesOut(t *testing.T) {
	t.Run("cancelled", func(t *testing.T) {
		v, _ := visitEntra(t, newEntraDesk(t, authtest.EntraOptions{}), authtest.ConsentOfAdmin, auth.BeginOptions{})
		v.in.Cancel()
		if err := v.end(); !errors.Is(err, auth.ErrCancelled) {
			t.Errorf("err = %v", err)
		}
	})
	t.Run("timed out", func(t *testing.T) {
		v, _ := visitEntra(t, newEntraDesk(t, authtest.EntraOptions{}), authtest.ConsentOfAdmin, auth.BeginOptions{ConsentTimeout: 100 * time.Millisecond})
		if err := v.end(); !errors.Is(err, auth.ErrTimedOut) {
			t.Errorf("err = %v", err)
		}
	})
}

func TestLateAnswersToFormerRequestsAreNoise(t *testing.T) {
	d := newEntraDesk(t, authtest.EntraOptions{})
	v, _ := visitEntra(t, d, authtest.ConsentOfAdmin, auth.BeginOptions{})
	first := d.provider.Requests(authtest.Authorize)[0]
	d.provider.Behave(authtest.Leaves)
	v.follows() // the provider's page stays
	redirect := first.Get("redirect_uri")
	for _, state := range []string{first.Get("state"), "made-up", ""} {
		resp, err := http.Get(redirect + "/?" + url.Values{"code": {"stolen"}, "state": {state}}.Encode())
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("state %q is answered %s", state, resp.Status)
		}
	}
	d.provider.Behave(authtest.Agrees)
	d.provider.NeedConsent(authtest.ConsentGiven)
	v.open(v.in.URL())
	if err := v.end(); err != nil {
		t.Error(err)
	}
}

func TestWithoutACallbackConsentEndsTheSignIn(t *testing.T) {
	d := newEntraDesk(t, authtest.EntraOptions{})
	d.provider.Fault(authtest.Refuse(90094, authtest.Authorize))
	_, page, err := d.signIn(d.client(), auth.BeginOptions{})
	if auth.ReasonOf(err) != auth.ReasonConsent || !strings.Contains(page, "You are not signed in") {
		t.Errorf("err = %v, page = %s", err, page)
	}
}

func TestPersonWhoDeclinesIsNotMadeToWait(t *testing.T) {
	d := newEntraDesk(t, authtest.EntraOptions{})
	d.provider.Fault(authtest.Refuse(65004, authtest.Authorize))
	_, _, err := d.signIn(d.client(), auth.BeginOptions{OnConsent: func(auth.ConsentNeeded) { t.Error("waits") }})
	if auth.ReasonOf(err) != auth.ReasonDeclined {
		t.Errorf("err = %v", err)
	}
}

func TestConsentOfThePersonNeedsNobodyElse(t *testing.T) {
	d := newEntraDesk(t, authtest.EntraOptions{})
	d.provider.NeedConsent(authtest.ConsentOfPerson)
	d.mustSignIn()
}

func TestWaitingPageHasTheProgramsWords(t *testing.T) {
	d := newEntraDesk(t, authtest.EntraOptions{})
	v, _ := visitEntra(t, d, authtest.ConsentOfAdmin, auth.BeginOptions{Waiting: func(n auth.ConsentNeeded) loopback.Page {
		return loopback.Page{Title: "Bitte warten", Text: n.URL, Refresh: time.Millisecond}
	}})
	if !strings.Contains(v.page, "Bitte warten") || !strings.Contains(v.page, "/adminconsent?") || !strings.Contains(v.page, `content="15;url=`) {
		t.Errorf("page = %s", v.page)
	}
}

func TestConsentURL(t *testing.T) {
	const host = "https://login.microsoftonline.com"
	tests := map[string]struct {
		authority, tenant, consentRedirect string
		address, redirect                  string
	}{
		"any organisation":   {authority: host + "/organizations/v2.0", address: host + "/organizations/v2.0/adminconsent", redirect: "http://localhost"},
		"common":             {authority: host + "/common/v2.0", address: host + "/organizations/v2.0/adminconsent", redirect: "http://localhost"},
		"a given one":        {authority: host + "/common/v2.0", tenant: "contoso.example", address: host + "/contoso.example/v2.0/adminconsent", redirect: "http://localhost"},
		"the authority's":    {authority: host + "/" + authtest.EntraTenant + "/v2.0", address: host + "/" + authtest.EntraTenant + "/v2.0/adminconsent", redirect: "http://localhost"},
		"another cloud":      {authority: "https://login.microsoftonline.us/contoso.example/v2.0", address: "https://login.microsoftonline.us/contoso.example/v2.0/adminconsent", redirect: "http://localhost"},
		"a page to end on":   {authority: host + "/common/v2.0", consentRedirect: "https://portal.contoso.example/thanks", address: host + "/organizations/v2.0/adminconsent", redirect: "https://portal.contoso.example/thanks"},
		"personal":           {authority: host + "/consumers/v2.0"},
		"personal, by id":    {authority: host + "/common/v2.0", tenant: auth.PersonalTenant},
		"no directory":       {authority: host + "/common/v2.0", tenant: "../evil"},
		"not Entra":          {authority: "https://id.contoso.example"},
		"a metadata address": {authority: host + "/common/v2.0/.well-known/openid-configuration?appid=x", address: host + "/organizations/v2.0/adminconsent", redirect: "http://localhost"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c, err := auth.New(auth.Params{Accounts: auth.NewAccounts(nil, t.TempDir()), Provider: auth.Provider{
				ID: "work", Authority: test.authority, ClientID: "the-client", ConsentRedirect: test.consentRedirect, Scopes: []string{"openid", "User.Read"},
			}})
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.ConsentURL(context.Background(), test.tenant)
			var config *auth.ConfigError
			if test.address == "" {
				if !errors.As(err, &config) {
					t.Errorf("%s, %v; want a ConfigError", got, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			u, err := url.Parse(got)
			if err != nil {
				t.Fatal(err)
			}
			q := u.Query()
			u.RawQuery = ""
			if u.String() != test.address || q.Get("client_id") != "the-client" || q.Get("scope") != "openid User.Read" || q.Get("redirect_uri") != test.redirect || q.Get("state") == "" {
				t.Errorf("got %s with %v", u, q)
			}
		})
	}
}

// Whoever has just been asked whether to agree, and did not, waits for nobody
// (LemonLDAP::NG says so with consent_required).
func TestConsentThatThePersonDidNotGiveIsNotAwaited(t *testing.T) {
	d := newDesk(t)
	d.provider.Fault(authtest.AuthorizationError("consent_required", "consent not given"))
	_, _, err := d.signIn(d.client(), auth.BeginOptions{OnConsent: func(n auth.ConsentNeeded) { t.Errorf("waits: %+v", n) }})
	if auth.ReasonOf(err) != auth.ReasonConsentByPerson {
		t.Errorf("err = %v", err)
	}
}

// The wait is not for the dialect, but for who says that an administrator is needed.
func TestConsentIsAwaitedWithPushedRequests(t *testing.T) {
	d := newDesk(t, authtest.WithPAR(true))
	lift := d.provider.Fault(authtest.AuthorizationError("access_denied", "AADSTS90094: ask your administrator"))
	needs := make(chan auth.ConsentNeeded, 4)
	in, err := d.client().Begin(t.Context(), auth.BeginOptions{OnConsent: func(n auth.ConsentNeeded) { needs <- n }})
	if err != nil {
		t.Fatal(err)
	}
	v := &visit{t: t, d: d, in: in, consents: needs, ended: make(chan error, 1)}
	go func() { _, err := in.Wait(); v.ended <- err }()
	v.open(in.URL())
	if n := v.next(); n.URL != "" || n.Tenant != "" || n.NextLook.IsZero() {
		t.Errorf("need = %+v", n)
	}
	push := d.provider.Fault(authtest.Status(authtest.PushedAuthorization, http.StatusServiceUnavailable))
	v.looks() // it cannot be asked now; the page stays
	push()
	lift()
	v.looks()
	if err := v.end(); err != nil {
		t.Fatal(err)
	}
	pushed := d.provider.Requests(authtest.PushedAuthorization)
	if last := pushed[len(pushed)-1]; last.Get("prompt") != "none" {
		t.Errorf("the last request pushed: %v", last.Form)
	}
}
