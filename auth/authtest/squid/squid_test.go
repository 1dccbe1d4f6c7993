package squid_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/auth/authtest/squid"
)

func TestTheRealmAndItsProxyStart(t *testing.T) {
	realm := squid.StartRealm(t)
	realm.LogOn(t, "FILE:"+filepath.Join(t.TempDir(), "cc"), squid.Name, squid.Password)
	squid.Start(t, squid.Options{Wants: []string{"negotiate", "ntlm", "digest", "basic"}, Realm: realm})
}

func TestBrowsersAreKnownInTheLog(t *testing.T) {
	p := squid.Start(t, squid.Options{})
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: net.JoinHostPort("127.0.0.1", p.Port)})}}
	t.Cleanup(client.CloseIdleConnections)
	for path, agent := range map[string]string{"/browser": "Mozilla/5.0 (X11; Linux x86_64)", "/portico": "Portico/1.0 (linux)", "/nobody": ""} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.Replace(server.URL, "127.0.0.1", "127.0.0.2", 1)+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("User-Agent", agent)
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		is := func(l squid.Line) bool { return strings.HasSuffix(l.Asked, path) }
		for _, line := range p.LogUntil(t, is) {
			if is(line) && line.Browser != (path == "/browser") {
				t.Errorf("%s is noted as %+v", path, line)
			}
		}
	}
}
