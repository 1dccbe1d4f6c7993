package desktop

import (
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Where the system does not tell, a look every five minutes does.
func TestFilesThatCannotBeWatchedAreLookedAt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "policy")
	look := newLooker([]string{path})
	steps := []struct {
		name    string
		change  func() error
		changed bool
	}{
		{"nothing there", func() error { return nil }, false},
		{"it comes", func() error { return os.WriteFile(path, []byte("a"), 0o600) }, true},
		{"nothing happens", func() error { return nil }, false},
		{"it is written", func() error { return os.WriteFile(path, []byte("ab"), 0o600) }, true},
		{"its time is another", func() error { return os.Chtimes(path, time.Time{}, time.Unix(1, 0)) }, true},
		{"another takes its place", func() error {
			if err := os.WriteFile(path+".new", []byte("ab"), 0o600); err != nil {
				return err
			}
			if err := os.Chtimes(path+".new", time.Time{}, time.Unix(1, 0)); err != nil {
				return err
			}
			return os.Rename(path+".new", path)
		}, true},
		{"it goes", func() error { return os.Remove(path) }, true},
	}
	for _, step := range steps {
		if err := step.change(); err != nil {
			t.Fatal(err)
		}
		if got := look.changed(); got != step.changed {
			t.Errorf("%s: changed %v", step.name, got)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		var noticed atomic.Int32
		look := newLooker([]string{path})
		go lookAtFiles(t.Context(), look, func() { noticed.Add(1) })
		time.Sleep(time.Hour)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Error(err)
		}
		begin := time.Now()
		for noticed.Load() == 0 {
			time.Sleep(time.Second)
			synctest.Wait()
		}
		if took := time.Since(begin); took > lookEvery || noticed.Load() != 1 {
			t.Errorf("noticed %d times after %v", noticed.Load(), took)
		}
	})
}
