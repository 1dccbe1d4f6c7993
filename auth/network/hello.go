package network

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// helloLimit is how long nobody may answer a hello with a post-quantum key before
	// it counts as swallowed. A lost packet is sent again within a second or two, and
	// callers with limits of five seconds still have time for the second try. The
	// second try has the rest of handshakeLimit: both together take no longer than one.
	helloLimit = 3 * time.Second
	// oldFor bounds how long a network counts as one that swallows such hellos.
	// Firewalls are mended, and not everybody calls [Transport.Reset].
	oldFor = 4 * time.Hour
	// leastPostQuantum is less than any hello with a key for ML-KEM-768, since that
	// alone has 1,184 bytes (FIPS 203, section 8), and more than one without.
	leastPostQuantum = 1184
)

// classicCurves are crypto/tls's own without those of ML-KEM.
func classicCurves() []tls.CurveID {
	return []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521}
}

// oldNetwork is a network with a device that ends or drops handshakes with a
// post-quantum key: their hello no longer fits into one packet, and the device has
// never seen such.
type oldNetwork struct {
	host   string    // where it showed, "" for nowhere
	since  time.Time // when it showed
	resets int       // counts networks, so none is blamed for the one before
}

// ClassicOnly names the host at which this network has turned out not to carry
// post-quantum key exchange (X25519MLKEM768), "" if nothing is known of it. Handshakes
// then go without one for some hours, until [Transport.Reset], or until one fails. The
// protection against today's computers stays the same.
func (t *Transport) ClassicOnly() string {
	host, _ := t.classicOnly()
	return host
}

// classicOnly also returns the network's number.
func (t *Transport) classicOnly() (host string, network int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	// A clock set back must not make it last.
	if age := t.now().Sub(t.old.since); age > oldFor || age < 0 {
		t.old.host = ""
	}
	return t.old.host, t.old.resets
}

// learn notes a discovery about a network: the host at which it turned out to be an old
// one, or "" if it may not be one. Another network may have come since.
func (t *Transport) learn(host string, network int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.old.resets == network {
		t.old.host, t.old.since = host, t.now()
	}
}

// send makes a request, with a second try if nobody answers the hello of TLS. Nothing
// of the request has been sent by then, and nothing of its body read.
func (t *Transport) send(req *http.Request, to target) (*http.Response, *way, error) {
	old, network := t.classicOnly()
	if old != "" {
		w := &way{target: to, classic: true}
		resp, err := t.carrier(to, true).RoundTrip(w.holding(req.WithContext(w.follow())))
		if w.handshake.Load() && to.ctx.Err() == nil && !new(Fault).certificate(err) {
			t.learn("", network)
		}
		return resp, w, err
	}
	first := &way{target: to, hello: hello{limit: t.helloIn}}
	resp, err := t.carrier(to, false).RoundTrip(first.holding(req.WithContext(first.follow())))
	if err == nil || first.ready.Load() {
		return resp, first, err
	}
	if to.ctx.Err() != nil || !first.hello.swallowed(err) {
		return nil, first, err
	}
	second := &way{target: to, classic: true, hello: hello{limit: t.handshakeIn - t.helloIn}}
	resp, err = t.carrier(to, true).RoundTrip(second.holding(req.WithContext(second.follow())))
	// A slow server has been slow before as well.
	if second.hello.answeredIn(t.helloIn, err) {
		t.learn(to.host, network)
	}
	return resp, second, err
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}

// holding keeps a request's body open until there is a connection for it: net/http
// closes the body of every failed request.
func (w *way) holding(req *http.Request) *http.Request {
	if req.Body != nil && req.Body != http.NoBody {
		req.Body = &heldBody{ReadCloser: req.Body, way: w}
	}
	return req
}

type heldBody struct {
	io.ReadCloser
	way *way
}

func (b *heldBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		b.way.unread.Store(true)
	}
	return n, err
}

func (b *heldBody) Close() error {
	if !b.way.ready.Load() {
		return nil
	}
	return b.ReadCloser.Close()
}

// hello is the first message of a TLS handshake, and the answers heard.
type hello struct {
	// limit is how long nobody may answer, 0 for as long as the handshake may take.
	limit time.Duration

	mu    sync.Mutex
	conn  net.Conn
	begun time.Time
	timer *time.Timer
	sent  int // bytes until the answer
	// inner: it goes through the TLS of an https proxy. That ends with a message of its
	// own. late: nobody waits any more.
	inner, heard, late bool
	took               time.Duration // until it was heard
}

// listen has a connection tell of everything heard on it.
func (h *hello) listen(conn net.Conn) net.Conn {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.conn = conn
	return &listening{Conn: conn, hello: h}
}

// begin is httptrace's TLSHandshakeStart. It comes twice with an https proxy on the
// way: the proxy's earlier answer is none of the host's.
func (h *hello) begin() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.inner = !h.begun.IsZero()
	h.begun, h.sent, h.heard = time.Now(), 0, false
	if h.limit > 0 {
		h.timer = time.AfterFunc(h.limit, h.giveUp)
	}
}

// again forgets the handshake with an https proxy: another connection to it begins.
func (h *hello) again() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.timer != nil {
		h.timer.Stop()
	}
	h.begun, h.inner, h.heard = time.Time{}, false, false
}

func (h *hello) giveUp() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.heard {
		h.late = true
		_ = h.conn.Close()
	}
}

// swallowed is true of a failed try if a hello with a post-quantum key was sent and
// nothing came of it.
func (h *hello) swallowed(err error) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.timer != nil {
		h.timer.Stop()
	}
	return !h.begun.IsZero() && h.sent > leastPostQuantum && !h.answered(err)
}

// answeredIn is true if the host, or somebody in its place, answered within the limit.
func (h *hello) answeredIn(limit time.Duration, err error) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.answered(err) && h.took < limit
}

// answered: an alert and a bad certificate are answers.
func (h *hello) answered(err error) bool {
	cut := err != nil && isUnreachable(err) && !isHandshake(err)
	return h.heard && (!h.inner || !cut)
}

// listening is a connection that hears the answer to its hello.
type listening struct {
	net.Conn
	hello *hello
}

func (c *listening) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	h := c.hello
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.late:
		return 0, errNoAnswer // even if it has come by now: another try may be under way
	case n > 0 && !h.begun.IsZero() && !h.heard:
		h.heard, h.took = true, time.Since(h.begun)
		if h.timer != nil {
			h.timer.Stop()
		}
	}
	return n, err
}

func (c *listening) Write(p []byte) (int, error) {
	h := c.hello
	h.mu.Lock()
	if !h.heard {
		h.sent += len(p) // the untaken part was meant as well
	}
	h.mu.Unlock()
	return c.Conn.Write(p)
}
