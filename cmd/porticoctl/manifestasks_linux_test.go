package main

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth/authtest"
)

const goodForm = `{"id":"laptop","title":"New laptop","version":"1","schema":{"type":"object","properties":{"why":{"type":"string","title":"Why"}}}}`

// The program itself, over real TLS: each thing a manifest names is asked for, and each
// fault has its place.
func TestManifestCheckAsksWhomTheManifestNames(t *testing.T) {
	idp := authtest.New(t)
	answers := map[string]string{
		"/logo.svg":    drawnLogo,
		"/news.xml":    `<rss version="2.0"><channel><item><title>Printers are back</title><link>https://x.example/</link></item></channel></rss>`,
		"/news.json":   `{"announcements":[{"id":"1","title":"Printers are back"}]}`,
		"/status.atom": `<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id><title>All well</title></entry></feed>`,
		"/page.html":   `<!DOCTYPE html><html></html>`,
		"/api/v1":      `{"name":"Contoso IT","limits":{},"features":[]}`,
		"/other/v1":    `{"hello":"world"}`,
		"/no-provider/.well-known/openid-configuration": `{"hello":"world"}`,
	}
	var manifest atomic.Value
	portal := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, ok := answers[r.URL.Path]
		switch {
		case r.URL.Path == "/.well-known/portico.json":
			answer = manifest.Load().(string)
		case r.URL.Path == "/busy":
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		case !ok:
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, answer)
	}))
	portal.Config.ErrorLog = log.New(io.Discard, "", 0)
	portal.StartTLS()
	t.Cleanup(portal.Close)
	authorities := filepath.Join(t.TempDir(), "authorities.pem")
	var trusted bytes.Buffer
	for _, der := range [][]byte{portal.Certificate().Raw, idp.Certificate().Raw} {
		_ = pem.Encode(&trusted, &pem.Block{Type: "CERTIFICATE", Bytes: der})
	}
	if err := os.WriteFile(authorities, trusted.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	gone, err := net.Listen("tcp", "127.0.0.1:0") // taken for its number
	if err != nil {
		t.Fatal(err)
	}
	nobody := "https://" + gone.Addr().String()
	gone.Close()
	program := built(t)
	check := func(members, authority, language string, args ...string) (code int, out string) {
		manifest.Store(fmt.Sprintf(`{"version":1,"name":"Contoso IT",%s"providers":[{"id":"work","authority":%q,"client_id":"x"}]}`, members, authority))
		cmd := exec.CommandContext(t.Context(), program, append([]string{"manifest", "check", portal.URL}, args...)...)
		home := t.TempDir()
		cmd.Env = []string{"PORTICO_EXTRA_CA_FILE=" + authorities, "PATH=/usr/bin:/bin", "HOME=" + home, "XDG_RUNTIME_DIR=" + home, "LANG=" + language}
		told, err := cmd.Output()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		if left, _ := os.ReadDir(home); len(left) != 0 {
			t.Errorf("it leaves %v behind", left)
		}
		return cmd.ProcessState.ExitCode(), string(told)
	}

	for name, tc := range map[string]struct {
		members, authority string
		code               int
		want               map[string]string // by path, a part of the title or of the words for IT
	}{
		"good": {`"logo":{"light":"/logo.svg"},"api":{"url":"` + portal.URL + `/api"},"forms":[` + goodForm + `],"announcements_url":"/news.xml","status":{"url":"` + portal.URL + `/status.atom"},`,
			idp.URL, 0, nil},
		"its own news":           {`"announcements_url":"../news.json",`, idp.URL, 0, nil},
		"no provider":            {"", portal.URL + "/no-provider", 13, map[string]string{"providers[0]": ""}},
		"nobody there":           {"", nobody, 12, map[string]string{"providers[0]": ""}},
		"a page":                 {`"announcements_url":"/page.html",`, idp.URL, 13, map[string]string{"announcements_url": "a web page and no feed"}},
		"news not there":         {`"announcements_url":"/none",`, idp.URL, 13, map[string]string{"announcements_url": "404"}},
		"status is busy":         {`"status":{"url":"/busy"},`, idp.URL, 12, map[string]string{"status.url": ""}},
		"a dead host":            {`"status":{"url":"` + nobody + `/s"},`, idp.URL, 12, map[string]string{"status.url": ""}},
		"a dead logo":            {`"logo":{"dark":"` + nobody + `/l.svg"},`, idp.URL, 12, map[string]string{"logo.dark": ""}},
		"a logo not there":       {`"logo":{"dark":"/none.svg"},`, idp.URL, 13, map[string]string{"logo.dark": "404"}},
		"another api":            {`"api":{"url":"` + portal.URL + `/other"},`, idp.URL, 13, map[string]string{"api.url": "Portal API 1"}},
		"no api":                 {`"api":{"url":"` + portal.URL + `/none"},`, idp.URL, 13, map[string]string{"api.url": "404"}},
		"dead and wrong":         {`"acent":"#000000","status":{"url":"` + nobody + `/s"},`, idp.URL, 13, map[string]string{"status.url": "", "acent": ""}},
		"a form outside":         {`"forms":[` + goodForm + `,{"id":"b","title":"B","schema":{"type":"object","properties":{"a.b":{"type":"string"},"c":{"type":"string","contentEncoding":"base64"}}}}],`, idp.URL, 13, map[string]string{`forms[1].schema.properties."a.b"`: "no name for a property", "forms[1].schema.properties.c.contentEncoding": "contentEncoding"}},
		"a form of another kind": {`"forms":[7],`, idp.URL, 13, map[string]string{"forms[0]": "an object"}},
	} {
		t.Run(name, func(t *testing.T) {
			code, out := check(tc.members, tc.authority, "en_GB.UTF-8", "--json")
			var doc manifestChecked
			if err := json.Unmarshal([]byte(out), &doc); err != nil {
				t.Fatalf("%v in %s", err, out)
			}
			value, err := jsonschema.UnmarshalJSON(strings.NewReader(out))
			if err == nil {
				err = schema(t, "manifest").Validate(value)
			}
			if err != nil {
				t.Error(err)
			}
			got := make(map[string]string)
			for _, f := range doc.Problems {
				got[f.Path] = ""
				if part := tc.want[f.Path]; strings.Contains(f.Words.Title+f.Words.Text+f.Words.IT, part) {
					got[f.Path] = part
				}
				if f.Words.IT == "" && f.Words.Next == "" {
					t.Errorf("%s: nobody is told what to do", f.Path)
				}
			}
			if tc.want == nil {
				tc.want = map[string]string{}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" || code != tc.code {
				t.Errorf("exit %d, want %d: %s\n%s", code, tc.code, diff, out)
			}
		})
	}
	code, told := check(`"announcements_url":"/page.html","forms":[`+goodForm+`],`, idp.URL, "de_DE.UTF-8")
	if code != localapi.ExitConfig || !strings.Contains(told, "1 Anbieter, 0 Apps, 1 Formular\n") || !strings.Contains(told, "  ! announcements_url: ") {
		t.Errorf("exit %d\n%s", code, told)
	}
}
