package auth_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

// refusesProofs says that no proof is good.
func refusesProofs() authtest.Fault {
	return authtest.Answer(authtest.Token, 400, map[string]string{"Content-Type": "application/json"},
		`{"error":"invalid_dpop_proof","error_description":"it is no good"}`)
}

func TestSignInGoesOnWithoutProofsInTheSameTab(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options []authtest.Option
		use     auth.Extension
		by      time.Duration
		asked   int // token requests of the first sign-in
	}{
		"Keycloak behind a proxy": {[]authtest.Option{authtest.KeycloakBehindProxy()}, "", 0, 2},
		"on":                      {[]authtest.Option{authtest.KeycloakBehindProxy()}, auth.ExtensionOn, 0, 2},
		"by form_post":            {[]authtest.Option{authtest.KeycloakBehindProxy(), authtest.WithFormPost()}, "", 0, 2},
		"and the clock is wrong":  {[]authtest.Option{authtest.KeycloakBehindProxy()}, "", -30 * time.Second, 3},
		"invalid_dpop_proof, by any other server": {[]authtest.Option{authtest.WithProofWindow(-time.Minute, 0)}, "", 0, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, test.options...).off(test.by)
			d.describe = func(p *auth.Provider) { p.DPoP = test.use }
			c := d.client()
			tokens, page, err := d.signIn(c, auth.BeginOptions{})
			if err != nil || tokens.TokenType != "Bearer" || !strings.Contains(page, "You are signed in") {
				t.Fatalf("%v, %v; the browser shows %q", tokens, err, page)
			}
			asked := d.provider.Requests(authtest.Authorize)
			if len(asked) != 2 || asked[0].Get("dpop_jkt") == "" || asked[1].Get("dpop_jkt") != "" || asked[0].Get("state") == asked[1].Get("state") ||
				asked[0].Get("nonce") == asked[1].Get("nonce") || asked[0].Get("code_challenge") == asked[1].Get("code_challenge") {
				t.Errorf("the authorization requests: %+v", asked)
			}
			codes := map[string]bool{}
			for _, r := range d.provider.Requests(authtest.Token) {
				codes[r.Get("code")] = true
			}
			all, proven := d.tokenRequests()
			if all > test.asked || proven != all-1 || len(codes) != 2 {
				t.Errorf("%d token requests, %d with a proof, %d codes", all, proven, len(codes))
			}
			if _, err := d.client().Refresh(t.Context(), tokens.Account.ID); err != nil {
				t.Errorf("refresh: %v", err)
			}
			if _, proven := d.tokenRequests(); proven != 0 {
				t.Error("a proof for a token that is bound to no key")
			}
			// The next sign-in, of a new start as well, knows.
			if d.client().Learnt().WithoutDPoP.IsZero() {
				t.Error("it is not remembered")
			}
			d.mustSignIn()
			if n := len(d.provider.Requests(authtest.Authorize)); n != 1 {
				t.Errorf("%d authorization requests the next time", n)
			}
		})
	}
}

func TestWhatWasLearntIsForgotten(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*testing.T, *desk)
		still  bool
	}{
		"nothing has changed": {func(*testing.T, *desk) {}, true},
		"other metadata": {func(t *testing.T, d *desk) {
			d.provider.Fault(authtest.Metadata(func(m map[string]any) { m["service_documentation"] = "https://example.com" }))
			if _, err := d.client().RenewMetadata(t.Context()); err != nil {
				t.Fatal(err)
			}
		}, false},
		"a month":               {func(_ *testing.T, d *desk) { d.off(31 * 24 * time.Hour) }, false},
		"another client":        {func(_ *testing.T, d *desk) { d.describe = func(p *auth.Provider) { p.ClientID = "another" } }, false},
		"a note of tomorrow":    {func(t *testing.T, d *desk) { redate(t, d, 24*time.Hour) }, false},
		"a note of an hour ago": {func(t *testing.T, d *desk) { redate(t, d, -time.Hour) }, true},
		"the file is gone":      {func(t *testing.T, d *desk) { mustRemove(t, d) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, authtest.KeycloakBehindProxy())
			d.mustSignIn()
			if d.client().Learnt().WithoutDPoP.IsZero() {
				t.Fatal("nothing was learnt; this test shows nothing")
			}
			test.change(t, d)
			if got := !d.client().Learnt().WithoutDPoP.IsZero(); got != test.still {
				t.Errorf("remembered: %v", got)
			}
		})
	}
}

// lessons are the files in which something was learnt.
func lessons(t *testing.T, d *desk) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(d.dir, "provider", "learnt-*.json"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// redate moves what was learnt by a time from now.
func redate(t *testing.T, d *desk, by time.Duration) {
	t.Helper()
	for _, path := range lessons(t, d) {
		raw, err := os.ReadFile(path)
		var note map[string]any
		if err == nil {
			err = json.Unmarshal(raw, &note)
		}
		if note["without_dpop"] == nil {
			t.Fatalf("no date in %s, %v", raw, err)
		}
		note["without_dpop"] = time.Now().Add(by)
		if raw, err = json.Marshal(note); err == nil {
			err = os.WriteFile(path, raw, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func mustRemove(t *testing.T, d *desk) {
	t.Helper()
	for _, path := range lessons(t, d) {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatIsLearntHoldsNoSecret(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authtest.KeycloakBehindProxy())
	tokens := d.mustSignIn()
	found := lessons(t, d)
	if len(found) != 1 {
		t.Fatalf("files: %v", found)
	}
	raw, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	secrets := []string{tokens.AccessToken, tokens.RefreshToken, tokens.Account.Subject, tokens.Account.Email}
	if slices.ContainsFunc(secrets, func(s string) bool { return strings.Contains(string(raw), s) }) {
		t.Errorf("it says %s", raw)
	}
}

func TestNothingIsLearntFromASignInThatFails(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authtest.KeycloakBehindProxy())
	d.provider.Fault(authtest.WrongAudience())
	if _, _, err := d.signIn(d.client(), auth.BeginOptions{}); err == nil {
		t.Fatal("signed in")
	}
	if found := lessons(t, d); len(found) != 0 {
		t.Errorf("files: %v", found)
	}
}

// A proxy that was mended, or a client that has to be bound from now on.
func TestProviderThatWantsProofsAfterAllGetsThemTheNextTime(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authtest.WithDPoP(false))
	lift := d.provider.Fault(refusesProofs().Times(1))
	d.mustSignIn()
	lift()
	missing := authtest.Answer(authtest.Token, 400, map[string]string{"Content-Type": "application/json"},
		`{"error":"invalid_request","error_description":"DPoP proof is missing"}`)
	lift = d.provider.Fault(missing.Times(1))
	if _, _, err := d.signIn(d.client(), auth.BeginOptions{}); auth.ReasonOf(err) != auth.ReasonRequestRejected {
		t.Fatalf("err = %v", err)
	}
	lift()
	if tokens := d.mustSignIn(); tokens.TokenType != "DPoP" {
		t.Errorf("a token of type %s", tokens.TokenType)
	}
}

func TestDeviceSignInGoesOnWithoutProofs(t *testing.T) {
	t.Parallel()
	for name, required := range map[string]bool{"used where offered": false, "required": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, authtest.KeycloakBehindProxy(), authtest.WithDevice(time.Second, 1))
			if required {
				d.describe = func(p *auth.Provider) { p.DPoP = auth.ExtensionRequired }
			}
			in, err := d.client().BeginDevice(t.Context(), auth.BeginOptions{})
			if err != nil {
				t.Fatal(err)
			}
			tokens, err := in.Wait()
			all, proven := d.tokenRequests()
			if required {
				if auth.ReasonOf(err) != auth.ReasonRequestRejected || all != 1 {
					t.Errorf("required: %v, asked %d times", err, all)
				}
				return
			}
			if err != nil || tokens.TokenType != "Bearer" || all != 3 || proven != 1 {
				t.Errorf("%v, %v; %d requests, %d with a proof", tokens, err, all, proven)
			}
			if d.client().Learnt().WithoutDPoP.IsZero() {
				t.Error("it is not remembered")
			}
		})
	}
}

// A bound token is worth nothing without its key, and is not thrown away for it.
func TestBoundSignInWhoseProofsAreRefusedIsKeptAndSignedInAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authtest.WithDPoP(false))
	account := d.mustSignIn().Account
	lift := d.provider.Fault(refusesProofs().ForGrant("refresh_token"), refusesProofs().ForGrant("authorization_code").Times(1))
	_, err := d.client().Refresh(t.Context(), account.ID)
	var refused *auth.ProviderError
	if auth.ReasonOf(err) != auth.ReasonAgain || !errors.As(err, &refused) || !refused.NeedsPerson() || errors.Is(err, auth.ErrNoSignIn) {
		t.Errorf("err = %v, want that the person signs in again", err)
	}
	if known := d.remembered(); len(known) != 1 || !known[0].Remembered {
		t.Errorf("kept: %+v", known)
	}
	tokens := d.mustSignIn()
	if tokens.TokenType != "Bearer" || len(d.remembered()) != 1 {
		t.Errorf("signed in again with a token of type %s; kept: %+v", tokens.TokenType, d.remembered())
	}
	lift()
	if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
		t.Errorf("the new sign-in: %v", err)
	}
}

func TestBrowserIsTakenToTheProviderOnceMore(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault authtest.Fault
		// codes are those that were exchanged: none twice.
		codes int
		// after is what happens where it goes wrong again.
		after auth.Reason
	}{
		"the answer was lost":        {authtest.LoseAnswer(authtest.Token), 2, auth.ReasonUnreachable},
		"no answer":                  {authtest.Drop(authtest.Token), 2, auth.ReasonUnreachable},
		"the page was open too long": {authtest.KeycloakLoginExpired(), 1, auth.ReasonInterrupted},
	} {
		for _, par := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				var options []authtest.Option
				if par {
					options = append(options, authtest.WithPAR(true), authtest.WithDPoP(true))
				}
				d := newDesk(t, options...)
				d.provider.Fault(test.fault.Times(1))
				tokens, page, err := d.signIn(d.client(), auth.BeginOptions{})
				if err != nil || !strings.Contains(page, "You are signed in") {
					t.Fatalf("%v, %v; the browser shows %q", tokens, err, page)
				}
				seen := map[string]int{}
				for _, r := range d.provider.Requests(authtest.Token) {
					seen[r.Get("code")]++
				}
				if n := len(d.provider.Requests(authtest.Authorize)); n != 2 || len(seen) != test.codes {
					t.Errorf("%d authorization requests, codes %v", n, seen)
				}
				if _, err := d.client().Refresh(t.Context(), tokens.Account.ID); err != nil {
					t.Errorf("refresh: %v", err)
				}

				d.provider.Fault(test.fault)
				d.provider.Forget()
				if _, page, err = d.signIn(d.client(), auth.BeginOptions{}); auth.ReasonOf(err) != test.after || !strings.Contains(page, "You are not signed in") {
					t.Errorf("without end: %v; the browser shows %q", err, page)
				}
				if n := len(d.provider.Requests(authtest.Authorize)); n != 2 {
					t.Errorf("without end: %d authorization requests", n)
				}
			})
		}
	}
}

// Where nothing has gone out, the browser could not come through either.
func TestNoFurtherRequestWhereTheCodeWasNotSentOrTheAnswerIsSenseless(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]authtest.Fault{
		"nobody listens":   authtest.Metadata(func(m map[string]any) { m["token_endpoint"] = "https://127.0.0.1:1/token" }),
		"a fault there":    authtest.TokenStatus(503),
		"a web page":       authtest.HTML(authtest.Token),
		"a code of before": authtest.TokenError("invalid_grant", nil),
		"busy":             authtest.AuthorizationError("temporarily_unavailable", "come back later"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.provider.Fault(fault)
			if _, _, err := d.signIn(d.client(), auth.BeginOptions{}); err == nil || errors.Is(err, auth.ErrInterrupted) {
				t.Errorf("err = %v", err)
			}
			if n := len(d.provider.Requests(authtest.Authorize)); n != 1 {
				t.Errorf("%d authorization requests", n)
			}
		})
	}
}

// No browser here waits for what was pasted.
func TestPastedAnswerLeadsToNoFurtherRequest(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]authtest.Fault{
		"lost": authtest.LoseAnswer(authtest.Token), "proofs refused": refusesProofs(), "open too long": authtest.KeycloakLoginExpired(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &hostile{desk: newDesk(t, authtest.WithDPoP(false)), log: &transcript{}}
			h.provider.Fault(fault)
			in, err := h.client().Begin(t.Context(), auth.BeginOptions{Elsewhere: true})
			if err != nil {
				t.Fatal(err)
			}
			if err := in.Paste(h.respond(in.URL()).String()); err != nil {
				t.Fatal(err)
			}
			if _, err := in.Wait(); err == nil {
				t.Error("signed in")
			}
			if n := len(h.provider.Requests(authtest.Authorize)); n != 1 {
				t.Errorf("%d authorization requests", n)
			}
		})
	}
}

// Whoever knows the state can write into the browser's answer. Only an endpoint that
// was shown a proof can refuse it.
func TestProofsAreNotGivenUpForWhatTheBrowserBrings(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"invalid_dpop_proof", "invalid_request"} {
		d := newDesk(t, authtest.WithDPoP(false))
		d.provider.Fault(authtest.AuthorizationError(code, "DPoP proof is not good"))
		_, _, err := d.signIn(d.client(), auth.BeginOptions{})
		var refused *auth.ProviderError
		if !errors.As(err, &refused) || refused.Step != "authorization" {
			t.Errorf("%s: err = %v", code, err)
		}
		if n := len(d.provider.Requests(authtest.Authorize)); n != 1 {
			t.Errorf("%s: the browser was taken to the provider %d times", code, n)
		}
		if learnt := d.client().Learnt(); !learnt.WithoutDPoP.IsZero() {
			t.Errorf("%s: it is remembered", code)
		}
	}
}
