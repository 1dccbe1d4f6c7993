package parking

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"time"
)

// Why says how a wait ended.
type Why uint8

const (
	// Rung: there is something new.
	Rung Why = iota + 1
	// TimedOut: nothing came for as long as the client wanted to wait.
	TimedOut
	// Pressed: the client has sent more while it waited. It gets its answer now, and
	// the next request on the connection is read.
	Pressed
	// Replaced: the same client waits with a newer request.
	Replaced
	// Leaving: the server ends.
	Leaving
)

var (
	// ErrFull: no more requests may wait here.
	ErrFull = errors.New("no more requests may wait here")
	// ErrLeaving: the server ends, and nobody may wait any more.
	ErrLeaving = errors.New("the server ends")
	// ErrNotHere: the connection cannot be parked, for it speaks HTTP/2, or came
	// from another listener.
	ErrNotHere = errors.New("this connection cannot be parked")
)

// Key is the aim of a wake: a person or an organization. Zero stands for nothing.
type Key struct {
	Kind byte
	ID   int64
}

// Spot is a request about to wait. Its keys differ, but for zeros.
type Spot struct {
	Keys [2]Key
	// Client stands for the client among the waiters of the first key; 0 for nobody. One
	// request of a client may wait, and a newer one ends the older.
	Client  uint64
	Wait    time.Duration // until it is answered anyway
	Waiting Waiting
}

// Params make a lot.
type Params struct {
	// Most is how many may wait; 0 stands for 100,000.
	Most int
	// Plain does without the system's way of watching connections: each waiter gets a
	// goroutine that reads. So it is everywhere but on Linux.
	Plain bool
}

// Lot holds waiting requests. It may be used by several goroutines at once.
type Lot struct {
	most    int
	watch   watcher
	kick    chan struct{} // a waiter is due before the clock's plan
	stop    chan struct{}
	running sync.WaitGroup

	mu      sync.Mutex
	waiters map[uint64]*waiter
	byKey   keyed
	wheel   wheel
	planned time.Time // when the clock looks again; zero: never
	last    uint64    // id of the last waiter
	leaving bool
	back    returned
}

// waiter is a parked request.
type waiter struct {
	id      uint64
	conn    net.Conn // the server's, without any wrapping of this room
	keys    [2]Key
	links   [2]link
	client  uint64
	waiting Waiting

	next, prev *waiter // in the wheel's slot
	due        int64

	watched *watched // of a watcher that has something to remember
	why     Why      // once it is due
	close   bool
}

// New makes a lot. Whoever made it calls Close.
func New(p Params) (*Lot, error) {
	if p.Most == 0 {
		p.Most = 100_000
	}
	l := &Lot{
		most: p.Most, kick: make(chan struct{}, 1), stop: make(chan struct{}),
		waiters: make(map[uint64]*waiter), byKey: make(keyed),
		wheel: newWheel(time.Now()),
	}
	l.back.init()
	var err error
	if p.Plain {
		l.watch = newPlainWatcher(l.stirred)
	} else if l.watch, err = newWatcher(l.stirred); err != nil {
		return nil, err
	}
	l.running.Go(l.clock)
	return l, nil
}

// Len is how many wait.
func (l *Lot) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.waiters)
}

// Count is how many waiters a key has.
func (l *Lot) Count(k Key) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.byKey.of(k))
}

// Wake looks at the waiters of a key, and answers those with something new.
func (l *Lot) Wake(k Key) {
	l.mu.Lock()
	asked := l.byKey.of(k)
	l.mu.Unlock()
	l.look(asked, 0)
}

// Look looks at all waiters, and answers those with something new, each at a
// random moment within spread.
func (l *Lot) Look(spread time.Duration) {
	l.mu.Lock()
	asked := make([]*waiter, 0, len(l.waiters))
	for _, w := range l.waiters {
		asked = append(asked, w)
	}
	l.mu.Unlock()
	l.look(asked, spread)
}

func (l *Lot) look(asked []*waiter, spread time.Duration) {
	for _, w := range asked {
		if !w.waiting.Ahead() {
			continue
		}
		if spread > 0 {
			l.hurry(w, time.Now().Add(rand.N(spread)))
		} else {
			l.end(w, Rung)
		}
	}
}

// hurry has a waiter answered at a moment, unless it is due before.
func (l *Lot) hurry(w *waiter, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiters[w.id] != w || w.why == Rung {
		return
	}
	w.why = Rung
	if due := l.wheel.tick(at); due < w.due {
		l.wheel.remove(w)
		l.wheel.add(w, due)
		l.plan(w)
	}
}

// end gives a waiter's connection back to the server, once.
func (l *Lot) end(w *waiter, why Why) {
	if l.take(w) {
		l.giveBack(w, why)
	}
}

// take takes a waiter out; false if it had gone before.
func (l *Lot) take(w *waiter) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiters[w.id] != w {
		return false
	}
	delete(l.waiters, w.id)
	l.wheel.remove(w)
	l.byKey.remove(w)
	return true
}

// giveBack has the server answer a waiter, once it is taken.
func (l *Lot) giveBack(w *waiter, why Why) {
	l.watch.remove(w)
	l.returnWith(w, why, w.rest())
}

func (l *Lot) returnWith(w *waiter, why Why, rest []byte) {
	c := &conn{Conn: w.conn, lot: l, ticket: &ticket{waiting: w.waiting, why: why}, rest: rest, ahead: again}
	if w.close {
		c.ahead = againAndClose
	}
	if !l.back.put(c) {
		c.Close() // nobody listens any more
	}
}

// stirred is told by the watcher of a waiter: its peer has gone, or has sent more.
func (l *Lot) stirred(id uint64, gone bool) {
	l.mu.Lock()
	w := l.waiters[id]
	l.mu.Unlock()
	switch {
	case w == nil:
	case !gone:
		l.end(w, Pressed)
	case l.take(w):
		l.watch.remove(w)
		w.conn.Close()
	}
}

// depart lets nobody wait any more, and returns whoever still does.
func (l *Lot) depart() []*waiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.leaving = true
	return slices.Collect(maps.Values(l.waiters))
}

// Leave has everybody answered at once, lets nobody wait any more, and returns when the
// server has begun all these answers. [net/http.Server.Shutdown] comes after it.
func (l *Lot) Leave(ctx context.Context) error {
	for _, w := range l.depart() {
		l.end(w, Leaving)
	}
	return l.back.wait(ctx)
}

// Close cuts whoever still waits, and ends the lot's goroutines. The server has ended before.
func (l *Lot) Close() error {
	for _, w := range l.depart() {
		if l.take(w) {
			l.watch.remove(w)
			w.conn.Close()
		}
	}
	l.back.close()
	close(l.stop)
	l.running.Wait()
	return l.watch.close()
}
