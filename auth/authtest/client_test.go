package authtest_test

import (
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"

	"github.com/portico-desktop/portico/auth/authtest"
)

// client is a correct client, with its redirect listener, written against the standards alone.
type client struct {
	t        *testing.T
	p        *authtest.Provider
	config   oauth2.Config
	redirect chan url.Values
	verifier string
	nonce    string
}

func newClient(t *testing.T, p *authtest.Provider) *client {
	t.Helper()
	c := &client{t: t, p: p, redirect: make(chan url.Values, 1), verifier: oauth2.GenerateVerifier(), nonce: "nonce-1"}
	listener := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		c.redirect <- r.Form
	}))
	t.Cleanup(listener.Close)
	m := c.metadata()
	c.config = oauth2.Config{
		ClientID: authtest.ClientID,
		Endpoint: oauth2.Endpoint{
			AuthURL: m["authorization_endpoint"].(string), TokenURL: m["token_endpoint"].(string), AuthStyle: oauth2.AuthStyleInParams,
		},
		RedirectURL: listener.URL + "/",
		Scopes:      []string{"openid", "email", "profile", "offline_access"},
	}
	return c
}

func (c *client) ctx() context.Context {
	return context.WithValue(c.t.Context(), oauth2.HTTPClient, c.p.Client())
}

func (c *client) metadata() map[string]any {
	c.t.Helper()
	var m map[string]any
	c.get(c.p.URL+"/.well-known/openid-configuration", &m)
	return m
}

func (c *client) get(address string, v any) {
	c.t.Helper()
	r, err := c.p.Client().Get(address)
	if err != nil {
		c.t.Fatal(err)
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK {
		c.t.Fatalf("GET %s: %s", address, r.Status)
	}
	if err := json.NewDecoder(r.Body).Decode(v); err != nil {
		c.t.Fatal(err)
	}
}

// authorize lets the person answer and returns what came to the redirect URI.
func (c *client) authorize(options ...oauth2.AuthCodeOption) url.Values {
	c.t.Helper()
	r, err := c.p.Browse(c.ctx(), c.url(options...))
	if err != nil {
		c.t.Fatal(err)
	}
	select {
	case v := <-c.redirect:
		return v
	default:
		body, _ := io.ReadAll(r.Body)
		c.t.Fatalf("no redirect, but %s: %s", r.Status, body)
		return nil
	}
}

func (c *client) url(options ...oauth2.AuthCodeOption) string {
	options = append([]oauth2.AuthCodeOption{oauth2.S256ChallengeOption(c.verifier), oauth2.SetAuthURLParam("nonce", c.nonce)}, options...)
	return c.config.AuthCodeURL("state-1", options...)
}

func (c *client) exchange(code string) (*oauth2.Token, error) {
	return c.config.Exchange(c.ctx(), code, oauth2.VerifierOption(c.verifier))
}

// signIn does all of it.
func (c *client) signIn() *oauth2.Token {
	c.t.Helper()
	token, err := c.exchange(c.authorize().Get("code"))
	if err != nil {
		c.t.Fatal(err)
	}
	return token
}

func (c *client) refresh(token string) (*oauth2.Token, error) {
	return c.config.TokenSource(c.ctx(), &oauth2.Token{RefreshToken: token}).Token()
}

// verify checks an ID token as OpenID Connect Core 1.0, section 3.1.3.7, has it, and names the first
// check that fails.
func (c *client) verify(token *oauth2.Token, nonce string) error {
	c.t.Helper()
	raw, _ := token.Extra("id_token").(string)
	if raw == "" {
		return errors.New("no id_token")
	}
	jws, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return fmt.Errorf("alg: %w", err)
	}
	var set jose.JSONWebKeySet
	c.get(c.metadata()["jwks_uri"].(string), &set)
	keys := set.Key(jws.Signatures[0].Header.KeyID)
	if len(keys) != 1 {
		return errors.New("unknown key")
	}
	payload, err := jws.Verify(keys[0].Key.(*rsa.PublicKey))
	if err != nil {
		return fmt.Errorf("signature: %w", err)
	}
	var claims struct {
		Iss, Sub, Azp, Nonce string
		Aud                  any
		Exp, Iat, Nbf        int64
		AtHash               string `json:"at_hash"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return err
	}
	audience := fmt.Sprint(claims.Aud)
	_, plural := claims.Aud.([]any)
	sum := sha256.Sum256([]byte(token.AccessToken))
	now := time.Now().Unix()
	const leeway = 60
	for _, check := range []struct {
		name string
		ok   bool
	}{
		{"iss", claims.Iss == c.p.URL},
		{"sub", claims.Sub != ""},
		{"other sub", claims.Sub == authtest.Ada().Subject},
		{"aud", strings.Contains(audience, authtest.ClientID)},
		{"azp", claims.Azp == authtest.ClientID || claims.Azp == "" && !plural},
		{"exp", claims.Exp > now-leeway},
		{"nbf", claims.Nbf < now+leeway},
		{"iat", claims.Iat < now+leeway && claims.Iat > now-leeway},
		{"nonce", claims.Nonce == nonce},
		{"at_hash", claims.AtHash == base64.RawURLEncoding.EncodeToString(sum[:16])},
	} {
		if !check.ok {
			return errors.New(check.name)
		}
	}
	return nil
}

// oauthCode is the OAuth error code in err.
func oauthCode(err error) string {
	var e *oauth2.RetrieveError
	if !errors.As(err, &e) {
		return fmt.Sprintf("no OAuth error: %v", err)
	}
	return e.ErrorCode
}
