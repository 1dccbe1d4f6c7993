package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/oauth2"
)

// attempts are the credentials in the order in which the provider is shown them, until
// it takes one. A secret is there once; a key in each form that may be used at the
// endpoint, the one that the provider took last first.
//
// That one is trusted, unless the provider's metadata have changed since: what such a
// request is refused with is about the request. All other forms are on trial. Where
// there is a second key, the current one's other forms come last: that it is refused in
// the form that was good most likely means that the provider knows the second one now.
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

// refusedAttempt is what became of one attempt.
type refusedAttempt struct {
	with   credential
	answer *answer
	err    error
}

// mayBeClients says whether the answer may be about how the client authenticated itself,
// so that another key, or another form, is worth a try; several says that there is
// another key. It is never so when a clock is to blame.
//
// A form on trial is doubted for whatever providers say of assertions that they do not
// like: Hydra calls a key that it does not know an invalid_request, and OpenIddict a
// wrong audience an invalid_grant.
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
		return several && refused.Code == "invalid_request" && r.with.form.name != ""
	case errors.As(r.err, &refused):
		return slices.Contains([]string{"invalid_request", "invalid_grant", "unauthorized_client"}, refused.Code)
	case errors.As(r.err, &passing):
		return !r.with.trusted && (passing.Status == http.StatusBadRequest || passing.Status == http.StatusUnauthorized)
	}
	return false
}

// mayBeRequests says whether the answer may be about what was asked as well.
func (r refusedAttempt) mayBeRequests() bool { return !refusesClient(r.err) }

// refusesClient says whether the provider's refusal is plainly that of the client. It is
// so in the status 401 whatever the code (RFC 6749, section 5.2): Keycloak says
// invalid_request beside it, where a request is pushed.
func refusesClient(err error) bool {
	var refused *ProviderError
	if !errors.As(err, &refused) {
		return false
	}
	return refused.Code == "invalid_client" || refused.Status == http.StatusUnauthorized &&
		slices.Contains([]string{"invalid_request", "unauthorized_client", "invalid_grant"}, refused.Code)
}

// provesClient says whether an answer shows that the client has authenticated itself:
// success, or something that is only said to a client that has.
func provesClient(err error) bool {
	var refused *ProviderError
	return err == nil || errors.As(err, &refused) && slices.Contains([]string{
		"authorization_pending", "slow_down", "expired_token", "access_denied",
		"interaction_required", "login_required", "consent_required",
	}, refused.Code)
}

// allRefused is what a question comes to whose attempts were all refused, among them
// one on trial. The first answer that is not plainly about the client says most.
//
// Such an answer to a form on trial is in doubt, and the provider is asked whether it
// was about the client. If that cannot be told, the error is marked as in doubt: a
// sign-in must not end because of an assertion that the provider does not like.
func (c *Client) allRefused(ctx context.Context, q question, credentials []credential, refusals []refusedAttempt) (*answer, error) {
	said := refusals[max(0, slices.IndexFunc(refusals, refusedAttempt.mayBeRequests))]
	inDoubt := slices.DeleteFunc(slices.Clone(refusals), func(r refusedAttempt) bool { return r.with.trusted || !r.mayBeRequests() })
	if with, ok := c.proven(ctx, q, inDoubt); ok {
		c.keepTaken(ctx, q.meta, credentials, with.with)
		return with.answer, with.err
	}
	var refused *ProviderError
	if !said.with.trusted && errors.As(said.err, &refused) {
		marked := *refused
		marked.OnTrial = true
		return said.answer, &marked
	}
	return said.answer, said.err
}

// proven finds the refusal, of some that are in doubt, whose credential the provider
// takes. It is asked at an endpoint where nothing else can be wrong: revoking a token
// that it does not know succeeds once the client has authenticated itself (RFC 7009,
// sections 2.1 and 2.2). An endpoint that lets everybody in proves nothing, and is found
// out by showing it no credential first.
func (c *Client) proven(ctx context.Context, q question, inDoubt []refusedAttempt) (found refusedAttempt, ok bool) {
	if len(inDoubt) == 0 || q.meta.RevocationEndpoint == "" || q.step == "revocation" {
		return refusedAttempt{}, false
	}
	if status := c.revokeNothing(ctx, q.meta, credential{method: AuthNone}); status < 400 || status > 403 {
		return refusedAttempt{}, false
	}
	for _, r := range inDoubt {
		if _, may := r.with.form.audience(q.meta, q.meta.RevocationEndpoint); may && c.revokeNothing(ctx, q.meta, r.with) == http.StatusOK {
			return r, true
		}
	}
	return refusedAttempt{}, false
}

// revokeNothing revokes a token that nobody has, and returns the HTTP status, 0 for no
// answer.
func (c *Client) revokeNothing(ctx context.Context, m *Metadata, with credential) int {
	form := url.Values{"token": {rand.Text()}, "token_type_hint": {"refresh_token"}}
	a, _ := c.askOnce(ctx, question{
		meta: m, step: "revocation", endpoint: m.RevocationEndpoint,
		send: func(ctx context.Context) error {
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.RevocationEndpoint, strings.NewReader(form.Encode()))
			if err != nil {
				return err
			}
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			resp, err := ctx.Value(oauth2.HTTPClient).(*http.Client).Do(req)
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			_, err = io.Copy(io.Discard, resp.Body)
			return err
		},
	}, with)
	if a.netErr != nil {
		return 0
	}
	return a.status
}

// keepTaken remembers the form that the provider has taken, and makes its key the
// current one. Neither failing costs more than requests that would not be needed.
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
