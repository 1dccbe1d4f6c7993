package parking

import "time"

const (
	grain = 100 * time.Millisecond // how exactly waits end
	slots = 1024
)

// wheel has for each moment the waiters due then. One clock goes round it: the
// waiters have no timers of their own. A wait of more than a round stays in its slot
// until its round has come.
type wheel struct {
	began time.Time
	now   int64 // the last tick dealt with
	slots [slots]*waiter
	size  int
}

func newWheel(now time.Time) wheel { return wheel{began: now} }

// tick is the first tick at or after a moment.
func (w *wheel) tick(at time.Time) int64 {
	return int64((at.Sub(w.began) + grain - 1) / grain)
}

// at is the moment of a tick.
func (w *wheel) at(tick int64) time.Time { return w.began.Add(time.Duration(tick) * grain) }

func (w *wheel) add(p *waiter, due int64) {
	p.due = max(due, w.now+1)
	slot := p.due % slots
	if p.next = w.slots[slot]; p.next != nil {
		p.next.prev = p
	}
	w.slots[slot] = p
	w.size++
}

func (w *wheel) remove(p *waiter) {
	if p.prev != nil {
		p.prev.next = p.next
	} else {
		w.slots[p.due%slots] = p.next
	}
	if p.next != nil {
		p.next.prev = p.prev
	}
	p.next, p.prev = nil, nil
	w.size--
}

// due moves to now and returns who is due by then. They stay in the wheel until removed.
func (w *wheel) due(now time.Time) []*waiter {
	until := int64(now.Sub(w.began) / grain)
	var out []*waiter
	for first := max(w.now+1, until-slots+1); first <= until; first++ {
		for p := w.slots[first%slots]; p != nil; p = p.next {
			if p.due <= until {
				out = append(out, p)
			}
		}
	}
	w.now = max(w.now, until)
	return out
}

// next is the moment at which due is to be called again; zero if nobody is there.
func (w *wheel) next() time.Time {
	if w.size == 0 {
		return time.Time{}
	}
	for t := w.now + 1; t < w.now+slots; t++ {
		if w.slots[t%slots] != nil {
			return w.at(t)
		}
	}
	return w.at(w.now + slots)
}

// plan has the clock look at the right time. The lot's lock is held.
func (l *Lot) plan(w *waiter) {
	if at := l.wheel.at(w.due); l.planned.IsZero() || at.Before(l.planned) {
		l.planned = at
		select {
		case l.kick <- struct{}{}:
		default:
		}
	}
}

// clock ends waits in time. It rests while nobody waits.
func (l *Lot) clock() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		l.mu.Lock()
		due := l.wheel.due(time.Now())
		l.mu.Unlock()
		for _, w := range due {
			l.end(w, l.reason(w))
		}
		l.mu.Lock()
		l.planned = l.wheel.next()
		rest := time.Hour
		if !l.planned.IsZero() {
			rest = time.Until(l.planned)
		}
		l.mu.Unlock()
		timer.Reset(rest)
		select {
		case <-l.stop:
			return
		case <-l.kick:
		case <-timer.C:
		}
	}
}

// reason is why a due waiter is woken: something new, or its time has come.
func (l *Lot) reason(w *waiter) Why {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.why == Rung {
		return Rung
	}
	return TimedOut
}
