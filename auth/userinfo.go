package auth

import (
	"context"
	"io"
	"net/http"
)

// completedAccount asks for the words for display if the ID token is silent, as OpenID
// Connect Core 1.0, section 5.4 allows. It is done once, at the sign-in. A missing
// answer, one in the form of a token (section 5.3.2 allows a JWT), or one naming nobody
// is no reason to refuse anybody; one about somebody else is.
//
// Entra is not asked: its ID token has everything in its userinfo, and the access token
// may be for an API other than Microsoft's.
func (c *Client) completedAccount(ctx context.Context, m *Metadata, t *Tokens) (Account, error) {
	account := t.Account
	if account.Name != "" && account.Email != "" || m.UserinfoEndpoint == "" || t.AccessToken == "" || c.dialect == Entra {
		return account, nil
	}
	claims, ok := c.userinfo(ctx, m, t)
	if !ok {
		return account, nil
	}
	// OpenID Connect Core 1.0, section 5.3.2: without sub nothing of it is used.
	if claims.Subject == "" {
		c.log.Warn("userinfo not used: it does not say whom it is about", "provider", c.provider.ID)
		return account, nil
	}
	if claims.Subject != account.Subject {
		return account, untrusted("userinfo_sub", "userinfo is about somebody else than the ID token")
	}
	claims.Issuer = account.Issuer
	return account.completedBy(c.account(claims)), nil
}

func (c *Client) userinfo(ctx context.Context, m *Metadata, t *Tokens) (*tokenClaims, bool) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.UserinfoEndpoint, nil)
	if err != nil {
		return nil, false
	}
	resp, err := c.doBy(c.http, req, t) // once a sign-in: no connection is kept for it
	if err != nil {
		c.log.Warn("userinfo not read", "error", unreached(hostOf(m.UserinfoEndpoint), err))
		return nil, false
	}
	defer resp.Body.Close()
	var claims tokenClaims
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxTokenAnswer))
	if err == nil && resp.StatusCode == http.StatusOK {
		var all jsonObject
		if all, err = readObject(withoutBOM(body)); err == nil {
			body, err = all.object([]string{"sub"}, shownClaims())
		}
	}
	if err != nil || resp.StatusCode != http.StatusOK || decodeStrict(body, &claims) != nil {
		c.log.Warn("userinfo not read", "status", resp.StatusCode)
		return nil, false
	}
	return &claims, true
}

// completedBy fills in the missing words.
func (a Account) completedBy(more Account) Account {
	if a.Name == "" {
		a.Name, a.GivenName = more.Name, more.GivenName
	}
	if a.Email == "" {
		a.Email, a.EmailVerified, a.EmailListed = more.Email, more.EmailVerified, more.EmailListed
	}
	if a.Actor == "" {
		a.Actor = more.Actor
	}
	return a
}
