package parking

import (
	"math/rand/v2"
	"testing"
)

// Many waiters with few keys come and go; the lists have them as sets would.
func TestWaitersAreInTheListsOfTheirKeys(t *testing.T) {
	lists, sets := make(keyed), make(map[Key]map[*waiter]bool)
	var there []*waiter
	for range 5000 {
		if len(there) > 0 && rand.N(2) == 0 {
			i := rand.N(len(there))
			lists.remove(there[i])
			for _, set := range sets {
				delete(set, there[i])
			}
			there[i] = there[len(there)-1]
			there = there[:len(there)-1]
		} else {
			w := &waiter{}
			for i := range w.keys {
				if w.keys[i] = (Key{byte(i + 1), rand.N(int64(4))}); w.keys[i].ID == 0 {
					w.keys[i] = Key{}
					continue
				}
				if sets[w.keys[i]] == nil {
					sets[w.keys[i]] = make(map[*waiter]bool)
				}
				sets[w.keys[i]][w] = true
			}
			lists.add(w)
			there = append(there, w)
		}
		for key, set := range sets {
			all := lists.of(key)
			if len(all) != len(set) {
				t.Fatalf("%v has %d waiters in its list, and should have %d", key, len(all), len(set))
			}
			for _, w := range all {
				if !set[w] {
					t.Fatalf("a waiter is in the list of %v, and should not be", key)
				}
			}
		}
	}
	for _, w := range there {
		lists.remove(w)
	}
	if len(lists) != 0 {
		t.Fatalf("%d keys stay without waiters", len(lists))
	}
}
