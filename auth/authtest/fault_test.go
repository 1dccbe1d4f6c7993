package authtest_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/portico-desktop/portico/auth/authtest"
)

func TestFaultyIDTokensFailTheCheckTheyAreMadeFor(t *testing.T) {
	for name, test := range map[string]struct {
		fault authtest.Fault
		want  string
	}{
		"issuer":           {authtest.WrongIssuer(), "iss"},
		"audience":         {authtest.WrongAudience(), "aud"},
		"plural, no azp":   {authtest.PluralAudience(""), "azp"},
		"plural, azp":      {authtest.PluralAudience(authtest.ClientID), ""},
		"azp":              {authtest.WrongAZP(), "azp"},
		"nonce":            {authtest.WrongNonce(), "nonce"},
		"no nonce":         {authtest.MissingNonce(), "nonce"},
		"no subject":       {authtest.MissingSubject(), "sub"},
		"expired":          {authtest.Expired(time.Hour), "exp"},
		"not yet valid":    {authtest.NotYetValid(time.Hour), "nbf"},
		"from the future":  {authtest.IssuedIn(time.Hour), "iat"},
		"clock":            {authtest.ClockSkew(-2 * time.Hour), "exp"},
		"at_hash":          {authtest.WrongAccessTokenHash(), "at_hash"},
		"alg none":         {authtest.AlgNone(), "alg"},
		"HMAC":             {authtest.HMACWithPublicKey(), "alg"},
		"unknown key":      {authtest.UnknownKey(), "unknown key"},
		"forged key":       {authtest.ForgedKey(), "signature"},
		"none":             {authtest.NoIDToken(), "no id_token"},
		"only in refreshs": {authtest.OtherSubject(), ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := authtest.New(t)
			c := newClient(t, p)
			code := c.authorize().Get("code")
			p.Fault(test.fault)
			token, err := c.exchange(code)
			if name == "clock" && oauthCode(err) == "invalid_grant" {
				t.Fatal("the code expired")
			}
			if err != nil {
				t.Fatal(err)
			}
			p.Heal()
			if got := reason(c.verify(token, c.nonce)); got != test.want {
				t.Errorf("failed by %q, want %q", got, test.want)
			}
			// Nothing of a fault remains.
			if err := c.verify(c.signIn(), c.nonce); err != nil {
				t.Errorf("healed: %v", err)
			}
		})
	}
}

// reason is what comes before the first colon.
func reason(err error) string {
	if err == nil {
		return ""
	}
	s, _, _ := strings.Cut(err.Error(), ":")
	return s
}

func TestOtherSubjectOnlyOnRefresh(t *testing.T) {
	p := authtest.New(t)
	c := newClient(t, p)
	p.Fault(authtest.OtherSubject())
	token := c.signIn()
	if err := c.verify(token, c.nonce); err != nil {
		t.Errorf("at sign-in: %v", err)
	}
	token, err := c.refresh(token.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	if got := reason(c.verify(token, "")); got != "other sub" {
		t.Errorf("on refresh: failed by %q", got)
	}
}

func TestEndpointFaults(t *testing.T) {
	for name, test := range map[string]struct {
		fault func(authtest.Endpoint) authtest.Fault
		check func(r *http.Response, body string) bool
	}{
		"status": {
			func(e authtest.Endpoint) authtest.Fault { return authtest.Status(e, 502) },
			func(r *http.Response, _ string) bool { return r.StatusCode == 502 },
		},
		"retry after": {
			func(e authtest.Endpoint) authtest.Fault { return authtest.RetryAfter(e, 429, 90*time.Second) },
			func(r *http.Response, _ string) bool {
				return r.StatusCode == 429 && r.Header.Get("Retry-After") == "90"
			},
		},
		"web page": {
			authtest.HTML,
			func(r *http.Response, body string) bool {
				return r.StatusCode == 200 && strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") && strings.Contains(body, "<!doctype html>")
			},
		},
		"half an object": {
			authtest.Truncated,
			func(r *http.Response, body string) bool { return r.StatusCode == 200 && !json.Valid([]byte(body)) },
		},
		"10 MiB": {
			func(e authtest.Endpoint) authtest.Fault { return authtest.Huge(e, 10<<20) },
			func(r *http.Response, body string) bool {
				return r.StatusCode == 200 && len(body) == 10<<20 && json.Valid([]byte(body))
			},
		},
		"elsewhere": {
			func(e authtest.Endpoint) authtest.Fault {
				return authtest.RedirectTo(e, http.StatusTemporaryRedirect, "https://other.example/token")
			},
			func(r *http.Response, _ string) bool {
				return r.StatusCode == 307 && r.Header.Get("Location") == "https://other.example/token"
			},
		},
		"nothing": {
			authtest.Drop,
			func(r *http.Response, _ string) bool { return r == nil },
		},
	} {
		for _, e := range []authtest.Endpoint{authtest.Discovery, authtest.Keys, authtest.Token, authtest.Revocation} {
			t.Run(name+" from "+string(e), func(t *testing.T) {
				p := authtest.New(t)
				p.Fault(test.fault(e).Times(1))
				client := p.Client()
				client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
				r, err := client.PostForm(p.Endpoint(e), url.Values{})
				body := ""
				if err == nil {
					defer r.Body.Close()
					b, err := io.ReadAll(r.Body)
					if err != nil {
						t.Fatal(err)
					}
					body = string(b)
				} else {
					r = nil
				}
				if !test.check(r, body) {
					t.Errorf("got %+v", r)
				}
				// Times(1) is over.
				if r, err = client.PostForm(p.Endpoint(e), url.Values{}); err != nil || r.StatusCode >= 500 {
					t.Fatalf("the second time: %v %v", r, err)
				}
				r.Body.Close()
			})
		}
	}
}

func TestHangIsReleased(t *testing.T) {
	for name, release := range map[string]func(lift, cancel func()){
		"by lifting the fault": func(lift, _ func()) { lift(); lift() },
		"by the asker":         func(_, cancel func()) { cancel() },
		"by the test's end":    func(_, _ func()) {},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			t.Cleanup(cancel) // after the provider's own cleanup, which is what the last case is about
			p := authtest.New(t)
			lift := p.Fault(authtest.Hang(authtest.Keys))
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.Endpoint(authtest.Keys), nil)
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan error, 1)
			go func() {
				answer, err := p.Client().Do(r)
				if err == nil {
					answer.Body.Close()
				}
				done <- err
			}()
			if err := p.Await(t.Context(), 1, authtest.Keys); err != nil {
				t.Fatal(err)
			}
			release(lift, cancel)
			if name != "by the test's end" {
				if err := <-done; err == nil {
					t.Error("an answer came after all")
				}
			}
		})
	}
}

func TestAwaitEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := authtest.New(t).Await(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestLostAnswerHasRotatedTheToken(t *testing.T) {
	p := authtest.New(t)
	c := newClient(t, p)
	token := c.signIn()
	p.Fault(authtest.LoseAnswer(authtest.Token).Times(1))
	if _, err := c.refresh(token.RefreshToken); err == nil {
		t.Error("the answer was not lost")
	}
	if p.Alive(token.RefreshToken) {
		t.Error("not rotated")
	}
}

func TestTokenErrors(t *testing.T) {
	entra := authtest.Entra{
		Error: "interaction_required", Code: 50076, Suberror: "basic_action",
		Claims: `{"access_token":{"acrs":{"essential":true,"value":"c1"}}}`, Description: "Multi-factor authentication is needed.",
	}
	for name, test := range map[string]struct {
		fault  authtest.Fault
		code   string
		status int
		fields map[string]any
	}{
		"invalid_grant":       {authtest.TokenError("invalid_grant", nil), "invalid_grant", 400, nil},
		"invalid_client":      {authtest.TokenError("invalid_client", nil), "invalid_client", 401, nil},
		"unauthorized_client": {authtest.TokenError("unauthorized_client", nil), "unauthorized_client", 400, nil},
		"a claims challenge": {
			authtest.TokenError("interaction_required", map[string]any{"claims": "{}"}), "interaction_required", 400,
			map[string]any{"claims": "{}"},
		},
		"Entra's dialect": {authtest.EntraError(entra), "interaction_required", 400, map[string]any{
			"claims": entra.Claims, "suberror": "basic_action", "error_codes": []any{50076.0},
			"trace_id": authtest.EntraTraceID, "correlation_id": authtest.EntraCorrelationID,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			p := authtest.New(t)
			c := newClient(t, p)
			token := c.signIn()
			p.Fault(test.fault.ForGrant("refresh_token"))
			_, err := c.refresh(token.RefreshToken)
			var e *oauth2.RetrieveError
			if !errors.As(err, &e) || e.ErrorCode != test.code || e.Response.StatusCode != test.status {
				t.Fatalf("got %v", err)
			}
			var got map[string]any
			if err := json.Unmarshal(e.Body, &got); err != nil {
				t.Fatal(err)
			}
			for field, want := range test.fields {
				a, _ := json.Marshal(got[field])
				if b, _ := json.Marshal(want); string(a) != string(b) {
					t.Errorf("%s: %s, want %s", field, a, b)
				}
			}
			if !p.Alive(token.RefreshToken) {
				t.Error("the fault spent the token")
			}
			c.signIn() // another grant type is not concerned
		})
	}
}

func TestFaultyAuthorizationResponses(t *testing.T) {
	for name, test := range map[string]struct {
		fault authtest.Fault
		param string
		want  string
	}{
		"wrong iss": {authtest.AuthorizationIssuer("https://other.example"), "iss", "https://other.example"},
		"no iss":    {authtest.AuthorizationIssuer(""), "iss", ""},
		"state":     {authtest.WrongState(), "state", "another"},
		"error":     {authtest.AuthorizationError("server_error", "no luck"), "error", "server_error"},
	} {
		t.Run(name, func(t *testing.T) {
			p := authtest.New(t)
			p.Fault(test.fault)
			if got := newClient(t, p).authorize().Get(test.param); got != test.want {
				t.Errorf("%s is %q, want %q", test.param, got, test.want)
			}
		})
	}
}

func TestFaultyMetadata(t *testing.T) {
	p := authtest.New(t)
	c := newClient(t, p)
	p.Fault(authtest.OtherIssuer())
	if got := c.metadata()["issuer"]; got == p.URL {
		t.Errorf("issuer %v", got)
	}
}

func TestDateHeaderIsSkewed(t *testing.T) {
	p := authtest.New(t)
	for name, test := range map[string]struct {
		fault authtest.Fault
		want  time.Duration
	}{
		"alone":          {authtest.DateSkew(-3 * time.Hour), -3 * time.Hour},
		"with the clock": {authtest.ClockSkew(24 * time.Hour), 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			defer p.Fault(test.fault)()
			r, err := p.Client().Get(p.Endpoint(authtest.Keys))
			if err != nil {
				t.Fatal(err)
			}
			r.Body.Close()
			date, err := http.ParseTime(r.Header.Get("Date"))
			if off := time.Until(date) - test.want; err != nil || off.Abs() > time.Minute {
				t.Errorf("Date is %s (%v)", r.Header.Get("Date"), err)
			}
		})
	}
}

func TestTokenAnswerCanBeChanged(t *testing.T) {
	p := authtest.New(t)
	c := newClient(t, p)
	p.Fault(authtest.TokenAnswer(func(fields map[string]any) { delete(fields, "refresh_token") }))
	if token := c.signIn(); token.RefreshToken != "" {
		t.Error("a refresh token came")
	}
}
