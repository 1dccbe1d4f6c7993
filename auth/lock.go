package auth

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/portico-desktop/portico/auth/vault"
)

// lockLimit bounds the wait for other processes at a refresh: one request each, one fetch
// of keys and some calls of the key store, each with its own limit.
const lockLimit = 2 * time.Minute

// QueueError means other processes of this person were first and did not finish in time,
// so nothing was done: each has to wait for the provider and the key store, and one of
// them may have been stopped. Nothing has changed.
type QueueError struct {
	Waited time.Duration
}

// Error implements error.
func (e *QueueError) Error() string {
	return fmt.Sprintf("other processes that use the same sign-in did not finish within %v", e.Waited)
}

// lock keeps other processes (by a file) away from an account's record. The file is not
// the data: a lock on a replaced file locks nothing.
//
// The error is a *[QueueError], ctx's, or the key store's trouble, a *[vault.Error].
func lock(ctx context.Context, dir, name string) (unlock func(), err error) {
	return (&locks{dir: dir}).take(ctx, name, false)
}

// locks are the lock files of one folder, as far as one owner waits for them.
type locks struct {
	dir string
	// limit is for tests, as they cannot wait for lockLimit; 0 means lockLimit.
	limit time.Duration

	mu sync.Mutex
	// left are the waits with a context ended before them, by lock.
	left map[lockKey]*lockWait
}

// lockKey is the lock waited for: a file, and if it is shared with other readers.
type lockKey struct {
	path   string
	shared bool
}

// try takes a free lock; unlock is nil if it is taken.
func (l *locks) try(name string, shared bool) (unlock func(), err error) {
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		return nil, cannotLock(err)
	}
	unlock, err = tryLock(l.key(name, shared))
	if err != nil {
		return nil, cannotLock(err)
	}
	return unlock, nil
}

// take waits for a lock, asleep, until ctx ends or lockLimit is over.
func (l *locks) take(ctx context.Context, name string, shared bool) (unlock func(), err error) {
	if unlock, err := l.try(name, shared); unlock != nil || err != nil {
		return unlock, err
	}
	limit := l.limit
	if limit == 0 {
		limit = lockLimit
	}
	over := time.NewTimer(limit)
	defer over.Stop()
	w := l.wait(l.key(name, shared))
	select {
	case <-w.ended:
		if w.err != nil {
			return nil, cannotLock(w.err)
		}
		return w.unlock, nil
	case <-ctx.Done():
		l.leave(w)
		return nil, fmt.Errorf("waiting for another process to finish: %w", context.Cause(ctx))
	case <-over.C:
		l.leave(w)
		return nil, &QueueError{Waited: limit}
	}
}

func (l *locks) key(name string, shared bool) lockKey {
	return lockKey{filepath.Join(l.dir, name+".lock"), shared}
}

func cannotLock(err error) error {
	return &vault.Error{Op: "lock", Kind: vault.Failing, Err: fmt.Errorf("keeping other processes away: %w", err)}
}

// lockWait is a wait for a lock, in a goroutine asleep in the kernel.
type lockWait struct {
	key   lockKey
	ended chan struct{} // closed when unlock or err is there

	unlock func()
	err    error
	// nobody wants the lock any more.
	nobody bool
}

// wait begins to wait for a lock, or goes on with a wait somebody has left.
func (l *locks) wait(key lockKey) *lockWait {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w := l.left[key]; w != nil {
		delete(l.left, key)
		w.nobody = false
		return w
	}
	w := &lockWait{key: key, ended: make(chan struct{})}
	go func() {
		unlock, err := waitForLock(key)
		if errors.Is(err, fs.ErrNotExist) && l.wants(w) {
			// Somebody has tidied up since the lock was found taken.
			if unlock, err = tryLock(key); err == nil && unlock == nil {
				unlock, err = waitForLock(key)
			}
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		if w.nobody {
			if l.left[key] == w {
				delete(l.left, key)
			}
			if err == nil {
				unlock()
			}
			return
		}
		w.unlock, w.err = unlock, err
		close(w.ended)
	}()
	return w
}

// wants reports if somebody still waits for a wait's lock.
func (l *locks) wants(w *lockWait) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !w.nobody
}

// leave gives a wait up. Nothing wakes a thread waiting for such a lock: its goroutine
// goes on waiting until the holder lets go, and gives the lock back then. The next wait
// goes on with it, so there is one of them at the most.
func (l *locks) leave(w *lockWait) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-w.ended:
		if w.err == nil {
			w.unlock()
		}
		return
	default:
	}
	w.nobody = true
	if l.left == nil {
		l.left = map[lockKey]*lockWait{}
	}
	l.left[w.key] = w
}
