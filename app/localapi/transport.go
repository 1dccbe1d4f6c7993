package localapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/gofrs/flock"
)

var (
	// ErrNoAgent: no agent listens at this place.
	ErrNoAgent = errors.New("no agent is running")
	// ErrRunning: another agent of this user and log-on session holds the place.
	ErrRunning = errors.New("an agent is already running")
	// ErrUnsafe: the place, or the program that answers there, does not belong to this
	// user alone. Nothing is sent to it.
	ErrUnsafe = errors.New("not this user's alone")
)

// Listen opens the meeting place of windows and consoles with the agent of the runtime
// directory dir, and makes dir if it is missing. On Linux and macOS the place is the
// socket agent.sock in dir, on Windows a named pipe; only programs of this user get
// through, on Windows only those of this log-on session.
//
// One agent only: an exclusive lock on a file in dir is held until the listener is
// closed, and the system lets go of it when the process dies. So a killed agent's remains
// are replaced, and a living one never is. The error wraps [ErrRunning] when another
// agent holds the lock, and [ErrUnsafe] when dir is open to others. A listener whose lock
// or socket is no longer the one in dir ends with an error that wraps [ErrDisplaced].
func Listen(dir string) (net.Listener, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find the runtime directory: %w", err)
	}
	if err := makePrivate(dir); err != nil {
		return nil, err
	}
	lock := flock.New(filepath.Join(dir, lockName()), flock.SetFlag(lockFlags))
	held, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", lock.Path(), err)
	}
	if !held {
		return nil, fmt.Errorf("listen in %s: %w", dir, ErrRunning)
	}
	l, socket, err := listen(dir)
	if err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	open := &listener{Listener: l, lock: lock, socket: socket}
	if err := open.hold(dir); err != nil {
		return nil, errors.Join(err, open.Close())
	}
	return open, nil
}

// listener holds the agent's lock for as long as it is open, and hands out
// connections of this user only.
type listener struct {
	net.Listener
	lock    *flock.Flock
	socket  string // its path, "" if it is no file
	place   *place
	unwatch func() // nil: the place is not watched
	// displaced: the place is another one's, or nobody's.
	displaced atomic.Bool
	close     sync.Once
	err       error
}

// hold watches the place in dir, and ends a wait in Accept when it is lost.
func (l *listener) hold(dir string) error {
	lock, err := l.lock.Stat()
	if err != nil {
		return fmt.Errorf("look at the agent's lock: %w", err)
	}
	if l.place, err = takePlace(dir, lock, l.lock.Path(), l.socket); err != nil {
		return err
	}
	l.unwatch, err = l.place.watch(l.look)
	if err != nil {
		// An agent that does not hear of it is better than none.
		slog.Info("the runtime directory is not watched", "error", err)
	}
	l.look() // it may have gone since it was made
	return nil
}

// look ends the listening when others no longer find it.
func (l *listener) look() {
	if !l.place.ours() && l.displaced.CompareAndSwap(false, true) {
		_ = l.Listener.Close()
	}
}

// Accept waits for the next connection of this user; those of others are
// closed at once.
func (l *listener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil && l.displaced.Load() {
			return nil, fmt.Errorf("%s: %w", l.place.dir, ErrDisplaced)
		}
		if err != nil {
			return nil, err
		}
		if checkPeer(conn) == nil {
			return conn, nil
		}
		// Nothing is owed to a stranger, not even a reason.
		_ = conn.Close()
	}
}

// Close removes the socket first and lets go of the lock afterwards: in the other order
// the removed socket could be a new agent's. Of a place no longer its own it removes
// nothing.
func (l *listener) Close() error {
	l.close.Do(func() {
		if l.unwatch != nil {
			l.unwatch()
		}
		if l.socket != "" && (l.place == nil || l.place.ours()) {
			l.err = os.Remove(l.socket)
		}
		closing := l.Listener.Close()
		if l.displaced.Load() {
			closing = nil // it has been closed already
		}
		l.err = errors.Join(l.err, closing, l.lock.Unlock())
	})
	return l.err
}

// dial connects to the agent of dir. The error wraps ErrNoAgent when nobody
// listens.
func dial(ctx context.Context, dir string) (net.Conn, error) {
	conn, err := connect(ctx, dir)
	if err != nil {
		return nil, err
	}
	if err := checkPeer(conn); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// digest is a short name for a place, the same in every program.
func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil)[:10])
}
