package auth

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth/vault"
)

// held is a lock that another owner holds.
func held(t *testing.T, dir string) (unlock func()) {
	t.Helper()
	unlock, err := lock(t.Context(), dir, "account")
	if err != nil {
		t.Fatal(err)
	}
	unlock = sync.OnceFunc(unlock)
	t.Cleanup(unlock)
	return unlock
}

// abandoned counts the waits that nobody wants any more.
func (l *locks) abandoned() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.left)
}

func TestWaiterGetsTheLockWhenItsHolderLetsGo(t *testing.T) {
	for name, shared := range map[string]bool{"alone": false, "shared": true} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			release := held(t, dir)
			l := &locks{dir: dir}
			if unlock, err := l.try("account", shared); unlock != nil || err != nil {
				t.Fatalf("a lock that is held: %t, %v", unlock != nil, err)
			}
			taken := make(chan error)
			go func() {
				unlock, err := l.take(t.Context(), "account", shared)
				if err == nil {
					unlock()
				}
				taken <- err
			}()
			release()
			if err := <-taken; err != nil {
				t.Error(err)
			}
			held(t, dir)()
		})
	}
}

func TestReadersShareALockAndKeepOthersOut(t *testing.T) {
	dir := t.TempDir()
	var all []func()
	for range 2 {
		unlock, err := (&locks{dir: dir}).take(t.Context(), "account", true)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, unlock)
	}
	for left := len(all); left > 0; left-- {
		if unlock, err := (&locks{dir: dir}).try("account", false); unlock != nil || err != nil {
			t.Errorf("beside %d readers: %t, %v", left, unlock != nil, err)
		}
		all[left-1]()
	}
	held(t, dir)()
}

// A wait ends with its context, whatever the holder does; the lock is free afterwards,
// and however often somebody has given up, one wait is left at the most.
func TestWaitEndsWithItsContextAndLeavesTheLockFree(t *testing.T) {
	dir := t.TempDir()
	release := held(t, dir)
	l := &locks{dir: dir}
	why := errors.New("the window was closed")
	for range 5 {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(why)
		if unlock, err := l.take(ctx, "account", false); unlock != nil || !errors.Is(err, why) || vault.KindOf(err) != 0 {
			t.Errorf("err = %v, want the context's cause", err)
		}
		if n := l.abandoned(); n > 1 {
			t.Errorf("%d waits are left", n)
		}
	}
	// Somebody who wants it again takes the place in the queue.
	taken := make(chan func())
	go func() {
		unlock, err := l.take(t.Context(), "account", false)
		if err != nil {
			t.Error(err)
		}
		taken <- unlock
	}()
	for l.abandoned() > 0 { // until it has
		runtime.Gosched()
	}
	release()
	unlock := <-taken
	if other, err := (&locks{dir: dir}).try("account", false); other != nil || err != nil {
		t.Errorf("the lock is nobody's: %t, %v", other != nil, err)
	}
	unlock()
	held(t, dir)()
	for l.abandoned() > 0 { // it has had the lock, and is about to end
		runtime.Gosched()
	}
}

// Nobody comes back for the lock: whoever gets it gives it back.
func TestLockThatNobodyWantsAnyMoreIsGivenBack(t *testing.T) {
	dir := t.TempDir()
	release := held(t, dir)
	l := &locks{dir: dir, limit: time.Nanosecond}
	_, err := l.take(t.Context(), "account", false)
	var queue *QueueError
	if !errors.As(err, &queue) || queue.Waited != l.limit || vault.KindOf(err) != 0 || ReasonOf(err) != ReasonQueue {
		t.Errorf("err = %v (%q), want a QueueError, and not the key store's", err, ReasonOf(err))
	}
	release()
	held(t, dir)()
}

// A wait that begins when everybody has left brings no file back, and one that somebody
// wants gets the lock although its file is gone.
func TestWaitForALockWhoseFileIsGone(t *testing.T) {
	key := (&locks{dir: t.TempDir()}).key("account", false)
	if unlock, err := waitForLock(key); unlock != nil || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%t, %v", unlock != nil, err)
	}
	if _, err := os.Stat(key.path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file: %v", err)
	}
	l := &locks{dir: filepath.Dir(key.path)}
	w := l.wait(key)
	<-w.ended
	if w.err != nil {
		t.Fatal(w.err)
	}
	w.unlock()
}
