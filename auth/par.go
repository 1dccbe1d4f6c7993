package auth

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"github.com/portico-desktop/portico/auth/plain"
)

// maxRequestURI is many times what providers give.
const maxRequestURI = 2048

// pushed is what a provider gives for a pushed request (RFC 9126, section 2.2).
type pushed struct {
	RequestURI string  `json:"request_uri"`
	ExpiresIn  seconds `json:"expires_in"`
}

func (p pushed) usable() bool {
	return p.RequestURI != "" && len(p.RequestURI) <= maxRequestURI && p.ExpiresIn > 0 &&
		!strings.ContainsFunc(p.RequestURI, func(r rune) bool { return unicode.IsSpace(r) || plain.Hidden(r) })
}

// authorizationURL makes the address to open out of an authorization request.
// Where the provider takes pushed requests, what is asked goes there directly, and
// the address carries a reference to it and nothing else (RFC 9126, section 4):
// nobody between here and the browser's page can read or change it. Such an
// address may be opened once, within a minute or so.
//
// Errors: *[ProviderError] when the provider refuses what is asked,
// *[UnavailableError] when it cannot be reached, *[ConfigError],
// *[CredentialError].
func (c *Client) authorizationURL(ctx context.Context, m *Metadata, parameters url.Values) (string, error) {
	if err := c.checkPushing(m); err != nil {
		return "", err
	}
	whole := withQuery(m.AuthorizationEndpoint, parameters)
	if m.PAREndpoint == "" {
		return whole, nil
	}
	var reference pushed
	_, err := c.post(ctx, m, "authorization", m.PAREndpoint, parameters, &reference)
	if err == nil && !reference.usable() {
		err = &UnavailableError{Host: hostOf(m.PAREndpoint), Step: "authorization", Status: http.StatusOK, Err: errors.New("the answer is not what the standard describes")}
	}
	if err != nil && !m.PARRequired && c.mayAskPlainly(err) {
		c.log.Warn("the authorization request could not be pushed; it goes through the browser", "provider", c.provider.ID, "error", err)
		return whole, nil
	}
	if err != nil {
		return "", err
	}
	return withQuery(m.AuthorizationEndpoint, url.Values{"client_id": {c.provider.ClientID}, "request_uri": {reference.RequestURI}}), nil
}

// mayAskPlainly says whether a push failed for reasons that are not those of what
// was asked: the endpoint is not really there, has a fault, or is not for clients
// that cannot authenticate themselves, which metadata cannot say.
func (c *Client) mayAskPlainly(err error) bool {
	var passing *UnavailableError
	if errors.As(err, &passing) {
		return passing.Status == http.StatusNotFound || passing.Status == http.StatusMethodNotAllowed || passing.Status >= 500
	}
	public := c.provider.ClientAuth.method() == AuthNone
	return public && (isCode(err, "invalid_client") || isCode(err, "unauthorized_client"))
}
