package auth

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// RecognisedDialect is the Dialect, or if this is "" the one told by the authority's
// host. It is never "".
func (p Provider) RecognisedDialect() Dialect {
	if p.Dialect != "" {
		return p.Dialect
	}
	u, err := url.Parse(p.Authority)
	if err != nil {
		return Standard
	}
	host := strings.ToLower(u.Hostname())
	switch {
	case slices.Contains(entraHosts(), host) || entraAliases()[host] != "":
		return Entra
	case host == "accounts.google.com":
		return Google
	}
	return Standard
}

// This file is the list of deviations: in the engine's requests, and Google's issuer.
// Deviations in Entra's answers are in entra.go.

// knownScopes are the scopes known to the dialect, of those asked for. Google refuses
// offline_access; see offlineParameters.
func (d Dialect) knownScopes(wanted []string) []string {
	if d != Google {
		return wanted
	}
	return slices.DeleteFunc(slices.Clone(wanted), func(s string) bool { return s == "offline_access" })
}

// prompt is the value of the parameter of the same name. asked is the caller's wish;
// offline: a refresh token is wanted and the provider gives some.
func (d Dialect) prompt(asked string, offline bool) string {
	switch {
	case d == Entra, asked == "none", !offline:
		// Entra would make everybody consent anew. It gives a refresh token for
		// the scope alone, and takes only one value.
		return asked
	case asked == "", strings.Contains(asked, "consent"):
		// OpenID Connect Core 1.0, section 11: a strict provider ignores
		// offline_access without it. So does Google with access_type.
		return "consent"
	}
	return asked + " consent"
}

// promptFor is prompt, within the values announced by the metadata (Initiating User
// Registration via OpenID Connect 1.0, section 4.1): without a choice of accounts, people
// may sign in anew. "none" is not left out: it means showing the person nothing, and
// there is no other word for it.
func (m *Metadata) promptFor(d Dialect, asked string, offline bool) string {
	announced := func(value string) bool {
		return len(m.Prompts) == 0 || value == "none" || slices.Contains(m.Prompts, value)
	}
	if asked == "select_account" && !announced(asked) {
		asked = "login"
	}
	values := strings.Fields(d.prompt(asked, offline))
	return strings.Join(slices.DeleteFunc(values, func(value string) bool { return !announced(value) }), " ")
}

// hints are the parameters for sparing the person a question. Entra refuses login_hint
// beside select_account, and an opaque login_hint beside domain_hint (AADSTS1002014). A
// domain in contradiction to the address is left out everywhere.
func (d Dialect) hints(login, domain, prompt string) url.Values {
	hints := url.Values{}
	domain = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(domain), "@"))
	if login != "" && (d != Entra || prompt != "select_account") {
		hints.Set("login_hint", login)
	} else {
		login = ""
	}
	if domain == "" || login != "" && !strings.EqualFold(domainOf(login), domain) {
		return hints
	}
	switch d {
	case Entra:
		hints.Set("domain_hint", domain)
	case Google:
		hints.Set("hd", domain)
	}
	return hints
}

// properIssuer is an issuer as the metadata have it. Google leaves the scheme out
// of some of its tokens (OpenID Connect Core 1.0, section 15.6.2); all others have
// to fit as they are.
func (c *Client) properIssuer(m *Metadata, issuer string) string {
	if c.dialect == Google && "https://"+issuer == m.Issuer {
		return m.Issuer
	}
	return issuer
}

// domainOf is the part of an address after "@", "" for any other text.
func domainOf(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at <= 0 {
		return ""
	}
	return address[at+1:]
}

// offlineParameters ask for a refresh token if the scope does not.
func (d Dialect) offlineParameters(offline bool) url.Values {
	if d == Google && offline {
		return url.Values{"access_type": {"offline"}}
	}
	return url.Values{}
}

// extras are the parameters common to authorization and token requests. client_info makes
// Entra name the person's home directory.
func (d Dialect) extras(claims string) url.Values {
	v := url.Values{}
	if d == Entra {
		v.Set("client_info", "1")
		claims = withCapabilities(claims)
	}
	if claims != "" {
		v.Set("claims", claims)
	}
	return v
}

// withCapabilities adds the capability cp1 to a claims request, for "handles claims
// challenges", as Microsoft's own libraries do: only then are challenges sent to this
// client, and only then do access tokens last while nothing changes. Anything but a JSON
// object cannot be added to and is left out.
func withCapabilities(challenge string) string {
	var claims map[string]any
	if json.Unmarshal([]byte(challenge), &claims) != nil || claims == nil {
		claims = map[string]any{}
	}
	access, ok := claims["access_token"].(map[string]any)
	if !ok {
		access = map[string]any{}
	}
	access["xms_cc"] = map[string]any{"values": []string{"cp1"}}
	claims["access_token"] = access
	merged, err := json.Marshal(claims)
	if err != nil {
		return challenge
	}
	return string(merged)
}

// tokenParameters are the dialect's addition to every token request. claims is the
// challenge answered by the request, "" for none.
func (c *Client) tokenParameters(claims string) url.Values {
	v := c.dialect.extras(claims)
	if c.dialect != Entra {
		v.Del("claims") // OpenID Connect Core 1.0, section 5.5: the authorization request's
	}
	return v
}

// requestScopes are the scopes to send. A provider with a list of scopes without
// offline_access refuses it as often as not, and gives refresh tokens all the same. It
// need not list everything, though (OpenID Connect Discovery 1.0, section 3): scopes
// named in the description are asked for.
func (c *Client) requestScopes(m *Metadata) []string {
	scopes := c.dialect.knownScopes(c.provider.scopes())
	if c.provider.Scopes != nil || len(m.Scopes) == 0 || slices.Contains(m.Scopes, "offline_access") {
		return scopes
	}
	return slices.DeleteFunc(slices.Clone(scopes), func(s string) bool { return s == "offline_access" })
}

// wantsOffline: a refresh token is asked for, and given by this provider as far as it
// tells.
func (c *Client) wantsOffline(m *Metadata) bool {
	if !slices.Contains(c.provider.scopes(), "offline_access") {
		return false
	}
	return c.dialect == Google || slices.Contains(m.Scopes, "offline_access")
}

// redirect is the registered redirect, with the dialect's defaults: Entra knows
// only http://localhost, and compares it without a path.
func (p Provider) redirect() (r Redirect, bare bool) {
	r = p.Redirect
	if p.RecognisedDialect() != Entra {
		return r, false
	}
	if r.Host == "" {
		r.Host = "localhost"
	}
	return r, r.Path == ""
}
