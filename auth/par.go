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

// maxRequestURI is many times the length in use.
const maxRequestURI = 2048

// pushed is a provider's answer to a pushed request (RFC 9126, section 2.2).
type pushed struct {
	RequestURI string   `json:"request_uri"`
	ExpiresIn  *seconds `json:"expires_in"` // nil if nothing is said
}

func (p pushed) usable() bool {
	return p.RequestURI != "" && len(p.RequestURI) <= maxRequestURI && (p.ExpiresIn == nil || *p.ExpiresIn > 0) &&
		!strings.ContainsFunc(p.RequestURI, func(r rune) bool { return unicode.IsSpace(r) || plain.Hidden(r) })
}

// authorizationURL makes the address to open out of an authorization request. If the
// provider takes pushed requests, the request goes there directly, and the address
// carries a reference to it and nothing else (RFC 9126, section 4): nobody between here
// and the browser's page can read or change it. Such an address may be opened once,
// within a minute or so. If pushing is not required and fails for other reasons than the
// request's content, the address carries it all; unpushed says why then.
//
// Errors: *[ProviderError] when the provider refuses the request, *[UnavailableError]
// when it cannot be reached, *[ConfigError], *[CredentialError].
func (c *Client) authorizationURL(ctx context.Context, m *Metadata, parameters url.Values) (address string, unpushed, err error) {
	if err := c.checkPushing(m); err != nil {
		return "", nil, err
	}
	whole := withQuery(m.AuthorizationEndpoint, parameters)
	pushes, insists := c.pushes(m)
	if !pushes {
		return whole, nil, c.provider.CheckOffer(m)
	}
	var reference pushed
	_, err = c.post(ctx, m, "authorization", m.PAREndpoint, parameters, &reference)
	if err == nil && !reference.usable() {
		err = &UnavailableError{Host: hostOf(m.PAREndpoint), Step: "authorization", Status: http.StatusOK, Err: errors.New("the answer is not what the standard describes")}
	}
	if err != nil && !insists && c.mayAskPlainly(err) {
		c.log.Warn("the authorization request could not be pushed; it goes through the browser", "provider", c.provider.ID, "error", err)
		return whole, err, nil
	}
	if err != nil {
		return "", nil, err
	}
	return withQuery(m.AuthorizationEndpoint, url.Values{"client_id": {c.provider.ClientID}, "request_uri": {reference.RequestURI}}), nil, nil
}

// mayAskPlainly reports if a push failed for other reasons than the request's content.
// Then the endpoint is not really there, has a fault, or is not for us: it is for clients
// with a way to authenticate themselves, or behind somebody's firewall; metadata cannot
// say so. Of the statuses only 400 is about the request with any error (RFC 9126, section
// 2.3); passing faults, and redirects, stay as they are.
func (c *Client) mayAskPlainly(err error) bool {
	var passing *UnavailableError
	if errors.As(err, &passing) {
		senseless := passing.Status/100 == 2 // a firewall's page, as often as not
		return senseless || passing.Status >= 400 && !passesByItself(passing.Status)
	}
	var refused *ProviderError
	if !errors.As(err, &refused) || passesByItself(refused.Status) {
		return false
	}
	public := c.provider.ClientAuth.method() == AuthNone
	switch refused.Code {
	case "invalid_client", "unauthorized_client":
		return public
	case "invalid_request":
		switch refused.Status {
		case http.StatusBadRequest:
			return false
		case http.StatusUnauthorized:
			return public // Keycloak's word for a client without authentication
		}
		return true
	}
	return refused.Status != http.StatusBadRequest && !aboutRequest(refused.Code)
}

// passesByItself is about statuses without a word about the endpoint: a proxy on the way
// wants something (RFC 9110, section 15.5.8), or it is to be asked later.
func passesByItself(status int) bool {
	switch status {
	case http.StatusProxyAuthRequired, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return true
	}
	return false
}

// aboutRequest reports if an error code refuses an authorization request for its content,
// with any status (RFC 6749, section 4.1.2.1; RFC 7591, section 3.2.2; RFC 8707; RFC
// 9101; RFC 9396; RFC 9449; OpenID Connect Core 1.0, section 3.1.2.6). Servers have words
// of their own for other things, as in {"error":"Not Found"}.
func aboutRequest(code string) bool {
	switch code {
	case "access_denied", "invalid_scope", "unsupported_response_type", "invalid_redirect_uri", "redirect_uri_mismatch",
		"invalid_target", "invalid_request_uri", "invalid_request_object", "request_not_supported", "request_uri_not_supported",
		"registration_not_supported", "invalid_authorization_details", "invalid_dpop_proof", "use_dpop_nonce",
		"interaction_required", "login_required", "account_selection_required", "consent_required",
		"unmet_authentication_requirements":
		return true
	}
	return false
}

var (
	namesRedirect = pattern(`(?i)\bredirect[ _-]?ur[il]`)
	namesScope    = pattern(`(?i)\bscopes?\b`)
)

// reasonOfPush reads the refusal of a pushed request: it has a status although it is
// about an authorization request. Providers call any fault invalid_request; then the
// description tells the registration's faults.
func (e *ProviderError) reasonOfPush() Reason {
	switch {
	case e.Step != "authorization" || e.Status == 0:
	case e.Code == "invalid_redirect_uri", e.Code == "invalid_request" && namesRedirect().MatchString(e.Description):
		return ReasonRedirect
	case e.Code == "invalid_request" && namesScope().MatchString(e.Description):
		return ReasonScope
	}
	return ReasonNone
}
