package desktop

import (
	"bytes"
	"os"

	"golang.org/x/sys/unix"
)

// coreFilter says which memory a core dump has (core(5)).
const coreFilter = "/proc/self/coredump_filter"

// coreLimits are what the kernel asks before it dumps a process's memory.
type coreLimits struct {
	size   unix.Rlimit
	filter []byte // nil where it cannot be had
}

func currentCoreLimits() (l coreLimits) {
	if unix.Getrlimit(unix.RLIMIT_CORE, &l.size) != nil {
		l.size = unix.Rlimit{Cur: 0, Max: 0}
	}
	if filter, err := os.ReadFile(coreFilter); err == nil {
		l.filter = append([]byte("0x"), bytes.TrimSpace(filter)...)
	}
	return l
}

// none are the limits without core dumps. Where the kernel hands them to a program, as
// to systemd-coredump, it does not ask for the size unless that is 1; a file of that size
// is none (do_coredump in its sources). The filter leaves nothing in those that are made
// all the same. That the process is no longer "dumpable" (PR_SET_DUMPABLE) would keep
// them away too, and this user's other programs from looking at it: the desktop's portals
// then refuse to serve it.
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
		if f, err := os.OpenFile(coreFilter, os.O_WRONLY, 0); err == nil {
			_, _ = f.Write(l.filter)
			_ = f.Close()
		}
	}
}
