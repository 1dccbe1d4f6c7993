package session

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
)

// maxRefusal is how much of an API's refusal is read, to use its connection again.
const maxRefusal = 64 << 10

// Do sends a request to an API as the signed-in person, with a fresh access token. An
// answer 401 is believed once: the request is sent again with another token, provided
// that its body can be read again (see [http.Request.GetBody]). Only the person can
// answer a claims challenge: it puts the session into need of a sign-in, and the next
// sign-in answers it. The caller closes the answer's body.
//
// Errors: a *[localapi.Problem] when nobody is signed in or no token can be had; those of
// the connection, without the token.
func (s *Session) Do(req *http.Request, api auth.API) (*http.Response, error) {
	return s.door.do(req, api)
}

// door lets requests to APIs out with a token. It holds nothing.
type door struct {
	state *state
	life  *life
	// notRenewed notes the meaning of a failed renewal of these tokens, and tell says it.
	notRenewed func(client *auth.Client, account auth.Account, tokens *auth.Tokens, err error) (tell func(), shown error)
}

// do is Session.Do.
func (d *door) do(req *http.Request, api auth.API) (*http.Response, error) {
	who, err := d.standing()
	if err != nil {
		return nil, err
	}
	token, err := d.tokenFor(req.Context(), who, api)
	if err != nil {
		return nil, err
	}
	resp, err := who.client.Do(req, token)
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		return resp, err
	}
	if refused := auth.Challenge(resp); refused != nil && refused.Claims != "" {
		letGoOf(resp)
		return nil, d.failed(who, refused)
	}
	who.client.Discard(token)
	if req.Body != nil && req.GetBody == nil {
		return resp, nil
	}
	letGoOf(resp)
	if token, err = d.tokenFor(req.Context(), who, api); err != nil {
		return nil, err
	}
	again := req.Clone(req.Context())
	if req.GetBody != nil {
		if again.Body, err = req.GetBody(); err != nil {
			return nil, err
		}
	}
	return who.client.Do(again, token)
}

// standing is the signed-in person at one moment.
type standing struct {
	client  *auth.Client
	account auth.Account
	tokens  *auth.Tokens
}

// standing is the person signed in now; its error says why there is none.
func (d *door) standing() (standing, error) {
	d.state.mu.Lock()
	defer d.state.mu.Unlock()
	if d.state.where.phase != localapi.SignedIn || d.state.who.account == nil {
		if d.state.where.problem != nil {
			return standing{}, d.state.where.problem
		}
		return standing{}, &localapi.Problem{Code: localapi.SignInNeeded}
	}
	client := d.state.providers.clientFor(*d.state.who.account)
	if client == nil {
		return standing{}, &localapi.Problem{Code: localapi.SignInNeeded}
	}
	return standing{client: client, account: *d.state.who.account, tokens: d.state.who.tokens}, nil
}

// tokenFor gets an access token in the session's own life: a renewal on the way to it
// goes on when the caller leaves.
func (d *door) tokenFor(ctx context.Context, who standing, api auth.API) (*auth.Tokens, error) {
	got := make(chan *auth.Tokens, 1)
	err := d.life.during(ctx, func(run context.Context) error {
		token, err := who.client.Token(run, who.account.ID, api)
		if err != nil {
			if run.Err() != nil {
				return context.Cause(run)
			}
			return d.failed(who, err)
		}
		got <- token
		return nil
	})
	if err != nil {
		return nil, err
	}
	return <-got, nil
}

// failed says why there is no token for an API. It is a failed renewal of the session
// too, unless only the API is refused.
func (d *door) failed(who standing, err error) error {
	var refused *auth.ProviderError
	var config *auth.ConfigError
	aboutAPI := errors.As(err, &config) ||
		errors.As(err, &refused) && (refused.Code == "invalid_scope" || refused.Code == "invalid_target")
	if !aboutAPI {
		tell, shown := d.notRenewed(who.client, who.account, who.tokens, err)
		tell()
		if shown != nil {
			return shown
		}
	}
	return d.state.explain(err, who.client)
}

func letGoOf(resp *http.Response) {
	_, _ = io.CopyN(io.Discard, resp.Body, maxRefusal)
	resp.Body.Close()
}
