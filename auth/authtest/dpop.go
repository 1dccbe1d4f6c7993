package authtest

import (
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// proofSkew is how far a proof's time may be from the provider's by default.
const proofSkew = time.Minute

// WithDPoP announces proofs of possession (RFC 9449) with ES256 and takes them. Tokens granted with
// a proof are bound to its key. With nonce, every proof has to carry the provider's newest one; see
// [Provider.RenewNonce].
func WithDPoP(nonce bool) Option {
	return func(c *config) { c.dpop, c.dpopNonce = true, nonce }
}

// RenewNonce lets the provider ask for another nonce from now on.
func (p *Provider) RenewNonce() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.nonce = secret()
}

// BoundTo returns the thumbprint of a refresh token's key, "" for none.
func (p *Provider) BoundTo(refreshToken string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if f := p.refresh[refreshToken]; f != nil {
		return f.boundTo
	}
	return ""
}

// proven returns the thumbprint of the key in a request's proof of possession (RFC 9449, section
// 4.3), "" without a proof. accessToken is the one shown with it.
func (p *Provider) proven(w http.ResponseWriter, r *http.Request, accessToken string) (thumbprint string, no *refusal) {
	proofs := r.Header.Values("DPoP")
	if !p.config.dpop || len(proofs) == 0 {
		return "", nil
	}
	rules := p.config.proofs
	invalid := func(why string) (string, *refusal) {
		if rules.keycloak {
			return "", &refusal{"invalid_request", why}
		}
		return "", &refusal{"invalid_dpop_proof", why}
	}
	if len(proofs) > 1 {
		return invalid("there is more than one proof")
	}
	jws, err := jose.ParseSignedCompact(proofs[0], []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return invalid("it is not a JWT that is signed with ES256")
	}
	header := jws.Signatures[0].Protected
	if typ, _ := header.ExtraHeaders[jose.HeaderType].(string); typ != "dpop+jwt" {
		return invalid("typ is not dpop+jwt")
	}
	if header.JSONWebKey == nil || !header.JSONWebKey.Valid() || !header.JSONWebKey.IsPublic() {
		return invalid("it has no public key in it")
	}
	payload, err := jws.Verify(header.JSONWebKey)
	if err != nil {
		return invalid("its signature is wrong")
	}
	var claims struct {
		JTI, HTM, HTU, ATH, Nonce string
		Iat                       int64
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return invalid("its claims cannot be read")
	}
	ath := ""
	if accessToken != "" {
		sum := sha256.Sum256([]byte(accessToken))
		ath = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	off := p.now().Sub(time.Unix(claims.Iat, 0))
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case rules.overHTTP:
		return invalid("DPoP HTTP URL mismatch")
	case claims.HTM != r.Method:
		return invalid("htm is another method")
	case claims.HTU != p.server.URL+r.URL.Path:
		return invalid(fmt.Sprintf("htu is %s, another address", claims.HTU))
	case (off > rules.past || off < -rules.future) && rules.keycloak:
		return invalid("DPoP proof is not active")
	case off > rules.past || off < -rules.future:
		return invalid("iat is not now")
	case claims.ATH != ath:
		return invalid("ath is not the hash of the access token")
	case p.config.dpopNonce && claims.Nonce != p.nonce:
		w.Header().Set("DPoP-Nonce", p.nonce)
		return "", &refusal{"use_dpop_nonce", "the nonce is missing or old"}
	case len(claims.JTI) < 16 || p.spentProofs[claims.JTI]:
		return invalid("it has been used before")
	}
	p.spentProofs[claims.JTI] = true
	sum, err := header.JSONWebKey.Thumbprint(crypto.SHA256)
	if err != nil {
		return invalid("its key has no thumbprint")
	}
	return base64.RawURLEncoding.EncodeToString(sum), nil
}

// shown returns the family of the access token in a request to an API. It refuses bound tokens
// without their proof, and the other way round (RFC 9449, section 7).
func (p *Provider) shown(w http.ResponseWriter, r *http.Request) (*family, *refusal) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	p.mu.Lock()
	f := p.access[token]
	if f != nil && f.revoked {
		f = nil
	}
	p.mu.Unlock()
	switch {
	case f == nil:
		return nil, &refusal{"invalid_token", "unknown access token"}
	case f.boundTo == "" && scheme == "Bearer":
		return f, nil
	case f.boundTo == "" || scheme != "DPoP":
		return nil, &refusal{"invalid_token", "the wrong scheme for this access token"}
	}
	thumbprint, no := p.proven(w, r, token)
	if no == nil && thumbprint != f.boundTo {
		no = &refusal{"invalid_token", "the access token is bound to another key"}
	}
	return f, no
}
