package demoportal

import (
	"crypto/tls"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func start(t *testing.T, p Params) *Server {
	t.Helper()
	s, err := p.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func get(t *testing.T, address, etag string) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if etag != "" {
		req.Header.Set("If-None-Match", etag)
	}
	r, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r, body
}

func TestManifestNamesItsProviderAndOnlyOpensWhatPorticoOpens(t *testing.T) {
	s := start(t, Params{Providers: []Provider{{ID: "demo", Authority: "http://127.0.0.1:1", ClientID: "portico"}}})
	_, body := get(t, s.URL()+ManifestPath, "")
	var m struct {
		Version   int
		Name      string
		Logo      struct{ Light, Dark string }
		Providers []Provider
		Menus     []struct{ ID, Title, URL string }
	}
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatal(err)
	}
	if m.Version != 1 || m.Name != "Contoso IT" || len(m.Providers) != 1 || m.Providers[0].Authority != "http://127.0.0.1:1" {
		t.Errorf("manifest: %+v", m)
	}
	schemes := map[string]int{}
	for _, menu := range m.Menus {
		u, err := url.Parse(menu.URL)
		if err != nil {
			t.Errorf("menu %s: %v", menu.ID, err)
			continue
		}
		schemes[u.Scheme]++
		if u.Scheme == "https" && !strings.HasSuffix(u.Host, ".contoso.example") {
			t.Errorf("menu %s leads to %s, which somebody may own", menu.ID, u.Host)
		}
	}
	if len(schemes) != 3 || schemes["https"] == 0 || schemes["mailto"] == 0 || schemes["tel"] == 0 {
		t.Errorf("schemes %v, want https, mailto and tel", schemes)
	}
	for _, logo := range []string{m.Logo.Light, m.Logo.Dark} {
		r, picture := get(t, s.URL()+logo, "")
		if r.StatusCode != 200 || r.Header.Get("Content-Type") != "image/svg+xml" {
			t.Errorf("%s: status %d, type %s", logo, r.StatusCode, r.Header.Get("Content-Type"))
		}
		d := xml.NewDecoder(strings.NewReader(string(picture)))
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", logo, err)
			}
		}
	}
}

func TestSpeaksTLSWhereItHasACertificate(t *testing.T) {
	// httptest's certificate is for 127.0.0.1, too.
	other := httptest.NewTLSServer(http.NotFoundHandler())
	defer other.Close()
	s := start(t, Params{TLS: &tls.Config{Certificates: other.TLS.Certificates}})
	r, err := other.Client().Get(s.URL() + ManifestPath)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusOK || r.TLS == nil {
		t.Errorf("%s: status %d, TLS %v", s.URL(), r.StatusCode, r.TLS)
	}
}

func TestManifestIsSentOnce(t *testing.T) {
	s := start(t, Params{})
	first, _ := get(t, s.URL()+ManifestPath, "")
	if got := first.Header.Get("Cache-Control"); got != "max-age=3600" {
		t.Errorf("Cache-Control %q", got)
	}
	again, body := get(t, s.URL()+ManifestPath, first.Header.Get("ETag"))
	if again.StatusCode != http.StatusNotModified || len(body) != 0 {
		t.Errorf("asked again: status %d, %d bytes; want 304 and none", again.StatusCode, len(body))
	}
	if n := s.Requests()[ManifestPath]; n != 2 {
		t.Errorf("counted %d requests, want 2", n)
	}
}

func TestWhatThePortalDoesNotHave(t *testing.T) {
	s := start(t, Params{})
	for _, path := range []string{"/typo", "/.well-known/portico.jsn", "/site/portico.json"} {
		if r, _ := get(t, s.URL()+path, ""); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", path, r.StatusCode)
		}
	}
}

func TestListensOnLoopbackOnly(t *testing.T) {
	if s, err := (Params{Addr: "0.0.0.0:0"}).Start(t.Context()); err == nil {
		s.Close()
		t.Error("the demo listens to the world")
	}
}
