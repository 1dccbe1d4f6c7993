package auth

import (
	"crypto/rand"
	"maps"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/oauth2"

	"github.com/portico-desktop/portico/auth/loopback"
)

// request is one authorization request, with the values needed for its answer.
type request struct {
	state, nonce, verifier string
	parameters             url.Values
	// proof binds the grant to this device, nil if it is not bound.
	proof *proofKey
}

// carried are the secret values of a request.
func (r request) carried() carried { return carried{r.state, r.nonce, r.verifier} }

// newRequest prepares an authorization request (RFC 6749, section 4.1.1; RFC 7636,
// section 4.3; OpenID Connect Core 1.0, section 3.1.2.1) with values of its own. The
// redirect URI is added when the port is known.
func (c *Client) newRequest(m *Metadata, o BeginOptions) request {
	r := request{state: loopback.NewState(), nonce: rand.Text() + rand.Text(), verifier: oauth2.GenerateVerifier()}
	if !o.unbound {
		r.proof = c.newProofKey(m)
	}
	offline := c.wantsOffline(m)
	prompt := m.promptFor(c.dialect, o.Prompt, offline)
	r.parameters = url.Values{
		"response_type": {"code"}, "client_id": {c.provider.ClientID},
		"scope": {strings.Join(c.requestScopes(m), " ")}, "state": {r.state}, "nonce": {r.nonce},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(r.verifier)}, "code_challenge_method": {"S256"},
	}
	if prompt != "" {
		r.parameters.Set("prompt", prompt)
	}
	if r.proof != nil {
		// The code is of no use to whoever has another key (RFC 9449, section 10).
		r.parameters.Set("dpop_jkt", r.proof.thumbprint())
	}
	if len(c.provider.Resources) > 0 {
		r.parameters["resource"] = slices.Clone(c.provider.Resources)
	}
	for _, more := range []url.Values{
		c.dialect.hints(o.LoginHint, o.DomainHint, prompt), c.dialect.offlineParameters(offline), c.dialect.extras(o.Claims),
	} {
		maps.Copy(r.parameters, more)
	}
	if mode := m.responseMode(o.Elsewhere); mode != "" {
		r.parameters.Set("response_mode", mode)
	}
	return r
}

// responseMode is form_post if it is announced: the code then stays out of history, logs
// and extensions. An answer to be pasted has to be in the address; "" is the default of
// the code flow, query.
func (m *Metadata) responseMode(pasted bool) string {
	switch {
	case !slices.Contains(m.ResponseModes, "form_post"):
		return ""
	case pasted:
		return "query"
	}
	return "form_post"
}

// withQuery adds parameters to an endpoint; it may have some already (RFC 6749, section
// 3.1).
func withQuery(endpoint string, parameters url.Values) string {
	separator := "?"
	if strings.Contains(endpoint, "?") {
		separator = "&"
	}
	return endpoint + separator + parameters.Encode()
}

// RedirectURI is the redirect URI to register: exactly, but with a port only if the
// description fixes one.
func (c *Client) RedirectURI() string { return c.provider.RedirectURI() }

// RedirectURI is as [Client.RedirectURI].
func (p Provider) RedirectURI() string {
	params := p.listenerParams()
	return loopback.RedirectURI(params, params.Port)
}

// listenerParams are those of the redirect listener, without the state.
func (p Provider) listenerParams() loopback.Params {
	r, bare := p.redirect()
	return loopback.Params{Host: r.Host, Port: r.Port, FirstPort: r.FirstPort, LastPort: r.LastPort, Path: r.Path, Bare: bare}
}
