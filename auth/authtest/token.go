package authtest

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The grant types.
const (
	grantCode    = "authorization_code"
	grantRefresh = "refresh_token"
	grantDevice  = "urn:ietf:params:oauth:grant-type:device_code"
)

// family is what one sign-in granted: all tokens that descend from it live and die together.
type family struct {
	client string // the client it was given to, "" for the one with clientID
	person Person
	scope  string
	// resources are the possible APIs of access tokens (RFC 8707).
	resources []string
	nonce     string
	signedIn  time.Time
	revoked   bool
	boundTo   string // the thumbprint of the proofs' key, "" without
	current   string // the good refresh token
}

// secret makes a random code or token of 256 bits.
func secret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// refusal is an OAuth error code with its description.
type refusal struct{ code, why string }

func (p *Provider) serveToken(w http.ResponseWriter, r *http.Request) {
	switch {
	case !isForm(r):
		writeError(w, "invalid_request", "not a form sent by POST", nil)
		return
	case repeated(r.PostForm) != "":
		writeError(w, "invalid_request", repeated(r.PostForm)+" is given more than once", nil)
		return
	case !p.authenticated(w, r):
		return
	}
	boundTo, no := p.proven(w, r, "")
	if no != nil {
		writeError(w, no.code, no.why, nil)
		return
	}
	grant := r.PostForm.Get("grant_type")
	redeem := map[string]func(form url.Values, boundTo string) (*family, *refusal){
		grantCode: p.redeemCode, grantRefresh: p.redeemRefresh, grantDevice: p.redeemDevice,
	}[grant]
	if redeem == nil {
		writeError(w, "unsupported_grant_type", grant, nil)
		return
	}
	f, no := redeem(r.PostForm, boundTo)
	if no != nil {
		writeError(w, no.code, no.why, nil)
		return
	}
	p.issue(w, grant, f, AccessToken{Scope: cmp.Or(r.PostForm.Get("scope"), f.scope), Resource: r.PostForm.Get("resource")})
}

// AccessToken is what an access token was given for.
type AccessToken struct{ Scope, Resource string }

// Granted is what an access token was given for, the zero value for an unknown one.
func (p *Provider) Granted(access string) AccessToken {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.granted[access]
}

// redeemCode takes a code once (RFC 6749, section 4.1.3; RFC 7636, section 4.6). A second use
// revokes the tokens of the first one (RFC 6749, section 10.5).
func (p *Provider) redeemCode(form url.Values, boundTo string) (*family, *refusal) {
	now := p.now()
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.codes[form.Get("code")]
	if c == nil {
		return nil, &refusal{"invalid_grant", "unknown code"}
	}
	if c.used {
		c.family.revoked = true
		return nil, &refusal{"invalid_grant", "the code has been used before; what it gave is revoked"}
	}
	// A code shown with a wrong verifier or address may be stolen: it is spent too.
	c.used = true
	switch {
	case now.After(c.expires):
		return nil, &refusal{"invalid_grant", "the code has expired"}
	case !p.gaveTo(c.family, form):
		return nil, &refusal{"invalid_grant", "the code was given to another client"}
	case c.boundTo != "" && c.boundTo != boundTo:
		return nil, &refusal{"invalid_grant", "the code is bound to another key"}
	case form.Get("redirect_uri") != c.redirect:
		return nil, &refusal{"invalid_grant", "another redirect_uri than in the authorization request"}
	case !p.config.lax && (challengeOf(form.Get("code_verifier")) != c.challenge || !isVerifier(form.Get("code_verifier"))):
		return nil, &refusal{"invalid_grant", "the code_verifier does not fit"}
	}
	c.family.boundTo = boundTo
	return c.family, nil
}

// gaveTo is true if an authenticated request is of the family's client. By HTTP Basic and by an
// assertion only the one with clientID can be.
func (p *Provider) gaveTo(f *family, form url.Values) bool {
	id := form.Get("client_id")
	if id == "" {
		id = p.config.clientID
	}
	return id == p.audience(f)
}

// audience is the family's client.
func (p *Provider) audience(f *family) string {
	if f.client != "" {
		return f.client
	}
	return p.config.clientID
}

// challengeOf is the challenge of a verifier by S256 (RFC 7636, section 4.2).
func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// isVerifier is true if s has the form of RFC 7636, section 4.1.
func isVerifier(s string) bool {
	for _, c := range []byte(s) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && !strings.ContainsRune("-._~", rune(c)) {
			return false
		}
	}
	return len(s) >= 43 && len(s) <= 128
}

// redeemRefresh takes the newest refresh token of a family; a former one revokes the family (RFC
// 9700, section 4.14.2).
func (p *Provider) redeemRefresh(form url.Values, boundTo string) (*family, *refusal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	token := form.Get("refresh_token")
	f := p.refresh[token]
	switch {
	case f == nil:
		return nil, &refusal{"invalid_grant", "unknown refresh token"}
	case f.revoked:
		return nil, &refusal{"invalid_grant", "the grant is revoked"}
	case !p.gaveTo(f, form):
		return nil, &refusal{"invalid_grant", "the refresh token was given to another client"}
	case f.boundTo != boundTo:
		return nil, &refusal{"invalid_grant", "the refresh token is bound to another key, or to none"}
	case f.current != token:
		f.revoked = true
		return nil, &refusal{"invalid_grant", "the refresh token has been used before; the grant is revoked"}
	}
	for _, s := range words(form.Get("scope")) {
		// At Entra a refresh token is good for every API that is consented to.
		if !slices.Contains(words(f.scope), s) && p.config.entra == nil {
			return nil, &refusal{"invalid_scope", s + " was not granted"}
		}
	}
	if r := form.Get("resource"); r != "" && !slices.Contains(f.resources, r) {
		return nil, &refusal{"invalid_target", r + " was not granted"}
	}
	if !p.config.keepRefresh {
		f.current = secret()
		p.refresh[f.current] = f
	}
	return f, nil
}

// issue answers with tokens of a family (OpenID Connect Core 1.0, sections 3.1.3.3 and 12.2).
func (p *Provider) issue(w http.ResponseWriter, grant string, f *family, granted AccessToken) {
	now, access := p.now(), secret()
	fields := map[string]any{
		"access_token": access, "token_type": "Bearer", "expires_in": int(p.config.lifetime / time.Second), "scope": granted.Scope,
	}
	if f.boundTo != "" {
		fields["token_type"] = "DPoP"
	}
	p.mu.Lock()
	p.access[access], p.granted[access] = f, granted
	if slices.Contains(words(f.scope), "offline_access") {
		if f.current == "" {
			f.current = secret()
			p.refresh[f.current] = f
		}
		if grant != grantRefresh || !p.config.keepRefresh {
			fields["refresh_token"] = f.current
		}
	}
	p.mu.Unlock()

	claims := p.claims(f)
	claims["iat"] = now.Unix()
	claims["exp"] = now.Add(p.config.lifetime).Unix()
	claims["auth_time"] = f.signedIn.Unix()
	claims["at_hash"] = accessTokenHash(access)
	if grant == grantCode && f.nonce != "" {
		claims["nonce"] = f.nonce
	}
	token, err := p.idToken(grant, claims)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if token != "" {
		fields["id_token"] = token
	}
	p.clientInfo(f.person, fields)
	for _, fault := range p.take(pointTokens, grant) {
		fault.tokens(fields)
	}

	p.mu.Lock()
	hook := p.onToken
	p.mu.Unlock()
	if hook != nil {
		hook()
	}
	writeJSON(w, http.StatusOK, fields)
}

// claims are those about the person, as far as the scope goes.
func (p *Provider) claims(f *family) map[string]any {
	c := map[string]any{"iss": p.issuer(f.person), "aud": p.audience(f), "sub": f.person.Subject}
	scope := words(f.scope)
	if slices.Contains(scope, "profile") {
		c["name"], c["preferred_username"] = f.person.Name, f.person.PreferredUsername
	}
	if slices.Contains(scope, "email") {
		c["email"], c["email_verified"] = f.person.Email, f.person.EmailVerified
	}
	p.entraClaims(f.person, c)
	return c
}
