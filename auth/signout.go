package auth

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// SignOutReport says what came of the three steps of a sign-out.
type SignOutReport struct {
	// LocalErr is nil when the key store no longer holds the sign-in.
	LocalErr error
	// RevokeOffered says whether the provider has a revocation endpoint, and
	// there was something to revoke; RevokeErr what came of it.
	RevokeOffered bool
	RevokeErr     error
	// EndSessionURL ends the browser's session when opened there, "" when the
	// provider offers none.
	EndSessionURL string
}

// SignOut ends a sign-in: it deletes it from the key store first, which needs no
// network, then revokes the refresh token (RFC 7009), and prepares the address
// that ends the provider's session in the browser (OpenID Connect RP-Initiated
// Logout 1.0). current may be nil; with it, a token that could not be saved is
// revoked as well, and the provider is told which session is meant.
func (c *Client) SignOut(ctx context.Context, accountID string, current *Tokens) SignOutReport {
	var report SignOutReport
	var token string
	token, report.LocalErr = take(ctx, c.store, c.lockDir, accountID)
	if current != nil && current.RefreshToken != "" && (token == "" || current.SaveErr != nil) {
		token = current.RefreshToken
	}

	m, err := c.metadata(ctx, true)
	if err != nil {
		report.RevokeOffered, report.RevokeErr = token != "", err
		return report
	}
	if token != "" && m.RevocationEndpoint != "" {
		report.RevokeOffered = true
		report.RevokeErr = c.revoke(ctx, m, token)
	}
	report.EndSessionURL = c.endSessionURL(m, current)
	c.log.Info("signed out", "provider", c.provider.ID, "account", accountID, "local", report.LocalErr == nil, "revoked", report.RevokeOffered && report.RevokeErr == nil)
	return report
}

func (c *Client) revoke(ctx context.Context, m *Metadata, token string) error {
	form := url.Values{"token": {token}, "token_type_hint": {"refresh_token"}, "client_id": {c.provider.ClientID}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.RevocationEndpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := c.http.Do(req)
	if err != nil {
		return &UnavailableError{Host: hostOf(m.RevocationEndpoint), Step: "revocation", Err: plainNetError(err)}
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, maxTokenAnswer)
	if resp.StatusCode != http.StatusOK {
		return &UnavailableError{Host: hostOf(m.RevocationEndpoint), Step: "revocation", Status: resp.StatusCode}
	}
	return nil
}

// endSessionURL carries no id_token_hint: an ID token would end up in the
// browser's history. The client's id and the person's name for the provider do
// (RP-Initiated Logout 1.0, section 2).
func (c *Client) endSessionURL(m *Metadata, current *Tokens) string {
	if m.EndSessionEndpoint == "" {
		return ""
	}
	u, err := url.Parse(m.EndSessionEndpoint)
	if err != nil {
		return ""
	}
	q := u.Query()
	q.Set("client_id", c.provider.ClientID)
	if current != nil && current.Account.Email != "" {
		q.Set("logout_hint", current.Account.Email)
	}
	u.RawQuery = q.Encode()
	return u.String()
}
