package network

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"
)

// counted is a server that says how many connections it has had.
type counted struct {
	*httptest.Server
	closed chan struct{} // one for each connection that has ended

	mu      sync.Mutex
	begun   int
	handled int
	proto   string
	handle  func(n int, w http.ResponseWriter, r *http.Request) bool // of all requests, from 1
}

func newCounted(t testing.TB, begin func(*httptest.Server)) *counted {
	t.Helper()
	c := &counted{closed: make(chan struct{}, 100)}
	c.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		c.mu.Lock()
		c.handled++
		n, handle := c.handled, c.handle
		c.proto = r.Proto
		c.mu.Unlock()
		if handle == nil || !handle(n, w, r) {
			_, _ = io.WriteString(w, "hello")
		}
	}))
	c.Config.ErrorLog = log.New(io.Discard, "", 0)
	c.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			c.mu.Lock()
			c.begun++
			c.mu.Unlock()
		case http.StateClosed, http.StateHijacked:
			c.closed <- struct{}{}
		}
	}
	begin(c.Server)
	t.Cleanup(c.Close)
	return c
}

func (c *counted) seen() (connections, requests int, proto string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.begun, c.handled, c.proto
}

// connections complains where the server has had another number of connections.
func (c *counted) connections(t *testing.T, want int) {
	t.Helper()
	if got, requests, _ := c.seen(); got != want {
		t.Errorf("%d connections for %d requests, want %d", got, requests, want)
	}
}

func secured(a *authority, host string, http2 bool) func(*httptest.Server) {
	return func(s *httptest.Server) {
		s.TLS = &tls.Config{Certificates: []tls.Certificate{a.issue(host, nil)}}
		s.EnableHTTP2 = http2
		s.StartTLS()
	}
}

// fetchBy makes a request and reads its answer.
func fetchBy(t testing.TB, client *http.Client, method, address string, body io.Reader) (string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	return string(said), err
}

func greet(t testing.TB, client *http.Client, address string) {
	t.Helper()
	if said, err := fetchBy(t, client, http.MethodGet, address, nil); err != nil || said != "hello" {
		t.Fatalf("%q, %v", said, err)
	}
}

func TestConnectionsAreKeptWhereThatIsAskedFor(t *testing.T) {
	noProxies(t)
	ca := newAuthority(t, "Contoso Root CA")
	for _, test := range []struct {
		name  string
		begin func(*httptest.Server)
		proto string
	}{
		{"http", (*httptest.Server).Start, "HTTP/1.1"},
		{"https", secured(ca, "127.0.0.1", false), "HTTP/1.1"},
		{"HTTP/2", secured(ca, "127.0.0.1", true), "HTTP/2.0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newCounted(t, test.begin)
			tr := newTransport(t, Options{ExtraCAFile: ca.file()})
			for range 3 {
				greet(t, tr.Kept().Client(), s.URL)
			}
			s.connections(t, 1)
			if _, _, proto := s.seen(); proto != test.proto {
				t.Errorf("by %s, want %s", proto, test.proto)
			}
			for range 3 {
				greet(t, tr.Client(), s.URL)
			}
			s.connections(t, 4) // nobody else takes part in it
			tr.Reset()
			greet(t, tr.Kept().Client(), s.URL)
			if s.connections(t, 5); !t.Failed() {
				for range 4 {
					<-s.closed
				}
			}
		})
	}
}

// A program that idles holds no connection.
func TestConnectionIsKeptForAWhileOnly(t *testing.T) {
	noProxies(t)
	ca := newAuthority(t, "Contoso Root CA")
	for name, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			s := newCounted(t, secured(ca, "127.0.0.1", http2))
			tr := newTransport(t, Options{ExtraCAFile: ca.file()})
			tr.pool.idle = time.Millisecond
			greet(t, tr.Kept().Client(), s.URL)
			<-s.closed
		})
	}
	if tr := newTransport(t, Options{}); tr.pool.idle != 90*time.Second {
		t.Errorf("kept for %s", tr.pool.idle)
	}
}

func TestKeptConnectionEndsWithTheRequestThatIsGivenUp(t *testing.T) {
	noProxies(t)
	s := newCounted(t, (*httptest.Server).Start)
	s.handle = func(n int, _ http.ResponseWriter, r *http.Request) bool {
		if n == 2 {
			<-r.Context().Done()
		}
		return n == 2
	}
	client := newTransport(t, Options{}).Kept().Client()
	greet(t, client, s.URL)
	ctx, leave := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, leave)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Do(req); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
	<-s.closed
	greet(t, client, s.URL)
	s.connections(t, 2)
}

// A server may end a connection just when a request goes into it. Nobody can tell then
// whether that was worked on.
func TestDeadConnectionCostsNoRequestTwice(t *testing.T) {
	noProxies(t)
	for _, test := range []struct {
		name, method string
		body         func() io.Reader
		again        bool
	}{
		{"GET", http.MethodGet, func() io.Reader { return nil }, true},
		{"PUT is not sent again with a body that is gone", http.MethodPut, func() io.Reader { return io.MultiReader(strings.NewReader("a stream")) }, false},
		{"POST", http.MethodPost, func() io.Reader { return strings.NewReader("a request") }, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newCounted(t, (*httptest.Server).Start)
			s.handle = func(n int, w http.ResponseWriter, _ *http.Request) bool {
				if n == 2 {
					conn, _, err := http.NewResponseController(w).Hijack()
					if err != nil {
						t.Error(err)
						return true
					}
					conn.Close()
				}
				return n == 2
			}
			client := newTransport(t, Options{}).Kept().Client()
			greet(t, client, s.URL)
			said, err := fetchBy(t, client, test.method, s.URL, test.body())
			_, requests, _ := s.seen()
			var fault *Fault
			switch {
			case test.again && (err != nil || said != "hello" || requests != 3):
				t.Errorf("%q, %v after %d requests", said, err, requests)
			case !test.again && (!errors.As(err, &fault) || fault.Kind != NoRoute || requests != 2):
				t.Errorf("%q, %v after %d requests, want the fault %s", said, err, requests, NoRoute)
			}
			greet(t, client, s.URL)
		})
	}
}

// HTTP/2 has words of its own for a connection that ends.
func TestWhatEndsInAKeptConnectionIsAFaultOfTheNetwork(t *testing.T) {
	noProxies(t)
	ca := newAuthority(t, "Contoso Root CA")
	broken := errors.New("the disk is broken")
	for name, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			s := newCounted(t, secured(ca, "127.0.0.1", http2))
			s.handle = func(n int, _ http.ResponseWriter, _ *http.Request) bool {
				if n > 1 {
					panic(http.ErrAbortHandler)
				}
				return false
			}
			client := newTransport(t, Options{ExtraCAFile: ca.file()}).Kept().Client()
			greet(t, client, s.URL)
			var fault *Fault
			if _, err := fetchBy(t, client, http.MethodPost, s.URL, strings.NewReader("a request")); !errors.As(err, &fault) || fault.Kind != NoRoute {
				t.Errorf("err = %v, want %s", err, NoRoute)
			}
			if _, requests, _ := s.seen(); requests != 2 {
				t.Errorf("%d requests", requests)
			}
			s.mu.Lock()
			s.handle = nil
			s.mu.Unlock()
			greet(t, client, s.URL)
			if _, err := fetchBy(t, client, http.MethodPost, s.URL, iotest.ErrReader(broken)); !errors.Is(err, broken) || errors.As(err, &fault) {
				t.Errorf("err = %v, want that of the body", err)
			}
		})
	}
}

// Where nothing answers, the network may be another one: with HTTP/2 every request after
// it would wait in the same connection.
func TestConnectionWithoutAnswerIsNotUsedAgain(t *testing.T) {
	noProxies(t)
	ca := newAuthority(t, "Contoso Root CA")
	s := newCounted(t, secured(ca, "127.0.0.1", true))
	tr := newTransport(t, Options{ExtraCAFile: ca.file()})
	client := tr.Kept().Client()
	greet(t, client, s.URL)
	s.mu.Lock()
	s.handle = func(n int, _ http.ResponseWriter, r *http.Request) bool {
		if n == 2 {
			<-r.Context().Done()
		}
		return n == 2
	}
	s.mu.Unlock()
	tr.answerIn = 50 * time.Millisecond
	var fault *Fault
	if _, err := fetchBy(t, client, http.MethodGet, s.URL, nil); !errors.As(err, &fault) || fault.Kind != NoRoute {
		t.Errorf("err = %v, want %s", err, NoRoute)
	}
	tr.answerIn = answerLimit
	greet(t, client, s.URL)
	s.connections(t, 2)
}

func TestConnectionsThroughAProxyAreKept(t *testing.T) {
	o := newOffice(t)
	s := newCounted(t, secured(o.ca, officeHost, true))
	o.proxy.Hosts[officeHost+":443"] = addressOf(t, s.Server)
	tr := o.transport(t, o.proxy.URL(""))
	for range 3 {
		greet(t, tr.Kept().Client(), o.url)
	}
	s.connections(t, 1)
	if n := len(o.proxy.Asked()); n != 1 {
		t.Errorf("the proxy was asked to connect %d times", n)
	}
}

// Proxies log people on by the connection, so what goes to them in plain has its own.
func TestRequestsInPlainToAProxyHaveConnectionsOfTheirOwn(t *testing.T) {
	noProxies(t)
	proxy := newCounted(t, (*httptest.Server).Start)
	client := newTransport(t, Options{Proxy: proxy.URL}).Kept().Client()
	for range 3 {
		greet(t, client, "http://portal.contoso.test/")
	}
	proxy.connections(t, 3)
}

// Whoever sets a proxy wants every request from then on to go through it.
func TestConnectionIsNotUsedForAnotherWay(t *testing.T) {
	o := newOffice(t)
	s := newCounted(t, secured(o.ca, officeHost, true))
	proxies := []string{o.proxy.URL(""), newOffice(t).proxy.URL("")}
	tr := o.transport(t, "")
	now := proxies[0]
	tr.readSystem = func() (system, error) {
		u, err := url.Parse(now)
		return system{https: u, source: SourceMac}, err
	}
	o.proxy.Hosts[officeHost+":443"] = addressOf(t, s.Server)
	greet(t, tr.Kept().Client(), o.url)
	now = proxies[1]
	tr.Renew()
	if said, err := fetchBy(t, tr.Kept().Client(), http.MethodGet, o.url, nil); err == nil {
		t.Errorf("%q came through the proxy that is not set any more", said)
	}
	now = proxies[0]
	tr.Renew()
	greet(t, tr.Kept().Client(), o.url)
}

func TestKeptConnectionsServeManyAtOnce(t *testing.T) {
	noProxies(t)
	ca := newAuthority(t, "Contoso Root CA")
	s := newCounted(t, secured(ca, "127.0.0.1", true))
	tr := newTransport(t, Options{ExtraCAFile: ca.file()})
	client := tr.Kept().Client()
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			if i == 10 {
				tr.Reset()
			}
			body := bytes.Repeat([]byte("x"), 100_000)
			if said, err := fetchBy(t, client, http.MethodPost, s.URL, bytes.NewReader(body)); err != nil || said != "hello" {
				t.Errorf("%q, %v", said, err)
			}
		})
	}
	all.Wait()
}

// One request over TLS, in a connection of its own and in one that is kept.
func BenchmarkRequest(b *testing.B) {
	noProxies(b)
	ca := newAuthority(b, "Contoso Root CA")
	s := newCounted(b, secured(ca, "127.0.0.1", true))
	go func() {
		for range s.closed { // ends with the program
		}
	}()
	tr := newTransport(b, Options{ExtraCAFile: ca.file()})
	for name, client := range map[string]*http.Client{"each its own": tr.Client(), "kept": tr.Kept().Client()} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				greet(b, client, s.URL)
			}
		})
	}
}
