package main

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/assets"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/network"
	"github.com/portico-desktop/portico/auth/vault"
	"github.com/portico-desktop/portico/cmd/internal/demoportal"
)

// A network whose devices break off post-quantum handshakes and turn away programs
// that do not say who they are, with the portal behind one device and the provider
// behind a proxy and another one.
func TestSigningInFromAnOldNetwork(t *testing.T) {
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "https_proxy", "NO_PROXY", "no_proxy"} {
		t.Setenv(name, "")
	}
	want := network.UserAgent("Portico/" + assets.Version)
	const host = "login.example.com"
	provider := authtest.New(t, authtest.WithHost(host))
	atProvider := authtest.NewMiddlebox(t, provider.Address(), authtest.Closes, authtest.LongestHello)
	proxy := authtest.NewProxy(t)
	proxy.Hosts[host+":443"] = atProvider.Address()
	t.Setenv("HTTPS_PROXY", proxy.URL(""))

	var mu sync.Mutex
	var visitors []string
	portal := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		visitors = append(visitors, r.UserAgent())
		mu.Unlock()
		switch {
		case r.UserAgent() != want:
			w.WriteHeader(http.StatusForbidden)
		case r.URL.Path != demoportal.ManifestPath:
			http.NotFound(w, r)
		default:
			_ = json.NewEncoder(w).Encode(map[string]any{"version": 1, "name": "Contoso IT", "providers": []any{
				map[string]any{"id": "work", "title": "Work", "authority": provider.URL, "client_id": authtest.ClientID},
			}})
		}
	}))
	portal.Config.ErrorLog = log.New(io.Discard, "", 0)
	portal.StartTLS()
	defer portal.Close()
	atPortal := authtest.NewMiddlebox(t, portal.Listener.Addr().String(), authtest.Resets, authtest.LongestHello)

	authorities := filepath.Join(t.TempDir(), "authorities.pem")
	var trusted strings.Builder
	for _, der := range [][]byte{portal.Certificate().Raw, provider.Certificate().Raw} {
		_ = pem.Encode(&trusted, &pem.Block{Type: "CERTIFICATE", Bytes: der})
	}
	if err := os.WriteFile(authorities, []byte(trusted.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	store, dir := vault.New(vault.Params{Service: "test", Backend: authtest.NewKeyStore()}), t.TempDir()
	for _, step := range []struct {
		args []string
		part string
	}{
		{[]string{"login"}, authtest.Ada().Email},
		{[]string{"doctor"}, string(localapi.PostQuantumBlocked)},
	} {
		c := newConsole(nil, false)
		c.connect, c.store = connect, store
		c.environment["PORTICO_PORTAL"], c.environment["PORTICO_EXTRA_CA_FILE"] = "https://"+atPortal.Address(), authorities
		c.browse = func(ctx context.Context, address string) error {
			_, err := provider.Browse(ctx, address)
			return err
		}
		code := c.run(t.Context(), t, append(step.args, "--json", "--data-dir", dir)...)
		if code != 0 || !strings.Contains(c.out.String(), step.part) {
			t.Fatalf("%s: exit %d, or no %s in\n%s%s", step.args, code, step.part, &c.out, &c.progress)
		}
	}
	agents := slices.Concat(visitors, proxy.Agents())
	for _, r := range provider.Requests(authtest.Discovery, authtest.Keys, authtest.Token) {
		agents = append(agents, r.Header.Get("User-Agent"))
	}
	if len(agents) < 8 || slices.ContainsFunc(agents, func(a string) bool { return a != want }) {
		t.Errorf("it went by the names %q", agents)
	}
	if len(atPortal.Hellos()) == 0 || len(atProvider.Hellos()) == 0 {
		t.Error("the devices were passed by")
	}
}
