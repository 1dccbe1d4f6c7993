package auth

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// RecognisedDialect is the Dialect, or what the authority's host tells where that
// is "". It is never "".
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

// This file is the list of deviations: what the engine asks for differently, and
// Google's issuer. What it accepts differently of Entra is in entra.go.

// knownScopes are the scopes that the dialect knows, of those that are asked for.
// Google refuses offline_access; see offlineParameters.
func (d Dialect) knownScopes(wanted []string) []string {
	if d != Google {
		return wanted
	}
	return slices.DeleteFunc(slices.Clone(wanted), func(s string) bool { return s == "offline_access" })
}

// prompt is the value of the parameter of that name. asked is the caller's wish,
// offline says that a refresh token is wanted and the provider gives some.
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

// promptFor is prompt, within what the metadata announce (Initiating User
// Registration via OpenID Connect 1.0, section 4.1): whoever cannot choose an
// account may sign in anew. "none" is not left out, because what it stands for,
// showing the person nothing, has no other word.
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

// hints are the parameters that spare the person a question. Entra refuses
// login_hint beside select_account, and an opaque login_hint beside domain_hint
// (AADSTS1002014). A domain that contradicts the address is left out everywhere.
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

// domainOf is the part of an address after "@", "" for what is no address.
func domainOf(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at <= 0 {
		return ""
	}
	return address[at+1:]
}

// offlineParameters ask for a refresh token where the scope does not.
func (d Dialect) offlineParameters(offline bool) url.Values {
	if d == Google && offline {
		return url.Values{"access_type": {"offline"}}
	}
	return url.Values{}
}

// extras are the parameters that authorization and token requests carry alike.
// client_info makes Entra say which directory is the person's home.
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

// withCapabilities adds to a claims request that this client handles claims
// challenges (capability cp1), as Microsoft's own libraries do: only then are they
// sent to it, and only then do access tokens last while nothing changes. A
// challenge that is not a JSON object cannot be added to and is left out.
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

// tokenParameters are what the dialect adds to every token request. claims is the
// challenge that the request answers, "" for none.
func (c *Client) tokenParameters(claims string) url.Values {
	v := c.dialect.extras(claims)
	if c.dialect != Entra {
		v.Del("claims") // OpenID Connect Core 1.0, section 5.5: the authorization request's
	}
	return v
}

// requestScopes are the scopes to send. A provider that lists its scopes without
// offline_access refuses it as often as not, and gives refresh tokens all the same.
// It need not list everything, though (OpenID Connect Discovery 1.0, section 3):
// what the description names is asked for.
func (c *Client) requestScopes(m *Metadata) []string {
	scopes := c.dialect.knownScopes(c.provider.scopes())
	if c.provider.Scopes != nil || len(m.Scopes) == 0 || slices.Contains(m.Scopes, "offline_access") {
		return scopes
	}
	return slices.DeleteFunc(slices.Clone(scopes), func(s string) bool { return s == "offline_access" })
}

// wantsOffline says that a refresh token is asked for, and given by this provider
// as far as it tells.
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
