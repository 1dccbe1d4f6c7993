package auth_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/plain"
)

// unseen are characters that change what people read, in a terminal and elsewhere.
func unseen() []rune {
	return []rune{0x85, 0x9b, 0x9d, 0xad, 0x61c, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202d, 0x202e, 0x2060, 0x2066, 0x2067, 0x2069, 0xfeff, 0xe0041, 0x3164}
}

// mustBeASCII is what is true of every address that somebody else has chosen.
func mustBeASCII(t *testing.T, what, address string) {
	t.Helper()
	if strings.ContainsFunc(address, func(r rune) bool { return r <= 0x20 || r >= 0x7f }) {
		t.Errorf("%s: %q", what, address)
	}
}

func TestAddressesOfAProviderAreASCII(t *testing.T) {
	endpoints := []string{
		"authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "revocation_endpoint", "end_session_endpoint",
		"device_authorization_endpoint", "pushed_authorization_request_endpoint",
	}
	for _, r := range unseen() {
		for part, add := range map[string]string{"path": "/x" + string(r) + "y", "query": "?x=" + string(r)} {
			t.Run(fmt.Sprintf("%U in the %s", r, part), func(t *testing.T) {
				d := newDesk(t, authtest.WithPAR(false))
				d.provider.Fault(authtest.Metadata(func(m map[string]any) {
					for _, name := range endpoints {
						m[name] = d.provider.URL + add
					}
				}))
				m, err := d.client().Metadata(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				want := d.provider.URL + strings.ReplaceAll(add, string(r), url.QueryEscape(string(r)))
				for _, got := range []string{
					m.AuthorizationEndpoint, m.TokenEndpoint, m.JWKSURI, m.UserinfoEndpoint, m.RevocationEndpoint, m.EndSessionEndpoint, m.DeviceEndpoint, m.PAREndpoint,
				} {
					if got != want {
						t.Errorf("an endpoint is %q, want %q", got, want)
					}
				}
			})
		}
	}
}

func TestAddressesThatPeopleTypeAreASCII(t *testing.T) {
	quick := authtest.WithDevice(time.Second, 0)
	for _, r := range unseen() {
		d := newDesk(t, quick)
		d.provider.Fault(authtest.DeviceAnswer(func(m map[string]any) {
			m["verification_uri"] = "https://login.example/" + string(r) + "device"
			m["verification_uri_complete"] = "https://login.example/?code=" + string(r)
		}))
		in, err := d.client().BeginDevice(t.Context(), auth.BeginOptions{})
		if err != nil {
			t.Fatalf("%U: %v", r, err)
		}
		mustBeASCII(t, fmt.Sprintf("%U", r), in.VerificationURL()+in.URL())
		if want := "https://login.example/" + url.QueryEscape(string(r)) + "device"; in.VerificationURL() != want {
			t.Errorf("%U: %q, want %q", r, in.VerificationURL(), want)
		}
		in.Cancel()
		_, _ = in.Wait()
	}
	for name, test := range map[string]struct{ page, complete, want, opens string }{
		"a host with an umlaut":      {"https://müller.example/gerät", "", "https://xn--mller-kva.example/ger%C3%A4t", "https://xn--mller-kva.example/ger%C3%A4t"},
		"a host that looks alike":    {"https://аpple.example/", "", "https://xn--pple-43d.example/", "https://xn--pple-43d.example/"},
		"a plain one to the letter":  {"https://login.example/Device?x=%7E", "https://login.example/Device?x=%7E&c=1", "https://login.example/Device?x=%7E", "https://login.example/Device?x=%7E&c=1"},
		"a complete one with a host": {"https://login.example/", "https://\u202elogin.example/", "https://login.example/", "https://login.example/"},
	} {
		d := newDesk(t, quick)
		d.provider.Fault(authtest.DeviceAnswer(func(m map[string]any) {
			m["verification_uri"], m["verification_uri_complete"] = test.page, test.complete
		}))
		in, err := d.client().BeginDevice(t.Context(), auth.BeginOptions{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if in.VerificationURL() != test.want || in.URL() != test.opens {
			t.Errorf("%s: %q, %q", name, in.VerificationURL(), in.URL())
		}
		in.Cancel()
		_, _ = in.Wait()
	}
}

// What identifies is compared as it came: it is refused with such a character, and
// never mended.
func TestIdentifiersAreRefusedAndNotMended(t *testing.T) {
	d := newDesk(t)
	for _, r := range unseen() {
		issuer := d.provider.URL + string(r)
		lift := d.provider.Fault(authtest.Metadata(func(m map[string]any) { m["issuer"] = issuer }))
		_, err := d.client().RenewMetadata(t.Context())
		lift()
		var trust *auth.TrustError
		if !errors.As(err, &trust) || trust.Check != "issuer" || strings.ContainsRune(err.Error(), r) {
			t.Errorf("%U in the issuer: %v", r, err)
		}
		for key, change := range map[string]func(*auth.Provider, string){
			"id":               func(p *auth.Provider, s string) { p.ID += s },
			"authority":        func(p *auth.Provider, s string) { p.Authority += "/" + s },
			"client_id":        func(p *auth.Provider, s string) { p.ClientID += s },
			"consent_redirect": func(p *auth.Provider, s string) { p.ConsentRedirect = "https://a.example/" + s },
			"redirect.path":    func(p *auth.Provider, s string) { p.Redirect.Path = "/" + s },
		} {
			p := auth.Provider{ID: "work", Authority: d.provider.URL, ClientID: authtest.ClientID}
			change(&p, string(r))
			var config *auth.ConfigError
			if err := p.Check(); !errors.As(err, &config) || config.Key != key || strings.ContainsRune(err.Error(), r) {
				t.Errorf("%U in %s: %v", r, key, err)
			}
		}
	}
	// An authority may be written as its people write it.
	p := auth.Provider{ID: "work", Authority: "https://müller.example/", ClientID: "x"}
	if err := p.Check(); err != nil {
		t.Error(err)
	}
}

// Every way in which a provider's text comes back in an error.
func TestErrorsHoldNothingUnseen(t *testing.T) {
	for _, r := range unseen() {
		hostile := "a" + string(r) + "b"
		for name, test := range map[string]struct {
			fault authtest.Fault
			act   func(d *desk) error
		}{
			"error_uri in the browser's way": {authtest.AuthorizationResponse(func(v url.Values) {
				v.Del("code")
				v["error"], v["error_description"], v["error_uri"] = []string{hostile}, []string{hostile}, []string{"https://help.example/" + hostile}
			}), outcome},
			"error_uri of the token endpoint":  {authtest.TokenError("invalid_request", map[string]any{"error_description": hostile, "error_uri": "https://help.example/" + hostile}), outcome},
			"a redirect of the token endpoint": {authtest.RedirectTo(authtest.Token, 302, "https://x"+hostile+".example/"), outcome},
			"iss":                              {authtest.AuthorizationIssuer("https://" + hostile), outcome},
			"an endpoint":                      {authtest.Metadata(func(m map[string]any) { m["token_endpoint"] = "https://" + hostile + ".example/" }), outcome},
		} {
			d := newDesk(t)
			d.provider.Fault(test.fault)
			err := test.act(d)
			var refused *auth.ProviderError
			if errors.As(err, &refused) {
				mustBeASCII(t, fmt.Sprintf("%s, %U", name, r), refused.URI)
			}
			if err == nil || strings.ContainsFunc(err.Error(), func(r rune) bool { return plain.Hidden(r) && r != '\n' }) {
				t.Errorf("%s, %U: %v", name, r, err)
			}
		}
	}
}

func outcome(d *desk) error {
	ctx, cancel := context.WithTimeout(d.t.Context(), 10*time.Second)
	defer cancel()
	c := d.client()
	in, err := c.Begin(ctx, auth.BeginOptions{})
	if err != nil {
		return err
	}
	go func() { _, _ = d.provider.Browse(ctx, in.URL()) }()
	_, err = in.Wait()
	return err
}

func TestErrorURIIsAnAddressOrNothing(t *testing.T) {
	for uri, want := range map[string]string{
		"https://help.example/aadsts?x=1": "https://help.example/aadsts?x=1", "https://hilfe.example/größe": "https://hilfe.example/gr%C3%B6%C3%9Fe",
		"javascript:alert(1)": "", "http://help.example/": "", "see the manual": "", "https://user:word@help.example/": "",
	} {
		d := newDesk(t)
		d.provider.Fault(authtest.TokenError("invalid_request", map[string]any{"error_uri": uri}))
		var refused *auth.ProviderError
		if err := outcome(d); !errors.As(err, &refused) || refused.URI != want {
			t.Errorf("%q: %v, %+v", uri, err, refused)
		}
	}
}
