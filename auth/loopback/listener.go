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
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// MaxBody bounds a posted response (form_post).
	MaxBody = 64 << 10

	donePrefix    = "/done/"
	againPath     = "/again/"
	headerTimeout = 10 * time.Second
	readTimeout   = 15 * time.Second
	writeTimeout  = 10 * time.Second
	bindTries     = 16
	httpPort      = 80
)

// PortUsedError means that the fixed port, or each of a range, belongs to another
// program.
type PortUsedError struct {
	// Port is the port, or the first one of a range to Last; Last is 0 for one port.
	Port, Last int
	Err        error
}

func (e *PortUsedError) Error() string { return fmt.Sprintf("port %s is in use: %v", e.Ports(), e.Err) }

// Ports words the port or the range, as in "8400" or "8400-8410".
func (e *PortUsedError) Ports() string {
	if e.Last > e.Port {
		return fmt.Sprintf("%d-%d", e.Port, e.Last)
	}
	return strconv.Itoa(e.Port)
}

func (e *PortUsedError) Unwrap() error { return e.Err }

// Params make a [Listener].
type Params struct {
	// Host is the host of the redirect URI: "127.0.0.1" (the default) or "localhost".
	// For localhost the same port is held on 127.0.0.1 and on [::1], because browsers
	// may try either first.
	Host string
	// Port is 0 (the default) for any free port.
	Port int
	// With Port 0, FirstPort and LastPort bound the free port: the first free one of
	// them is taken. 0 and 0 (the default) mean any.
	FirstPort, LastPort int
	// Path is the path of the response, "/" by default.
	Path string
	// Bare leaves the path "/" out of the redirect URI, for providers that compare it
	// with a registration without one. Browsers ask for "/" all the same.
	Bare bool
	// State is the value that the response has to carry. It is required.
	State string
	// Stray is the page for a person whose browser brings an answer without State: a
	// tab of an earlier sign-in, or an error of a provider that leaves the state out.
	// Without a Title, as by default, the reply is two words of HTTP.
	Stray Page
}

// Noise counts everything at the port but the response.
type Noise struct {
	// Requests were answered with an error.
	Requests int
	// WrongState are those among them that looked like a response but carried no state
	// or another one.
	WrongState int
	// Sockets were opened without a whole request ever coming over them: by browsers in
	// advance, half-open, or for other protocols.
	Sockets int
	// Strangers are the connections of other users of this computer, and those closed
	// before their owner could be told. They are not in Sockets.
	Strangers int
}

// Listener waits for one authorization response, and for another one after each
// [Listener.Continue]. Its methods are safe for concurrent use.
type Listener struct {
	params   Params
	port     int
	hosts    map[string]bool
	server   *http.Server
	sockets  sockets
	serving  sync.WaitGroup
	response chan url.Values
	taken    chan struct{} // closed when the first response has arrived
	key      string        // part of the addresses to go on, so nobody can guess them
	doneKey  string        // part of the address of the page at the end; that may lead on as well
	leading  sync.Mutex    // one request at a time is prepared

	mu       sync.Mutex
	state    string // the value that the response has to carry
	awaiting bool   // it has not arrived yet
	round    *round // of the last response, nil before the first
	onward   Onward // after Continue, until the next response
	final    *Page
	noise    Noise
	requests int // all whole ones; a socket carries one at the most
}

// round is what the browser is owed for one response.
type round struct {
	page    Page
	decided chan struct{} // closed when the page is known
	shown   chan struct{} // closed when it was sent
	pasted  bool          // no browser waits for it
}

// Why is what makes a browser ask for the next authorization request.
type Why int

// The reasons for a further request.
const (
	ByItself    Why = iota // the page's refresh
	ByPerson               // the page's link
	AfterDetour            // another page of the provider came back; see Onward.Detour
)

// Onward is the way on from a page that is not the last one.
type Onward struct {
	// Request prepares an authorization request at the moment the browser wants to go
	// on: its address, and the state for its response. The state before is noise from
	// then on. With an error the browser is shown the page again.
	Request func(ctx context.Context, why Why) (address, state string, err error)
	// Detour is a state of its own, for another page of the same provider to come back
	// with, "" for none. Such an answer never ends the wait.
	Detour string
	// Arrived looks at that answer: true takes the browser to a new request, false back
	// to the page. Nil means true.
	Arrived func(url.Values) bool
}

// Listen binds the port and starts accepting. The port stays bound until Close: it is
// never released and bound again, so no other program can take it in between.
//
// Errors: *[PortUsedError] for a fixed port and for a range without a free one.
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
	sockets, port, err := bindWithin(p)
	if err != nil {
		return nil, err
	}
	l := &Listener{
		params: p, port: port, state: p.State, awaiting: true, key: NewState(), doneKey: NewState(),
		response: make(chan url.Values, 1), taken: make(chan struct{}), hosts: make(map[string]bool),
	}
	for _, host := range []string{"127.0.0.1", "localhost", "::1"} {
		at := net.JoinHostPort(host, strconv.Itoa(port))
		l.hosts[at] = true
		if port == httpPort {
			// Browsers leave the default port out (RFC 9110, section 4.2.3).
			l.hosts[strings.TrimSuffix(at, ":80")] = true
		}
	}
	l.server = &http.Server{
		Handler:           http.HandlerFunc(l.serve),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          silent(),
	}
	l.sockets.watch(l.server)
	// A kept socket of this sign-in could swallow the next one's response.
	l.server.SetKeepAlivesEnabled(false)
	for _, s := range sockets {
		l.serving.Go(func() { _ = l.server.Serve(owned{s, l.sockets.refuse}) })
	}
	return l, nil
}

// bindWithin binds the fixed port, the first free one of the range, or any.
func bindWithin(p Params) (sockets []net.Listener, port int, err error) {
	if p.Port != 0 || p.FirstPort == 0 {
		return bind(p.Host, p.Port)
	}
	for port := p.FirstPort; port <= p.LastPort; port++ {
		var used *PortUsedError
		sockets, got, err := bind(p.Host, port)
		if err == nil {
			return sockets, got, nil
		}
		if !errors.As(err, &used) {
			return nil, 0, err
		}
	}
	return nil, 0, &PortUsedError{Port: p.FirstPort, Last: p.LastPort, Err: errors.New("all of them belong to other programs")}
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
func (l *Listener) RedirectURI() string { return RedirectURI(l.params, l.port) }

// RedirectURI words a redirect URI as a [Listener] with these parameters does. It
// has no port when port is 0 or the default one of http.
func RedirectURI(p Params, port int) string {
	host, path := p.Host, p.Path
	if host == "" {
		host = "127.0.0.1"
	}
	if port != 0 && port != httpPort {
		host = net.JoinHostPort(host, strconv.Itoa(port))
	}
	if path == "" {
		path = "/"
	}
	if p.Bare && path == "/" {
		path = ""
	}
	return "http://" + host + path
}

// Taken is closed when the first response has arrived.
func (l *Listener) Taken() <-chan struct{} { return l.taken }

// Stranger is closed when the first of [Noise.Strangers] has come. It may have been this
// person's browser, running as another user.
func (l *Listener) Stranger() <-chan struct{} { return l.sockets.strange }

// Response waits for the parameters of the response with the right state: once,
// and once more after each Continue.
func (l *Listener) Response(ctx context.Context) (url.Values, error) {
	select {
	case v := <-l.response:
		return v, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Offer takes a response that did not come over the network, and returns true for the
// right one. The same rules hold for it.
func (l *Listener) Offer(values url.Values) bool {
	if !l.carriesState(values) || !isResponse(values) {
		return false
	}
	l.take(values, true)
	return true
}

// Expect makes state the one for the next response, after Continue, for a request that
// is not opened through this listener. It does nothing otherwise.
func (l *Listener) Expect(state string) {
	l.leading.Lock()
	defer l.leading.Unlock()
	l.expect(state)
}

func (l *Listener) expect(state string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.onward.Request == nil {
		return false // it has ended, or a response is being looked at
	}
	l.state, l.awaiting = state, true
	return true
}

// Noise counts everything else at the port so far.
func (l *Listener) Noise() Noise {
	l.mu.Lock()
	defer l.mu.Unlock()
	noise := l.noise
	accepted, strangers := l.sockets.count()
	noise.Sockets, noise.Strangers = accepted-l.requests, strangers
	return noise
}

// Continue answers the response that has just arrived with a page that is not the last
// one, and waits for another response. The page's refresh and its link lead to the
// request prepared by o.
func (l *Listener) Continue(p Page, o Onward) {
	p.refreshTo, p.linkTo = l.again(ByItself), l.again(ByPerson)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.final != nil || l.round == nil {
		return
	}
	l.onward = o
	l.decide(p)
}

// AgainURI is an address of this listener for a new authorization request, like the
// page's link, while it goes on after Continue.
func (l *Listener) AgainURI() string {
	p := l.params
	p.Path, p.Bare = l.again(ByPerson), false
	return RedirectURI(p, l.port)
}

func (l *Listener) again(why Why) string {
	if why == ByItself {
		return againPath + l.key + "/itself"
	}
	return againPath + l.key + "/person"
}

// Finish decides what the browser shows at the end. The first call counts.
func (l *Listener) Finish(p Page) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.final != nil {
		return
	}
	l.final, l.onward = &p, Onward{}
	if l.round != nil {
		l.decide(p)
	}
}

// decide settles what the browser is shown for the last response. The caller holds mu.
func (l *Listener) decide(p Page) {
	l.round.page = p
	if !closed(l.round.decided) {
		close(l.round.decided)
	}
}

// Owes is true if a browser waits for a page. Close lets it fetch that.
func (l *Listener) Owes() bool { return l.owed() != nil }

// owed is the round with a page that a browser waits for, nil for none.
func (l *Listener) owed() *round {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := l.round; r != nil && closed(r.decided) && !r.pasted {
		return r
	}
	return nil
}

// Close ends all sockets. After Finish a browser that waits for the final page can
// first fetch it, until ctx ends.
func (l *Listener) Close(ctx context.Context) error {
	if owed := l.owed(); owed != nil {
		select {
		case <-owed.shown:
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
