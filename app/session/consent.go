package session

import (
	"context"
	"log/slog"
	"maps"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
)

// ConsentRequest is a request to an administrator for consent.
type ConsentRequest struct {
	// Provider is the provider, with the scopes to agree to.
	Provider auth.Provider
	// URL is the page to agree on, Tenant the organisation, "" when it is not known.
	URL, Tenant string
	// Person is the mail address of the person who asks, "" when it is not known.
	Person string
}

func aboutConsent(p *localapi.Problem) bool {
	return p != nil && (p.Code == localapi.ConsentNeeded || p.Code == localapi.ConsentRequested)
}

// consents makes requests to administrators. It holds no lock while it has one worded.
type consents struct {
	state *state
	mail  func(ConsentRequest) string // nil for no mail
	log   *slog.Logger
}

// awaited is the consent to wait for.
func (c *consents) awaited(client *auth.Client, need auth.ConsentNeeded, person string) localapi.Consent {
	consent := c.request(client, need.URL, need.Tenant, person)
	consent.Waiting, consent.NextLook, consent.Deadline = true, need.NextLook, need.Deadline
	return *consent
}

// of makes the request to an administrator if p is about consent, nil otherwise. tenant
// may be "".
func (c *consents) of(client *auth.Client, p *localapi.Problem, tenant, person string) *localapi.Consent {
	if !aboutConsent(p) {
		return nil
	}
	address, err := client.ConsentURL(context.Background(), tenant) // asks nobody
	if err != nil {
		c.log.Info("there is no page to consent on", "provider", client.Provider().ID, "error", err)
		address = ""
	}
	return c.request(client, address, tenant, person)
}

// offer is a request in advance: some providers say in the browser that an administrator
// has to consent, and send no answer back.
func (c *consents) offer(client *auth.Client, person string) *localapi.Consent {
	address, err := client.ConsentURL(context.Background(), "") // asks nobody
	if err != nil {
		return nil
	}
	return c.request(client, address, "", person)
}

func (c *consents) request(client *auth.Client, address, tenant, person string) *localapi.Consent {
	c.state.mu.Lock()
	provider := c.state.providers.description(client)
	c.state.mu.Unlock()
	consent := &localapi.Consent{Provider: provider.ID, URL: address, Tenant: tenant}
	if c.mail != nil && address != "" {
		consent.Mail = c.mail(ConsentRequest{Provider: provider, URL: address, Tenant: tenant, Person: person})
	}
	return consent
}

// offerConsent puts the request beside the problem, as its remedy. The caller holds mu.
func (w *where) offerConsent(p *localapi.Problem, consent *localapi.Consent) {
	if consent == nil || w.problem != p {
		return
	}
	w.consent = consent
	if w.phase == localapi.Blocked && !w.when.Due().IsZero() {
		consent.Waiting, consent.NextLook = true, w.when.Due()
	}
}

// given is a request without anybody waiting for it any more.
func given(c *localapi.Consent) *localapi.Consent {
	over := *c
	over.Waiting, over.NextLook, over.Deadline = false, time.Time{}, time.Time{}
	return &over
}

func withTenant(p *localapi.Problem, tenant string) *localapi.Problem {
	if tenant == "" || p.Params["tenant"] != "" {
		return p
	}
	more := *p
	more.Params = maps.Clone(p.Params)
	if more.Params == nil {
		more.Params = make(map[string]string)
	}
	more.Params["tenant"] = tenant
	return &more
}
