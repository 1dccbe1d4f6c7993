package demoidp

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// grant is one sign-in that may be renewed: the family of refresh tokens from one visit
// of the sign-in page. Exported fields go to the file.
type grant struct {
	ID       string
	Subject  string
	Client   string
	Scopes   []string
	AuthTime time.Time
	Expires  time.Time
	// Current is the one working refresh token. Seeing one of Used again means that two
	// parties hold the family, so all of it ends (RFC 9700, section 4.14.2).
	Current digest
	Used    []digest
}

// usedKept bounds what a grant remembers of its past.
const usedKept = 1000

type accessToken struct {
	grant   string // "" when it cannot be renewed
	subject string
	scopes  []string
	expires time.Time
}

// refreshRequest is what the library works on while it renews a grant.
type refreshRequest struct {
	grant  string
	scopes []string
	g      grant // a copy
}

var _ op.RefreshTokenRequest = (*refreshRequest)(nil)

func (r *refreshRequest) GetAMR() []string                 { return nil }
func (r *refreshRequest) GetAudience() []string            { return []string{r.g.Client} }
func (r *refreshRequest) GetAuthTime() time.Time           { return r.g.AuthTime }
func (r *refreshRequest) GetClientID() string              { return r.g.Client }
func (r *refreshRequest) GetScopes() []string              { return r.scopes }
func (r *refreshRequest) GetSubject() string               { return r.g.Subject }
func (r *refreshRequest) SetCurrentScopes(scopes []string) { r.scopes = scopes }

// drop ends a grant with all its tokens. The lock is held.
func (s *store) drop(g *grant) {
	delete(s.grants, g.ID)
	delete(s.tokens, g.Current)
	for _, d := range g.Used {
		delete(s.tokens, d)
	}
	for id, t := range s.access {
		if t.grant == g.ID {
			delete(s.access, id)
		}
	}
}

// live returns the grant of a refresh token that may be used now. A token replaced
// before ends its whole family. The lock is held.
func (s *store) live(token string) (*grant, error) {
	d := digestOf(token)
	g := s.tokens[d]
	switch {
	case g == nil:
		return nil, errors.New("unknown or ended")
	case g.Current != d:
		s.drop(g)
		return nil, errors.Join(errors.New("used before; the sign-in has ended"), s.save())
	case s.now().After(g.Expires):
		s.drop(g)
		return nil, errors.Join(errors.New("expired"), s.save())
	}
	return g, nil
}

// TokenRequestByRefreshToken implements [op.Storage].
func (s *store) TokenRequestByRefreshToken(_ context.Context, token string) (op.RefreshTokenRequest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.live(token)
	if err != nil {
		return nil, err
	}
	return &refreshRequest{grant: g.ID, scopes: slices.Clone(g.Scopes), g: *g}, nil
}

// CreateAccessToken implements [op.Storage].
func (s *store) CreateAccessToken(_ context.Context, r op.TokenRequest) (string, time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	id, expires := s.issue(r, "")
	return id, expires, nil
}

func (s *store) issue(r op.TokenRequest, grant string) (string, time.Time) {
	id, expires := randomName(), s.now().Add(accessLifetime)
	s.access[id] = accessToken{grant: grant, subject: r.GetSubject(), scopes: slices.Clone(r.GetScopes()), expires: expires}
	return id, expires
}

// CreateAccessAndRefreshTokens implements [op.Storage]: it begins a grant, or
// replaces the token of one.
func (s *store) CreateAccessAndRefreshTokens(_ context.Context, r op.TokenRequest, current string) (string, string, time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	var g *grant
	switch r := r.(type) {
	case *authRequest:
		g = s.begin(r, r.authTime)
		if c := s.codes[r.code]; c != nil {
			c.grant = g.ID
		}
	case *op.DeviceAuthorizationState:
		g = s.begin(r, r.AuthTime)
	case *refreshRequest:
		// Two requests with one token may both have come this far: the second
		// one finds it replaced.
		var err error
		if g, err = s.live(current); err != nil {
			return "", "", time.Time{}, oidc.ErrInvalidGrant().WithParent(err)
		}
		g.Used = append(g.Used, g.Current)
		if extra := len(g.Used) - usedKept; extra > 0 {
			for _, d := range g.Used[:extra] {
				delete(s.tokens, d)
			}
			g.Used = slices.Clone(g.Used[extra:])
		}
	default:
		return "", "", time.Time{}, oidc.ErrUnsupportedGrantType()
	}
	token := randomName()
	g.Current = digestOf(token)
	g.Expires = s.now().Add(grantLifetime)
	s.tokens[g.Current] = g
	id, expires := s.issue(r, g.ID)
	if err := s.save(); err != nil {
		return "", "", time.Time{}, err
	}
	return id, token, expires, nil
}

func (s *store) begin(r op.TokenRequest, authTime time.Time) *grant {
	g := &grant{ID: randomName(), Client: ClientID, Subject: r.GetSubject(), Scopes: slices.Clone(r.GetScopes()), AuthTime: authTime}
	s.grants[g.ID] = g
	return g
}

// GetRefreshTokenInfo implements [op.Storage].
func (s *store) GetRefreshTokenInfo(_ context.Context, _ string, token string) (string, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.tokens[digestOf(token)]
	if g == nil {
		return "", "", op.ErrInvalidRefreshToken
	}
	return g.Subject, g.ID, nil
}

// RevokeToken implements [op.Storage] (RFC 7009). A token no longer known is revoked
// already.
func (s *store) RevokeToken(_ context.Context, id, _, clientID string) *oidc.Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.grants[id]; g != nil {
		if g.Client != clientID {
			return oidc.ErrInvalidClient().WithDescription("the token was issued to another client")
		}
		s.drop(g)
		if err := s.save(); err != nil {
			return oidc.ErrServerError().WithParent(err)
		}
		return nil
	}
	delete(s.access, id)
	return nil
}

func (s *store) revokeAll() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.grants {
		s.drop(g)
	}
	clear(s.access)
	return s.save()
}

func (s *store) liveGrants() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	return len(s.grants)
}
