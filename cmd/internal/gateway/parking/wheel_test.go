package parking

import (
	"math/rand/v2"
	"testing"
	"time"
)

// Waiters with random waits, also of several rounds, come out at their tick.
func TestTheWheelLetsEverybodyOutAtTheirTick(t *testing.T) {
	began := time.Now()
	w := newWheel(began)
	want := map[*waiter]time.Time{}
	for range 5000 {
		p := &waiter{}
		at := began.Add(rand.N(5 * slots * grain))
		w.add(p, w.tick(at))
		want[p] = at
	}
	for p := range want { // some go before
		if rand.N(4) == 0 {
			w.remove(p)
			delete(want, p)
		}
	}
	for now := began; len(want) > 0; {
		next := w.next()
		if next.IsZero() || !next.After(now) {
			t.Fatalf("after %s it is to be looked at %s", now.Sub(began), next.Sub(began))
		}
		if now = next; rand.N(50) == 0 {
			now = now.Add(rand.N(2 * slots * grain)) // the computer slept
		}
		before := w.at(w.now)
		for _, p := range w.due(now) {
			if at, ok := want[p]; !ok || at.After(now) || at.Before(before.Add(-grain)) {
				t.Fatalf("one that is due at %s came out at %s", at.Sub(began), now.Sub(began))
			}
			w.remove(p)
			delete(want, p)
		}
		for p, at := range want {
			if !at.After(w.at(w.now)) {
				t.Fatalf("one that was due at %s is still there at %s (tick %d of %d)", at.Sub(began), now.Sub(began), p.due, w.now)
			}
		}
	}
	if w.size != 0 || !w.next().IsZero() {
		t.Fatal("an empty wheel is to be looked at")
	}
}
