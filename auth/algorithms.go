package auth

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// algEd25519 is the fully specified name of EdDSA with the curve Ed25519 (RFC 9864,
// section 2.2). go-jose does not know it.
const algEd25519 = jose.SignatureAlgorithm("Ed25519")

// signatureAlgorithms are those an ID token may be signed with: asymmetric
// only. "none" and the HMACs are not among them, whatever the metadata say,
// because a public client shares no secret (RFC 8725, section 3.1).
func signatureAlgorithms() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{
		jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512,
		jose.ES256, jose.ES384, jose.ES512, jose.EdDSA, algEd25519,
	}
}

// sameAlgorithm reports if two names stand for one algorithm. EdDSA may stand for Ed448
// as well; it is not known here, and no key of it is ever used.
func sameAlgorithm(a, b string) bool {
	edwards := []string{string(jose.EdDSA), string(algEd25519)}
	return a == b || slices.Contains(edwards, a) && slices.Contains(edwards, b)
}

// allowedAlgorithms are those announced by the metadata, of the ones we know. The
// standard demands an announcement (OpenID Connect Discovery 1.0, section 3). Without one
// it is up to the keys: each of them signs with algorithms of its own kind alone (see
// [PublishedKey]), and none of them is a secret.
func (m *Metadata) allowedAlgorithms() []jose.SignatureAlgorithm {
	if len(m.SigningAlgs) == 0 {
		return signatureAlgorithms()
	}
	var algs []jose.SignatureAlgorithm
	for _, a := range signatureAlgorithms() {
		if slices.ContainsFunc(m.SigningAlgs, func(announced string) bool { return sameAlgorithm(announced, string(a)) }) {
			algs = append(algs, a)
		}
	}
	return algs
}

// signingAlgsKey is the metadata's name for how ID tokens are signed.
const signingAlgsKey = "id_token_signing_alg_values_supported"

// checkAlgorithm refuses a token for the algorithm in its header. A signature as
// announced by the provider, but of a kind nobody can check, is a setting of the client's
// at the provider: a *[ConfigError]. Any other forbidden one is not from this provider,
// or no signature: a *[TrustError] with check "alg".
func (c *Client) checkAlgorithm(m *Metadata, alg string) error {
	switch {
	case slices.Contains(m.allowedAlgorithms(), jose.SignatureAlgorithm(alg)):
		return nil
	case slices.Contains(m.SigningAlgs, alg) && alg != "" && !strings.EqualFold(alg, "none"):
		return c.signedOtherwise("is " + clean(alg) + " for this client")
	}
	return untrusted("alg", "the ID token is signed with %q, which this provider does not announce or nobody may use", clean(alg))
}

// misses reports if a token may be right and the metadata old: the algorithm is one of
// ours, and they do not announce it.
func (m *Metadata) misses(alg string) bool {
	known := jose.SignatureAlgorithm(alg)
	return slices.Contains(signatureAlgorithms(), known) && !slices.Contains(m.allowedAlgorithms(), known)
}

// checkAlgorithms refuses a provider announcing no algorithm of ours, before anybody has
// signed in for nothing. It returns a *[ConfigError].
func (c *Client) checkAlgorithms(m *Metadata) error {
	if len(m.allowedAlgorithms()) > 0 {
		return nil
	}
	return c.signedOtherwise("is " + cleanList(m.SigningAlgs) + " and nothing else")
}

func (c *Client) signedOtherwise(how string) error {
	const instead = "%s, which no program on people's computers can check: choose RS256 or ES256 for the ID tokens of %s at the provider " +
		"(in Keycloak it is the client's ID token signature algorithm)"
	return &ConfigError{Provider: c.provider.Name(), Key: signingAlgsKey, AtProvider: true, Reason: fmt.Sprintf(instead, how, c.provider.ClientID)}
}
