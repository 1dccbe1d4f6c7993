package session

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/loopback"
	"github.com/portico-desktop/portico/auth/vault"
)

// Explain turns the engine's typed errors into a problem of the local contract.
// title is the provider's name. It returns nil for nil.
func Explain(err error, title string, now time.Time) *localapi.Problem {
	if err == nil {
		return nil
	}
	var already *localapi.Problem
	if errors.As(err, &already) {
		return already
	}
	p := &localapi.Problem{Params: map[string]string{"title": title}, Details: &localapi.Details{Error: err.Error(), Time: now}}
	var (
		provider    *auth.ProviderError
		unavailable *auth.UnavailableError
		trust       *auth.TrustError
		clock       *auth.ClockError
		config      *auth.ConfigError
		notProvider *auth.NotProviderError
		store       *vault.Error
		port        *loopback.PortUsedError
		cert        *tls.CertificateVerificationError
	)
	switch {
	case errors.Is(err, auth.ErrCancelled):
		p.Code = localapi.Cancelled
	case errors.Is(err, auth.ErrTimedOut):
		p.Code = localapi.TimedOut
	case errors.As(err, &provider):
		p.Code = providerCode(provider, errors.Is(err, auth.ErrNoSignIn))
		p.Details.OAuthError, p.Details.Numbers, p.Details.CorrelationID = provider.Code, provider.Numbers, provider.CorrelationID
	case errors.Is(err, auth.ErrNoSignIn):
		p.Code = localapi.SignInNeeded
	case errors.As(err, &cert):
		p.Code = localapi.Untrusted
		p.Params["check"] = "certificate"
	case errors.As(err, &unavailable):
		p.Code = unavailableCode(unavailable)
		p.Params["host"] = unavailable.Host
		p.Params["status"] = strconv.Itoa(unavailable.Status)
		p.Params["retry_after"] = strconv.Itoa(int(unavailable.RetryAfter / time.Second))
	case errors.As(err, &clock):
		p.Code = localapi.ClockWrong
		p.Params["skew"], p.Params["direction"] = span(clock.Ahead.Abs()), "behind"
		if clock.Ahead > 0 {
			p.Params["direction"] = "ahead"
		}
	case errors.As(err, &trust):
		p.Code = localapi.Untrusted
		p.Params["check"] = trust.Check
	case errors.As(err, &config):
		p.Code = localapi.ProviderConfig
		p.Params["key"], p.Params["reason"] = config.Key, config.Reason
	case errors.As(err, &notProvider):
		p.Code = localapi.NotAProvider
		p.Params["host"] = notProvider.Host
	case errors.As(err, &port):
		p.Code = localapi.RedirectPortUsed
		p.Params["port"] = strconv.Itoa(port.Port)
	case errors.As(err, &store):
		p.Code = keyStoreCode(store.Kind)
	// Last, because a provider or a key store that does not answer in time wraps
	// context's errors as well.
	case errors.Is(err, context.Canceled):
		p.Code = localapi.Cancelled
	case errors.Is(err, context.DeadlineExceeded):
		p.Code = localapi.TimedOut
	default:
		p.Code = localapi.Unexpected
	}
	return p
}

// providerCode decides on the standard's error, never on a provider's numbers.
func providerCode(e *auth.ProviderError, ended bool) localapi.Code {
	switch {
	case ended:
		return localapi.SignInExpired
	case e.Code == "consent_required":
		return localapi.ConsentNeeded
	case e.NeedsPerson():
		return localapi.SignInAgain
	case e.Code == "access_denied":
		return localapi.Declined
	case e.ClientRefused():
		return localapi.ClientRejected
	}
	return localapi.Refused
}

func unavailableCode(e *auth.UnavailableError) localapi.Code {
	switch {
	case e.Status == 429:
		return localapi.ProviderBusy
	case e.Status != 0:
		return localapi.ProviderFailing
	}
	return localapi.ProviderUnreachable
}

func keyStoreCode(k vault.Kind) localapi.Code {
	switch k {
	case vault.Missing:
		return localapi.KeyStoreMissing
	case vault.Locked:
		return localapi.KeyStoreLocked
	case vault.Full:
		return localapi.KeyStoreFull
	case vault.Silent:
		return localapi.KeyStoreSilent
	}
	return localapi.KeyStoreFailing
}

// span words a length of time in the units that every language of ours shares.
func span(d time.Duration) string {
	d = d.Round(time.Minute)
	days, hours, minutes := int(d/(24*time.Hour)), int(d/time.Hour)%24, int(d/time.Minute)%60
	switch {
	case days > 0:
		return fmt.Sprintf("%d d %d h", days, hours)
	case hours > 0:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	}
	return fmt.Sprintf("%d min", minutes)
}

// phaseFor says where a problem leaves the session when nothing was signed in
// before.
func phaseFor(p *localapi.Problem) localapi.Phase {
	switch p.Code {
	case localapi.SignInNeeded, localapi.SignInExpired, localapi.SignInAgain:
		return localapi.NeedsSignIn
	case localapi.ProviderUnreachable, localapi.ProviderBusy, localapi.ProviderFailing:
		return localapi.Offline
	case localapi.Cancelled, localapi.TimedOut, localapi.Declined:
		return localapi.SignedOut
	}
	return localapi.Blocked
}
