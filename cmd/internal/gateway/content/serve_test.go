package content

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/portal/manifest"
)

func ask(c *Content, method, path, ifNoneMatch string) *http.Response {
	r := httptest.NewRequest(method, "https://portal.example/", nil)
	r.URL.Path = path
	if ifNoneMatch != "" {
		r.Header.Set("If-None-Match", ifNoneMatch)
	}
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	return w.Result()
}

func TestTheManifestIsServedWithItsETag(t *testing.T) {
	c := open(t, Params{}, nil)
	first := ask(c, "GET", manifest.Path, "")
	etag := first.Header.Get("ETag")
	if first.StatusCode != 200 || etag == "" || first.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("%d %v", first.StatusCode, first.Header)
	}
	if again := ask(c, "GET", manifest.Path, etag); again.StatusCode != 304 {
		t.Errorf("%d", again.StatusCode)
	}
	put(t, c.folder, map[string]string{manifestFile: strings.Replace(goodManifest, "Contoso IT", "Contoso", 1)})
	c.Reload()
	if changed := ask(c, "GET", manifest.Path, etag); changed.StatusCode != 200 || changed.Header.Get("ETag") == etag {
		t.Errorf("%d %v", changed.StatusCode, changed.Header)
	}
	if posted := ask(c, "POST", manifest.Path, ""); posted.StatusCode != 405 {
		t.Errorf("%d", posted.StatusCode)
	}
}

func TestOnlyPicturesOfTheirFolderAreServed(t *testing.T) {
	c := open(t, Params{}, map[string]string{
		"public/logo.svg": `<svg/>`, "public/sub/logo.png": "png", "public/secret.txt": "x", "public/.svg": "x", "menus/1.svg": "x", "public/large.png": strings.Repeat("x", maxFile+1),
	})
	outside := filepath.Join(t.TempDir(), "outside.svg")
	if err := os.WriteFile(outside, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(c.folder, "public", "link.svg")); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{
		"/logo.svg": 200, "/sub/logo.png": 200, "/sub/../logo.svg": 200,
		"/": 404, "/secret.txt": 404, "/portico.json": 404, "/../menus/1.svg": 404, "/../../x.svg": 404, "/link.svg": 404, "/sub": 404, "/missing.svg": 404, "/large.png": 404,
		"/sub\x00.svg": 404, `/..\menus\1.svg`: 404, "/sub.svg/": 404,
	} {
		got := ask(c, "GET", path, "")
		if got.StatusCode != want {
			t.Errorf("%q: %d, want %d", path, got.StatusCode, want)
		}
		if got.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(got.Header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%q: %v", path, got.Header)
		}
	}
}
