package localapi

import (
	"slices"
	"sync"
)

// Subject is the subject of an [EventChanged], such as a list outside the state.
type Subject string

// Changes tell watchers of changes; an agent's Watch makes events of them. The zero value
// is ready, and it is safe for concurrent use.
type Changes struct {
	mu    sync.Mutex
	count uint64
	last  []change      // of every subject, in their order
	more  chan struct{} // closed at the next change, nil while nobody waits
}

// change is the last one of a subject.
type change struct {
	what Subject
	when uint64 // the count then
}

// Tell reports a change of a subject.
func (c *Changes) Tell(what Subject) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count++
	c.last = append(slices.DeleteFunc(c.last, func(l change) bool { return l.what == what }), change{what, c.count})
	if c.more != nil {
		close(c.more)
		c.more = nil
	}
}

// Follow begins to hear of changes from now on.
func (c *Changes) Follow() *Follower {
	c.mu.Lock()
	defer c.mu.Unlock()
	return &Follower{changes: c, heard: c.count}
}

// Follower hears of changes, for one goroutine.
type Follower struct {
	changes *Changes
	heard   uint64
}

// Next is the subjects changed since the last call, in the order of each subject's last
// change. A subject with several changes since is in it once: a slow reader misses
// repeats, and never a change. more is closed when there is more to hear.
func (f *Follower) Next() (changed []Subject, more <-chan struct{}) {
	c := f.changes
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range c.last {
		if l.when > f.heard {
			changed = append(changed, l.what)
		}
	}
	f.heard = c.count
	if c.more == nil {
		c.more = make(chan struct{})
	}
	return changed, c.more
}
