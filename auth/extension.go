package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"slices"

	"golang.org/x/oauth2"
)

// Extension is the use of an optional extension of the protocol: pushed authorization
// requests (RFC 9126) or proofs of possession (RFC 9449).
type Extension string

// How an extension is used.
const (
	// ExtensionOffered uses it if the provider offers it, and goes on without it if it
	// turns out not to work there.
	ExtensionOffered Extension = ""
	// ExtensionOff never uses it.
	ExtensionOff Extension = "off"
	// ExtensionOn is ExtensionOffered by its name, for whoever overrules somebody else's
	// "off".
	ExtensionOn Extension = "on"
	// ExtensionRequired refuses a provider without it, or with one that does not work.
	ExtensionRequired Extension = "required"
)

func (e Extension) isKnown() bool {
	switch e {
	case ExtensionOffered, ExtensionOff, ExtensionOn, ExtensionRequired:
		return true
	}
	return false
}

// checkExtensions looks at the two fields' values. A key of "" means all is well.
func (p Provider) checkExtensions() (key, reason string) {
	for _, e := range []struct {
		key   string
		value Extension
	}{{"par", p.PAR}, {"dpop", p.DPoP}} {
		if !e.value.isKnown() {
			return e.key, fmt.Sprintf("is %q; only off, on and required are known", e.value)
		}
	}
	return "", ""
}

// CheckOffer fails unless a provider's metadata offer the PAR and DPoP required by the
// description.
//
// Errors: *[ConfigError] with the key "par" or "dpop".
func (p Provider) CheckOffer(m *Metadata) error {
	fail := func(key, reason string) error {
		return &ConfigError{Provider: p.Name(), Key: key, Reason: reason}
	}
	switch {
	case p.PAR == ExtensionRequired && m.PAREndpoint == "":
		return fail("par", `is "required", and the provider offers no pushed requests (its metadata have no pushed_authorization_request_endpoint): switch them on there, or write "on"`)
	case p.PAR == ExtensionOff && m.PARRequired:
		return fail("par", `is "off", and the provider accepts nothing but pushed requests (require_pushed_authorization_requests): write "on"`)
	case p.DPoP == ExtensionRequired && !slices.Contains(m.DPoPAlgs, algES256):
		return fail("dpop", `is "required", and the provider does not offer it with ES256 (dpop_signing_alg_values_supported in its metadata): switch it on there, or write "on"`)
	}
	return nil
}

// pushes reports if authorization requests are pushed, and insists if nothing else will
// do.
func (c *Client) pushes(m *Metadata) (pushes, insists bool) {
	return m.PAREndpoint != "" && c.provider.PAR != ExtensionOff, m.PARRequired || c.provider.PAR == ExtensionRequired
}

// newProofKey makes a key for a sign-in, if the provider offers DPoP with an algorithm of
// ours and has not shown that it does not work there. It returns nil for others.
func (c *Client) newProofKey(m *Metadata) *proofKey {
	switch {
	case c.provider.DPoP == ExtensionOff, !slices.Contains(m.DPoPAlgs, algES256):
		return nil
	case c.provider.DPoP != ExtensionRequired && !c.Learnt().WithoutDPoP.IsZero():
		return nil
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil // never: the curve is a known one, and so is the source of chance
	}
	return &proofKey{private}
}

// checkBound holds a kept sign-in to the description's demand: one from before has no
// key, and a new one gets it.
func (c *Client) checkBound(kept remembered) error {
	if c.provider.DPoP == ExtensionRequired && kept.Proof == nil {
		return fmt.Errorf("%w that is bound to a key, which is required", ErrNoSignIn)
	}
	return nil
}

// checkTokenType is [checkTokenType] if DPoP is not required. If it is, only bound tokens
// will do.
func (c *Client) checkTokenType(token *oauth2.Token, proof *proofKey) error {
	if err := checkTokenType(token, proof); err != nil {
		return err
	}
	if c.provider.DPoP == ExtensionRequired && !isBound(token) {
		return untrusted("token_type", "the access token is bound to no key, which is required here")
	}
	return nil
}
