package front

import (
	"math"
	"sync"
	"time"
)

// bucket lets so many pass a second, and some at once. The zero value is full.
type bucket struct {
	lacking float64 // of a full bucket
	at      int64   // Unix time in nanoseconds; there is one for each person
}

// take takes one out, or says how long to wait for it.
func (b *bucket) take(now time.Time, rate, burst float64) (wait time.Duration) {
	if elapsed := time.Duration(now.UnixNano() - b.at); elapsed > 0 || b.at == 0 {
		b.lacking = math.Max(0, b.lacking-elapsed.Seconds()*rate)
		b.at = now.UnixNano()
	}
	if b.lacking+1 > burst {
		return time.Duration((b.lacking + 1 - burst) / rate * float64(time.Second))
	}
	b.lacking++
	return 0
}

// Rate is how many of something are let in: so many a second, and Burst at once.
type Rate struct {
	PerSecond, Burst float64
}

// admission lets requests in at a rate for all.
type admission struct {
	rate Rate
	now  func() time.Time

	mu     sync.Mutex
	bucket bucket
	queued time.Duration // how far in the future the refused were sent
}

// admit lets a request in, or says when to come again. The refused are given different
// times, one after the other at the rate, so that they do not all come again at once.
func (a *admission) admit() (wait time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	before := a.bucket.at
	wait = a.bucket.take(now, a.rate.PerSecond, a.rate.Burst)
	if before != 0 {
		a.queued = max(0, a.queued-time.Duration(now.UnixNano()-before))
	}
	if wait == 0 {
		return 0
	}
	a.queued = min(a.queued+time.Duration(float64(time.Second)/a.rate.PerSecond), maxRetry)
	return wait + a.queued
}

// maxRetry is the longest Retry-After.
const maxRetry = 2 * time.Minute

// perPerson lets each person's requests in at a rate of their own.
type perPerson struct {
	rate Rate
	now  func() time.Time

	mu      sync.Mutex
	buckets map[int64]bucket
	swept   time.Time
}

func (p *perPerson) admit(person int64) (wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if now.Sub(p.swept) > time.Minute {
		p.sweep(now)
	}
	b := p.buckets[person]
	wait = b.take(now, p.rate.PerSecond, p.rate.Burst)
	p.buckets[person] = b
	return wait
}

// sweep forgets the people with full buckets.
func (p *perPerson) sweep(now time.Time) {
	full := time.Duration(p.rate.Burst / p.rate.PerSecond * float64(time.Second))
	for person, b := range p.buckets {
		if time.Duration(now.UnixNano()-b.at) > full {
			delete(p.buckets, person)
		}
	}
	p.swept = now
}
