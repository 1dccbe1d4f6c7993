package auth

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/go-jose/go-jose/v4"
)

// signatureAlgorithms are those an ID token may be signed with: asymmetric
// only. "none" and the HMACs are not among them, whatever the metadata say,
// because a public client shares no secret (RFC 8725, section 3.1).
func signatureAlgorithms() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{
		jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512,
		jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
	}
}

// allowedAlgorithms are those that the metadata announce, of the ones we know.
// Without an announcement it is RS256, which every provider has (OpenID Connect
// Core 1.0, section 15.1).
func (m *Metadata) allowedAlgorithms() []jose.SignatureAlgorithm {
	if len(m.SigningAlgs) == 0 {
		return []jose.SignatureAlgorithm{jose.RS256}
	}
	var algs []jose.SignatureAlgorithm
	for _, a := range signatureAlgorithms() {
		if slices.Contains(m.SigningAlgs, string(a)) {
			algs = append(algs, a)
		}
	}
	return algs
}

// allows says whether the provider may sign with an algorithm.
func (m *Metadata) allows(alg string) bool {
	return slices.Contains(m.allowedAlgorithms(), jose.SignatureAlgorithm(alg))
}

// verifySignature checks who signed a token. A key that is not in
// our copy makes it ask the provider once, because keys rotate.
func (c *Client) verifySignature(ctx context.Context, m *Metadata, raw string, claims *Claims) error {
	jws, err := jose.ParseSignedCompact(raw, m.allowedAlgorithms())
	if err != nil {
		return untrusted("id_token", "it is not a signed token: %v", err)
	}
	kid := jws.Signatures[0].Header.KeyID
	alg := jws.Signatures[0].Header.Algorithm

	if d, ok := c.docs.Cached(m.JWKSURI); ok && c.now().Sub(d.Fetched) < maxMetadataAge {
		if c.verifyWith(d.Body, kid, alg, jws, claims) == nil {
			return nil
		}
	}
	d, err := c.document(ctx, c.docs, "keys", m.JWKSURI, json.Valid)
	if err != nil {
		return err
	}
	if !json.Valid(d.Body) {
		return &NotProviderError{Provider: c.provider.Name(), Host: c.provider.host(), Err: errors.New("its keys are not JSON")}
	}
	if err := c.verifyWith(d.Body, kid, alg, jws, claims); err != nil {
		return err
	}
	if err := c.docs.Keep(d); err != nil {
		c.log.Warn("keys not kept", "error", err)
	}
	return nil
}

// verifyWith tries the keys of a set that fit. Keys of kinds that we do not know
// are passed over, as RFC 7517, section 5 wants.
//
// Entra may publish one key under several issuers; one of them has to fit.
func (c *Client) verifyWith(set []byte, kid, alg string, jws *jose.JSONWebSignature, claims *Claims) error {
	err := untrusted("signature", "the ID token is not signed by a key of this provider (key id %q)", clean(kid))
	var doc struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if json.Unmarshal(set, &doc) != nil {
		return err
	}
	for _, raw := range doc.Keys {
		var key jose.JSONWebKey
		if key.UnmarshalJSON(raw) != nil || !signsTokens(key, raw) {
			continue
		}
		if kid != "" && key.KeyID != kid || key.Algorithm != "" && key.Algorithm != alg {
			continue
		}
		if _, wrong := jws.Verify(key); wrong != nil {
			continue
		}
		if c.dialect != Entra || keyIssuerFits(keyIssuer(raw), claims.Issuer, claims.Tenant) {
			return nil
		}
		err = untrusted("key_issuer", "the key that signed the ID token is not one for %q", claims.Issuer)
	}
	return err
}

func keyIssuer(key json.RawMessage) string {
	var published struct {
		Issuer string `json:"issuer"`
	}
	if json.Unmarshal(key, &published) != nil {
		return "not a string" // which fits nobody
	}
	return published.Issuer
}
