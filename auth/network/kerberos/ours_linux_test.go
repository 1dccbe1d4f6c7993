package kerberos

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/portico-desktop/portico/auth/authtest/squid"
	"github.com/portico-desktop/portico/auth/network/proxyauth"
)

// A pipe where a cache is usual holds nobody.
func TestAPipeIsNoCache(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "krb5cc")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := at(&squid.Realm{}, "FILE:"+pipe).Begin(context.Background(), proxyauth.Ask{Scheme: proxyauth.Negotiate, Host: "localhost"})
		done <- err
	}()
	select {
	case err := <-done:
		if lackIn(err) != proxyauth.Failing || !strings.Contains(err.Error(), "is not a file") {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the log-on waits for somebody to write into the pipe")
	}
}

// Where everybody may make files, somebody else's tickets are not the person's.
func TestSomebodyElsesCacheIsNotTaken(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can act as several users")
	}
	const ada, mallory = 12001, 12002
	dir, err := os.MkdirTemp("/tmp", "portico-tickets-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	empty := append(fileHeader(), 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 'R', 0, 0, 0, 1, 'a')
	for owner, want := range map[int]string{ada: "there is no ticket of a@R", 0: "there is no ticket of a@R", mallory: "somebody else's file"} {
		file := filepath.Join(dir, "krb5cc")
		if err := errors.Join(os.WriteFile(file, empty, 0o600), os.Chmod(file, 0o644), os.Chown(file, owner, owner)); err != nil {
			t.Fatal(err)
		}
		got := make(chan error)
		go func() {
			runtime.LockOSThread() // the thread ends with the goroutine
			if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, ada, ada, ada); errno != 0 {
				got <- errno
				return
			}
			_, err := at(&squid.Realm{}, "FILE:"+file).Begin(context.Background(), proxyauth.Ask{Scheme: proxyauth.Negotiate, Host: "localhost"})
			got <- err
		}()
		if err := <-got; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("a file of %d: %v, want: %s", owner, err, want)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
}
