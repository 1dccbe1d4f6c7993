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
	// RevokeOffered reports if the provider has a revocation endpoint, and there was
	// something to revoke; RevokeErr what came of it.
	RevokeOffered bool
	RevokeErr     error
	// EndSessionOffered reports if the provider can end its session in the browser;
	// EndSession does so, and is nil as well where the provider has to be shown an ID
	// token and none is in memory.
	EndSessionOffered bool
	EndSession        *EndSession
}

// SignOut ends a sign-in: it deletes it from the key store first, which needs no
// network, then revokes the refresh token (RFC 7009), and prepares the end of the
// provider's session in the browser (OpenID Connect RP-Initiated Logout 1.0).
// What only memory has of the sign-in is revoked as well. The newest ID token that this
// program has seen of it proves which session is meant.
//
// A sign-in that is not this client's (see [Client.Owns]) is deleted as well, and
// revoked at its own issuer, as by [SignOutFormer]. This provider sees nothing of it.
func (c *Client) SignOut(ctx context.Context, accountID string) SignOutReport {
	c.tokens.drop(accountID)
	last := c.accounts.memory.part(accountID)
	var may func(remembered) bool
	if last.account.ID != "" && c.Owns(last.account) {
		// Of another registration's record that has the name, nothing is known here.
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

// merge adds what came of telling one more provider.
func (r *SignOutReport) merge(more SignOutReport) {
	r.RevokeOffered = r.RevokeOffered || more.RevokeOffered
	r.RevokeErr = errors.Join(r.RevokeErr, more.RevokeErr)
	if more.EndSessionOffered && !r.EndSessionOffered {
		r.EndSessionOffered, r.EndSession = true, more.EndSession
	}
}

// living is a refresh token that lives, as far as anybody here knows, and whose it is.
type living struct {
	account Account
	token   string
}

// toRevoke are the refresh tokens that live: the one that was kept, or the one in memory
// where that is newer, or both if they are of two sign-ins.
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

// revoke asks for the end of a refresh token and of what came from it (RFC 7009,
// section 2.1). It returns the metadata that were right.
func (c *Client) revoke(ctx context.Context, m *Metadata, token string) (*Metadata, error) {
	m, _, err := c.atEndpoint(ctx, m, func(m *Metadata) string { return m.RevocationEndpoint }, func(m *Metadata) (*answer, error) {
		return c.post(ctx, m, "revocation", m.RevocationEndpoint, url.Values{"token": {token}, "token_type_hint": {"refresh_token"}}, nil)
	})
	return m, err
}
