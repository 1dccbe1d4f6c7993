package authtest

import (
	"context"
	"crypto"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"
)

// ClientID is the registered client, unless [WithClient] names another.
const ClientID = "portico"

// A Provider is an OpenID provider on a free loopback port, over TLS. It ends with its test. Its
// methods may be called at any time from any goroutine.
type Provider struct {
	// URL is the issuer. The metadata are at URL + "/.well-known/openid-configuration".
	URL string

	server *httptest.Server
	config config
	moved  sync.Map // of an Endpoint, the status at its former address
	left   sync.Map // of an Endpoint, the answer there

	mu       sync.Mutex
	person   Person
	manner   Manner
	keys     []signingKey // the last one signs
	requests []Request
	arrived  chan struct{} // closed and replaced with every request
	faults   []*activeFault
	onToken  func()
	session  bool // the browser is signed in
	consent  Consent
	codes    map[string]*code
	devices  map[string]*device
	refresh  map[string]*family // by every refresh token ever given out
	access   map[string]*family
	granted  map[string]AccessToken
	pushed   map[string]pushedRequest
	client   registration

	nonce       string // for proofs
	spentProofs map[string]bool
}

// A Person signs in.
type Person struct {
	Subject           string // sub
	Name              string // name; needs the scope "profile"
	PreferredUsername string // preferred_username; needs the scope "profile"
	Email             string // email; needs the scope "email"
	EmailVerified     bool   // email_verified

	// In Entra's dialect: oid, tid, and the person's home directory. Empty ones are
	// [EntraObject], [EntraTenant] and Tenant.
	Object, Tenant, Home string
}

// Ada returns the person who signs in unless a test says otherwise.
func Ada() Person {
	return Person{
		Subject: "sub-ada", Name: "Ada Example", PreferredUsername: "ada@contoso.example",
		Email: "ada@contoso.example", EmailVerified: true,
	}
}

// A Manner is how the scripted person behaves in front of the sign-in page.
type Manner int

const (
	// Agrees signs in at once: the page answers 303 to the redirect URI, with a code.
	Agrees Manner = iota
	// Denies refuses at once: the redirect carries error=access_denied.
	Denies
	// Leaves walks away: the page is shown and nothing ever comes of it. A device code stays
	// pending.
	Leaves
)

// New starts a provider. When t ends it is stopped, and every request held by [Hang] is released.
func New(t testing.TB, options ...Option) *Provider {
	t.Helper()
	p := Start(options...)
	t.Cleanup(p.Close)
	return p
}

// Start starts a provider without a test to end it, as in examples. Call Close.
func Start(options ...Option) *Provider {
	p := &Provider{
		config:  defaults(),
		codes:   map[string]*code{},
		devices: map[string]*device{},
		refresh: map[string]*family{},
		access:  map[string]*family{}, granted: map[string]AccessToken{},
		pushed: map[string]pushedRequest{},
		client: registration{keys: map[string]crypto.PublicKey{}, spent: map[string]bool{}},

		nonce:       secret(),
		spentProofs: map[string]bool{},
	}
	for _, o := range options {
		o(&p.config)
	}
	p.person = p.config.person
	p.client.secret = p.config.secret
	p.keys = []signingKey{{id: "key-1", private: firstKey()}}
	p.arrived = make(chan struct{})
	p.server = httptest.NewUnstartedServer(p.routes())
	p.server.Config.ErrorLog = log.New(io.Discard, "", 0) // of connections broken by faults and tests
	p.server.StartTLS()
	if p.config.host != "" {
		p.server.URL = "https://" + p.config.host
	}
	p.URL = p.server.URL + p.config.path
	return p
}

// Close stops the provider and releases every request held by [Hang].
func (p *Provider) Close() {
	p.Heal()
	p.server.Close()
}

// Client returns a client that trusts the provider's certificate. Every call returns another one,
// over the same connections.
func (p *Provider) Client() *http.Client {
	c := *p.server.Client()
	return &c
}

// Address is the host and port of the provider's listener, under any name.
func (p *Provider) Address() string { return p.server.Listener.Addr().String() }

// Certificate is the provider's, signed by itself.
func (p *Provider) Certificate() *x509.Certificate { return p.server.Certificate() }

// Endpoint returns the address of an endpoint, as the metadata give it.
func (p *Provider) Endpoint(e Endpoint) string {
	switch e {
	case Discovery:
		return p.URL + "/.well-known/openid-configuration"
	case AdminConsent:
		return p.URL + "/" + string(e)
	}
	if _, moved := p.moved.Load(e); moved {
		return p.server.URL + movedPath + string(e)
	}
	return p.server.URL + "/" + string(e)
}

// movedPath is before the path of a moved endpoint.
const movedPath = "/moved/"

// Move gives an endpoint another address from now on. The metadata name it. At the
// former one is an answer with the given status, such as 404; a redirect leads to the
// new one.
func (p *Provider) Move(e Endpoint, status int) {
	p.moved.Store(e, status)
}

// Leave sets the answer at the former address of a moved endpoint, as JSON.
func (p *Provider) Leave(e Endpoint, body string) { p.left.Store(e, body) }

// DescribeAt serves the metadata at another path too, for redirects to lead to. It may be called
// once for a path.
func (p *Provider) DescribeAt(path string) {
	p.server.Config.Handler.(*http.ServeMux).HandleFunc(path, p.at(Discovery, p.serveMetadata))
}

// gone answers at the former address of a moved endpoint.
func (p *Provider) gone(w http.ResponseWriter, r *http.Request, e Endpoint) bool {
	status, moved := p.moved.Load(e)
	if !moved || r.URL.Path != "/"+string(e) {
		return false
	}
	if code := status.(int); code >= 300 && code < 400 {
		http.Redirect(w, r, p.Endpoint(e), code)
	} else if body, ok := p.left.Load(e); ok {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body.(string))
	} else {
		http.Error(w, http.StatusText(code), code)
	}
	return true
}

// SetPerson changes the person for sign-ins from now on. Earlier grants stay with the earlier
// person.
func (p *Provider) SetPerson(person Person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.person = person
}

// Behave changes how the person behaves from now on. Device codes that wait are decided by it too.
func (p *Provider) Behave(m Manner) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.manner = m
}

// OnToken sets a function for every successful token request: it is called after the refresh token
// has been rotated and before the answer is written. A program killed in it loses the answer. nil
// takes it away.
func (p *Provider) OnToken(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.onToken = f
}

// BrowserSession is true if the browser is signed in: an authorization succeeded, and no end of
// the session was asked for since. prompt=none goes by it.
func (p *Provider) BrowserSession() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.session
}

// An Endpoint names one of the provider's addresses.
type Endpoint string

// The endpoints.
const (
	Discovery           Endpoint = "discovery"
	Keys                Endpoint = "keys"
	Authorize           Endpoint = "authorize"
	Token               Endpoint = "token"
	UserInfo            Endpoint = "userinfo"
	Revocation          Endpoint = "revoke"
	EndSession          Endpoint = "end-session"
	DeviceAuthorization Endpoint = "device-authorization"
	// DeviceVerification is the page for a person to type a user code. Here only its
	// opening counts.
	DeviceVerification Endpoint = "device"
)

// now is the provider's time: its clock and [ClockSkew].
func (p *Provider) now() time.Time {
	now := p.config.now()
	for _, f := range p.take(pointClock, "") {
		now = now.Add(f.skew)
	}
	return now
}

// A Request is one request to the provider. It holds secrets in plain text; print it in a test
// only.
type Request struct {
	Endpoint Endpoint
	Method   string
	Query    map[string][]string
	Form     map[string][]string // of the body alone
	Header   http.Header
}

// Get returns the first value of a parameter, of the body or else of the query.
func (r Request) Get(name string) string {
	for _, values := range []map[string][]string{r.Form, r.Query} {
		if v := values[name]; len(v) > 0 {
			return v[0]
		}
	}
	return ""
}

// Requests lists the requests to the provider, in order: at the given endpoints, or at all of
// them when none is given. Requests that ran into a fault are in it.
func (p *Provider) Requests(of ...Endpoint) []Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	var found []Request
	for _, r := range p.requests {
		if len(of) == 0 || slices.Contains(of, r.Endpoint) {
			found = append(found, r)
		}
	}
	return found
}

// Await waits until [Provider.Requests] of the same endpoints has n of them. It fails with ctx's error
// when ctx ends first.
func (p *Provider) Await(ctx context.Context, n int, of ...Endpoint) error {
	for {
		p.mu.Lock()
		arrived := p.arrived
		p.mu.Unlock()
		if len(p.Requests(of...)) >= n {
			return nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// note adds a request to the list.
func (p *Provider) note(r Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, r)
	close(p.arrived)
	p.arrived = make(chan struct{})
}

// Forget empties the list of [Provider.Requests], so a test can count from here.
func (p *Provider) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = nil
}
