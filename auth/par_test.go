package auth_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

// finish opens an address in the person's browser and waits for what comes of it.
func (d *desk) finish(in *auth.SignIn, address string) error {
	d.t.Helper()
	opened := make(chan error, 1)
	go func() {
		resp, err := d.provider.Browse(d.t.Context(), address)
		if err != nil || resp.StatusCode != http.StatusOK {
			in.Cancel() // it will never come back
		}
		opened <- err
	}()
	_, err := in.Wait()
	return errors.Join(err, <-opened)
}

func TestPushedRequestLeavesNothingInTheAddress(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]authtest.Option{
		"offered":        {authtest.WithPAR(false)},
		"required":       {authtest.WithPAR(true)},
		"with form_post": {authtest.WithPAR(true), authtest.WithFormPost()},
		"with proofs":    {authtest.WithPAR(true), authtest.WithDPoP(true)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, options...)
			in, err := d.client().Begin(t.Context(), auth.BeginOptions{LoginHint: "ada@contoso.example"})
			if err != nil {
				t.Fatal(err)
			}
			u, err := url.Parse(in.URL())
			if err != nil {
				t.Fatal(err)
			}
			if q := u.Query(); len(q) != 2 || q.Get("client_id") != authtest.ClientID || !strings.HasPrefix(q.Get("request_uri"), "urn:") {
				t.Errorf("the address is %s", in.URL())
			}
			pushed := d.provider.Requests(authtest.PushedAuthorization)
			if len(pushed) != 1 || pushed[0].Get("login_hint") != "ada@contoso.example" || pushed[0].Get("state") == "" || pushed[0].Get("code_challenge") == "" {
				t.Errorf("pushed: %+v", pushed)
			}
			if name == "with proofs" && pushed[0].Get("dpop_jkt") == "" {
				t.Error("the code is not bound to a key")
			}
			if err := d.finish(in, in.URL()); err != nil {
				t.Error(err)
			}
		})
	}
}

// A person who lost the first page opens another one, minutes later.
func TestRenewedAddressWorksAfterTheFirstWasUsedOrHasExpired(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*testing.T, *desk, *auth.SignIn){
		"used": func(t *testing.T, d *desk, in *auth.SignIn) {
			d.provider.Behave(authtest.Leaves)
			if _, err := d.provider.Browse(t.Context(), in.URL()); err != nil {
				t.Fatal(err)
			}
			d.provider.Behave(authtest.Agrees)
		},
		"expired": func(_ *testing.T, d *desk, _ *auth.SignIn) {
			// By the provider's clock; the codes are made by it as well.
			lift := d.provider.Fault(authtest.ClockSkew(2 * time.Minute))
			d.t.Cleanup(lift)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, authtest.WithPAR(true))
			in, err := d.client().Begin(t.Context(), auth.BeginOptions{})
			if err != nil {
				t.Fatal(err)
			}
			former := in.URL()
			spoil(t, d, in)
			if resp, err := d.provider.Browse(t.Context(), former); err != nil || resp.StatusCode != http.StatusBadRequest {
				t.Fatalf("the former address is answered %v, %v; this test shows nothing", resp, err)
			}
			address, err := in.Renew(t.Context())
			if err != nil || address == former || address != in.URL() {
				t.Fatalf("renewed: %q, %v; former %q", address, err, former)
			}
			if err := d.finish(in, address); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestRenewAsksNobodyWhereRequestsAreNotPushed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	in, err := d.client().Begin(t.Context(), auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	d.provider.Forget()
	if address, err := in.Renew(t.Context()); err != nil || address != in.URL() || len(d.provider.Requests()) != 0 {
		t.Errorf("renewed: %q, %v, %d requests", address, err, len(d.provider.Requests()))
	}
	in.Cancel()
	_, _ = in.Wait()
}

// pushAnswer refuses a pushed request in JSON.
func pushAnswer(status int, code, description string) authtest.Fault {
	return authtest.Answer(authtest.PushedAuthorization, status, map[string]string{"Content-Type": "application/json"},
		`{"error":"`+code+`","error_description":"`+description+`"}`)
}

func TestPublicClientSignsInWhereSpringTakesPushesOfOthersOnly(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authtest.SpringPublicPAR())
	d.mustSignIn()
	if pushed := len(d.provider.Requests(authtest.PushedAuthorization)); pushed != 1 {
		t.Errorf("pushed %d times", pushed)
	}
}

// Keycloak refuses a client that it does not know when the request is pushed, and in
// the browser by a page that leads nowhere.
func TestTimeOutSaysWhatThePushWasRefusedFor(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authtest.WithPAR(false))
	d.provider.Fault(pushAnswer(401, "invalid_request", "Authentication failed."))
	in, err := d.client().Begin(t.Context(), auth.BeginOptions{Timeout: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	_, err = in.Wait()
	var refused *auth.ProviderError
	if !errors.Is(err, auth.ErrTimedOut) || auth.ReasonOf(err) != auth.ReasonTimedOut || !errors.As(err, &refused) || refused.Description != "Authentication failed." {
		t.Errorf("err = %v, want the time-out with what the provider has said", err)
	}
}

func TestPushThatFails(t *testing.T) {
	t.Parallel()
	const plain, refused, unavailable = "asked plainly", "refused", "unavailable"
	for name, test := range map[string]struct {
		fault    authtest.Fault
		auth     auth.ClientAuth
		offered  string // what becomes of it where pushing is offered
		required string // and where it is required, by the provider or here
		reason   auth.Reason
	}{
		"not there":                           {fault: authtest.Status(authtest.PushedAuthorization, 404), offered: plain, required: unavailable},
		"not allowed":                         {fault: authtest.Status(authtest.PushedAuthorization, 405), offered: plain, required: unavailable},
		"failing":                             {fault: authtest.Status(authtest.PushedAuthorization, 503), offered: plain, required: unavailable},
		"busy":                                {fault: authtest.RetryAfter(authtest.PushedAuthorization, 429, time.Second), offered: unavailable, required: unavailable},
		"no answer":                           {fault: authtest.Drop(authtest.PushedAuthorization), offered: unavailable, required: unavailable},
		"senseless":                           {fault: authtest.Body(authtest.PushedAuthorization, "application/json", `{"request_uri":"urn:x y","expires_in":60}`), offered: plain, required: unavailable},
		"no JSON":                             {fault: authtest.Body(authtest.PushedAuthorization, "text/html", `<p>welcome`), offered: plain, required: unavailable},
		"invalid request":                     {fault: authtest.Refusal(authtest.PushedAuthorization, "invalid_request"), offered: refused, required: refused},
		"public client":                       {fault: authtest.Refusal(authtest.PushedAuthorization, "invalid_client"), offered: plain, required: refused},
		"public client too":                   {fault: authtest.Refusal(authtest.PushedAuthorization, "unauthorized_client"), offered: plain, required: refused},
		"nobody's page":                       {fault: authtest.Answer(authtest.PushedAuthorization, 403, map[string]string{"Content-Type": "text/html"}, "<h1>Blocked</h1>"), offered: plain, required: unavailable},
		"gone":                                {fault: authtest.Status(authtest.PushedAuthorization, 410), offered: plain, required: unavailable},
		"wrong kind":                          {fault: authtest.Status(authtest.PushedAuthorization, 415), offered: plain, required: unavailable},
		"bad, unsaid":                         {fault: authtest.Status(authtest.PushedAuthorization, 400), offered: plain, required: unavailable},
		"unauthorized, unsaid":                {fault: authtest.Status(authtest.PushedAuthorization, 401), offered: plain, required: unavailable},
		"unauthorized, unsaid, with a secret": {fault: authtest.Status(authtest.PushedAuthorization, 401), auth: auth.ClientAuth{Method: auth.AuthSecretPost}, offered: plain, required: refused, reason: auth.ReasonClient},
		"a proxy's":                           {fault: authtest.Status(authtest.PushedAuthorization, 407), offered: unavailable, required: unavailable},
		"too slow":                            {fault: authtest.Status(authtest.PushedAuthorization, 408), offered: unavailable, required: unavailable},
		"a proxy's, in JSON":                  {fault: pushAnswer(407, "access_denied", ""), offered: refused, required: refused},
		"elsewhere":                           {fault: authtest.RedirectTo(authtest.PushedAuthorization, 302, "https://login.example/par"), offered: unavailable, required: unavailable},
		"Keycloak, not authenticated":         {fault: pushAnswer(401, "invalid_request", "Authentication failed."), offered: plain, required: refused},
		"Keycloak, wrong secret": {fault: pushAnswer(401, "invalid_request", "Authentication failed."),
			auth: auth.ClientAuth{Method: auth.AuthSecretPost}, offered: refused, required: refused, reason: auth.ReasonClient},
		"Keycloak, over http":                 {fault: pushAnswer(403, "invalid_request", "HTTPS required"), offered: plain, required: refused},
		"Spring's own words":                  {fault: pushAnswer(404, "Not Found", ""), offered: plain, required: unavailable},
		"a gateway's words":                   {fault: pushAnswer(403, "Forbidden", ""), offered: plain, required: unavailable},
		"wrong redirect":                      {fault: pushAnswer(400, "invalid_request", "Invalid parameter: redirect_uri"), offered: refused, required: refused, reason: auth.ReasonRedirect},
		"wrong redirect too":                  {fault: pushAnswer(400, "invalid_redirect_uri", ""), offered: refused, required: refused, reason: auth.ReasonRedirect},
		"wrong scope":                         {fault: pushAnswer(400, "invalid_scope", "no such scope"), offered: refused, required: refused, reason: auth.ReasonScope},
		"wrong scope, at Keycloak":            {fault: pushAnswer(400, "invalid_request", "Invalid scopes: openid mail"), offered: refused, required: refused, reason: auth.ReasonScope},
		"not this person":                     {fault: pushAnswer(403, "access_denied", "Realm not enabled"), offered: refused, required: refused},
		"words of its own, about the request": {fault: pushAnswer(400, "something_else", ""), offered: refused, required: refused},
		"another scope, with another status":  {fault: pushAnswer(422, "invalid_scope", ""), offered: refused, required: refused, reason: auth.ReasonScope},
		"wrong secret": {fault: authtest.Refusal(authtest.PushedAuthorization, "invalid_client"),
			auth: auth.ClientAuth{Method: auth.AuthSecretPost}, offered: refused, required: refused},
	} {
		for _, by := range []string{"nobody", "the provider", "the description"} {
			t.Run(name+", required by "+by, func(t *testing.T) {
				t.Parallel()
				required := by != "nobody"
				d := newDesk(t, authtest.WithPAR(by == "the provider")).withAuth(test.auth)
				if by == "the description" {
					change := d.describe
					d.describe = func(p *auth.Provider) {
						if change != nil {
							change(p)
						}
						p.PAR = auth.ExtensionRequired
					}
				}
				if test.auth.Method != "" {
					setSecret(t, d)
				}
				d.provider.Fault(test.fault)
				in, err := d.client().Begin(t.Context(), auth.BeginOptions{})
				want := test.offered
				if required {
					want = test.required
				}
				got := plain
				var no *auth.ProviderError
				var passing *auth.UnavailableError
				switch {
				case errors.As(err, &no) && no.Step == "authorization":
					got = refused
				case errors.As(err, &passing) && passing.Step == "authorization":
					got = unavailable
				case err != nil:
					t.Fatal(err)
				}
				if got != want {
					t.Fatalf("%s (%v), want %s", got, err, want)
				}
				if reason := auth.ReasonOf(err); err != nil && test.reason != "" && reason != test.reason {
					t.Errorf("%v is a %s, want %s", err, reason, test.reason)
				}
				if err != nil {
					return
				}
				if err := d.finish(in, in.URL()); err != nil {
					t.Errorf("asked plainly: %v", err)
				}
			})
		}
	}
}

func TestProviderThatRequiresWhatItDoesNotOffer(t *testing.T) {
	t.Parallel()
	for name, endpoint := range map[string]any{"nothing": nil, "over http": "http://login.example/par"} {
		d := newDesk(t, authtest.WithPAR(true))
		d.provider.Fault(authtest.Metadata(func(m map[string]any) { m["pushed_authorization_request_endpoint"] = endpoint }))
		_, err := d.client().Begin(t.Context(), auth.BeginOptions{})
		var config *auth.ConfigError
		if !errors.As(err, &config) || config.Key != "pushed_authorization_request_endpoint" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
