package localapi_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
)

func TestAgentEndsWhenItsPlaceIsNoLongerItsOwn(t *testing.T) {
	for name, take := range map[string]func(t *testing.T, dir string){
		"the directory is removed": func(t *testing.T, dir string) { must(t, os.RemoveAll(dir)) },
		"the one above is removed": func(t *testing.T, dir string) { must(t, os.RemoveAll(filepath.Dir(dir))) },
		"the directory is moved":   func(t *testing.T, dir string) { must(t, os.Rename(dir, dir+"-before")) },
		"the one above is moved": func(t *testing.T, dir string) {
			must(t, os.Rename(filepath.Dir(dir), filepath.Dir(dir)+"-before"))
		},
		"the lock is removed": func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, "agent.lock"))) },
		"the lock is another one": func(t *testing.T, dir string) {
			other := filepath.Join(dir, "other")
			must(t, os.WriteFile(other, nil, 0o600))
			must(t, os.Rename(other, filepath.Join(dir, "agent.lock")))
		},
		"the socket is removed": func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, "agent.sock"))) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "above", "run")
			l, err := localapi.Listen(dir)
			must(t, err)
			lost := make(chan error)
			go func() {
				_, err := l.Accept()
				lost <- err
			}()
			take(t, dir)
			if err := <-lost; !errors.Is(err, localapi.ErrDisplaced) {
				t.Errorf("it ended with %v", err)
			}
			// The next one does not wait for it, and is left alone when it ends.
			if name != "the socket is removed" {
				next, err := localapi.Listen(dir)
				must(t, err)
				run(t, next, newAgent(), localapi.Info{})
			}
			must(t, l.Close())
			if name != "the socket is removed" {
				client, err := localapi.Dial(t.Context(), dir)
				must(t, err)
				if _, err := client.Handshake(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestOtherFilesBesideTheLockAreNobodysBusiness(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	l, err := localapi.Listen(dir)
	must(t, err)
	stop := run(t, l, newAgent(), localapi.Info{})
	file := filepath.Join(dir, "window.lock")
	must(t, os.WriteFile(file, nil, 0o600))
	must(t, os.Rename(file, file+"2"))
	must(t, os.Remove(file+"2"))
	client, err := localapi.Dial(t.Context(), dir)
	must(t, err)
	if _, err := client.Handshake(t.Context()); err != nil {
		t.Error(err)
	}
	must(t, stop())
	if _, err := os.Lstat(filepath.Join(dir, "agent.sock")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a socket is left behind: %v", err)
	}
}
