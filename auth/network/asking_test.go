package network

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/auth/network/proxyauth"
)

// standInLogOn is a log-on whose messages are "K1", "K2" for Kerberos and "N1", "N2" for
// NTLM: the proxies of these tests know no real one.
type standInLogOn struct {
	mu    sync.Mutex
	lacks proxyauth.Lack
	asked []proxyauth.Ask
	open  int
}

func (l *standInLogOn) Begin(_ context.Context, ask proxyauth.Ask) (proxyauth.Exchange, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = append(l.asked, ask)
	if l.lacks != "" {
		return nil, &proxyauth.LackError{Lack: l.lacks}
	}
	l.open++
	letter := "K"
	if ask.Scheme == proxyauth.NTLM {
		letter = "N"
	}
	return &standInExchange{logOn: l, letter: letter}, nil
}

type standInExchange struct {
	logOn  *standInLogOn
	letter string
	n      int
	closed bool
}

func (e *standInExchange) Next(context.Context, []byte) ([]byte, error) {
	e.n++
	return fmt.Appendf(nil, "%s%d", e.letter, e.n), nil
}

func (e *standInExchange) Close() {
	e.logOn.mu.Lock()
	defer e.logOn.mu.Unlock()
	if !e.closed {
		e.closed = true
		e.logOn.open--
	}
}

// askingProxy answers by a script. What it was asked is noted as "1: CONNECT Negotiate K1":
// the connection, the method, and the answer to its challenge.
type askingProxy struct {
	address string
	mu      sync.Mutex
	asked   []string
}

// A reply is a proxy's: an HTTP answer without a status of 200, or to, where it connects.
type reply struct {
	head  string // status line and header, of several lines
	close bool
}

const (
	openNTLM    = "407 Who are you\nProxy-Authenticate: NTLM\nContent-Length: 3"
	openNegNTLM = "407 Who are you\nProxy-Authenticate: Negotiate, NTLM\nContent-Length: 3"
	openBasic   = "407 Who are you\nProxy-Authenticate: Basic realm=\"office\"\nContent-Length: 3"
)

// newAskingProxy starts one. said gives its answer by what it was asked; "" lets it through to
// the address to.
func newAskingProxy(t *testing.T, config *tls.Config, to string, said func(conn int, method, answer string) reply) *askingProxy {
	t.Helper()
	p := &askingProxy{}
	var conns int
	p.address = listen(t, func(c net.Conn) {
		defer c.Close()
		p.mu.Lock()
		conns++
		number := conns
		p.mu.Unlock()
		if config != nil {
			c = tls.Server(c, config)
		}
		read := bufio.NewReader(c)
		for {
			req, err := http.ReadRequest(read)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, req.Body)
			scheme, message, _ := strings.Cut(req.Header.Get("Proxy-Authorization"), " ")
			if raw, err := base64.StdEncoding.DecodeString(message); err == nil && message != "" {
				message = " " + string(raw)
			}
			p.mu.Lock()
			p.asked = append(p.asked, fmt.Sprintf("%d: %s %s%s", number, req.Method, scheme, message))
			p.mu.Unlock()
			a := said(number, req.Method, scheme+message)
			switch {
			case a.head != "":
				// Whoever has heard enough closes while it is still being said.
				if _, err := fmt.Fprintf(c, "HTTP/1.1 %s\r\n\r\n", strings.ReplaceAll(a.head, "\n", "\r\n")); err != nil {
					return
				}
				if strings.HasSuffix(a.head, "Content-Length: 3") {
					_, _ = io.WriteString(c, "no\n")
				}
			case req.Method != http.MethodConnect:
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
			default:
				there, err := net.Dial("tcp", to)
				if err != nil {
					return
				}
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
				go func() { _, _ = io.Copy(there, read); _ = there.Close() }()
				_, _ = io.Copy(c, there)
				return
			}
			if a.close {
				return
			}
		}
	})
	return p
}

func (p *askingProxy) log() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.asked...)
}

// asksNTLM is a proxy that wants NTLM's three messages in one connection; first says what it
// does to a request without one.
func asksNTLM(offer string, closes bool) func(int, string, string) reply {
	seen := map[int]string{}
	var mu sync.Mutex
	return func(conn int, _, got string) reply {
		mu.Lock()
		defer mu.Unlock()
		before := seen[conn]
		seen[conn] = got
		switch {
		case got == "NTLM N1":
			return reply{head: "407 Go on\nProxy-Authenticate: NTLM " + base64.StdEncoding.EncodeToString([]byte("challenge")) + "\nContent-Length: 3"}
		case got == "NTLM N2" && before == "NTLM N1":
			return reply{}
		case got == "" && before == "NTLM N2":
			return reply{} // the connection is known now
		}
		return reply{head: offer, close: closes}
	}
}

func TestNTLMStaysInOneConnection(t *testing.T) {
	o := newOffice(t)
	to := o.proxy.Hosts[officeHost+":443"]
	for name, closes := range map[string]bool{"kept after the 407": false, "closed after the 407": true} {
		t.Run(name, func(t *testing.T) {
			l := &standInLogOn{}
			p := newAskingProxy(t, nil, to, asksNTLM(openNTLM, closes))
			tr := newTransport(t, Options{Proxy: "http://" + p.address, ExtraCAFile: o.ca.file(), LogOn: l, ProxyAuth: proxyauth.AllSchemes()})
			for _, address := range []string{o.url, "http://" + officeHost} {
				if body, err := get(t, tr, address); err != nil || body != "hello" {
					t.Fatalf("%s: %q, %v", address, body, err)
				}
			}
			want := []string{
				"1: CONNECT ", "2: CONNECT NTLM N1", "2: CONNECT NTLM N2",
				"3: GET ", "4: GET NTLM N1", "4: GET NTLM N2",
			}
			if diff := cmp.Diff(want, p.log()); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
			if l.open != 0 {
				t.Errorf("%d log-ons are still open", l.open)
			}
		})
	}
}

// A proxy that ends the connection between the messages cannot be logged on to.
func TestNTLMThatIsCutInTheMiddle(t *testing.T) {
	o := newOffice(t)
	for name, head := range map[string]string{
		"it says so":  "407 Go on\nProxy-Authenticate: NTLM YQ==\nConnection: close\nContent-Length: 3",
		"it does not": "407 Go on\nProxy-Authenticate: NTLM YQ==\nContent-Length: 3",
		"no end":      "407 Go on\nProxy-Authenticate: NTLM YQ==",
	} {
		t.Run(name, func(t *testing.T) {
			p := newAskingProxy(t, nil, "", func(_ int, _, got string) reply {
				if got == "NTLM N1" {
					return reply{head: head, close: true}
				}
				return reply{head: openNTLM}
			})
			tr := newTransport(t, Options{Proxy: "http://" + p.address, ExtraCAFile: o.ca.file(), LogOn: &standInLogOn{}, ProxyAuth: proxyauth.AllSchemes()})
			f := faultOf(t, tr, o.url)
			var refused *proxyauth.RefusedError
			if f.Kind != ProxyAuth || !errors.As(f, &refused) || !refused.Lacks(proxyauth.Closed) {
				t.Errorf("%v", f)
			}
		})
	}
}

// After the first time, Kerberos goes out unasked: one request instead of two.
func TestTheFirstMessageGoesOutUnasked(t *testing.T) {
	o := newOffice(t)
	p := newAskingProxy(t, nil, o.proxy.Hosts[officeHost+":443"], func(_ int, _, got string) reply {
		if got == "Negotiate K1" {
			return reply{}
		}
		return reply{head: openNegNTLM}
	})
	l := &standInLogOn{}
	tr := newTransport(t, Options{Proxy: "http://" + p.address, ExtraCAFile: o.ca.file(), LogOn: l})
	for range 3 {
		if body, err := get(t, tr, o.url); err != nil || body != "hello" {
			t.Fatalf("%q, %v", body, err)
		}
	}
	want := []string{"1: CONNECT ", "2: CONNECT Negotiate K1", "3: CONNECT Negotiate K1", "4: CONNECT Negotiate K1"}
	if diff := cmp.Diff(want, p.log()); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	if host, _, _ := net.SplitHostPort(p.address); l.asked[0].Host != host {
		t.Errorf("the service of %q was asked for, want %q", l.asked[0].Host, host)
	}
}

func TestAnHTTPSProxyAsks(t *testing.T) {
	o := newOffice(t)
	config := &tls.Config{Certificates: []tls.Certificate{o.ca.issue("127.0.0.1", nil)}}
	p := newAskingProxy(t, config, o.proxy.Hosts[officeHost+":443"], asksNTLM(openNTLM, false))
	tr := newTransport(t, Options{Proxy: "https://" + p.address, ExtraCAFile: o.ca.file(), LogOn: &standInLogOn{}, ProxyAuth: proxyauth.AllSchemes()})
	for _, address := range []string{o.url, "http://" + officeHost} {
		if body, err := get(t, tr, address); err != nil || body != "hello" {
			t.Fatalf("%s: %q, %v", address, body, err)
		}
	}
	// A certificate that is not trusted ends it before anything is said.
	before := len(p.log())
	f := faultOf(t, newTransport(t, Options{Proxy: "https://u:p@" + p.address, LogOn: &standInLogOn{}}), o.url)
	if f.Kind != ProxyDown || len(p.log()) != before {
		t.Errorf("%v, asked %q", f, p.log()[before:])
	}
}

// What a hostile proxy asks for ends, and gets nothing that it should not have.
func TestHostileProxies(t *testing.T) {
	o := newOffice(t)
	fixed := func(a reply) func(int, string, string) reply {
		return func(int, string, string) reply { return a }
	}
	const secret = "c2VjcmV0"
	tests := map[string]struct {
		said   func(int, string, string) reply
		kind   Kind
		status int
		most   int // requests
		lack   proxyauth.Lack
		known  proxyauth.Known
	}{
		"a second round for ever": {said: fixed(reply{head: "407 Again\nProxy-Authenticate: Negotiate YQ==\nContent-Length: 3"}), kind: ProxyAuth, status: 407, most: 6, lack: proxyauth.Failing},
		"a new scheme each time":  {said: fixed(reply{head: "407 Again\nProxy-Authenticate: Negotiate, NTLM, Digest nonce=\"a\", Basic\nContent-Length: 3"}), kind: ProxyAuth, status: 407, most: 5, lack: proxyauth.PasswordRefused},
		"10 MB of challenge":      {said: fixed(reply{head: "407 Again\nProxy-Authenticate: Negotiate " + strings.Repeat("A", 10<<20)}), kind: ProxyDown, most: 1},
		"10 MB of page": {said: func(_ int, _, got string) reply {
			return reply{head: "407 Again\nProxy-Authenticate: Negotiate YQ==\nContent-Length: 10485760\n\n" + strings.Repeat("x", 10<<20)}
		}, kind: ProxyAuth, status: 407, most: 2, lack: proxyauth.Closed},
		"a weaker offer":             {said: fixed(reply{head: openBasic}), kind: ProxyAuth, status: 407, most: 1, lack: proxyauth.Weakened, known: proxyauth.Known{Offered: []proxyauth.Scheme{proxyauth.Negotiate}, Used: proxyauth.Basic}},
		"a 401 that pretends":        {said: fixed(reply{head: "401 Who are you\nWWW-Authenticate: Basic realm=\"x\", Negotiate\nProxy-Authenticate: Basic realm=\"x\"\nContent-Length: 3"}), kind: ProxyAuth, status: 401, most: 1},
		"a realm with control bytes": {said: fixed(reply{head: "407 Who\nProxy-Authenticate: Basic realm=\"\x1b[2J\"\nContent-Length: 3"}), kind: ProxyDown, most: 1},
		"a realm that moves cursors": {said: fixed(reply{head: "407 Who\nProxy-Authenticate: Basic realm=\"\u009b2J\"\nContent-Length: 3"}), kind: ProxyAuth, status: 407, most: 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := newAskingProxy(t, nil, "", test.said)
			tr := newTransport(t, Options{Proxy: "http://ada:secret@" + p.address, LogOn: &standInLogOn{}, ProxyAuth: proxyauth.AllSchemes()})
			tr.proxies.Learn(context.Background(), p.address, test.known)
			f := faultOf(t, tr, o.url)
			if f.Kind != test.kind || f.Status != test.status {
				t.Errorf("%v", f)
			}
			if n := len(p.log()); n > test.most {
				t.Errorf("it got %d requests: %.300q", n, p.log())
			}
			var refused *proxyauth.RefusedError
			if test.lack != "" && (!errors.As(f, &refused) || !refused.Lacks(test.lack)) {
				t.Errorf("%v does not say %s", f, test.lack)
			}
			for _, asked := range p.log() {
				if test.lack != proxyauth.PasswordRefused && strings.Contains(asked, "secret") {
					t.Errorf("it got the password: %q", asked)
				}
			}
			if strings.ContainsAny(f.Error(), "\x1b\r\n") || strings.Contains(f.Error(), secret) {
				t.Errorf("the error repeats the proxy: %q", f.Error())
			}
		})
	}
}

// A server's 401 is never answered, and a request of the caller's is not changed.
func TestA401IsTheServers(t *testing.T) {
	noProxies(t)
	p := newAskingProxy(t, nil, "", func(_ int, _, got string) reply {
		if got == "" {
			return reply{head: "407 Who\nProxy-Authenticate: Basic realm=\"x\"\nContent-Length: 3"}
		}
		return reply{head: "401 Who\nWWW-Authenticate: Negotiate\nProxy-Authenticate: Negotiate\nContent-Length: 3"}
	})
	l := &standInLogOn{}
	tr := newTransport(t, Options{Proxy: "http://ada:secret@" + p.address, LogOn: l})
	req, err := http.NewRequest(http.MethodGet, "http://"+officeHost, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := tr.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized || len(l.asked) != 0 {
		t.Errorf("status %d, asked for %+v", resp.StatusCode, l.asked)
	}
	if len(req.Header) != 0 || resp.Request != req {
		t.Errorf("the caller's request was changed: %v", req.Header)
	}
	if diff := cmp.Diff([]string{"1: GET ", "2: GET Basic ada:secret"}, p.log()); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

// A proxy's address is this computer's choice, and may be one that no host may have.
func TestAProxyMayBeAnywhere(t *testing.T) {
	noProxies(t)
	tr := newTransport(t, Options{Proxy: "http://169.254.1.1:3128"})
	tr.answerIn = 100 * time.Millisecond
	for _, address := range []string{"https://" + officeHost, "http://" + officeHost} {
		// Whether anybody is there is not what this is about.
		if _, err := get(t, tr, address); errors.Is(err, ErrOffLimits) {
			t.Errorf("%s: %v", address, err)
		}
	}
}
