package network

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// authority signs certificates, as a company's own or an intercepting proxy's does.
type authority struct {
	t           testing.TB
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	above       *authority // nil for a root
}

func newAuthority(t testing.TB, name string) *authority {
	t.Helper()
	a := &authority{t: t, key: newKey(t)}
	template := authorityTemplate(name)
	a.certificate = sign(t, template, template, &a.key.PublicKey, a.key)
	return a
}

// intermediate is an authority that a signs, and that servers send along.
func (a *authority) intermediate(name string) *authority {
	a.t.Helper()
	key := newKey(a.t)
	return &authority{t: a.t, key: key, above: a, certificate: sign(a.t, authorityTemplate(name), a.certificate, &key.PublicKey, a.key)}
}

func authorityTemplate(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name, Organization: []string{"Contoso"}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t testing.TB, template, parent *x509.Certificate, public *ecdsa.PublicKey, key *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// issue makes a server's certificate for a host; change may spoil it.
func (a *authority) issue(host string, change func(*x509.Certificate)) tls.Certificate {
	a.t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: host},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{host}
	}
	if change != nil {
		change(template)
	}
	key := newKey(a.t)
	out := tls.Certificate{PrivateKey: key, Certificate: [][]byte{sign(a.t, template, a.certificate, &key.PublicKey, a.key).Raw}}
	for up := a; up.above != nil; up = up.above {
		out.Certificate = append(out.Certificate, up.certificate.Raw)
	}
	return out
}

// file writes the authority's certificate where Options.ExtraCAFile can find it.
func (a *authority) file() string {
	a.t.Helper()
	file := filepath.Join(a.t.TempDir(), "authority.pem")
	raw := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.certificate.Raw})
	if err := os.WriteFile(file, append([]byte("# "+a.certificate.Subject.CommonName+"\n"), raw...), 0o600); err != nil {
		a.t.Fatal(err)
	}
	return file
}

// secureServer answers "hello" over TLS with the given certificate.
func secureServer(t testing.TB, config *tls.Config) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }))
	s.TLS = config
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// noProxies clears whatever proxies the tests' own environment has.
func noProxies(t testing.TB) {
	t.Helper()
	unset(t, "HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "REQUEST_METHOD")
}

// unset takes variables out of the environment until the test ends.
func unset(t testing.TB, names ...string) {
	t.Helper()
	for _, name := range names {
		if old, ok := os.LookupEnv(name); ok {
			os.Unsetenv(name)
			t.Cleanup(func() { os.Setenv(name, old) })
		}
	}
}

func newTransport(t testing.TB, o Options) *Transport {
	t.Helper()
	tr, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// get reads an address and returns its body.
func get(t testing.TB, tr *Transport, address string) (string, error) {
	t.Helper()
	resp, err := tr.Client().Get(address)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

// faultOf gets an address that must fail with a fault.
func faultOf(t testing.TB, tr *Transport, address string) *Fault {
	t.Helper()
	body, err := get(t, tr, address)
	var f *Fault
	if !errors.As(err, &f) {
		t.Fatalf("GET %s: %q, %v; want a fault", address, body, err)
	}
	return f
}

// askOf is how requests to an address leave.
func askOf(t *testing.T, tr *Transport, address string) Answer {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := tr.Ask(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// addressOf is a server's host and port.
func addressOf(t testing.TB, server *httptest.Server) string {
	t.Helper()
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// closedPort is an address on loopback where nobody listens.
func closedPort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// listen accepts connections and hands them to serve, which has to close them.
func listen(t testing.TB, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var conns sync.WaitGroup
	conns.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns.Go(func() { serve(c) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		conns.Wait()
	})
	return l.Addr().String()
}

// silent reads until the other side gives up and never answers.
func silent(c net.Conn) {
	io.Copy(io.Discard, c)
	c.Close()
}

// reset ends a connection with a RST.
func reset(c net.Conn) {
	c.Read(make([]byte, 1))
	c.(*net.TCPConn).SetLinger(0)
	c.Close()
}
