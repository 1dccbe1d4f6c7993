package portal

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/portal/manifest"
)

// inside is a program on this computer that no portal may reach, and counts who does.
type inside struct {
	*httptest.Server
	asked atomic.Int32
}

func newInside(t *testing.T) *inside {
	i := &inside{}
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.asked.Add(1)
		if r.URL.Path == manifest.Path {
			fmt.Fprint(w, good)
			return
		}
		fmt.Fprint(w, goodLogo)
	}))
	t.Cleanup(i.Close)
	return i
}

// secure is a portal on https that says what the test wants.
func secure(t *testing.T, answer http.HandlerFunc) *httptest.Server {
	s := httptest.NewTLSServer(answer)
	t.Cleanup(s.Close)
	return s
}

func codeOf(err error) localapi.Code {
	var p *localapi.Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return ""
}

// leading is a good manifest with another logo or authority.
func leading(old, now string) string { return strings.Replace(good, old, now, 1) }

func TestPortalOnHTTPSDoesNotLeadToThisComputer(t *testing.T) {
	i := newInside(t)
	logo := func(ref string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == manifest.Path {
				fmt.Fprint(w, leading(`"/logo.svg"`, `"`+ref+`"`))
				return
			}
			http.Redirect(w, r, i.URL+"/logo.svg", http.StatusFound)
		}
	}
	for name, ref := range map[string]string{"address": i.URL + "/logo.svg", "redirect": "/logo.svg", "link": "https://169.254.169.254/logo.svg", "metadata": "https://metadata.google.internal/"} {
		s := secure(t, logo(ref))
		p, err := New(Params{HTTP: s.Client(), CacheDir: t.TempDir(), Pictures: drawn}).Renew(t.Context(), s.URL)
		if err != nil || p.Light != "" || len(p.UnusedLogos) != 1 {
			t.Errorf("logo by %s: %+v, %v", name, p, err)
		}
	}
	s := secure(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, i.URL+r.URL.Path, http.StatusFound) })
	if _, err := New(Params{HTTP: s.Client()}).Check(t.Context(), s.URL); codeOf(err) != localapi.PortalNotHTTPS {
		t.Errorf("redirect of the manifest: %v", err)
	}
	link := secure(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://169.254.169.254"+r.URL.Path, http.StatusFound)
	})
	if _, err := New(Params{HTTP: link.Client()}).Check(t.Context(), link.URL); err == nil || !strings.Contains(fmt.Sprint(err, codeOf(err)), "never asked") {
		t.Errorf("redirect to the link: %v", err)
	}
	for _, authority := range []string{i.URL, "https://169.254.169.254", "https://[fd00:ec2::254]/x"} {
		s := secure(t, func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, leading(`"https://login.example/v2.0"`, `"`+authority+`"`))
		})
		dir := t.TempDir()
		r := New(Params{HTTP: s.Client(), CacheDir: dir})
		if _, err := r.Renew(t.Context(), s.URL); codeOf(err) != localapi.ManifestInvalid || !strings.Contains(err.Error(), "providers[0].authority") {
			t.Errorf("authority %s: %v", authority, err)
		}
		// A copy that an earlier version has taken is none either.
		if d, err := r.docs.Renew(t.Context(), s.URL+manifest.Path); err != nil || r.docs.Keep(d) != nil {
			t.Fatal(err)
		}
		if p, ok := r.Cached(s.URL); ok {
			t.Errorf("authority %s: the copy is %+v", authority, p)
		}
	}
	if n := i.asked.Load(); n != 0 {
		t.Errorf("this computer was asked %d times", n)
	}
}

// The good providers go on, at the first start of a version that refuses one of them too.
func TestProviderWhereNoPortalMayLeadIsLeftOut(t *testing.T) {
	i := newInside(t)
	bad := `{"id":"near","authority":"` + i.URL + `","client_id":"x"},`
	s := secure(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, leading(`"providers":[`, `"providers":[`+bad))
	})
	r := New(Params{HTTP: s.Client(), CacheDir: t.TempDir()})
	check := func(from string, p *Published) {
		t.Helper()
		m := p.Manifest
		if _, ok := m.Provider("near"); ok || len(m.Providers) != 2 || len(m.Offered()) != 1 || m.Offered()[0].ID != "m365" {
			t.Errorf("%s: providers = %+v", from, m.Providers)
		}
		if len(m.Unused) != 1 || m.Unused[0].Field != "providers[0].authority" || !strings.Contains(m.Unused[0].Reason, i.URL) {
			t.Errorf("%s: unused = %+v", from, m.Unused)
		}
	}
	p, err := r.Renew(t.Context(), s.URL)
	if err != nil {
		t.Fatal(err)
	}
	check("network", p)
	p, ok := r.Cached(s.URL)
	if !ok {
		t.Fatal("the copy is not used")
	}
	check("copy", p)
	if n := i.asked.Load(); n != 0 {
		t.Errorf("this computer was asked %d times", n)
	}
}

func TestPortalOnThisComputerLeadsToThisComputer(t *testing.T) {
	i := newInside(t)
	s := newSite(t)
	s.manifest = func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, strings.Replace(leading(`"/logo.svg"`, `"`+i.URL+`/logo.svg"`), `"https://login.example/v2.0"`, `"`+i.URL+`"`, 1))
	}
	p, err := New(Params{HTTP: s.Client(), Pictures: drawn}).Renew(t.Context(), s.URL)
	if err != nil || p.Light == "" || p.Manifest.Providers[0].Authority != i.URL {
		t.Errorf("%+v, %v", p, err)
	}
	// So do a file, and what IT has decided.
	if _, err := New(Params{HTTP: s.Client()}).FromBytes("portico.json", []byte(leading(`"https://login.example/v2.0"`, `"`+i.URL+`"`))); err != nil {
		t.Error(err)
	}
	if _, err := manifest.ParseProviders([]byte(`[{"id":"a","authority":"`+i.URL+`","client_id":"x"}]`), "the policy"); err != nil {
		t.Error(err)
	}
}
