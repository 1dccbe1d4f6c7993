package desktop

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/portico-desktop/portico/app/symlink"
)

// inFolder are a folder's events for the files in it, and for the folder itself.
// Reading and writing tell nothing before the file is closed.
const inFolder = unix.IN_CREATE | unix.IN_DELETE | unix.IN_MOVED_FROM | unix.IN_MOVED_TO | unix.IN_CLOSE_WRITE | unix.IN_ATTRIB |
	unix.IN_DELETE_SELF | unix.IN_MOVE_SELF | unix.IN_ONLYDIR

func watchFiles(ctx context.Context, paths []string, notice func()) (wait func()) {
	var parts sync.WaitGroup
	look := newLooker(paths)
	w, err := newFolderWatch(paths)
	if err != nil {
		parts.Go(func() { lookAtFiles(ctx, look, notice) })
		return parts.Wait
	}
	parts.Go(func() {
		if !followFolders(ctx, w, paths, notice) {
			lookAtFiles(ctx, look, notice)
		}
	})
	return parts.Wait
}

// followFolders follows the paths' folders until ctx ends. It returns false once it no
// longer can. After each change it begins anew, because other folders may be on the way
// by now. Only then it tells of the change, so a look at the files shows all earlier
// changes.
func followFolders(ctx context.Context, w *folderWatch, paths []string, notice func()) bool {
	for {
		stop := context.AfterFunc(ctx, func() { _ = w.file.Close() })
		err := w.next()
		stop()
		_ = w.file.Close()
		if ctx.Err() != nil {
			return true
		}
		if err == nil {
			w, err = newFolderWatch(paths)
		}
		notice()
		if err != nil {
			return false
		}
	}
}

// folderWatch watches the folders on the way to files.
type folderWatch struct {
	file *os.File
	// names are the names of interest in a folder, by its watch descriptor.
	names map[int][]string
}

// newFolderWatch watches the folder of each path and the one above, and the folders of
// symbolic links on the way. For a missing folder it watches the last one above it. An
// error means that one of them cannot be watched.
func newFolderWatch(paths []string) (*folderWatch, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("begin to watch folders: %w", err)
	}
	w := &folderWatch{file: os.NewFile(uintptr(fd), "inotify"), names: map[int][]string{}}
	for _, path := range paths {
		if err := w.follow(fd, path); err != nil {
			_ = w.file.Close()
			return nil, err
		}
	}
	return w, nil
}

// follow adds the folders of one path. Each is watched before the look into it, so
// nothing that comes in between is missed.
func (w *folderWatch) follow(fd int, path string) error {
	for way := symlink.Along(path); way.Left() > 0; {
		next, near := way.Next(), way.Left() <= 2
		if near {
			if err := w.add(fd, way.Dir(), way.Name()); err != nil {
				return err
			}
		}
		info, err := os.Lstat(next)
		link := err == nil && info.Mode()&os.ModeSymlink != 0
		if (err != nil || link) && !near {
			if err := w.add(fd, way.Dir(), way.Name()); err != nil {
				return err
			}
			info, err = os.Lstat(next) // it may have come meanwhile
			link = err == nil && info.Mode()&os.ModeSymlink != 0
		}
		if err != nil {
			return nil //nolint:nilerr // it is missing, and its coming is watched for
		}
		if !link {
			way.Enter()
			continue
		}
		if err := way.Follow(); err != nil {
			return nil //nolint:nilerr // it leads in circles, or has gone meanwhile, which is an event
		}
	}
	return nil
}

func (w *folderWatch) add(fd int, dir, name string) error {
	wd, err := unix.InotifyAddWatch(fd, dir, inFolder)
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENOTDIR):
		return nil // gone meanwhile, and the folder above tells of it
	case err != nil:
		return fmt.Errorf("watch %s: %w", dir, err)
	}
	w.names[wd] = append(w.names[wd], name)
	return nil
}

// next waits for an event of interest.
func (w *folderWatch) next() error {
	buffer := make([]byte, 16<<10)
	for {
		n, err := w.file.Read(buffer)
		if err != nil {
			return fmt.Errorf("watch folders: %w", err)
		}
		if w.concerns(buffer[:n]) {
			return nil
		}
	}
}

// concerns is true if one of the events in a buffer (see inotify(7)) is of a file of
// interest, or of a folder itself.
func (w *folderWatch) concerns(events []byte) bool {
	for len(events) >= unix.SizeofInotifyEvent {
		wd := int(int32(binary.NativeEndian.Uint32(events)))
		mask, size := binary.NativeEndian.Uint32(events[4:]), int(binary.NativeEndian.Uint32(events[12:]))
		end := unix.SizeofInotifyEvent + size
		if end > len(events) {
			return true
		}
		name := strings.TrimRight(string(events[unix.SizeofInotifyEvent:end]), "\x00")
		events = events[end:]
		if name == "" || mask&unix.IN_Q_OVERFLOW != 0 {
			return true
		}
		for _, of := range w.names[wd] {
			if of == name {
				return true
			}
		}
	}
	return false
}
