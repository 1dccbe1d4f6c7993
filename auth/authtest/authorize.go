package authtest

import (
	"encoding/base64"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"
)

const codeLifetime = time.Minute

// code is an authorization code (RFC 6749, section 4.1.2).
type code struct {
	redirect  string
	challenge string
	expires   time.Time
	used      bool
	boundTo   string // dpop_jkt (RFC 9449, section 10)
	family    *family
}

// serveAuthorize is the sign-in page, with the scripted person in front of it.
func (p *Provider) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	// OpenID Connect Core, section 3.1.2.1: by GET or by POST.
	q := r.Form
	if name := repeated(q); name != "" {
		http.Error(w, name+" is given more than once", http.StatusBadRequest)
		return
	}
	q, problem := p.requested(q)
	if problem != "" {
		http.Error(w, problem, http.StatusBadRequest)
		return
	}
	// Nobody is redirected to an address other than the client's (RFC 6749, section 4.1.2.1).
	if !p.config.knows(q.Get("client_id")) {
		http.Error(w, "unknown client", http.StatusBadRequest)
		return
	}
	if !p.registered(q.Get("redirect_uri")) {
		http.Error(w, "the redirect URI is not registered", http.StatusBadRequest)
		return
	}

	p.mu.Lock()
	person, manner, signedIn := p.person, p.manner, p.session
	p.mu.Unlock()

	answer := url.Values{}
	refuse := func(code, why string) {
		answer.Set("error", code)
		answer.Set("error_description", why)
	}
	challenge, err := base64.RawURLEncoding.DecodeString(q.Get("code_challenge"))
	number, stays := 0, false
	if manner == Agrees {
		number, stays = p.entraStops(w, q, signedIn)
	}
	switch {
	case stays:
		return
	case number != 0:
		answer = entraResponse(number)
	case q.Get("response_type") != "code":
		refuse("unsupported_response_type", "only code")
	case !slices.Contains(words(q.Get("scope")), "openid"):
		refuse("invalid_scope", "openid is missing")
	case q.Get("code_challenge_method") != "S256" || err != nil || len(challenge) != 32:
		refuse("invalid_request", "PKCE with S256 is required")
	case q.Get("response_mode") != "" && q.Get("response_mode") != "query" && !p.postsForm(q):
		refuse("invalid_request", "this response_mode is not supported")
	case q.Get("prompt") == "none" && !signedIn:
		refuse("login_required", "nobody is signed in")
	case manner == Denies:
		refuse("access_denied", "the person refused")
	case manner == Leaves:
		_, _ = fmt.Fprint(w, "<!doctype html><title>Sign in</title><p>Sign in")
		return
	default:
		answer.Set("code", p.grantCode(q, person))
	}
	if state := q.Get("state"); state != "" {
		answer.Set("state", state)
	}
	if !p.config.noIss {
		answer.Set("iss", p.URL)
	}
	for _, f := range p.take(pointResponse, "") {
		f.response(answer)
	}
	p.respond(w, q, answer)
}

// grantCode makes a code for the request and signs the browser in.
func (p *Provider) grantCode(q url.Values, person Person) string {
	now := p.now()
	value := secret()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.session = true
	p.codes[value] = &code{
		redirect: q.Get("redirect_uri"), challenge: q.Get("code_challenge"), expires: now.Add(codeLifetime),
		family: &family{client: q.Get("client_id"), person: person, scope: grantedScope(q), resources: q["resource"], nonce: q.Get("nonce"), signedIn: now},
	}
	if p.config.dpop {
		p.codes[value].boundTo = q.Get("dpop_jkt")
	}
	return value
}

func (p *Provider) postsForm(q url.Values) bool {
	return p.config.formPost && q.Get("response_mode") == "form_post"
}

var formPost = template.Must(template.New("form_post").Parse(
	`<!doctype html><title>One moment</title><body onload="document.forms[0].submit()"><form method="post" action="{{.To}}">` +
		`{{range $name, $values := .Fields}}{{range $values}}<input type="hidden" name="{{$name}}" value="{{.}}">{{end}}{{end}}` +
		`<noscript><button>Continue</button></noscript></form>`))

// respond takes the browser to the redirect URI, by 303 or by a form that posts itself (OAuth 2.0
// Form Post Response Mode).
func (p *Provider) respond(w http.ResponseWriter, q, answer url.Values) {
	to := q.Get("redirect_uri")
	w.Header().Set("Cache-Control", "no-store")
	if p.postsForm(q) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = formPost.Execute(w, struct {
			To     string
			Fields url.Values
		}{to, answer})
		return
	}
	w.Header().Set("Location", withQuery(to, answer))
	w.WriteHeader(http.StatusSeeOther)
}

// withQuery adds parameters to an address that may have some already.
func withQuery(address string, v url.Values) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += v.Encode()
	return u.String()
}

// registered is true if a redirect URI is the client's. On loopback any port matches (RFC 8252,
// section 7.3).
func (p *Provider) registered(uri string) bool {
	u, err := url.Parse(uri)
	if err != nil || uri == "" || u.Fragment != "" {
		return false
	}
	return slices.ContainsFunc(p.config.redirects, func(known string) bool {
		k, err := url.Parse(known)
		if err != nil {
			return false
		}
		if uri == known {
			return true
		}
		ip := net.ParseIP(k.Hostname())
		if k.Scheme != "http" || k.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return false
		}
		a, b := *u, *k
		a.Host, b.Host = u.Hostname(), k.Hostname()
		return a.String() == b.String()
	})
}

// grantedScope is the scope of the request. access_type is Google's way to ask for a refresh
// token: this provider understands it beside the standard's.
func grantedScope(q url.Values) string {
	if q.Get("access_type") == "offline" {
		return q.Get("scope") + " offline_access"
	}
	return q.Get("scope")
}
