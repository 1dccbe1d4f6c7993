package authtest

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"github.com/go-jose/go-jose/v4"
)

// Making an RSA key takes long enough to be felt when every test of a package does it.
var (
	firstKey   = sync.OnceValue(newKey)
	foreignKey = sync.OnceValue(newKey)
)

func newKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // only of a broken random source: crypto/rand does not survive it either
	}
	return key
}

type signingKey struct {
	id      string
	private *rsa.PrivateKey
}

// Rotate makes a new signing key, publishes it beside the former ones and signs with it from now on.
// A client's cached keys no longer suffice. For a key that is never published, see [UnknownKey].
func (p *Provider) Rotate() {
	key := newKey()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = append(p.keys, signingKey{id: fmt.Sprintf("key-%d", len(p.keys)+1), private: key})
}

// signer is the key in use.
func (p *Provider) signer() signingKey {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.keys[len(p.keys)-1]
}

func (p *Provider) serveKeys(w http.ResponseWriter, r *http.Request) {
	var set jose.JSONWebKeySet
	p.mu.Lock()
	for _, k := range p.keys {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: k.private.Public(), KeyID: k.id, Use: "sig", Algorithm: string(jose.RS256)})
	}
	p.mu.Unlock()
	p.writeCacheable(w, r, p.changed(pointKeys, p.withIssuers(set)))
}

// idToken makes an ID token of claims, as far as the faults in force let it; it may be empty.
func (p *Provider) idToken(grant string, claims map[string]any) (string, error) {
	key := p.signer()
	signed := func(_ *Provider, claims map[string]any) (string, error) {
		return sign(jose.RS256, key.id, key.private, claims)
	}
	for _, f := range p.take(pointIDToken, grant) {
		switch {
		case f.omit:
			return "", nil
		case f.claims != nil:
			f.claims(claims)
		case f.sign != nil:
			signed = f.sign
		}
	}
	return signed(p, claims)
}

// Ed25519 is the name in RFC 9864 for [jose.EdDSA] with that curve. go-jose does not know it.
const Ed25519 = jose.SignatureAlgorithm("Ed25519")

func sign(alg jose.SignatureAlgorithm, id string, key any, claims map[string]any) (string, error) {
	if alg == Ed25519 {
		payload, err := json.Marshal(claims)
		if err != nil {
			return "", err
		}
		header := map[string]any{"alg": string(alg), "typ": "JWT", "kid": id}
		return forge(header, payload, func(input []byte) []byte { return ed25519.Sign(key.(ed25519.PrivateKey), input) }), nil
	}
	options := (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", id)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, options)
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return jws.CompactSerialize()
}

// accessTokenHash is at_hash for an algorithm on SHA-256 (OpenID Connect Core 1.0, section 3.1.3.6).
func accessTokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}
