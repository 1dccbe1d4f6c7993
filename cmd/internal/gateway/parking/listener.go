package parking

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
)

// ticket is on a returning connection, until its answer begins.
type ticket struct {
	waiting Waiting
	why     Why
}

// conn is a returning connection. It is read with the made-up request first, then
// with the bytes already read of it before.
type conn struct {
	net.Conn
	lot *Lot

	ahead  string
	rest   []byte
	used   atomic.Bool
	ticket *ticket
}

func (c *conn) Read(p []byte) (int, error) {
	switch {
	case len(c.ahead) > 0:
		n := copy(p, c.ahead)
		c.ahead = c.ahead[n:]
		return n, nil
	case len(c.rest) > 0:
		n := copy(p, c.rest)
		if c.rest = c.rest[n:]; len(c.rest) == 0 {
			c.rest = nil
		}
		return n, nil
	}
	return c.Conn.Read(p)
}

// use takes the ticket, once.
func (c *conn) use() *ticket {
	if c.used.Swap(true) {
		return nil
	}
	t := c.ticket
	c.ticket = nil
	c.lot.back.done()
	return t
}

func (c *conn) Close() error {
	c.use()
	return c.Conn.Close()
}

// returned are the connections for the server to take again.
type returned struct {
	mu     sync.Mutex
	conns  []*conn
	ready  chan struct{} // one of them is there
	open   int           // handed back, and their answers not begun
	none   chan struct{} // closed when open is 0; nil if nobody waits for that
	closed bool
}

func (r *returned) init() { r.ready = make(chan struct{}, 1) }

func (r *returned) put(c *conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open++
	if r.closed {
		return false
	}
	r.conns = append(r.conns, c)
	r.ring()
	return true
}

func (r *returned) ring() {
	select {
	case r.ready <- struct{}{}:
	default:
	}
}

func (r *returned) get() *conn {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.conns) == 0 {
		r.conns = nil // a crowd's slice goes
		return nil
	}
	c := r.conns[0]
	r.conns[0] = nil
	if r.conns = r.conns[1:]; len(r.conns) > 0 {
		r.ring()
	}
	return c
}

func (r *returned) done() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open--; r.open == 0 && r.none != nil {
		close(r.none)
		r.none = nil
	}
}

func (r *returned) wait(ctx context.Context) error {
	r.mu.Lock()
	if r.open == 0 {
		r.mu.Unlock()
		return nil
	}
	if r.none == nil {
		r.none = make(chan struct{})
	}
	none := r.none
	r.mu.Unlock()
	select {
	case <-none:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *returned) close() {
	r.mu.Lock()
	r.closed = true
	left := r.conns
	r.conns = nil
	r.mu.Unlock()
	for _, c := range left {
		c.Close()
	}
}

// accepted is an answer of the inner listener.
type accepted struct {
	conn net.Conn
	err  error
}

// listener hands out new connections, and returning ones.
type listener struct {
	net.Listener
	lot     *Lot
	fresh   chan accepted
	stop    chan struct{}
	closing sync.Once
	err     error
	running sync.WaitGroup
}

// Listener is for the server to serve: it accepts the connections of inner, and those
// that come back from the lot. With several listeners a connection comes back by any.
// Close closes inner and waits for its goroutine.
//
// For TLS inner is a [crypto/tls] listener with "http/1.1" as its only protocol.
func (l *Lot) Listener(inner net.Listener) net.Listener {
	out := &listener{Listener: inner, lot: l, fresh: make(chan accepted), stop: make(chan struct{})}
	out.running.Go(out.accept)
	return out
}

func (l *listener) accept() {
	for {
		c, err := l.Listener.Accept()
		select {
		case l.fresh <- accepted{c, err}:
		case <-l.stop:
			if c != nil {
				c.Close()
			}
			return
		}
	}
}

// Accept implements [net.Listener].
func (l *listener) Accept() (net.Conn, error) {
	for {
		select {
		case a := <-l.fresh:
			return a.conn, a.err
		case <-l.lot.back.ready:
			if c := l.lot.back.get(); c != nil {
				return c, nil
			}
		case <-l.stop:
			return nil, net.ErrClosed
		}
	}
}

// Close implements [net.Listener].
func (l *listener) Close() error {
	l.closing.Do(func() {
		close(l.stop)
		l.err = l.Listener.Close()
		l.running.Wait()
	})
	return l.err
}
