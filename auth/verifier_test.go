package auth_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

// idTokenOf signs in and returns the ID token that the provider gave, whatever the client
// made of it.
func (h *hostile) idTokenOf(faults ...authtest.Fault) string {
	h.t.Helper()
	var mu sync.Mutex
	var raw string
	faults = append(slices.Clone(faults), authtest.TokenAnswer(func(fields map[string]any) {
		mu.Lock()
		defer mu.Unlock()
		raw, _ = fields["id_token"].(string)
	}))
	h.provider.Fault(faults...)
	act := h.test.act
	if act == nil {
		act = signsIn
	}
	_, _ = act(h) // the table of the client says what becomes of it there
	mu.Lock()
	defer mu.Unlock()
	if raw == "" {
		h.t.Fatal("the provider gave no ID token")
	}
	return raw
}

func (h *hostile) verifier(change func(*auth.VerifierParams)) *auth.Verifier {
	h.t.Helper()
	p := auth.VerifierParams{
		Provider: auth.Provider{ID: "work", Authority: h.provider.URL, ClientID: authtest.ClientID},
		HTTP:     h.provider.Client(),
	}
	if change != nil {
		change(&p)
	}
	v, err := auth.NewVerifier(p)
	if err != nil {
		h.t.Fatal(err)
	}
	return v
}

func newHostile(t *testing.T, options ...authtest.Option) *hostile {
	t.Helper()
	return &hostile{desk: newDesk(t, options...), evil: authtest.New(t), log: &transcript{}}
}

// What the client refuses a server refuses as well. What hangs on the request that a
// token answers, no server can know.
func TestVerifierRefusesWhatTheClientRefuses(t *testing.T) {
	for _, test := range append(hostileIDTokens(), hostileSignatures()...) {
		if strings.Contains(test.name, "is all that is announced") {
			continue // the client does not even ask for a token
		}
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := newHostile(t, test.options...)
			h.test = test
			raw := h.idTokenOf(test.attack(h)...)
			verified, err := h.verifier(nil).IDToken(t.Context(), raw)
			if ofTheRequest(test.name) {
				if err != nil || verified.Subject != authtest.Ada().Subject {
					t.Errorf("err = %v, want a token that only the request could tell from a good one", err)
				}
				return
			}
			if test.want == nil {
				if err != nil {
					t.Errorf("err = %v", err)
				}
				return
			}
			want := test.want
			if strings.Contains(test.name, "clock is three hours off") {
				want = trust("exp") // a server goes by its own clock
			}
			if ok, wanted := want(err); !ok || verified != nil {
				t.Errorf("err = %v (%T), want %s", err, err, wanted)
			}
			if asked := h.evil.Requests(); len(asked) > 0 {
				t.Errorf("somebody else was asked: %+v", asked)
			}
		})
	}
}

func ofTheRequest(name string) bool {
	for _, about := range []string{"another nonce", "no nonce", "at_hash", "c_hash"} {
		if strings.Contains(name, about) {
			return true
		}
	}
	return false
}

func TestVerifierSaysWhoAndForWhom(t *testing.T) {
	h := newHostile(t)
	raw := h.idTokenOf(authtest.Claim("groups", []string{"staff", "printers"}))
	verified, err := h.verifier(nil).IDToken(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	ada := authtest.Ada()
	if verified.Email != ada.Email || !verified.EmailVerified || verified.Name != ada.Name || verified.Subject != ada.Subject {
		t.Errorf("it is about %+v", verified.Account)
	}
	if known := h.remembered(); len(known) != 1 || known[0].ID != verified.ID {
		t.Errorf("the client knows %+v, the server %q", known, verified.ID)
	}
	if diff := cmp.Diff([]string{authtest.ClientID}, verified.Audience); diff != "" {
		t.Error(diff)
	}
	if age := time.Since(verified.IssuedAt); age < -time.Second || age > time.Minute || !verified.Expires.After(verified.IssuedAt) {
		t.Errorf("issued %s ago, until %s", age, verified.Expires)
	}
	var groups []string
	if there, err := verified.Claim("groups", &groups); !there || err != nil || len(groups) != 2 {
		t.Errorf("groups: %v, %t, %v", groups, there, err)
	}
	if there, err := verified.Claim("nothing", &groups); there || err != nil {
		t.Errorf("a claim that is not there: %t, %v", there, err)
	}
}

func TestVerifierTakesNoClaimThatIsThereTwice(t *testing.T) {
	h := newHostile(t)
	raw := h.idTokenOf(authtest.Claim("groups", []string{"staff"}), authtest.DuplicateClaim("groups", "admins", true))
	verified, err := h.verifier(nil).IDToken(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	var groups []string
	there, err := verified.Claim("groups", &groups)
	if ok, want := trust("groups")(err); !there || !ok || groups != nil {
		t.Errorf("%v, %t, %v; want %s", groups, there, err, want)
	}
}

func TestVerifierTellsWhoMayComeIn(t *testing.T) {
	domain := func(p *auth.VerifierParams) { p.Provider.Allowed.Domains = []string{"elsewhere.example"} }
	h := newHostile(t)
	_, err := h.verifier(domain).IDToken(t.Context(), h.idTokenOf())
	var refused *auth.DomainError
	if !errors.As(err, &refused) {
		t.Errorf("another domain: %v", err)
	}
	entra := func(p *auth.VerifierParams) { p.Provider.Dialect = auth.Entra }
	e := newHostile(t, authtest.WithEntra(authtest.EntraOptions{}))
	raw := e.idTokenOfEntra()
	if verified, err := e.verifier(entra).IDToken(t.Context(), raw); err != nil || verified.Tenant != authtest.EntraTenant || verified.Object != authtest.EntraObject {
		t.Errorf("%+v, %v", verified, err)
	}
	_, err = e.verifier(func(p *auth.VerifierParams) { entra(p); p.Provider.Tenants = []string{authtest.EntraOther} }).IDToken(t.Context(), raw)
	if ok, want := tenantRefused(authtest.EntraTenant, false)(err); !ok {
		t.Errorf("err = %v, want %s", err, want)
	}
}

// At Entra a guest brings an address that anybody may have written. Who is none has to
// be said by the token.
func TestVerifierBelievesNoAddressOfAGuest(t *testing.T) {
	for _, test := range []struct {
		name   string
		claims []authtest.Fault
		taken  bool
	}{
		{name: "member", claims: []authtest.Fault{authtest.Claim("acct", 0)}, taken: true},
		{name: "guest", claims: []authtest.Fault{authtest.Claim("acct", 1)}},
		{name: "not said"},
		{name: "said in words", claims: []authtest.Fault{authtest.Claim("acct", "member")}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			e := newHostile(t, authtest.WithEntra(authtest.EntraOptions{}))
			raw := e.idTokenOfEntra(append(test.claims, authtest.Claim("email_verified", nil))...)
			_, domain, _ := strings.Cut(authtest.Ada().Email, "@")
			_, err := e.verifier(func(p *auth.VerifierParams) {
				p.Provider.Dialect = auth.Entra
				p.Provider.Tenants = []string{authtest.EntraTenant}
				p.Provider.Allowed.Domains = []string{domain}
			}).IDToken(t.Context(), raw)
			var refused *auth.DomainError
			if test.taken != (err == nil) || !test.taken && !(errors.As(err, &refused) && refused.Unverified) {
				t.Errorf("err = %v", err)
			}
		})
	}
}

func (h *hostile) idTokenOfEntra(faults ...authtest.Fault) string {
	h.t.Helper()
	h.test.provider = func(_ *hostile, p *auth.Provider) { p.Dialect = auth.Entra }
	return h.idTokenOf(faults...)
}

func TestVerifierTellsAccessTokensFromIDTokens(t *testing.T) {
	forAPI := []authtest.Fault{authtest.Claim("aud", "https://portal.example"), authtest.Claim("azp", nil)}
	typed := authtest.TokenHeader(func(h map[string]any) { h["typ"] = "at+jwt" })
	for _, test := range []struct {
		name   string
		faults []authtest.Fault
		want   verdict // nil: taken as an access token
		scopes []string
	}{
		{name: "typed", faults: append(slices.Clone(forAPI), typed, authtest.Claim("scope", "portal.read portal.write")), scopes: []string{"portal.read", "portal.write"}},
		{name: "Okta's", faults: append(slices.Clone(forAPI), authtest.Claim("scp", []string{"portal.read"})), scopes: []string{"portal.read"}},
		{name: "roles alone", faults: append(slices.Clone(forAPI), authtest.Claim("roles", []string{"reader"}))},
		{name: "given to another client", faults: append(slices.Clone(forAPI), typed, authtest.Claim("azp", "another-client"))},
		{name: "ID token of the API's own registration", faults: forAPI, want: trust("typ")},
		{name: "ID token", want: trust("aud")},
		{name: "for another API", faults: []authtest.Fault{authtest.Claim("aud", "https://other.example"), typed}, want: trust("aud")},
		{name: "logout token", faults: append(slices.Clone(forAPI), authtest.TokenHeader(func(h map[string]any) { h["typ"] = "logout+jwt" })), want: trust("id_token")},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := newHostile(t)
			raw := h.idTokenOf(test.faults...)
			v := h.verifier(func(p *auth.VerifierParams) { p.Audiences = []string{"https://portal.example"} })
			verified, err := v.AccessToken(t.Context(), raw)
			if test.want != nil {
				if ok, want := test.want(err); !ok {
					t.Errorf("err = %v, want %s", err, want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.scopes, verified.Scopes); diff != "" {
				t.Error(diff)
			}
			if _, err := v.IDToken(t.Context(), raw); err == nil {
				t.Error("an access token serves as an ID token")
			}
		})
	}
	t.Run("no audience", func(t *testing.T) {
		h := newHostile(t)
		_, err := h.verifier(nil).AccessToken(t.Context(), "a.b.c")
		if ok, want := misconfigured("VerifierParams.Audiences")(err); !ok {
			t.Errorf("err = %v, want %s", err, want)
		}
	})
}

func TestVerifierAsksOnceForAllWhoWait(t *testing.T) {
	h := newHostile(t)
	raw := h.idTokenOf()
	h.provider.Forget()
	v := h.verifier(nil)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if _, err := v.IDToken(t.Context(), raw); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := len(h.provider.Requests(authtest.Discovery, authtest.Keys)); n != 2 {
		t.Errorf("%d requests for metadata and keys, want one each", n)
	}
}

// Whoever sends tokens with unknown keys moves nobody to ask the provider each time, and
// a key that is new there is taken all the same.
func TestVerifierAsksForUnknownKeysOnceAMinute(t *testing.T) {
	var ahead atomic.Int64
	clock := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	h := newHostile(t, authtest.WithClock(clock))
	v := h.verifier(func(p *auth.VerifierParams) { p.Now = clock })
	first := h.idTokenOf()
	if _, err := v.IDToken(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	forged := newHostile(t).idTokenOf(authtest.Claim("iss", h.provider.URL), authtest.UnknownKey())
	h.provider.Forget()
	for range 20 {
		if ok, want := trust("signature")(second(v.IDToken(t.Context(), forged))); !ok {
			t.Fatalf("want %s", want)
		}
	}
	if n := len(h.provider.Requests()); n != 0 {
		t.Errorf("%d requests within the minute", n)
	}
	ahead.Store(int64(2 * time.Minute))
	h.provider.Rotate()
	rotated := h.idTokenOf()
	h.provider.Forget()
	if _, err := v.IDToken(t.Context(), rotated); err != nil {
		t.Errorf("a new key: %v", err)
	}
	for range 20 {
		_, _ = v.IDToken(t.Context(), forged)
	}
	if n := len(h.provider.Requests(authtest.Keys)); n != 1 {
		t.Errorf("%d requests for keys, want 1", n)
	}
}

func second[A any](_ A, err error) error { return err }

func TestVerifierGoesOnWithoutTheProvider(t *testing.T) {
	var ahead atomic.Int64
	clock := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	h := newHostile(t, authtest.WithClock(clock), authtest.WithLifetime(30*24*time.Hour), authtest.WithMaxAge(time.Hour))
	v := h.verifier(func(p *auth.VerifierParams) { p.Now = clock })
	raw := h.idTokenOf()
	if _, err := v.IDToken(t.Context(), raw); err != nil {
		t.Fatal(err)
	}
	h.provider.Fault(authtest.Answer(authtest.Discovery, http.StatusBadGateway, nil, ""))
	ahead.Store(int64(6 * 24 * time.Hour))
	if _, err := v.IDToken(t.Context(), raw); err != nil {
		t.Errorf("within a week: %v", err)
	}
	ahead.Store(int64(8 * 24 * time.Hour))
	var passing *auth.UnavailableError
	if _, err := v.IDToken(t.Context(), raw); !errors.As(err, &passing) {
		t.Errorf("after a week: %v", err)
	}
}

// A caller who leaves does not take the others' answer along.
func TestVerifierReadsOnWhenACallerLeaves(t *testing.T) {
	h := newHostile(t)
	raw := h.idTokenOf()
	v := h.verifier(nil)
	ctx, leave := context.WithCancel(t.Context())
	leave()
	if _, err := v.IDToken(ctx, raw); !errors.Is(err, context.Canceled) {
		t.Errorf("the one who left: %v", err)
	}
	if _, err := v.IDToken(t.Context(), raw); err != nil {
		t.Errorf("the next: %v", err)
	}
}
