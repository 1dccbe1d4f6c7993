package auth

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/portico-desktop/portico/auth/loopback"
)

const (
	// endSessionLimit is how long a browser may take to fetch the page for ending the
	// provider's session.
	endSessionLimit = time.Minute
	// closingGrace is the rest of it when [Client.Close] waits: long enough for a browser
	// to start first.
	closingGrace = 15 * time.Second
)

// EndSession is a request to end the provider's session in the browser (OpenID
// Connect RP-Initiated Logout 1.0, section 2). It may hold an ID token, and prints
// and logs as the provider's name only.
type EndSession struct {
	client     *Client
	endpoint   string
	parameters url.Values
}

// endSession is nil if the provider offers no end of a session, and if it has to be shown
// an ID token (id_token_hint) and nobody here has one. An expired one is as good, says
// the standard.
func (c *Client) endSession(m *Metadata, last parting) *EndSession {
	if m.EndSessionEndpoint == "" || last.idToken == "" && !c.dialect.endsSessionsUnproven() {
		return nil
	}
	e := &EndSession{client: c, endpoint: m.EndSessionEndpoint, parameters: url.Values{"client_id": {c.provider.ClientID}}}
	if last.account.Email != "" {
		e.parameters.Set("logout_hint", last.account.Email)
	}
	if !c.dialect.endsSessionsUnproven() {
		e.parameters.Set("id_token_hint", last.idToken)
	}
	return e
}

// endsSessionsUnproven reports if the provider ends a session without an ID token as the
// proof of its owner. Entra does: its page signs out the account of logout_hint, and lets
// the person choose otherwise. Of the others some ask the person, and some (Spring
// Authorization Server) show an error; no metadata tell one from the other, and the
// standard wants the proof.
func (d Dialect) endsSessionsUnproven() bool { return d == Entra }

// Address is the address to open in the browser. An ID token never stands in it, because
// addresses end in histories, logs and lists of processes. With one to show, it leads to
// a page on this computer: the page posts the request to the provider, once, and is gone
// after a minute; [Client.Close] waits for the browser to fetch it, for 15 seconds at the
// most, unless [Client.WithdrawPages] is called. page words that page, its LinkLabel the
// button for browsers without scripts; without a title it is plain English.
//
// A provider taking no POST there is asked without the ID token, and puts the question to
// the person.
func (e *EndSession) Address(ctx context.Context, page loopback.Page) (address string, err error) {
	if e.parameters.Has("id_token_hint") && e.client.mayRefusePost(e.endpoint) && !e.takesPost(ctx) {
		e.parameters.Del("id_token_hint")
	}
	if !e.NeedsPage() {
		return withQuery(e.endpoint, e.parameters), nil
	}
	if page.Title == "" {
		page = loopback.Page{Title: "Signing out", Text: "Your browser goes on to the sign-in service by itself.", LinkLabel: "Sign out"}
	}
	once, err := loopback.ServeForm(page, loopback.Form{Action: e.endpoint, Fields: e.parameters})
	if err != nil {
		return "", err
	}
	waiting, done := e.client.pages.add(endSessionLimit)
	e.client.behind.begin(func() {
		defer done()
		if !once.Wait(waiting) {
			e.client.log.Info("no browser has fetched the page that signs out", "provider", e.client.provider.ID)
		}
	})
	return once.URL(), nil
}

// mayRefusePost recognises oidc-provider, and servers built on it, by the path of its
// endpoint: against the standard it takes no POST there unless it is told to
// (enableHttpPostMethods), and a browser would end on its "Not Found". Nobody else is
// asked.
func (c *Client) mayRefusePost(endpoint string) bool {
	u, err := url.Parse(endpoint)
	return err == nil && strings.HasSuffix(u.Path, "/session/end")
}

// takesPost asks the endpoint if it takes a POST at all, without cookies and without an
// ID token. An endpoint out of reach is not found out this way.
func (e *EndSession) takesPost(ctx context.Context) bool {
	form := url.Values{"client_id": e.parameters["client_id"]}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return true
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := e.client.http.Do(req)
	if err != nil {
		return true
	}
	_ = resp.Body.Close()
	return resp.StatusCode != http.StatusNotFound && resp.StatusCode != http.StatusMethodNotAllowed && resp.StatusCode != http.StatusNotImplemented
}

// NeedsPage reports if Address leads to a page on this computer, once Address has been
// called.
func (e *EndSession) NeedsPage() bool { return e.parameters.Has("id_token_hint") }

// String names the provider and nothing else.
func (e EndSession) String() string { return "end of the session at " + e.client.provider.ID }

// GoString does as String does, for %#v.
func (e EndSession) GoString() string { return e.String() }

// LogValue does as String does.
func (e EndSession) LogValue() slog.Value { return slog.StringValue(e.String()) }

// WithdrawPages takes back the pages of [EndSession.Address] not fetched by any browser,
// as for a browser that could not be opened.
func (c *Client) WithdrawPages() { c.pages.limit(0) }

// pages are those waiting for a browser.
type pages struct {
	// after is time.AfterFunc if it is nil.
	after func(time.Duration, func()) *time.Timer

	mu   sync.Mutex
	open map[*time.Timer]context.CancelFunc
}

// add returns a context for one more page, ending in time, and the function to call when
// the page is gone.
func (p *pages) add(limit time.Duration) (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	after := p.after
	if after == nil {
		after = time.AfterFunc
	}
	timer := after(limit, cancel)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == nil {
		p.open = make(map[*time.Timer]context.CancelFunc)
	}
	p.open[timer] = cancel
	return ctx, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		timer.Stop()
		delete(p.open, timer)
		cancel()
	}
}

// limit leaves every open page so much time at the most.
func (p *pages) limit(left time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, cancel := range p.open {
		if left <= 0 {
			cancel()
			continue
		}
		time.AfterFunc(left, cancel)
	}
}
