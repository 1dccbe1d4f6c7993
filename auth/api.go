package auth

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// API names an API to get an access token for.
type API struct {
	// Scopes are asked for. At Entra they name the API as well, as in
	// "api://portal.example/requests.read", and have to name one alone; elsewhere they
	// have to be among those of the sign-in (RFC 6749, section 6).
	Scopes []string
	// Resource is the API's identifier if the provider knows resources (RFC 8707, section
	// 2.2), one of Provider.Resources. "" names none.
	Resource string
}

// isSignIn: it is no API of its own, but the sign-in's.
func (a API) isSignIn() bool { return len(a.Scopes) == 0 && a.Resource == "" }

// key is the same for the same API, in whichever order its scopes are.
func (a API) key() string {
	scopes := slices.Clone(a.Scopes)
	slices.Sort(scopes)
	return a.Resource + "\x00" + strings.Join(slices.Compact(scopes), " ")
}

// Token returns an access token of a remembered account for an API; the zero API means
// the sign-in's. It is the known token while that lasts, and otherwise a new one by a
// request like [Client.Refresh]'s, under the same lock and with the same care for a
// rotated refresh token. [Client.Do] sends a request with it.
//
// A token is renewed shortly before it ends. It holds no refresh token and no ID token.
// Its Scopes are the granted ones, and may be fewer than those asked for.
//
// Errors: as for Refresh; *[ConfigError] for an API not to be asked for here. A
// *[ProviderError] with "invalid_target" or "invalid_scope" is about the API, and not
// about the person.
func (c *Client) Token(ctx context.Context, accountID string, api API) (*Tokens, error) {
	if err := c.checkAPI(api); err != nil {
		return nil, err
	}
	if t := c.tokens.fresh(accountID, api, c.now()); t != nil {
		return t, nil
	}
	c.refreshing.Lock()
	defer c.refreshing.Unlock()
	if t := c.tokens.fresh(accountID, api, c.now()); t != nil {
		return t, nil // somebody else has just asked
	}
	t, err := c.refresh(ctx, accountID, api)
	if err != nil {
		return nil, err
	}
	return t.forAPI(), nil
}

// Discard forgets an access token refused by an API, so the next call of [Client.Token]
// returns another one.
func (c *Client) Discard(t *Tokens) { c.tokens.discard(t) }

// IDToken returns an ID token of a remembered account, issued no longer than maxAge ago
// by the provider's clock: the newest known one, or one by a new request like
// [Client.Refresh]'s. It tells servers the person, as in a token exchange (RFC 8693); see
// [Verifier].
//
// Errors: as for Refresh; *[ConfigError] with the key "id_token" if the provider gives
// none when it renews a sign-in; OpenID Connect Core 1.0, section 12.2 allows it to.
func (c *Client) IDToken(ctx context.Context, accountID string, maxAge time.Duration) (string, error) {
	if raw := c.freshIDToken(accountID, maxAge); raw != "" {
		return raw, nil
	}
	c.refreshing.Lock()
	defer c.refreshing.Unlock()
	if raw := c.freshIDToken(accountID, maxAge); raw != "" {
		return raw, nil
	}
	t, err := c.refresh(ctx, accountID, API{})
	switch {
	case err != nil:
		return "", err
	case t.IDToken == "":
		return "", &ConfigError{Provider: c.provider.Name(), Key: "id_token", AtProvider: true,
			Reason: "does not come when a sign-in is renewed: who wants to be told by it who is there has to take an access token instead"}
	}
	return t.IDToken, nil
}

// freshIDToken is the newest ID token, "" if even it is too old.
func (c *Client) freshIDToken(accountID string, maxAge time.Duration) string {
	raw := c.accounts.memory.idTokenOf(c, accountID)
	token, err := parseIDToken(raw)
	var claims tokenClaims
	if err != nil || c.decodeClaims(token, []string{"iat"}, nil, &claims) != nil || claims.IssuedAt == nil {
		return ""
	}
	theirs := c.now()
	if m := c.copiedMetadata(true); m != nil {
		theirs = theirs.Add(c.clocks.ahead(hostOf(m.TokenEndpoint)))
	}
	if theirs.Sub(claims.IssuedAt.time()) > maxAge {
		return ""
	}
	return raw
}

// TokenSource makes the access tokens of an API an oauth2.TokenSource, for libraries
// asking for one. Its requests end with ctx. A token bound to the sign-in's key (RFC
// 9449) is an error there, because such libraries add no proofs: use [Client.Do].
func (c *Client) TokenSource(ctx context.Context, accountID string, api API) oauth2.TokenSource {
	return tokenSource(func() (*oauth2.Token, error) {
		t, err := c.Token(ctx, accountID, api)
		if err != nil {
			return nil, err
		}
		if t.proof != nil && strings.EqualFold(t.TokenType, "DPoP") {
			return nil, &ConfigError{Provider: c.provider.Name(), Key: "dpop", Reason: "binds the access token to a key of this sign-in, and no oauth2.TokenSource carries that: use Client.Do, or switch DPoP off"}
		}
		return &oauth2.Token{AccessToken: t.AccessToken, TokenType: cmp.Or(t.TokenType, "Bearer"), Expiry: t.Expiry}, nil
	})
}

type tokenSource func() (*oauth2.Token, error)

func (f tokenSource) Token() (*oauth2.Token, error) { return f() }

// checkAPI refuses an API no provider would take.
func (c *Client) checkAPI(api API) error {
	fail := func(key, format string, args ...any) error {
		return &ConfigError{Provider: c.provider.Name(), Key: "api." + key, Reason: fmt.Sprintf(format, args...)}
	}
	for _, s := range api.Scopes {
		if !isScope(s) {
			return fail("scopes", "has %q, which cannot be a scope", clean(s))
		}
	}
	switch {
	case api.Resource != "" && !slices.Contains(c.provider.Resources, api.Resource):
		return fail("resource", "is %q, which is none of the provider's resources: name it there as well, so that the person signs in for it", clean(api.Resource))
	case c.dialect == Entra && len(entraResources(api.Scopes)) > 1:
		return fail("scopes", "name %s: at Microsoft a token is for one API alone", strings.Join(entraResources(api.Scopes), " and "))
	}
	return nil
}

// entraResources are the APIs named by scopes; a scope without one is Graph's.
func entraResources(scopes []string) []string {
	var all []string
	for _, s := range scopes {
		if slices.Contains(identityScopes(), s) {
			continue
		}
		resource := "https://graph.microsoft.com"
		if slash := strings.LastIndexByte(s, '/'); slash > 0 {
			resource = s[:slash]
		}
		if !slices.Contains(all, resource) {
			all = append(all, resource)
		}
	}
	return all
}

// identityScopes are of no API (OpenID Connect Core 1.0, sections 5.4 and 11).
func identityScopes() []string {
	return []string{"openid", "profile", "email", "address", "phone", "offline_access"}
}

// renewalParameters are a renewal's parameters beside the refresh token.
func (c *Client) renewalParameters(m *Metadata, api API) url.Values {
	v := c.tokenParameters("")
	if api.isSignIn() {
		return v
	}
	if scopes := c.scopesFor(m, api); scopes != nil {
		v.Set("scope", strings.Join(scopes, " "))
	}
	if api.Resource != "" {
		v.Set("resource", api.Resource)
	}
	return v
}

// scopesFor are the scopes to ask for at a renewal, nil for those of the sign-in. openid
// is among them, so the answer names the person; Entra gives a refresh token only if
// offline_access is as well.
func (c *Client) scopesFor(m *Metadata, api API) []string {
	if len(api.Scopes) == 0 {
		return nil
	}
	scopes := append([]string{"openid"}, api.Scopes...)
	if c.dialect == Entra && slices.Contains(c.requestScopes(m), "offline_access") {
		scopes = append(scopes, "offline_access")
	}
	slices.Sort(scopes)
	return slices.Compact(scopes)
}

// grantedScopes are those named by an answer (RFC 6749, section 5.1), or those asked for.
func grantedScopes(token *oauth2.Token, asked []string) []string {
	named, _ := token.Extra("scope").(string)
	granted := slices.DeleteFunc(strings.Fields(named), func(s string) bool { return !isScope(s) })
	if len(granted) == 0 {
		return slices.Clone(asked)
	}
	return granted
}

// checkResources names a fault of the resources (RFC 8707, section 2), "" for none.
func (p Provider) checkResources() string {
	if len(p.Resources) > 0 && p.RecognisedDialect() != Standard {
		return "are not known at this provider: name the API by its scopes"
	}
	for _, r := range p.Resources {
		if u, err := url.Parse(r); err != nil || !u.IsAbs() || u.Fragment != "" || strings.ContainsAny(r, " #") {
			return fmt.Sprintf("has %q, which is no absolute address without a fragment", clean(r))
		}
	}
	return ""
}
