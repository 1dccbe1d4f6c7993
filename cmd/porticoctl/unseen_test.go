package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth/authtest"
	texts "github.com/portico-desktop/portico/auth/plain"
	"github.com/portico-desktop/portico/auth/vault"
	"github.com/portico-desktop/portico/cmd/internal/demoportal"
)

// A provider and a portal that try to rewrite what people read: nothing of it gets
// through, whatever the command.
func TestNothingUnseenIsPrinted(t *testing.T) {
	for _, r := range []rune{0x9b, 0x202e, 0x2066} {
		t.Run(fmt.Sprintf("%U", r), func(t *testing.T) {
			bad := "a" + string(r) + "b"
			idp := authtest.New(t, authtest.WithDevice(time.Second, 0))
			site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != demoportal.ManifestPath {
					http.NotFound(w, r)
					return
				}
				_, _ = fmt.Fprintf(w, `{"version": 1, "name": "Contoso %s", "support": {"hours": %q, "url": "https://help.example/ü"}, "later %s": 1,
"providers": [{"id": "work", "title": "Work %s", "description": %q, "authority": %q, "client_id": %q}],
"menus": [{"id": "mail", "title": %q, "group": %q, "url": "https://mail.example/ü"}]}`,
					bad, bad, bad, bad, bad, idp.URL, authtest.ClientID, bad, bad)
			}))
			t.Cleanup(site.Close)
			store := vault.New(vault.Params{Service: "test", Backend: authtest.NewKeyStore()})
			dir := t.TempDir()
			run := func(args ...string) (int, string) {
				c := newConsole(nil, false)
				c.connect, c.store, c.http, c.browse = connect, store, idp.Client(), visit(idp)
				c.environment["PORTICO_PORTAL"] = site.URL
				code := c.execute(t.Context(), append(args, "--data-dir", dir))
				told := c.out.String() + c.progress.String()
				if at := strings.IndexFunc(told, func(r rune) bool { return texts.Hidden(r) && r != '\n' }); at >= 0 {
					t.Errorf("%s prints %q", args, told[max(0, at-40):min(len(told), at+20)])
				}
				return code, told
			}
			idp.Fault(
				authtest.DeviceAnswer(func(m map[string]any) {
					m["verification_uri"] = "https://login.example/" + bad
					m["verification_uri_complete"] = "https://login.example/?" + bad
				}),
				authtest.Claim("name", "Ada "+bad), authtest.Claim("email", bad+"@contoso.example"),
				authtest.Metadata(func(m map[string]any) {
					for _, name := range []string{"userinfo_endpoint", "revocation_endpoint", "end_session_endpoint"} {
						m[name] = m[name].(string) + "/" + bad
					}
				}),
			)
			for _, form := range [][]string{nil, {"--json"}} {
				code, told := run(append([]string{"login", "--device", "--no-browser"}, form...)...)
				if code != 0 || !strings.Contains(told, "https://login.example/a%") {
					t.Errorf("login: exit %d\n%s", code, told)
				}
				for _, args := range [][]string{{"status"}, {"accounts"}, {"providers"}, {"doctor"}, {"logout", "--browser"}} {
					run(append(args, form...)...)
				}
			}
			for name, fault := range map[string]authtest.Fault{
				"a refusal":  authtest.TokenError("invalid_request", map[string]any{"error_description": bad, "error_uri": "https://help.example/" + bad, "suberror": bad}),
				"a redirect": authtest.RedirectTo(authtest.Token, http.StatusFound, "https://x"+bad+".example/"),
				"an issuer":  authtest.Metadata(func(m map[string]any) { m["issuer"] = "https://" + bad }),
			} {
				lift := idp.Fault(fault)
				for _, form := range [][]string{nil, {"--json"}} {
					if code, told := run(append([]string{"login", "--timeout", "5s"}, form...)...); code == 0 && name != "an issuer" {
						t.Errorf("%s: exit %d\n%s", name, code, told)
					}
					run(append([]string{"doctor"}, form...)...)
				}
				lift()
			}
		})
	}
}
