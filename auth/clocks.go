package auth

import (
	"net/http"
	"sync"
	"time"
)

// noticeable is the smallest difference between two clocks shown by a Date header: it has
// whole seconds, and an answer takes its time.
const noticeable = 2 * time.Second

// clocks remembers the difference between this computer's clock and that of each server
// asked so far. Proofs of possession are dated by it (RFC 9449, section 4.3): a server
// takes them for seconds, and a computer's clock may be off by more. A server's word only
// counts for proofs made out to it.
type clocks struct {
	mu     sync.Mutex
	byHost map[string]serverClock
}

type serverClock struct {
	// ahead is the server's time less ours.
	ahead time.Duration
	// doubted: a proof by this clock was refused. Its Date may come from something before
	// the server.
	doubted bool
}

// keep notes the clock of a server at its answer. An answer out of a cache (RFC 9111,
// section 5.1) tells another time.
func (t *clocks) keep(host string, h http.Header, now time.Time) {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil || h.Get("Age") != "" {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byHost == nil {
		t.byHost = make(map[string]serverClock)
	}
	t.byHost[host] = serverClock{ahead: date.Sub(now), doubted: t.byHost[host].doubted}
}

// ahead is the server's time less ours, as far as it is to be used; 0 while it is
// not known.
func (t *clocks) ahead(host string) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.byHost[host]; !c.doubted {
		return c.ahead
	}
	return 0
}

// correct reports if another time is worth a try with a server, after it has refused a
// proof by the time used. It makes the other one count: the server's, or this computer's
// if the proof was by the server's already.
func (t *clocks) correct(host string, used time.Duration) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	c, known := t.byHost[host]
	switch {
	case !known:
		return false
	case (c.ahead - used).Abs() >= noticeable:
		c.doubted = false
	case used.Abs() >= noticeable:
		c.doubted = true
	default:
		return false
	}
	t.byHost[host] = c
	return true
}

// keepClock notes the clock of whoever has just answered.
func (c *Client) keepClock(host string, h http.Header) { c.clocks.keep(host, h, c.now()) }
