package session

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

// api is a server that takes the access tokens of a provider, as a portal does.
type api struct {
	*httptest.Server
	mu sync.Mutex
	// refuse answers a request instead, where it returns true. n counts from 1.
	refuse func(n int, w http.ResponseWriter) bool
	tokens []string
	bodies []string
}

func newAPI(t *testing.T) *api {
	a := &api{refuse: func(int, http.ResponseWriter) bool { return false }}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		a.mu.Lock()
		a.tokens, a.bodies = append(a.tokens, token), append(a.bodies, string(body))
		n, refuse := len(a.tokens), a.refuse
		a.mu.Unlock()
		if !refuse(n, w) {
			_, _ = io.WriteString(w, "done")
		}
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *api) seen() (tokens, bodies []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.tokens, a.bodies
}

func (r *running) post(a *api, body io.Reader) (string, int, error) {
	r.d.t.Helper()
	req, err := http.NewRequestWithContext(r.d.t.Context(), http.MethodPost, a.URL, body)
	if err != nil {
		r.d.t.Fatal(err)
	}
	resp, err := r.Do(req, auth.API{})
	if err != nil {
		return "", 0, err
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	if err != nil {
		r.d.t.Fatal(err)
	}
	return string(said), resp.StatusCode, nil
}

func unauthorized(challenge string) func(n int, w http.ResponseWriter) bool {
	return func(n int, w http.ResponseWriter) bool {
		if n == 1 {
			w.Header().Set("WWW-Authenticate", challenge)
			w.WriteHeader(http.StatusUnauthorized)
		}
		return n == 1
	}
}

func TestRequestGoesWithAFreshToken(t *testing.T) {
	r, a := newDesk(t).start(), newAPI(t)
	r.signIn()
	for range 2 {
		if said, _, err := r.post(a, strings.NewReader("a request")); err != nil || said != "done" {
			t.Fatalf("%q, %v", said, err)
		}
	}
	tokens, _ := a.seen()
	if tokens[0] == "" || tokens[0] != tokens[1] || len(r.d.provider.Requests(authtest.Token)) != 1 {
		t.Errorf("%d token requests for two calls within the token's life", len(r.d.provider.Requests(authtest.Token)))
	}
}

func TestRefusedTokenIsRenewedOnce(t *testing.T) {
	r, a := newDesk(t).start(), newAPI(t)
	r.signIn()
	a.refuse = unauthorized(`Bearer error="invalid_token"`)
	if said, _, err := r.post(a, strings.NewReader("a request")); err != nil || said != "done" {
		t.Fatalf("%q, %v", said, err)
	}
	tokens, bodies := a.seen()
	if len(tokens) != 2 || tokens[0] == tokens[1] || bodies[1] != "a request" {
		t.Errorf("%d requests with bodies %q; the same token: %t", len(tokens), bodies, tokens[0] == tokens[1])
	}
	a.refuse = func(_ int, w http.ResponseWriter) bool { w.WriteHeader(http.StatusUnauthorized); return true }
	if _, status, err := r.post(a, strings.NewReader("a request")); err != nil || status != http.StatusUnauthorized {
		t.Errorf("status %d, %v", status, err)
	}
	if tokens, _ = a.seen(); len(tokens) != 4 {
		t.Errorf("%d requests, want two and two", len(tokens))
	}
	if now, _ := r.Snapshot(); now.Phase != localapi.SignedIn {
		t.Errorf("an API that takes nothing made the session %s", now.Phase)
	}
}

// A body that can be read once only may have been worked on.
func TestBodyThatCannotBeReadAgainIsNotSentAgain(t *testing.T) {
	r, a := newDesk(t).start(), newAPI(t)
	r.signIn()
	a.refuse = unauthorized(`Bearer error="invalid_token"`)
	if _, status, err := r.post(a, io.MultiReader(strings.NewReader("a stream"))); err != nil || status != http.StatusUnauthorized {
		t.Errorf("status %d, %v", status, err)
	}
	if tokens, _ := a.seen(); len(tokens) != 1 {
		t.Errorf("%d requests", len(tokens))
	}
	if said, _, err := r.post(a, io.MultiReader(strings.NewReader("a stream"))); err != nil || said != "done" {
		t.Errorf("the next one: %q, %v", said, err)
	}
	if tokens, _ := a.seen(); tokens[0] == tokens[1] {
		t.Error("the refused token is used again")
	}
}

func TestClaimsChallengeAsksForThePerson(t *testing.T) {
	d := newDesk(t, authtest.WithEntra(authtest.EntraOptions{}))
	d.described = []auth.Provider{d.work()}
	d.described[0].Dialect = auth.Entra
	r, a := d.start(), newAPI(t)
	r.signIn()
	const claims = `{"access_token":{"acrs":{"essential":true,"value":"c1"}}}`
	a.refuse = unauthorized(`Bearer error="insufficient_claims", claims="` + base64.StdEncoding.EncodeToString([]byte(claims)) + `"`)
	_, _, err := r.post(a, strings.NewReader("a request"))
	var problem *localapi.Problem
	if !errors.As(err, &problem) || problem.Exit() != localapi.ExitSignInNeeded {
		t.Fatalf("err = %v", err)
	}
	now := r.await(phase(localapi.NeedsSignIn))
	if now.Problem == nil || now.Account == nil {
		t.Errorf("%+v", now)
	}
	if tokens, _ := a.seen(); len(tokens) != 1 {
		t.Errorf("%d requests", len(tokens))
	}
	if _, _, err := r.post(a, nil); !errors.As(err, &problem) {
		t.Errorf("with nobody signed in: %v", err)
	}
	d.provider.Forget()
	r.signIn()
	if asked := d.provider.Requests(authtest.Authorize)[0].Get("claims"); !strings.Contains(asked, `"acrs"`) {
		t.Errorf("the sign-in asks for %s", asked)
	}
	if said, _, err := r.post(a, strings.NewReader("a request")); err != nil || said != "done" {
		t.Errorf("%q, %v", said, err)
	}
}

func TestRequestOfNobody(t *testing.T) {
	r, a := newDesk(t).start(), newAPI(t)
	r.await(phase(localapi.SignedOut))
	var problem *localapi.Problem
	if _, _, err := r.post(a, nil); !errors.As(err, &problem) || problem.Code != localapi.SignInNeeded {
		t.Errorf("err = %v", err)
	}
}

// What the provider has ended ends the session; an API that it does not know does not.
func TestTokenThatCannotBeHad(t *testing.T) {
	r, a := newDesk(t).start(), newAPI(t)
	r.signIn()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	var problem *localapi.Problem
	if _, err := r.Do(req, auth.API{Scopes: []string{"never.granted"}}); !errors.As(err, &problem) || problem.Details.OAuthError != "invalid_scope" {
		t.Errorf("err = %v", err)
	}
	if now, _ := r.Snapshot(); now.Phase != localapi.SignedIn {
		t.Errorf("an API that is not known made the session %s", now.Phase)
	}
	r.d.provider.Revoke()
	a.refuse = unauthorized("Bearer")
	if _, _, err := r.post(a, strings.NewReader("x")); !errors.As(err, &problem) || problem.Exit() != localapi.ExitSignInNeeded {
		t.Errorf("err = %v", err)
	}
	r.await(phase(localapi.NeedsSignIn))
}

func TestRenewalForARequestGoesOnWhenTheCallerLeaves(t *testing.T) {
	r, a := newDesk(t).start(), newAPI(t)
	r.signIn()
	ctx, leave := context.WithCancel(t.Context())
	a.refuse = unauthorized("Bearer")
	r.d.provider.OnToken(leave)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Do(req, auth.API{}); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
	r.stop()
	again := r.d.start()
	again.await(phase(localapi.SignedIn)) // the rotated token was kept
}
