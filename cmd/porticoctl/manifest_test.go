package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

const (
	drawnLogo    = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>`
	endlessLogo  = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><defs><g id="a"><use href="#a"/></g></defs><use href="#a"/></svg>`
	scriptedLogo = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><script/></svg>`
)

// described writes a portal's description with what lies beside it, and returns its file.
func described(t *testing.T, authority, logos, more string) string {
	t.Helper()
	site := t.TempDir()
	write := func(name, content string) string {
		file := filepath.Join(site, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	write("good.svg", drawnLogo)
	write("endless.svg", endlessLogo)
	write("scripted.svg", scriptedLogo)
	return write(".well-known/portico.json", fmt.Sprintf(`{"version":1,"name":"Contoso IT","logo":%s,%s
		"providers":[{"id":"work","authority":%q,"client_id":%q}]}`, logos, more, authority, authtest.ClientID))
}

// realConsole is a console with an agent of its own that asks for real.
func realConsole(t *testing.T, idp *authtest.Provider) *console {
	t.Helper()
	c := newConsole(nil, false)
	c.connect, c.store, c.http = connect, vault.New(vault.Params{Service: "test", Backend: authtest.NewKeyStore()}), idp.Client()
	c.environment["PORTICO_DATA_DIR"] = t.TempDir()
	return c
}

func TestManifestCheckSaysWhatIsNotUsedAndWhy(t *testing.T) {
	idp := authtest.New(t)
	for name, tc := range map[string]struct {
		logos, more string
		want        map[string]string // by field, a part of the reason
	}{
		"good":              {`{"light":"/good.svg","dark":"../good.svg"}`, "", nil},
		"without logos":     {`{}`, "", nil},
		"not there yet":     {`{"light":"/later.svg"}`, "", nil},
		"hostile logos":     {`{"light":"/endless.svg","dark":"/scripted.svg"}`, "", map[string]string{"logo.light": "uses something itself", "logo.dark": "<script>"}},
		"a logo over http":  {`{"light":"http://cdn.example/a.svg"}`, "", map[string]string{"logo.light": "only https"}},
		"a logo of a cloud": {`{"light":"https://169.254.169.254/a.svg"}`, "", map[string]string{"logo.light": "never asked"}},
		"contacts":          {`{}`, `"support":{"email":"it@x?attach=/etc/passwd","phone":"*21*1#"},`, map[string]string{"support.email": "no mail address", "support.phone": "no telephone"}},
		"an app":            {`{}`, `"menus":[{"id":"a","title":"A","url":"mailto:a@b.example?attach=x"}],`, map[string]string{"menus[0].url": "attach"}},
		"a slip":            {`{}`, `"acent":"#000000",`, map[string]string{"acent": ""}},
	} {
		t.Run(name, func(t *testing.T) {
			file := described(t, idp.URL, tc.logos, tc.more)
			c := realConsole(t, idp)
			code := c.run(t.Context(), t, "manifest", "check", file, "--json")
			var doc manifestChecked
			if err := json.Unmarshal(c.out.Bytes(), &doc); err != nil {
				t.Fatal(err)
			}
			want := localapi.ExitDone
			if len(tc.want) > 0 {
				want = localapi.ExitConfig
			}
			if code != want || doc.Providers != 1 || doc.Portal.Name != "Contoso IT" {
				t.Errorf("exit %d, %+v", code, doc)
			}
			got := make(map[string]string)
			for _, p := range doc.Problems {
				got[p.Problem.Params["field"]] = p.Problem.Params["reason"]
			}
			for field, part := range tc.want {
				if !strings.Contains(got[field], part) {
					t.Errorf("%s: %q, want %q in it", field, got[field], part)
				}
			}
			if len(got) != len(tc.want) {
				t.Errorf("got %+v", got)
			}
			if left, _ := os.ReadDir(c.environment["PORTICO_DATA_DIR"]); len(left) != 0 {
				t.Errorf("it leaves %v behind", left)
			}
		})
	}
}

func TestProvidersOfAFileSayWhyALogoIsNotUsed(t *testing.T) {
	idp := authtest.New(t)
	file := described(t, idp.URL, `{"light":"/endless.svg"}`, "")
	c := realConsole(t, idp)
	if code := c.run(t.Context(), t, "providers", "--manifest", file); code != 0 {
		t.Errorf("exit %d\n%s", code, c.progress.String())
	}
	if told := c.out.String(); !strings.Contains(told, "logo.light uses") || !strings.Contains(told, "uses something itself") {
		t.Errorf("%s", told)
	}
}

func TestManifestCheckOfAnAddress(t *testing.T) {
	idp := authtest.New(t)
	var manifest string
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/logo.svg" {
			fmt.Fprint(w, scriptedLogo)
			return
		}
		fmt.Fprint(w, manifest)
	}))
	t.Cleanup(site.Close)
	manifest = fmt.Sprintf(`{"version":1,"name":"Contoso IT","logo":{"dark":"/logo.svg"},"providers":[{"id":"work","authority":%q,"client_id":"x"}]}`, idp.URL)
	c := realConsole(t, idp)
	code := c.run(t.Context(), t, "manifest", "check", strings.TrimPrefix(site.URL, "http://"))
	if told := c.out.String(); code != localapi.ExitConfig || !strings.Contains(told, "logo.dark has the element <script>") || !strings.Contains(told, "1 provider, 0 apps") {
		t.Errorf("exit %d\n%s%s", code, told, c.progress.String())
	}
	manifest = "{"
	c = realConsole(t, idp)
	if code := c.run(t.Context(), t, "manifest", "check", site.URL, "--json"); code != localapi.ExitConfig {
		t.Errorf("exit %d\n%s", code, c.out.String())
	}
}

func TestManifestCheckIsParsed(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		code int
	}{
		"nothing":     {[]string{"manifest"}, localapi.ExitUsage},
		"which":       {[]string{"manifest", "check"}, localapi.ExitUsage},
		"two":         {[]string{"manifest", "check", "a.json", "b.json"}, localapi.ExitUsage},
		"no such":     {[]string{"manifest", "check", "no/such.json"}, localapi.ExitUsage},
		"no address":  {[]string{"manifest", "check", "contoso"}, localapi.ExitConfig},
		"misspelt":    {[]string{"manifest", "chek", "a.json"}, localapi.ExitUsage},
		"off limits":  {[]string{"manifest", "check", "https://169.254.169.254"}, localapi.ExitConfig},
		"not secured": {[]string{"manifest", "check", "http://portal.example"}, localapi.ExitConfig},
	} {
		c := realConsole(t, authtest.New(t))
		if code := c.run(t.Context(), t, append(tc.args, "--json")...); code != tc.code {
			t.Errorf("%s: exit %d, want %d: %s", name, code, tc.code, c.out.String())
		}
		if diff := cmp.Diff("", c.progress.String()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// What a manifest in a file refers to lies beside it, or comes later.
func TestManifestCheckReadsNewsBesideTheFile(t *testing.T) {
	idp := authtest.New(t)
	for news, want := range map[string]int{"": 0, `{"announcements":[]}`: 0, "News": localapi.ExitConfig} {
		file := described(t, idp.URL, `{}`, `"announcements_url":"/news.json",`)
		if news != "" {
			if err := os.WriteFile(filepath.Join(filepath.Dir(file), "..", "news.json"), []byte(news), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		c := realConsole(t, idp)
		if code := c.run(t.Context(), t, "manifest", "check", file); code != want {
			t.Errorf("%q: exit %d\n%s", news, code, c.out.String())
		}
	}
}
