package localapi_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
)

func TestSecondAgentIsToldThatOneIsRunning(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	first, err := localapi.Listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	if l, err := localapi.Listen(dir); !errors.Is(err, localapi.ErrRunning) {
		t.Fatalf("second listener: got %v, %v, want %v", l, err, localapi.ErrRunning)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := localapi.Listen(dir)
	if err != nil {
		t.Fatalf("after the first has closed: %v", err)
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
}

func TestManyAgentsAtOnceLeaveOne(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	type result struct {
		close func() error
		err   error
	}
	results := make(chan result)
	const agents = 16
	for range agents {
		go func() {
			l, err := localapi.Listen(dir)
			if err != nil {
				results <- result{err: err}
				return
			}
			results <- result{close: l.Close}
		}()
	}
	var listening []func() error
	for range agents {
		r := <-results
		switch {
		case r.err == nil:
			listening = append(listening, r.close)
		case !errors.Is(r.err, localapi.ErrRunning):
			t.Error(r.err)
		}
	}
	if len(listening) != 1 {
		t.Errorf("%d agents listen, want 1", len(listening))
	}
	for _, c := range listening {
		if err := c(); err != nil {
			t.Error(err)
		}
	}
}

func TestDialWithoutAgent(t *testing.T) {
	for name, dir := range map[string]func(t *testing.T) string{
		"no directory": func(t *testing.T) string { return filepath.Join(t.TempDir(), "run") },
		"agent has ended": func(t *testing.T) string {
			dir := filepath.Join(t.TempDir(), "run")
			l, err := localapi.Listen(dir)
			if err != nil {
				t.Fatal(err)
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			return dir
		},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := localapi.Dial(t.Context(), dir(t)); !errors.Is(err, localapi.ErrNoAgent) {
				t.Errorf("got %v, want %v", err, localapi.ErrNoAgent)
			}
		})
	}
}
