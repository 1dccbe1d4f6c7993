package content

import (
	"bytes"
	"encoding/hex"
	"io"
	"mime"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/portico-desktop/portico/app/portal/manifest"
)

// served is a manifest as it is sent.
type served struct {
	raw    []byte
	etag   string
	parsed *manifest.Manifest
}

func newServed(raw []byte, m *manifest.Manifest) *served {
	return &served{raw: raw, etag: `"` + hex.EncodeToString(sumBytes(raw)[:16]) + `"`, parsed: m}
}

// ServeHTTP serves the manifest at [manifest.Path], and the pictures in public/ at their
// names. Nobody has to be signed in for either.
func (c *Content) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	if r.URL.Path == manifest.Path {
		m := c.Current().manifest
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "max-age=300")
		// Any program may read what is published, also one in a browser.
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("ETag", m.etag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(m.raw))
		return
	}
	c.servePicture(w, r)
}

// pictures are the kinds of files served from public/.
func pictures() map[string]string {
	return map[string]string{".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp", ".ico": "image/x-icon"}
}

// servePicture serves a file of public/, and none outside of it, also not through a link.
func (c *Content) servePicture(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	kind := pictures()[strings.ToLower(path.Ext(name))]
	root, err := os.OpenRoot(filepath.Join(c.folder, "public"))
	if kind == "" || err != nil || !filepath.IsLocal(filepath.FromSlash(name)) {
		http.NotFound(w, r)
		return
	}
	defer root.Close()
	f, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxFile {
		http.NotFound(w, r)
		return
	}
	raw, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		http.Error(w, "the picture cannot be read", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", mime.FormatMediaType(kind, nil))
	w.Header().Set("Cache-Control", "max-age=3600")
	w.Header().Set("ETag", `"`+hex.EncodeToString(sumBytes(raw)[:16])+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(raw))
}
