package network

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// idleFor is how long a connection is kept for the next request.
	idleFor = 90 * time.Second
	// maxIdle bounds the connections that are kept, through one proxy or directly.
	maxIdle = 16
	// maxWaysKept bounds the ways that connections are kept for. Settings change, and
	// scripts name proxies host by host.
	maxWaysKept = 8
)

// Kept is a [Transport] that keeps connections between requests, for programs that make
// many to the same host, as to an API. Everything else is as with the Transport itself,
// whose settings, authorities and knowledge of the network it shares; HTTP/2 is spoken
// where the host knows it.
//
// A connection is kept for 90 s after its last request. [Transport.Reset] ends the unused
// ones, and so does a kept connection without an answer: the network may be another one. A request is sent again in a new connection only where net/http
// does so by itself: nothing of it was sent, or it can be repeated (see
// [http.Transport]). What goes to a proxy in plain is never kept, because proxies log
// people on by the connection.
//
// It is safe for concurrent use.
type Kept struct{ transport *Transport }

// Kept returns the transport that keeps connections. Every call returns the same
// connections.
func (t *Transport) Kept() *Kept { return &Kept{t} }

// RoundTrip makes one request, as [Transport.RoundTrip] does.
func (k *Kept) RoundTrip(req *http.Request) (*http.Response, error) {
	return k.transport.roundTrip(req, true)
}

// CloseIdleConnections ends the connections that nobody uses.
func (k *Kept) CloseIdleConnections() { k.transport.pool.drop() }

// Client returns a client over this transport that gives up after 30 s.
func (k *Kept) Client() *http.Client {
	return &http.Client{Transport: k, Timeout: wholeLimit}
}

// poolKey is a way out of this computer. net/http knows only some proxies: a connection
// through one unknown to it must not serve a request with another way to go.
type poolKey struct {
	proxy   string // as it is set, "" for directly
	classic bool
	like    *carriers
}

// pool is what connections are kept in, one transport a way.
type pool struct {
	idle time.Duration // idleFor

	mu   sync.Mutex
	ways map[poolKey]*http.Transport
}

// of is the transport for a way.
func (p *pool) of(key poolKey) *http.Transport {
	p.mu.Lock()
	defer p.mu.Unlock()
	if kept := p.ways[key]; kept != nil {
		return kept
	}
	if p.ways == nil || len(p.ways) >= maxWaysKept {
		p.closeIdle()
		p.ways = map[poolKey]*http.Transport{}
	}
	kept := key.like.of(key.classic).Clone()
	kept.DisableKeepAlives, kept.ForceAttemptHTTP2 = false, true
	kept.IdleConnTimeout, kept.MaxIdleConns = p.idle, maxIdle
	p.ways[key] = kept
	return kept
}

// drop ends the connections that nobody uses, and has none of the others used again.
func (p *pool) drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closeIdle()
	p.ways = nil
}

// closeIdle also has connections end that are in use, with their request. The caller
// holds mu.
func (p *pool) closeIdle() {
	for _, kept := range p.ways {
		kept.CloseIdleConnections()
	}
}

// carrier is what takes a request its way.
func (t *Transport) carrier(to target, classic bool) *http.Transport {
	like := t.carry.Load()
	if !to.keep {
		return like.of(classic)
	}
	key := poolKey{classic: classic, like: like}
	if to.via.proxy != nil {
		key.proxy = to.via.proxy.String()
	}
	return t.pool.of(key)
}

// bind ends a connection with its request. If the request has got it, or another one, and
// connections are kept, it is net/http's.
func (w *way) bind(conn net.Conn) {
	context.AfterFunc(w.ctx, func() {
		if !w.keep || !w.ready.Load() {
			_ = conn.Close() // net/http may have closed it
		}
	})
}

// doubt ends kept connections after a failure on a perhaps dead one: with HTTP/2 the next
// request would go into it as well.
func (t *Transport) doubt(w *way, err error) {
	var fault *Fault
	if w.keep && w.ready.Load() && errors.As(err, &fault) && fault.Kind == NoRoute {
		t.pool.drop()
	}
}
