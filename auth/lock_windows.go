package auth

import (
	"errors"

	"golang.org/x/sys/windows"
)

// The lock is on the first byte, as github.com/gofrs/flock has it, which other versions
// of a program may use beside this one. That package opens files for calls that cannot
// be stopped.

func openLock(path string) (windows.Handle, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return 0, err
	}
	const share = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	return windows.CreateFile(name, windows.GENERIC_READ, share, nil, windows.OPEN_ALWAYS,
		windows.FILE_ATTRIBUTE_NORMAL|windows.FILE_FLAG_OVERLAPPED, 0)
}

func (k lockKey) flags() uint32 {
	if k.shared {
		return 0
	}
	return windows.LOCKFILE_EXCLUSIVE_LOCK
}

// takeLock asks for the lock and waits for the answer, or for stopped, if that is not 0.
func takeLock(path string, flags uint32, stopped windows.Handle) (unlock func(), err error) {
	h, err := openLock(path)
	if err != nil {
		return nil, err
	}
	answered, err := windows.CreateEvent(nil, 1, 0, nil)
	if err != nil {
		_ = windows.CloseHandle(h)
		return nil, err
	}
	defer windows.CloseHandle(answered)
	asked := &windows.Overlapped{HEvent: answered}
	err = windows.LockFileEx(h, flags, 0, 1, 0, asked)
	if errors.Is(err, windows.ERROR_IO_PENDING) {
		if stopped != 0 {
			if first, _ := windows.WaitForMultipleObjects([]windows.Handle{answered, stopped}, false, windows.INFINITE); first != windows.WAIT_OBJECT_0 {
				_ = windows.CancelIoEx(h, asked)
			}
		}
		// The kernel writes into asked until then; a lock that came all the same counts.
		var n uint32
		err = windows.GetOverlappedResult(h, asked, &n, true)
	}
	if err != nil {
		_ = windows.CloseHandle(h)
		return nil, err
	}
	return func() {
		_ = windows.UnlockFileEx(h, 0, 1, 0, &windows.Overlapped{})
		_ = windows.CloseHandle(h)
	}, nil
}

// tryLock takes the lock where it is free, and returns nil where it is not.
func tryLock(key lockKey) (unlock func(), err error) {
	unlock, err = takeLock(key.path, key.flags()|windows.LOCKFILE_FAIL_IMMEDIATELY, 0)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return nil, nil
	}
	return unlock, err
}

// beginLock returns what waits for a lock, what stops that, and what has to be called
// after both.
func beginLock(key lockKey) (wait func() (unlock func(), err error), stop, end func()) {
	stopped, err := windows.CreateEvent(nil, 1, 0, nil)
	if err != nil {
		return func() (func(), error) { return nil, err }, func() {}, func() {}
	}
	return func() (func(), error) { return takeLock(key.path, key.flags(), stopped) },
		func() { _ = windows.SetEvent(stopped) }, func() { _ = windows.CloseHandle(stopped) }
}
