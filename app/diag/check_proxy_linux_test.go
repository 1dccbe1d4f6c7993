package diag

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/auth/authtest/squid"
	"github.com/portico-desktop/portico/auth/network"
	"github.com/portico-desktop/portico/auth/network/kerberos"
)

// By what a real proxy lets requests through, or what was missing for that, is said once,
// however many hosts are behind it.
func TestHowAProxyWasAnswered(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	realm := squid.StartRealm(t)
	proxy := squid.Start(t, squid.Options{
		Wants: []string{"negotiate", "digest", "basic"}, Realm: realm,
		Hosts: map[string]string{"portal.contoso.test": "127.0.0.1", "login.contoso.test": "127.0.0.1"},
	})
	cache := "FILE:" + filepath.Join(t.TempDir(), "cc")
	t.Setenv("KRB5_CONFIG", realm.Config)
	t.Setenv("KRB5CCNAME", cache)
	facts := func(user string) []string {
		t.Helper()
		way, err := network.New(network.Options{Proxy: "http://" + user + "localhost:" + proxy.Port, LogOn: kerberos.New()})
		if err != nil {
			t.Fatal(err)
		}
		x := stranger(func(d *Desk) { d.Network, d.HTTP = way, way.Client() })
		for _, name := range []string{"portal.contoso.test", "login.contoso.test", "login.contoso.test"} {
			h := &host{address: &url.URL{Scheme: "http", Host: name + ":" + at.Port()}}
			x.hosts = append(x.hosts, h)
			x.reach(t.Context(), h, "/")
		}
		x.checkProxy(t.Context())
		if every := slices.Sorted(slices.Values(x.proxy.Facts)); len(slices.Compact(every)) != len(x.proxy.Facts) {
			t.Errorf("something is said twice: %q", x.proxy.Facts)
		}
		var said []string
		for _, fact := range x.proxy.Facts {
			if strings.Contains(fact, squid.Password) || strings.Contains(fact, "wr0ng") {
				t.Errorf("the password is said: %q", fact)
			}
			if strings.HasPrefix(fact, "the proxy") || strings.Contains(fact, "was not answered") {
				said = append(said, fact)
			}
		}
		return said
	}
	name := "localhost:" + proxy.Port

	got := facts("")
	if len(got) != 4 || got[0] != "the proxy "+name+" asks for: Basic, Digest, Negotiate" || !strings.HasPrefix(got[1], "Negotiate was not answered: no-ticket: ") ||
		!strings.Contains(got[1], cache) || got[2] != "Digest was not answered: no-password" || got[3] != "Basic was not answered: no-password" {
		t.Errorf("without a ticket and a password: %q", got)
	}
	got = facts(squid.Name + ":wr0ng@")
	if !slices.Contains(got, "Digest was not answered: password-refused") {
		t.Errorf("with a wrong password: %q", got)
	}
	got = facts(squid.Name + ":" + squid.Password + "@")
	if want := []string{"the proxy http://" + name + " lets requests through by Digest, of Negotiate, Digest, Basic"}; !slices.Equal(got, want) {
		t.Errorf("with a password: %q, want %q", got, want)
	}
	realm.LogOn(t, cache, squid.Name, squid.Password)
	got = facts("")
	if want := []string{"the proxy http://" + name + " lets requests through by Negotiate, of Negotiate, Digest, Basic"}; !slices.Equal(got, want) {
		t.Errorf("with a ticket: %q, want %q", got, want)
	}
}
