package front

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	writeTimeout = 60 * time.Second
	idleTimeout  = 2 * time.Minute
	maxHeader    = 32 << 10 // bytes
)

func (f *Front) newServer() *http.Server {
	s := &http.Server{
		Handler: f.lot.Handler(f), ConnContext: f.lot.Remember,
		ReadHeaderTimeout: f.Limits.Headers, ReadTimeout: f.Limits.Bodies, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader,
		ErrorLog:       slog.NewLogLogger(f.Log.Handler(), slog.LevelDebug), // broken handshakes and the like, by anybody,
		Protocols:      &http.Protocols{},
	}
	s.Protocols.SetHTTP1(true)
	return s
}

// Serve serves a listener until [Front.Shutdown], with TLS unless secure is nil.
func (f *Front) Serve(inner net.Listener, secure *tls.Config) error {
	inner = &limited{Listener: inner, free: make(chan struct{}, f.Limits.Connections), stop: make(chan struct{})}
	if secure != nil {
		f.secure.Store(true)
		secure = secure.Clone()
		// A proof for a certificate (ACME) is made in a handshake of its own protocol.
		secure.NextProtos = slices.DeleteFunc(secure.NextProtos, func(p string) bool { return p != "acme-tls/1" })
		secure.NextProtos = append([]string{"http/1.1"}, secure.NextProtos...)
		inner = tls.NewListener(inner, secure)
	}
	if err := f.server.Serve(f.lot.Listener(inner)); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// limited accepts no more connections than it may have open.
type limited struct {
	net.Listener
	free    chan struct{} // holds one for each open connection
	stop    chan struct{}
	closing sync.Once
}

func (l *limited) Accept() (net.Conn, error) {
	select {
	case l.free <- struct{}{}:
	case <-l.stop:
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.free
		return nil, err
	}
	if t, ok := c.(*net.TCPConn); ok {
		return &counted{TCPConn: t, l: l}, nil
	}
	<-l.free
	return c, nil
}

func (l *limited) Close() error {
	l.closing.Do(func() { close(l.stop) })
	return l.Listener.Close()
}

// counted is a connection that makes room for another when it is closed.
type counted struct {
	*net.TCPConn
	l      *limited
	closed atomic.Bool
}

func (c *counted) Close() error {
	err := c.TCPConn.Close()
	if !c.closed.Swap(true) {
		<-c.l.free
	}
	return err
}
