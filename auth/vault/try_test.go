package vault_test

import (
	"bytes"
	"testing"

	"github.com/portico-desktop/portico/auth/vault"
)

// A try files the value, in whatever sizes the one before and the next one come, and the
// Put after it leaves nothing behind of either.
func TestTryFilesTheValueAndTheNextPutSweeps(t *testing.T) {
	for _, sizes := range [][3]int{{10, 20, 10}, {2000, 3000, 2000}, {2000, 10, 10}, {10, 2000, 10}, {5000, 600, 2000}} {
		v, store := newVault(256)
		mustPut(t, v, "work", value(sizes[0], 1))
		tried := value(sizes[1], 2)
		if err := v.Try(t.Context(), "work", tried); err != nil {
			t.Fatalf("%v: %v", sizes, err)
		}
		if got, err := v.Get(t.Context(), "work"); err != nil || !bytes.Equal(got, tried) {
			t.Errorf("%v: after the try: %d bytes, %v", sizes, len(got), err)
		}
		mustPut(t, v, "work", value(sizes[2], 3))
		fresh, alone := newVault(256)
		mustPut(t, fresh, "work", value(sizes[2], 3))
		if got, want := len(store.Entries(service)), len(alone.Entries(service)); got != want {
			t.Errorf("%v: %d entries are left, want %d", sizes, got, want)
		}
		if got, err := v.Get(t.Context(), "work"); err != nil || !bytes.Equal(got, value(sizes[2], 3)) {
			t.Errorf("%v: after the Put: %d bytes, %v", sizes, len(got), err)
		}
	}
}

func TestTryTakesFewerCallsThanAPut(t *testing.T) {
	v, store := newVault(256)
	mustPut(t, v, "work", value(2000, 1))
	calls := func(f func() error) int {
		before := store.Calls()
		if err := f(); err != nil {
			t.Fatal(err)
		}
		return store.Calls() - before
	}
	try := calls(func() error { return v.Try(t.Context(), "work", value(2000, 1)) })
	put := calls(func() error { return v.Put(t.Context(), "work", value(2000, 2)) })
	if try >= put {
		t.Errorf("a try makes %d calls, a Put %d", try, put)
	}
}

func TestTryFailsWhereAPutWould(t *testing.T) {
	v, store := newVault(0)
	mustPut(t, v, "work", []byte("former"))
	store.TakeNothing(vault.Full)
	if err := v.Try(t.Context(), "work", []byte("new")); vault.KindOf(err) != vault.Full {
		t.Errorf("err = %v", err)
	}
	store.Heal()
	if got, err := v.Get(t.Context(), "work"); string(got) != "former" {
		t.Errorf("got %q, %v", got, err)
	}
}
