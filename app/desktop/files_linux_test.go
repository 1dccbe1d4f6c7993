package desktop

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// told waits for a change.
func told(t *testing.T, changes <-chan struct{}) {
	t.Helper()
	limit := time.NewTimer(20 * time.Second)
	defer limit.Stop()
	select {
	case <-changes:
	case <-limit.C:
		t.Fatal("nobody was told")
	}
}

func do(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Whatever IT's tools do to a file, somebody hears of it.
func TestEveryWayToChangeAFileIsNoticed(t *testing.T) {
	write := func(path, text string) error { return os.WriteFile(path, []byte(text), 0o644) }
	for name, test := range map[string]struct {
		before func(dir string) error
		steps  []func(dir string) error
	}{
		"a file comes and goes, with its folder": {nil, []func(string) error{
			func(dir string) error { return os.Mkdir(dir+"/portico", 0o755) },
			func(dir string) error { return write(dir+"/portico/policy.json", "{}") },
			func(dir string) error { return os.Remove(dir + "/portico/policy.json") },
			func(dir string) error { return os.Remove(dir + "/portico") },
			func(dir string) error { return os.Mkdir(dir+"/portico", 0o755) },
			func(dir string) error { return write(dir+"/portico/policy.json", "{}") },
		}},
		"written in place, twice the same": {func(dir string) error {
			_ = os.Mkdir(dir+"/portico", 0o755)
			return write(dir+"/portico/policy.json", "{}")
		}, []func(string) error{
			func(dir string) error { return write(dir+"/portico/policy.json", "{ }") },
			func(dir string) error { return write(dir+"/portico/policy.json", "{1}") },
		}},
		"replaced by rename": {func(dir string) error {
			_ = os.Mkdir(dir+"/portico", 0o755)
			return write(dir+"/portico/policy.json", "{}")
		}, []func(string) error{
			func(dir string) error {
				do(t, write(dir+"/portico/.new", "{}"))
				return os.Rename(dir+"/portico/.new", dir+"/portico/policy.json")
			},
			func(dir string) error {
				do(t, write(dir+"/new", "{}"))
				return os.Rename(dir+"/new", dir+"/portico/policy.json")
			},
		}},
		"its folder is replaced": {func(dir string) error {
			_ = os.Mkdir(dir+"/portico", 0o755)
			return write(dir+"/portico/policy.json", "{}")
		}, []func(string) error{
			func(dir string) error { return os.Rename(dir+"/portico", dir+"/portico.old") },
			func(dir string) error {
				do(t, os.Mkdir(dir+"/next", 0o755), write(dir+"/next/policy.json", "{}"))
				return os.Rename(dir+"/next", dir+"/portico")
			},
			func(dir string) error { return write(dir+"/portico/policy.json", "{1}") },
		}},
		"others may read it": {func(dir string) error {
			_ = os.Mkdir(dir+"/portico", 0o700)
			return os.WriteFile(dir+"/portico/policy.json", []byte("{}"), 0o600)
		}, []func(string) error{
			func(dir string) error { return os.Chmod(dir+"/portico/policy.json", 0o644) },
			func(dir string) error { return os.Chmod(dir+"/portico", 0o755) },
		}},
		"behind links": {func(dir string) error {
			do(t, os.MkdirAll(dir+"/managed/v1", 0o755), os.MkdirAll(dir+"/managed/v2", 0o755), os.Mkdir(dir+"/portico", 0o755),
				write(dir+"/managed/v1/p.json", "{}"), write(dir+"/managed/v2/p.json", "{2}"), os.Symlink("v1", dir+"/managed/current"))
			return os.Symlink("../managed/current/p.json", dir+"/portico/policy.json")
		}, []func(string) error{
			func(dir string) error { return write(dir+"/managed/v1/p.json", "{1}") },
			func(dir string) error {
				do(t, os.Symlink("v2", dir+"/managed/.next"))
				return os.Rename(dir+"/managed/.next", dir+"/managed/current")
			},
			func(dir string) error { return write(dir+"/managed/v2/p.json", "{3}") },
		}},
		"a link that leads nowhere yet": {func(dir string) error {
			do(t, os.Mkdir(dir+"/portico", 0o755), os.Mkdir(dir+"/managed", 0o755))
			return os.Symlink(dir+"/managed/deep/p.json", dir+"/portico/policy.json")
		}, []func(string) error{
			func(dir string) error { return os.Mkdir(dir+"/managed/deep", 0o755) },
			func(dir string) error { return write(dir+"/managed/deep/p.json", "{}") },
		}},
	} {
		for last := range test.steps {
			t.Run(fmt.Sprintf("%s, step %d", name, last), func(t *testing.T) {
				dir := t.TempDir()
				if test.before != nil {
					do(t, test.before(dir))
				}
				path := filepath.Join(dir, "portico", "policy.json")
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				// Half of the steps before this one happen under the same watch.
				for _, step := range test.steps[:last/2] {
					do(t, step(dir))
				}
				early := make(chan struct{}, 100)
				wait := watchFiles(ctx, []string{path}, func() { early <- struct{}{} })
				for _, step := range test.steps[last/2 : last] {
					do(t, step(dir))
					told(t, early)
				}
				// A watch of its own hears of this step, and of nothing before it.
				own, stop := context.WithCancel(t.Context())
				noticed := make(chan struct{}, 100)
				waitOwn := watchFiles(own, []string{path}, func() { noticed <- struct{}{} })
				do(t, test.steps[last](dir))
				told(t, noticed)
				told(t, early)
				stop()
				cancel()
				waitOwn()
				wait()
			})
		}
	}
}

// Other files of the folder wake nobody: each of the renames counts once.
func TestOtherFilesOfTheFolderAreNobodysBusiness(t *testing.T) {
	dir := t.TempDir()
	do(t, os.Mkdir(dir+"/portico", 0o755), os.WriteFile(dir+"/portico/policy.json", nil, 0o644))
	ctx, cancel := context.WithCancel(t.Context())
	noticed := make(chan struct{}, 100)
	wait := watchFiles(ctx, []string{dir + "/portico/policy.json"}, func() { noticed <- struct{}{} })
	for range 3 {
		do(t, os.WriteFile(dir+"/portico/notes", []byte("x"), 0o644), os.Chmod(dir+"/portico/notes", 0o600), os.Remove(dir+"/portico/notes"),
			os.WriteFile(dir+"/other", nil, 0o644), os.Remove(dir+"/other"),
			os.WriteFile(dir+"/portico/.new", nil, 0o644), os.Rename(dir+"/portico/.new", dir+"/portico/policy.json"))
		told(t, noticed)
	}
	cancel()
	wait()
	if n := len(noticed); n != 0 {
		t.Errorf("noticed %d times more", n)
	}
}

func TestFileChangesEndWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	dir := t.TempDir()
	changes := FileChanges(ctx, filepath.Join(dir, "policy.json"))
	do(t, os.WriteFile(dir+"/policy.json", nil, 0o600))
	told(t, changes)
	cancel()
	for range changes { // what was noticed before may still come
	}
}
