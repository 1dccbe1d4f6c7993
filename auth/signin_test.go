package auth_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

func TestSignInRemembersThePersonAndTellsTheBrowser(t *testing.T) {
	for name, options := range map[string][]authtest.Option{
		"query":     nil,
		"form post": {authtest.WithFormPost()},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, options...)
			tokens, page, err := d.signIn(d.client(), auth.BeginOptions{})
			if err != nil {
				t.Fatal(err)
			}
			ada := authtest.Ada()
			if got := tokens.Account; got.Subject != ada.Subject || got.Name != ada.Name || got.Email != ada.Email || got.Issuer != d.provider.URL {
				t.Errorf("account = %+v, want Ada's", got)
			}
			if !tokens.Remembered() || len(d.remembered()) != 1 || !d.remembered()[0].Remembered {
				t.Errorf("the sign-in is not in the key store: %+v", d.remembered())
			}
			if !strings.Contains(page, "You are signed in") {
				t.Errorf("the browser ends on %q", page)
			}
			for _, printed := range []string{
				fmt.Sprintf("%v %+v %#v %s", tokens, tokens, tokens, tokens), fmt.Sprintf("%v %+v %#v %s", *tokens, *tokens, *tokens, *tokens),
				slog.AnyValue(tokens).Resolve().String(), slog.AnyValue(*tokens).Resolve().String(),
			} {
				if strings.Contains(printed, tokens.RefreshToken) || strings.Contains(printed, tokens.AccessToken) {
					t.Errorf("printing the tokens shows them: %s", printed)
				}
			}
		})
	}
}

func TestAuthorizationRequestIsAsTheStandardsWant(t *testing.T) {
	d := newDesk(t, authtest.WithFormPost())
	in, err := d.client().Begin(t.Context(), auth.BeginOptions{LoginHint: "ada@example.com", Claims: `{"id_token":{}}`})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Cancel(); _, _ = in.Wait() })
	u, err := url.Parse(in.URL())
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	for name, want := range map[string]string{
		"response_type": "code", "client_id": "portico", "code_challenge_method": "S256", "response_mode": "form_post",
		"scope": "openid email profile offline_access", "login_hint": "ada@example.com", "claims": `{"id_token":{}}`,
	} {
		if q.Get(name) != want {
			t.Errorf("%s = %q, want %q", name, q.Get(name), want)
		}
	}
	for _, name := range []string{"state", "nonce", "code_challenge"} {
		if len(q.Get(name)) < 43 {
			t.Errorf("%s = %q is shorter than 43 characters", name, q.Get(name))
		}
	}
	if r := q.Get("redirect_uri"); !strings.HasPrefix(r, "http://127.0.0.1:") || !strings.HasSuffix(r, "/") {
		t.Errorf("redirect_uri = %q", r)
	}
	if q.Has("code_verifier") {
		t.Error("the verifier is in the browser's address")
	}
}

func TestWrongClockIsNamedAsTheReason(t *testing.T) {
	for name, skew := range map[string]time.Duration{"ahead": -3 * time.Hour, "behind": 3 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.provider.Fault(authtest.ClockSkew(skew))
			_, _, err := d.signIn(d.client(), auth.BeginOptions{})
			var clock *auth.ClockError
			if !errors.As(err, &clock) || (clock.Ahead+skew).Abs() > time.Minute {
				t.Errorf("err = %v, want a clock that is off by %v", err, -skew)
			}
		})
	}
}

func TestFaultsOfTheTokenEndpointPassByThemselves(t *testing.T) {
	tests := map[string]struct {
		fault authtest.Fault
		check func(*auth.UnavailableError) bool
	}{
		"500":       {authtest.TokenStatus(500), func(e *auth.UnavailableError) bool { return e.Status == 500 }},
		"429":       {authtest.RetryAfter(authtest.Token, 429, 7*time.Second), func(e *auth.UnavailableError) bool { return e.Status == 429 && e.RetryAfter == 7*time.Second }},
		"web page":  {authtest.HTML(authtest.Token), func(e *auth.UnavailableError) bool { return e.Status == 200 }},
		"10 MiB":    {authtest.Huge(authtest.Token, 10<<20), func(e *auth.UnavailableError) bool { return strings.Contains(e.Error(), "larger than") }},
		"cut off":   {authtest.Truncated(authtest.Token), func(e *auth.UnavailableError) bool { return true }},
		"dropped":   {authtest.Drop(authtest.Token), func(e *auth.UnavailableError) bool { return e.Status == 0 && e.Err != nil }},
		"404":       {authtest.TokenStatus(404), func(e *auth.UnavailableError) bool { return e.Status == 404 }},
		"redirect":  {authtest.RedirectTo(authtest.Token, 307, "https://evil.example/"), func(e *auth.UnavailableError) bool { return e.Status == 307 }},
		"temporary": {authtest.TokenError("temporarily_unavailable", nil), func(e *auth.UnavailableError) bool { return true }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			lift := d.provider.Fault(test.fault)
			_, _, err := d.signIn(d.client(), auth.BeginOptions{})
			var passing *auth.UnavailableError
			if !errors.As(err, &passing) || !test.check(passing) {
				t.Errorf("sign-in: err = %v", err)
			}
			lift()
			account := d.mustSignIn().Account
			d.provider.Fault(test.fault)
			_, err = d.client().Refresh(t.Context(), account.ID)
			if !errors.As(err, &passing) || !test.check(passing) {
				t.Errorf("refresh: err = %v", err)
			}
			if known := d.remembered(); len(known) != 1 || !known[0].Remembered {
				t.Error("a passing fault has cost the sign-in")
			}
			d.provider.Heal()
			if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
				t.Errorf("after the fault: %v", err)
			}
		})
	}
}

func TestHangingTokenEndpointEndsWithTheSignIn(t *testing.T) {
	d := newDesk(t)
	d.provider.Fault(authtest.Hang(authtest.Token))
	_, _, err := d.signIn(d.client(), auth.BeginOptions{Timeout: time.Second})
	if !errors.Is(err, auth.ErrTimedOut) {
		t.Errorf("err = %v, want ErrTimedOut", err)
	}
}

func TestProviderRefusals(t *testing.T) {
	tests := map[string]struct {
		fault authtest.Fault
		code  string
	}{
		"login required":      {authtest.AuthorizationError("login_required", "no session"), "login_required"},
		"unauthorized client": {authtest.TokenError("unauthorized_client", nil), "unauthorized_client"},
		"invalid client":      {authtest.TokenError("invalid_client", nil), "invalid_client"},
		"invalid grant":       {authtest.TokenError("invalid_grant", nil), "invalid_grant"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.provider.Fault(test.fault)
			_, _, err := d.signIn(d.client(), auth.BeginOptions{})
			var refused *auth.ProviderError
			if !errors.As(err, &refused) || refused.Code != test.code {
				t.Errorf("err = %v, want %s", err, test.code)
			}
		})
	}
}

func TestFaultOfTheAuthorizationEndpointIsNotTakenForTheNetworks(t *testing.T) {
	for code, status := range map[string]int{"server_error": 500, "temporarily_unavailable": 503} {
		d := newDesk(t)
		d.provider.Fault(authtest.AuthorizationError(code, "later"))
		_, _, err := d.signIn(d.client(), auth.BeginOptions{})
		var passing *auth.UnavailableError
		if !errors.As(err, &passing) || passing.Status != status {
			t.Errorf("%s: err = %v, want status %d", code, err, status)
		}
	}
}

func TestPersonWhoDeclinesIsToldSo(t *testing.T) {
	d := newDesk(t)
	d.provider.Behave(authtest.Denies)
	_, page, err := d.signIn(d.client(), auth.BeginOptions{})
	var refused *auth.ProviderError
	if !errors.As(err, &refused) || refused.Code != "access_denied" {
		t.Errorf("err = %v, want access_denied", err)
	}
	if !strings.Contains(page, "You are not signed in") {
		t.Errorf("the browser ends on %q", page)
	}
}

func TestPersonWhoWalksAwayTimesOut(t *testing.T) {
	d := newDesk(t)
	d.provider.Behave(authtest.Leaves)
	_, _, err := d.signIn(d.client(), auth.BeginOptions{Timeout: 300 * time.Millisecond})
	if !errors.Is(err, auth.ErrTimedOut) {
		t.Errorf("err = %v, want ErrTimedOut", err)
	}
}

func TestCancelEndsTheWait(t *testing.T) {
	d := newDesk(t)
	in, err := d.client().Begin(t.Context(), auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	in.Cancel()
	if _, err := in.Wait(); !errors.Is(err, auth.ErrCancelled) {
		t.Errorf("err = %v, want ErrCancelled", err)
	}
}

func TestWrongStateIsNoiseAndTheSignInGoesOn(t *testing.T) {
	d := newDesk(t)
	d.provider.Fault(authtest.WrongState().Times(1))
	in, err := d.client().Begin(t.Context(), auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := d.provider.Browse(t.Context(), in.URL())
	if err != nil || resp.StatusCode != http.StatusBadRequest {
		t.Fatalf("a response with a wrong state is answered %v, %v", resp, err)
	}
	done := make(chan error, 1)
	go func() { _, err := in.Wait(); done <- err }()
	if _, err := d.provider.Browse(t.Context(), in.URL()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Errorf("after the noise: %v", err)
	}
}

func TestSignInHoldsWhenTheKeyStoreDoesNot(t *testing.T) {
	for _, kind := range []vault.Kind{vault.Missing, vault.Locked, vault.Full} {
		d := newDesk(t)
		d.oneProgram()
		d.keyStore.Fail(kind)
		tokens, _, err := d.signIn(d.client(), auth.BeginOptions{})
		var store *vault.Error
		if err != nil || tokens.Remembered() || !errors.As(tokens.SaveErr, &store) || store.Kind != kind {
			t.Errorf("%v: err = %v, tokens = %+v", kind, err, tokens)
			continue
		}
		// The key store comes back: the next renewal saves, from memory.
		d.keyStore.Heal()
		again, err := d.client().Refresh(t.Context(), tokens.Account.ID)
		if err != nil || !again.Remembered() || len(d.remembered()) != 1 {
			t.Errorf("%v: after it came back: %v, %v", kind, err, d.remembered())
		}
	}
}

func TestDeviceSignIn(t *testing.T) {
	d := newDesk(t, authtest.WithDevice(time.Second, 1))
	in, err := d.client().BeginDevice(t.Context(), auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if in.UserCode() == "" || !strings.HasPrefix(in.VerificationURL(), "https://") {
		t.Errorf("code %q at %q", in.UserCode(), in.VerificationURL())
	}
	tokens, err := in.Wait()
	if err != nil || !tokens.Remembered() {
		t.Errorf("err = %v, tokens = %v", err, tokens)
	}
}

func TestDeviceSignInThatIsDeclined(t *testing.T) {
	d := newDesk(t, authtest.WithDevice(time.Second, 0))
	d.provider.Behave(authtest.Denies)
	in, err := d.client().BeginDevice(t.Context(), auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var refused *auth.ProviderError
	if _, err := in.Wait(); !errors.As(err, &refused) || refused.Code != "access_denied" {
		t.Errorf("err = %v, want access_denied", err)
	}
}

func TestProviderWithoutDeviceCodesSaysSo(t *testing.T) {
	d := newDesk(t, authtest.Without(authtest.DeviceAuthorization))
	_, err := d.client().BeginDevice(t.Context(), auth.BeginOptions{})
	var config *auth.ConfigError
	if !errors.As(err, &config) {
		t.Errorf("err = %v, want a ConfigError", err)
	}
}
