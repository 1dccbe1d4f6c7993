package auth

import (
	"context"
	"errors"
	"net/http"
	"slices"
)

// attempts are the credentials in the order of showing them to the provider, until it
// takes one. A secret is there once; a key in each form allowed at the endpoint, the one
// last taken by the provider first.
//
// The form last taken is trusted, unless the provider's metadata have changed since: a
// refusal of it is about the request, but see [refusedAttempt.mayBeForms]. All other forms
// are on trial. If there is a second key, the current one's other forms come last: if the key
// is refused in a form good so far, the provider most likely knows the second one by now.
func (c *Client) attempts(q question, credentials []credential) []credential {
	var all, last []credential
	for i, with := range credentials {
		forms := c.inForms(q, with)
		if i == 0 && forms[0].trusted {
			forms, last = forms[:1], forms[1:]
		}
		all = append(all, forms...)
	}
	return append(all, last...)
}

// inForms is a credential in each of its forms. There is always one.
func (c *Client) inForms(q question, with credential) []credential {
	with.trusted = true
	if with.key == nil {
		return []credential{with}
	}
	if form, ok := c.documentedForm(q.meta); ok {
		with.form = form
		return []credential{with}
	}
	taken, trusted := c.taken.form(q.meta, with.key.id())
	var forms []credential
	for _, form := range q.meta.formsToTry() {
		if _, may := form.audience(q.meta, q.endpoint); !may {
			continue
		}
		with.form, with.trusted = form, trusted && form.name == taken
		if form.name == taken {
			forms = slices.Insert(forms, 0, with)
		} else {
			forms = append(forms, with)
		}
	}
	return forms
}

// refusedAttempt is one refused attempt.
type refusedAttempt struct {
	with   credential
	answer *answer
	err    error
	// disproved: the provider has refused the credential in the same way without any grant in
	// the request.
	disproved bool
}

// mayBeClients reports if the answer may be about how the client authenticated itself, so
// another key, or another form, is worth a try; several: there is another key. The answer
// is never so when a clock is to blame.
//
// A form on trial is doubted for any of providers' words for an unwelcome assertion:
// Hydra calls an unknown key an invalid_request, and OpenIddict a wrong audience an
// invalid_grant.
func (r refusedAttempt) mayBeClients(several bool) bool {
	var clock *ClockError
	var refused *ProviderError
	var passing *UnavailableError
	switch {
	case errors.As(r.err, &clock):
		return false
	case refusesClient(r.err):
		return true
	case errors.As(r.err, &refused) && r.with.trusted:
		return r.mayBeForms() || several && refused.Code == "invalid_request" && r.with.form.name != ""
	case errors.As(r.err, &refused):
		return slices.Contains([]string{"invalid_request", "invalid_grant", "unauthorized_client"}, refused.Code) ||
			(refused.Status == http.StatusBadRequest || refused.Status == http.StatusForbidden) && !aboutSomethingElse(r.err)
	case errors.As(r.err, &passing):
		return !r.with.trusted && passing.Status == http.StatusBadRequest
	}
	return false
}

// mayBeForms reports if an invalid_grant may be about an assertion in a form good so far:
// providers change their mind with an update of their software.
func (r refusedAttempt) mayBeForms() bool {
	return r.with.trusted && r.with.form.name != "" && isCode(r.err, "invalid_grant")
}

// mayBeRequests reports if the answer may be about the request as well.
func (r refusedAttempt) mayBeRequests() bool { return !refusesClient(r.err) }

// allRefused is the outcome of a question with all attempts refused, among them one on
// trial. The first answer not plainly about the client says most.
//
// Such an answer to a form on trial is in doubt, and the provider is asked if it was
// about the client. If it does not tell, the error is marked as in doubt: a sign-in must
// not end because of an unwelcome assertion.
func (c *Client) allRefused(ctx context.Context, q question, credentials []credential, refusals []refusedAttempt, e *elsewhere) (*answer, error) {
	said := refusals[max(0, slices.IndexFunc(refusals, refusedAttempt.mayBeRequests))]
	for _, r := range refusals {
		if r.with.trusted || !r.mayBeRequests() {
			continue
		}
		if taken, _ := e.takes(ctx, r.with); taken {
			c.keepTaken(ctx, q.meta, credentials, r.with)
			return r.answer, r.err
		}
	}
	var refused *ProviderError
	if (!said.with.trusted || said.disproved) && errors.As(said.err, &refused) {
		marked := *refused
		marked.OnTrial = true
		return said.answer, c.unauthenticated(q.step, said.answer, &marked)
	}
	return said.answer, c.unauthenticated(q.step, said.answer, said.err)
}

// keepTaken remembers the form taken by the provider, and makes its key the current one.
// If either fails, it only costs needless requests.
func (c *Client) keepTaken(ctx context.Context, m *Metadata, credentials []credential, with credential) {
	if with.key == nil {
		return
	}
	if with.key != credentials[0].key {
		c.makeCurrent(ctx, with)
	}
	if with.trusted {
		return
	}
	var keys []string
	for _, known := range credentials {
		keys = append(keys, known.key.id())
	}
	if err := c.taken.keep(m, keys, with.key.id(), with.form.name); err != nil {
		c.log.Warn("the form of assertions that the provider takes could not be kept", "provider", c.provider.ID, "error", err)
	}
}
