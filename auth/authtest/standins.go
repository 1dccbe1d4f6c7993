package authtest

import (
	"net/http"
	"time"
)

// The options in this file are stand-ins: with one the provider answers as a product does in one
// respect, as far as its source or its answers show, and nothing else about it is that product's.

// proofRules are how a provider checks proofs of possession.
type proofRules struct {
	past, future time.Duration // how old a proof may be, and how far ahead of the provider's time
	keycloak     bool          // in Keycloak's words
	overHTTP     bool          // the provider believes that it is asked over http
}

// WithProofWindow lets proofs be as old as past and as far ahead as future; the default is a minute
// each. It implies [WithDPoP].
func WithProofWindow(past, future time.Duration) Option {
	return func(c *config) { c.dpop, c.proofs.past, c.proofs.future = true, past, future }
}

// KeycloakProofs stands in for Keycloak 26: proofs are taken from 25 s ago to 15 s ahead, and each
// refusal is invalid_request with the reason in its description. It implies [WithDPoP].
func KeycloakProofs() Option {
	return func(c *config) {
		c.dpop = true
		c.proofs.past, c.proofs.future, c.proofs.keycloak = 25*time.Second, 15*time.Second, true
	}
}

// KeycloakBehindProxy stands in for Keycloak behind a proxy that ends TLS and does not say so
// (X-Forwarded-Proto). A proof for the address in its metadata is for another one then, and pushed
// requests come over http.
func KeycloakBehindProxy() Option {
	return func(c *config) {
		KeycloakProofs()(c)
		c.proofs.overHTTP, c.par = true, true
		c.parAnswer = func(w http.ResponseWriter) {
			writeJSON(w, http.StatusForbidden, map[string]any{"error": "invalid_request", "error_description": "HTTPS required"})
		}
	}
}

// SpringPublicPAR stands in for Spring Authorization Server: it announces pushed requests and answers
// those of clients without credentials with 401 and no body.
func SpringPublicPAR() Option {
	return func(c *config) {
		c.par = true
		c.parAnswer = func(w http.ResponseWriter) { w.WriteHeader(http.StatusUnauthorized) }
	}
}

// KeycloakLoginExpired is how Keycloak answers when its page was open for too long.
func KeycloakLoginExpired() Fault {
	return AuthorizationError("temporarily_unavailable", "authentication_expired")
}
