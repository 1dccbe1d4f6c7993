package main

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
	"github.com/portico-desktop/portico/cmd/internal/demoportal"
)

// notice is a portal's manifest as IT publishes it, which it may correct.
type notice struct {
	*httptest.Server
	provider     atomic.Pointer[map[string]any]
	cacheControl string
}

func newNotice(t *testing.T, cacheControl string) *notice {
	n := &notice{cacheControl: cacheControl}
	n.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != demoportal.ManifestPath {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", n.cacheControl)
		_ = json.NewEncoder(w).Encode(map[string]any{"version": 1, "name": "Contoso IT", "providers": []any{*n.provider.Load()}})
	}))
	t.Cleanup(n.Close)
	return n
}

func (n *notice) publish(provider map[string]any) { n.provider.Store(&provider) }

// TestACorrectedManifestCountsForTheNextLogin: whatever of a provider's description
// IT has corrected, the next sign-in goes by it, however fresh the copy on disk is.
func TestACorrectedManifestCountsForTheNextLogin(t *testing.T) {
	idp := authtest.New(t, authtest.WithRedirects("http://127.0.0.1/"))
	former := authtest.New(t)
	right := map[string]any{"id": "kc", "title": "Work", "authority": idp.URL, "client_id": authtest.ClientID}
	for name, wrong := range map[string]map[string]any{
		"client_id":     {"client_id": "portico-tset"},
		"id":            {"id": "kcc"},
		"authority":     {"authority": idp.URL + "/realms/none"},
		"another host":  {"authority": former.URL},
		"redirect":      {"redirect": map[string]any{"path": "/elsewhere"}},
		"secret method": {"client_auth": map[string]any{"method": "client_secret_basic"}},
		"scopes":        {"scopes": []any{"openid"}},
	} {
		for _, cacheControl := range []string{"max-age=86400", "no-cache"} {
			for _, first := range []string{"login", "status"} {
				t.Run(strings.Join([]string{name, cacheControl, first}, ", "), func(t *testing.T) {
					site := newNotice(t, cacheControl)
					mistaken := maps.Clone(right)
					maps.Copy(mistaken, wrong)
					site.publish(mistaken)
					dir, store := t.TempDir(), vault.New(vault.Params{Service: "test", Backend: authtest.NewKeyStore()})
					run := func(ctx context.Context, browse func(context.Context, string) error, args ...string) (int, *console) {
						c := newConsole(nil, false)
						c.connect, c.store, c.http, c.browse = connect, store, idp.Client(), browse
						c.environment["PORTICO_PORTAL"] = site.URL
						return c.run(ctx, t, append(args, "--json", "--data-dir", dir)...), c
					}
					ctx, interrupt := context.WithCancel(t.Context())
					defer interrupt()
					giveUp := func(context.Context, string) error { interrupt(); return nil }
					if code, c := run(ctx, giveUp, first); code == 0 {
						t.Fatalf("%s with a mistake ends with 0\n%s", first, &c.out)
					}

					site.publish(right)
					ctx, interrupt = context.WithCancel(t.Context())
					defer interrupt()
					adaSignsIn := func(ctx context.Context, address string) error {
						page, err := idp.Browse(ctx, address)
						if err != nil || page.StatusCode != http.StatusOK {
							interrupt() // nothing will ever come back
						}
						return err
					}
					if code, c := run(ctx, adaSignsIn, "login"); code != 0 || !strings.Contains(c.out.String(), authtest.Ada().Email) {
						t.Errorf("exit %d\n%s%s", code, &c.out, &c.progress)
					}
				})
			}
		}
	}
}

// TestASecretCanBeSetRightAfterTheManifestWantsOne: the copy on disk knows a public
// client, or no client of this name.
func TestASecretCanBeSetRightAfterTheManifestWantsOne(t *testing.T) {
	idp := authtest.New(t, authtest.WithClient("confidential", "hunter2"))
	site := newNotice(t, "max-age=86400")
	site.publish(map[string]any{"id": "kcc", "title": "Work", "authority": idp.URL, "client_id": "confidential"})
	dir, store := t.TempDir(), vault.New(vault.Params{Service: "test", Backend: authtest.NewKeyStore()})
	run := func(input string, args ...string) (int, *console) {
		c := newConsole(nil, false)
		c.connect, c.store, c.http, c.in = connect, store, idp.Client(), strings.NewReader(input)
		c.environment["PORTICO_PORTAL"] = site.URL
		c.browse = func(ctx context.Context, address string) error { _, err := idp.Browse(ctx, address); return err }
		return c.run(t.Context(), t, append(args, "--json", "--data-dir", dir)...), c
	}
	if code, c := run("", "status"); code != localapi.ExitSignInNeeded {
		t.Fatalf("exit %d\n%s", code, &c.out)
	}
	site.publish(map[string]any{
		"id": "kc", "title": "Work", "authority": idp.URL, "client_id": "confidential",
		"client_auth": map[string]any{"method": "client_secret_post"},
	})
	for _, args := range [][]string{{"providers", "secret", "kc"}, {"login"}} {
		if code, c := run("hunter2\n", args...); code != 0 {
			t.Errorf("%s: exit %d\n%s%s", args, code, &c.out, &c.progress)
		}
	}
}
