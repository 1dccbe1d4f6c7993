package loopback

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"syscall"
	"time"
)

const (
	// MaxBody bounds a posted response (form_post).
	MaxBody = 64 << 10

	donePath      = "/done"
	headerTimeout = 10 * time.Second
	readTimeout   = 15 * time.Second
	writeTimeout  = 10 * time.Second
	bindTries     = 16
)

// PortUsedError means that the fixed port belongs to another program.
type PortUsedError struct {
	Port int
	Err  error
}

func (e *PortUsedError) Error() string { return fmt.Sprintf("port %d is in use: %v", e.Port, e.Err) }

func (e *PortUsedError) Unwrap() error { return e.Err }

// Params make a [Listener].
type Params struct {
	// Host is what the redirect URI names: "127.0.0.1" (the default) or
	// "localhost". For localhost the same port is held on 127.0.0.1 and on
	// [::1], because browsers may try either first.
	Host string
	// Port is 0 (the default) for any free port.
	Port int
	// Path is where the response is accepted, "/" by default.
	Path string
	// State is the value that the response has to carry. It is required.
	State string
}

// Noise counts what reached the port and was not the response.
type Noise struct {
	// Requests that were answered with an error.
	Requests int
	// WrongState are those among them that looked like a response but carried
	// no state or another one.
	WrongState int
}

// Listener waits for one authorization response. Its methods are safe for
// concurrent use.
type Listener struct {
	params   Params
	port     int
	hosts    map[string]bool
	server   *http.Server
	serving  sync.WaitGroup
	response chan url.Values
	taken    chan struct{} // closed when the response has arrived
	final    chan struct{} // closed when the final page is known
	shown    chan struct{} // closed when the final page was sent

	mu    sync.Mutex
	got   bool
	page  Page
	noise Noise
	once  struct{ final, shown sync.Once }
}

// Listen binds the port and starts accepting. The port stays bound until Close:
// it is never released and bound again, so that no other program can take it in
// between.
//
// Errors: *[PortUsedError] for a fixed port.
func Listen(p Params) (*Listener, error) {
	if len(p.State) < 22 {
		// 22 characters of base64url are 128 bits (RFC 6749, section 10.10).
		return nil, errors.New("loopback: the state has less than 128 bits")
	}
	if p.Host == "" {
		p.Host = "127.0.0.1"
	}
	if p.Path == "" {
		p.Path = "/"
	}
	sockets, port, err := bind(p.Host, p.Port)
	if err != nil {
		return nil, err
	}
	l := &Listener{
		params: p, port: port,
		response: make(chan url.Values, 1), taken: make(chan struct{}),
		final: make(chan struct{}), shown: make(chan struct{}),
	}
	l.hosts = make(map[string]bool)
	for _, host := range []string{"127.0.0.1", "localhost", "::1"} {
		l.hosts[net.JoinHostPort(host, strconv.Itoa(port))] = true
	}
	l.server = &http.Server{
		Handler:           http.HandlerFunc(l.serve),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          silent(),
	}
	// A kept socket of this sign-in could swallow the next one's response.
	l.server.SetKeepAlivesEnabled(false)
	for _, s := range sockets {
		l.serving.Go(func() { _ = l.server.Serve(s) })
	}
	return l, nil
}

func bind(host string, port int) ([]net.Listener, int, error) {
	config := net.ListenConfig{Control: exclusive}
	if host != "localhost" {
		s, err := config.Listen(context.Background(), "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			return nil, 0, bindError(port, err)
		}
		return []net.Listener{s}, s.Addr().(*net.TCPAddr).Port, nil
	}
	for try := 0; ; try++ {
		four, err := config.Listen(context.Background(), "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			return nil, 0, bindError(port, err)
		}
		got := four.Addr().(*net.TCPAddr).Port
		six, err := config.Listen(context.Background(), "tcp6", net.JoinHostPort("::1", strconv.Itoa(got)))
		switch {
		case err == nil:
			return []net.Listener{four, six}, got, nil
		case !errors.Is(err, errInUse):
			// No IPv6 on this computer: then no browser can try it either.
			return []net.Listener{four}, got, nil
		}
		four.Close()
		if port != 0 || try == bindTries {
			return nil, 0, bindError(got, err)
		}
	}
}

func bindError(port int, err error) error {
	if errors.Is(err, errInUse) || errors.Is(err, syscall.EACCES) {
		return &PortUsedError{Port: port, Err: err}
	}
	return fmt.Errorf("loopback: listening: %w", err)
}

// RedirectURI is the address to register in the authorization request.
func (l *Listener) RedirectURI() string {
	return "http://" + net.JoinHostPort(l.params.Host, strconv.Itoa(l.port)) + l.params.Path
}

// Taken is closed when the response has arrived.
func (l *Listener) Taken() <-chan struct{} { return l.taken }

// Response waits for the parameters of the one response with the right state.
func (l *Listener) Response(ctx context.Context) (url.Values, error) {
	select {
	case v := <-l.response:
		return v, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Noise tells what else has reached the port so far.
func (l *Listener) Noise() Noise {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.noise
}

// Finish decides what the browser shows. The first call counts.
func (l *Listener) Finish(p Page) {
	l.once.final.Do(func() {
		l.mu.Lock()
		l.page = p
		l.mu.Unlock()
		close(l.final)
	})
}

// Close ends all sockets. After Finish it first gives the browser until ctx ends
// to fetch the final page, provided that a response has arrived at all.
func (l *Listener) Close(ctx context.Context) error {
	if closed(l.taken) && closed(l.final) {
		select {
		case <-l.shown:
		case <-ctx.Done():
		}
	}
	err := l.server.Close()
	l.serving.Wait()
	return err
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// NewState returns 256 random bits, for state and nonce.
func NewState() string { return rand.Text() + rand.Text() }
