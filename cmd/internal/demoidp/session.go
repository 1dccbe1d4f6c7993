package demoidp

import (
	"context"
	"net/http"
	"time"

	"github.com/zitadel/oidc/v3/pkg/op"
)

// session is a signed-in browser: the next sign-in from it needs no page. Sessions end
// with the run.
type session struct {
	subject string
	began   time.Time
	expires time.Time
}

// The name keeps the cookies of several programs on 127.0.0.1 apart: cookies know no
// ports (RFC 6265, section 8.5).
const sessionCookie = "portico_demo_session"

type sessionKey struct{}

// carrySession lets the storage see which browser asks.
func (s *store) carrySession(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie(sessionCookie); err == nil {
			r = r.WithContext(context.WithValue(r.Context(), sessionKey{}, digestOf(c.Value)))
		}
		next.ServeHTTP(w, r)
	})
}

// sessionFrom is the digest of the browser's cookie; the zero digest, without
// one, is nobody's.
func sessionFrom(ctx context.Context) digest {
	d, _ := ctx.Value(sessionKey{}).(digest)
	return d
}

// signIn begins a browser session and returns its cookie.
func (s *store) signIn(subject string) *http.Cookie {
	s.mu.Lock()
	defer s.mu.Unlock()
	value := randomName()
	s.sessions[digestOf(value)] = &session{subject: subject, began: s.now(), expires: s.now().Add(sessionLifetime)}
	return &http.Cookie{Name: sessionCookie, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

// signOut ends the browser's session, whoever it is.
func (s *store) signOut(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, sessionFrom(ctx))
}

// TerminateSessionFromRequest implements the end of a session (OpenID Connect
// RP-Initiated Logout 1.0). It ends the browser's session, not the refresh tokens:
// those are revoked one by one. A request that does not prove the session is put to the
// person first.
func (s *store) TerminateSessionFromRequest(ctx context.Context, req *op.EndSessionRequest) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.sessions[sessionFrom(ctx)]
	if b == nil {
		return req.RedirectURI, nil
	}
	if req.UserID != b.subject {
		return pathSignOut, nil
	}
	delete(s.sessions, sessionFrom(ctx))
	return req.RedirectURI, nil
}

// TerminateSession implements [op.Storage]; the library prefers
// TerminateSessionFromRequest.
func (s *store) TerminateSession(context.Context, string, string) error { return nil }

func (s *store) liveSessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	return len(s.sessions)
}
