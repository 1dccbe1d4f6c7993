package authtest

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // names a certificate
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// maxAssertionLife is the limit of strict providers.
const maxAssertionLife = 5 * time.Minute

// registration is what the provider knows of its client.
type registration struct {
	secret string
	keys   map[string]crypto.PublicKey // by kid, or by x5t#S256
	spent  map[string]bool             // jti of assertions

	refusal ownRefusal
}

// WithClientAuth registers the client with one method of client authentication, by its registered
// name. The metadata announce this one, and no request may use another. A secret is registered with
// [WithClient] or [Provider.SetSecret], a key with [Provider.RegisterKey].
func WithClientAuth(method string) Option { return func(c *config) { c.authMethod = method } }

// WithCertificates lets the provider know keys by their certificates, as Microsoft Entra does: an
// assertion names them in x5t and x5t#S256, is signed with RS256, and is made out to the token
// endpoint. See [Provider.RegisterCertificate].
func WithCertificates() Option { return func(c *config) { c.certificates = true } }

// SetSecret changes the client's secret; the former one is forgotten.
func (p *Provider) SetSecret(secret string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.client.secret = secret
}

// RegisterKey adds a public key, as a JWK with a kid. It panics when it is none: a test has a mistake
// then.
func (p *Provider) RegisterKey(jwk string) {
	var key jose.JSONWebKey
	if err := json.Unmarshal([]byte(jwk), &key); err != nil || !key.Valid() || !key.IsPublic() || key.KeyID == "" {
		panic(fmt.Sprintf("authtest: not a public JWK with a kid: %v", err))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.client.keys[key.KeyID] = key.Key
}

// RegisterCertificate adds the key of a certificate in PEM, for [WithCertificates]. It panics when it
// is none.
func (p *Provider) RegisterCertificate(certificate string) {
	parsed := parseCertificate(certificate)
	sum := sha256.Sum256(parsed.Raw)
	short := sha1.Sum(parsed.Raw) //nolint:gosec // see the import
	p.mu.Lock()
	defer p.mu.Unlock()
	p.client.keys[thumbprints(short[:], sum[:])] = parsed.PublicKey
}

// thumbprints is the name of a key known by its certificate: both have to be right.
func thumbprints(sha1, sha256 []byte) string {
	return base64.RawURLEncoding.EncodeToString(sha1) + " " + base64.RawURLEncoding.EncodeToString(sha256)
}

// ForgetKeys forgets all of the client's keys, or those with the given ids only.
func (p *Provider) ForgetKeys(ids ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(ids) == 0 {
		clear(p.client.keys)
	}
	for _, id := range ids {
		delete(p.client.keys, id)
	}
}

// Refusal answers with an OAuth error (RFC 6749, section 5.2) at any endpoint; [TokenError] is the one
// for the token endpoint.
func Refusal(e Endpoint, code string) Fault {
	return instead(e, func(w http.ResponseWriter, _ *http.Request) { writeError(w, code, "as the test wishes", nil) })
}

// authenticated is true if a request shows the registered client's credentials (RFC 6749, section
// 2.3.1; RFC 7523, section 3). It answers any other request.
func (p *Provider) authenticated(w http.ResponseWriter, r *http.Request) bool {
	method, err := p.authenticate(r)
	if err == nil && p.config.authMethod != "" && method != p.config.authMethod {
		err = fmt.Errorf("the client is registered for %s and used %s", p.config.authMethod, method)
	}
	if err != nil {
		p.refuseClient(w, r, err)
		return false
	}
	return true
}

// authenticate finds out the method of a request, and checks it.
func (p *Provider) authenticate(r *http.Request) (method string, err error) {
	form := r.PostForm
	_, _, basic := r.BasicAuth()
	post, assertion := form.Has("client_secret"), form.Has("client_assertion")
	switch {
	case basic && (post || assertion) || post && assertion:
		return "", fmt.Errorf("credentials are given twice")
	case basic:
		return "client_secret_basic", p.checkBasic(r)
	case post:
		return "client_secret_post", p.checkSecret(form.Get("client_id"), form.Get("client_secret"))
	case assertion:
		return "private_key_jwt", p.checkAssertion(form)
	}
	return "none", p.checkSecret(form.Get("client_id"), "")
}

// checkBasic: id and secret are form-encoded within Basic.
func (p *Provider) checkBasic(r *http.Request) error {
	user, password, _ := r.BasicAuth()
	id, err := url.QueryUnescape(user)
	if err != nil {
		return fmt.Errorf("the client id is not encoded")
	}
	secret, err := url.QueryUnescape(password)
	if err != nil {
		return fmt.Errorf("the client secret is not encoded")
	}
	if r.PostForm.Has("client_id") && !r.PostForm.Has("response_type") {
		return fmt.Errorf("client_id is given twice")
	}
	return p.checkSecret(id, secret)
}

func (p *Provider) checkSecret(id, secret string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if id == p.config.secondClient && id != "" && secret == "" {
		return nil
	}
	if id != p.config.clientID || subtle.ConstantTimeCompare([]byte(secret), []byte(p.client.secret)) != 1 {
		return fmt.Errorf("unknown client or wrong secret")
	}
	return nil
}

// checkAssertion holds RFC 7523, section 3, with the one audience of draft-ietf-oauth-rfc7523bis.
func (p *Provider) checkAssertion(form url.Values) error {
	if form.Get("client_assertion_type") != assertionType {
		return fmt.Errorf("wrong client_assertion_type")
	}
	algorithms := []jose.SignatureAlgorithm{jose.ES256, jose.RS256}
	p.mu.Lock()
	way, issuer := p.config.assertions, p.URL
	p.mu.Unlock()
	if p.config.certificates {
		algorithms, issuer = []jose.SignatureAlgorithm{jose.RS256}, p.Endpoint(Token)
	}
	jws, err := jose.ParseSignedCompact(form.Get("client_assertion"), algorithms)
	if err != nil {
		return fmt.Errorf("the assertion is not a JWT that is signed with one of %v", algorithms)
	}
	key := p.assertionKey(jws.Signatures[0].Protected)
	if key == nil {
		return way.unknownKey()
	}
	if k, ok := key.(*rsa.PublicKey); ok && k.N.BitLen() < 2048 {
		return fmt.Errorf("the key is too short")
	}
	payload, err := jws.Verify(key)
	if err != nil {
		return fmt.Errorf("the assertion's signature is wrong")
	}
	typ, _ := jws.Signatures[0].Protected.ExtraHeaders[jose.HeaderType].(string)
	if err := way.checkType(typ); err != nil {
		return err
	}
	var claims struct {
		Iss, Sub, Aud, JTI string
		Exp, Iat, Nbf      int64
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return fmt.Errorf("the assertion's claims cannot be read, or it has more than one audience")
	}
	now, id := p.now(), p.config.clientID
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case claims.Iss != id || claims.Sub != id || form.Has("client_id") && form.Get("client_id") != id:
		return fmt.Errorf("the assertion is another client's")
	case way.checkAudience(claims.Aud, issuer, p.Endpoint(Token)) != nil:
		return way.checkAudience(claims.Aud, issuer, p.Endpoint(Token))
	case !now.Before(time.Unix(claims.Exp, 0)):
		return fmt.Errorf("the assertion has expired")
	case time.Unix(claims.Exp, 0).After(now.Add(maxAssertionLife)):
		return fmt.Errorf("the assertion is good for too long")
	case claims.Iat == 0 || time.Unix(claims.Iat, 0).After(now) || time.Unix(claims.Nbf, 0).After(now):
		return fmt.Errorf("the assertion comes from the future")
	case len(claims.JTI) < 16 || p.client.spent[claims.JTI]:
		return fmt.Errorf("the assertion has been used before")
	}
	p.client.spent[claims.JTI] = true
	return nil
}

func (p *Provider) assertionKey(header jose.Header) crypto.PublicKey {
	id := header.KeyID
	if p.config.certificates {
		short, _ := header.ExtraHeaders["x5t"].(string)
		long, _ := header.ExtraHeaders["x5t#S256"].(string)
		id = short + " " + long
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.client.keys[id]
}
