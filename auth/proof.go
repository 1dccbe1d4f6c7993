package auth

import (
	"errors"
	"time"
)

// proofSkew is how far this computer's clock may be from a provider's before it
// explains a refused proof. Providers take proofs for a quarter of a minute and more.
const proofSkew = 5 * time.Second

var (
	namesDPoP  = pattern(`(?i)dpop|proof[ -]of[ -]possession`)
	namesProof = pattern(`(?i)\bproofs?\b`)
	// namesPKCE is another proof, the one of RFC 7636.
	namesPKCE = pattern(`(?i)\bproof[ -]key|\bpkce\b`)
	// namesTime and namesRest are the reasons for refusing a proof.
	namesTime = pattern(`(?i)\biat\b|\btime|\bclock|\bactive\b|\bexpired\b|\bold\b|\bfuture\b|\bfresh`)
	namesRest = pattern(`(?i)\bht[um]\b|\bur[il]s?\b|\bmethod\b|\bkeys?\b|\bjwk\b|\bjti\b|\balg|\bsignature\b|\bnonce\b|\bused\b`)
)

// refusesProof reports if the provider refuses the proof of possession shown to it (RFC
// 9449, section 5). Keycloak words it as invalid_request.
func refusesProof(err error) bool {
	var refused *ProviderError
	return errors.As(err, &refused) && refused.sawProof() && (refused.Code == "invalid_dpop_proof" ||
		refused.Code == "invalid_request" && namesDPoP().MatchString(refused.Description))
}

// sawProof reports if a refusal is of an endpoint with a proof shown to it. A refusal
// brought by the browser is not: anybody knowing the state may have written it.
func (e *ProviderError) sawProof() bool { return e.Status != 0 }

// mayBeLate reports if another time in the proof is worth a try. If the refusal does not
// speak of DPoP by its name, but of some proof, it is worth no more.
func mayBeLate(err error) bool {
	var refused *ProviderError
	return refusesProof(err) || errors.As(err, &refused) && refused.sawProof() && refused.Code == "invalid_request" &&
		namesProof().MatchString(refused.Description) && !namesPKCE().MatchString(refused.Description)
}

// namesAnother reports if the provider refuses a proof for something else than its time.
func namesAnother(err error) bool {
	var refused *ProviderError
	return errors.As(err, &refused) && namesRest().MatchString(refused.Description) && !namesTime().MatchString(refused.Description)
}

// blamesTime reports if the provider refuses a proof for its time, in so many words.
func blamesTime(err error) bool {
	var refused *ProviderError
	return mayBeLate(err) && errors.As(err, &refused) && namesTime().MatchString(refused.Description)
}

// isTimeless reports if this computer's clock is to blame, and nobody can tell by how
// much.
func isTimeless(err error) bool {
	var clock *ClockError
	return errors.As(err, &clock) && clock.Ahead == 0
}

// wantsAnotherNonce reports if a proof was refused for its nonce. Some providers call
// this the proof's fault and give the nonce all the same.
func (c *Client) wantsAnotherNonce(endpoint, used string, a *answer, err error) bool {
	if a.header.Get(nonceHeader) == "" {
		return false
	}
	return isCode(err, "use_dpop_nonce") || refusesProof(err) && c.nonces.newest(endpoint) != used
}

// unproven makes of a refusal of the proof at a refresh one for the person to mend: the
// refresh token is good for nothing without its key, and a new sign-in is not bound if
// proofs do not work. If it has to be bound, nothing is mended by signing in again.
func (c *Client) unproven(err error) error {
	var refused *ProviderError
	var clock *ClockError
	if c.provider.DPoP == ExtensionRequired || errors.As(err, &clock) || !refusesProof(err) || !errors.As(err, &refused) {
		return err
	}
	unproven := *refused
	unproven.Unproven = true
	return &unproven
}
