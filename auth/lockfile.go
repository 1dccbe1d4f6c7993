package auth

import (
	"errors"
	"os"
	"syscall"

	"github.com/gofrs/flock"
)

func lockFile(path string, how int) *flock.Flock {
	return flock.New(path, flock.SetFlag(os.O_RDONLY|how), flock.SetPermissions(0o600))
}

// tryLock takes the lock if it is free, and returns nil if it is not.
func tryLock(key lockKey) (unlock func(), err error) {
	l := lockFile(key.path, os.O_CREATE|noFollow)
	take := l.TryLock
	if key.shared {
		take = l.TryRLock
	}
	if taken, err := take(); err != nil || !taken {
		return nil, err
	}
	return func() { _ = l.Unlock() }, nil
}

// waitForLock waits for a lock, asleep in the kernel. Nothing wakes it but the lock: on
// Unix Go's runtime has every signal restart the call, and on Windows no handle of ours
// can cancel the wait, since Wine only knows how to wait so. The file has to be there: a
// wait begun after everybody has left would leave it behind.
func waitForLock(key lockKey) (unlock func(), err error) {
	l := lockFile(key.path, noFollow)
	take := l.Lock
	if key.shared {
		take = l.RLock
	}
	err = take()
	for errors.Is(err, syscall.EINTR) { // some file systems, such as FUSE's
		err = take()
	}
	if err != nil {
		return nil, err
	}
	return func() { _ = l.Unlock() }, nil
}
