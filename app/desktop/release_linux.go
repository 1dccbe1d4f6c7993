package desktop

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ReleaseProgram takes the constants of the program's file out of this process, for a
// process with nothing to do for a while. Nothing is lost and nothing is read again:
// needed pages come back from the page cache, with some fifty faults at the next
// request. No memory is free by that alone. But starting and collecting the heap map
// nearly all tables of the program, and waiting needs few of them. Released pages are
// the first to go when memory is short.
//
// The program's code stays: without it the first request after a rest takes an eighth
// longer, or more.
//
// A program on another computer, or in a file system run by a program, stays mapped:
// once out of the page cache, a page would need a network that may be away. On systems
// but Linux it does nothing.
func ReleaseProgram() error {
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return fmt.Errorf("find the program's file: %w", err)
	}
	if isRemote("/proc/self/exe") {
		return nil
	}
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		return fmt.Errorf("find the program in memory: %w", err)
	}
	defer f.Close()
	clean, err := cleanMappings(f, program)
	if err != nil {
		return fmt.Errorf("find the program in memory: %w", err)
	}
	for _, m := range clean {
		if _, _, number := unix.Syscall(unix.SYS_MADVISE, m.from, m.to-m.from, unix.MADV_DONTNEED); number != 0 {
			err = errors.Join(err, fmt.Errorf("release the program's constants: %w", number))
		}
	}
	return err
}

// mapping is a range of this process's addresses.
type mapping struct{ from, to uintptr }

// cleanMappings reads smaps (proc_pid_smaps(5)) for the mappings of a file that hold
// nothing but the file's constants. A mapping open to writing or running is none of
// them, nor one with pages of the process's own, such as a linker's relocations.
func cleanMappings(smaps io.Reader, file string) (clean []mapping, err error) {
	var m mapping
	ours := false
	for lines := bufio.NewScanner(smaps); ; {
		if !lines.Scan() {
			return clean, lines.Err()
		}
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 {
			continue
		}
		if name, found := strings.CutSuffix(fields[0], ":"); found {
			if ours && name == "Anonymous" && fields[1] == "0" {
				clean = append(clean, m)
			}
			continue
		}
		ours = len(fields) > 5 && fields[1] == "r--p" && strings.HasSuffix(lines.Text(), " "+file)
		if !ours {
			continue
		}
		if m, err = parseMapping(fields[0]); err != nil {
			return nil, err
		}
	}
}

// parseMapping reads "00400000-00a49000".
func parseMapping(text string) (m mapping, err error) {
	from, to, _ := strings.Cut(text, "-")
	for number, into := range map[string]*uintptr{from: &m.from, to: &m.to} {
		n, err := strconv.ParseUint(number, 16, strconv.IntSize)
		if err != nil {
			return mapping{}, err
		}
		*into = uintptr(n)
	}
	return m, nil
}
