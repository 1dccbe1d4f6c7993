package parking

import (
	"context"
	"net"
	"net/http"
	"slices"
	"time"
)

// Waiting is the remains of a parked request.
type Waiting interface {
	// Ahead says from memory alone if there is something new. It is called for many
	// waiters in a row, by one goroutine.
	Ahead() bool
	// Answer answers the request. It runs in the server's goroutine for the connection.
	// Its request is made up: only the context counts.
	Answer(w http.ResponseWriter, r *http.Request, why Why)
}

// The requests by which the server is made to answer: it reads one of these as if the
// client had just sent it. The ticket on the connection says that it is ours:
// nobody else can send one.
const (
	again         = "GET / HTTP/1.1\r\nHost: parked\r\n\r\n"
	againAndClose = "GET / HTTP/1.1\r\nHost: parked\r\nConnection: close\r\n\r\n"
)

// Park takes the request's connection out of the server and lets it wait. After nil the
// handler returns without having written anything, now or before. After an error
// the request is still the handler's, to be answered in another way.
//
// A change that comes between the handler's look and this call is not lost: Ahead is asked
// once the request can be woken.
func (l *Lot) Park(w http.ResponseWriter, r *http.Request, s Spot) error {
	if own, ok := r.Context().Value(connKey{}).(*net.Conn); !ok || own == nil || r.ProtoMajor != 1 || r.ContentLength != 0 {
		return ErrNotHere
	}
	l.mu.Lock()
	leaving, full := l.leaving, len(l.waiters) >= l.most
	l.mu.Unlock()
	switch {
	case leaving:
		return ErrLeaving
	case full:
		return ErrFull
	}
	taken, buf, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return ErrNotHere
	}
	p := &waiter{conn: taken, keys: s.Keys, client: s.Client, waiting: s.Waiting, close: r.Close}
	var rest []byte
	if n := buf.Reader.Buffered(); n > 0 {
		read, _ := buf.Reader.Peek(n)
		rest = append(rest, read...)
	}
	if own, ok := taken.(*conn); ok { // it was parked before
		p.conn, rest = own.Conn, append(rest, own.rest...)
	}
	if len(rest) > 0 {
		l.returnWith(p, Pressed, rest)
		return nil
	}
	why, older := l.enter(p, s.Wait)
	for _, o := range older {
		l.end(o, Replaced)
	}
	switch {
	case why != 0:
		l.giveBack(p, why)
	case s.Waiting.Ahead():
		l.end(p, Rung)
	}
	return nil
}

// enter makes a waiter one of the lot, unless there is a reason to answer it at once. The
// older ones are its client's.
func (l *Lot) enter(p *waiter, wait time.Duration) (why Why, older []*waiter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.leaving {
		return Leaving, nil
	}
	if p.client != 0 {
		older = slices.DeleteFunc(l.byKey.of(p.keys[0]), func(o *waiter) bool { return o.client != p.client })
	}
	l.last++
	p.id = l.last
	if err := l.watch.add(p); err != nil {
		return TimedOut, older // not watched, it could stay after its peer has gone
	}
	l.waiters[p.id] = p
	l.byKey.add(p)
	l.wheel.add(p, l.wheel.tick(time.Now().Add(wait)))
	l.plan(p)
	return 0, older
}

type connKey struct{}

// Remember is the server's ConnContext.
func (l *Lot) Remember(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, &c)
}

// Handler answers parked requests, and has next answer all others.
func (l *Lot) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if own, ok := r.Context().Value(connKey{}).(*net.Conn); ok {
			if c, ok := (*own).(*conn); ok {
				if t := c.use(); t != nil {
					t.waiting.Answer(w, r, t.why)
					return
				}
			}
		}
		next.ServeHTTP(w, r)
	})
}
