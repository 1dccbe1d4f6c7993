package parking

import (
	"errors"
	"os"
	"sync"
	"time"
)

// watcher says when a waiter's peer has gone or has sent more, once for each add. An add
// is called under the lot's lock: it must not call back before it has returned.
type watcher interface {
	add(w *waiter) error
	// remove ends the watching. After it nobody reads from the connection; bytes
	// read by the watcher are in the waiter's watched.
	remove(w *waiter)
	close() error
}

// watched is a watcher's part of a waiter.
type watched struct {
	done chan struct{} // closed when the plain watcher's goroutine has ended
	rest []byte        // read by it, and not yet served
}

// rest are the bytes that were read while the request waited.
func (w *waiter) rest() []byte {
	if w.watched == nil {
		return nil
	}
	return w.watched.rest
}

// plainWatcher reads one byte of each waiter in a goroutine. It serves on systems without a watcher
// of their own here. Such a waiter costs some KB.
type plainWatcher struct {
	stirred func(id uint64, gone bool)
	running sync.WaitGroup
}

func newPlainWatcher(stirred func(uint64, bool)) watcher {
	return &plainWatcher{stirred: stirred}
}

func (p *plainWatcher) add(w *waiter) error {
	w.watched = &watched{done: make(chan struct{})}
	p.running.Go(func() {
		var one [1]byte
		n, err := w.conn.Read(one[:])
		w.watched.rest = append(w.watched.rest, one[:n]...)
		close(w.watched.done)
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			p.stirred(w.id, n == 0)
		}
	})
	return nil
}

func (p *plainWatcher) remove(w *waiter) {
	if w.watched == nil {
		return
	}
	w.conn.SetReadDeadline(time.Unix(1, 0))
	<-w.watched.done
	w.conn.SetReadDeadline(time.Time{})
}

func (p *plainWatcher) close() error {
	p.running.Wait()
	return nil
}
