package auth_test

import (
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/fetch"
	"github.com/portico-desktop/portico/auth/network"
)

// officeHost is the provider's name, which only the office's proxy resolves.
const officeHost = "login.example.com"

// office is a desk in a company: the provider is behind a proxy.
type office struct {
	*desk
	proxy *authtest.Proxy
	// network is what its requests go through.
	network *network.Transport
	log     officeLog
}

func newOffice(t *testing.T, user string, options ...authtest.Option) *office {
	t.Helper()
	o := &office{desk: newDesk(t, append(options, authtest.WithHost(officeHost))...), proxy: authtest.NewProxy(t)}
	o.proxy.Hosts[officeHost+":443"] = o.provider.Address()
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "https_proxy", "NO_PROXY", "no_proxy"} {
		t.Setenv(name, "")
	}
	t.Setenv("HTTPS_PROXY", o.proxy.URL(user))
	o.network = trusting(t, o.provider)
	return o
}

// trusting is a network room that knows the provider's authority from a file.
func trusting(t *testing.T, p *authtest.Provider) *network.Transport {
	t.Helper()
	return trustingWith(t, p, network.Options{})
}

func trustingWith(t *testing.T, p *authtest.Provider, options network.Options) *network.Transport {
	t.Helper()
	options.ExtraCAFile = filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(options.ExtraCAFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	n, err := network.New(options)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// client is a program that goes through the proxy.
func (o *office) client() *auth.Client {
	o.t.Helper()
	c, err := auth.New(auth.Params{
		Provider: auth.Provider{ID: "work", Title: "Work account", Authority: o.provider.URL, ClientID: authtest.ClientID},
		Accounts: o.accounts(), CacheDir: o.dir, HTTP: o.network.Client(),
		Log: slog.New(slog.NewTextHandler(&o.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(c.Close)
	return c
}

// officeLog is written by several goroutines.
type officeLog struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *officeLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *officeLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestSignInThroughAProxy(t *testing.T) {
	const password = "canary-5c1d"
	o := newOffice(t, "ada:"+password)
	o.proxy.User = "ada:" + password
	tokens, page, err := o.signIn(o.client(), auth.BeginOptions{})
	if err != nil {
		t.Fatalf("signing in: %v (%s)", err, page)
	}
	// Metadata, the code, the keys.
	if asked := o.proxy.Asked(); len(asked) < 3 || slices.ContainsFunc(asked, func(s string) bool { return s != "CONNECT "+officeHost+":443" }) {
		t.Errorf("the proxy was asked for %v", asked)
	}
	before := len(o.proxy.Asked())
	if tokens, err = o.client().Refresh(t.Context(), tokens.Account.ID); err != nil {
		t.Fatalf("refreshing: %v", err)
	}
	if n := len(o.proxy.Asked()) - before; n != 1 {
		t.Errorf("a silent start took %d requests through the proxy, want 1", n)
	}

	o.proxy.User = "ada:another"
	_, err = o.client().Refresh(t.Context(), tokens.Account.ID)
	var fault *network.Fault
	if !errors.As(err, &fault) || fault.Kind != network.ProxyAuth || fault.Proxy != o.proxy.Address() {
		t.Errorf("with a wrong password: %v", err)
	}
	if r := auth.ReasonOf(err); r != auth.ReasonProxyAuth {
		t.Errorf("the reason is %s", r)
	}
	for what, text := range map[string]string{"the error": fmt.Sprintf("%v %+v", err, fault), "the log": o.log.String()} {
		if strings.Contains(text, password) {
			t.Errorf("%s holds the proxy's password: %s", what, text)
		}
	}
	if !strings.Contains(o.log.String(), "signed in") {
		t.Error("nothing was logged: this test looks in the wrong place")
	}
}

// Wherever a request ends, the engine says so as unavailable, nobody is signed
// out, and the reason is the network's.
func TestWhatNetworksDo(t *testing.T) {
	tests := map[string]struct {
		spoil func(*testing.T, *office)
		kind  network.Kind
		want  auth.Reason
	}{
		"the proxy wants a password": {func(_ *testing.T, o *office) { o.proxy.User = "ada:s3cret" }, network.ProxyAuth, auth.ReasonProxyAuth},
		"the proxy refuses":          {func(_ *testing.T, o *office) { o.proxy.Refuse = http.StatusForbidden }, network.ProxyDown, auth.ReasonProxyDown},
		"the proxy is not there": {func(t *testing.T, o *office) {
			t.Setenv("HTTPS_PROXY", "http://"+nobody(t))
			o.network.Reset()
		}, network.ProxyDown, auth.ReasonProxyDown},
		"behind the proxy nobody is": {func(t *testing.T, o *office) { o.proxy.Hosts[officeHost+":443"] = nobody(t) }, network.NoRoute, auth.ReasonUnreachable},
		"TLS is broken open": {func(t *testing.T, o *office) {
			n, err := network.New(network.Options{}) // without the file that makes it good
			if err != nil {
				t.Fatal(err)
			}
			o.network = n
		}, network.CertUnknown, auth.ReasonCertUnknown},
		"a log-on first": {func(_ *testing.T, o *office) {
			o.provider.Fault(authtest.Status(authtest.Token, http.StatusNetworkAuthenticationRequired))
			o.provider.Fault(authtest.Status(authtest.Discovery, http.StatusNetworkAuthenticationRequired))
		}, network.SignInFirst, auth.ReasonNetworkSignIn},
		"a log-on elsewhere": {func(_ *testing.T, o *office) {
			o.provider.Fault(authtest.RedirectTo(authtest.Token, http.StatusFound, "https://wifi.example.net/log-on"))
			o.provider.Fault(authtest.RedirectTo(authtest.Discovery, http.StatusFound, "https://wifi.example.net/log-on"))
		}, network.SignInFirst, auth.ReasonNetworkSignIn},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, "")
			tokens, _, err := o.signIn(o.client(), auth.BeginOptions{})
			if err != nil {
				t.Fatal(err)
			}
			o.forgetFreshness()
			test.spoil(t, o)
			check := func(step string, err error) {
				t.Helper()
				var unavailable *auth.UnavailableError
				var fault *network.Fault
				if !errors.As(err, &unavailable) || unavailable.Step != step || unavailable.Host != officeHost {
					t.Errorf("%s: the error is %v", step, err)
				}
				if !errors.As(err, &fault) || fault.Kind != test.kind || fault.Host != officeHost {
					t.Errorf("%s: the fault is %+v", step, fault)
				}
				if r := auth.ReasonOf(err); r != test.want {
					t.Errorf("%s: the reason is %s, want %s", step, r, test.want)
				}
			}
			_, err = o.client().Refresh(t.Context(), tokens.Account.ID)
			check("token", err)
			_, err = o.client().Metadata(t.Context())
			check("metadata", err)
			if known := o.remembered(); len(known) != 1 || !known[0].Remembered {
				t.Errorf("the sign-in was lost: %+v", known)
			}
		})
	}
}

// forgetFreshness makes the copy of the metadata due for confirmation.
func (o *office) forgetFreshness() {
	o.t.Helper()
	copies := &fetch.Getter{Dir: filepath.Join(o.dir, "provider")}
	d, ok := copies.Cached(o.provider.Endpoint(authtest.Discovery))
	if !ok {
		o.t.Fatal("there is no copy of the metadata")
	}
	d.Expires = d.Fetched
	if err := copies.Keep(d); err != nil {
		o.t.Fatal(err)
	}
}

// nobody is an address on loopback where nobody listens.
func nobody(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// An address that has never been right, and leads elsewhere, is a wrong address
// and no network that wants a log-on.
func TestAWrongAuthorityThatLeadsElsewhere(t *testing.T) {
	o := newOffice(t, "")
	o.provider.Fault(authtest.RedirectTo(authtest.Discovery, http.StatusFound, "https://www.example.net/"))
	_, err := o.client().Metadata(t.Context())
	var notProvider *auth.NotProviderError
	if !errors.As(err, &notProvider) {
		t.Errorf("the error is %v", err)
	}
}

// The provider on this computer is never asked for through a proxy.
func TestSignInOnThisComputerPassesProxiesBy(t *testing.T) {
	d := newDesk(t)
	o := newOffice(t, "")
	o.provider = d.provider
	o.proxy.Refuse = http.StatusForbidden
	t.Setenv("HTTP_PROXY", o.proxy.URL(""))
	o.network = trusting(t, d.provider)
	if _, page, err := o.signIn(o.client(), auth.BeginOptions{}); err != nil {
		t.Errorf("signing in: %v (%s)", err, page)
	}
	if asked := o.proxy.Asked(); len(asked) > 0 {
		t.Errorf("the proxy was asked for %v", asked)
	}
}

// A copy that this version cannot read is not confirmed by the provider for ever.
func TestCopiesThatCannotBeReadHeal(t *testing.T) {
	for _, e := range []authtest.Endpoint{authtest.Discovery, authtest.Keys} {
		t.Run(string(e), func(t *testing.T) {
			d := newDesk(t)
			d.mustSignIn()
			copies := &fetch.Getter{Dir: filepath.Join(d.dir, "provider")}
			spoilt, ok := copies.Cached(d.provider.Endpoint(e))
			if !ok || spoilt.ETag == "" {
				t.Fatalf("the copy is %+v", spoilt)
			}
			spoilt.Body, spoilt.Expires = []byte("{"), time.Now().Add(-time.Hour)
			if err := copies.Keep(spoilt); err != nil {
				t.Fatal(err)
			}
			d.mustSignIn()
			if healed, ok := copies.Cached(d.provider.Endpoint(e)); !ok || len(healed.Body) < 10 {
				t.Errorf("the copy is still %+v", healed)
			}
		})
	}
}

// NewHTTPClient is what programs get that bring no client.
func TestTheClientThatIsUsedWhenNoneIsGiven(t *testing.T) {
	d := newDesk(t)
	c, err := auth.New(auth.Params{
		Provider: auth.Provider{ID: "work", Authority: d.provider.URL, ClientID: authtest.ClientID},
		Accounts: d.accounts(),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, err = c.Metadata(t.Context())
	var fault *network.Fault
	if !errors.As(err, &fault) || fault.Kind != network.CertUnknown || fault.Issuer == "" {
		t.Errorf("a provider whose authority nobody knows: %v", err)
	}
}
