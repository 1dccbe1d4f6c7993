package vault_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

const limit = 3 * time.Second

func newHangingVault() (*vault.Vault, *authtest.KeyStore) {
	store := authtest.NewKeyStore()
	return vault.New(vault.Params{Service: service, Backend: store, Timeout: limit}), store
}

func TestHangingStoreIsSilentAfterTheLimit(t *testing.T) {
	for name, use := range map[string]func(context.Context, *vault.Vault) error{
		"get":    func(ctx context.Context, v *vault.Vault) error { _, err := v.Get(ctx, "work"); return err },
		"put":    func(ctx context.Context, v *vault.Vault) error { return v.Put(ctx, "work", []byte("new")) },
		"delete": func(ctx context.Context, v *vault.Vault) error { return v.Delete(ctx, "work") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v, store := newHangingVault()
				release := store.Hang()
				defer release()
				start := time.Now()
				err := use(t.Context(), v)
				if vault.KindOf(err) != vault.Silent || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != limit {
					t.Errorf("%v after %s", err, time.Since(start))
				}
				start = time.Now()
				if err := use(t.Context(), v); vault.KindOf(err) != vault.Silent || time.Since(start) > limit {
					t.Errorf("the next one: %v after %s", err, time.Since(start))
				}
			})
		})
	}
}

func TestOnlyOneCallEverHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, store := newHangingVault()
		mustPut(t, v, "work", []byte("former"))
		before := store.Calls()
		release := store.Hang()
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*100*time.Millisecond)
				defer cancel()
				if _, err := v.Get(ctx, "work"); vault.KindOf(err) != vault.Silent {
					t.Errorf("got %v", err)
				}
			})
		}
		wg.Wait()
		if n := store.Calls() - before; n != 1 || store.Together() != 1 {
			t.Errorf("%d calls, %d at once", n, store.Together())
		}
		release()
		synctest.Wait()
		if got, err := v.Get(t.Context(), "work"); string(got) != "former" {
			t.Errorf("once it answers again: %q, %v", got, err)
		}
	})
}

func TestCallerThatWaitsGetsItsTurnWhenTheStoreAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, store := newHangingVault()
		release := store.Hang()
		time.AfterFunc(limit+limit/2, release)
		if err := v.Put(t.Context(), "work", []byte("first")); vault.KindOf(err) != vault.Silent {
			t.Errorf("first: %v", err)
		}
		mustPut(t, v, "work", []byte("second"))
		if got, err := v.Get(t.Context(), "work"); string(got) != "second" {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

func TestCallersOwnContextEndsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, store := newHangingVault()
		release := store.Hang()
		defer release()
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		_, err := v.Get(ctx, "work")
		if vault.KindOf(err) != vault.Silent || !errors.Is(err, context.Canceled) || time.Since(start) != time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		before := store.Calls()
		if _, err := v.Get(ctx, "work"); !errors.Is(err, context.Canceled) || store.Calls() != before {
			t.Errorf("with a context that had ended: %v", err)
		}
	})
}

func TestSweepThatHangsDoesNotUndoAPut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &hangAfter{KeyStore: authtest.NewKeyStore(), calls: 5} // read the head, write and check a part and it
		v := vault.New(vault.Params{Service: service, Backend: store, Timeout: limit, PartSize: 256})
		if err := v.Put(t.Context(), "work", value(150, 1)); err != nil {
			t.Errorf("got %v", err)
		}
		store.Heal()
		synctest.Wait()
		if store.calls >= 0 {
			t.Errorf("%d calls were left before the one that hangs", store.calls)
		}
		if got, err := v.Get(t.Context(), "work"); !bytes.Equal(got, value(150, 1)) {
			t.Errorf("got %d bytes, %v", len(got), err)
		}
	})
}

// hangAfter hangs once, after a number of calls.
type hangAfter struct {
	*authtest.KeyStore
	calls int
}

func (h *hangAfter) count() {
	if h.calls--; h.calls == -1 {
		h.Hang()
	}
}

func (h *hangAfter) Get(ctx context.Context, service, name string) (string, error) {
	h.count()
	return h.KeyStore.Get(ctx, service, name)
}

func (h *hangAfter) Set(ctx context.Context, service, name, value string) error {
	h.count()
	return h.KeyStore.Set(ctx, service, name, value)
}

func (h *hangAfter) Delete(ctx context.Context, service, name string) error {
	h.count()
	return h.KeyStore.Delete(ctx, service, name)
}

// liar says yes to changes and does nothing, as go-keyring does when a prompt for one is dismissed.
type liar struct{ *authtest.KeyStore }

func (liar) Set(context.Context, string, string, string) error { return nil }
func (liar) Delete(context.Context, string, string) error      { return nil }

func TestChangeThatWasNotMadeIsNoticed(t *testing.T) {
	v, store := newVault(0)
	mustPut(t, v, "work", []byte("former"))
	lying := vault.New(vault.Params{Service: service, Backend: liar{store}})
	if err := lying.Put(t.Context(), "work", []byte("new")); vault.KindOf(err) != vault.Failing {
		t.Errorf("Put: %v", err)
	}
	if err := lying.Put(t.Context(), "other", []byte("new")); vault.KindOf(err) != vault.Failing {
		t.Errorf("Put of a new name: %v", err)
	}
	if err := lying.Delete(t.Context(), "work"); vault.KindOf(err) != vault.Failing {
		t.Errorf("Delete: %v", err)
	}
}
