package session

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/redact"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/fetch"
	"github.com/portico-desktop/portico/auth/loopback"
	"github.com/portico-desktop/portico/auth/network"
	"github.com/portico-desktop/portico/auth/network/proxyauth"
	"github.com/portico-desktop/portico/auth/plain"
)

// About is the provider of an explained error, as far as the words name it. The zero
// value is no provider in particular: the words then stay general.
type About struct {
	// Title is what people call the provider, Provider its id.
	Title, Provider string
	// Dialect is the provider's family; it chooses the words for IT on where to click.
	Dialect auth.Dialect
	// Host is the provider's, for errors without a host of their own.
	Host string
	// Method is the client's way to prove its identity, "" for none.
	Method auth.AuthMethod
	// ClientID and Redirect are for IT to look for at the provider: the registration, and
	// the exact redirect URI to register.
	ClientID, Redirect string
}

// AboutClient is about the provider of an engine's client, and about nobody for nil.
func AboutClient(c *auth.Client) About {
	if c == nil {
		return About{}
	}
	p := c.Provider()
	a := About{Title: p.Name(), Provider: p.ID, Dialect: p.RecognisedDialect(), ClientID: p.ClientID, Redirect: c.RedirectURI(), Method: p.ClientAuth.Method}
	if u, err := url.Parse(p.Authority); err == nil {
		a.Host = fetch.Host(u)
	}
	return a
}

// AboutProvider is about a provider without a client, because none could be made.
func AboutProvider(p auth.Provider) About {
	return About{Title: p.Name(), Provider: p.ID, Dialect: p.RecognisedDialect(), ClientID: p.ClientID, Redirect: p.RedirectURI(), Method: p.ClientAuth.Method}
}

// Params are the names for the words of any problem about the provider.
func (a About) Params() map[string]string {
	p := map[string]string{"title": a.Title}
	for name, value := range map[string]string{
		"provider": a.Provider, "dialect": string(a.Dialect), "host": a.Host, "client_id": a.ClientID, "redirect": a.Redirect,
	} {
		if value != "" {
			p[name] = value
		}
	}
	return p
}

// Explain turns the engine's typed errors into a problem of the local contract: its code
// is the result of [auth.ReasonOf], its parameters are for the words. It returns nil for
// nil, and a *[localapi.Problem] as it is. The provider's own text is in it without
// secrets: some providers repeat them.
func Explain(err error, a About, now time.Time) *localapi.Problem {
	if err == nil {
		return nil
	}
	var already *localapi.Problem
	if errors.As(err, &already) {
		return already
	}
	p := &localapi.Problem{
		Code:    localapi.Code(auth.ReasonOf(err)),
		Params:  a.Params(),
		Details: &localapi.Details{Error: shown(err.Error()), Time: now},
	}
	tell := func(name, value string) {
		if value != "" {
			p.Params[name] = shown(value)
		}
	}
	if p.Code == localapi.ClientRejected {
		tell("method", string(a.Method))
	}
	tellOfRefusal(err, p.Details, tell)
	tellOfBrowser(err, tell)
	tellOfDescription(err, tell)
	tellOfWay(err, tell)
	tellOfTrust(err, tell)
	tellOfStore(err, tell)
	return p
}

// maxShown bounds a line of somebody else's text, in characters.
const maxShown = 2000

// shown is somebody else's text, without secrets and without invisible characters. Lines
// stay lines: of several errors, each has one.
func shown(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = plain.Text(line, maxShown)
	}
	return redact.Text(strings.Join(lines, "\n"))
}

// tellOfRefusal keeps the numbers and ids for an inquiry at the provider.
func tellOfRefusal(err error, d *localapi.Details, tell func(name, value string)) {
	var e *auth.ProviderError
	if !errors.As(err, &e) {
		return
	}
	d.OAuthError = e.Code
	if e.Suberror != "" {
		d.OAuthError += "/" + e.Suberror
	}
	d.Numbers, d.CorrelationID, d.TraceID = e.Numbers, e.CorrelationID, e.TraceID
	if e.Unclear || e.Unproven {
		tell("unsaid", "yes")
	}
}

// tellOfBrowser counts the answers of other sign-ins.
func tellOfBrowser(err error, tell func(name, value string)) {
	var unanswered *auth.UnansweredError
	if errors.As(err, &unanswered) {
		tell("strays", strconv.Itoa(unanswered.Strays))
	}
}

func tellOfDescription(err error, tell func(name, value string)) {
	var config *auth.ConfigError
	if errors.As(err, &config) {
		tell("key", config.Key)
		tell("reason", config.Reason)
	}
	var credential *auth.CredentialError
	if errors.As(err, &credential) && credential.Err != nil {
		tell("reason", credential.Err.Error())
	}
	var tenant *auth.TenantError
	if errors.As(err, &tenant) {
		tell("tenant", tenant.Tenant)
	}
	var domain *auth.DomainError
	if errors.As(err, &domain) {
		tell("domain", domain.Domain)
		tell("domains", strings.Join(domain.Allowed, ", "))
		if domain.Listed {
			tell("hint", "addresses")
		}
	}
	var unkept *auth.NoRefreshTokenError
	if errors.As(err, &unkept) && !unkept.Asked {
		tell("field", "scopes")
	}
	var port *loopback.PortUsedError
	if errors.As(err, &port) {
		tell("port", port.Ports())
	}
}

func tellOfWay(err error, tell func(name, value string)) {
	var notProvider *auth.NotProviderError
	if errors.As(err, &notProvider) {
		tell("host", notProvider.Host)
	}
	var unavailable *auth.UnavailableError
	if errors.As(err, &unavailable) {
		tell("host", unavailable.Host)
		tell("status", strconv.Itoa(unavailable.Status))
		tell("retry_after", strconv.Itoa(int(unavailable.RetryAfter/time.Second)))
	}
	var untold *auth.UntoldError
	if errors.As(err, &untold) {
		if u, err := url.Parse(untold.Issuer); err == nil {
			tell("host", fetch.Host(u))
		}
	}
	var fault *network.Fault
	if errors.As(err, &fault) {
		tell("host", fault.Host)
		tell("proxy", fault.Proxy)
		tell("issuer", fault.Issuer)
		tell("wants", strings.Join(fault.Wants, ", "))
		script, install := network.Unasked(fault.ScriptErr)
		tell("script", script)
		tell("install", install)
	}
	lack, detail, refused := proxyauth.Facts(err)
	tell("lack", string(lack))
	tell("lack_detail", detail)
	if refused {
		tell("refused", "yes")
	}
}

func tellOfTrust(err error, tell func(name, value string)) {
	var trust *auth.TrustError
	var clock *auth.ClockError
	switch {
	case errors.As(err, &clock):
		if clock.Ahead != 0 {
			tell("skew", span(clock.Ahead.Abs()))
			tell("direction", direction(clock.Ahead))
		}
	case auth.ReasonOf(err) == auth.ReasonClock:
		tell("direction", direction(0)) // a certificate is not valid yet; nothing tells by how much the clock is off
	case errors.As(err, &trust):
		tell("check", trust.Check)
	case auth.ReasonOf(err) == auth.ReasonUntrusted:
		tell("check", "certificate")
	}
}

func direction(ahead time.Duration) string {
	if ahead > 0 {
		return "ahead"
	}
	return "behind"
}

// span words a length of time in the common units of all our languages.
func span(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%d s", int(d.Round(time.Second)/time.Second))
	}
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
