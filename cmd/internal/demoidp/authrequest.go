package demoidp

import (
	"context"
	"errors"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// authRequest is one visit of the sign-in page. The library reads it without
// our lock, so it always gets a copy.
type authRequest struct {
	oidc.AuthRequest
	id       string
	expires  time.Time
	subject  string
	authTime time.Time
	// suggested is the person who is signed in to the browser already, if they have to
	// be asked all the same.
	suggested string
	// code is the digest of its code, to trace a code that comes twice to its sign-in.
	code digest
}

var _ op.AuthRequest = (*authRequest)(nil)

func (r *authRequest) GetID() string                      { return r.id }
func (r *authRequest) GetACR() string                     { return "" }
func (r *authRequest) GetAMR() []string                   { return nil }
func (r *authRequest) GetAudience() []string              { return []string{r.ClientID} }
func (r *authRequest) GetAuthTime() time.Time             { return r.authTime }
func (r *authRequest) GetClientID() string                { return r.ClientID }
func (r *authRequest) GetNonce() string                   { return r.Nonce }
func (r *authRequest) GetScopes() []string                { return r.Scopes }
func (r *authRequest) GetSubject() string                 { return r.subject }
func (r *authRequest) Done() bool                         { return r.subject != "" }
func (r *authRequest) GetResponseMode() oidc.ResponseMode { return r.ResponseMode }
func (r *authRequest) GetCodeChallenge() *oidc.CodeChallenge {
	return &oidc.CodeChallenge{Challenge: r.CodeChallenge, Method: r.CodeChallengeMethod}
}

// code is an issued authorization code.
type code struct {
	request string
	expires time.Time
	// forget is later than expires: a code has to be recognised at its second coming
	// (RFC 6749, section 10.5).
	forget time.Time
	used   bool
	grant  string // what it was exchanged for
}

// CreateAuthRequest implements [op.Storage].
func (s *store) CreateAuthRequest(ctx context.Context, req *oidc.AuthRequest, _ string) (op.AuthRequest, error) {
	if req.CodeChallenge == "" || req.CodeChallengeMethod != oidc.CodeChallengeMethodS256 {
		return nil, oidc.ErrInvalidRequest().WithDescription("PKCE with S256 is required")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	r := &authRequest{AuthRequest: *req, id: randomName(), expires: s.now().Add(requestLifetime)}
	r.Scopes = onlySupported(req.Scopes)
	b := s.sessionFor(ctx, r)
	switch {
	case b == nil:
	case hasPrompt(r, oidc.PromptConsent):
		r.suggested = b.subject
	default:
		r.subject, r.authTime = b.subject, b.began
	}
	if !r.Done() && hasPrompt(r, oidc.PromptNone) {
		return nil, oidc.ErrLoginRequired()
	}
	s.requests[r.id] = r
	return r.clone(), nil
}

func (r *authRequest) clone() *authRequest { c := *r; return &c }

// sessionFor returns the browser's session if it may answer this request
// without a page (OpenID Connect Core, section 3.1.2.1). The lock is held.
func (s *store) sessionFor(ctx context.Context, r *authRequest) *session {
	b := s.sessions[sessionFrom(ctx)]
	if b == nil || s.now().After(b.expires) || hasPrompt(r, oidc.PromptLogin) || hasPrompt(r, oidc.PromptSelectAccount) {
		return nil
	}
	if r.MaxAge != nil && s.now().Sub(b.began) > time.Duration(*r.MaxAge)*time.Second {
		return nil
	}
	if p, ok := person(b.subject); !ok || (r.LoginHint != "" && r.LoginHint != p.Email) {
		return nil
	}
	return b
}

func hasPrompt(r *authRequest, prompt string) bool {
	for _, p := range r.Prompt {
		if p == prompt {
			return true
		}
	}
	return false
}

var errNoRequest = errors.New("this sign-in has ended or never began")

// AuthRequestByID implements [op.Storage].
func (s *store) AuthRequestByID(_ context.Context, id string) (op.AuthRequest, error) {
	r, err := s.request(id)
	if err != nil {
		return nil, err
	}
	return r, nil
}

func (s *store) request(id string) (*authRequest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.requests[id]
	if r == nil || s.now().After(r.expires) {
		return nil, errNoRequest
	}
	return r.clone(), nil
}

// choose names the person at the browser.
func (s *store) choose(id, subject string) error {
	if _, ok := person(subject); !ok {
		return errors.New("nobody of that name")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.requests[id]
	if r == nil || s.now().After(r.expires) || r.code != (digest{}) {
		return errNoRequest
	}
	r.subject, r.authTime = subject, s.now()
	return nil
}

// SaveAuthCode implements [op.Storage].
func (s *store) SaveAuthCode(_ context.Context, id, value string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.requests[id]
	if r == nil {
		return errNoRequest
	}
	if r.code != (digest{}) {
		return errors.New("this sign-in has its answer already")
	}
	r.code = digestOf(value)
	s.codes[r.code] = &code{request: id, expires: s.now().Add(codeLifetime), forget: s.now().Add(grantLifetime)}
	return nil
}

// AuthRequestByCode implements [op.Storage]. A code works once, even if nothing comes
// of it; the second time ends the sign-in of the first (RFC 6749, section 4.1.2).
func (s *store) AuthRequestByCode(_ context.Context, value string) (op.AuthRequest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.codes[digestOf(value)]
	if c == nil {
		return nil, errors.New("unknown code")
	}
	if c.used {
		if g := s.grants[c.grant]; g != nil {
			s.drop(g)
			if err := s.save(); err != nil {
				return nil, err
			}
		}
		return nil, errors.New("the code was used before")
	}
	c.used = true
	r := s.requests[c.request]
	if r == nil || s.now().After(c.expires) {
		return nil, errors.New("the code has expired")
	}
	return r.clone(), nil
}

// DeleteAuthRequest implements [op.Storage].
func (s *store) DeleteAuthRequest(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.requests, id)
	return nil
}
