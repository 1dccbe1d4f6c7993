package agent

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/words"
	"github.com/portico-desktop/portico/auth/authtest"
)

func TestTheWayOutIsNamedFirst(t *testing.T) {
	hour := time.Hour
	for name, b := range map[string]broken{
		// The way out.
		"a name that does not exist": {
			prepare: func(t *testing.T, p *practice) {
				p.direct()
				p.params.Start.Portal = "https://portal.contoso.invalid"
				nameServer(t, 3)
			},
			want: finding{cause: "dns", code: localapi.NameNotFound, skipped: onTheWay()},
		},
		"no name server": {
			prepare: func(t *testing.T, p *practice) {
				p.direct()
				p.params.Start.Portal = "https://portal.contoso.invalid"
				nameServer(t, 2)
			},
			want: finding{cause: "dns", code: localapi.NoNetwork, skipped: onTheWay()},
		},
		"the provider's name does not exist": {
			prepare: func(t *testing.T, p *practice) {
				p.direct()
				p.with("authority", "https://login.contoso.invalid")
				nameServer(t, 3)
			},
			want: finding{cause: "dns", code: localapi.NameNotFound, skipped: []string{"tls", "provider"}},
		},
		"a port where nobody listens": {
			prepare: func(t *testing.T, p *practice) { p.direct(); p.params.Start.Portal = "https://" + closedPort(t) },
			want:    finding{cause: "tls", code: localapi.PortalUnreachable, skipped: []string{"manifest", "provider"}},
		},
		"the provider's port is closed": {
			prepare: func(t *testing.T, p *practice) { p.direct(); p.with("authority", "https://"+closedPort(t)) },
			want:    finding{cause: "tls", code: localapi.ProviderUnreachable, skipped: []string{"provider"}},
		},
		"an expired certificate": {
			prepare: func(_ *testing.T, p *practice) {
				p.direct()
				p.certificate = p.root.issue(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-hour) })
			},
			want: finding{cause: "tls", code: localapi.CertificateExpired, skipped: []string{"manifest", "provider"}},
		},
		"an expired certificate, and the clock is right": {
			prepare: func(_ *testing.T, p *practice) {
				p.direct()
				p.visited()
				p.certificate = p.root.issue(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-hour) })
			},
			want: finding{cause: "tls", code: localapi.CertificateExpired, skipped: []string{"manifest"}},
		},
		"a certificate for another name": {
			prepare: func(_ *testing.T, p *practice) {
				p.direct()
				p.certificate = p.root.issue(func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"other.example.com"} })
			},
			want: finding{cause: "tls", code: localapi.CertificateName, skipped: []string{"manifest", "provider"}},
		},
		"a certificate of an unknown authority": {
			prepare: func(t *testing.T, p *practice) {
				p.direct()
				p.certificate = newTestAuthority(t, "Somebody").issue(nil)
			},
			want: finding{cause: "tls", code: localapi.CertificateUnknown, skipped: []string{"manifest", "provider"}},
		},
		"TLS is intercepted": {
			options: []authtest.Option{authtest.WithHost(providerName)},
			prepare: func(t *testing.T, p *practice) {
				p.byName()
				device := newTestAuthority(t, "Inspection Device")
				p.proxy.Intercept = func(string) tls.Certificate { return device.issue(nil) }
			},
			want: finding{cause: "tls", code: localapi.CertificateUnknown, skipped: []string{"manifest", "provider"}},
		},
		"a proxy that wants a password": {
			options: []authtest.Option{authtest.WithHost(providerName)},
			prepare: func(_ *testing.T, p *practice) { p.byName(); p.visited(); p.proxy.User = "ada:s3cret" },
			want:    finding{cause: "proxy", code: localapi.ProxyWantsPassword, skipped: onTheWay()},
		},
		"a proxy that is not there": {
			options: []authtest.Option{authtest.WithHost(providerName)},
			prepare: func(t *testing.T, p *practice) {
				p.byName()
				p.visited()
				p.params.Network.Proxy = "http://" + closedPort(t)
			},
			want: finding{cause: "proxy", code: localapi.ProxyUnreachable, skipped: onTheWay()},
		},
		"a network that wants a log-on, by 511": {
			prepare: func(_ *testing.T, p *practice) {
				p.direct()
				p.answer = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNetworkAuthenticationRequired) }
			},
			want: finding{cause: "tls", code: localapi.NetworkSignIn, skipped: []string{"manifest", "provider"}},
		},
		"a network that wants a log-on, by a redirect": {
			prepare: func(t *testing.T, p *practice) {
				p.direct()
				p.visited()
				hotel := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<!doctype html>Welcome") }))
				t.Cleanup(hotel.Close)
				p.answer = func(w http.ResponseWriter, r *http.Request) {
					http.Redirect(w, r, strings.Replace(hotel.URL, "127.0.0.1", "localhost", 1), http.StatusFound)
				}
			},
			want: finding{cause: "tls", code: localapi.NetworkSignIn, skipped: []string{"manifest", "provider"}},
		},
		"slow": {
			prepare: func(t *testing.T, p *practice) {
				p.direct()
				p.answer = func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
				p.desk = func(d *diag.Desk) { d.Limit = 2 * time.Second }
			},
			want: finding{cause: "tls", code: localapi.PortalUnreachable, skipped: []string{"manifest", "provider"}},
		},

		// The clock.
		"the clock is an hour behind": {
			prepare: func(_ *testing.T, p *practice) { p.direct(); p.clocks(hour) },
			want:    finding{cause: "clock", code: localapi.ClockWrong},
		},
		"the clock is an hour ahead": {
			prepare: func(_ *testing.T, p *practice) { p.direct(); p.clocks(-hour) },
			want:    finding{cause: "clock", code: localapi.ClockWrong},
		},
		"the clock is seven minutes ahead": {
			prepare: func(_ *testing.T, p *practice) { p.direct(); p.clocks(-7 * time.Minute) },
			want:    finding{cause: "clock", code: localapi.ClockWrong, warned: true},
		},
		"a certificate that is not good yet": {
			prepare: func(_ *testing.T, p *practice) {
				p.direct()
				p.certificate = p.root.issue(func(c *x509.Certificate) { c.NotBefore = time.Now().Add(hour) })
			},
			want: finding{cause: "clock", code: localapi.ClockWrong, skipped: onTheWay()},
		},
		"a certificate that is out of date for a clock that is ahead": {
			prepare: func(_ *testing.T, p *practice) {
				p.direct()
				p.visited()
				p.clocks(-2 * hour)
				p.certificate = p.root.issue(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-hour) })
			},
			want: finding{cause: "clock", code: localapi.ClockWrong, skipped: []string{"tls", "manifest"}},
		},
	} {
		b.run(t, name)
	}
}

// clocks sets those of all servers apart from this computer's.
func (p *practice) clocks(ahead time.Duration) {
	p.provider.Fault(authtest.DateSkew(ahead))
	answer := p.answer
	p.answer = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
		answer(w, r)
	}
}

// Whoever answers the telephone asks who is in between.
func TestWhoInterceptsIsSaid(t *testing.T) {
	p := newPractice(t, authtest.WithHost(providerName))
	p.byName()
	device := newTestAuthority(t, "Inspection Device")
	p.proxy.Intercept = func(string) tls.Certificate { return device.issue(nil) }
	var text strings.Builder
	diag.Text{Words: words.New("en")}.Write(&text, p.examine())
	if line := "portal.example.com is not safe · vouched for by Inspection Device, which this computer does not trust\n"; !strings.Contains(text.String(), line) {
		t.Errorf("%q is missing in\n%s", line, &text)
	}
	// Trusted, it is only named.
	p.trust(device.certificate)
	if facts := strings.Join(result(p.examine(), "tls").Facts, "\n"); !strings.Contains(facts, "issued by Inspection Device") {
		t.Errorf("a trusted device is not named:\n%s", facts)
	}
}
