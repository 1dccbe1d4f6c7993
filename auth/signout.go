package auth

import (
	"context"
	"errors"
	"net/url"
)

// SignOutReport is the outcome of the three steps of a sign-out.
type SignOutReport struct {
	// LocalErr is nil when the key store no longer holds the sign-in.
	LocalErr error
	// RevokeOffered reports if the provider has a revocation endpoint, and there was
	// something to revoke; RevokeErr is its outcome.
	RevokeOffered bool
	RevokeErr     error
	// EndSessionOffered reports if the provider can end its session in the browser;
	// EndSession does so, and is nil as well if the provider has to be shown an ID token
	// and none is in memory.
	EndSessionOffered bool
	EndSession        *EndSession
}

// SignOut ends a sign-in: it deletes it from the key store first (no network is needed
// for it), then revokes the refresh token (RFC 7009), and prepares the end of the
// provider's session in the browser (OpenID Connect RP-Initiated Logout 1.0). A refresh
// token only in memory is revoked as well. The newest ID token seen by this program names
// the session to the provider.
//
// Another client's sign-in (see [Client.Owns]) is deleted as well, and revoked at its own
// issuer, as by [SignOutFormer]. This provider sees nothing of it.
func (c *Client) SignOut(ctx context.Context, accountID string) SignOutReport {
	c.tokens.drop(accountID)
	last := c.accounts.memory.part(accountID)
	var may func(remembered) bool
	if last.account.ID != "" && c.Owns(last.account) {
		// Nothing is known here of another registration's record under the same name.
		may = func(r remembered) bool { return c.isOwn(r, last.memoryOnly()) }
	}
	kept, err := c.accounts.take(ctx, accountID, may)
	last = last.or(c.accounts.memory.part(accountID))
	c.tokens.drop(accountID) // of a renewal that was under way
	var own []living
	report := SignOutReport{}
	told := false
	for _, l := range toRevoke(kept, last) {
		if c.Owns(l.account) {
			own = append(own, l)
			continue
		}
		report.merge(tellFormer(ctx, c.made, l))
		told = true
	}
	if len(own) > 0 || !told {
		report.merge(c.tell(ctx, own, last))
	}
	report.LocalErr = err
	c.log.Info("signed out", "provider", c.provider.ID, "account", accountID, "local", report.LocalErr == nil, "revoked", report.RevokeOffered && report.RevokeErr == nil)
	return report
}

// tell revokes sign-ins of this client, and says how the browser's session ends.
func (c *Client) tell(ctx context.Context, own []living, last parting) SignOutReport {
	var report SignOutReport
	m, err := c.metadata(ctx, true)
	if err != nil {
		report.RevokeOffered, report.RevokeErr = len(own) > 0, err
		return report
	}
	for _, l := range own {
		switch {
		case !m.issues(l.account.Issuer):
			report.RevokeOffered, report.RevokeErr = true, errors.Join(report.RevokeErr, &UntoldError{Issuer: l.account.Issuer})
			continue
		case m.RevocationEndpoint == "":
			continue
		}
		report.RevokeOffered = true
		renewed, err := c.revoke(ctx, m, l.token)
		m, report.RevokeErr = renewed, errors.Join(report.RevokeErr, err)
	}
	if !c.Owns(last.account) || !m.issues(last.account.Issuer) {
		last = parting{}
	}
	report.EndSessionOffered = m.EndSessionEndpoint != ""
	report.EndSession = c.endSession(m, last)
	return report
}

// merge adds the outcome of telling one more provider.
func (r *SignOutReport) merge(more SignOutReport) {
	r.RevokeOffered = r.RevokeOffered || more.RevokeOffered
	r.RevokeErr = errors.Join(r.RevokeErr, more.RevokeErr)
	if more.EndSessionOffered && !r.EndSessionOffered {
		r.EndSessionOffered, r.EndSession = true, more.EndSession
	}
}

// living is a living refresh token, as far as anybody here knows, with its account.
type living struct {
	account Account
	token   string
}

// toRevoke are the living refresh tokens: the kept one, or the one in memory if it is
// newer, or both if they are of two sign-ins.
func toRevoke(kept remembered, last parting) []living {
	stored, newest := living{kept.Account, kept.RefreshToken}, living{last.account, last.refreshToken}
	switch {
	case newest.token == "" || newest.token == stored.token:
	case last.memoryOnly() && stored.token != "":
		return []living{stored, newest}
	case last.held != nil, stored.token == "":
		return []living{newest}
	}
	if kept.RefreshToken == "" {
		return nil
	}
	return []living{stored}
}

// revoke asks for the end of a refresh token and of its access tokens (RFC 7009, section
// 2.1). It returns the right metadata.
func (c *Client) revoke(ctx context.Context, m *Metadata, token string) (*Metadata, error) {
	m, _, err := c.atEndpoint(ctx, m, func(m *Metadata) string { return m.RevocationEndpoint }, func(m *Metadata) (*answer, error) {
		return c.post(ctx, m, "revocation", m.RevocationEndpoint, url.Values{"token": {token}, "token_type_hint": {"refresh_token"}}, nil)
	})
	return m, err
}
