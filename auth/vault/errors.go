package vault

import (
	"context"
	"errors"
	"fmt"
)

// ErrNotFound means: nothing is stored under a name. It is an answer of the store and not a
// fault of it. [Vault.Get] returns it, and a [Backend] must.
var ErrNotFound = errors.New("nothing is stored under this name")

// Kind names the obstacle between a caller and the key store, so a program can name the next
// step and the person for it.
type Kind int

const (
	// Missing: this machine or log-on session has no key store: no session bus, no secret
	// service on it, no credential manager. Just after log-on the store may still be
	// starting, so it is worth asking again for a while.
	Missing Kind = iota + 1

	// Locked: the store is there and waits for its owner: a prompt is open, was
	// dismissed, or cannot be shown here. Asking again may open another prompt.
	Locked

	// Full: the value is larger than [MaxSize] or than the store takes.
	Full

	// Silent: the store did not answer within the time limit, or the caller's context ended first;
	// the context's error is then found by [errors.Is]. Nobody knows if an interrupted write took
	// effect: either the former or the new value is there.
	Silent

	// Damaged: the stored value is not the one put there. [Vault.Put] and [Vault.Delete] still
	// work.
	Damaged

	// Failing is everything else: the store answered with a fault of its own.
	Failing

	// NotSetUp: the key store is there and was never used. It has nothing to keep secrets in,
	// as a gnome-keyring never opened by a log-on, or a KWallet before its first use.
	// [Vault.SetUp] has it make something. Just after log-on it may be about to.
	NotSetUp
)

// String returns the kind in lower case, for logs.
func (k Kind) String() string {
	switch k {
	case Missing:
		return "missing"
	case Locked:
		return "locked"
	case Full:
		return "full"
	case Silent:
		return "silent"
	case Damaged:
		return "damaged"
	case Failing:
		return "failing"
	case NotSetUp:
		return "not set up"
	default:
		return fmt.Sprintf("kind %d", int(k))
	}
}

// Error is the error of every method of [Vault], [ErrNotFound] aside. Neither its text nor the
// error within ever holds a stored value.
type Error struct {
	Op   string // "get", "put" or "delete"; may be empty when a [Backend] made the error
	Kind Kind   // the kind of fault; never zero
	Err  error  // the cause; nil when the kind says it all
}

// Error implements error.
func (e *Error) Error() string {
	s := "key store " + e.Kind.String()
	if e.Op != "" {
		s = e.Op + ": " + s
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of the [*Error] in err's chain, and 0 when there is none, as for nil and
// for [ErrNotFound].
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return 0
}

// failure makes err, from a backend or this package, an [*Error] of op. nil and
// [ErrNotFound] pass as they are.
func failure(op string, err error) error {
	if err == nil || errors.Is(err, ErrNotFound) {
		return err
	}
	var e *Error
	switch {
	case errors.As(err, &e):
		return &Error{Op: op, Kind: e.Kind, Err: e.Err}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return &Error{Op: op, Kind: Silent, Err: err}
	default:
		return &Error{Op: op, Kind: Failing, Err: err}
	}
}
