//go:build linux

package e2e

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/cmd/internal/demoportal"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// site is a web site with something at a portal's place.
func site(t *testing.T, manifest http.HandlerFunc) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc(demoportal.ManifestPath, manifest)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// nobody is the address of a port on which nobody listens.
func nobody(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	return "http://" + l.Addr().String()
}

const webPage = "<!doctype html><title>Welcome</title><h1>Our intranet</h1>"

func TestPortalThatIsNone(t *testing.T) {
	t.Parallel()
	ctx := within(t, time.Minute)
	s := bare(t, ctx, stage.Params{})
	for name, tc := range map[string]struct {
		portal string
		code   localapi.Code
		says   string // among the problem's parameters
	}{
		"a typo without a dot":    {"portalcontoso", localapi.PortalAddress, "portalcontoso"},
		"a blank":                 {"portal contoso.example", localapi.PortalAddress, "portal contoso.example"},
		"another scheme":          {"ftp://portal.example", localapi.PortalAddress, "ftp://portal.example"},
		"plain http":              {"http://portal.example", localapi.PortalNotHTTPS, "http://portal.example"},
		"a web page":              {site(t, respond(200, webPage, "Content-Type", "text/html")), localapi.NotAPortal, "127.0.0.1:"},
		"a web page, called JSON": {site(t, respond(200, webPage, "Content-Type", "application/json")), localapi.NotAPortal, "127.0.0.1:"},
		"nothing at all":          {site(t, respond(200, "")), localapi.NotAPortal, "127.0.0.1:"},
		"somebody else's JSON":    {site(t, respond(200, `{"hello":"world"}`)), localapi.NotAPortal, "127.0.0.1:"},
		"no providers":            {site(t, respond(200, `{"version":1,"name":"Contoso"}`)), localapi.NoProviders, "127.0.0.1:"},
		"an empty list of providers": {
			site(t, respond(200, `{"version":1,"name":"Contoso","providers":[]}`)), localapi.NoProviders, "127.0.0.1:",
		},
		"a wrong field": {
			site(t, respond(200, `{"version":1,"name":"Contoso","accent":"blue","providers":[]}`)), localapi.ManifestInvalid, "accent",
		},
		"a field of another kind": {
			site(t, respond(200, `{"version":1,"name":["Contoso"],"providers":[]}`)), localapi.ManifestInvalid, "name",
		},
		"an authority on plain http": {
			site(t, respond(200, `{"version":1,"name":"Contoso","providers":[{"id":"a","authority":"http://id.example","client_id":"c"}]}`)),
			localapi.ManifestInvalid, "providers[0].authority",
		},
		"not there":  {site(t, http.NotFound), localapi.PortalNotFound, "127.0.0.1:"},
		"down":       {nobody(t), localapi.PortalUnreachable, "127.0.0.1:"},
		"no name":    {"portal.contoso.invalid", localapi.NameNotFound, "portal.contoso.invalid"},
		"overloaded": {site(t, respond(503, webPage, "Retry-After", "60")), localapi.PortalFailing, "503"},
	} {
		t.Run(name, func(t *testing.T) {
			s := s.with(t, tc.portal)
			e := s.fails(tc.code, "login", "--timeout", "20s")
			found := false
			for _, value := range e.Problem.Params {
				found = found || strings.Contains(value, tc.says)
			}
			if !found {
				t.Errorf("%s does not name %q: %v", tc.code, tc.says, e.Problem.Params)
			}
			if tc.code == localapi.ManifestInvalid && !strings.Contains(e.Words.Text, tc.says) {
				t.Errorf("the words do not name %q: %s", tc.says, e.Words.Text)
			}
			s.fails(tc.code, "status")
			s.leavesNothing()
		})
	}
	if n := s.Browser.Openings(); n > 0 {
		t.Errorf("the browser was opened %d times", n)
	}
}

// A portal that was read once and is down today keeps nobody from working.
func TestPortalThatIsDownToday(t *testing.T) {
	t.Parallel()
	ctx := within(t, time.Minute)
	s := newScene(t, ctx, stage.Params{})
	portal := newPortal(t, ctx, s.front.issuer)
	s.portal = portal.URL()
	s.isIn("the first sign-in", s.signIn())
	must(t, portal.Close())
	s.isIn("with the portal down", s.json("status"))
	s.noSecretOnDisk()
}
