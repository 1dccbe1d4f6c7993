package vault_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

// crash is one way for a change of the store to go wrong.
type crash struct {
	name    string
	applied bool
	dead    bool
}

var crashes = []crash{
	{"refused", false, false},
	{"carried out, but reported as failed", true, false},
	{"killed before", false, true},
	{"killed after", true, true},
}

func (c crash) at(n int, store *authtest.KeyStore) {
	if c.dead {
		store.DieAtChange(n, c.applied)
	} else {
		store.FailChange(n, c.applied)
	}
}

// Sizes that need no part, some, more, and fewer.
var sizes = []int{50, 400, 1000, 700}

func TestPutThatBreaksOffLeavesTheFormerValueOrTheNewOne(t *testing.T) {
	for _, from := range sizes {
		for _, to := range sizes {
			for _, c := range crashes {
				t.Run(fmt.Sprintf("%d to %d %s", from, to, c.name), func(t *testing.T) {
					for n := 1; ; n++ {
						v, store := newVault(256)
						former, next := value(from, 1), value(to, 2)
						mustPut(t, v, "work", former)
						before := store.Changes()
						c.at(n, store)
						err := v.Put(t.Context(), "work", next)
						reached := store.Changes()-before >= n
						store.Heal()
						got, reading := v.Get(t.Context(), "work")
						switch {
						case reading != nil:
							t.Fatalf("change %d: neither value is there: %v", n, reading)
						case bytes.Equal(got, next):
						case err == nil || !bytes.Equal(got, former):
							t.Fatalf("change %d: Put said %v, but %d bytes of another value are there", n, err, len(got))
						}
						if !reached {
							return
						}
						thenWorksAsEver(t, v, store)
					}
				})
			}
		}
	}
}

// Two crashes in a row find the store in states that one alone does not make.
func TestPutThatBreaksOffTwice(t *testing.T) {
	for _, first := range crashes {
		for _, second := range crashes {
			t.Run(first.name+", then "+second.name, func(t *testing.T) {
				for n := 1; n <= 8; n++ {
					for m := 1; m <= 8; m++ {
						v, store := newVault(256)
						mustPut(t, v, "work", value(300, 1))
						first.at(n, store)
						_ = v.Put(t.Context(), "work", value(550, 2))
						store.Heal()
						before, err := v.Get(t.Context(), "work")
						if err != nil {
							t.Fatal(err)
						}
						second.at(m, store)
						putErr := v.Put(t.Context(), "work", value(200, 3))
						store.Heal()
						got, err := v.Get(t.Context(), "work")
						if err != nil || !bytes.Equal(got, value(200, 3)) && (putErr == nil || !bytes.Equal(got, before)) {
							t.Fatalf("changes %d and %d: %d bytes, %v", n, m, len(got), err)
						}
						thenWorksAsEver(t, v, store)
					}
				}
			})
		}
	}
}

func TestFirstPutThatBreaksOffLeavesNothingOrTheValue(t *testing.T) {
	for _, c := range crashes {
		for n := 1; n <= 8; n++ {
			v, store := newVault(256)
			c.at(n, store)
			err := v.Put(t.Context(), "work", value(700, 1))
			store.Heal()
			got, reading := v.Get(t.Context(), "work")
			if !bytes.Equal(got, value(700, 1)) && (err == nil || !errors.Is(reading, vault.ErrNotFound)) {
				t.Errorf("%s, change %d: Put said %v, then %d bytes, %v", c.name, n, err, len(got), reading)
			}
			thenWorksAsEver(t, v, store)
		}
	}
}

func TestDeleteThatBreaksOffLeavesTheValueOrNothing(t *testing.T) {
	for _, c := range crashes {
		for n := 1; n <= 8; n++ {
			v, store := newVault(256)
			mustPut(t, v, "work", value(700, 1))
			c.at(n, store)
			err := v.Delete(t.Context(), "work")
			store.Heal()
			got, reading := v.Get(t.Context(), "work")
			if !errors.Is(reading, vault.ErrNotFound) && (err == nil || !bytes.Equal(got, value(700, 1))) {
				t.Errorf("%s, change %d: Delete said %v, then %d bytes, %v", c.name, n, err, len(got), reading)
			}
			if err == nil && len(store.Entries(service)) > 0 {
				t.Errorf("%s, change %d: Delete said nothing, but left something behind", c.name, n)
			}
			thenWorksAsEver(t, v, store)
		}
	}
}

// thenWorksAsEver shows that no crash has left a trace that lasts.
func thenWorksAsEver(t *testing.T, v *vault.Vault, store *authtest.KeyStore) {
	t.Helper()
	mustPut(t, v, "work", value(450, 9))
	if got, err := v.Get(t.Context(), "work"); err != nil || !bytes.Equal(got, value(450, 9)) {
		t.Fatalf("afterwards: %v", err)
	}
	if n := len(store.Entries(service)); n != 4 {
		t.Fatalf("afterwards: %d entries instead of a head and three parts", n)
	}
	if err := v.Delete(t.Context(), "work"); err != nil || len(store.Entries(service)) > 0 {
		t.Fatalf("afterwards: deleted with %v, %d entries left", err, len(store.Entries(service)))
	}
}
