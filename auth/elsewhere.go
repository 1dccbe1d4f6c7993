package auth

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
)

// elsewhere asks the provider if it takes a credential, at an endpoint with nothing else
// to go wrong: revoking an unknown token succeeds once the client has authenticated
// itself (RFC 7009, sections 2.1 and 2.2). An endpoint open to everybody proves nothing,
// and is found out by showing it no credential first.
type elsewhere struct {
	client *Client
	q      question

	asked, guarded bool
}

// takes reports if the provider takes a credential; refused: it calls the assertion an
// invalid_grant here too, without any grant. Both are false if nobody can tell: the
// endpoint may want another way of authentication from clients than the one good so far.
func (e *elsewhere) takes(ctx context.Context, with credential) (taken, refused bool) {
	m := e.q.meta
	if m.RevocationEndpoint == "" || e.q.step == "revocation" {
		return false, false
	}
	if _, may := with.form.audience(m, m.RevocationEndpoint); !may {
		return false, false
	}
	if !e.asked {
		status, _ := e.client.revokeNothing(ctx, m, credential{method: AuthNone})
		e.asked, e.guarded = true, status >= 400 && status <= 403
	}
	if !e.guarded {
		return false, false
	}
	status, err := e.client.revokeNothing(ctx, m, with)
	return status == http.StatusOK, isCode(err, "invalid_grant")
}

// doubted looks into an invalid_grant to an assertion in a form good so far, before
// anything is lost by it. If the provider still takes the form, it means the grant, and
// doubted returns true.
func (r *refusedAttempt) doubted(ctx context.Context, e *elsewhere) (taken bool) {
	taken, r.disproved = e.takes(ctx, r.with)
	return taken
}

// tokenNobodyHas is the form of a revocation without an effect.
func tokenNobodyHas() url.Values {
	return url.Values{"token": {rand.Text()}, "token_type_hint": {"refresh_token"}}
}

// revokeNothing revokes a token nobody has. It returns the HTTP status, 0 for no answer,
// and the provider's refusal.
func (c *Client) revokeNothing(ctx context.Context, m *Metadata, with credential) (status int, err error) {
	form := tokenNobodyHas()
	a, err := c.askOnce(ctx, question{
		meta: m, step: "revocation", endpoint: m.RevocationEndpoint,
		send: func(ctx context.Context) error { return sendForm(ctx, m.RevocationEndpoint, form, nil) },
	}, with)
	if a.netErr != nil {
		return 0, err
	}
	return a.status, err
}
