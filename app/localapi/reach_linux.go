package localapi

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// reach is the path of the socket in dir, and the address to open it by, valid until done
// is called. A path too long for an address is reached through the directory's own entry
// in /proc, so that the socket lies in dir all the same, and nothing depends on the place
// of temporary files.
func reach(dir string, _ func(dir string) error) (path, address string, done func(), err error) {
	path = filepath.Join(dir, socketName)
	if len(path) <= socketPathMax {
		return path, path, func() {}, nil
	}
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", "", nil, fmt.Errorf("open the runtime directory: %w", &os.PathError{Op: "open", Path: dir, Err: err})
	}
	return path, filepath.Join("/proc/self/fd", strconv.Itoa(fd), socketName), func() { _ = unix.Close(fd) }, nil
}
