package network

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Answers of a name server (RFC 1035, section 4.1.1).
const (
	rcodeServerFailure = 2
	rcodeNameError     = 3
)

// nameServer is a resolver whose server on loopback answers every question with
// one code.
func nameServer(t *testing.T, rcode byte) *net.Resolver {
	t.Helper()
	return namesBy(t, func(message []byte) []byte {
		// The question comes back as an answer: QR and RA set, nothing in it.
		message[2], message[3] = message[2]|0x80, 0x80|rcode
		return message
	})
}

// namesBy is a resolver whose server on loopback answers as a test wants, nil for not
// at all.
func namesBy(t *testing.T, answer func(question []byte) []byte) *net.Resolver {
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
			if said := answer(message[:n]); said != nil {
				server.WriteTo(said, from)
			}
		}
	}()
	t.Cleanup(func() {
		server.Close()
		<-done
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
}

func TestNames(t *testing.T) {
	noProxies(t)
	for rcode, want := range map[byte]Kind{rcodeNameError: NameNotFound, rcodeServerFailure: NoRoute} {
		tr := newTransport(t, Options{})
		tr.dialer.Resolver = nameServer(t, rcode)
		equalFaults(t, faultOf(t, tr, "https://login.contoso.invalid:8443/x?code=y"), &Fault{Kind: want, Host: "login.contoso.invalid:8443"})
	}
}

func TestRoutes(t *testing.T) {
	noProxies(t)
	tests := map[string]string{
		"refused":         "https://" + closedPort(t),
		"reset":           "https://" + listen(t, reset),
		"silent":          "https://" + listen(t, silent),
		"silent in plain": "http://" + listen(t, silent),
		"hangs up":        "http://" + listen(t, func(c net.Conn) { c.Read(make([]byte, 1)); c.Close() }),
	}
	for name, address := range tests {
		t.Run(name, func(t *testing.T) {
			tr := newTransport(t, Options{})
			tr.answerIn = 300 * time.Millisecond
			_, host, _ := strings.Cut(address, "://")
			f := faultOf(t, tr, address)
			equalFaults(t, f, &Fault{Kind: NoRoute, Host: host})
			if strings.HasPrefix(name, "silent") && !errors.Is(f, errNoAnswer) {
				t.Errorf("a silent host gives %v", f)
			}
		})
	}
}

func TestCertificates(t *testing.T) {
	noProxies(t)
	const host = "127.0.0.1"
	ca := newAuthority(t, "Contoso Root CA")
	stranger := newAuthority(t, "Fortinet\u202e CA\r\n<b>")
	nameless := newAuthority(t, "")
	past, future := time.Now().Add(-30*time.Minute).Truncate(time.Second).UTC(), time.Now().Add(30*time.Minute).Truncate(time.Second).UTC()
	hour := time.Hour
	certificate := func(a *authority, change func(*x509.Certificate)) *tls.Config {
		return &tls.Config{Certificates: []tls.Certificate{a.issue(host, change)}}
	}
	tests := map[string]struct {
		server *tls.Config
		want   Fault
	}{
		"good":                        {server: certificate(ca, nil)},
		"good, in two":                {server: certificate(ca.intermediate("Contoso Issuing CA"), nil)},
		"a stranger's":                {server: certificate(stranger, nil), want: Fault{Kind: CertUnknown, Issuer: "Fortinet  CA  <b>"}},
		"a nameless one":              {server: certificate(nameless, nil), want: Fault{Kind: CertUnknown, Issuer: "Contoso"}},
		"in two":                      {server: certificate(stranger.intermediate("Below"), nil), want: Fault{Kind: CertUnknown, Issuer: "Fortinet  CA  <b>"}},
		"past its time":               {server: certificate(ca, func(c *x509.Certificate) { c.NotBefore, c.NotAfter = past.Add(-hour), past }), want: Fault{Kind: CertExpired, NotBefore: past.Add(-hour), NotAfter: past}},
		"before its time":             {server: certificate(ca, func(c *x509.Certificate) { c.NotBefore, c.NotAfter = future, future.Add(hour) }), want: Fault{Kind: CertExpired, NotBefore: future, NotAfter: future.Add(hour), NotYet: true}},
		"another host's":              {server: certificate(ca, func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"other.test"} }), want: Fault{Kind: CertName}},
		"not a server's":              {server: certificate(ca, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning} }), want: Fault{Kind: CertOther}},
		"old TLS":                     {server: &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10, Certificates: []tls.Certificate{ca.issue(host, nil)}}, want: Fault{Kind: CertOther}},
		"wants a certificate of ours": {server: &tls.Config{ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12, Certificates: []tls.Certificate{ca.issue(host, nil)}}, want: Fault{Kind: CertOther}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			server := secureServer(t, test.server)
			tr := newTransport(t, Options{ExtraCAFile: ca.file()})
			if test.want.Kind == "" {
				if body, err := get(t, tr, server.URL); err != nil || body != "hello" {
					t.Errorf("got %q, %v", body, err)
				}
				return
			}
			test.want.Host = addressOf(t, server)
			equalFaults(t, faultOf(t, tr, server.URL), &test.want)
		})
	}
	t.Run("no TLS at all", func(t *testing.T) {
		server := httpServer(t)
		equalFaults(t, faultOf(t, newTransport(t, Options{}), "https://"+addressOf(t, server)), &Fault{Kind: CertOther, Host: addressOf(t, server)})
	})
}

func TestClassifyOtherClientsErrors(t *testing.T) {
	fault := &Fault{Kind: ProxyAuth, Host: "a", Err: io.EOF}
	unknown := x509.UnknownAuthorityError{}
	tests := map[string]struct {
		err  error
		want Kind
	}{
		"none":                    {nil, ""},
		"a fault":                 {fmt.Errorf("asking: %w", &url.Error{Op: "Get", URL: "https://a/?code=1", Err: fault}), ProxyAuth},
		"cancelled":               {&url.Error{Op: "Get", URL: "https://a/", Err: context.Canceled}, ""},
		"a deadline":              {&url.Error{Op: "Get", URL: "https://a/", Err: context.DeadlineExceeded}, NoRoute},
		"a reset":                 {&net.OpError{Op: "read", Net: "tcp", Err: io.ErrUnexpectedEOF}, NoRoute},
		"an end":                  {fmt.Errorf("reading: %w", io.ErrUnexpectedEOF), NoRoute},
		"a proxy":                 {&url.Error{Op: "Get", URL: "https://a/", Err: &net.OpError{Op: "proxyconnect", Net: "tcp", Err: io.EOF}}, ProxyDown},
		"a proxy's certificate":   {&net.OpError{Op: "proxyconnect", Net: "tcp", Err: unknown}, ProxyDown},
		"a name":                  {&net.DNSError{Err: "no such host", Name: "a", IsNotFound: true}, NameNotFound},
		"a resolver":              {&net.DNSError{Err: "server misbehaving", Name: "a", IsTemporary: true}, NoRoute},
		"an authority, no more":   {&tls.CertificateVerificationError{Err: unknown}, CertUnknown},
		"not an authority's":      {&tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.NotAuthorizedToSign}}, CertUnknown},
		"expired, no more":        {x509.CertificateInvalidError{Reason: x509.Expired}, CertOther},
		"another weakness":        {&tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.IncompatibleUsage}}, CertOther},
		"the platform's other no": {&tls.CertificateVerificationError{Err: errors.New("x509: “a” certificate is not standards compliant")}, CertOther},
		"an alert":                {&net.OpError{Op: "remote error", Err: errors.New("tls: handshake failure")}, CertOther},
		"something else":          {errors.New("malformed HTTP response"), ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := Classify(test.err, "login.test")
			var got Kind
			if f != nil {
				got = f.Kind
				if f != fault && (f.Host != "login.test" || f.Err == nil) {
					t.Errorf("fault %+v of %v", f, test.err)
				}
				if strings.Contains(f.Error(), "https://") {
					t.Errorf("the fault repeats the address: %v", f)
				}
			}
			if got != test.want {
				t.Errorf("%v is %q, want %q", test.err, got, test.want)
			}
		})
	}
}

func TestACancelledRequestIsNoFault(t *testing.T) {
	noProxies(t)
	arrived := make(chan struct{})
	address := listen(t, func(c net.Conn) {
		close(arrived)
		silent(c)
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = newTransport(t, Options{}).Client().Do(req)
	var f *Fault
	if !errors.Is(err, context.Canceled) || errors.As(err, &f) {
		t.Errorf("got %v", err)
	}
}

// The caller's own limit is as good as ours.
func TestACallersDeadlineIsAFault(t *testing.T) {
	noProxies(t)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	address := listen(t, silent)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = newTransport(t, Options{}).RoundTrip(req)
	var f *Fault
	if !errors.As(err, &f) || f.Kind != NoRoute || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// The limit on the header must not cut off a body that is still coming, and the
// connection ends with the answer.
func TestAnAnswerMayTakeLongerThanItsHeader(t *testing.T) {
	noProxies(t)
	const limit = 200 * time.Millisecond
	closed := make(chan struct{})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "early ")
		w.(http.Flusher).Flush()
		<-time.After(2 * limit)
		io.WriteString(w, "late")
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateClosed {
			close(closed)
		}
	}
	server.Start()
	defer server.Close()
	tr := newTransport(t, Options{})
	tr.answerIn = limit
	if body, err := get(t, tr, server.URL); err != nil || body != "early late" {
		t.Errorf("got %q, %v", body, err)
	}
	select {
	case <-closed:
	case <-t.Context().Done():
	case <-time.After(10 * time.Second):
		t.Error("the connection was kept")
	}
}

func TestFaultsSpeak(t *testing.T) {
	f := &Fault{Kind: ProxyAuth, Host: "login.test", Proxy: "proxy.test:8080", Wants: []string{"Negotiate", "NTLM"}, Err: &refusedByProxy{status: 407}}
	if diff := cmp.Diff("proxy-auth: login.test through the proxy proxy.test:8080 (which wants Negotiate or NTLM): the proxy answers with status 407", f.Error()); diff != "" {
		t.Error(diff)
	}
	f = &Fault{Kind: CertUnknown, Host: "login.test", Issuer: "Zscaler Root CA"}
	if diff := cmp.Diff("cert-unknown: login.test (certificate issued by Zscaler Root CA)", f.Error()); diff != "" {
		t.Error(diff)
	}
}
