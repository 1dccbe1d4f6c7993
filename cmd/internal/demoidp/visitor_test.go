package demoidp

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"
)

const redirect = "http://127.0.0.1:45678/"

// visitor is a browser and the app that sent it, in one.
type visitor struct {
	t        *testing.T
	server   *Server
	http     *http.Client
	verifier string
}

func start(t *testing.T, p Params) *Server {
	t.Helper()
	s, err := p.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func visit(t *testing.T, s *Server) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t: t, server: s, verifier: oauth2.GenerateVerifier(), http: &http.Client{
		Jar: jar,
		CheckRedirect: func(r *http.Request, _ []*http.Request) error {
			if !strings.HasPrefix(r.URL.String(), s.Issuer()) {
				return http.ErrUseLastResponse // back to the app
			}
			return nil
		},
	}}
}

func (v *visitor) config() *oauth2.Config {
	return &oauth2.Config{
		ClientID:    ClientID,
		RedirectURL: redirect,
		Scopes:      []string{"openid", "email", "profile", "offline_access"},
		Endpoint: oauth2.Endpoint{
			AuthURL: v.server.Issuer() + "/authorize", TokenURL: v.server.Issuer() + "/oauth/token",
			DeviceAuthURL: v.server.Issuer() + "/device_authorization", AuthStyle: oauth2.AuthStyleInParams,
		},
	}
}

// authorize begins a sign-in and returns the page it leads to, or where the
// browser is sent back to.
func (v *visitor) authorize(more ...oauth2.AuthCodeOption) (*http.Response, *url.URL) {
	v.t.Helper()
	options := append([]oauth2.AuthCodeOption{oauth2.S256ChallengeOption(v.verifier), oauth2.SetAuthURLParam("nonce", "n-1")}, more...)
	return v.get(v.config().AuthCodeURL("s-1", options...))
}

func (v *visitor) get(address string) (*http.Response, *url.URL) {
	v.t.Helper()
	r, err := v.http.Get(address)
	if err != nil {
		v.t.Fatal(err)
	}
	return v.end(r)
}

func (v *visitor) post(path string, form url.Values) (*http.Response, *url.URL) {
	v.t.Helper()
	r, err := v.http.PostForm(v.server.Issuer()+path, form)
	if err != nil {
		v.t.Fatal(err)
	}
	return v.end(r)
}

func (v *visitor) end(r *http.Response) (*http.Response, *url.URL) {
	v.t.Helper()
	body, err := io.ReadAll(r.Body)
	r.Body.Close()
	if err != nil {
		v.t.Fatal(err)
	}
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	to, err := r.Location()
	if err != nil {
		return r, nil
	}
	return r, to
}

// code signs in as Ada and returns the code that the app gets.
func (v *visitor) code() string {
	v.t.Helper()
	r, back := v.authorize()
	if back == nil {
		_, back = v.post("/login", url.Values{"request": {r.Request.URL.Query().Get("request")}, "person": {"demo-ada"}})
	}
	if back == nil || back.Query().Get("state") != "s-1" || back.Query().Get("code") == "" {
		v.t.Fatalf("no code came back: %v", back)
	}
	return back.Query().Get("code")
}

func (v *visitor) exchange(code string) (*oauth2.Token, error) {
	return v.config().Exchange(v.t.Context(), code, oauth2.VerifierOption(v.verifier))
}

func (v *visitor) signIn() *oauth2.Token {
	v.t.Helper()
	token, err := v.exchange(v.code())
	if err != nil {
		v.t.Fatal(err)
	}
	return token
}

// refresh renews with this very token, not with a newer one.
func (v *visitor) refresh(token string) (*oauth2.Token, error) {
	return v.config().TokenSource(v.t.Context(), &oauth2.Token{RefreshToken: token}).Token()
}

func oauthError(err error) string {
	var e *oauth2.RetrieveError
	if !errors.As(err, &e) {
		return ""
	}
	return e.ErrorCode
}

// claims checks an ID token's signature by the published keys.
func claims(t *testing.T, s *Server, token *oauth2.Token) map[string]any {
	t.Helper()
	r, err := http.Get(s.Issuer() + "/keys")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var set jose.JSONWebKeySet
	if err := json.NewDecoder(r.Body).Decode(&set); err != nil {
		t.Fatal(err)
	}
	raw, _ := token.Extra("id_token").(string)
	sig, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatalf("parse ID token: %v", err)
	}
	payload, err := sig.Verify(&set)
	if err != nil {
		t.Fatalf("verify ID token: %v", err)
	}
	var c map[string]any
	if err := json.Unmarshal(payload, &c); err != nil {
		t.Fatal(err)
	}
	return c
}
