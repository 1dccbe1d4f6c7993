// Package backoff plans the next try after a failure: each wait is about twice the last
// one, with chance in it, so that a whole company does not come back in the same second,
// and no wait ends before the other side wants to be asked again.
//
// It plans and does nothing: it has no timer, no lock and no goroutine. Its times are on
// the wall, without the monotonic clock: that one stands still while a computer sleeps.
package backoff

import (
	"math/rand/v2"
	"time"
)

// doublings is how often a wait is doubled at most. A later one is the last of its kind.
const doublings = 10

// Plan is when something is due. In its zero value nothing is. It is not safe for
// concurrent use: the lock of its owner guards it.
type Plan struct {
	// Now is the clock. Nil means the computer's.
	Now func() time.Time
	// Jitter is some length of time from 0 to less than a limit. Nil means a random one.
	Jitter func(limit time.Duration) time.Duration

	due, notBefore time.Time
	tries          int
}

// Due is when something is to be done, zero for never.
func (p *Plan) Due() time.Time { return p.due }

// NotBefore is when the other side wants to be asked again at the earliest, zero if it
// has not said so.
func (p *Plan) NotBefore() time.Time { return p.notBefore }

// Tries counts the failures since something has worked.
func (p *Plan) Tries() int { return p.tries }

// Clear makes nothing due, and forgets the other side's wishes. It does not forget how
// often something has failed.
func (p *Plan) Clear() { p.due, p.notBefore = time.Time{}, time.Time{} }

// Stop makes nothing due, and keeps the other side's wishes.
func (p *Plan) Stop() { p.due = time.Time{} }

// At makes something due at a time, without regard to the other side.
func (p *Plan) At(at time.Time) { p.due = at.Round(0) }

// In makes something due after about a wait. It does not count as a failure.
func (p *Plan) In(wait time.Duration) { p.At(p.now().Add(p.around(wait))) }

// LeaveFor says for how long from now the other side wants to be left alone, 0 for not at
// all.
func (p *Plan) LeaveFor(asked time.Duration) {
	p.notBefore = time.Time{}
	if asked > 0 {
		p.notBefore = p.now().Add(asked).Round(0)
	}
}

// Failed makes something due again after a failure. Its first wait is about first, each
// further one about twice as long, and none longer than about last, unless the other side
// wants it so.
func (p *Plan) Failed(first, last time.Duration) {
	wait := last
	if p.tries < doublings {
		wait = min(first<<p.tries, last)
	}
	p.tries++
	wait = p.around(wait)
	now := p.now()
	if asked := p.notBefore.Sub(now.Round(0)); !p.notBefore.IsZero() && asked > wait {
		wait = asked + p.jitter(asked/10+time.Second)
	}
	p.At(now.Add(wait))
}

// Worked forgets how often something has failed.
func (p *Plan) Worked() { p.tries = 0 }

// AtOnce makes something due now, or as soon as the other side wants to be asked again,
// and forgets how often it has failed.
func (p *Plan) AtOnce() {
	p.tries = 0
	p.At(p.now())
	if p.due.Before(p.notBefore) {
		p.due = p.notBefore
	}
}

// By makes something due at a time, unless it is due before. It says whether it has
// changed anything.
func (p *Plan) By(at time.Time) bool {
	if at = at.Round(0); !p.due.IsZero() && !at.Before(p.due) {
		return false
	}
	p.due = at
	return true
}

func (p *Plan) now() time.Time {
	if p.Now == nil {
		return time.Now()
	}
	return p.Now()
}

func (p *Plan) jitter(limit time.Duration) time.Duration {
	if p.Jitter == nil {
		return rand.N(limit)
	}
	return p.Jitter(limit)
}

func (p *Plan) around(wait time.Duration) time.Duration { return wait*3/4 + p.jitter(wait/2+1) }

// Around is a random wait of three to five quarters of this one.
func Around(wait time.Duration) time.Duration { return new(Plan).around(wait) }
