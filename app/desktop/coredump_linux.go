package desktop

import (
	"bytes"

	"golang.org/x/sys/unix"
)

// coreFilter chooses the memory in a core dump (core(5)).
const coreFilter = "/proc/self/coredump_filter"

// coreLimits are the limits that the kernel reads before it dumps a process's memory.
type coreLimits struct {
	size   unix.Rlimit
	filter []byte // nil if it cannot be had
}

func currentCoreLimits() (l coreLimits) {
	if unix.Getrlimit(unix.RLIMIT_CORE, &l.size) != nil {
		l.size = unix.Rlimit{Cur: 0, Max: 0}
	}
	var filter [64]byte
	if n, err := onCoreFilter(unix.O_RDONLY, func(fd int) (int, error) { return unix.Read(fd, filter[:]) }); err == nil {
		l.filter = append([]byte("0x"), bytes.TrimSpace(filter[:n])...)
	}
	return l
}

// none are the limits without core dumps. A kernel that hands dumps to a program, as to
// systemd-coredump, ignores the size unless it is 1; a file of that size is none
// (do_coredump in its sources). The filter leaves nothing in dumps made all the same. A
// process that is not "dumpable" (PR_SET_DUMPABLE) would make none either, and this
// user's other programs could not look at it. But the desktop's portals then refuse to
// serve it.
func (l coreLimits) none() coreLimits {
	l.size.Cur = min(1, l.size.Max)
	if l.filter != nil {
		l.filter = []byte("0")
	}
	return l
}

func (l coreLimits) set() {
	_ = unix.Setrlimit(unix.RLIMIT_CORE, &l.size)
	if l.filter != nil {
		_, _ = onCoreFilter(unix.O_WRONLY, func(fd int) (int, error) { return unix.Write(fd, l.filter) })
	}
}

// onCoreFilter makes one call on the filter's file. Every program begins with it, and an
// [os.File] would have the runtime begin to wait for files.
func onCoreFilter(mode int, call func(fd int) (int, error)) (int, error) {
	fd, err := unix.Open(coreFilter, mode|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(fd)
	return call(fd)
}
