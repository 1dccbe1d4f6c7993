package demoidp

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

const (
	requestLifetime = 10 * time.Minute    // from the authorization request to the code
	codeLifetime    = time.Minute         // RFC 6749, section 4.1.2: ten minutes at most
	accessLifetime  = 5 * time.Minute     // also of ID tokens
	grantLifetime   = 30 * 24 * time.Hour // an unused refresh token
	sessionLifetime = 8 * time.Hour       // the browser's
)

// store is everything that the provider remembers. One lock guards it all: people
// click, machines ask once an hour.
type store struct {
	file   string
	now    func() time.Time
	client client

	mu       sync.Mutex
	clients  []jose.JSONWebKey // the client's keys for signing
	keys     []signingKey      // the first one signs
	requests map[string]*authRequest
	codes    map[digest]*code
	grants   map[string]*grant
	tokens   map[digest]*grant // every refresh token ever issued for a living grant
	access   map[string]accessToken
	devices  map[digest]*device
	sessions map[digest]*session
}

var (
	_ op.Storage                        = (*store)(nil)
	_ op.CanSetUserinfoFromRequest      = (*store)(nil)
	_ op.CanTerminateSessionFromRequest = (*store)(nil)
	_ op.DeviceAuthorizationStorage     = (*store)(nil)
)

// digest stands for a secret that is only ever compared, so neither the memory nor the
// file holds anything of use.
type digest [sha256.Size]byte

// MarshalText and UnmarshalText are the digest's form in the file.
func (d digest) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(d[:])), nil }

// UnmarshalText is the reverse of MarshalText.
func (d *digest) UnmarshalText(text []byte) error {
	if len(text) != hex.EncodedLen(len(d)) {
		return errors.New("not a digest")
	}
	_, err := hex.Decode(d[:], text)
	return err
}

func digestOf(secret string) digest { return sha256.Sum256([]byte(secret)) }

// randomName is 160 unguessable bits.
func randomName() string {
	var b [20]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// sweep forgets everything that has run out. The lock is held.
func (s *store) sweep() {
	now := s.now()
	for id, r := range s.requests {
		if now.After(r.expires) {
			delete(s.requests, id)
		}
	}
	for d, c := range s.codes {
		if now.After(c.forget) {
			delete(s.codes, d)
		}
	}
	for id, t := range s.access {
		if now.After(t.expires) {
			delete(s.access, id)
		}
	}
	for d, v := range s.devices {
		if now.After(v.state.Expires) {
			delete(s.devices, d)
		}
	}
	for d, b := range s.sessions {
		if now.After(b.expires) {
			delete(s.sessions, d)
		}
	}
	for _, g := range s.grants {
		if now.After(g.Expires) {
			s.drop(g)
		}
	}
}

// GetClientByClientID implements [op.Storage].
func (s *store) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	if id != ClientID {
		return nil, oidc.ErrInvalidClient().WithDescription("unknown client")
	}
	return s.client, nil
}

// AuthorizeClientIDSecret implements [op.Storage].
func (s *store) AuthorizeClientIDSecret(_ context.Context, id, secret string) error {
	if s.client.secret == "" || id != ClientID || subtle.ConstantTimeCompare([]byte(secret), []byte(s.client.secret)) != 1 {
		return errors.New("the client's secret is wrong")
	}
	return nil
}

// SetUserinfoFromScopes implements [op.Storage]. The library calls
// SetUserinfoFromRequest as well, and that does it.
func (s *store) SetUserinfoFromScopes(context.Context, *oidc.UserInfo, string, string, []string) error {
	return nil
}

// SetUserinfoFromRequest fills in an ID token.
func (s *store) SetUserinfoFromRequest(_ context.Context, info *oidc.UserInfo, r op.IDTokenRequest, scopes []string) error {
	p, ok := person(r.GetSubject())
	if !ok {
		return errors.New("nobody of that name")
	}
	p.describe(info, scopes)
	return nil
}

// SetUserinfoFromToken answers the userinfo endpoint.
func (s *store) SetUserinfoFromToken(_ context.Context, info *oidc.UserInfo, id, subject, _ string) error {
	s.mu.Lock()
	t, ok := s.access[id]
	s.mu.Unlock()
	p, known := person(subject)
	if !ok || !known || t.subject != subject || s.now().After(t.expires) {
		return oidc.ErrAccessDenied().WithDescription("the access token has ended")
	}
	p.describe(info, t.scopes)
	return nil
}

// SetIntrospectionFromToken implements [op.Storage]; nobody may ask.
func (s *store) SetIntrospectionFromToken(context.Context, *oidc.IntrospectionResponse, string, string, string) error {
	return errors.New("introspection is not offered")
}

// GetPrivateClaimsFromScopes implements [op.Storage].
func (s *store) GetPrivateClaimsFromScopes(context.Context, string, string, []string) (map[string]any, error) {
	return nil, nil
}

// GetKeyByIDAndClientID implements [op.Storage].
func (s *store) GetKeyByIDAndClientID(_ context.Context, key, id string) (*jose.JSONWebKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.clients {
		if k.KeyID == key && id == ClientID {
			return &k, nil
		}
	}
	return nil, errors.New("the client has no such key")
}

// ValidateJWTProfileScopes implements [op.Storage]; the grant is not offered.
func (s *store) ValidateJWTProfileScopes(context.Context, string, []string) ([]string, error) {
	return nil, errors.New("the JWT profile grant is not offered")
}

// Health implements [op.Storage].
func (s *store) Health(context.Context) error { return nil }

func onlySupported(scopes []string) []string {
	return slices.DeleteFunc(slices.Clone(scopes), func(scope string) bool {
		return !slices.Contains(supportedScopes(), scope)
	})
}
