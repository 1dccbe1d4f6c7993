package agent

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy/policytest"
	"github.com/portico-desktop/portico/app/portal/manifest"
	"github.com/portico-desktop/portico/app/settings"
	"github.com/portico-desktop/portico/app/words"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/network"
	"github.com/portico-desktop/portico/auth/vault"
)

// practice is a computer for the doctor: a portal and a provider over TLS on
// loopback, a proxy that knows their names, a key store, and nothing of the
// computer that the tests run on.
type practice struct {
	t        *testing.T
	root     *testAuthority
	provider *authtest.Provider
	// portal serves answer, with certificate.
	portal      *httptest.Server
	answer      http.HandlerFunc
	certificate tls.Certificate
	proxy       *authtest.Proxy
	keyStore    *authtest.KeyStore
	extra       bytes.Buffer // authorities that are trusted
	params      Params
	timeout     time.Duration // of the key store
	desk        func(*diag.Desk)
	manifest    map[string]any
}

// Names that only the proxy knows.
const (
	portalName   = "portal.example.com"
	providerName = "login.example.com"
)

func newPractice(t *testing.T, options ...authtest.Option) *practice {
	t.Helper()
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy", "DISPLAY", "WAYLAND_DISPLAY"} {
		t.Setenv(name, "")
	}
	t.Setenv("BROWSER", "/bin/sh")
	p := &practice{t: t, root: newTestAuthority(t, "Contoso Root CA"), provider: authtest.New(t, options...), proxy: authtest.NewProxy(t), keyStore: authtest.NewKeyStore()}
	p.certificate = p.root.issue(nil)
	p.manifest = map[string]any{"version": 1, "name": "Contoso IT", "providers": []any{p.work()}}
	p.answer = func(w http.ResponseWriter, r *http.Request) { _ = json.NewEncoder(w).Encode(p.manifest) }
	p.portal = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != manifest.Path {
			http.NotFound(w, r)
			return
		}
		p.answer(w, r)
	}))
	p.portal.TLS = &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		return &tls.Config{Certificates: []tls.Certificate{p.certificate}}, nil
	}}
	p.portal.Config.ErrorLog = log.New(io.Discard, "", 0)
	p.portal.StartTLS()
	t.Cleanup(p.portal.Close)
	p.proxy.Hosts[portalName+":443"] = p.portal.Listener.Addr().String()
	p.proxy.Hosts[providerName+":443"] = p.provider.Address()
	paths, err := desktop.PathsFor(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p.params = Params{Start: settings.Start{Paths: paths, Words: words.New("en"), Portal: p.portal.URL, Policies: policytest.None}}
	p.trust(p.root.certificate)
	p.trust(p.provider.Certificate())
	return p
}

func (p *practice) work() map[string]any {
	return map[string]any{"id": "work", "title": "Work account", "authority": p.provider.URL, "client_id": authtest.ClientID}
}

// with changes the manifest's only provider.
func (p *practice) with(name string, value any) {
	p.manifest["providers"].([]any)[0].(map[string]any)[name] = value
}

func (p *practice) trust(c *x509.Certificate) {
	_ = pem.Encode(&p.extra, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

// byName lets everything go through the proxy, by names.
func (p *practice) byName() {
	p.params.Start.Portal = "https://" + portalName
	p.params.Network.Proxy = p.proxy.URL("")
}

// visited leaves a copy of the manifest, as a portal that was good yesterday.
func (p *practice) visited() {
	p.t.Helper()
	a := p.agent()
	if _, err := a.keeper.Reader().Renew(p.t.Context(), p.params.Start.Portal); err != nil {
		p.t.Fatalf("the portal is no good to begin with: %v", err)
	}
}

func (p *practice) agent() *Agent {
	p.t.Helper()
	params := p.params
	if params.Network.ExtraCAFile == "" {
		params.Network.ExtraCAFile = filepath.Join(p.t.TempDir(), "extra.pem")
		if err := os.WriteFile(params.Network.ExtraCAFile, p.extra.Bytes(), 0o600); err != nil {
			p.t.Fatal(err)
		}
	}
	params.Store = vault.New(vault.Params{Service: "check", Backend: p.keyStore, Timeout: p.timeout})
	return New(params)
}

func (p *practice) examine() localapi.CheckReport {
	p.t.Helper()
	a := p.agent()
	d := a.support.desk()
	if p.desk != nil {
		p.desk(&d)
	}
	return diag.Examine(p.t.Context(), d)
}

// finding is what has to come of a broken set-up.
type finding struct {
	cause string
	code  localapi.Code
	// skipped are checks that have to be skipped because of the cause.
	skipped []string
	// warned: nothing is bad, and this is only a warning.
	warned bool
}

// holds checks a report: the cause is the one, and nothing else is called bad.
func (f finding) holds(t *testing.T, r localapi.CheckReport) {
	t.Helper()
	first := r.First()
	if first == nil || first.ID != f.cause || first.Problem == nil || first.Problem.Code != f.code || f.warned != (r.Cause == "") {
		t.Errorf("the first to hear of is %+v, the cause %q; want %s of %s", first, r.Cause, f.code, f.cause)
	}
	skipped := map[string]bool{}
	english := words.New("en")
	for i, c := range r.Checks {
		if english.Text("check."+c.ID) == "check."+c.ID || english.Text("check.group."+c.Group) == "check.group."+c.Group {
			t.Errorf("there are no words for %s of %s", c.ID, c.Group)
		}
		if c.Status == localapi.CheckBad && &r.Checks[i] != first {
			t.Errorf("%s (%s) is bad as well: %+v", c.ID, c.Subject, c.Problem)
		}
		if (c.Problem != nil) != (c.Status == localapi.CheckBad || c.Status == localapi.CheckWarning) {
			t.Errorf("%s is %s, with the problem %+v", c.ID, c.Status, c.Problem)
		}
		if c.Because != "" && (c.Because != f.cause || c.Status != localapi.CheckSkipped) {
			t.Errorf("%s is %s because of %s", c.ID, c.Status, c.Because)
		}
		if c.Because == f.cause {
			skipped[c.ID] = true
		}
	}
	for _, id := range f.skipped {
		if !skipped[id] {
			t.Errorf("%s is not skipped because of it", id)
		}
	}
	if t.Failed() {
		var text strings.Builder
		diag.Text{Words: words.New("en"), Everything: true}.Write(&text, r)
		t.Log(text.String())
	}
}

// testAuthority signs certificates, as an organisation's own or an intercepting
// device's does.
type testAuthority struct {
	t           *testing.T
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newTestAuthority(t *testing.T, name string) *testAuthority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := &testAuthority{t: t, key: key}
	a.certificate = a.sign(&x509.Certificate{
		Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().AddDate(-2, 0, 0), NotAfter: time.Now().AddDate(2, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil, key)
	return a
}

func (a *testAuthority) sign(template, parent *x509.Certificate, key *ecdsa.PrivateKey) *x509.Certificate {
	a.t.Helper()
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		a.t.Fatal(err)
	}
	template.SerialNumber = serial
	if parent == nil {
		parent = template
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	c, err := x509.ParseCertificate(raw)
	if err != nil {
		a.t.Fatal(err)
	}
	return c
}

// issue makes a certificate for the portal, changed.
func (a *testAuthority) issue(change func(*x509.Certificate)) tls.Certificate {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: portalName}, DNSNames: []string{portalName, providerName}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().AddDate(0, -1, 0), NotAfter: time.Now().AddDate(0, 3, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if change != nil {
		change(template)
	}
	return tls.Certificate{Certificate: [][]byte{a.sign(template, a.certificate, key).Raw}, PrivateKey: key}
}

// nameServer replaces the system's resolver by one that answers everything with a
// code (RFC 1035, section 4.1.1).
func nameServer(t *testing.T, rcode byte) {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		message := make([]byte, 1500)
		for {
			n, from, err := server.ReadFrom(message)
			if err != nil {
				return
			}
			message[2], message[3] = message[2]|0x80, 0x80|rcode
			_, _ = server.WriteTo(message[:n], from)
		}
	}()
	before := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
	t.Cleanup(func() {
		net.DefaultResolver = before
		server.Close()
		<-done
	})
}

// closedPort is an address on loopback where nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// direct goes out without a proxy.
func (p *practice) direct() { p.params.Network.Proxy = network.Direct }
