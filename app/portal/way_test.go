package portal

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth/fetch"
	"github.com/portico-desktop/portico/auth/network"
	"github.com/portico-desktop/portico/auth/network/proxyauth"
)

func TestFaultsOnTheWayToThePortal(t *testing.T) {
	inner := errors.New("inner")
	for name, test := range map[string]struct {
		err    error
		code   localapi.Code
		params map[string]string // besides host and address
	}{
		"no route":       {&network.Fault{Kind: network.NoRoute, Err: inner}, localapi.PortalUnreachable, nil},
		"a proxy script": {&network.Fault{Kind: network.NoRoute, ScriptErr: &network.ScriptError{Script: "http://wpad/p.pac"}, Err: inner}, localapi.PortalUnreachable, map[string]string{"script": "http://wpad/p.pac"}},
		"no name":        {&network.Fault{Kind: network.NameNotFound, Err: inner}, localapi.NameNotFound, nil},
		"a proxy's log-on": {&network.Fault{Kind: network.ProxyAuth, Proxy: "proxy:3128", Wants: []string{"Negotiate"}, Err: &proxyauth.RefusedError{Missing: []*proxyauth.LackError{
			{Scheme: proxyauth.Negotiate, Lack: proxyauth.NoTicket, Err: errors.New("none in FILE:/x")}, {Scheme: proxyauth.NTLM, Lack: proxyauth.NotAllowed},
		}}}, localapi.ProxyLogOn, map[string]string{"proxy": "proxy:3128", "wants": "Negotiate", "lack": "no-ticket", "lack_detail": "none in FILE:/x"}},
		"a password refused": {&network.Fault{Kind: network.ProxyAuth, Proxy: "proxy:3128", Wants: []string{"Basic"}, Err: &proxyauth.RefusedError{Missing: []*proxyauth.LackError{
			{Scheme: proxyauth.Basic, Lack: proxyauth.PasswordRefused},
		}}}, localapi.ProxyWantsPassword, map[string]string{"proxy": "proxy:3128", "wants": "Basic", "refused": "yes"}},
		"a proxy's password":  {&network.Fault{Kind: network.ProxyAuth, Proxy: "proxy:3128", Wants: []string{"NTLM"}, Err: inner}, localapi.ProxyWantsPassword, map[string]string{"proxy": "proxy:3128", "wants": "NTLM"}},
		"an inspection":       {&network.Fault{Kind: network.CertUnknown, Issuer: "CA", Err: inner}, localapi.CertificateUnknown, map[string]string{"issuer": "CA"}},
		"a later certificate": {&network.Fault{Kind: network.CertExpired, NotYet: true, Err: inner}, localapi.ClockWrong, map[string]string{"direction": "behind"}},
		"a failed handshake":  {&network.Fault{Kind: network.CertOther, Host: "portal.example", Err: inner}, localapi.Untrusted, map[string]string{"title": "portal.example", "check": "certificate"}},
		"a guest network":     {&fetch.StatusError{Status: http.StatusNetworkAuthenticationRequired}, localapi.NetworkSignIn, nil},
		"nothing known":       {inner, localapi.PortalUnreachable, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var p *localapi.Problem
			if err := explain(t.Context(), "https://portal.example", test.err); !errors.As(err, &p) {
				t.Fatalf("err = %v", err)
			}
			want := map[string]string{"host": "portal.example", "address": "https://portal.example"}
			for key, value := range test.params {
				want[key] = value
			}
			if diff := cmp.Diff(want, p.Params); p.Code != test.code || diff != "" {
				t.Errorf("code %s, want %s; params (-want +got):\n%s", p.Code, test.code, diff)
			}
		})
	}
}

// The same through a real connection.
func TestPortalThatHasGone(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	_, err := New(Params{HTTP: s.Client()}).Check(t.Context(), s.URL)
	var p *localapi.Problem
	if !errors.As(err, &p) || p.Code != localapi.PortalUnreachable {
		t.Errorf("err = %v", err)
	}
}
