package vault

import (
	"context"
	"errors"
	"sync"
)

// Held returns a context for somebody who holds the lock of the names that it is used with, and
// until that is given up: what was read or written with it is not read again before the next Put,
// since nobody else changes it meanwhile. A Get always asks the store.
func Held(ctx context.Context) context.Context {
	return context.WithValue(ctx, heldKey{}, &held{heads: map[heldName]knownHead{}})
}

type heldKey struct{}

// held is what is known of heads while their names are held.
type held struct {
	mu    sync.Mutex
	heads map[heldName]knownHead
}

type heldName struct {
	of   *Vault
	name string
}

// knownHead is what a Put has to know of the head before; the zero value is that of none.
type knownHead struct {
	generation uint64
	parts      int
}

// known is the head that is known of the operation's name.
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

// note keeps what came of reading or writing the head: after any failure but [ErrNotFound], nothing
// is known.
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
