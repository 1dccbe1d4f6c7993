// Package demoportal is the client portal of Contoso IT, a made-up company: a manifest,
// a logo and a page, on loopback, for Portico's demo and its tests.
//
// It shows how little a portal is: static files on any web host. It knows nothing of
// Portico's other rooms: the real reader reads its files.
package demoportal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// ManifestPath is the path of a portal's manifest.
const ManifestPath = "/.well-known/portico.json"

//go:embed site
var site embed.FS

// Provider is a way to sign in, as the manifest describes it.
type Provider struct {
	ID          string   `json:"id"`
	Title       string   `json:"title"`
	Description string   `json:"description,omitempty"`
	Authority   string   `json:"authority"`
	ClientID    string   `json:"client_id"`
	Scopes      []string `json:"scopes,omitempty"`
	Domains     []string `json:"domains,omitempty"`
	Redirect    Redirect `json:"redirect,omitzero"`
	Dialect     string   `json:"dialect,omitempty"`
	// ClientAuth is left out for a public client.
	ClientAuth ClientAuth `json:"client_auth,omitzero"`
}

// ClientAuth is how Portico authenticates itself there.
type ClientAuth struct {
	Method    string `json:"method"`
	KeyFile   string `json:"key_file,omitempty"`
	Algorithm string `json:"algorithm,omitempty"`
}

// Redirect is where the browser comes back to. The zero value leaves it to Portico.
type Redirect struct {
	Host string `json:"host,omitempty"`
	Port int    `json:"port,omitempty"`
	Path string `json:"path,omitempty"`
}

// Params says what to serve.
type Params struct {
	// Addr is the loopback address to listen on, 127.0.0.1:0 when empty.
	Addr string
	// Providers go into the manifest. None makes a manifest that Portico refuses: tests
	// want one.
	Providers []Provider
	// TLS is how to speak https; nil speaks plain http.
	TLS *tls.Config
}

// Server is a running portal. Its methods may be called from several
// goroutines.
type Server struct {
	url      string
	manifest []byte
	http     *http.Server
	done     chan struct{}
	err      error

	mu       sync.Mutex
	requests map[string]int
}

// Start listens and serves until ctx ends or [Server.Close] is called.
func (p Params) Start(ctx context.Context) (*Server, error) {
	manifest, err := Manifest(p.Providers...)
	if err != nil {
		return nil, err
	}
	addr := p.Addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen for the demo portal: %w", err)
	}
	if a, err := netip.ParseAddrPort(l.Addr().String()); err != nil || !a.Addr().IsLoopback() {
		l.Close()
		return nil, fmt.Errorf("the demo portal listens on loopback only, not on %s", addr)
	}
	scheme := "http://"
	if p.TLS != nil {
		scheme, l = "https://", tls.NewListener(l, p.TLS)
	}
	s := &Server{url: scheme + l.Addr().String(), manifest: manifest, done: make(chan struct{}), requests: map[string]int{}}
	s.http = &http.Server{Handler: s.count(s.routes()), ReadHeaderTimeout: 10 * time.Second}
	go s.serve(ctx, l)
	return s, nil
}

// Manifest is Contoso IT's manifest with these providers.
func Manifest(providers ...Provider) ([]byte, error) {
	template, err := site.ReadFile("site/portico.json")
	if err != nil {
		return nil, err
	}
	var m map[string]any
	if err := json.Unmarshal(template, &m); err != nil {
		return nil, fmt.Errorf("the demo portal's manifest: %w", err)
	}
	if providers == nil {
		providers = []Provider{}
	}
	m["providers"] = providers
	return json.MarshalIndent(m, "", "  ")
}

// Logos are the pictures in the manifest, by their names.
func Logos() map[string][]byte {
	logos := map[string][]byte{}
	for _, name := range []string{"logo.svg", "logo-dark.svg"} {
		logos[name], _ = site.ReadFile("site/" + name) // embedded, so it is there
	}
	return logos
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+ManifestPath, func(w http.ResponseWriter, r *http.Request) {
		serve(w, r, "application/json", s.manifest)
	})
	for path, file := range map[string]struct{ name, kind string }{
		"/{$}":           {"index.html", "text/html; charset=utf-8"},
		"/logo.svg":      {"logo.svg", "image/svg+xml"},
		"/logo-dark.svg": {"logo-dark.svg", "image/svg+xml"},
	} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			data, err := site.ReadFile("site/" + file.name)
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			serve(w, r, file.kind, data)
		})
	}
	return mux
}

// serve answers 304 to a client with this very content (RFC 9110, section 13.1.2).
func serve(w http.ResponseWriter, r *http.Request, kind string, data []byte) {
	sum := sha256.Sum256(data)
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
	h.Set("Cache-Control", "max-age=3600")
	h.Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}

func (s *Server) serve(ctx context.Context, l net.Listener) {
	defer close(s.done)
	stop := context.AfterFunc(ctx, func() { s.http.Close() })
	defer stop()
	if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		s.err = err
	}
}

// URL is the portal's address, without a slash at its end.
func (s *Server) URL() string { return s.url }

// Close ends the portal and waits for it. It may be called more than once.
func (s *Server) Close() error {
	err := s.http.Close()
	<-s.done
	return errors.Join(err, s.err)
}

// Requests counts the requests since the start, by path. The returned map is the
// caller's.
func (s *Server) Requests() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.requests)
}

func (s *Server) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.requests[r.URL.Path]++
		s.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}
