package vault_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

// FuzzParts puts anything under the names of a value: it is that value or it is
// damaged, and a new value always takes its place.
func FuzzParts(f *testing.F) {
	long := bytes.Repeat([]byte("0123456789abcdef"), 100)
	store := authtest.NewKeyStore()
	v := vault.New(vault.Params{Service: "fuzz", Backend: store, Timeout: 5 * time.Second, PartSize: 1024})
	if err := v.Put(f.Context(), "work", long); err != nil {
		f.Fatal(err)
	}
	entries := store.Entries("fuzz")
	head, first, second, third := entries["work"], entries["work#1.0"], entries["work#1.1"], entries["work#1.2"]
	if head == "" || first == "" || second == "" || third == "" {
		f.Fatalf("the names of the parts have changed: %v", entries)
	}
	f.Add(head, first, second, third, []byte("new"))
	f.Add(head, second, first, third, long)
	f.Add(head, first, "", third, []byte{})
	f.Add(head, first+second, third, "", long)
	f.Add(`{"v":1,"g":1,"n":4096,"len":0,"sha256":"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}`, "", "", "", long)
	f.Add("", "x", "y", "z", []byte("new"))
	f.Fuzz(func(t *testing.T, head, one, two, three string, value []byte) {
		store := authtest.NewKeyStore()
		v := vault.New(vault.Params{Service: "fuzz", Backend: store, Timeout: 5 * time.Second, PartSize: 1024})
		store.Damage("fuzz", func(entries map[string]string) {
			entries["work"] = head
			for name, text := range map[string]string{"work#1.0": one, "work#1.1": two, "work#1.2": three, "work#0.0": three} {
				if text != "" {
					entries[name] = text
				}
			}
		})
		got, err := v.Get(t.Context(), "work")
		if err != nil && vault.KindOf(err) != vault.Damaged {
			t.Errorf("err = %v, want it to be damaged", err)
		}
		if err == nil && len(got) > vault.MaxSize {
			t.Errorf("%d bytes", len(got))
		}
		if len(value) > vault.MaxSize {
			return
		}
		if err := v.Put(t.Context(), "work", value); err != nil {
			t.Fatalf("a new value: %v", err)
		}
		if got, err := v.Get(t.Context(), "work"); err != nil || !bytes.Equal(got, value) {
			t.Errorf("the new value comes back as %q, %v", got, err)
		}
		if err := v.Delete(t.Context(), "work"); err != nil {
			t.Error(err)
		}
		if _, err := v.Get(t.Context(), "work"); !errors.Is(err, vault.ErrNotFound) {
			t.Errorf("after deleting: %v", err)
		}
		if left := store.Entries("fuzz"); len(left) > 0 && two != "" && (one != "" || three == "") {
			t.Errorf("after deleting there is %v", left)
		}
	})
}
