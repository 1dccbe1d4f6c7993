package identity_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/cmd/internal/gateway/identity"
	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

func TestIDTokenIsExchangedOnceAndWhileItIsNew(t *testing.T) {
	w := newWorld(t, nil)
	raw := w.idToken()
	status, given, _ := w.exchange(api.TypeIDToken, raw)
	if status != http.StatusOK {
		t.Fatal(status)
	}
	who, err := w.identity.Check(t.Context(), given.AccessToken)
	if err != nil || who.Name != authtest.Ada().Name || who.Address != authtest.Ada().Email || !slices.Equal(who.Roles, []string{"feedback"}) {
		t.Errorf("%+v, %v", who, err)
	}
	if status, _, refused := w.exchange(api.TypeIDToken, raw); status != http.StatusBadRequest || refused.Code != "invalid_grant" || !strings.Contains(refused.Description, "taken before") {
		t.Errorf("again: %d %+v", status, refused)
	}
	// The last letter of a signature has bits that mean nothing.
	for _, letter := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" {
		if status, _, _ := w.exchange(api.TypeIDToken, raw[:len(raw)-1]+string(letter)); status != http.StatusBadRequest {
			t.Errorf("again, with the signature ending in %c: %d", letter, status)
		}
	}
	w.start()
	if status, _, _ := w.exchange(api.TypeIDToken, raw); status != http.StatusBadRequest {
		t.Errorf("again, after a restart: %d", status)
	}
	old := w.idToken()
	w.pass(11 * time.Minute)
	if status, _, refused := w.exchange(api.TypeIDToken, old); status != http.StatusBadRequest || !strings.Contains(refused.Description, "10m0s old at most") {
		t.Errorf("an old one: %d %+v", status, refused)
	}
}

func TestTokensCountAfterARestartAndUntilTheyEnd(t *testing.T) {
	w := newWorld(t, nil)
	token := w.enter()
	w.start()
	if _, err := w.identity.Check(t.Context(), token); err != nil {
		t.Errorf("after a restart: %v", err)
	}
	w.pass(identity.Lifetime)
	if _, err := w.identity.Check(t.Context(), token); err == nil {
		t.Error("an expired one counts")
	}
	// It is renewed for eight hours all the same, without the provider.
	w.provider.Forget()
	for range 30 {
		status, given, refused := w.exchange(api.TypeAccessToken, token)
		if status != http.StatusOK {
			t.Fatalf("%d %+v", status, refused)
		}
		token = given.AccessToken
		w.pass(identity.Lifetime)
	}
	if n := len(w.provider.Requests()); n != 0 {
		t.Errorf("the provider was asked %d times", n)
	}
	w.pass(time.Hour)
	if status, _, refused := w.exchange(api.TypeAccessToken, token); status != http.StatusBadRequest || refused.Code != "invalid_grant" {
		t.Errorf("after eight hours: %d %+v", status, refused)
	}
}

func TestWhoIsShutOutIsNotRenewed(t *testing.T) {
	w := newWorld(t, nil)
	token := w.enter()
	who, err := w.identity.Check(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.store.Write(t.Context(), func(tx *store.Tx) error {
		p, err := tx.Person(who.Row)
		now := tx.Now()
		p.OutSince = &now
		if err != nil {
			return err
		}
		return tx.SavePerson(p)
	}); err != nil {
		t.Fatal(err)
	}
	if status, _, _ := w.exchange(api.TypeAccessToken, token); status != http.StatusBadRequest {
		t.Errorf("a renewal: %d", status)
	}
	if status, _, _ := w.exchange(api.TypeIDToken, w.idToken()); status != http.StatusBadRequest {
		t.Errorf("a new sign-in: %d", status)
	}
}

// The engine's attacks, against both kinds of tokens.
func TestForgedTokensAreRefused(t *testing.T) {
	attacks := map[string][]authtest.Fault{
		"alg none": {authtest.AlgNone()}, "HMAC with the public key": {authtest.HMACWithPublicKey()}, "HMAC with the JWK": {authtest.HMACWithJWK()},
		"HMAC with the modulus": {authtest.HMACWithModulus()}, "unknown key": {authtest.UnknownKey()}, "forged key": {authtest.ForgedKey()},
		"foreign signature": {authtest.ForeignSignature()}, "nested": {authtest.NestedIDToken()}, "encrypted": {authtest.EncryptedIDToken()},
		"expired": {authtest.Expired(2 * time.Hour)}, "not yet valid": {authtest.NotYetValid(2 * time.Hour)}, "issued in the future": {authtest.IssuedIn(2 * time.Hour)},
		"another issuer": {authtest.WrongIssuer()}, "another audience": {authtest.WrongAudience()}, "another azp": {authtest.WrongAZP()},
		"no subject": {authtest.MissingSubject()}, "subject twice": {authtest.DuplicateClaim("sub", "mallory", true)},
		"path in kid":   {authtest.TokenHeader(func(h map[string]any) { h["kid"] = "../../../../etc/passwd" })},
		"key in header": {authtest.TokenHeader(func(h map[string]any) { h["jwk"] = map[string]any{"kty": "oct", "k": "AA"}; h["alg"] = "HS256" })},
		"unknown crit":  {authtest.TokenHeader(func(h map[string]any) { h["crit"] = []string{"exp"} })},
	}
	for name, faults := range attacks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(p *identity.Params) { p.Audiences = []string{portal} })
			raw := w.idToken(faults...)
			if status, _, refused := w.exchange(api.TypeIDToken, raw); status != http.StatusBadRequest || refused.Code != "invalid_grant" {
				t.Errorf("as an ID token: %d %+v", status, refused)
			}
			access := w.idToken(append(slices.Clone(faults), authtest.TokenHeader(func(h map[string]any) { h["typ"] = "at+jwt" }))...)
			if who, err := w.identity.Check(t.Context(), access); err == nil {
				t.Errorf("as an access token: %+v", who)
			}
		})
	}
}

func TestOwnTokensAreCheckedToTheLetter(t *testing.T) {
	w := newWorld(t, nil)
	token := w.enter()
	other := newWorld(t, func(p *identity.Params) { p.URL = portal })
	part := func(n int) []byte {
		b, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[n])
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	with := func(n int, change func(map[string]any)) string {
		var fields map[string]any
		if err := json.Unmarshal(part(n), &fields); err != nil {
			t.Fatal(err)
		}
		change(fields)
		raw, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		parts := strings.Split(token, ".")
		parts[n] = base64.RawURLEncoding.EncodeToString(raw)
		return strings.Join(parts, ".")
	}
	parts := strings.Split(token, ".")
	for name, bad := range map[string]string{
		"":                    "",
		"a word":              "portico",
		"another portal's":    other.enter(),
		"no signature":        parts[0] + "." + parts[1] + ".",
		"a changed person":    with(1, func(f map[string]any) { f["row"] = 2 }),
		"a changed role":      with(1, func(f map[string]any) { f["roles"] = []string{"organization"} }),
		"alg none":            with(0, func(f map[string]any) { f["alg"] = "none" }),
		"HMAC":                with(0, func(f map[string]any) { f["alg"] = "HS256" }),
		"another type":        with(0, func(f map[string]any) { f["typ"] = "JWT" }),
		"another key":         with(0, func(f map[string]any) { f["kid"] = "x" }),
		"a path for a key":    with(0, func(f map[string]any) { f["kid"] = "../../../dev/null" }),
		"the provider's own":  w.idToken(),
		"something very long": strings.Repeat("a", 1<<20),
	} {
		if who, err := w.identity.Check(t.Context(), bad); err == nil {
			t.Errorf("%s counts: %+v", name, who)
		}
		if status, _, _ := w.exchange(api.TypeAccessToken, bad); status != http.StatusBadRequest {
			t.Errorf("%s is renewed: %d", name, status)
		}
	}
	if _, err := w.identity.Check(t.Context(), token); err != nil {
		t.Errorf("the honest one: %v", err)
	}
}

func TestUnreachableProviderSaysNothingAboutTheToken(t *testing.T) {
	w := newWorld(t, nil)
	raw := w.idToken()
	w.start() // nothing of the provider is in memory
	lift := w.provider.Fault(authtest.Status(authtest.Discovery, http.StatusBadGateway))
	status, _, refused := w.exchange(api.TypeIDToken, raw)
	if status != http.StatusServiceUnavailable || refused.Code != "temporarily_unavailable" {
		t.Errorf("%d %+v", status, refused)
	}
	lift()
	w.pass(time.Minute)
	if status, _, refused := w.exchange(api.TypeIDToken, raw); status != http.StatusOK {
		t.Errorf("later: %d %+v", status, refused)
	}
}

func TestRequestsThatAreNoExchange(t *testing.T) {
	w := newWorld(t, nil)
	good := url.Values{"grant_type": {api.GrantTokenExchange}, "subject_token_type": {api.TypeIDToken}, "subject_token": {"x"}}
	for name, change := range map[string]func(url.Values){
		"no grant":     func(f url.Values) { f.Del("grant_type") },
		"another":      func(f url.Values) { f.Set("grant_type", "authorization_code") },
		"grant twice":  func(f url.Values) { f.Add("grant_type", api.GrantTokenExchange) },
		"no token":     func(f url.Values) { f.Del("subject_token") },
		"token twice":  func(f url.Values) { f.Add("subject_token", "y") },
		"no type":      func(f url.Values) { f.Del("subject_token_type") },
		"another type": func(f url.Values) { f.Set("subject_token_type", "urn:ietf:params:oauth:token-type:saml2") },
		"huge":         func(f url.Values) { f.Set("subject_token", strings.Repeat("a", 1<<20)) },
	} {
		form := url.Values{}
		for k, v := range good {
			form[k] = slices.Clone(v)
		}
		change(form)
		status, _, refused := w.post(form)
		if status != http.StatusBadRequest || !slices.Contains([]string{"invalid_request", "unsupported_grant_type"}, refused.Code) {
			t.Errorf("%s: %d %+v", name, status, refused)
		}
	}
}

func TestAccessTokensCountWhereTheyAreMeantForThePortal(t *testing.T) {
	w := newWorld(t, func(p *identity.Params) { p.Audiences = []string{portal} })
	typed := authtest.TokenHeader(func(h map[string]any) { h["typ"] = "at+jwt" })
	raw := w.idToken(authtest.Claim("aud", portal), authtest.Claim("azp", nil), typed)
	for range 3 {
		if who, err := w.identity.Check(context.WithoutCancel(t.Context()), raw); err != nil || who.Address != authtest.Ada().Email {
			t.Errorf("%+v, %v", who, err)
		}
	}
	w.pass(3 * time.Hour)
	if _, err := w.identity.Check(t.Context(), raw); err == nil {
		t.Error("an expired one counts")
	}
	bound := w.idToken(authtest.Claim("aud", portal), authtest.Claim("azp", nil), authtest.Claim("cnf", map[string]any{"jkt": "x"}), typed)
	if _, err := w.identity.Check(t.Context(), bound); err == nil {
		t.Error("one that is bound to a key counts without its proof")
	}
}

// A provider that cannot be asked takes nobody's token away.
func TestAccessTokensWaitForTheirProvider(t *testing.T) {
	w := newWorld(t, func(p *identity.Params) { p.Audiences = []string{portal} })
	raw := w.idToken(authtest.Claim("aud", portal), authtest.Claim("azp", nil), authtest.TokenHeader(func(h map[string]any) { h["typ"] = "at+jwt" }))
	w.start() // nothing of the provider is in memory
	lift := w.provider.Fault(authtest.Status(authtest.Discovery, http.StatusBadGateway))
	var later *api.Problem
	if _, err := w.identity.Check(t.Context(), raw); !errors.As(err, &later) || later.Status != http.StatusServiceUnavailable || later.RetryAfter == 0 {
		t.Errorf("%v", err)
	}
	lift()
	w.pass(time.Minute)
	if _, err := w.identity.Check(t.Context(), raw); err != nil {
		t.Errorf("later: %v", err)
	}
}
