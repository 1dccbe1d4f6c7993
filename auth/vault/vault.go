// Package vault keeps small secrets, above all refresh tokens, in the operating system's key store:
// Credential Manager on Windows, Keychain on macOS, the Secret Service elsewhere.
//
// It adds to github.com/zalando/go-keyring the needs of a program running all day: a time limit on
// every call, values larger than one entry of the store, writes safe from tearing by a crash,
// damage noticed, and errors naming the one to act. It does not know the meaning of the values. On
// Linux it speaks to the Secret Service itself, on one connection, and files entries as go-keyring
// would.
//
//	v := vault.New(vault.Params{Service: "io.example.App"})
//	err := v.Put(ctx, "work", token)
//	token, err := v.Get(ctx, "work")
//
// A [Vault] is safe for concurrent use. Several processes may read a name at any time; if they
// may put or delete the same name at once, they must hold a lock of their own. Spending a
// rotating refresh token needs such a lock anyway.
package vault

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode"
)

const (
	// DefaultTimeout is the time limit on one call of the store when [Params] names none.
	DefaultTimeout = 10 * time.Second

	// MaxSize is the largest value for [Vault.Put], in bytes. Refresh tokens have between some
	// dozen bytes and some thousands.
	MaxSize = 256 << 10

	// minPartSize leaves room for the head: it is never split.
	minPartSize = 256
)

// Params says how a [Vault] is to be. Only Service is needed.
type Params struct {
	// Service is the store's name for everything of this vault; people see it in their OS's
	// password program. It must stay the same for good, or else the stored values are lost.
	Service string

	// Backend is the store itself. nil means the operating system's.
	Backend Backend

	// Timeout limits each call of the backend (a method makes several), and the wait for another
	// method's call before. 0 means [DefaultTimeout].
	Timeout time.Duration

	// PartSize is the most bytes for one entry of the store. 0, and anything above the limit of
	// the operating system's store while Backend is nil, means the system's limit: 2,560 on
	// Windows, 2,048 on macOS, 64 KiB elsewhere. Less than 256 counts as 256.
	PartSize int
}

// A Backend is a store of short texts by service and name. A vault makes one call at a time of it.
//
// Its methods return [ErrNotFound] for a name not there and should return an [*Error] with a
// [Kind] if they know it; other errors count as [Failing]. Values are printable ASCII.
//
// When ctx ends, the vault has stopped waiting: a method should then return soon, and must not begin
// to change anything any more.
type Backend interface {
	Get(ctx context.Context, service, name string) (string, error)
	Set(ctx context.Context, service, name, value string) error
	Delete(ctx context.Context, service, name string) error
}

// A Vault keeps values by name. Make one with [New]; it needs no closing.
//
// A hanging store cannot be made to stop. The vault then leaves the one hanging call behind in a
// goroutine, and until the store has answered it makes no other: methods called in the meantime
// wait their time limit out and fail as [Silent] (or as [Locked], if the store is known to wait
// for a person). So there is never more than one such goroutine a vault.
type Vault struct {
	service  string
	store    Backend
	timeout  time.Duration
	partSize int
	turn     chan struct{} // holds a token while nobody uses the store

	settingUp sync.Mutex // held while SetUp waits
}

// New returns a vault over p. It does not touch the store yet.
func New(p Params) *Vault {
	v := &Vault{service: p.Service, store: p.Backend, timeout: p.Timeout, partSize: p.PartSize, turn: make(chan struct{}, 1)}
	if v.timeout <= 0 {
		v.timeout = DefaultTimeout
	}
	limit := 2 * MaxSize
	if v.store == nil {
		v.store, limit = newKeyring(), osPartSize
	}
	if v.partSize <= 0 {
		v.partSize = osPartSize
	}
	v.partSize = max(minPartSize, min(v.partSize, limit))
	v.turn <- struct{}{}
	return v
}

// Get returns the value last put under name. It fails with [ErrNotFound] when there is nothing,
// and otherwise with an [*Error].
func (v *Vault) Get(ctx context.Context, name string) ([]byte, error) {
	var value []byte
	err := v.operate(ctx, "get", name, func(o *operation) error {
		var err error
		value, err = o.get(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return value, nil
}

// Put stores value, of at most [MaxSize] bytes, under name. When it returns nil the store has shown
// the value kept. When it fails, be it by a crash, either the former value or the new one is there,
// never neither and never a mixture.
func (v *Vault) Put(ctx context.Context, name string, value []byte) error {
	return v.operate(ctx, "put", name, func(o *operation) error { return o.put(ctx, value) })
}

// Try is Put for a value soon to be replaced by another Put, and shows that one would work. It may
// leave parts of the value before behind, for the other Put or a Delete to remove; so it takes less
// time.
func (v *Vault) Try(ctx context.Context, name string, value []byte) error {
	return v.operate(ctx, "put", name, func(o *operation) error { return o.try(ctx, value) })
}

// Delete removes name and every trace of it from the store. With nothing there it is no error.
// When it fails it can be called again.
func (v *Vault) Delete(ctx context.Context, name string) error {
	return v.operate(ctx, "delete", name, func(o *operation) error { return o.delete(ctx) })
}

// operate runs f while nobody else uses the store.
func (v *Vault) operate(ctx context.Context, op, name string, f func(*operation) error) error {
	if v.service == "" || name == "" || strings.ContainsFunc(v.service, unicode.IsControl) {
		return &Error{Op: op, Kind: Failing, Err: errors.New("a printable service and a name are needed")}
	}
	o, err := v.begin(ctx, name)
	if err != nil {
		return failure(op, err)
	}
	defer o.end()
	err = f(o)
	if errors.Is(err, ErrNotFound) {
		return fmt.Errorf("%s: %w", op, ErrNotFound)
	}
	return failure(op, err)
}
