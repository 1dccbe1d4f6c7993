package vault

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

var (
	errBusy       = fmt.Errorf("an earlier call has not been answered yet: %w", context.DeadlineExceeded)
	errNoAnswer   = fmt.Errorf("no answer within the time limit: %w", context.DeadlineExceeded)
	errWaitPerson = errors.New("it waits for a person to unlock it")
)

// An operation is one method call of a vault: it holds the vault's turn and makes one call of the
// store after another.
type operation struct {
	v    *Vault
	name string
	lost bool // a call hangs and has taken the turn with it; no more calls
}

// begin waits for the vault's turn, for as long as one call of the store may take.
func (v *Vault) begin(ctx context.Context, name string) (*operation, error) {
	limited, cancel := context.WithTimeoutCause(ctx, v.timeout, errBusy)
	defer cancel()
	if ctx.Err() != nil {
		return nil, v.unanswered(ctx)
	}
	select {
	case <-v.turn:
		return &operation{v: v, name: name}, nil
	case <-limited.Done():
		return nil, v.unanswered(limited)
	}
}

// end gives the turn back, unless a hanging call has it.
func (o *operation) end() {
	if !o.lost {
		o.v.turn <- struct{}{}
	}
}

// unanswered is the error for a store without an answer by the end of ctx.
func (v *Vault) unanswered(ctx context.Context) error {
	cause := context.Cause(ctx)
	if err := ctx.Err(); !errors.Is(cause, err) {
		cause = fmt.Errorf("%w (%w)", cause, err)
	}
	// A store known to show a prompt is not silent; saying so lets the person be told.
	if w, ok := v.store.(interface{ waiting() bool }); ok && w.waiting() {
		return &Error{Kind: Locked, Err: fmt.Errorf("%w: %w", errWaitPerson, cause)}
	}
	return &Error{Kind: Silent, Err: cause}
}

// call makes one call of the store in a goroutine and waits for it within the time limit. A call
// still running then keeps the vault's turn, and gives it back when it returns.
func call[T any](ctx context.Context, o *operation, f func(context.Context) (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	var none T
	if o.lost {
		return none, &Error{Kind: Silent, Err: errBusy}
	}
	limited, cancel := context.WithTimeoutCause(ctx, o.v.timeout, errNoAnswer)
	defer cancel()
	if limited.Err() != nil {
		return none, o.v.unanswered(limited)
	}

	var (
		mu       sync.Mutex
		left     bool // the caller no longer waits
		finished bool
		answers  = make(chan answer, 1)
	)
	go func() {
		var a answer
		a.value, a.err = f(limited)
		answers <- a
		mu.Lock()
		defer mu.Unlock()
		finished = true
		if left {
			o.v.turn <- struct{}{}
		}
	}()

	select {
	case a := <-answers:
		return a.value, a.err
	case <-limited.Done():
	}
	err := o.v.unanswered(limited)
	mu.Lock()
	defer mu.Unlock()
	if finished {
		a := <-answers
		return a.value, a.err
	}
	left, o.lost = true, true
	return none, err
}

func (o *operation) read(ctx context.Context, entry string) (string, error) {
	return call(ctx, o, func(ctx context.Context) (string, error) {
		return o.v.store.Get(ctx, o.v.service, entry)
	})
}

// write sets an entry and reads it back: a store may not say so when a person's refusal has kept it
// from writing.
func (o *operation) write(ctx context.Context, entry, value string) error {
	_, err := call(ctx, o, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, o.v.store.Set(ctx, o.v.service, entry, value)
	})
	if err != nil {
		return err
	}
	kept, err := o.read(ctx, entry)
	if errors.Is(err, ErrNotFound) || err == nil && kept != value {
		return &Error{Kind: Failing, Err: errors.New("the store did not keep what it accepted")}
	}
	return err
}

// remove deletes an entry, if it is there, and makes sure of it.
func (o *operation) remove(ctx context.Context, entry string) error {
	_, err := call(ctx, o, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, o.v.store.Delete(ctx, o.v.service, entry)
	})
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	switch _, err = o.read(ctx, entry); {
	case errors.Is(err, ErrNotFound):
		return nil
	case err == nil:
		return &Error{Kind: Failing, Err: errors.New("the store kept what it was told to delete")}
	default:
		return err
	}
}
