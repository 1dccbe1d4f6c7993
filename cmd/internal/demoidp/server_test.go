package demoidp

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"
)

func TestSignInTellsWhoItIs(t *testing.T) {
	s := start(t, Params{})
	token := visit(t, s).signIn()
	got := claims(t, s, token)
	want := map[string]any{
		"iss": s.Issuer(), "sub": "demo-ada", "nonce": "n-1", "azp": ClientID,
		"name": "Ada Lovelace", "given_name": "Ada", "email": "ada@contoso.example", "email_verified": true,
	}
	for name, value := range want {
		if diff := cmp.Diff(value, got[name]); diff != "" {
			t.Errorf("claim %s (-want +got):\n%s", name, diff)
		}
	}
	if token.RefreshToken == "" {
		t.Error("no refresh token")
	}
	if n := s.Requests()["/oauth/token"]; n != 1 {
		t.Errorf("token requests counted: %d, want 1", n)
	}
}

func TestAuthorizationRequestIsChecked(t *testing.T) {
	v := visit(t, start(t, Params{}))
	plain := sha256.Sum256([]byte("x"))
	set := oauth2.SetAuthURLParam
	tests := map[string]struct {
		options []oauth2.AuthCodeOption
		error   string // in the redirect; "" when there must be none
		status  int    // without a redirect
	}{
		"any loopback port":     {options: []oauth2.AuthCodeOption{set("redirect_uri", "http://127.0.0.1:1/")}, status: 200},
		"localhost":             {options: []oauth2.AuthCodeOption{set("redirect_uri", "http://localhost:45678/")}, status: 200},
		"another path":          {options: []oauth2.AuthCodeOption{set("redirect_uri", "http://127.0.0.1:45678/other")}, status: 400},
		"another host":          {options: []oauth2.AuthCodeOption{set("redirect_uri", "http://contoso.example/")}, status: 400},
		"another client":        {options: []oauth2.AuthCodeOption{set("client_id", "other")}, status: 400},
		"no PKCE":               {options: []oauth2.AuthCodeOption{set("code_challenge", "")}, error: "invalid_request"},
		"PKCE plain":            {options: []oauth2.AuthCodeOption{set("code_challenge", base64.RawURLEncoding.EncodeToString(plain[:])), set("code_challenge_method", "plain")}, error: "invalid_request"},
		"implicit":              {options: []oauth2.AuthCodeOption{set("response_type", "id_token token")}, error: "unauthorized_client"},
		"silent, not signed in": {options: []oauth2.AuthCodeOption{set("prompt", "none")}, error: "login_required"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r, back := v.authorize(test.options...)
			if test.error == "" {
				if back != nil || r.StatusCode != test.status {
					t.Errorf("status %d, redirect %v; want status %d and none", r.StatusCode, back, test.status)
				}
				return
			}
			if back == nil {
				t.Fatalf("status %d and no redirect, want error %s", r.StatusCode, test.error)
			}
			answer := back.Query()
			if back.Fragment != "" {
				answer, _ = url.ParseQuery(back.Fragment)
			}
			if answer.Get("error") != test.error || answer.Get("state") != "s-1" {
				t.Errorf("answer %v, want error %s and the state", answer, test.error)
			}
		})
	}
}

func TestSayingNoIsAccessDenied(t *testing.T) {
	s := start(t, Params{})
	v := visit(t, s)
	page, _ := v.authorize()
	form := url.Values{"request": {page.Request.URL.Query().Get("request")}}
	_, back := v.post("/login/deny", form)
	if back == nil || back.Query().Get("error") != "access_denied" || back.Query().Get("state") != "s-1" {
		t.Fatalf("sent back to %v, want access_denied", back)
	}
	form.Set("person", "demo-ada")
	if r, back := v.post("/login", form); back != nil || r.StatusCode != http.StatusGone {
		t.Errorf("the sign-in goes on after a no: status %d, %v", r.StatusCode, back)
	}
}

func TestRefreshTokenIsReplacedAndWorksOnce(t *testing.T) {
	s := start(t, Params{})
	v := visit(t, s)
	first := v.signIn()
	second, err := v.refresh(first.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	if second.RefreshToken == first.RefreshToken {
		t.Error("the refresh token was not replaced")
	}
	if got := claims(t, s, second)["sub"]; got != "demo-ada" {
		t.Errorf("sub %v after a refresh", got)
	}
	if _, err := v.refresh(first.RefreshToken); oauthError(err) != "invalid_grant" {
		t.Errorf("a replaced refresh token: %v, want invalid_grant", err)
	}
	if _, err := v.refresh(second.RefreshToken); oauthError(err) != "invalid_grant" {
		t.Errorf("its successor after the reuse: %v, want invalid_grant", err)
	}
	if n := s.Grants(); n != 0 {
		t.Errorf("%d sign-ins left, want none", n)
	}
}

func TestOneRefreshTokenUsedAtTheSameTime(t *testing.T) {
	s := start(t, Params{})
	v := visit(t, s)
	token := v.signIn().RefreshToken
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for range 8 {
		wg.Go(func() {
			if _, err := v.refresh(token); err == nil {
				mu.Lock()
				won++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if won > 1 {
		t.Errorf("one refresh token worked %d times", won)
	}
	if n := s.Grants(); n != 0 {
		t.Errorf("the sign-in lives on after a reuse")
	}
}

func TestCodeWorksOnceAndOnlyWithItsVerifier(t *testing.T) {
	s := start(t, Params{})
	v := visit(t, s)
	code := v.code()
	token, err := v.exchange(code)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.exchange(code); oauthError(err) != "invalid_grant" {
		t.Errorf("a code used twice: %v, want invalid_grant", err)
	}
	if _, err := v.refresh(token.RefreshToken); oauthError(err) != "invalid_grant" {
		t.Errorf("what came of a code used twice: %v, want invalid_grant", err)
	}
	code = v.code()
	v.verifier = oauth2.GenerateVerifier()
	if _, err := v.exchange(code); oauthError(err) != "invalid_grant" {
		t.Errorf("a foreign verifier: %v, want invalid_grant", err)
	}
}

func TestSignInEnds(t *testing.T) {
	tests := map[string]func(v *visitor, token *oauth2.Token){
		"by revoking the refresh token": func(v *visitor, token *oauth2.Token) {
			r, _ := v.post("/revoke", url.Values{"client_id": {ClientID}, "token": {token.RefreshToken}, "token_type_hint": {"refresh_token"}})
			if r.StatusCode != 200 {
				v.t.Errorf("revocation: status %d", r.StatusCode)
			}
		},
		"by the administrator": func(v *visitor, _ *oauth2.Token) {
			if err := v.server.RevokeAll(); err != nil {
				v.t.Error(err)
			}
		},
	}
	for name, end := range tests {
		t.Run(name, func(t *testing.T) {
			v := visit(t, start(t, Params{}))
			token := v.signIn()
			end(v, token)
			if _, err := v.refresh(token.RefreshToken); oauthError(err) != "invalid_grant" {
				t.Errorf("refresh: %v, want invalid_grant", err)
			}
			r, err := oauth2.NewClient(t.Context(), oauth2.StaticTokenSource(token)).Get(v.server.Issuer() + "/userinfo")
			if err != nil {
				t.Fatal(err)
			}
			r.Body.Close()
			if r.StatusCode == 200 {
				t.Error("the access token still works")
			}
		})
	}
}

func TestBrowserStaysSignedInUntilItSignsOut(t *testing.T) {
	s := start(t, Params{})
	v := visit(t, s)
	token := v.signIn()
	if _, back := v.authorize(oauth2.SetAuthURLParam("prompt", "none")); back == nil || back.Query().Get("code") == "" {
		t.Errorf("a browser that is signed in was sent to %v, want a code", back)
	}
	page, back := v.authorize(oauth2.SetAuthURLParam("prompt", "consent"))
	body, err := io.ReadAll(page.Body)
	if err != nil {
		t.Fatal(err)
	}
	if back != nil || !strings.Contains(string(body), `class="person suggested" name="person" value="demo-ada"`) {
		t.Errorf("prompt=consent led to %v and did not suggest Ada", back)
	}
	if _, back := v.authorize(oauth2.SetAuthURLParam("prompt", "login")); back != nil {
		t.Errorf("prompt=login was answered without the person: %v", back)
	}
	if _, back := v.authorize(oauth2.SetAuthURLParam("login_hint", "grace@contoso.example")); back != nil {
		t.Errorf("Ada's browser was taken for Grace's: %v", back)
	}

	if r, _ := v.get(s.Issuer() + "/end_session?client_id=" + ClientID); r.Request.URL.Path != "/sign-out" || s.Sessions() != 1 {
		t.Errorf("a sign-out by nobody in particular led to %s and left %d sessions; want a question", r.Request.URL, s.Sessions())
	}
	idToken, _ := token.Extra("id_token").(string)
	r, _ := v.get(s.Issuer() + "/end_session?" + url.Values{"id_token_hint": {idToken}}.Encode())
	if r.Request.URL.Path != "/signed-out" || s.Sessions() != 0 {
		t.Errorf("a sign-out led to %s and left %d sessions", r.Request.URL, s.Sessions())
	}
	if _, back := v.authorize(); back != nil {
		t.Errorf("after the sign-out: sent back to %v without a page", back)
	}
	if _, err := v.refresh(token.RefreshToken); err != nil {
		t.Errorf("signing the browser out ended the app's sign-in: %v", err)
	}
}

func TestNextRunHonoursTheSignInsOfThisOne(t *testing.T) {
	file := filepath.Join(t.TempDir(), "provider.json")
	ctx, cancel := context.WithCancel(t.Context())
	one, err := Params{File: file}.Start(ctx)
	if err != nil {
		t.Fatal(err)
	}
	token := visit(t, one).signIn()
	addr := strings.TrimPrefix(one.Issuer(), "http://")
	cancel()
	<-one.Done()

	two := start(t, Params{Addr: addr, File: file})
	v := visit(t, two)
	if got := claims(t, two, token)["sub"]; got != "demo-ada" {
		t.Errorf("an ID token of the run before: sub %v", got)
	}
	renewed, err := v.refresh(token.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.refresh(token.RefreshToken); oauthError(err) != "invalid_grant" {
		t.Errorf("reuse across runs: %v, want invalid_grant", err)
	}
	if _, err := v.refresh(renewed.RefreshToken); oauthError(err) != "invalid_grant" {
		t.Errorf("the successor after a reuse across runs: %v, want invalid_grant", err)
	}
}

func TestKeysRotate(t *testing.T) {
	s := start(t, Params{})
	v := visit(t, s)
	before := v.signIn()
	if err := s.RotateKeys(); err != nil {
		t.Fatal(err)
	}
	claims(t, s, before)
	after, err := v.refresh(before.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	claims(t, s, after)
	header := func(token *oauth2.Token) string {
		raw, _ := token.Extra("id_token").(string)
		h, _, _ := strings.Cut(raw, ".")
		return h
	}
	if header(before) == header(after) {
		t.Error("still signed by the key before")
	}
}

func TestDeviceCode(t *testing.T) {
	for person, want := range map[string]string{"demo-grace": "", "": "access_denied"} {
		t.Run("answer "+person, func(t *testing.T) {
			s := start(t, Params{})
			v := visit(t, s)
			device, err := v.config().DeviceAuth(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			poll := func() (*oauth2.Token, error) {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				return v.config().DeviceAccessToken(ctx, device)
			}
			if r, _ := v.post("/device", url.Values{"user_code": {"nonsense"}, "person": {person}}); r.StatusCode != 200 {
				t.Errorf("a wrong code: status %d", r.StatusCode)
			}
			v.post("/device", url.Values{"user_code": {strings.ToLower(device.UserCode)}, "person": {person}})
			token, err := poll()
			if oauthError(err) != want {
				t.Fatalf("error %v, want %q", err, want)
			}
			if want == "" && claims(t, s, token)["sub"] != person {
				t.Errorf("signed in as %v", claims(t, s, token)["sub"])
			}
		})
	}
}

func TestPageSaysThatItIsADemo(t *testing.T) {
	r, _ := visit(t, start(t, Params{})).authorize(oauth2.SetAuthURLParam("login_hint", "grace@contoso.example"))
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"This is a demo.", "Ada Lovelace", "Grace Hopper", "No, do not let it in"} {
		if !strings.Contains(string(body), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if got := r.Header.Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'none'") {
		t.Errorf("Content-Security-Policy %q", got)
	}
	if strings.Contains(string(body), "<script") {
		t.Error("the page has scripts")
	}
}

func TestListensOnLoopbackOnly(t *testing.T) {
	if s, err := (Params{Addr: "0.0.0.0:0"}).Start(t.Context()); err == nil {
		s.Close()
		t.Error("a sign-in without passwords listens to the world")
	}
}
