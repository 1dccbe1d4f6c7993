package authtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/go-jose/go-jose/v4"
)

// Revoke revokes everything ever granted, as an administrator would: every refresh from now on is
// answered with invalid_grant. The browser stays signed in.
func (p *Provider) Revoke() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.codes {
		c.used, c.family.revoked = true, true
	}
	for _, f := range p.refresh {
		f.revoked = true
	}
	for _, f := range p.access {
		f.revoked = true
	}
}

// Alive is true if a refresh token would be taken.
func (p *Provider) Alive(refreshToken string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := p.refresh[refreshToken]
	return f != nil && !f.revoked && f.current == refreshToken
}

// serveRevocation revokes a token and its whole family (RFC 7009, section 2.1). Unknown tokens are
// answered with 200 as well (section 2.2).
func (p *Provider) serveRevocation(w http.ResponseWriter, r *http.Request) {
	switch {
	case !isForm(r) || r.PostForm.Get("token") == "":
		writeError(w, "invalid_request", "a form with a token, sent by POST", nil)
		return
	case !p.authenticated(w, r):
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	token := r.PostForm.Get("token")
	if f := p.refresh[token]; f != nil {
		if !p.gaveTo(f, r.PostForm) {
			writeError(w, "invalid_grant", "the token was given to another client", nil)
			return
		}
		f.revoked = true
	}
	if f := p.access[token]; f != nil {
		f.revoked = true
	}
	w.WriteHeader(http.StatusOK)
}

// serveUserInfo answers with the person's claims (OpenID Connect Core 1.0, section 5.3).
func (p *Provider) serveUserInfo(w http.ResponseWriter, r *http.Request) {
	f, no := p.shown(w, r)
	if no != nil {
		scheme := "Bearer"
		if r.Header.Get("DPoP") != "" {
			scheme = "DPoP"
		}
		w.Header().Set("WWW-Authenticate", fmt.Sprintf("%s error=%q", scheme, no.code))
		http.Error(w, no.why, http.StatusUnauthorized)
		return
	}
	claims := p.claims(f)
	delete(claims, "iss")
	delete(claims, "aud")
	writeJSON(w, http.StatusOK, p.changed(pointUserInfo, claims))
}

// serveEndSession signs the browser out (OpenID Connect RP-Initiated Logout 1.0, section 2). Grants
// stay as they are.
func (p *Provider) serveEndSession(w http.ResponseWriter, r *http.Request) {
	q := r.Form
	to := q.Get("post_logout_redirect_uri")
	if to != "" && !p.registered(to) {
		http.Error(w, "the redirect URI is not registered", http.StatusBadRequest)
		return
	}
	if id := q.Get("client_id"); id != "" && !p.config.knows(id) {
		http.Error(w, "unknown client", http.StatusBadRequest)
		return
	}
	if p.config.provenEnd && !p.provesSession(r) {
		http.Error(w, "id_token_hint is missing, or is not one of ours", http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	p.session = false
	p.mu.Unlock()
	if to == "" {
		_, _ = fmt.Fprint(w, "<!doctype html><title>Signed out</title><p>You are signed out.")
		return
	}
	answer := url.Values{}
	if state := q.Get("state"); state != "" {
		answer.Set("state", state)
	}
	w.Header().Set("Location", withQuery(to, answer))
	w.WriteHeader(http.StatusSeeOther)
}

// provesSession holds id_token_hint against OpenID Connect RP-Initiated Logout 1.0, section 4: a token
// signed by this provider for the client, expired or not.
func (p *Provider) provesSession(r *http.Request) bool {
	if r.Method != http.MethodPost || r.URL.Query().Has("id_token_hint") {
		return false
	}
	token, err := jose.ParseSignedCompact(r.PostForm.Get("id_token_hint"), []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return false
	}
	p.mu.Lock()
	keys := slices.Clone(p.keys)
	p.mu.Unlock()
	for _, key := range keys {
		payload, err := token.Verify(key.private.Public())
		if err != nil {
			continue
		}
		var claims struct {
			Issuer   string `json:"iss"`
			Audience string `json:"aud"`
		}
		return json.Unmarshal(payload, &claims) == nil && claims.Issuer == p.URL && p.config.knows(claims.Audience)
	}
	return false
}
