package auth_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

const quarter = 15 * time.Second

// off makes a desk's clock wrong.
func (d *desk) off(by time.Duration) *desk {
	d.now = func() time.Time { return time.Now().Add(by) }
	return d
}

// tokenRequests counts those since the last call, and says how many of them showed a
// proof.
func (d *desk) tokenRequests() (all, proven int) {
	for _, r := range d.provider.Requests(authtest.Token) {
		all++
		if r.Header.Get("DPoP") != "" {
			proven++
		}
	}
	d.provider.Forget()
	return all, proven
}

func TestProofsAreDatedByTheProvidersClock(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]authtest.Option{
		"a quarter of a minute":    {authtest.WithProofWindow(quarter, quarter)},
		"with a nonce":             {authtest.WithProofWindow(quarter, quarter), authtest.WithDPoP(true)},
		"no proof from the future": {authtest.WithProofWindow(quarter, time.Second)},
		"Keycloak":                 {authtest.KeycloakProofs()},
	} {
		for _, by := range []time.Duration{-30 * time.Second, 30 * time.Second, -4 * time.Minute, 4 * time.Minute} {
			t.Run(name+" "+by.String(), func(t *testing.T) {
				t.Parallel()
				d := newDesk(t, options...).off(by)
				tokens := d.mustSignIn()
				first, proven := d.tokenRequests()
				nonces := 0
				if name == "with a nonce" {
					nonces = 1
				}
				// The metadata have told the time already.
				if first != 1+nonces || proven != first || tokens.TokenType != "DPoP" {
					t.Errorf("%d token requests, %d with a proof, for a token of type %s", first, proven, tokens.TokenType)
				}
				// A new start has only copies, which tell no time.
				c := d.client()
				for _, most := range []int{2 + nonces, 1} {
					if _, err := c.Refresh(t.Context(), tokens.Account.ID); err != nil {
						t.Fatalf("refresh: %v", err)
					}
					if n, _ := d.tokenRequests(); n > most {
						t.Errorf("%d requests for a refresh, want %d", n, most)
					}
				}
			})
		}
	}
}

// The device's clock is only known from the answer with the code.
func TestDeviceSignInProvesByTheProvidersClock(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authtest.KeycloakProofs(), authtest.WithDevice(time.Second, 0)).off(-30 * time.Second)
	in, err := d.client().BeginDevice(t.Context(), auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if tokens, err := in.Wait(); err != nil || tokens.TokenType != "DPoP" {
		t.Errorf("%v, %v", tokens, err)
	}
}

// What stands before a provider may have a clock of its own.
func TestDateOfSomethingBeforeTheProviderDoesNotSpoilProofs(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authtest.WithProofWindow(quarter, quarter))
	d.provider.Fault(authtest.DateSkew(-time.Hour))
	tokens := d.mustSignIn()
	if all, _ := d.tokenRequests(); all != 2 || tokens.TokenType != "DPoP" {
		t.Errorf("%d token requests for a token of type %s", all, tokens.TokenType)
	}
	c := d.client()
	for range 2 {
		if _, err := c.Refresh(t.Context(), tokens.Account.ID); err != nil {
			t.Errorf("refresh: %v", err)
		}
	}
}

// A cache says that an answer is of another time (RFC 9111, section 5.1).
func TestDateOfACachedAnswerDatesNoProof(t *testing.T) {
	t.Parallel()
	for name, age := range map[string]string{"an hour": "3600", "just now": "0", "senseless": "x"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, authtest.WithProofWindow(quarter, quarter))
			d.provider.Fault(authtest.Reworded(authtest.Discovery, func(h http.Header, body string) string {
				h.Set("Age", age)
				h.Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
				return body
			}))
			tokens := d.mustSignIn()
			if all, _ := d.tokenRequests(); all != 1 || tokens.TokenType != "DPoP" {
				t.Errorf("%d token requests for a token of type %s", all, tokens.TokenType)
			}
		})
	}
}

func TestProofThatIsRefusedForGoodIsShownTwiceAtARefresh(t *testing.T) {
	t.Parallel()
	refusing := func(code, description string) authtest.Fault {
		return authtest.Answer(authtest.Token, 400, map[string]string{"Content-Type": "application/json"},
			`{"error":"`+code+`","error_description":"`+description+`"}`)
	}
	for name, test := range map[string]struct {
		fault  authtest.Fault
		by     time.Duration
		asked  int
		reason auth.Reason
	}{
		"by Keycloak, the clock wrong": {refusing("invalid_request", "DPoP proof is not active"), -30 * time.Second, 2, auth.ReasonClock},
		"without a word":               {refusing("invalid_dpop_proof", ""), 30 * time.Second, 2, auth.ReasonClock},
		"hardly off":                   {refusing("invalid_dpop_proof", ""), 0, 1, auth.ReasonAgain},
		"for its address":              {refusing("invalid_request", "DPoP HTTP URL mismatch"), -30 * time.Second, 2, auth.ReasonAgain},
		"for its address, very wrong":  {refusing("invalid_dpop_proof", "htu is another address"), -time.Hour, 2, auth.ReasonClock},
		"for PKCE":                     {refusing("invalid_request", "Proof Key for Code Exchange is missing"), -30 * time.Second, 1, auth.ReasonAgain},
		"for something else":           {refusing("invalid_request", "scope is too long"), -30 * time.Second, 1, auth.ReasonAgain},
		"some proof":                   {refusing("invalid_request", "the proof is too old"), -30 * time.Second, 2, auth.ReasonClock},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, authtest.WithDPoP(false))
			tokens := d.mustSignIn()
			d.off(test.by)
			d.provider.Forget()
			lift := d.provider.Fault(test.fault)
			_, err := d.client().Refresh(t.Context(), tokens.Account.ID)
			var clock *auth.ClockError
			if errors.As(err, &clock) && (clock.Ahead-test.by).Abs() > 3*time.Second {
				t.Errorf("the clock is said to be off by %s, and is by %s", clock.Ahead, test.by)
			}
			var refused *auth.ProviderError
			if got := auth.ReasonOf(err); got != test.reason || !errors.As(err, &refused) || refused.NeedsPerson() != (test.reason == auth.ReasonAgain) {
				t.Errorf("err = %v, a %s; want %s", err, got, test.reason)
			}
			if n, _ := d.tokenRequests(); n != test.asked {
				t.Errorf("asked %d times, want %d", n, test.asked)
			}
			// The token is kept, and was not spent.
			lift()
			d.now = nil
			if known := d.remembered(); len(known) != 1 || !known[0].Remembered {
				t.Fatalf("kept: %+v", known)
			}
			if _, err := d.client().Refresh(t.Context(), tokens.Account.ID); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

func TestAPIWithAnotherClockIsAskedOnceMore(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authtest.WithDPoP(false))
	c := d.client()
	tokens, _, err := d.signIn(c, auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		now := time.Now().Add(time.Minute) // by its own clock
		w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
		iat, _ := claimOf(t, r.Header.Get("DPoP"), "iat").(float64)
		if now.Sub(time.Unix(int64(iat), 0)).Abs() > quarter {
			w.Header().Set("WWW-Authenticate", `DPoP error="invalid_dpop_proof"`)
			http.Error(w, "too old", http.StatusUnauthorized)
		}
	}))
	defer api.Close()
	for _, want := range []int{2, 1} {
		asked = 0
		req, _ := http.NewRequest(http.MethodGet, api.URL, nil)
		resp, err := c.Do(req, tokens)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK || asked != want {
			t.Errorf("%s after %d requests, want %d", resp.Status, asked, want)
		}
	}
}

// Keycloak sends no Date. What it says of a proof's time is all that there is to go by.
func TestClockIsBlamedWhereTheProviderDoesNotSayWhatTimeItIs(t *testing.T) {
	t.Parallel()
	late := authtest.TokenError("invalid_request", map[string]any{"error_description": "DPoP proof is not active"})
	for name, use := range map[string]auth.Extension{"required": auth.ExtensionRequired, "offered": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, authtest.WithDPoP(false))
			d.describe = func(p *auth.Provider) { p.DPoP = use }
			account := d.mustSignIn().Account
			d.provider.Fault(authtest.NoDate(), late)
			_, err := d.client().Refresh(t.Context(), account.ID)
			var clock *auth.ClockError
			if !errors.As(err, &clock) || clock.Ahead != 0 || auth.ReasonOf(err) != auth.ReasonClock {
				t.Errorf("err = %v, want the clock to be blamed", err)
			}
			if known := d.remembered(); len(known) != 1 || !known[0].Remembered {
				t.Errorf("known = %+v, want the sign-in to be kept", known)
			}
		})
	}
}

func TestTokenOfTheFutureBlamesTheClockWhereTheProviderDoesNotSayWhatTimeItIs(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.provider.Fault(authtest.NoDate(), authtest.IssuedIn(7*time.Minute))
	_, _, err := d.signIn(d.client(), auth.BeginOptions{})
	var clock *auth.ClockError
	if !errors.As(err, &clock) || clock.Ahead > -6*time.Minute {
		t.Errorf("err = %v, want a clock that is behind", err)
	}
}
