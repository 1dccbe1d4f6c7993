package network

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/auth/authtest"
)

// street is a way to a server that counts what it is sent, over a device that looks
// into TLS.
type street struct {
	t      *testing.T
	ca     *authority
	server *httptest.Server
	served []string // the bodies that came
	box    *authtest.Middlebox
	url    string
	proxy  string
}

// newStreet has the device behind a proxy, of whichever scheme, or before the
// server itself where proxy is "".
func newStreet(t *testing.T, proxy string, how authtest.Swallows, limit int) *street {
	t.Helper()
	noProxies(t)
	s := &street{t: t, ca: newAuthority(t, "Contoso Root CA"), proxy: Direct}
	s.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.served = append(s.served, string(body))
		io.WriteString(w, "hello")
	}))
	s.server.TLS = &tls.Config{Certificates: []tls.Certificate{s.ca.issue("127.0.0.1", nil), s.ca.issue(officeHost, nil)}}
	s.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.server.StartTLS()
	t.Cleanup(s.server.Close)
	s.box = authtest.NewMiddlebox(t, addressOf(t, s.server), how, limit)
	s.url = "https://" + s.box.Address()
	if proxy == "" {
		return s
	}
	p := authtest.NewProxy(t)
	p.Hosts[officeHost+":443"] = s.box.Address()
	s.url, s.proxy = "https://"+officeHost, "http://"+p.Address()
	if proxy == "https" {
		s.proxy = "https://" + overTLS(t, p.Address(), s.ca.issue("127.0.0.1", nil))
	}
	return s
}

// overTLS is an address where TLS is taken off what goes to another.
func overTLS(t *testing.T, to string, certificate tls.Certificate) string {
	t.Helper()
	return listen(t, func(c net.Conn) {
		here := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{certificate}})
		defer here.Close()
		there, err := net.Dial("tcp", to)
		if err != nil {
			return
		}
		var back sync.WaitGroup
		back.Go(func() { io.Copy(here, there); here.Close() })
		io.Copy(there, here)
		there.Close()
		back.Wait()
	})
}

func (s *street) transport() *Transport {
	s.t.Helper()
	tr := newTransport(s.t, Options{Proxy: s.proxy, ExtraCAFile: s.ca.file()})
	tr.helloIn = time.Second
	return tr
}

// once is a body that can be read once and not be had again, as those of token
// requests.
type once struct {
	io.Reader
	read, closed atomic.Int32
	ended        chan struct{} // with the first Close
}

func (b *once) Read(p []byte) (int, error) {
	b.read.Add(1)
	return b.Reader.Read(p)
}

func (b *once) Close() error {
	if b.closed.Add(1) == 1 {
		close(b.ended)
	}
	return nil
}

func post(ctx context.Context, t *testing.T, address, form string) (*http.Request, *once) {
	t.Helper()
	body := &once{Reader: strings.NewReader(form), ended: make(chan struct{})}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, body)
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = int64(len(form))
	return req, body
}

// sizes says of hellos whether they are too long for old devices.
func sizes(hellos []int) string {
	var s []string
	for _, n := range hellos {
		if n > authtest.LongestHello {
			s = append(s, "long")
		} else {
			s = append(s, "short")
		}
	}
	return strings.Join(s, " ")
}

func TestDevicesThatCannotCarryPostQuantumHandshakes(t *testing.T) {
	for how, name := range map[authtest.Swallows]string{authtest.Resets: "resets", authtest.Closes: "closes", authtest.Drops: "drops"} {
		for _, proxy := range []string{"", "http", "https"} {
			t.Run(strings.TrimSpace(name+" "+proxy), func(t *testing.T) {
				s := newStreet(t, proxy, how, authtest.LongestHello)
				tr := s.transport()
				now := time.Now()
				tr.now = func() time.Time { return now }
				want := ""
				steps := []struct {
					before  func()
					expects string
				}{
					{func() {}, "long short"},
					{func() {}, "short"}, // remembered
					{func() { now = now.Add(oldFor) }, "short"},
					{func() { now = now.Add(time.Second) }, "long short"},  // too long ago
					{tr.Reset, "long short"},                               // another network
					{func() { now = now.Add(-time.Minute) }, "long short"}, // the clock was set back
				}
				if how == authtest.Drops {
					steps = steps[:2] // each long hello takes a second
				}
				for i, step := range steps {
					step.before()
					req, body := post(t.Context(), t, s.url, "grant_type=authorization_code&code=c0de")
					resp, err := tr.Client().Do(req)
					if err != nil {
						t.Fatalf("step %d: %v", i, err)
					}
					resp.Body.Close()
					if want = strings.TrimSpace(want + " " + step.expects); sizes(s.box.Hellos()) != want {
						t.Fatalf("step %d: the hellos are %v, want %s", i, s.box.Hellos(), want)
					}
					if len(s.served) != i+1 || s.served[i] != "grant_type=authorization_code&code=c0de" {
						t.Errorf("step %d: the server was sent %q", i, s.served)
					}
					select {
					case <-body.ended: // net/http may take longer than the answer
					case <-time.After(10 * time.Second):
					}
					if n := body.closed.Load(); n != 1 {
						t.Errorf("step %d: the body was closed %d times", i, n)
					}
					if host := tr.ClassicOnly(); "https://"+host != s.url {
						t.Errorf("step %d: the network is old because of %q", i, host)
					}
				}
			})
		}
	}
}

func TestAModernNetworkIsAskedOnce(t *testing.T) {
	s := newStreet(t, "", authtest.Resets, 1<<14)
	tr := s.transport()
	resp, err := tr.Client().Get(s.url)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got := sizes(s.box.Hellos()); got != "long" || resp.TLS.CurveID != tls.X25519MLKEM768 || tr.ClassicOnly() != "" {
		t.Errorf("the hellos are %s, the key exchange %s, old because of %q", got, resp.TLS.CurveID, tr.ClassicOnly())
	}
}

// Nothing passes this device: the second try is the last, and the fault is as ever.
func TestAServerThatNeverAnswersIsTriedTwice(t *testing.T) {
	for how, name := range map[authtest.Swallows]string{authtest.Resets: "resets", authtest.Closes: "closes", authtest.Drops: "drops"} {
		for _, proxy := range []string{"", "http"} {
			t.Run(strings.TrimSpace(name+" "+proxy), func(t *testing.T) {
				s := newStreet(t, proxy, how, 0)
				tr := s.transport()
				tr.helloIn, tr.handshakeIn = 200*time.Millisecond, 500*time.Millisecond
				req, body := post(t.Context(), t, s.url, "code=c0de")
				begun := time.Now()
				_, err := tr.RoundTrip(req)
				var f *Fault
				if !errors.As(err, &f) {
					t.Fatalf("got %v", err)
				}
				want := &Fault{Kind: NoRoute, Host: strings.TrimPrefix(s.url, "https://")}
				if proxy != "" {
					want.Proxy = strings.TrimPrefix(s.proxy, "http://")
				}
				equalFaults(t, f, want)
				if got := sizes(s.box.Hellos()); got != "long short" || tr.ClassicOnly() != "" {
					t.Errorf("the hellos are %s, old because of %q", got, tr.ClassicOnly())
				}
				if body.read.Load() != 0 || body.closed.Load() != 1 {
					t.Errorf("the body was read %d times and closed %d times", body.read.Load(), body.closed.Load())
				}
				if took := time.Since(begun); how == authtest.Drops && took < tr.handshakeIn || took > dialLimit {
					t.Errorf("it took %s", took)
				}
			})
		}
	}
}

// An alert, a bad certificate and nonsense are answers.
func TestAnswersThatNoSecondHelloCouldMend(t *testing.T) {
	noProxies(t)
	ca := newAuthority(t, "Contoso Root CA")
	unknown := secureServer(t, &tls.Config{Certificates: []tls.Certificate{newAuthority(t, "Somebody Else").issue("127.0.0.1", nil)}})
	old := secureServer(t, &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10, Certificates: []tls.Certificate{ca.issue("127.0.0.1", nil)}})
	for name, test := range map[string]struct {
		server string
		want   Kind
	}{
		"a certificate of an unknown authority": {addressOf(t, unknown), CertUnknown},
		"an alert":                              {addressOf(t, old), CertOther},
		"no TLS":                                {addressOf(t, httpServer(t)), CertOther},
		"half an answer": {listen(t, func(c net.Conn) {
			c.Read(make([]byte, 1))
			c.Write([]byte{22, 3, 3, 0, 90, 2})
			c.(*net.TCPConn).SetLinger(0)
			c.Close()
		}), NoRoute},
	} {
		t.Run(name, func(t *testing.T) {
			box := authtest.NewMiddlebox(t, test.server, authtest.Drops, 1<<14)
			tr := newTransport(t, Options{ExtraCAFile: ca.file()})
			if f := faultOf(t, tr, "https://"+box.Address()); f.Kind != test.want {
				t.Errorf("the fault is %v", f)
			}
			if got := sizes(box.Hellos()); got != "long" || tr.ClassicOnly() != "" {
				t.Errorf("the hellos are %s, old because of %q", got, tr.ClassicOnly())
			}
		})
	}
}

// A slow server answers the second hello as late as it would have the first.
func TestASlowServerIsNoOldNetwork(t *testing.T) {
	s := newStreet(t, "", authtest.Drops, 1<<14)
	tr := s.transport()
	tr.helloIn = 100 * time.Millisecond
	s.server.TLS.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		<-time.After(3 * tr.helloIn)
		return nil, nil
	}
	if body, err := get(t, tr, s.url); err != nil || body != "hello" {
		t.Errorf("got %q, %v", body, err)
	}
	if got := sizes(s.box.Hellos()); got != "long short" || tr.ClassicOnly() != "" {
		t.Errorf("the hellos are %s, old because of %q", got, tr.ClassicOnly())
	}
}

// Whoever has turned ML-KEM off is not asked to wait for the same hello twice.
func TestAHelloWithoutPostQuantumKeyIsNotRepeated(t *testing.T) {
	s := newStreet(t, "", authtest.Resets, 0)
	t.Setenv("GODEBUG", "tlsmlkem=0")
	faultOf(t, s.transport(), s.url)
	if got := sizes(s.box.Hellos()); got != "short" {
		t.Errorf("the hellos are %s", got)
	}
}

func TestARequestThatWasGivenUpIsNotTriedAgain(t *testing.T) {
	s := newStreet(t, "", authtest.Drops, authtest.LongestHello)
	tr := s.transport()
	tr.helloIn = time.Hour
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	req, body := post(ctx, t, s.url, "code=c0de")
	if _, err := tr.RoundTrip(req); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if got := sizes(s.box.Hellos()); got != "long" || body.read.Load() != 0 || body.closed.Load() != 1 {
		t.Errorf("the hellos are %s, the body was closed %d times", got, body.closed.Load())
	}
}

// What was learned ends with what it was learned of.
func TestWhatIsKnownOfANetworkEnds(t *testing.T) {
	s := newStreet(t, "", authtest.Resets, authtest.LongestHello)
	tr := s.transport()
	learned := func() {
		t.Helper()
		if _, err := get(t, tr, s.url); err != nil || tr.ClassicOnly() == "" {
			t.Fatalf("%v, old because of %q", err, tr.ClassicOnly())
		}
	}
	learned()
	stranger := secureServer(t, &tls.Config{Certificates: []tls.Certificate{newAuthority(t, "Somebody Else").issue("127.0.0.1", nil)}})
	if f := faultOf(t, tr, stranger.URL); f.Kind != CertUnknown || tr.ClassicOnly() == "" {
		t.Errorf("a bad certificate: %v, old because of %q", f, tr.ClassicOnly())
	}
	picky := secureServer(t, &tls.Config{CurvePreferences: []tls.CurveID{tls.X25519MLKEM768}, Certificates: []tls.Certificate{s.ca.issue("127.0.0.1", nil)}})
	if f := faultOf(t, tr, picky.URL); f.Kind != CertOther || tr.ClassicOnly() != "" {
		t.Errorf("a server that wants more: %v, old because of %q", f, tr.ClassicOnly())
	}
	if body, err := get(t, tr, picky.URL); err != nil || body != "hello" {
		t.Errorf("the server that wants more, once more: %q, %v", body, err)
	}
	learned()
	_, before := tr.classicOnly()
	tr.Reset()
	if tr.learn("late.test", before); tr.ClassicOnly() != "" {
		t.Error("a network is blamed for the one before")
	}
}

func TestManyRequestsAtOnceInAnOldNetwork(t *testing.T) {
	s := newStreet(t, "http", authtest.Resets, authtest.LongestHello)
	var served atomic.Int32
	s.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { served.Add(1) })
	tr := s.transport()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := get(t, tr, s.url); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if diff := cmp.Diff(int32(8), served.Load()); diff != "" {
		t.Error(diff)
	}
}
