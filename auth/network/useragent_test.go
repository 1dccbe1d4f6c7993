package network

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/auth/authtest"
)

func TestWhoIsNamedToServersAndProxies(t *testing.T) {
	noProxies(t)
	system := strings.NewReplacer("darwin", "macos").Replace(runtime.GOOS)
	own := func(values ...string) http.Header { return http.Header{"User-Agent": values} }
	for name, test := range map[string]struct {
		option  string
		header  http.Header
		server  []string
		proxied string
	}{
		"the program":          {"Example/1.2.0 (test)", nil, []string{"Example/1.2.0 (test)"}, "Example/1.2.0 (test)"},
		"nobody in particular": {"", http.Header{"Accept": {"*/*"}}, []string{"portico-auth (" + system + ")"}, "portico-auth (" + system + ")"},
		"the request's own":    {"Example/1.2.0", own("Special/1"), []string{"Special/1"}, "Example/1.2.0"},
		"none, as asked":       {"Example/1.2.0", own(""), nil, "Example/1.2.0"},
	} {
		t.Run(name, func(t *testing.T) {
			var heard []string
			handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { heard = r.Header.Values("User-Agent") })
			ca := newAuthority(t, "Contoso Root CA")
			secure := httptest.NewUnstartedServer(handler)
			secure.TLS = &tls.Config{Certificates: []tls.Certificate{ca.issue("127.0.0.1", nil), ca.issue(officeHost, nil)}}
			secure.StartTLS()
			defer secure.Close()
			plain := httptest.NewServer(handler)
			defer plain.Close()
			proxy := authtest.NewProxy(t)
			proxy.Hosts[officeHost+":443"], proxy.Hosts[officeHost] = addressOf(t, secure), addressOf(t, plain)
			tr := newTransport(t, Options{Proxy: proxy.URL(""), ExtraCAFile: ca.file(), UserAgent: test.option})
			for _, address := range []string{secure.URL, plain.URL, "https://" + officeHost, "http://" + officeHost} {
				heard = []string{"nothing was heard"}
				req, err := http.NewRequest(http.MethodGet, address, nil)
				if err != nil {
					t.Fatal(err)
				}
				before := test.header.Clone()
				req.Header = test.header
				resp, err := tr.Client().Do(req)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
				if diff := cmp.Diff(test.server, heard); diff != "" {
					t.Errorf("%s (-want +got):\n%s", address, diff)
				}
				if diff := cmp.Diff(before["User-Agent"], req.Header["User-Agent"]); diff != "" {
					t.Errorf("the caller's request was changed:\n%s", diff)
				}
			}
			// The request in plain is the proxy's to pass on as it is.
			if agents := proxy.Agents(); len(agents) != 2 || agents[0] != test.proxied || agents[1] != strings.Join(test.server, "") {
				t.Errorf("the proxy was asked by %q", agents)
			}
		})
	}
}

func TestSystemsHaveTheirOwnWords(t *testing.T) {
	for goos, want := range map[string]string{"linux": "linux", "windows": "windows", "darwin": "macos"} {
		if got := systemWord(goos); got != want {
			t.Errorf("%s is called %q, want %q", goos, got, want)
		}
	}
}

func TestUserAgentsThatCannotBe(t *testing.T) {
	for _, agent := range []string{"Example/1\r\nX-Injected: yes", "Example\x00"} {
		if _, err := New(Options{UserAgent: agent}); err == nil {
			t.Errorf("%q was taken", agent)
		}
	}
}
