package auth

import (
	"context"
	"errors"
	"net/http"

	"github.com/portico-desktop/portico/auth/fetch"
	"github.com/portico-desktop/portico/auth/loopback"
	"github.com/portico-desktop/portico/auth/network"
	"github.com/portico-desktop/portico/auth/network/proxyauth"
	"github.com/portico-desktop/portico/auth/vault"
)

// ReasonOf classifies an error of this package, of auth/loopback, auth/network and
// auth/vault, however deep it is wrapped. It decides on the standards' codes, Entra's
// suberror and the HTTP status; a provider's own numbers only choose between words. The
// next step for a sign-in follows from the error's type and methods, as
// [ProviderError.GrantEnded], and never from its Reason.
//
// nil gives ReasonNone, any error but the engine's ReasonUnknown.
func ReasonOf(err error) Reason {
	if err == nil {
		return ReasonNone
	}
	for _, classify := range []func(error) Reason{
		// A clock is the cause of whatever failed because of it.
		reasonOfEnd, reasonOfClock, reasonOfRefusal, reasonOfStore, reasonOfDescription, reasonOfWay, reasonOfTrust,
		// Last, because the error of a provider or a key store without an answer in time
		// wraps the context's errors as well.
		reasonOfContext,
	} {
		if r := classify(err); r != ReasonNone {
			return r
		}
	}
	return ReasonUnknown
}

func reasonOfEnd(err error) Reason {
	switch {
	case errors.Is(err, ErrCancelled):
		return ReasonCancelled
	case errors.Is(err, ErrTimedOut):
		return ReasonTimedOut
	case errors.Is(err, ErrInterrupted):
		return ReasonInterrupted
	case errors.Is(err, ErrNotThisSignIn):
		return ReasonNotThisSignIn
	}
	return ReasonNone
}

func reasonOfRefusal(err error) Reason {
	var refused *ProviderError
	var lost *LostError
	var untold *UntoldError
	gone := errors.Is(err, ErrNoSignIn)
	switch {
	case errors.As(err, &lost):
		return ReasonNotSaved
	case errors.As(err, &untold):
		return ReasonUntold
	case errors.As(err, &refused):
		return refused.reason(gone)
	case gone:
		return ReasonNoSignIn
	}
	return ReasonNone
}

// reason is the refusal's; gone: a kept sign-in was lost by it.
func (e *ProviderError) reason(gone bool) Reason {
	standard := e.standardReason(gone)
	if r := reasonOfSuberror(e.Suberror); r != ReasonNone && !e.ClientRefused() {
		standard = e.inContext(r, standard, gone)
	}
	for _, number := range e.Numbers {
		if r := reasonOfNumber(number); r != ReasonNone {
			return e.inContext(r, standard, gone)
		}
	}
	return standard
}

// inContext fits the provider's addition to its refusal: the same addition means
// different things at the steps of a sign-in.
func (e *ProviderError) inContext(more, standard Reason, gone bool) Reason {
	switch more {
	case ReasonExpired, ReasonLapsed, ReasonRevoked, ReasonFrequency:
		if !gone && (e.GrantEnded() || e.Step == "device") {
			return ReasonInterrupted // a code, not a sign-in, has come to its end
		}
	case ReasonConsentByPerson:
		if e.Step == "authorization" {
			return ReasonConsent // the person has just been there, and it was not enough
		}
	case ReasonSecretWanted:
		if e.Step == "device" {
			return ReasonDeviceNoCodes // public clients may have none
		}
	case ReasonFailing:
		if gone {
			return standard // it does not pass by itself any more
		}
	}
	return more
}

// standardReason follows RFC 6749 (sections 4.1.2.1 and 5.2), RFC 8628 (3.5),
// RFC 8707 (2), RFC 9101 (6.1), RFC 9449 (5, 8), RFC 9470 (3), OpenID Connect
// Core 1.0 (3.1.2.6) and its Unmet Authentication Requirements.
func (e *ProviderError) standardReason(gone bool) Reason {
	if r := e.reasonBeyondCode(); r != ReasonNone {
		return r
	}
	switch e.Code {
	case "invalid_grant":
		switch {
		case gone:
			return ReasonExpired
		case e.OnTrial:
			return ReasonKeyUnusable
		}
		return ReasonInterrupted
	case "access_denied":
		if e.Status != 0 && e.Step != "device" {
			return ReasonRefused // by an endpoint, without a person before it: Keycloak, of a realm turned off
		}
		return ReasonDeclined
	case "consent_required":
		// In the browser too: the person has just been asked, and has not agreed or was
		// not able to. With more said, as by Entra, an administrator is meant.
		return ReasonConsentByPerson
	case "login_required", "interaction_required", "account_selection_required":
		return ReasonAgain
	case "insufficient_user_authentication":
		return ReasonSecondFactor
	case "unmet_authentication_requirements":
		return ReasonPolicy
	case "unauthorized_client", "unsupported_grant_type":
		if e.Step == "device" {
			return ReasonDeviceNoCodes
		}
		return ReasonClient
	case "invalid_client":
		return ReasonClient
	case "redirect_uri_mismatch", "invalid_redirect_uri": // Google's own; RFC 7591, section 3.2.2
		return ReasonRedirect
	case "deleted_client", "disabled_client": // Google's own, as the next two
		return ReasonClient
	case "admin_policy_enforced":
		return ReasonPolicy
	case "org_internal":
		return ReasonWrongAccount
	case "invalid_request":
		return e.reasonOfParameter()
	case "invalid_scope", "invalid_target":
		return ReasonScope
	case "expired_token", "authorization_pending":
		return ReasonTimedOut
	case "slow_down":
		return ReasonBusy
	case "temporarily_unavailable", "server_error":
		return ReasonFailing
	}
	switch {
	case e.ClientRefused():
		return ReasonRequestRejected
	case e.NeedsPerson():
		return ReasonAgain
	}
	return ReasonRefused
}

// reasonBeyondCode is for refusals with other marks than their code, ReasonNone for all
// others.
func (e *ProviderError) reasonBeyondCode() Reason {
	switch {
	case e.Unclear, e.Unproven:
		return ReasonAgain
	case e.leftOpen():
		return ReasonInterrupted
	case e.Unauthenticated, namesClient(e.Code):
		return ReasonClient
	case e.Status == http.StatusUnauthorized && (e.Code == "invalid_request" || e.Code == "unauthorized_client"):
		// The status is for clients without a proof of being the one they name (RFC 6749,
		// section 5.2). Keycloak says so, of pushed requests with the first code.
		return ReasonClient
	}
	return e.reasonOfPush()
}

// reasonOfParameter is about a request refused because of the parameter named by the page
// with the error.
func (e *ProviderError) reasonOfParameter() Reason {
	switch e.Parameter {
	case "redirect_uri":
		return ReasonRedirect
	case "client_id":
		return ReasonClient
	case "scope":
		return ReasonScope
	}
	return ReasonRequestRejected
}

func reasonOfStore(err error) Reason {
	var queue *QueueError
	if errors.As(err, &queue) {
		return ReasonQueue
	}
	switch vault.KindOf(err) {
	case 0:
		return ReasonNone
	case vault.Missing:
		return ReasonStoreMissing
	case vault.Locked:
		return ReasonStoreLocked
	case vault.Full:
		return ReasonStoreFull
	case vault.Silent:
		return ReasonStoreSilent
	case vault.NotSetUp:
		return ReasonStoreNotSetUp
	}
	return ReasonStoreFailing
}

// reasonOfDescription is about the description and the settings here, and about people
// kept out by them.
func reasonOfDescription(err error) Reason {
	var tenant *TenantError
	var domain *DomainError
	var credential *CredentialError
	var config *ConfigError
	var port *loopback.PortUsedError
	var unkept *NoRefreshTokenError
	switch {
	case errors.As(err, &tenant) && tenant.Personal:
		return ReasonPersonal
	case errors.As(err, &tenant):
		return ReasonTenant
	case errors.As(err, &domain):
		return ReasonDomain
	case errors.As(err, &credential):
		return credential.reason()
	case errors.As(err, &config) && config.Key == "device_authorization_endpoint":
		return ReasonDeviceNoCodes
	case errors.As(err, &config) && config.AtProvider:
		return ReasonProviderSetting
	case errors.As(err, &config):
		return ReasonConfig
	case errors.As(err, &port):
		return ReasonRedirectPort
	case errors.As(err, &unkept):
		return ReasonNoRefreshToken
	}
	return ReasonNone
}

func (e *CredentialError) reason() Reason {
	switch {
	case e.Method == AuthPrivateKey && e.Missing:
		return ReasonKeyMissing
	case e.Method == AuthPrivateKey:
		return ReasonKeyUnusable
	}
	return ReasonSecretMissing // an unreadable one has to be set again, too
}

func reasonOfClock(err error) Reason {
	var clock *ClockError
	if errors.As(err, &clock) {
		return ReasonClock
	}
	if fault := faultIn(err); fault != nil && fault.NotYet {
		return ReasonClock // nobody publishes a certificate before its time
	}
	return ReasonNone
}

// reasonOfWay is about the way from this computer to the provider.
func reasonOfWay(err error) Reason {
	if r := reasonOfFault(err); r != ReasonNone {
		return r
	}
	var unavailable *UnavailableError
	var notProvider *NotProviderError
	switch {
	case errors.As(err, &unavailable):
		return reasonOfStatus(unavailable.Status)
	case errors.As(err, &notProvider):
		var answer *fetch.StatusError
		if errors.As(notProvider.Err, &answer) && answer.Status == http.StatusNetworkAuthenticationRequired {
			return ReasonNetworkSignIn
		}
		return ReasonNotProvider
	}
	return ReasonNone
}

func reasonOfFault(err error) Reason {
	fault := faultIn(err)
	if fault == nil {
		return ReasonNone
	}
	switch fault.Kind {
	case network.NameNotFound:
		return ReasonNameNotFound
	case network.ProxyAuth:
		return reasonOfProxy(fault)
	case network.ProxyDown:
		return ReasonProxyDown
	case network.SignInFirst:
		return ReasonNetworkSignIn
	case network.CertUnknown:
		return ReasonCertUnknown
	case network.CertExpired:
		return ReasonCertExpired
	case network.CertName:
		return ReasonCertName
	case network.CertOther:
		return ReasonUntrusted
	}
	var unavailable *UnavailableError
	if errors.As(err, &unavailable) {
		return reasonOfStatus(unavailable.Status) // a broken-off answer is one
	}
	return ReasonUnreachable
}

// reasonOfProxy tells the proxy's demand behind a request not let through.
func reasonOfProxy(fault *network.Fault) Reason {
	var refused *proxyauth.RefusedError
	switch {
	case !errors.As(fault, &refused):
		return ReasonProxyAuth
	case refused.Lacks(proxyauth.Weakened):
		return ReasonProxyWeaker
	case refused.WantsPassword():
		return ReasonProxyAuth
	}
	return ReasonProxyLogOn
}

// faultIn finds the network's fault. With clients not made by auth/network it has to be
// told from their errors.
func faultIn(err error) *network.Fault {
	var fault *network.Fault
	var unavailable *UnavailableError
	switch {
	case errors.As(err, &fault):
		return fault
	case errors.As(err, &unavailable):
		return network.Classify(unavailable.Err, unavailable.Host)
	}
	return nil
}

// reasonOfStatus reads an HTTP status without the standard's error, 0 for no answer.
func reasonOfStatus(status int) Reason {
	switch {
	case status == 0:
		return ReasonUnreachable
	case status == http.StatusTooManyRequests:
		return ReasonBusy
	case status == http.StatusProxyAuthRequired:
		return ReasonProxyAuth
	case status == http.StatusNetworkAuthenticationRequired, status >= 300 && status < 400:
		// None of the endpoints may redirect; a network asking for a sign-in first does
		// (RFC 6585, section 6).
		return ReasonNetworkSignIn
	}
	return ReasonFailing
}

func reasonOfTrust(err error) Reason {
	var trust *TrustError
	if errors.As(err, &trust) {
		return ReasonUntrusted
	}
	return ReasonNone
}

func reasonOfContext(err error) Reason {
	switch {
	case errors.Is(err, context.Canceled):
		return ReasonCancelled
	case errors.Is(err, context.DeadlineExceeded):
		return ReasonTimedOut
	}
	return ReasonNone
}
