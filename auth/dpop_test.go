package auth_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

func TestTokensAreBoundWhereTheProviderOffersIt(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]authtest.Option{
		"without a nonce": {authtest.WithDPoP(false)},
		"with a nonce":    {authtest.WithDPoP(true)},
		"pushed":          {authtest.WithDPoP(true), authtest.WithPAR(true)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, options...)
			tokens := d.mustSignIn()
			key := d.provider.BoundTo(tokens.RefreshToken)
			if tokens.TokenType != "DPoP" || key == "" {
				t.Errorf("the token type is %q, the key %q", tokens.TokenType, key)
			}
			for range 3 { // each is a new start: the key comes from the key store
				renewed, err := d.client().Refresh(t.Context(), tokens.Account.ID)
				if err != nil {
					t.Fatal(err)
				}
				if d.provider.BoundTo(renewed.RefreshToken) != key {
					t.Error("the key changed")
				}
			}
		})
	}
}

func TestEverySignInHasAKeyOfItsOwn(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authtest.WithDPoP(false))
	first := d.provider.BoundTo(d.mustSignIn().RefreshToken)
	second := d.provider.BoundTo(d.mustSignIn().RefreshToken)
	if first == second {
		t.Error("two sign-ins share a key")
	}
}

func TestNewNonceCostsOneRequestMoreAndNoSignIn(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authtest.WithDPoP(true))
	account := d.mustSignIn().Account
	c := d.client()
	for _, want := range []int{2, 1, 1} { // the first one has to learn the nonce
		d.provider.Forget()
		if _, err := c.Refresh(t.Context(), account.ID); err != nil {
			t.Fatal(err)
		}
		if n := len(d.provider.Requests(authtest.Token)); n != want {
			t.Errorf("%d requests, want %d", n, want)
		}
	}
	d.provider.RenewNonce()
	d.provider.Forget()
	if _, err := c.Refresh(t.Context(), account.ID); err != nil || len(d.provider.Requests(authtest.Token)) != 2 {
		t.Errorf("after another nonce: %v, %d requests", err, len(d.provider.Requests(authtest.Token)))
	}
}

func TestProviderThatIsNeverContentWithANonceIsAskedTwice(t *testing.T) {
	t.Parallel()
	for name, header := range map[string]map[string]string{
		"another each time": {"Content-Type": "application/json", "DPoP-Nonce": "nonce"},
		"none at all":       {"Content-Type": "application/json"},
		"a huge one":        {"Content-Type": "application/json", "DPoP-Nonce": strings.Repeat("n", 10<<10)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, authtest.WithDPoP(false))
			account := d.mustSignIn().Account
			lift := d.provider.Fault(authtest.Answer(authtest.Token, 400, header, `{"error":"use_dpop_nonce"}`))
			d.provider.Forget()
			var refused *auth.ProviderError
			if _, err := d.client().Refresh(t.Context(), account.ID); !errors.As(err, &refused) || refused.Code != "use_dpop_nonce" {
				t.Errorf("err = %v, want use_dpop_nonce", err)
			}
			if n := len(d.provider.Requests(authtest.Token)); n > 2 {
				t.Errorf("asked %d times", n)
			}
			lift()
			if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// RFC 9449, section 5: a client may go on with a bearer token.
func TestProviderThatOffersProofsAndGivesBearerTokensIsAccepted(t *testing.T) {
	t.Parallel()
	d := newDesk(t) // does not know proofs
	d.provider.Fault(authtest.Metadata(func(m map[string]any) { m["dpop_signing_alg_values_supported"] = []string{"ES256"} }))
	tokens := d.mustSignIn()
	if tokens.TokenType != "Bearer" {
		t.Errorf("the token type is %q", tokens.TokenType)
	}
	if _, err := d.client().Refresh(t.Context(), tokens.Account.ID); err != nil {
		t.Error(err)
	}
}

func TestProviderWithOtherAlgorithmsIsNotShownProofs(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.provider.Fault(authtest.Metadata(func(m map[string]any) { m["dpop_signing_alg_values_supported"] = []string{"EdDSA", "PS256"} }))
	d.mustSignIn()
	for _, r := range d.provider.Requests() {
		if r.Header.Get("DPoP") != "" || r.Get("dpop_jkt") != "" {
			t.Errorf("a proof went to %s", r.Endpoint)
		}
	}
}

func TestUnknownTokenTypesAreRefused(t *testing.T) {
	t.Parallel()
	for kind, offered := range map[string]bool{"mac": true, "N_A": false, "DPoP": false, "Bearer, DPoP": true} {
		var options []authtest.Option
		if offered {
			options = append(options, authtest.WithDPoP(false))
		}
		d := newDesk(t, options...)
		d.provider.Fault(authtest.TokenAnswer(func(fields map[string]any) { fields["token_type"] = kind }))
		_, _, err := d.signIn(d.client(), auth.BeginOptions{})
		var trust *auth.TrustError
		if !errors.As(err, &trust) || trust.Check != "token_type" || len(d.remembered()) != 0 {
			t.Errorf("%q: %v", kind, err)
		}
	}
	for _, kind := range []any{"bearer", "BEARER", "", nil} {
		d := newDesk(t)
		d.provider.Fault(authtest.TokenAnswer(func(fields map[string]any) { fields["token_type"] = kind }))
		d.mustSignIn()
	}
}

// Signed in before the provider knew proofs, or before this program did.
func TestRecordsWithoutAKeyGoOnWithoutProofs(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	account := d.mustSignIn().Account
	d.provider.Fault(authtest.Metadata(func(m map[string]any) { m["dpop_signing_alg_values_supported"] = []string{"ES256"} }))
	d.dir = t.TempDir() // no metadata from before
	d.provider.Forget()
	if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
		t.Fatal(err)
	}
	for _, r := range d.provider.Requests(authtest.Token) {
		if r.Header.Get("DPoP") != "" {
			t.Error("a proof with a key that the refresh token is not bound to")
		}
	}
}

func TestRecordWhoseKeyIsDamagedIsSaid(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]any{"no key": "AAAA", "no text": 7, "another kind": ed25519DER} {
		d := newDesk(t, authtest.WithDPoP(false))
		account := d.mustSignIn().Account
		store := d.store()
		raw, err := store.Get(t.Context(), "account."+account.ID)
		if err != nil {
			t.Fatal(err)
		}
		var record map[string]any
		if err := json.Unmarshal(raw, &record); err != nil || record["dpop_key"] == nil {
			t.Fatalf("the record is %v, %v", record, err)
		}
		record["dpop_key"] = key
		raw, _ = json.Marshal(record)
		if err := store.Put(t.Context(), "account."+account.ID, raw); err != nil {
			t.Fatal(err)
		}
		if _, err := d.client().Refresh(t.Context(), account.ID); vault.KindOf(err) != vault.Damaged {
			t.Errorf("%s: %v, want the key store's damage", name, err)
		}
		d.mustSignIn()
		if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
			t.Errorf("%s: after signing in again: %v", name, err)
		}
	}
}

// ed25519DER is a PKCS #8 key of a kind that proofs are not made with (RFC 8410,
// section 10.3).
const ed25519DER = "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC"

// The key survives where the token does: in memory.
func TestBoundTokenThatCannotBeSavedIsUsedFromMemory(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authtest.WithDPoP(true))
	d.oneProgram()
	d.keyStore.Fail(vault.Locked)
	tokens, _, err := d.signIn(d.client(), auth.BeginOptions{})
	if err != nil || tokens.Remembered() {
		t.Fatalf("%v, %v", tokens, err)
	}
	d.keyStore.Heal()
	c := d.client()
	again, err := c.Refresh(t.Context(), tokens.Account.ID)
	if err != nil || !again.Remembered() {
		t.Fatalf("from memory: %v", err)
	}
	d.restart()
	if _, err := d.client().Refresh(t.Context(), tokens.Account.ID); err != nil {
		t.Errorf("a new start: %v", err)
	}
}

func TestSignInForMemoryOnlyWritesNothing(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]authtest.Option{"plain": nil, "bound": {authtest.WithDPoP(true)}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, append(options, authtest.WithDevice(time.Second, 0))...)
			kept := d.mustSignIn() // of the same person, and to be left alone
			before := d.keyStore.Changes()
			c := d.client()
			device, err := c.BeginDevice(t.Context(), auth.BeginOptions{MemoryOnly: true})
			if err != nil {
				t.Fatal(err)
			}
			if byDevice, err := device.Wait(); err != nil || byDevice.Remembered() {
				t.Errorf("with a device: %v, %v", byDevice, err)
			}
			tokens, _, err := d.signIn(c, auth.BeginOptions{MemoryOnly: true})
			if err != nil || tokens.Remembered() || tokens.SaveErr != nil || tokens.RefreshToken == "" {
				t.Fatalf("%+v, %v", tokens, err)
			}
			for range 3 {
				if tokens, err = c.Refresh(t.Context(), tokens.Account.ID); err != nil || tokens.Remembered() || tokens.SaveErr != nil {
					t.Fatalf("%+v, %v", tokens, err)
				}
			}
			if n := d.keyStore.Changes(); n != before {
				t.Errorf("the key store was changed %d times", n-before)
			}
			report := c.SignOut(t.Context(), tokens.Account.ID)
			if report.LocalErr != nil || report.RevokeErr != nil || d.provider.Alive(tokens.RefreshToken) || d.provider.Alive(kept.RefreshToken) {
				t.Errorf("report = %+v; alive: %v, %v", report, d.provider.Alive(tokens.RefreshToken), d.provider.Alive(kept.RefreshToken))
			}
		})
	}
}

func TestMemoryOnlySignInThatTheProviderEndsIsOver(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.client()
	tokens, _, err := d.signIn(c, auth.BeginOptions{MemoryOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	d.provider.Revoke()
	if _, err := c.Refresh(t.Context(), tokens.Account.ID); !errors.Is(err, auth.ErrNoSignIn) {
		t.Errorf("err = %v, want ErrNoSignIn", err)
	}
	if len(d.keyStore.Entries("test")) != 0 {
		t.Errorf("left: %v", entryNames(d))
	}
	if _, err := c.Refresh(t.Context(), "somebody-else"); !errors.Is(err, auth.ErrNoSignIn) {
		t.Errorf("another account: %v", err)
	}
}

func TestUserinfoIsShownAProof(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authtest.WithDPoP(true))
	d.provider.Fault(authtest.Claim("name", nil))
	if tokens := d.mustSignIn(); tokens.Account.Name != authtest.Ada().Name {
		t.Errorf("the name is %q, which userinfo has", tokens.Account.Name)
	}
}

// An API that wants a nonce of its own and counts what it is asked.
func TestAPIIsAskedWithTheTokenAndAProof(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authtest.WithDPoP(true))
	c := d.client()
	tokens, _, err := d.signIn(c, auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int32
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		nonce := claimOf(t, r.Header.Get("DPoP"), "nonce")
		switch {
		case r.Header.Get("Authorization") != "DPoP "+tokens.AccessToken || claimOf(t, r.Header.Get("DPoP"), "ath") == nil:
			http.Error(w, "not let in", http.StatusForbidden)
		case claimOf(t, r.Header.Get("DPoP"), "htu") != "http://"+r.Host+"/things":
			http.Error(w, fmt.Sprint(claimOf(t, r.Header.Get("DPoP"), "htu")), http.StatusForbidden)
		case nonce != "api-nonce":
			w.Header().Set("DPoP-Nonce", "api-nonce")
			w.Header().Set("WWW-Authenticate", `DPoP error="use_dpop_nonce"`)
			http.Error(w, "nonce", http.StatusUnauthorized)
		default:
			body, _ := io.ReadAll(r.Body)
			_, _ = w.Write(body)
		}
	}))
	defer api.Close()
	for _, want := range []int32{2, 1} {
		asked.Store(0)
		req, _ := http.NewRequest(http.MethodPost, api.URL+"/things?id=7", strings.NewReader("body"))
		resp, err := c.Do(req, tokens)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK || string(body) != "body" || asked.Load() != want {
			t.Errorf("%s: %q, asked %d times", resp.Status, body, asked.Load())
		}
		if req.Header.Get("Authorization") != "" || req.Header.Get("DPoP") != "" {
			t.Error("the caller's request was changed")
		}
	}
	// A body that can be read once is sent once.
	other := httptest.NewServer(api.Config.Handler)
	defer other.Close()
	asked.Store(0)
	req, _ := http.NewRequest(http.MethodPost, other.URL+"/things", io.NopCloser(strings.NewReader("body")))
	if resp, err := c.Do(req, tokens); err != nil || resp.StatusCode != http.StatusUnauthorized && asked.Load() != 1 {
		t.Errorf("%v, %v, asked %d times", resp, err, asked.Load())
	}
}

func TestAccessTokenIsNeverSentInTheClear(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	tokens := d.mustSignIn()
	req, _ := http.NewRequest(http.MethodGet, "http://api.example/things", nil)
	if _, err := d.client().Do(req, tokens); err == nil || strings.Contains(err.Error(), tokens.AccessToken) {
		t.Errorf("err = %v", err)
	}
	req, _ = http.NewRequest(http.MethodGet, "https://api.example/things", nil)
	if err := d.client().Authorize(req, tokens); err != nil || req.Header.Get("Authorization") != "Bearer "+tokens.AccessToken {
		t.Errorf("over https: %v, %v", err, req.Header)
	}
	if err := d.client().Authorize(req, &auth.Tokens{AccessToken: "x", TokenType: "DPoP"}); err == nil {
		t.Error("a bound token without its key was sent")
	}
}

func claimOf(t testing.TB, jwt, name string) any {
	t.Helper()
	return claimsOf(t, jwt)[name]
}
