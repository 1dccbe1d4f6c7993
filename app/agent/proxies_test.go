package agent

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/policy/policytest"
	"github.com/portico-desktop/portico/app/session"
	"github.com/portico-desktop/portico/app/settings"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/network"
	"github.com/portico-desktop/portico/auth/vault"
)

// through asks for something that only the proxy could reach, and returns the code of what
// was in the way: 502 of a proxy that let us through is nothing.
func through(t *testing.T, a *Agent) localapi.Code {
	t.Helper()
	resp, err := a.way.client.Get("http://somewhere.invalid/")
	if err != nil {
		return session.Explain(err, session.About{}, a.keeper.Snapshot().Checked).Code
	}
	_ = resp.Body.Close()
	return ""
}

func usingProxy(t *testing.T) *authtest.Proxy {
	t.Helper()
	proxy := authtest.NewProxy(t)
	proxy.User = "ada:s3cret-9f31"
	t.Setenv("HTTP_PROXY", proxy.URL(""))
	t.Setenv("HTTPS_PROXY", "")
	t.Setenv("NO_PROXY", "")
	return proxy
}

func TestAProxysPasswordIsSetAndForgotten(t *testing.T) {
	proxy := usingProxy(t)
	store := vault.New(vault.Params{Service: "test", Backend: authtest.NewKeyStore()})
	var log strings.Builder
	a := alone(t, Params{Store: store, Log: Log{To: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}}, nil)
	set := func(password string, remember bool) {
		t.Helper()
		if err := a.way.SetProxyPassword(t.Context(), localapi.ProxyPasswordRequest{Proxy: "http://" + proxy.Address(), Name: "ada", Password: password, Remember: remember}); err != nil {
			t.Fatal(err)
		}
	}
	if code := through(t, a); code != localapi.ProxyWantsPassword {
		t.Fatalf("without a password: %q", code)
	}
	set("wrong", true)
	before := len(proxy.Asked())
	for range 3 {
		if code := through(t, a); code != localapi.ProxyWantsPassword {
			t.Errorf("with a wrong password: %q", code)
		}
	}
	// 407, the password, 407; and then one request each time, without it.
	if n := len(proxy.Asked()) - before; n != 4 {
		t.Errorf("the proxy was asked %d times", n)
	}
	known, err := a.way.Proxies(t.Context())
	if diff := cmp.Diff([]localapi.Proxy{{Proxy: proxy.Address(), Password: true, Refused: true}}, known); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	set("s3cret-9f31", true)
	if code := through(t, a); code != "" {
		t.Errorf("with the right password: %q", code)
	}
	again := New(Params{Start: settings.Start{Paths: a.p.Start.Paths, Words: a.p.Start.Words, Policies: policytest.None}, Store: store})
	if code := through(t, again); code != "" {
		t.Errorf("after a restart: %q", code)
	}
	if raw, err := os.ReadFile(filepath.Join(a.p.Start.Paths.Data, proxiesFile)); err != nil || strings.Contains(string(raw)+log.String(), "s3cret-9f31") {
		t.Errorf("the password lies about: %s %s", raw, log.String())
	}
	if forgotten, err := a.way.ForgetProxy(t.Context(), localapi.ProxyRequest{Proxy: proxy.Address()}); !forgotten.Known || err != nil {
		t.Errorf("%+v, %v", forgotten, err)
	}
	if forgotten, err := a.way.ForgetProxy(t.Context(), localapi.ProxyRequest{Proxy: proxy.Address()}); forgotten.Known || err != nil {
		t.Errorf("once more: %+v, %v", forgotten, err)
	}
	if code := through(t, a); code != localapi.ProxyWantsPassword {
		t.Errorf("after it was forgotten: %q", code)
	}
	set("s3cret-9f31", true)
	if _, err := a.sessions.Forget(t.Context()); err != nil {
		t.Fatal(err)
	}
	if known, err := a.way.Proxies(t.Context()); len(known) != 0 || err != nil {
		t.Errorf("after everything was forgotten: %v, %v", known, err)
	}
	if _, err := store.Get(t.Context(), "proxies"); err == nil {
		t.Error("the key store still has it")
	}
}

// Where nobody is to be remembered, a password is for this run.
func TestAProxysPasswordIsNotRememberedWhereNobodyIs(t *testing.T) {
	for name, machine := range map[string]said{
		"RememberMe": {policy.RememberMe: policy.Never}, "KioskMode": {policy.KioskMode: true}, "TokenStore": {policy.TokenStore: "memory"},
	} {
		t.Run(name, func(t *testing.T) {
			proxy := usingProxy(t)
			store := vault.New(vault.Params{Service: "test", Backend: authtest.NewKeyStore()})
			a := alone(t, Params{Store: store}, machine)
			if err := a.way.SetProxyPassword(t.Context(), localapi.ProxyPasswordRequest{Proxy: proxy.Address(), Name: "ada", Password: "s3cret-9f31", Remember: true}); err != nil {
				t.Fatal(err)
			}
			if code := through(t, a); code != "" {
				t.Errorf("%q", code)
			}
			if _, err := store.Get(t.Context(), "proxies"); err == nil {
				t.Error("it is in the key store")
			}
		})
	}
}

func TestProxyPasswordsThatCannotBe(t *testing.T) {
	a := alone(t, Params{Store: vault.New(vault.Params{Service: "test", Backend: authtest.NewKeyStore()})}, nil)
	for _, req := range []localapi.ProxyPasswordRequest{
		{Proxy: "", Name: "ada"}, {Proxy: "socks5://p:1", Name: "ada"}, {Proxy: "p:1"}, {Proxy: "p:1", Name: "a\nb"}, {Proxy: "p:1", Name: "a", Password: strings.Repeat("x", 5000)},
	} {
		if err := a.way.SetProxyPassword(t.Context(), req); err == nil {
			t.Errorf("%+v was taken", req)
		}
	}
}

// A portal says nothing about proxies, and what it serves as a script is taken by nobody.
func TestAPortalNamesNoProxy(t *testing.T) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"} {
		t.Setenv(name, "")
	}
	t.Setenv("XDG_CURRENT_DESKTOP", "sway") // has no proxies of its own
	const script = `function FindProxyForURL(url, host) { return "PROXY 192.0.2.1:1"; }`
	var mu sync.Mutex
	asked := map[string]int{}
	var portal *httptest.Server
	portal = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked[r.URL.Path]++
		mu.Unlock()
		if r.URL.Path != "/.well-known/portico.json" {
			w.Header().Set("Content-Type", "application/x-ns-proxy-autoconfig")
			_, _ = io.WriteString(w, script)
			return
		}
		w.Header().Set("Link", `<`+portal.URL+`/proxy.pac>; rel="wpad"`)
		_ = json.NewEncoder(w).Encode(map[string]any{
			"version": 1, "name": "Contoso IT",
			"providers": []any{map[string]any{"id": "work", "title": "Work", "authority": portal.URL, "client_id": "portico"}},
			"proxy":     "http://192.0.2.1:1", "proxy_script": portal.URL + "/proxy.pac", "pac": portal.URL + "/proxy.pac",
			"policies": map[string]any{"Proxy": "http://192.0.2.1:1", "ProxyAuth": []string{"ntlm"}}, "x_proxy": "http://192.0.2.1:1",
		})
	}))
	t.Cleanup(portal.Close)
	a := alone(t, Params{Store: vault.New(vault.Params{Service: "test", Backend: authtest.NewKeyStore()})}, nil)
	if err := a.portals.SetPortal(t.Context(), localapi.PortalRequest{Address: portal.URL}); err != nil {
		t.Fatal(err)
	}
	if s := a.way.transport.Settings(); s.Source != network.SourceNone || s.HTTPS+s.HTTP+s.PAC != "" || s.AutoDetect {
		t.Errorf("the portal has set %+v", s)
	}
	way, err := a.way.transport.Ask(t.Context(), &url.URL{Scheme: "https", Host: "login.example"})
	if err != nil || !slices.Equal(way.Ways, []string{network.Direct}) {
		t.Errorf("requests leave by %v, %v", way.Ways, err)
	}
	mu.Lock()
	defer mu.Unlock()
	if asked["/.well-known/portico.json"] == 0 || asked["/proxy.pac"]+asked["/wpad.dat"] > 0 {
		t.Errorf("the portal was asked for %v", asked)
	}
}
