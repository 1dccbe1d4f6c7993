package auth

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrTimedOut: nobody came back from the browser within the limit.
var ErrTimedOut = errors.New("the sign-in was not finished in time")

// ErrCancelled: [SignIn.Cancel] was called.
var ErrCancelled = errors.New("the sign-in was cancelled")

// ErrInterrupted: a sign-in has come to an end half-way, for nobody's fault, and a new
// one will work. An answer with tokens was lost, and cannot be asked for twice.
var ErrInterrupted = errors.New("the sign-in has come to an end half-way; a new one has to begin")

// UnansweredError is [ErrTimedOut] or [ErrCancelled] of a sign-in with answers at its
// redirect port not meant for it. They were ignored, and the person may have seen one in
// place of the end: of a tab of an earlier sign-in, or of a provider leaving the state
// out of its errors (against RFC 6749, section 4.1.2.1).
type UnansweredError struct {
	// Strays is how many came.
	Strays int
	Err    error
}

func (e *UnansweredError) Error() string {
	return fmt.Sprintf("%v; answers that did not belong to it: %d", e.Err, e.Strays)
}

func (e *UnansweredError) Unwrap() error { return e.Err }

// ErrNoSignIn: the key store holds no sign-in for the account: it was never there, or the
// provider has ended it.
var ErrNoSignIn = errors.New("no sign-in is kept for this account")

// UnavailableError means the provider could not be reached or could not answer sensibly.
// It says nothing about the person: callers stay signed in and try again.
type UnavailableError struct {
	// Host is the host asked, Step the thing asked for ("metadata", "keys", "token", …).
	Host, Step string
	// Status is the HTTP status, 0 if there was no answer at all.
	Status int
	// RetryAfter is the pause asked for by the provider, 0 for none.
	RetryAfter time.Duration
	// Err is the cause; nil if the status says all.
	Err error
}

func (e *UnavailableError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: asking %s", e.Step, e.Host)
	if e.Status != 0 {
		fmt.Fprintf(&b, ": status %d", e.Status)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

func (e *UnavailableError) Unwrap() error { return e.Err }

// ProviderError is an error reported by the provider itself (RFC 6749, sections 4.1.2.1
// and 5.2; RFC 8628, section 3.5).
type ProviderError struct {
	// Step is "authorization", "token", "device" or "revocation".
	Step string
	// Code is the standard's own, as in "invalid_grant".
	Code string
	// Description and URI are the provider's words for developers.
	Description, URI string
	// Suberror, Numbers, CorrelationID and TraceID are Entra's additions.
	// Numbers choose help texts only; they must not be branched on.
	Suberror      string
	Numbers       []string
	CorrelationID string
	TraceID       string
	// Claims is a claims challenge to pass to the next [Client.Begin].
	Claims string
	// Parameter is the request's parameter named by a page with an error (see
	// [ErrorPage]): "redirect_uri", "client_id", "scope" or "". It chooses between words
	// and nothing else.
	Parameter string
	// Status is the HTTP status at the token endpoint, 0 for the browser's way.
	Status int
	// Unproven: the proof of a kept sign-in's key is refused (RFC 9449). The sign-in
	// itself is not at fault.
	Unproven bool
	// Unclear: a refresh token is refused, and not as RFC 6749, section 5.2 has it. Code
	// is then "invalid_request", or "" if there is only the Status. The refresh token may
	// be dead or not; the person can sign in again.
	Unclear bool
	// OnTrial: the client authenticated itself with an assertion in a form never taken by
	// this provider, or not any more, and was refused in every other form too. With any
	// code, the client may be meant.
	OnTrial bool
	// Unauthenticated: the status is 401, for a client without a proof of being the one
	// it names (RFC 6749, section 5.2), and this one has shown a secret or a key. Code
	// may then be "", or of no standard.
	Unauthenticated bool
}

func (e *ProviderError) Error() string {
	said := cmp.Or(e.Code, strings.Join(e.Numbers, " "))
	if said == "" {
		said = fmt.Sprintf("status %d and names no error", e.Status)
	}
	s := e.Step + ": the provider answers " + said
	if e.Suberror != "" {
		s += "/" + e.Suberror
	}
	if e.Description != "" {
		s += ": " + e.Description
	}
	return s
}

// GrantEnded: the refresh token is dead and must be dropped (RFC 6749, section 5.2).
// Entra answers invalid_grant as well if something is only in the way of a living token:
// a policy, a second factor, consent. Its suberror tells them apart. OpenIddict answers
// so to an unwelcome assertion: see OnTrial.
func (e *ProviderError) GrantEnded() bool {
	if e.Step != "token" || e.Code != "invalid_grant" || e.OnTrial {
		return false
	}
	switch e.Suberror {
	case "message_only", "basic_action", "additional_action", "consent_required", "user_password_expired", "protection_policy_required":
		return false
	}
	return true
}

// NeedsPerson: the provider wants to see the person (OpenID Connect Core 1.0, section
// 3.1.2.6), while the refresh token may live on.
func (e *ProviderError) NeedsPerson() bool {
	switch e.Code {
	case "interaction_required", "login_required", "account_selection_required", "consent_required", "insufficient_user_authentication":
		return true
	}
	return e.Claims != "" || e.Unclear || e.Unproven
}

// leftOpen: the person left the provider's sign-in page open for too long. Keycloak words
// this as being out of order; a new request mends it at once. Everything else by that
// code is about the provider.
func (e *ProviderError) leftOpen() bool {
	const code = "authentication_expired"
	description := strings.ReplaceAll(strings.ToLower(strings.Trim(e.Description, " .")), " ", "_")
	return e.Step == "authorization" && (e.Code == code || e.Code == "temporarily_unavailable" && description == code)
}

// ClientRefused: the provider refused this program's registration, not the person.
func (e *ProviderError) ClientRefused() bool {
	if e.Unclear {
		return false
	}
	if e.Unauthenticated || namesClient(e.Code) {
		return true
	}
	switch e.Code {
	case "unauthorized_client", "redirect_uri_mismatch", "invalid_redirect_uri",
		"unsupported_grant_type", "unsupported_response_type", "invalid_scope", "invalid_target",
		"invalid_request", "request_not_supported", "request_uri_not_supported", "registration_not_supported",
		"invalid_request_uri", "invalid_request_object", "invalid_dpop_proof", "use_dpop_nonce":
		return true
	}
	return false
}

// TrustError means an answer failed a check. Nothing of it was used, except for a rotated
// refresh token: it is kept.
type TrustError struct {
	// Check names the failed check, as the standards do: "iss", "aud", "azp", "nonce", "exp", "nbf",
	// "iat", "sub", "alg", "signature", "at_hash", "c_hash", "issuer" (metadata), "id_token" (missing
	// or malformed), "userinfo_sub" (of somebody else), "token_type", "state" (of a response); for
	// Entra "tid", "oid", "key_issuer" as well.
	Check string
	// Err says more, without the token.
	Err error
}

func (e *TrustError) Error() string { return fmt.Sprintf("check %s failed: %v", e.Check, e.Err) }

func (e *TrustError) Unwrap() error { return e.Err }

func untrusted(check, format string, args ...any) error {
	return &TrustError{Check: check, Err: fmt.Errorf(format, args...)}
}

// ConfigError means the description of the provider is wrong, or the provider's own metadata
// are.
type ConfigError struct {
	// Provider is its name, Key the field, Reason a phrase following the key.
	Provider, Key, Reason string
	// AtProvider: the provider's own setting is wrong, with the metadata's name for it in
	// Key, and not this program's description.
	AtProvider bool
	Err        error
}

func (e *ConfigError) Error() string {
	return fmt.Sprintf("provider %s: %s %s", e.Provider, e.Key, e.Reason)
}

func (e *ConfigError) Unwrap() error { return e.Err }

// NotProviderError means something else than an OpenID provider answers at the authority.
type NotProviderError struct {
	Provider, Host string
	Err            error
}

func (e *NotProviderError) Error() string {
	return fmt.Sprintf("provider %s: what answers at %s is not an OpenID provider: %v", e.Provider, e.Host, e.Err)
}

func (e *NotProviderError) Unwrap() error { return e.Err }

// ClockError means this computer's clock is too far from the provider's for any check of
// time to make sense.
type ClockError struct {
	// Ahead is this computer's time less the provider's, 0 if the provider does not tell
	// its time.
	Ahead time.Duration
	// Err is the check failed because of it.
	Err error
}

func (e *ClockError) Error() string {
	if e.Ahead == 0 {
		return fmt.Sprintf("this computer's clock is not the provider's: %v", e.Err)
	}
	return fmt.Sprintf("this computer's clock is %v from the provider's: %v", e.Ahead.Round(time.Second), e.Err)
}

func (e *ClockError) Unwrap() error { return e.Err }

// TenantError means the account's directory may not come in here. The provider had
// nothing against it; the program's own description of the provider has (see
// [Provider.Tenants]).
type TenantError struct {
	// Tenant is the directory's id, Personal: it is Microsoft's for personal accounts.
	Tenant   string
	Personal bool
}

func (e *TenantError) Error() string {
	if e.Personal {
		return "personal accounts may not come in here"
	}
	return fmt.Sprintf("accounts of the directory %s may not come in here", e.Tenant)
}

// DomainError means the account's address is of no domain allowed in here, or nobody
// vouches for the address. The provider had nothing against the account (see [Allowed]).
type DomainError struct {
	// Domain is that of the address, "" if there is none, and Allowed are those allowed
	// in.
	Domain  string
	Allowed []string
	// Unverified: the domain is one of them, and the address is only the account's
	// word.
	Unverified bool
	// Listed: the provider names several addresses of the account, and none of them
	// counts as verified.
	Listed bool
}

func (e *DomainError) Error() string {
	if e.Listed {
		return fmt.Sprintf("the provider names several addresses, the first at %q, and says of none that it is the account's own", e.Domain)
	}
	if e.Unverified {
		return fmt.Sprintf("the provider does not say that the address at %s is the account's own", e.Domain)
	}
	return fmt.Sprintf("accounts of the mail domain %q may not come in here", e.Domain)
}

// CredentialError means the client cannot authenticate itself, because its secret or key
// is missing or unusable.
type CredentialError struct {
	Provider string
	Method   AuthMethod
	// Missing: nothing was ever set. Otherwise Err tells the fault.
	Missing bool
	Err     error
}

func (e *CredentialError) Error() string {
	if e.Missing {
		return fmt.Sprintf("provider %s: %s is asked for, and nothing was set for it", e.Provider, e.Method)
	}
	return fmt.Sprintf("provider %s: %s cannot be used: %v", e.Provider, e.Method, e.Err)
}

func (e *CredentialError) Unwrap() error { return e.Err }
