package authtest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

func TestKeyStoreKeepsValuesByServiceAndName(t *testing.T) {
	k, ctx := authtest.NewKeyStore(), t.Context()
	if _, err := k.Get(ctx, "a", "x"); !errors.Is(err, vault.ErrNotFound) {
		t.Errorf("nothing there: %v", err)
	}
	if err := k.Delete(ctx, "a", "x"); !errors.Is(err, vault.ErrNotFound) {
		t.Errorf("deleting nothing: %v", err)
	}
	for _, e := range [][3]string{{"a", "x", "1"}, {"a", "y", "2"}, {"b", "x", "3"}, {"a", "y", "4"}} {
		if err := k.Set(ctx, e[0], e[1], e[2]); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(map[string]string{"x": "1", "y": "4"}, k.Entries("a")); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	k.Damage("a", func(entries map[string]string) { delete(entries, "x"); entries["y"] = "5" })
	if got, err := k.Get(ctx, "a", "y"); got != "5" || err != nil {
		t.Errorf("damaged: %q, %v", got, err)
	}
	if got, err := k.Get(ctx, "b", "x"); got != "3" || err != nil {
		t.Errorf("another service: %q, %v", got, err)
	}
	if k.Calls() != 8 || k.Changes() != 5 || k.Together() != 1 {
		t.Errorf("%d calls, %d changes, %d at once", k.Calls(), k.Changes(), k.Together())
	}
}

func TestKeyStoreFailsTheChangeItIsToldTo(t *testing.T) {
	for name, test := range map[string]struct {
		plan func(*authtest.KeyStore)
		errs [3]vault.Kind // of the three changes after it
		kept map[string]string
	}{
		"refused":     {func(k *authtest.KeyStore) { k.FailChange(2, false) }, [3]vault.Kind{0, vault.Failing, 0}, map[string]string{"0": "v", "2": "v"}},
		"but made":    {func(k *authtest.KeyStore) { k.FailChange(2, true) }, [3]vault.Kind{0, vault.Failing, 0}, map[string]string{"0": "v", "1": "v", "2": "v"}},
		"dead before": {func(k *authtest.KeyStore) { k.DieAtChange(2, false) }, [3]vault.Kind{0, vault.Failing, vault.Failing}, map[string]string{"0": "v"}},
		"dead after":  {func(k *authtest.KeyStore) { k.DieAtChange(2, true) }, [3]vault.Kind{0, vault.Failing, vault.Failing}, map[string]string{"0": "v", "1": "v"}},
		"closed":      {func(k *authtest.KeyStore) { k.TakeNothing(vault.Full) }, [3]vault.Kind{vault.Full, vault.Full, vault.Full}, map[string]string{}},
		"locked":      {func(k *authtest.KeyStore) { k.Fail(vault.Locked) }, [3]vault.Kind{vault.Locked, vault.Locked, vault.Locked}, map[string]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			k := authtest.NewKeyStore()
			test.plan(k)
			var got [3]vault.Kind
			for i := range got {
				got[i] = vault.KindOf(k.Set(t.Context(), "a", string(rune('0'+i)), "v"))
			}
			if got != test.errs {
				t.Errorf("kinds %v, want %v", got, test.errs)
			}
			if diff := cmp.Diff(test.kept, k.Entries("a")); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
			k.Heal()
			if err := k.Set(t.Context(), "a", "x", "v"); err != nil {
				t.Errorf("healed: %v", err)
			}
		})
	}
}

func TestKeyStoreHangsWhateverTheContextSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := authtest.NewKeyStore()
		release := k.Hang()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		done := make(chan error, 1)
		go func() { done <- k.Set(ctx, "a", "x", "late") }()
		synctest.Wait()
		if len(done) > 0 {
			t.Fatal("it did not hang")
		}
		release()
		release()
		if err := <-done; err != nil || k.Entries("a")["x"] != "late" {
			t.Errorf("released: %v", err)
		}
	})
}
