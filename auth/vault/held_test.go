package vault_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/portico-desktop/portico/auth/vault"
)

// Who renews a sign-in holds its lock: reads the record, tries the store, and puts the next one.
func TestWhatIsHeldIsNotReadAgain(t *testing.T) {
	v, store := newVault(0)
	mustPut(t, v, "work", []byte("former"))
	renewal := func(held bool) int {
		ctx := t.Context()
		if held {
			ctx = vault.Held(ctx)
		}
		before := store.Calls()
		_, err := v.Get(ctx, "work")
		if err := errors.Join(err, v.Try(ctx, "work", []byte("tried")), v.Put(ctx, "work", []byte("next"))); err != nil {
			t.Fatal(err)
		}
		return store.Calls() - before
	}
	if with, without := renewal(true), renewal(false); with != 5 || without != 7 {
		t.Errorf("%d calls with the name held and %d without, want 5 and 7", with, without)
	}
	before := store.Calls()
	if _, err := v.Get(vault.Held(t.Context()), "none"); !errors.Is(err, vault.ErrNotFound) || store.Calls() != before+1 {
		t.Errorf("%v after %d calls", err, store.Calls()-before)
	}
}

// What is known is a vault's, a name's and this context's, and gone after a failure.
func TestWhatIsNotSureIsReadAgain(t *testing.T) {
	v, store := newVault(0)
	mustPut(t, v, "work", []byte("former"))
	ctx := vault.Held(t.Context())
	calls := func(f func() error) (int, error) {
		before := store.Calls()
		err := f()
		return store.Calls() - before, err
	}
	put := func() error { return v.Put(ctx, "work", []byte("next")) }
	if n, err := calls(put); n != 3 || err != nil {
		t.Errorf("nothing is known yet: %d calls, %v", n, err)
	}
	if n, err := calls(put); n != 2 || err != nil {
		t.Errorf("it was written: %d calls, %v", n, err)
	}
	if n, err := calls(func() error { return v.Put(vault.Held(ctx), "work", []byte("next")) }); n != 3 || err != nil {
		t.Errorf("held by somebody else: %d calls, %v", n, err)
	}
	other := vault.New(vault.Params{Service: service, Backend: store})
	if n, err := calls(func() error { return other.Put(ctx, "work", []byte("next")) }); n != 3 || err != nil {
		t.Errorf("another vault: %d calls, %v", n, err)
	}
	for _, applied := range []bool{false, true} {
		store.FailChange(1, applied)
		if _, err := calls(put); err == nil {
			t.Error("the change does not fail")
		}
		if n, err := calls(put); n != 3 || err != nil {
			t.Errorf("after a failure (applied: %v): %d calls, %v", applied, n, err)
		}
	}
	if err := v.Delete(ctx, "work"); err != nil {
		t.Fatal(err)
	}
	if n, err := calls(put); n != 3 || err != nil {
		t.Errorf("after a removal: %d calls, %v", n, err)
	}
	if got, err := v.Get(ctx, "work"); string(got) != "next" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// Generations take turns with their slots, and leave nothing behind.
func TestHeldValuesInPartsLeaveNothingBehind(t *testing.T) {
	v, store := newVault(256)
	ctx := vault.Held(t.Context())
	for i, size := range []int{2000, 10, 3000, 2000, 600, 5000, 10, 10, 2000} {
		put := v.Put
		if i%2 == 1 {
			put = v.Try
		}
		if err := put(ctx, "work", value(size, uint64(i))); err != nil {
			t.Fatal(err)
		}
		if got, err := v.Get(t.Context(), "work"); err != nil || !bytes.Equal(got, value(size, uint64(i))) {
			t.Errorf("%d: %d bytes, %v", i, len(got), err)
		}
	}
	fresh, alone := newVault(256)
	mustPut(t, fresh, "work", value(2000, 8))
	if got, want := len(store.Entries(service)), len(alone.Entries(service)); got != want {
		t.Errorf("%d entries are left, want %d", got, want)
	}
}
