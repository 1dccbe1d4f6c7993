package network

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/portico-desktop/portico/auth/network/proxyauth"
)

// The limits of a request made by [Transport.Client].
const (
	dialLimit      = 10 * time.Second
	nextLimit      = 3 * time.Second // of dialLimit, where another proxy is to follow
	handshakeLimit = 10 * time.Second
	answerLimit    = 20 * time.Second // from the request to the answer's header
	wholeLimit     = 30 * time.Second // to the end of the answer
	maxHeader      = 64 << 10

	// settingsAge bounds how long proxy settings are used without looking again.
	settingsAge = 5 * time.Minute
)

// Options make a [Transport]. The zero value is right for most programs.
type Options struct {
	// Proxy is used instead of what the environment and the operating system say:
	// HOST:PORT or SCHEME://[USER:PASSWORD@]HOST:PORT with the scheme http, https
	// or socks5, or [Direct] for none. "" asks the environment first
	// (HTTPS_PROXY, HTTP_PROXY, NO_PROXY), then the operating system.
	Proxy string
	// Bypass lists hosts that are reached without Proxy, in the way of Windows and
	// macOS: "*.corp.example", "192.168.*", "10.0.0.0/8", "host:8443", "<local>"
	// for names without a dot. This computer itself never needs to be in it.
	Bypass []string
	// ExtraCAFile is a PEM file of authorities that are trusted besides the
	// operating system's, such as that of an intercepting proxy. "" means none.
	ExtraCAFile string
	// UserAgent names the program to servers and proxies; [UserAgent] makes one. A
	// request with a User-Agent of its own keeps it. "" means that of this library,
	// as in "portico-auth (linux)", because firewalls refuse the one that Go sends.
	UserAgent string
	// AnswersFile keeps the last answers of proxy scripts, for a start without a way to
	// ask them. It holds names of hosts and proxies. "" keeps it in memory alone.
	AnswersFile string
	// ProxyAuth are the schemes by which proxies may be answered. nil means
	// [DefaultProxyAuth], and Kerberos alone for a proxy that the network itself has named
	// (automatic detection, or a script fetched in plain); a list counts for all proxies.
	ProxyAuth []proxyauth.Scheme
	// LogOn is the person's log-on, for showing to proxies: package kerberos has one, and
	// package logonprocess for a program to stay small. nil means the operating system's,
	// which is Windows' and none elsewhere.
	LogOn proxyauth.LogOn
	// Proxies keeps the knowledge of proxies, and their passwords. With nil nothing
	// outlasts the Transport, and there are no passwords but those in addresses.
	Proxies ProxyStore
}

// Transport is an http.RoundTripper for the networks of companies. Requests that
// do not get through fail with a *[Fault]. It reads the proxy settings at the
// first request, and again after some minutes, after [Transport.Reset], and when
// a proxy turned out not to be there. Where nothing answers a post-quantum
// handshake it tries a classic one; see [Transport.ClassicOnly]. It is safe for
// concurrent use.
type Transport struct {
	options  Options
	carry    atomic.Pointer[carriers]
	now      func() time.Time
	answerIn time.Duration
	// helloIn and handshakeIn bound the first try of a handshake, and both together.
	helloIn, handshakeIn time.Duration
	nextIn               time.Duration

	proxies   ProxyStore
	ofAddress ofAddress

	dialer     net.Dialer
	readSystem func() (system, error)
	trusted    authorities

	mu     sync.Mutex
	rules  *rules
	readAt time.Time
	old    oldNetwork
	dead   dead

	answers *answers
	known   atomic.Pointer[Settings]
	pool    pool // of Kept
}

// New checks the options and reads the file of extra authorities. It makes no
// request, looks for no proxy, and leaves the operating system's authorities to the
// first request over https, or to [Transport.Prepare]. It cannot fail without options.
func New(o Options) (*Transport, error) {
	if o.Proxy != "" && o.Proxy != Direct {
		if _, err := parseProxy(o.Proxy); err != nil {
			return nil, fmt.Errorf("the proxy is no good: %w", err)
		}
	}
	if o.UserAgent == "" {
		o.UserAgent = UserAgent("")
	} else if !httpguts.ValidHeaderFieldValue(o.UserAgent) {
		return nil, errors.New("the user agent cannot stand in a header")
	}
	var extra []*x509.Certificate
	if o.ExtraCAFile != "" {
		var err error
		if extra, err = readAuthorities(o.ExtraCAFile); err != nil {
			return nil, fmt.Errorf("the file of extra authorities %w", err)
		}
	}
	t := &Transport{
		trusted: authorities{extra: extra},
		options: o, now: time.Now, answerIn: answerLimit, helloIn: helloLimit, handshakeIn: handshakeLimit, readSystem: readSystem, nextIn: nextLimit, dead: dead{},
		dialer: net.Dialer{Timeout: dialLimit, ControlContext: checkReached}, proxies: o.Proxies,
		pool: pool{idle: idleFor},
	}
	if t.proxies == nil {
		t.proxies = &forgetful{}
	}
	t.answers = newAnswers(func() time.Time { return t.now() }, newEvaluator(scriptFetcher{dialer: &t.dialer, trusted: t.trustedConfig}), o.AnswersFile)
	base := &http.Transport{
		Proxy:                  chosenProxy,
		DialContext:            t.dial,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    handshakeLimit,
		MaxResponseHeaderBytes: maxHeader,
		// A program that idles for hours should not hold a connection. Without one
		// to share, HTTP/2 would bring nothing. Programs that do not idle have Kept.
		DisableKeepAlives: true,
	}
	classic := base.Clone()
	classic.TLSClientConfig.CurvePreferences = classicCurves()
	t.carry.Store(&carriers{base: base, classic: classic})
	return t, nil
}

// Client returns a client over this transport that gives up after 30 s. Every
// call returns another one.
func (t *Transport) Client() *http.Client {
	return &http.Client{Transport: t, Timeout: wholeLimit}
}

// Reset has the proxy settings read again at the next request. It forgets everything
// learned of the network, with the answers of proxy scripts, and ends kept connections.
// It is for a changed network, and costs nothing by itself.
func (t *Transport) Reset() {
	t.pool.drop()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rules = nil
	t.old = oldNetwork{resets: t.old.resets + 1}
	clear(t.dead)
	t.answers.forget()
}

// Renew has the proxy settings read and proxy scripts asked again at the next request. The
// former answers stay for a failure. It is for settings changed, perhaps, in the same
// network.
func (t *Transport) Renew() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rules = nil
	t.answers.renew()
}

func (t *Transport) current() *rules {
	t.mu.Lock()
	defer t.mu.Unlock()
	// A clock that was set back must not make the settings last.
	if age := t.now().Sub(t.readAt); t.rules == nil || age > settingsAge || age < 0 {
		t.rules, t.readAt = readRules(t.options, t.readSystem), t.now()
		t.known.Store(&t.rules.shown)
	}
	return t.rules
}

// dial is http.Transport's DialContext. That one dials on when a request has been
// given up, for the sake of the next; here every connection serves one request,
// and ends with it, unless it is kept.
func (t *Transport) dial(ctx context.Context, network, address string) (net.Conn, error) {
	w := wayOf(ctx)
	if w.tunnelled() {
		return t.tunnel(w, address)
	}
	return t.connect(w, network, address)
}

// connect is a connection that ends with its request; see bind.
func (t *Transport) connect(w *way, network, address string) (net.Conn, error) {
	dialer := t.dialer
	dialer.Timeout = cmp.Or(w.dialIn, dialer.Timeout)
	conn, err := dialer.DialContext(context.WithValue(w.ctx, wayKey{}, w), network, address) // for checkReached
	if err != nil {
		return nil, err
	}
	w.connected.Store(true)
	w.bind(conn)
	return w.hello.listen(conn), nil
}

// RoundTrip makes one request. Where there are several ways to its host, they are tried
// in their order until a proxy is there; nothing of the request has been sent by then.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	return t.roundTrip(req, false)
}

// roundTrip is RoundTrip by a new connection, or by one that is kept.
func (t *Transport) roundTrip(req *http.Request, keep bool) (*http.Response, error) {
	if OffLimits(req.URL.Hostname()) {
		closeBody(req)
		return nil, &Fault{Kind: NoRoute, Host: req.URL.Host, Err: ErrOffLimits}
	}
	found, err := t.wayTo(req.Context(), req.URL)
	if err != nil {
		closeBody(req)
		return nil, fmt.Errorf("choosing a proxy: %w", err)
	}
	if err := t.trustFor(req.Context(), req.URL, found.ways); err != nil {
		closeBody(req)
		return nil, &Fault{Kind: CertOther, Host: req.URL.Host, Err: err}
	}
	deadline := time.Now().Add(t.answerIn)
	resp, w, err := t.trusting(req, found, deadline, keep)
	if err != nil && found.kept && w.astray(err) {
		// What a script said some time ago may be about another network.
		t.answers.distrust(req.URL)
		if found, again := t.wayTo(req.Context(), req.URL); again == nil && t.trustFor(req.Context(), req.URL, found.ways) == nil {
			resp, w, err = t.trusting(req, found, deadline, keep)
		}
	}
	if err != nil && !w.ready.Load() {
		closeBody(req) // net/http has closed the others
	}
	if err != nil {
		t.doubt(w, err)
	}
	return resp, err
}

// try makes a request through one candidate. The body of a request that fails stays
// open where nothing of it was sent.
func (t *Transport) try(req *http.Request, to target, deadline time.Time) (*http.Response, *way, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	to.ctx = ctx
	limit := time.AfterFunc(time.Until(deadline), func() { cancel(errNoAnswer) })
	pass := t.send
	if to.plain && to.answers() {
		pass = t.forward
	}
	resp, w, err := pass(t.introduced(req), to)
	inTime := limit.Stop()
	if err == nil && !inTime {
		resp.Body.Close()
		err = errNoAnswer
	}
	if err != nil {
		err = w.explain(req.Context(), err)
		cancel(nil)
		return nil, w, err
	}
	resp.Request = req
	resp.Body = &endingBody{ReadCloser: resp.Body, ctx: ctx, end: func() { cancel(nil) }}
	return resp, w, nil
}

// endingBody ends the request's context when the answer has been read.
type endingBody struct {
	io.ReadCloser
	ctx context.Context
	end func()
}

func (b *endingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == nil {
		return n, nil
	}
	if !errors.Is(err, io.EOF) && b.ctx.Err() != nil {
		err = context.Cause(b.ctx) // and not that its connection was closed
	}
	b.end() // not everybody closes what has been read
	return n, err
}

func (b *endingBody) Close() error {
	err := b.ReadCloser.Close()
	b.end()
	return err
}

// target is whom a request is for, and how it gets there.
type target struct {
	ctx    context.Context // the request's, ended with its answer
	host   string
	plain  bool // http, which a proxy answers itself
	keep   bool // its connection may be one that is kept, and is kept
	via    candidate
	dialIn time.Duration // bounds a connection's beginning, 0 for dialLimit
	// unasked is why no script was asked about the host, nil where it was or there is none.
	unasked error
}

// way is what one try of a request meets between this computer and its host.
type way struct {
	target
	// connected: somebody has taken the connection, the host or its proxy.
	connected atomic.Bool
	// passed: the proxy has let us through, or has taken the request.
	passed atomic.Bool
	// handshake: TLS with the host, or with an https proxy, has failed.
	handshake atomic.Bool
	// ready: the connection is there, and the request goes into it.
	ready atomic.Bool
	// shared: it has served others before, or serves them as well.
	shared atomic.Bool
	// unread: the request's body could not be read.
	unread atomic.Bool
	// classic: without a post-quantum key.
	classic bool
	hello   hello
}

type wayKey struct{}

// wayOf is the way of a request that RoundTrip has passed on; net/http keeps its
// values for the connection it makes.
func wayOf(ctx context.Context) *way {
	w, _ := ctx.Value(wayKey{}).(*way)
	return w
}

// follow has the transport take this way and note how far it gets.
func (w *way) follow() context.Context {
	return httptrace.WithClientTrace(context.WithValue(w.ctx, wayKey{}, w), &httptrace.ClientTrace{
		GetConn: func(string) { w.passed.Store(false); w.handshake.Store(false) }, // net/http may have tried one that was dead
		GotConn: func(info httptrace.GotConnInfo) {
			w.passed.Store(true)
			w.shared.Store(info.Reused || speaksHTTP2(info.Conn))
			w.ready.Store(true)
		},
		TLSHandshakeStart: w.hello.begin,
		TLSHandshakeDone:  func(_ tls.ConnectionState, err error) { w.handshake.Store(err != nil) },
	})
}

func speaksHTTP2(conn net.Conn) bool {
	secure, ok := conn.(*tls.Conn)
	return ok && secure.ConnectionState().NegotiatedProtocol == "h2"
}

// chosenProxy is http.Transport's Proxy: what is left to net/http.
func chosenProxy(req *http.Request) (*url.URL, error) {
	w := wayOf(req.Context())
	switch {
	case w.tunnelled():
		return nil, nil
	case w.answers():
		bare := *w.via.proxy
		bare.User = nil // which net/http would send unasked
		return &bare, nil
	}
	return w.via.proxy, nil
}
