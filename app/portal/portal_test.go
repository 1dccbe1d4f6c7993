package portal

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/portal/manifest"
	"github.com/portico-desktop/portico/auth/fetch"
	"github.com/portico-desktop/portico/auth/plain"
)

//go:embed manifest/testdata/good.json
var goodFile string

// good is a manifest.
var good = strings.TrimSpace(goodFile)

func TestNormalise(t *testing.T) {
	tests := []struct {
		typed, want string
		code        localapi.Code
	}{
		{typed: "portal.contoso.example", want: "https://portal.contoso.example"},
		{typed: "  Portal.Contoso.example/login?x=1 ", want: "https://portal.contoso.example"},
		{typed: "https://portal.contoso.example:8443/.well-known/portico.json", want: "https://portal.contoso.example:8443"},
		{typed: "http://127.0.0.1:8974", want: "http://127.0.0.1:8974"},
		{typed: "http://[::1]:8974/", want: "http://[::1]:8974"},
		{typed: "localhost:8974", want: "http://localhost:8974"},
		{typed: "127.0.0.1:8974/x", want: "http://127.0.0.1:8974"},
		{typed: "https://localhost:8974", want: "https://localhost:8974"},
		{typed: "http://portal.contoso.example", code: localapi.PortalNotHTTPS},
		{typed: "", code: localapi.PortalAddress},
		{typed: "contoso", code: localapi.PortalAddress},
		{typed: "contoso.", code: localapi.PortalAddress},
		{typed: "contoso..example", code: localapi.PortalAddress},
		{typed: "my portal.example", code: localapi.PortalAddress},
		{typed: "ada@contoso.example", code: localapi.PortalAddress},
		{typed: "https://user:pw@contoso.example", code: localapi.PortalAddress},
		{typed: "ftp://contoso.example", code: localapi.PortalAddress},
		{typed: "contoso.example:99999", code: localapi.PortalAddress},
		{typed: "contoso,example.com", code: localapi.PortalAddress},
	}
	for _, test := range tests {
		got, err := Normalise(test.typed)
		var p *localapi.Problem
		if got != test.want || test.code != "" && (!errors.As(err, &p) || p.Code != test.code) || test.code == "" && err != nil {
			t.Errorf("Normalise(%q) = %q, %v; want %q, %s", test.typed, got, err, test.want, test.code)
		}
	}
}

func TestTypedAddressBecomesASCII(t *testing.T) {
	for typed, want := range map[string]string{"müller.example": "https://xn--mller-kva.example", "https://МОСКВА.example/x": "https://xn--80adxhks.example"} {
		if got, err := Normalise(typed); err != nil || got != want {
			t.Errorf("Normalise(%q) = %q, %v; want %q", typed, got, err, want)
		}
	}
	for r := range rune(0x10000) {
		if !plain.Hidden(r) {
			continue
		}
		typed := "portal" + string(r) + ".contoso\u202e.example"
		_, err := Normalise(typed)
		var p *localapi.Problem
		if !errors.As(err, &p) || strings.ContainsFunc(p.Params["address"], plain.Hidden) {
			t.Errorf("%U: %v, %q", r, err, p)
		}
	}
}

// site is a portal on loopback whose answers a test can change.
type site struct {
	*httptest.Server
	manifest func(http.ResponseWriter, *http.Request)
	// answers are those of other paths, instead of the usual ones.
	answers map[string]http.HandlerFunc
}

func (s *site) answer(path string, handle http.HandlerFunc) { s.answers[path] = handle }

func newSite(t *testing.T) *site {
	s := &site{answers: make(map[string]http.HandlerFunc)}
	s.manifest = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		w.Header().Set("Cache-Control", "max-age=600")
		if r.Header.Get("If-None-Match") == `"1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		fmt.Fprint(w, good)
	}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if handle := s.answers[r.URL.Path]; handle != nil {
			handle(w, r)
			return
		}
		switch r.URL.Path {
		case manifest.Path:
			s.manifest(w, r)
		case "/logo.svg":
			fmt.Fprint(w, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>`)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func TestRenewKeepsTheLastGoodCopy(t *testing.T) {
	s := newSite(t)
	now := time.Now()
	r := New(Params{HTTP: s.Client(), CacheDir: t.TempDir(), Pictures: drawn, Now: func() time.Time { return now }})
	if _, ok := r.Cached(s.URL); ok {
		t.Error("there is a copy before anything was read")
	}
	first, err := r.Renew(t.Context(), s.URL)
	if err != nil || first.Light == "" || first.Pictures[first.Light] == nil || !now.Before(first.Expires) {
		t.Fatalf("first = %+v, %v", first, err)
	}
	now = now.Add(11 * time.Minute)
	cached, ok := r.Cached(s.URL)
	if !ok || now.Before(cached.Expires) || cached.Light != first.Light {
		t.Errorf("copy = %+v, %v; want it stale and with its logo", cached, ok)
	}
	if diff := cmp.Diff(first.Manifest, cached.Manifest); diff != "" {
		t.Error(diff)
	}
	again, err := r.Renew(t.Context(), s.URL)
	if err != nil || !now.Before(again.Expires) || !again.Checked.Equal(now) {
		t.Errorf("confirmed = %+v, %v", again, err)
	}
	s.manifest = func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"version":1,"name":""}`) }
	if _, err := r.Renew(t.Context(), s.URL); err == nil {
		t.Error("a wrong manifest was accepted")
	}
	if cached, ok := r.Cached(s.URL); !ok || cached.Manifest.Name != "Contoso IT" {
		t.Error("the last good copy was lost")
	}
}

func TestFaultsOfAPortal(t *testing.T) {
	answer := func(status int, body string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status); fmt.Fprint(w, body) }
	}
	tests := map[string]struct {
		manifest func(http.ResponseWriter, *http.Request)
		code     localapi.Code
	}{
		"404":                                  {answer(404, "no"), localapi.PortalNotFound},
		"500":                                  {answer(500, "oops"), localapi.PortalFailing},
		"403":                                  {answer(403, "no"), localapi.NotAPortal},
		"a web page":                           {answer(200, "<html>"), localapi.NotAPortal},
		"two megabytes":                        {answer(200, strings.Repeat(" ", 2<<20)), localapi.NotAPortal},
		"a long page":                          {answer(200, "<html>"+strings.Repeat(" ", fetch.DefaultMaxBytes)), localapi.NotAPortal},
		"a long manifest":                      {answer(200, good+strings.Repeat(" ", fetch.DefaultMaxBytes)), localapi.ManifestTooLarge},
		"a long one from an editor on Windows": {answer(200, "\ufeff"+good+strings.Repeat(" ", fetch.DefaultMaxBytes)), localapi.ManifestTooLarge},
		"a redirect to http": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://portal.example/", http.StatusFound)
		}, localapi.PortalNotHTTPS},
		"redirects for ever":   {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }, localapi.PortalUnreachable},
		"a dropped connection": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, localapi.PortalUnreachable},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.manifest = test.manifest
			r := New(Params{HTTP: s.Client(), CacheDir: t.TempDir()})
			_, err := r.Check(t.Context(), s.URL)
			var p *localapi.Problem
			if !errors.As(err, &p) || p.Code != test.code {
				t.Errorf("err = %v, want %s", err, test.code)
			}
		})
	}
}

func TestUntrustedCertificateIsNamed(t *testing.T) {
	s := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(s.Close)
	s.Config.ErrorLog = nil
	r := New(Params{HTTP: &http.Client{Timeout: 10 * time.Second}})
	_, err := r.Check(t.Context(), s.URL)
	var p *localapi.Problem
	if !errors.As(err, &p) || p.Code != localapi.CertificateUnknown || p.Params["host"] == "" || p.Params["issuer"] == "" {
		t.Errorf("err = %v, want the certificate and who signed it to be named", err)
	}
}

func TestPortalThatWantsAPauseIsHeard(t *testing.T) {
	s := newSite(t)
	s.manifest = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "90")
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	r := New(Params{HTTP: s.Client()})
	_, err := r.Check(t.Context(), s.URL)
	var p *localapi.Problem
	if !errors.As(err, &p) || p.Code != localapi.PortalFailing || p.Params["retry_after"] != "90" {
		t.Errorf("err = %v (%+v)", err, p)
	}
}

// A copy that this version cannot use is not confirmed by the server as unchanged.
func TestCopyThatIsNoGoodAnyMoreIsFetchedWhole(t *testing.T) {
	s := newSite(t)
	dir := t.TempDir()
	old := strings.Replace(good, `"client_id":"6f1c"`, `"client_id":"6f1c","client_secret":"x"`, 1)
	serve := s.manifest
	s.manifest = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		fmt.Fprint(w, old)
	}
	r := New(Params{HTTP: s.Client(), CacheDir: dir})
	d, err := r.docs.Renew(t.Context(), s.URL+manifest.Path)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.docs.Keep(d); err != nil {
		t.Fatal(err)
	}
	s.manifest = serve // by the same ETag
	if p, err := r.Renew(t.Context(), s.URL); err != nil || p.Manifest.Name != "Contoso IT" {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestCancelledReadIsNoFaultOfThePortal(t *testing.T) {
	s := newSite(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := New(Params{HTTP: s.Client()})
	if _, err := r.Check(ctx, s.URL); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
}

func TestAHandedOverManifestIsBounded(t *testing.T) {
	var p *localapi.Problem
	raw := good + strings.Repeat(" ", fetch.DefaultMaxBytes)
	_, err := New(Params{HTTP: http.DefaultClient}).FromBytes("portico.json", []byte(raw))
	if !errors.As(err, &p) || p.Code != localapi.ManifestTooLarge || p.Params["host"] != "portico.json" || p.Params["limit"] != "1 MiB" {
		t.Error(err)
	}
}
