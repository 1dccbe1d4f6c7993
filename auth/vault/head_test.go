package vault

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

func FuzzHead(f *testing.F) {
	small, parts := newHead(1, []byte("value")), newHead(1<<64-1, make([]byte, 20_000))
	small.Data, parts.Parts = []byte("value"), 11
	for _, seed := range []string{
		small.encode(), parts.encode(), "", "{}", "null", "[]", `{"v":1}`, `{"v":1,"n":-1}`, strings.Repeat("[", 10_000),
		`{"v":1,"g":1,"n":0,"len":0,"sha256":"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		h, err := decodeHead(s)
		if err != nil {
			if KindOf(err) != Damaged {
				t.Errorf("kind %v", KindOf(err))
			}
			return
		}
		if h.Parts < 0 || h.Parts > maxParts || h.Size < 0 || h.Size > MaxSize || len(h.Data) > MaxSize {
			t.Errorf("out of range: %+v", h)
		}
		if h.Parts == 0 && len(h.Data) != h.Size {
			t.Errorf("%d bytes instead of %d", len(h.Data), h.Size)
		}
		again, err := decodeHead(h.encode())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(h.encode(), again.encode()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestHeadOfPartsAlwaysFits(t *testing.T) {
	h := newHead(1<<64-1, make([]byte, MaxSize))
	h.Parts = maxParts
	if n := len(h.encode()); n > minPartSize {
		t.Errorf("%d bytes", n)
	}
	if most := (MaxSize*4/3 + 4) / minPartSize; most > maxParts {
		t.Errorf("a value may need %d parts", most)
	}
}

// prompting is a store that waits for a person.
type prompting struct {
	Backend
	answered chan struct{}
}

func (prompting) waiting() bool { return true }
func (p prompting) Get(context.Context, string, string) (string, error) {
	<-p.answered
	return "", ErrNotFound
}

func TestStoreThatWaitsForAPersonIsLockedNotSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answered := make(chan struct{})
		defer close(answered)
		v := New(Params{Service: "test", Backend: prompting{answered: answered}})
		for range 2 {
			_, err := v.Get(t.Context(), "work")
			if KindOf(err) != Locked || !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, errWaitPerson) {
				t.Errorf("got %v", err)
			}
		}
	})
}

func TestSizeOfPartsStaysWithinTheStoresLimit(t *testing.T) {
	for name, test := range map[string]struct {
		params Params
		want   int
	}{
		"the OS's own":                {Params{}, osPartSize},
		"above the OS's":              {Params{PartSize: osPartSize + 1}, osPartSize},
		"below the OS's":              {Params{PartSize: 1000}, 1000},
		"below the least":             {Params{PartSize: 10}, minPartSize},
		"of another store":            {Params{Backend: prompting{}, PartSize: osPartSize + 1}, osPartSize + 1},
		"of another store, not given": {Params{Backend: prompting{}}, osPartSize},
	} {
		t.Run(name, func(t *testing.T) {
			if got := New(test.params).partSize; got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

func TestErrorsReadWell(t *testing.T) {
	for want, err := range map[string]error{
		"get: key store locked: dismissed": &Error{Op: "get", Kind: Locked, Err: errors.New("dismissed")},
		"key store full":                   &Error{Kind: Full},
		"key store kind 42":                &Error{Kind: 42},
	} {
		if got := err.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
