package auth

import (
	"errors"
	"net/http"
	"slices"
	"strings"
)

// refusesClient reports if the provider's refusal is plainly one of the client. It is so
// in the status 401 with any code, or without one, at an endpoint for clients to
// authenticate themselves at (RFC 6749, section 5.2): Keycloak says invalid_request
// beside it, if a request is pushed, and Spring "Unauthorized".
func refusesClient(err error) bool {
	var refused *ProviderError
	var passing *UnavailableError
	switch {
	case errors.As(err, &refused):
		return namesClient(refused.Code) || refused.Status == http.StatusUnauthorized && !aboutSomethingElse(err)
	case errors.As(err, &passing):
		return passing.Status == http.StatusUnauthorized
	}
	return false
}

// namesClient is about invalid_client, and providers' variants of it, as
// invalid_client_assertion and "Invalid client".
func namesClient(code string) bool {
	return strings.HasPrefix(strings.ReplaceAll(strings.ToLower(code), " ", "_"), "invalid_client")
}

// aboutSomethingElse reports if a refusal is by its code about something else than the
// client, whatever the status.
func aboutSomethingElse(err error) bool {
	var refused *ProviderError
	return provesClient(err) || errors.As(err, &refused) && (aboutRequest(refused.Code) || refused.Code == "unsupported_grant_type")
}

// unauthenticated makes of a refusal in the status 401 one of the client, if it has shown
// a secret or a key. It is not made of a refusal naming a token, nor of a dead token's:
// some providers use this status for everything.
func (c *Client) unauthenticated(step string, a *answer, err error) error {
	var clock *ClockError
	var refused *ProviderError
	var passing *UnavailableError
	switch {
	case c.provider.ClientAuth.method() == AuthNone, errors.As(err, &clock), !refusesClient(err), refusesProof(err):
		return err
	case errors.As(err, &passing) && a.code == "":
		return &ProviderError{Step: step, Status: passing.Status, Unauthenticated: true}
	case !errors.As(err, &refused) || refused.Status != http.StatusUnauthorized:
		return err
	case refused.Code == "invalid_grant" || strings.Contains(strings.ToLower(refused.Code), "token"):
		return err
	}
	marked := *refused
	marked.Unauthenticated = true
	return &marked
}

// provesClient reports if an answer proves the client's authentication: success, or an
// answer only for authenticated clients.
func provesClient(err error) bool {
	var refused *ProviderError
	return err == nil || errors.As(err, &refused) && slices.Contains([]string{
		"authorization_pending", "slow_down", "expired_token", "access_denied",
		"interaction_required", "login_required", "consent_required",
	}, refused.Code)
}
