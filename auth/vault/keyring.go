package vault

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/zalando/go-keyring"
)

// osKeyring is the operating system's key store through go-keyring, which knows neither contexts nor
// time limits. What differs between systems is prepare, reconnects, kindOf and osPartSize.
type osKeyring struct {
	prompting atomic.Bool // the store has been asked to let a person unlock it
}

func newKeyring() *osKeyring { return &osKeyring{} }

// waiting tells the vault that the store is not silent but waits for a person.
func (k *osKeyring) waiting() bool { return k.prompting.Load() }

func (k *osKeyring) Get(ctx context.Context, service, name string) (string, error) {
	var value string
	err := k.do(ctx, func() error {
		var err error
		value, err = keyring.Get(service, name)
		return err
	})
	return value, err
}

func (k *osKeyring) Set(ctx context.Context, service, name, value string) error {
	return k.do(ctx, func() error { return keyring.Set(service, name, value) })
}

func (k *osKeyring) Delete(ctx context.Context, service, name string) error {
	return k.do(ctx, func() error { return keyring.Delete(service, name) })
}

// do calls f, which can be repeated without harm, as soon as the store is ready for it.
// That takes connections of its own, so it is made sure of once for each operation.
func (k *osKeyring) do(ctx context.Context, f func() error) error {
	ready, ok := ctx.Value(readyKey{}).(*bool)
	if !ok {
		ready = new(bool)
	}
	if *ready {
		err := attempt(f)
		if !errors.Is(err, errPanicked) && !connectionLost(err) {
			return outcome(err)
		}
		*ready = false
	}
	var err error
	// A connection to the store that died since the last call is only noticed by using it.
	for range 2 {
		err = k.prepare(ctx)
		// The caller may have given up, perhaps during a prompt. A change made now would come
		// after whatever was done instead.
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			return err
		}
		if err = attempt(f); !errors.Is(err, errPanicked) && !connectionLost(err) {
			*ready = true
			break
		}
	}
	return outcome(err)
}

// outcome puts what go-keyring says into this package's terms.
func outcome(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, keyring.ErrNotFound):
		return ErrNotFound
	case errors.Is(err, keyring.ErrSetDataTooBig):
		return &Error{Kind: Full, Err: err}
	case errors.Is(err, keyring.ErrUnsupportedPlatform):
		return &Error{Kind: Missing, Err: err}
	default:
		return classify(err)
	}
}

var errPanicked = errors.New("go-keyring panicked")

// attempt calls f and makes an error of a panic. go-keyring dereferences nil when the bus goes away
// while it waits for a prompt, which must not take the whole program down.
func attempt(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errPanicked, p)
		}
	}()
	return f()
}
