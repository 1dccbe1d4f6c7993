package localapi

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// watch calls look after an event in the place, until stop is called. stop waits for the
// end of a look. It costs nothing in between (inotify(7)).
func (p *place) watch(look func()) (stop func(), err error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("watch the runtime directory: %w", err)
	}
	// It does not block, so that reading parks a goroutine and no thread.
	events := os.NewFile(uintptr(fd), "inotify")
	for i, dir := range above(p.dir) {
		// A directory above matters only when it goes, with everything in it.
		mask := uint32(unix.IN_DELETE_SELF | unix.IN_MOVE_SELF)
		if i == 0 {
			mask |= unix.IN_DELETE | unix.IN_MOVED_FROM | unix.IN_MOVED_TO
		}
		if _, err := unix.InotifyAddWatch(fd, dir, mask|unix.IN_ONLYDIR); err != nil && i == 0 {
			_ = events.Close()
			return nil, fmt.Errorf("watch the runtime directory: %w", err)
		}
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		buffer := make([]byte, 4<<10)
		for {
			// The event is not read: after any of them one has to look.
			if _, err := events.Read(buffer); err != nil {
				return
			}
			look()
		}
	}()
	return func() {
		_ = events.Close()
		<-ended
	}, nil
}
