package authtest

import (
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// A Proxy is a real HTTP proxy on loopback, as companies have them: it tunnels CONNECT and forwards
// plain requests (RFC 9110, sections 9.3.6 and 7.6). Its fields are set before it is used.
type Proxy struct {
	// Hosts are names that only this proxy can resolve: "login.example.com:443" to the address of
	// a [Provider]. Everything else it looks up as it is.
	Hosts map[string]string
	// User is the "name:password" that it wants; everybody may use it while this is "".
	User string
	// Challenges are what it offers with status 407; nil means Basic.
	Challenges []string
	// Refuse is a status that it answers everything with, 0 for none.
	Refuse int
	// Intercept breaks TLS open with the certificate returned for a host. Nil leaves TLS alone.
	Intercept func(host string) tls.Certificate

	server *httptest.Server
	mu     sync.Mutex
	asked  []string
	agents []string
}

// NewProxy starts a proxy. It ends with its test.
func NewProxy(t testing.TB) *Proxy {
	t.Helper()
	p := &Proxy{Hosts: map[string]string{}}
	p.server = httptest.NewUnstartedServer(http.HandlerFunc(p.serve))
	p.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	p.server.Start()
	t.Cleanup(p.server.Close)
	return p
}

// Address is the proxy's host and port.
func (p *Proxy) Address() string { return p.server.Listener.Addr().String() }

// URL is the proxy's address for the given "name:password", escaped, or for nobody.
func (p *Proxy) URL(user string) string {
	if user != "" {
		user += "@"
	}
	return "http://" + user + p.Address()
}

// Asked lists method and host of all requests to the proxy, refusals included, in order.
func (p *Proxy) Asked() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.asked...)
}

// Agents lists the User-Agents of the requests to the proxy, in the order of [Proxy.Asked]. Those
// inside a tunnel are not among them.
func (p *Proxy) Agents() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.agents...)
}

func (p *Proxy) serve(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked = append(p.asked, r.Method+" "+r.Host)
	p.agents = append(p.agents, r.UserAgent())
	p.mu.Unlock()
	switch {
	case p.User != "" && r.Header.Get("Proxy-Authorization") != "Basic "+base64.StdEncoding.EncodeToString([]byte(p.User)):
		challenges := p.Challenges
		if challenges == nil {
			challenges = []string{`Basic realm="proxy"`}
		}
		w.Header()["Proxy-Authenticate"] = challenges
		w.WriteHeader(http.StatusProxyAuthRequired)
	case p.Refuse != 0:
		w.WriteHeader(p.Refuse)
	case r.Method == http.MethodConnect:
		p.tunnel(w, r)
	default:
		p.forward(w, r)
	}
}

func (p *Proxy) resolve(host string) string {
	if to, ok := p.Hosts[host]; ok {
		return to
	}
	return host
}

func (p *Proxy) forward(w http.ResponseWriter, r *http.Request) {
	out := r.Clone(r.Context())
	out.RequestURI, out.URL.Host = "", p.resolve(r.Host)
	out.Header.Del("Proxy-Authorization")
	if r.UserAgent() == "" {
		out.Header.Set("User-Agent", "") // it adds none of its own
	}
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(out)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer resp.Body.Close()
	w.WriteHeader(resp.StatusCode)
	_, _ = io.Copy(w, resp.Body)
}

// tunnel carries bytes until both sides have closed.
func (p *Proxy) tunnel(w http.ResponseWriter, r *http.Request) {
	there, err := net.Dial("tcp", p.resolve(r.Host))
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	here, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		_ = there.Close()
		return
	}
	fmt.Fprint(here, "HTTP/1.1 200 Connection established\r\n\r\n")
	if p.Intercept != nil {
		host, _, _ := strings.Cut(r.Host, ":")
		here = tls.Server(here, &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{p.Intercept(host)}})
		there = tls.Client(there, &tls.Config{InsecureSkipVerify: true}) // #nosec G402 -- whatever stands behind it in a test
	}
	carry := func(to, from net.Conn) {
		_, _ = io.Copy(to, from)
		_ = to.Close()
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		carry(there, here)
	}()
	carry(here, there)
	<-done
}
