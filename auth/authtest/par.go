package authtest

import (
	"maps"
	"net/http"
	"net/url"
	"time"
)

// PushedAuthorization takes authorization requests directly; see [WithPAR].
const PushedAuthorization Endpoint = "par"

const pushedLifetime = time.Minute

// WithPAR announces pushed authorization requests (RFC 9126) and takes them; with required, it takes
// no others. A pushed request can be opened once, within a minute.
func WithPAR(required bool) Option {
	return func(c *config) { c.par, c.parRequired = true, required }
}

// pushedRequest is an authorization request not opened yet.
type pushedRequest struct {
	parameters url.Values
	expires    time.Time
}

// servePushed takes an authorization request (RFC 9126, section 2).
func (p *Provider) servePushed(w http.ResponseWriter, r *http.Request) {
	q := r.PostForm
	switch {
	case !p.config.par:
		http.NotFound(w, r)
		return
	case p.config.parAnswer != nil:
		p.config.parAnswer(w)
		return
	case !isForm(r) || len(r.URL.Query()) > 0:
		writeError(w, "invalid_request", "not a form sent by POST", nil)
		return
	case repeated(q) != "":
		writeError(w, "invalid_request", repeated(q)+" is given more than once", nil)
		return
	case !p.authenticated(w, r):
		return
	case q.Has("request_uri"):
		writeError(w, "invalid_request", "request_uri cannot be pushed", nil)
		return
	case !p.config.knows(q.Get("client_id")) || q.Get("response_type") != "code":
		writeError(w, "invalid_request", "the authorization request is not whole", nil)
		return
	case !p.registered(q.Get("redirect_uri")):
		writeError(w, "invalid_request", "the redirect URI is not registered", nil)
		return
	}
	parameters := maps.Clone(q)
	for _, name := range []string{"client_secret", "client_assertion", "client_assertion_type"} {
		delete(parameters, name)
	}
	uri := "urn:ietf:params:oauth:request_uri:" + secret()
	expires := p.now().Add(pushedLifetime)
	p.mu.Lock()
	p.pushed[uri] = pushedRequest{parameters: parameters, expires: expires}
	p.mu.Unlock()
	writeJSON(w, http.StatusCreated, map[string]any{"request_uri": uri, "expires_in": int(pushedLifetime / time.Second)})
}

// requested returns the authorization request of a page, in the address or pushed before, or names
// its fault.
func (p *Provider) requested(q url.Values) (parameters url.Values, problem string) {
	if !q.Has("request_uri") {
		if p.config.parRequired {
			return nil, "only pushed authorization requests are taken"
		}
		return q, ""
	}
	now, uri := p.now(), q.Get("request_uri")
	p.mu.Lock()
	defer p.mu.Unlock()
	request, ok := p.pushed[uri]
	delete(p.pushed, uri)
	switch {
	case len(q) != 2:
		return nil, "beside request_uri there is only to be client_id"
	case !ok:
		return nil, "the request_uri is not known, or has been used before"
	case now.After(request.expires):
		return nil, "the request_uri has expired"
	case q.Get("client_id") != request.parameters.Get("client_id"):
		return nil, "the request_uri is another client's"
	}
	return request.parameters, ""
}
