package demoidp

import (
	"net/url"
	"slices"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

func supportedScopes() []string {
	return []string{oidc.ScopeOpenID, oidc.ScopeEmail, oidc.ScopeProfile, oidc.ScopeOfflineAccess}
}

// client is Portico as an administrator registers it: a native app with a loopback
// address on a port of its own choice to come back to (RFC 8252, section 7.3), without
// a secret unless [Params] has one.
type client struct {
	method oidc.AuthMethod
	secret string
}

var _ op.Client = client{}

func (client) GetID() string { return ClientID }

// RedirectURIs are compared without their ports by the library, because the
// client is native.
func (client) RedirectURIs() []string {
	return []string{"http://127.0.0.1/", "http://localhost/"}
}

func (client) PostLogoutRedirectURIs() []string     { return nil }
func (client) ApplicationType() op.ApplicationType  { return op.ApplicationTypeNative }
func (c client) AuthMethod() oidc.AuthMethod        { return c.method }
func (client) ResponseTypes() []oidc.ResponseType   { return []oidc.ResponseType{oidc.ResponseTypeCode} }
func (client) AccessTokenType() op.AccessTokenType  { return op.AccessTokenTypeJWT }
func (client) IDTokenLifetime() time.Duration       { return accessLifetime }
func (client) DevMode() bool                        { return false }
func (client) IDTokenUserinfoClaimsAssertion() bool { return true }
func (client) ClockSkew() time.Duration             { return 0 }

func (client) GrantTypes() []oidc.GrantType {
	return []oidc.GrantType{oidc.GrantTypeCode, oidc.GrantTypeRefreshToken, oidc.GrantTypeDeviceCode}
}

func (client) LoginURL(request string) string {
	return pathLogin + "?" + url.Values{"request": {request}}.Encode()
}

func (client) RestrictAdditionalIdTokenScopes() func([]string) []string     { return same }
func (client) RestrictAdditionalAccessTokenScopes() func([]string) []string { return same }

func same(scopes []string) []string { return scopes }

func (client) IsScopeAllowed(scope string) bool { return slices.Contains(supportedScopes(), scope) }
