package desktop

import "golang.org/x/sys/unix"

// coreLimits are the limits that the kernel reads before it dumps a process's memory.
type coreLimits struct{ size unix.Rlimit }

func currentCoreLimits() (l coreLimits) {
	_ = unix.Getrlimit(unix.RLIMIT_CORE, &l.size)
	return l
}

func (l coreLimits) none() coreLimits {
	l.size.Cur = 0
	return l
}

func (l coreLimits) set() { _ = unix.Setrlimit(unix.RLIMIT_CORE, &l.size) }
