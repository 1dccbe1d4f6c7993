package auth

import (
	"context"
	"errors"
	"net/url"
)

// SignOutReport says what came of the three steps of a sign-out.
type SignOutReport struct {
	// LocalErr is nil when the key store no longer holds the sign-in.
	LocalErr error
	// RevokeOffered says whether the provider has a revocation endpoint, and
	// there was something to revoke; RevokeErr what came of it.
	RevokeOffered bool
	RevokeErr     error
	// EndSessionOffered says whether the provider can end its session in the browser;
	// EndSession does so, and is nil as well where the provider has to be shown an ID
	// token and none is in memory.
	EndSessionOffered bool
	EndSession        *EndSession
}

// SignOut ends a sign-in: it deletes it from the key store first, which needs no
// network, then revokes the refresh token (RFC 7009), and prepares the end of the
// provider's session in the browser (OpenID Connect RP-Initiated Logout 1.0).
// current may be nil; with it, a token that could not be saved is revoked as well,
// and the provider is told which session is meant. The newest ID token that this
// client has seen of the account proves it, where current has none.
func (c *Client) SignOut(ctx context.Context, accountID string, current *Tokens) SignOutReport {
	var report SignOutReport
	idToken := c.idTokens.take(accountID)
	kept, err := take(ctx, c.store, c.lockDir, accountID)
	report.LocalErr = err
	tokens := toRevoke(kept, current)

	m, err := c.metadata(ctx, true)
	if err != nil {
		report.RevokeOffered, report.RevokeErr = len(tokens) > 0, err
		return report
	}
	if m.RevocationEndpoint != "" {
		for _, token := range tokens {
			report.RevokeOffered = true
			renewed, err := c.revoke(ctx, m, token)
			m, report.RevokeErr = renewed, errors.Join(report.RevokeErr, err)
		}
	}
	report.EndSessionOffered = m.EndSessionEndpoint != ""
	report.EndSession = c.endSession(m, current, idToken)
	c.log.Info("signed out", "provider", c.provider.ID, "account", accountID, "local", report.LocalErr == nil, "revoked", report.RevokeOffered && report.RevokeErr == nil)
	return report
}

// toRevoke are the refresh tokens that live, as far as anybody here knows: the one
// that was kept, or the one in memory where that is newer, or both where they are
// of two sign-ins.
func toRevoke(kept string, current *Tokens) []string {
	switch {
	case current == nil || current.RefreshToken == "" || current.RefreshToken == kept:
	case current.memoryOnly && kept != "":
		return []string{kept, current.RefreshToken}
	case current.memoryOnly, current.SaveErr != nil, kept == "":
		return []string{current.RefreshToken}
	}
	if kept == "" {
		return nil
	}
	return []string{kept}
}

// revoke asks for the end of a refresh token and of what came from it (RFC 7009,
// section 2.1). It returns the metadata that were right.
func (c *Client) revoke(ctx context.Context, m *Metadata, token string) (*Metadata, error) {
	m, _, err := c.atEndpoint(ctx, m, func(m *Metadata) string { return m.RevocationEndpoint }, func(m *Metadata) (*answer, error) {
		return c.post(ctx, m, "revocation", m.RevocationEndpoint, url.Values{"token": {token}, "token_type_hint": {"refresh_token"}}, nil)
	})
	return m, err
}
