package auth

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/portico-desktop/portico/auth/loopback"
)

// DefaultConsentTimeout bounds the wait for an administrator's consent.
const DefaultConsentTimeout = 8 * time.Hour

// firstLook and laterLooks are after how long the browser looks again by itself: an
// administrator beside the person is done within a minute.
const (
	firstLook  = 15 * time.Second
	laterLooks = time.Minute
)

// ConsentNeeded asks for an administrator's consent, and says how far the wait for it has
// come.
type ConsentNeeded struct {
	// URL is the link to give to an administrator. It holds nothing secret. "" if the
	// provider has no such page.
	URL string
	// Tenant is the link's directory, "" when it is not known.
	Tenant string
	// Err is the provider's refusal, nil when it could not be asked this time.
	Err *ProviderError
	// NeedsPerson: the browser is not signed in with the provider any more. It looks
	// again when the person follows the link on its page. So it is after a pasted answer:
	// no browser here looks by itself.
	NeedsPerson bool
	// NextLook is when the browser looks again by itself, as long as its page is
	// open; zero with NeedsPerson.
	NextLook time.Time
	// Deadline is when the wait ends with ErrTimedOut.
	Deadline time.Time
}

// ConsentURL is the address for an administrator's consent for everybody in a directory
// (the Microsoft identity platform's adminconsent endpoint). tenant is a directory's id
// or domain, or "" for the one named by the authority or, if it names none, the
// administrator's own. It asks nobody.
//
// Errors: *[ConfigError] if the provider has no such page.
func (c *Client) ConsentURL(_ context.Context, tenant string) (string, error) {
	// The state is the same each time: nobody waits for it, and the link stays
	// the same.
	return c.consentURL(tenant, c.RedirectURI(), "consent")
}

func (c *Client) consentURL(tenant, redirectURI, state string) (string, error) {
	fail := func(key, reason string) (string, error) {
		return "", &ConfigError{Provider: c.provider.Name(), Key: key, Reason: reason}
	}
	if c.dialect != Entra {
		return fail("dialect", "has no page on which an administrator consents")
	}
	a, err := parseEntraAuthority(c.provider.Authority)
	if err != nil {
		return fail("authority", err.Error())
	}
	if tenant == "" {
		tenant = a.tenant
	}
	switch {
	case tenant == "common":
		tenant = "organizations" // personal accounts have no administrator
	case tenant == "consumers", strings.EqualFold(tenant, PersonalTenant):
		return fail("authority", "is for personal accounts, which have no administrator")
	case !isEntraTenant(tenant):
		return fail("tenant", "is neither a directory's id nor a domain")
	}
	if c.provider.ConsentRedirect != "" {
		redirectURI = c.provider.ConsentRedirect
	}
	return withQuery(a.issuer(tenant)+"/adminconsent", url.Values{
		"client_id": {c.provider.ClientID}, "scope": {strings.Join(c.dialect.knownScopes(c.provider.scopes()), " ")},
		"redirect_uri": {redirectURI}, "state": {state},
	}), nil
}

// consentTenant guesses the directory of the administrator: the authority's, or the one
// of the address given by the person.
func (c *Client) consentTenant(loginHint string) string {
	if c.dialect != Entra {
		return ""
	}
	if a, err := parseEntraAuthority(c.provider.Authority); err == nil && !a.anyTenant() {
		return a.tenant
	}
	if d := domainOf(loginHint); domain().MatchString(d) {
		return strings.ToLower(d)
	}
	return ""
}

// needsConsent reports if a refusal ends when somebody consents.
func needsConsent(err error) bool {
	return slices.Contains([]Reason{ReasonConsent, ReasonConsentRequested, ReasonConsentByPerson}, ReasonOf(err))
}

// isForPerson reports if a refusal means the person was asked to agree, and did not:
// LemonLDAP::NG answers consent_required then. Entra says it of an administrator.
func (c *Client) isForPerson(refused *ProviderError) bool {
	return c.dialect != Entra && refused != nil && ReasonOf(refused) == ReasonConsentByPerson
}

// awaitConsent shows the waiting page if waiting helps, and reports if it does. Once it
// waits, it goes on when the provider is not there at the moment, or wants to see the
// person.
func (s *SignIn) awaitConsent(err error) bool {
	if s.options.OnConsent == nil {
		return false
	}
	var refused *ProviderError
	var passing *UnavailableError
	_ = errors.As(err, &refused)
	first := !s.isWaiting()
	goesOn := errors.As(err, &passing) || refused != nil && (refused.NeedsPerson() || refused.leftOpen())
	if first && s.client.isForPerson(refused) || !needsConsent(err) && (first || !goesOn) {
		return false
	}
	need := s.consentNeeded(refused, first)
	page := s.options.Waiting(need)
	page.Refresh = 0
	if !need.NextLook.IsZero() {
		page.Refresh = need.NextLook.Sub(s.client.now())
	}
	s.listener.Continue(page, loopback.Onward{Request: s.again, Detour: s.detour, Arrived: consented})
	s.options.OnConsent(need)
	return true
}

func (s *SignIn) isWaiting() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waiting
}

// consentNeeded notes the beginning of the wait for consent, and how far it is. refused
// is nil when the provider could not be asked.
func (s *SignIn) consentNeeded(refused *ProviderError, first bool) ConsentNeeded {
	c := s.client
	now, next := c.now(), laterLooks
	s.mu.Lock()
	if first {
		next = firstLook
		s.waiting, s.deadline, s.url = true, now.Add(s.options.ConsentTimeout), s.listener.AgainURI()
		s.limit.Reset(s.options.ConsentTimeout)
		c.log.Info("an administrator has to consent; waiting", "provider", c.provider.ID)
	}
	n := ConsentNeeded{Err: refused, Deadline: s.deadline, Tenant: c.consentTenant(s.options.LoginHint)}
	n.NeedsPerson = s.pasted || refused != nil && !needsConsent(refused)
	s.mu.Unlock()
	if !n.NeedsPerson {
		n.NextLook = now.Add(next)
	}
	if address, err := c.consentURL(n.Tenant, s.listener.RedirectURI(), s.detour); err == nil {
		n.URL = address
	}
	return n
}

// consented reads the consent page's answer. Its tenant does not matter: the next request
// shows if consent is there.
func consented(v url.Values) bool {
	return strings.EqualFold(v.Get("admin_consent"), "true") && !v.Has("error")
}

// again prepares a further request. By itself the browser only looks, and shows
// the person nothing. After an administrator was at this browser, the account has
// to be chosen unless it is known: theirs would be taken otherwise.
func (s *SignIn) again(ctx context.Context, why loopback.Why) (address, state string, err error) {
	s.setPasted(false) // a browser is here now
	o := s.options
	o.Elsewhere = false
	switch {
	case why == loopback.ByItself:
		o.Prompt = "none"
	case why == loopback.AfterDetour && o.LoginHint == "":
		o.Prompt = "select_account"
	}
	return s.askAgain(ctx, o)
}

func (s *SignIn) askAgain(ctx context.Context, o BeginOptions) (address, state string, err error) {
	o.unbound = s.isUnbound()
	r := s.client.newRequest(s.meta, o)
	if address, err = s.address(ctx, &r); err != nil {
		s.client.log.Warn("no further authorization request", "provider", s.client.provider.ID, "error", err)
		return "", "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r)
	if len(s.asked) > 2 {
		s.asked = s.asked[len(s.asked)-2:]
	}
	return address, r.state, nil
}
