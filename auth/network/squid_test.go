package network

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/auth/authtest/squid"
	"github.com/portico-desktop/portico/auth/network/proxyauth"
)

// behind is a company whose hosts only squid knows.
type behind struct {
	ca            *authority
	proxy         *squid.Proxy
	secure, plain string // addresses of its servers
}

func newBehind(t *testing.T, o squid.Options) *behind {
	t.Helper()
	noProxies(t)
	b := &behind{ca: newAuthority(t, "Contoso Root CA")}
	server := secureServer(t, &tls.Config{Certificates: []tls.Certificate{b.ca.issue(officeHost, nil)}})
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "hello %s%s", body, r.Header.Get("Proxy-Authorization"))
	}))
	t.Cleanup(echo.Close)
	at := func(scheme string, s *httptest.Server) string {
		_, port, err := net.SplitHostPort(addressOf(t, s))
		if err != nil {
			t.Fatal(err)
		}
		return scheme + "://" + net.JoinHostPort(officeHost, port) + "/"
	}
	b.secure, b.plain = at("https", server), at("http", echo)
	o.Hosts = map[string]string{officeHost: "127.0.0.1"}
	b.proxy = squid.Start(t, o)
	return b
}

func (b *behind) transport(t *testing.T, user string, o Options) *Transport {
	t.Helper()
	if user != "" {
		user += "@"
	}
	o.Proxy, o.ExtraCAFile = "http://"+user+"localhost:"+b.proxy.Port, b.ca.file()
	return newTransport(t, o)
}

func TestSquidWithAPassword(t *testing.T) {
	noNTLM := DefaultProxyAuth()
	tests := map[string]struct {
		wants   []string
		allowed []proxyauth.Scheme
		asked   int // times that it says 407
	}{
		"Basic":             {[]string{"basic"}, noNTLM, 1},
		"Digest":            {[]string{"digest"}, noNTLM, 1},
		"Digest and Basic":  {[]string{"digest", "basic"}, noNTLM, 1},
		"NTLM by a policy":  {[]string{"ntlm"}, proxyauth.AllSchemes(), 2},
		"NTLM left out":     {[]string{"ntlm", "digest"}, noNTLM, 1},
		"Basic by a policy": {[]string{"digest", "basic"}, []proxyauth.Scheme{proxyauth.Basic}, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBehind(t, squid.Options{Wants: test.wants})
			tr := b.transport(t, squid.Name+":"+squid.Password, Options{ProxyAuth: test.allowed})
			for i, address := range []string{b.secure, b.plain} {
				before := len(b.proxy.Log(t))
				if body, err := get(t, tr, address); err != nil || strings.TrimSpace(body) != "hello" {
					t.Fatalf("%s: %q, %v", address, body, err)
				}
				log := b.proxy.Log(t)[before:]
				tr.carry.Load().base.CloseIdleConnections()
				asked := 0
				for _, line := range log {
					if line.Status == http.StatusProxyAuthRequired {
						asked++
					}
				}
				// A tunnel is noted at its end.
				if name == "Basic" && i > 0 {
					asked++ // which goes out unasked, once it was all that the proxy wanted
				}
				if asked != test.asked {
					t.Errorf("%s: it asked %d times: %+v", address, asked, log)
				}
			}
			resp, err := tr.Client().Post(b.plain, "text/plain", strings.NewReader("a body"))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if body, err := io.ReadAll(resp.Body); string(body) != "hello a body" || err != nil {
				t.Errorf("a body that is sent twice arrives as %q, %v", body, err)
			}
		})
	}
}

// A wrong password is sent once, and never again by itself: accounts are locked after some.
func TestSquidRefusesAPassword(t *testing.T) {
	for _, scheme := range []string{"basic", "digest"} {
		t.Run(scheme, func(t *testing.T) {
			b := newBehind(t, squid.Options{Wants: []string{scheme, "basic"}})
			tr := b.transport(t, squid.Name+":wrong", Options{})
			for range 3 {
				for _, address := range []string{b.secure, b.plain} {
					f := faultOf(t, tr, address)
					var refused *proxyauth.RefusedError
					if f.Kind != ProxyAuth || f.Status != http.StatusProxyAuthRequired || !errors.As(f, &refused) || !refused.Lacks(proxyauth.PasswordRefused) {
						t.Errorf("%s: %v", address, f)
					}
				}
			}
			b.proxy.LogUntil(t, func(l squid.Line) bool { return l.Name == squid.Name })
			tries := 0
			for _, line := range b.proxy.Log(t) {
				if line.Name == squid.Name {
					tries++
				}
			}
			if tries != 1 {
				t.Errorf("the password was tried %d times: %+v", tries, b.proxy.Log(t))
			}
		})
	}
}

// A proxy that let us through and does not reach the host has taken the password all the
// same, and is known from then on.
func TestSquidThatReachesNobody(t *testing.T) {
	b := newBehind(t, squid.Options{Wants: []string{"basic"}})
	tr := b.transport(t, squid.Name+":"+squid.Password, Options{})
	if f := faultOf(t, tr, "https://nobody.contoso.invalid/"); f.Status < 500 {
		t.Errorf("%v", f)
	}
	if k := tr.proxies.Known(t.Context(), "localhost:"+b.proxy.Port); k.Used != proxyauth.Basic {
		t.Errorf("known: %+v", k)
	}
}

// A proxy that the network itself has named gets no password and no NTLM, unless a policy
// says by what it may be answered.
func TestWhoNamedTheProxy(t *testing.T) {
	b := newBehind(t, squid.Options{Wants: []string{"basic"}})
	for named, through := range map[origin]bool{
		byOptions: true, byEnvironment: true, bySetting: true, byScript: true, byPlainScript: false, byDetection: false,
	} {
		for _, allowed := range [][]proxyauth.Scheme{nil, {proxyauth.Basic}} {
			tr := newTransport(t, Options{ProxyAuth: allowed, ExtraCAFile: b.ca.file()})
			via := candidate{named: named, proxy: &url.URL{Scheme: "http", Host: "localhost:" + b.proxy.Port, User: url.UserPassword(squid.Name, squid.Password)}}
			tr.rules, tr.readAt = &rules{named: named, choose: func(*url.URL) (*url.URL, error) { return via.proxy, nil }}, tr.now()
			body, err := get(t, tr, b.secure)
			if got := err == nil && body == "hello"; got != (through || allowed != nil) {
				t.Errorf("named by %v, allowed %v: %q, %v", named, allowed, body, err)
			}
			var refused *proxyauth.RefusedError
			if err != nil && (!errors.As(err, &refused) || !refused.Lacks(proxyauth.NotVouched)) {
				t.Errorf("named by %v: %v", named, err)
			}
		}
	}
}

func TestProxyNames(t *testing.T) {
	got := map[string]string{}
	for _, address := range []string{"http://ada:s3cret@Proxy.example:8080", "http://proxy.example", "https://proxy.example", "http://[FD00::1]:1"} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		got[address] = ProxyName(u)
	}
	want := map[string]string{
		"http://ada:s3cret@Proxy.example:8080": "proxy.example:8080", "http://proxy.example": "proxy.example:80",
		"https://proxy.example": "proxy.example:443", "http://[FD00::1]:1": "[fd00::1]:1",
	}
	for _, typed := range []string{"Proxy.example:8080", " http://proxy.example:8080/", "https://proxy.example:8080"} {
		if name, err := ParseProxyName(typed); name != "proxy.example:8080" || err != nil {
			t.Errorf("%q is %q, %v", typed, name, err)
		}
	}
	for _, typed := range []string{"", "http://ada:s3cret@proxy:1", "socks5://proxy:1", "ftp://proxy", "a b"} {
		if name, err := ParseProxyName(typed); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q is %q, %v", typed, name, err)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}
