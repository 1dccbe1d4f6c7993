package vault_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

const service = "vault test"

// newVault is a vault with parts small enough to get many of them.
func newVault(partSize int) (*vault.Vault, *authtest.KeyStore) {
	store := authtest.NewKeyStore()
	return vault.New(vault.Params{Service: service, Backend: store, PartSize: partSize}), store
}

// value makes size bytes that differ with seed.
func value(size int, seed uint64) []byte {
	random := rand.New(rand.NewPCG(seed, 0))
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return b
}

func mustPut(t *testing.T, v *vault.Vault, name string, want []byte) {
	t.Helper()
	if err := v.Put(t.Context(), name, want); err != nil {
		t.Fatal(err)
	}
}

func TestValuesOfEverySizeComeBackAndLeaveNothingBehind(t *testing.T) {
	for _, partSize := range []int{1, 256, 2048, 2560, 64 << 10} {
		for _, size := range []int{0, 1, 100, 101, 102, 103, 190, 191, 192, 193, 1800, 1900, 20_000, vault.MaxSize} {
			t.Run(fmt.Sprintf("%d in parts of %d", size, partSize), func(t *testing.T) {
				v, store := newVault(partSize)
				want := value(size, 1)
				mustPut(t, v, "work", want)
				got, err := v.Get(t.Context(), "work")
				if err != nil || !bytes.Equal(got, want) {
					t.Fatalf("got %d bytes, %v", len(got), err)
				}
				for name, text := range store.Entries(service) {
					if len(text) > max(partSize, 256) {
						t.Errorf("%s has %d bytes", name, len(text))
					}
					if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) {
						t.Errorf("%s is not printable ASCII", name)
					}
				}
				if err := v.Delete(t.Context(), "work"); err != nil {
					t.Fatal(err)
				}
				if left := store.Entries(service); len(left) > 0 {
					t.Errorf("left behind: %v", slices.Collect(maps.Keys(left)))
				}
			})
		}
	}
}

func TestNothingStoredIsNotFound(t *testing.T) {
	v, _ := newVault(0)
	if _, err := v.Get(t.Context(), "work"); !errors.Is(err, vault.ErrNotFound) || vault.KindOf(err) != 0 {
		t.Errorf("Get: %v", err)
	}
	for range 2 {
		if err := v.Delete(t.Context(), "work"); err != nil {
			t.Errorf("Delete: %v", err)
		}
	}
}

func TestPutReplacesWhateverWasThere(t *testing.T) {
	v, store := newVault(256)
	for i, size := range []int{2000, 10, 3000, 5000, 4000, 10, 10, 900, 0, 2000} {
		want := value(size, uint64(i))
		mustPut(t, v, "work", want)
		got, err := v.Get(t.Context(), "work")
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("value %d: got %d bytes, %v", i, len(got), err)
		}
	}
	mustPut(t, v, "work", []byte("small"))
	if n := len(store.Entries(service)); n != 1 {
		t.Errorf("%d entries for one small value", n)
	}
}

func TestTooLargeValueIsRefusedAndTheFormerOneKept(t *testing.T) {
	v, _ := newVault(0)
	mustPut(t, v, "work", []byte("former"))
	if err := v.Put(t.Context(), "work", value(vault.MaxSize+1, 1)); vault.KindOf(err) != vault.Full {
		t.Errorf("got %v", err)
	}
	if got, err := v.Get(t.Context(), "work"); string(got) != "former" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestNamesDoNotMeet(t *testing.T) {
	v, store := newVault(256)
	names := []string{
		"a", "A", "a#0.0", "a%23", "a 1", "a+1", "a\n1", "ä", "https://idp.example/realms/x|sub", "a/../b",
		strings.Repeat("x", 200), strings.Repeat("x", 201), strings.Repeat("x", 202), strings.Repeat("é", 500),
	}
	for i, name := range names {
		mustPut(t, v, name, value(1000, uint64(i)))
	}
	for i, name := range names {
		if got, err := v.Get(t.Context(), name); err != nil || !bytes.Equal(got, value(1000, uint64(i))) {
			t.Errorf("%q: %v", name, err)
		}
	}
	for name := range store.Entries(service) {
		if len(name) > 220 || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Errorf("entry %q may not suit every key store", name)
		}
	}
	for _, name := range names {
		if err := v.Delete(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(store.Entries(service)); n != 0 {
		t.Errorf("%d entries left", n)
	}
}

// What older versions stored must be found for good: whoever changes this list signs people out.
func TestEntriesKeepTheirNamesAndForm(t *testing.T) {
	v, store := newVault(256)
	mustPut(t, v, "demo/1", []byte("secret"))
	mustPut(t, v, "sub with: ü", value(300, 1))
	want := []string{"demo/1", "sub%20with:%20%C3%BC", "sub%20with:%20%C3%BC#1.0", "sub%20with:%20%C3%BC#1.1"}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(store.Entries(service)))); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	const head = `{"v":1,"g":1,"n":0,"len":6,"sha256":"K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=","data":"c2VjcmV0"}`
	if got := store.Entries(service)["demo/1"]; got != head {
		t.Errorf("head\n%s, want\n%s", got, head)
	}
}

func TestFaultsOfTheStoreKeepTheirKind(t *testing.T) {
	for _, kind := range []vault.Kind{vault.Missing, vault.Locked, vault.Full, vault.Silent, vault.Damaged, vault.Failing} {
		t.Run(kind.String(), func(t *testing.T) {
			v, store := newVault(256)
			mustPut(t, v, "work", value(1000, 1))
			store.Fail(kind)
			_, err := v.Get(t.Context(), "work")
			errs := map[string]error{"get": err, "put": v.Put(t.Context(), "work", []byte("s3cret")), "delete": v.Delete(t.Context(), "work")}
			for op, err := range errs {
				var e *vault.Error
				if kind == vault.Damaged && op == "put" {
					continue // what is damaged is overwritten; only this store then fails as well
				}
				if !errors.As(err, &e) || e.Kind != kind || e.Op != op || strings.Contains(err.Error(), "s3cret") {
					t.Errorf("%s: %v", op, err)
				}
			}
			store.Heal()
			if got, err := v.Get(t.Context(), "work"); err != nil || !bytes.Equal(got, value(1000, 1)) {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

func TestUseWithoutNameOrServiceFails(t *testing.T) {
	v, _ := newVault(0)
	if err := v.Put(t.Context(), "", nil); vault.KindOf(err) != vault.Failing {
		t.Errorf("no name: %v", err)
	}
	v = vault.New(vault.Params{Backend: authtest.NewKeyStore()})
	if err := v.Put(t.Context(), "work", nil); vault.KindOf(err) != vault.Failing {
		t.Errorf("no service: %v", err)
	}
	v = vault.New(vault.Params{Service: "two\nlines", Backend: authtest.NewKeyStore()})
	if err := v.Put(t.Context(), "work", nil); vault.KindOf(err) != vault.Failing {
		t.Errorf("service of two lines: %v", err)
	}
}

func TestDamageIsNoticedAndMended(t *testing.T) {
	head := func(change func(string) string) func(map[string]string) {
		return func(e map[string]string) { e["work"] = change(e["work"]) }
	}
	part := func(change func(string) string) func(map[string]string) {
		return func(e map[string]string) { e["work#1.1"] = change(e["work#1.1"]) }
	}
	for name, damage := range map[string]func(map[string]string){
		"part missing":          func(e map[string]string) { delete(e, "work#1.1") },
		"part empty":            part(func(string) string { return "" }),
		"part cut":              part(func(s string) string { return s[:len(s)-4] }),
		"part longer":           part(func(s string) string { return s + "AAAA" }),
		"part very long":        part(func(string) string { return strings.Repeat("A", 2*vault.MaxSize) }),
		"part of something":     part(func(string) string { return "not base64!" }),
		"one bit of a part":     part(func(s string) string { return flip(s) }),
		"parts swapped":         func(e map[string]string) { e["work#1.1"], e["work#1.0"] = e["work#1.0"], e["work#1.1"] },
		"head empty":            head(func(string) string { return "" }),
		"head cut":              head(func(s string) string { return s[:len(s)/2] }),
		"head of another kind":  head(func(string) string { return "eyJhbGciOiJub25lIn0" }),
		"head with more":        head(func(s string) string { return s + "{}" }),
		"head of later version": head(func(s string) string { return strings.Replace(s, `"v":1`, `"v":2`, 1) }),
		"head of a small value": head(func(s string) string { return strings.Replace(s, `"n":6`, `"n":0`, 1) }),
		"fewer parts":           head(func(s string) string { return strings.Replace(s, `"n":6`, `"n":5`, 1) }),
		"more parts":            head(func(s string) string { return strings.Replace(s, `"n":6`, `"n":7`, 1) }),
		"too many parts":        head(func(s string) string { return strings.Replace(s, `"n":6`, `"n":99999999`, 1) }),
		"negative parts":        head(func(s string) string { return strings.Replace(s, `"n":6`, `"n":-6`, 1) }),
		"another size":          head(func(s string) string { return strings.Replace(s, `"len":1000`, `"len":999`, 1) }),
		"another generation":    head(func(s string) string { return strings.Replace(s, `"g":1`, `"g":2`, 1) }),
		"another checksum":      head(func(s string) string { return strings.Replace(s, `"sha256":"`, `"sha256":"AAAA`, 1) }),
	} {
		t.Run(name, func(t *testing.T) {
			damaged := func() (*vault.Vault, *authtest.KeyStore) {
				v, store := newVault(256)
				mustPut(t, v, "work", value(1000, 1))
				before := store.Entries(service)
				store.Damage(service, damage)
				if cmp.Equal(before, store.Entries(service)) {
					t.Fatal("nothing was damaged")
				}
				return v, store
			}
			v, _ := damaged()
			if got, err := v.Get(t.Context(), "work"); vault.KindOf(err) != vault.Damaged || got != nil {
				t.Errorf("got %d bytes, %v", len(got), err)
			}
			mustPut(t, v, "work", value(1000, 2))
			if got, err := v.Get(t.Context(), "work"); !bytes.Equal(got, value(1000, 2)) {
				t.Errorf("after Put: %v", err)
			}
			v, store := damaged()
			if err := v.Delete(t.Context(), "work"); err != nil {
				t.Errorf("Delete: %v", err)
			}
			if _, err := v.Get(t.Context(), "work"); !errors.Is(err, vault.ErrNotFound) {
				t.Errorf("after Delete: %v", err)
			}
			if n := len(store.Entries(service)); n != 0 {
				t.Errorf("%d entries left", n)
			}
		})
	}
}

// flip changes one character for another of the base64 alphabet.
func flip(s string) string {
	c := byte('A')
	if s[7] == c {
		c = 'B'
	}
	return s[:7] + string(c) + s[8:]
}

// race is a store in which something happens at the n-th reading of a part.
type race struct {
	*authtest.KeyStore
	parts  int
	happen map[int]func()
}

func (r *race) Get(ctx context.Context, service, name string) (string, error) {
	if strings.Contains(name, "#") {
		r.parts++
		if f := r.happen[r.parts]; f != nil {
			f()
		}
	}
	return r.KeyStore.Get(ctx, service, name)
}

func TestValueReplacedByAnotherProcessWhileBeingRead(t *testing.T) {
	store := &race{KeyStore: authtest.NewKeyStore(), happen: map[int]func(){}}
	here := vault.New(vault.Params{Service: service, Backend: store, PartSize: 256})
	there := vault.New(vault.Params{Service: service, Backend: store.KeyStore, PartSize: 256})
	mustPut(t, there, "work", value(1000, 1))

	// Once, between two parts; then twice, which reuses the slot being read; then a small value.
	for name, f := range map[string]func(){
		"once":  func() { mustPut(t, there, "work", value(1200, 2)) },
		"twice": func() { mustPut(t, there, "work", value(800, 3)); mustPut(t, there, "work", value(1200, 2)) },
	} {
		store.parts = 0
		store.happen[3] = f
		if got, err := here.Get(t.Context(), "work"); err != nil || !bytes.Equal(got, value(1200, 2)) {
			t.Errorf("replaced %s: got %d bytes, %v", name, len(got), err)
		}
		mustPut(t, there, "work", value(1000, 1))
	}

	store.parts = 0
	store.happen[3] = func() {
		if err := there.Delete(t.Context(), "work"); err != nil {
			t.Error(err)
		}
	}
	if _, err := here.Get(t.Context(), "work"); !errors.Is(err, vault.ErrNotFound) {
		t.Errorf("deleted: %v", err)
	}

	mustPut(t, there, "work", value(1000, 1))
	store.happen = map[int]func(){}
	for i := range 100 {
		store.happen[store.parts+i] = func() { mustPut(t, there, "work", value(1000, uint64(i))) }
	}
	if _, err := here.Get(t.Context(), "work"); vault.KindOf(err) != vault.Failing {
		t.Errorf("replaced without end: %v", err)
	}
}
