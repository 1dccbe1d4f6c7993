package loopback

import (
	"context"
	"net"
	"net/http"
	"sync"
)

// maxSockets bounds the sockets open at once. A browser needs a handful; a page that
// tries all ports, or a program that means harm, may open any number. With the bounds
// on headers and bodies this bounds the memory: at the very worst 256 × (32 KiB + 64
// KiB) = 24 MiB.
const maxSockets = 256

// sockets makes room for a new socket by closing the oldest one. Waiting until one
// becomes free, as a limit on accepting does, would let whoever holds them all
// keep the response out.
type sockets struct {
	mu        sync.Mutex
	accepted  int           // ever
	strangers int           // refused ever; see owned
	strange   chan struct{} // closed with the first of them
	open      map[net.Conn]socket
}

type socket struct {
	number int  // in the order of arrival
	kept   bool // it waits for a page, and is not closed for another one
}

type socketKey struct{}

// watch is for [http.Server.ConnState] and ConnContext.
func (s *sockets) watch(server *http.Server) {
	s.open, s.strange = make(map[net.Conn]socket), make(chan struct{})
	server.ConnState = s.changed
	server.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		return context.WithValue(ctx, socketKey{}, c)
	}
}

func (s *sockets) changed(c net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch state {
	case http.StateNew:
		s.accepted++
		s.open[c] = socket{number: s.accepted}
		if len(s.open) > maxSockets {
			s.closeOldest()
		}
	case http.StateClosed:
		delete(s.open, c)
	default:
	}
}

// closeOldest closes the new socket itself if all others wait for a page. The caller
// holds mu.
func (s *sockets) closeOldest() {
	var oldest net.Conn
	for c, o := range s.open {
		if !o.kept && (oldest == nil || o.number < s.open[oldest].number) {
			oldest = c
		}
	}
	delete(s.open, oldest)
	_ = oldest.Close()
}

// keep marks the socket of a request as waiting for a page.
func (s *sockets) keep(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, _ := ctx.Value(socketKey{}).(net.Conn)
	if o, ok := s.open[c]; ok {
		o.kept = true
		s.open[c] = o
	}
}

func (s *sockets) refuse() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.strangers++; s.strangers == 1 {
		close(s.strange)
	}
}

func (s *sockets) count() (accepted, strangers int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted, s.strangers
}
