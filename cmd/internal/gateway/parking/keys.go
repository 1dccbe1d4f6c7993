package parking

// link has the neighbours of a waiter in the list of one of its keys.
type link struct{ next, prev *waiter }

// keyed has the waiters of each key. Most keys have one waiter: a list through the waiters
// costs less than a set for each key.
type keyed map[Key]*waiter

func (k keyed) add(w *waiter) {
	for i, key := range w.keys {
		if key == (Key{}) {
			continue
		}
		first := k[key]
		w.links[i] = link{next: first}
		if first != nil {
			first.links[first.at(key)].prev = w
		}
		k[key] = w
	}
}

func (k keyed) remove(w *waiter) {
	for i, key := range w.keys {
		if key == (Key{}) {
			continue
		}
		l := w.links[i]
		w.links[i] = link{}
		switch {
		case l.prev != nil:
			l.prev.links[l.prev.at(key)].next = l.next
		case l.next != nil:
			k[key] = l.next
		default:
			delete(k, key)
		}
		if l.next != nil {
			l.next.links[l.next.at(key)].prev = l.prev
		}
	}
}

// of returns the waiters of a key.
func (k keyed) of(key Key) []*waiter {
	var all []*waiter
	for w := k[key]; w != nil; w = w.links[w.at(key)].next {
		all = append(all, w)
	}
	return all
}

// at is the place of a key among a waiter's keys.
func (w *waiter) at(key Key) int {
	for i, k := range w.keys {
		if k == key {
			return i
		}
	}
	panic("parking: a waiter is in the list of a foreign key")
}
