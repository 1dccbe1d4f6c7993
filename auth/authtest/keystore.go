package authtest

import (
	"context"
	"errors"
	"maps"
	"sync"

	"github.com/portico-desktop/portico/auth/vault"
)

// errScripted is the cause of every failure asked for by a test.
var errScripted = errors.New("the test wishes it so")

// A KeyStore is a [vault.Backend] in memory, with switches for what real key stores do. It works
// until a switch says otherwise. Its methods may be called at any time from any goroutine.
//
//	store := authtest.NewKeyStore()
//	v := vault.New(vault.Params{Service: "test", Backend: store, Timeout: time.Second})
//	store.Fail(vault.Locked)
type KeyStore struct {
	mu       sync.Mutex
	entries  map[entry]string
	kind     vault.Kind
	closed   vault.Kind // of changes alone
	hanging  chan struct{}
	plan     plan
	calls    int
	changes  int
	running  int
	together int
}

type entry struct{ service, name string }

// plan says which change fails, and how.
type plan struct {
	at      int // counted like changes; 0: none
	applied bool
	dead    bool // everything after it fails as well
}

// NewKeyStore returns an empty store.
func NewKeyStore() *KeyStore { return &KeyStore{entries: map[entry]string{}} }

// Fail lets every call fail with an error of the given kind, until [KeyStore.Heal].
func (k *KeyStore) Fail(kind vault.Kind) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.kind = kind
}

// TakeNothing lets every Set and Delete fail with an error of the given kind, until [KeyStore.Heal];
// stored entries can be read.
func (k *KeyStore) TakeNothing(kind vault.Kind) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.closed = kind
}

// FailChange lets the n-th Set or Delete from now fail, counted from 1, with an error of kind
// [vault.Failing]. With applied the change takes effect all the same.
func (k *KeyStore) FailChange(n int, applied bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.plan = plan{at: k.changes + n, applied: applied}
}

// DieAtChange is [KeyStore.FailChange], and all calls after it fail too, until [KeyStore.Heal]: to
// the store it looks as if the program had been killed there.
func (k *KeyStore) DieAtChange(n int, applied bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.plan = plan{at: k.changes + n, applied: applied, dead: true}
}

// Hang lets every call from now on hang, whatever its context says, until it is released by the
// function returned or by [KeyStore.Heal]; then it is carried out.
func (k *KeyStore) Hang() (release func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.hanging == nil {
		k.hanging = make(chan struct{})
	}
	mine := k.hanging
	return func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.hanging == mine {
			close(k.hanging)
			k.hanging = nil
		}
	}
}

// Heal turns all switches off and releases hanging calls.
func (k *KeyStore) Heal() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.kind, k.closed, k.plan = 0, 0, plan{}
	if k.hanging != nil {
		close(k.hanging)
		k.hanging = nil
	}
}

// Damage changes the stored entries: change gets every entry of a service by name, and its result is
// stored.
func (k *KeyStore) Damage(service string, change func(entries map[string]string)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	found := k.of(service)
	change(found)
	maps.DeleteFunc(k.entries, func(e entry, _ string) bool { return e.service == service })
	for name, value := range found {
		k.entries[entry{service, name}] = value
	}
}

// Entries returns a copy of a service's stored entries, by name.
func (k *KeyStore) Entries(service string) map[string]string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.of(service)
}

func (k *KeyStore) of(service string) map[string]string {
	found := map[string]string{}
	for e, value := range k.entries {
		if e.service == service {
			found[e.name] = value
		}
	}
	return found
}

// Calls returns the number of calls made so far.
func (k *KeyStore) Calls() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.calls
}

// Changes returns the number of calls of Set and Delete made so far.
func (k *KeyStore) Changes() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.changes
}

// Together returns the largest number of calls that ever ran at the same time.
func (k *KeyStore) Together() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.together
}

// Get implements [vault.Backend].
func (k *KeyStore) Get(_ context.Context, service, name string) (string, error) {
	defer k.enter()()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.kind != 0 {
		return "", &vault.Error{Kind: k.kind, Err: errScripted}
	}
	value, ok := k.entries[entry{service, name}]
	if !ok {
		return "", vault.ErrNotFound
	}
	return value, nil
}

// Set implements [vault.Backend].
func (k *KeyStore) Set(_ context.Context, service, name, value string) error {
	return k.change(func() error {
		k.entries[entry{service, name}] = value
		return nil
	})
}

// Delete implements [vault.Backend].
func (k *KeyStore) Delete(_ context.Context, service, name string) error {
	return k.change(func() error {
		if _, ok := k.entries[entry{service, name}]; !ok {
			return vault.ErrNotFound
		}
		delete(k.entries, entry{service, name})
		return nil
	})
}

// change carries out a change, unless a switch is against it.
func (k *KeyStore) change(apply func() error) error {
	defer k.enter()()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.changes++
	if k.kind != 0 {
		return &vault.Error{Kind: k.kind, Err: errScripted}
	}
	if k.closed != 0 {
		return &vault.Error{Kind: k.closed, Err: errScripted}
	}
	if k.plan.at == 0 || k.changes != k.plan.at {
		return apply()
	}
	if k.plan.applied {
		_ = apply()
	}
	if k.plan.dead {
		k.kind = vault.Failing
	}
	return &vault.Error{Kind: vault.Failing, Err: errScripted}
}

// enter counts a call, and holds it while the store hangs. The returned function ends the call.
func (k *KeyStore) enter() (leave func()) {
	k.mu.Lock()
	k.calls++
	k.running++
	k.together = max(k.together, k.running)
	hanging := k.hanging
	k.mu.Unlock()
	if hanging != nil {
		<-hanging
	}
	return func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.running--
	}
}
