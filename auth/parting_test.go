package auth

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

// fullStore is a key store that takes nothing from a moment on.
type fullStore struct {
	Store
	full atomic.Bool
}

func (s *fullStore) Put(ctx context.Context, name string, value []byte) error {
	if s.full.Load() {
		return &vault.Error{Op: "write", Kind: vault.Full}
	}
	return s.Store.Put(ctx, name, value)
}

// Whoever signs out during a renewal has signed out: what it brings is ended as well, and
// held by nobody.
func TestSignOutEndsWhatARenewalUnderWayBrings(t *testing.T) {
	for name, full := range map[string]bool{"and saves": false, "and cannot save": true} {
		t.Run(name, func(t *testing.T) {
			c, provider, id := tried(t, func(*authtest.Provider, *watched) error { return nil })
			store := &fullStore{Store: c.store}
			c.store, c.accounts.store = store, store
			if _, err := c.Refresh(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			reported := make(chan SignOutReport, 1)
			provider.OnToken(func() {
				provider.OnToken(nil)
				store.full.Store(full)
				go func() { reported <- c.SignOut(t.Context(), id) }()
				for c.accounts.memory.idTokenOf(c, id) != "" && t.Context().Err() == nil {
					runtime.Gosched()
				}
			})
			tokens, err := c.Refresh(t.Context(), id)
			if err != nil || tokens.Remembered() == full {
				t.Fatalf("%v, %v", tokens, err)
			}
			report := <-reported
			if report.RevokeErr != nil || provider.Alive(tokens.RefreshToken) {
				t.Errorf("%+v, alive: %v", report, provider.Alive(tokens.RefreshToken))
			}
			if c.accounts.memory.heldOf(id) != nil || c.accounts.memory.idTokenOf(c, id) != "" || c.tokens.fresh(id, API{}, c.now()) != nil {
				t.Error("it is still in memory")
			}
			store.full.Store(false)
			if err := c.SaveAgain(t.Context()); err != nil {
				t.Error(err)
			}
			if tokens, err := c.Refresh(t.Context(), id); !errors.Is(err, ErrNoSignIn) {
				t.Errorf("it came back: %v, %v", tokens, err)
			}
		})
	}
}

// A sign-in that is not to be kept waits for no renewal when it ends. What that brings is
// held by nobody, and its access token is used for nothing.
func TestSignOutLeavesNothingOfARenewalForMemoryOnly(t *testing.T) {
	c, provider, id := tried(t, func(*authtest.Provider, *watched) error { return nil })
	kept, err := read(t.Context(), c.store, id)
	if err != nil {
		t.Fatal(err)
	}
	c.accounts.memory.holdOnly(kept)
	provider.OnToken(func() {
		provider.OnToken(nil)
		c.SignOut(t.Context(), id)
	})
	if _, err := c.Refresh(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if c.accounts.memory.heldOf(id) != nil || c.tokens.fresh(id, API{}, c.now()) != nil || c.accounts.memory.idTokenOf(c, id) != "" {
		t.Error("something of it is still in memory")
	}
}

// What the key store has not taken stands in no list of accounts. A renewal that is under
// way when everybody is forgotten must not save it afterwards.
func TestForgetEndsWhatARenewalUnderWayBrings(t *testing.T) {
	for name, full := range map[string]bool{"and saves": false, "and cannot save": true} {
		t.Run(name, func(t *testing.T) {
			c, provider, id := tried(t, func(*authtest.Provider, *watched) error { return nil })
			store := &fullStore{Store: c.store}
			c.store, c.accounts.store = store, store
			kept, err := read(t.Context(), c.store, id)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.accounts.Remove(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			c.hold(kept, &vault.Error{Op: "write", Kind: vault.Full})
			forgotten := make(chan error, 1)
			provider.OnToken(func() {
				provider.OnToken(nil)
				store.full.Store(full)
				go func() {
					_, err := c.accounts.Forget(t.Context())
					forgotten <- err
				}()
				for c.accounts.memory.heldOf(id) != nil && t.Context().Err() == nil {
					runtime.Gosched()
				}
			})
			if _, err := c.Refresh(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			if err := <-forgotten; err != nil {
				t.Error(err)
			}
			if _, err := read(t.Context(), c.store, id); c.accounts.memory.heldOf(id) != nil || !errors.Is(err, vault.ErrNotFound) {
				t.Errorf("it came back: %v", err)
			}
		})
	}
}
