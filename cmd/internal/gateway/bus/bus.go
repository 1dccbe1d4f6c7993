// Package bus rings: it tells all nodes of a gateway that heads have moved. It carries no
// data. The store is the truth, and a lost ring costs the seconds until the next look.
package bus

import (
	"slices"
	"sync"
)

// Head names a line of changes: a person's, an organization's, or everybody's.
type Head struct {
	Kind Kind
	// Row is the row of the person or the organization in the store; 0 for everybody.
	Row int64
}

// Kind is a kind of head. The numbers are in the store.
type Kind int

// The kinds.
const (
	Person       Kind = 1
	Organization Kind = 2
	Everybody    Kind = 3
)

// All is everybody's head.
var All = Head{Kind: Everybody}

// Bus is safe for concurrent use.
type Bus interface {
	// Ring tells all nodes, this one too, that these heads have moved. It does not wait
	// for them. A ring may be lost.
	Ring(heads []Head)
	// Listen has f called for each ring until stop is called. f must not block, and must
	// not call stop. After stop has returned, f is not called again.
	Listen(f func(heads []Head)) (stop func())
}

// Local is the bus of a gateway with one node. The zero value is ready.
type Local struct {
	mu        sync.RWMutex
	listeners []*func([]Head)
}

// Ring calls all listeners, one after the other.
func (b *Local) Ring(heads []Head) {
	if len(heads) == 0 {
		return
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, f := range b.listeners {
		(*f)(heads)
	}
}

// Listen adds a listener.
func (b *Local) Listen(f func([]Head)) (stop func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	mine := &f
	b.listeners = append(b.listeners, mine)
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.listeners = slices.DeleteFunc(b.listeners, func(l *func([]Head)) bool { return l == mine })
	}
}
