// Package demoidp is an OpenID provider for Portico's demo and its tests.
//
// It is the real protocol with made-up people: authorization code with PKCE S256 (and
// nothing else), device code, refresh-token rotation with reuse detection, revocation,
// end session. There are no passwords; the sign-in page shows two people and asks for a
// choice. So it must never listen on anything but loopback, and [Params.Start] makes
// sure of it.
//
// The protocol is github.com/zitadel/oidc's; this package is its storage, its
// one client and its pages. It knows nothing of Portico's other rooms.
package demoidp

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// ClientID is the provider's one client: public, native, PKCE.
const ClientID = "portico"

// Params says how to start a provider. The zero value is a provider on a free port that
// forgets everything when it ends.
type Params struct {
	// Addr is the loopback address to listen on, 127.0.0.1:0 when empty.
	Addr string
	// File is where keys and sign-ins are kept between runs, so the next run honours
	// the refresh tokens of this one. Its folder must exist. Empty: memory only.
	File string
	// ClientAuth is the client's authentication: "" for none, or client_secret_basic,
	// client_secret_post or private_key_jwt. Secret is its secret for the first two.
	// Keys are registered by [Server.ClientKeys].
	ClientAuth string
	Secret     string
	// Log gets the protocol library's messages; nil discards them.
	Log *slog.Logger
}

// Server is a running provider. Its methods may be called from several
// goroutines.
type Server struct {
	issuer string
	store  *store
	http   *http.Server
	done   chan struct{}
	err    error

	mu       sync.Mutex
	requests map[string]int
}

// Start listens and serves until ctx ends or [Server.Close] is called.
func (p Params) Start(ctx context.Context) (*Server, error) {
	addr := p.Addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen for the demo sign-in: %w", err)
	}
	if a, err := netip.ParseAddrPort(l.Addr().String()); err != nil || !a.Addr().IsLoopback() {
		l.Close()
		return nil, fmt.Errorf("the demo sign-in has no passwords and listens on loopback only, not on %s", addr)
	}
	s, err := newServer("http://"+l.Addr().String(), p)
	if err != nil {
		l.Close()
		return nil, err
	}
	go s.serve(ctx, l)
	return s, nil
}

func newServer(issuer string, p Params) (*Server, error) {
	log := p.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	st, err := openStore(p.File)
	if err != nil {
		return nil, err
	}
	st.client = client{method: oidc.AuthMethodNone, secret: p.Secret}
	if p.ClientAuth != "" {
		st.client.method = oidc.AuthMethod(p.ClientAuth)
	}
	s := &Server{issuer: issuer, store: st, done: make(chan struct{}), requests: map[string]int{}}
	// Authorization codes are sealed with this key; they do not outlive a run.
	var codeKey [32]byte
	rand.Read(codeKey[:])
	provider, err := op.NewProvider(&op.Config{
		CryptoKey:                codeKey,
		DefaultLogoutRedirectURI: pathSignedOut,
		CodeMethodS256:           true,
		GrantTypeRefreshToken:    true,
		AuthMethodPost:           true,
		AuthMethodPrivateKeyJWT:  true,
		SupportedScopes:          supportedScopes(),
		DeviceAuthorization: op.DeviceAuthorizationConfig{
			Lifetime:     5 * time.Minute,
			PollInterval: time.Second,
			UserFormPath: pathDevice,
			UserCode:     op.UserCodeBase20,
		},
	}, st, op.StaticIssuer(issuer),
		op.WithAllowInsecure(), op.WithLogger(log), op.WithCORSOptions(nil),
		op.WithHttpInterceptors(st.carrySession))
	if err != nil {
		return nil, fmt.Errorf("set up the demo sign-in: %w", err)
	}
	mux := http.NewServeMux()
	newPages(st, provider).register(mux)
	mux.Handle("/", provider)
	s.http = &http.Server{
		Handler:           s.count(mux),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	return s, nil
}

func (s *Server) serve(ctx context.Context, l net.Listener) {
	defer close(s.done)
	stop := context.AfterFunc(ctx, func() { s.http.Close() })
	defer stop()
	if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		s.err = err
	}
}

// Issuer is the provider's address, without a slash at its end.
func (s *Server) Issuer() string { return s.issuer }

// Close ends the provider and waits for it. It may be called more than once.
func (s *Server) Close() error {
	err := s.http.Close()
	<-s.done
	return errors.Join(err, s.err)
}

// Done is closed when the provider has ended.
func (s *Server) Done() <-chan struct{} { return s.done }

// Requests counts the requests since the start, by path, as in "/oauth/token". The
// returned map is the caller's.
func (s *Server) Requests() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.requests)
}

func (s *Server) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.requests["/"+strings.Trim(r.URL.Path, "/")]++
		s.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}

// ClientKeys registers the client's keys for its assertions (RFC 7517), and no others.
func (s *Server) ClientKeys(keys []json.RawMessage) error {
	parsed := make([]jose.JSONWebKey, len(keys))
	for i, raw := range keys {
		if err := json.Unmarshal(raw, &parsed[i]); err != nil {
			return fmt.Errorf("the client's key %d: %w", i, err)
		}
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	s.store.clients = parsed
	return nil
}

// RevokeAll ends every sign-in, as an administrator would: refresh tokens are
// refused with invalid_grant from now on.
func (s *Server) RevokeAll() error { return s.store.revokeAll() }

// Grants counts the sign-ins with a working refresh token.
func (s *Server) Grants() int { return s.store.liveGrants() }

// Sessions counts the signed-in browsers.
func (s *Server) Sessions() int { return s.store.liveSessions() }

// RotateKeys signs with a new key from now on. The one before stays published.
func (s *Server) RotateKeys() error { return s.store.rotateKeys() }
