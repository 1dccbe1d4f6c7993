package parking

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// epollWatcher has one epoll for all waiters, and one goroutine. The epoll is itself
// watched by Go's poller: no thread waits in it.
type epollWatcher struct {
	stirred func(id uint64, gone bool)
	fd      int
	file    *os.File
	running sync.WaitGroup
}

func newWatcher(stirred func(uint64, bool)) (watcher, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("making an epoll for waiting connections: %w", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil { // has os.NewFile give it to Go's poller
		unix.Close(fd)
		return nil, fmt.Errorf("making an epoll for waiting connections: %w", err)
	}
	e := &epollWatcher{stirred: stirred, fd: fd, file: os.NewFile(uintptr(fd), "epoll")}
	raw, err := e.file.SyscallConn()
	if err != nil {
		e.file.Close()
		return nil, fmt.Errorf("making an epoll for waiting connections: %w", err)
	}
	e.running.Go(func() { e.run(raw) })
	return e, nil
}

func (e *epollWatcher) run(raw syscall.RawConn) {
	events := make([]unix.EpollEvent, 256)
	for {
		n := 0
		err := raw.Read(func(fd uintptr) bool {
			var err error
			for {
				if n, err = unix.EpollWait(int(fd), events, 0); !errors.Is(err, unix.EINTR) {
					return n != 0 || err != nil
				}
			}
		})
		if err != nil || n < 0 {
			return // closed
		}
		for _, ev := range events[:n] {
			id := uint64(uint32(ev.Fd)) | uint64(uint32(ev.Pad))<<32
			e.stirred(id, ev.Events&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0)
		}
	}
}

func (e *epollWatcher) add(w *waiter) error {
	return e.control(w, unix.EPOLL_CTL_ADD)
}

func (e *epollWatcher) remove(w *waiter) {
	e.control(w, unix.EPOLL_CTL_DEL)
}

func (e *epollWatcher) control(w *waiter, op int) error {
	c := w.conn
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	s, ok := c.(syscall.Conn)
	if !ok {
		return fmt.Errorf("watching a %T: it has no descriptor: %w", c, net.ErrClosed)
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return err
	}
	event := unix.EpollEvent{
		Events: unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLONESHOT,
		Fd:     int32(uint32(w.id)), Pad: int32(uint32(w.id >> 32)),
	}
	failed := raw.Control(func(fd uintptr) { err = unix.EpollCtl(e.fd, op, int(fd), &event) })
	return errors.Join(failed, err)
}

func (e *epollWatcher) close() error {
	err := e.file.Close()
	e.running.Wait()
	return err
}
