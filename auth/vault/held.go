package vault

import (
	"context"
	"errors"
	"sync"
)

// Held returns a context for a caller with a lock on the names used with it, good until the lock
// is given up. Nobody else changes the names meanwhile, so heads read or written with the context
// are not read again before the next Put. A Get always asks the store.
func Held(ctx context.Context) context.Context {
	return context.WithValue(ctx, heldKey{}, &held{heads: map[heldName]knownHead{}})
}

type heldKey struct{}

// held are the known heads, while their names are held.
type held struct {
	mu    sync.Mutex
	heads map[heldName]knownHead
}

type heldName struct {
	of   *Vault
	name string
}

// knownHead is a Put's knowledge of the head before; the zero value is for none.
type knownHead struct {
	generation uint64
	parts      int
}

// known is the known head of the operation's name.
func (o *operation) known(ctx context.Context) (h head, ok bool) {
	in, _ := ctx.Value(heldKey{}).(*held)
	if in == nil {
		return head{}, false
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	known, ok := in.heads[heldName{o.v, o.name}]
	return head{Generation: known.generation, Parts: known.parts}, ok
}

// note holds the outcome of reading or writing the head: after any failure but [ErrNotFound],
// nothing is known.
func (o *operation) note(ctx context.Context, h head, err error) {
	in, _ := ctx.Value(heldKey{}).(*held)
	if in == nil {
		return
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	name := heldName{o.v, o.name}
	switch {
	case err == nil:
		in.heads[name] = knownHead{h.Generation, h.Parts}
	case errors.Is(err, ErrNotFound):
		in.heads[name] = knownHead{}
	default:
		delete(in.heads, name)
	}
}
