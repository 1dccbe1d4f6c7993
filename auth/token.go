package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/portico-desktop/portico/auth/fetch"
)

// Tokens is a sign-in just confirmed by the provider. It is a credential: it prints and
// logs as its account only.
type Tokens struct {
	Account Account
	// AccessToken, TokenType and Expiry are as the provider gave them; Expiry is
	// zero when it did not say. A token of the type "DPoP" is worth nothing
	// without this sign-in's key: see [Client.Do] and [Client.Authorize].
	AccessToken string
	TokenType   string
	Expiry      time.Time
	// Scopes are those of the access token (RFC 6749, section 5.1): the ones asked for if
	// the provider does not say, nil if nobody knows.
	Scopes []string
	// IDToken is the raw ID token, "" when a refresh brought none.
	IDToken string
	// RefreshToken is "" when the provider gives none.
	RefreshToken string
	// SaveErr says why nothing could be kept, nil if the refresh token was, or if nobody
	// wants it kept: a *[vault.Error], a *[QueueError], or a *[NoRefreshTokenError] if
	// there is none; a sign-in in memory can lack one as well. The sign-in holds until
	// the program ends. The client tries again to save it; see [Client.SaveAgain].
	SaveErr error

	// proof is the key of bound tokens, nil without.
	proof *proofKey
	// held is the sign-in if the key store had not taken it, nil otherwise.
	held *heldSignIn
}

// Remembered reports if the next start can be silent, for as much as this process knows.
func (t *Tokens) Remembered() bool {
	if t.held != nil {
		return t.held.saved.Load()
	}
	return t.RefreshToken != "" && t.SaveErr == nil
}

// String names the account and nothing else.
func (t Tokens) String() string { return "tokens of account " + t.Account.ID }

// GoString does as String does, for %#v.
func (t Tokens) GoString() string { return t.String() }

// LogValue does as String does.
func (t Tokens) LogValue() slog.Value { return slog.StringValue(t.String()) }

func (c *Client) oauthConfig(m *Metadata, redirectURI string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: c.provider.ClientID,
		Scopes:   c.requestScopes(m),
		Endpoint: oauth2.Endpoint{
			AuthURL: m.AuthorizationEndpoint, TokenURL: m.TokenEndpoint, DeviceAuthURL: m.DeviceEndpoint,
			// Named, because probing would send a one-time code twice.
			AuthStyle: oauth2.AuthStyleInParams,
		},
		RedirectURL: redirectURI,
	}
}

// redeem exchanges a code (RFC 6749, section 4.1.3; RFC 7636, section 4.5). right are the
// right metadata; see atEndpoint.
func (c *Client) redeem(ctx context.Context, m *Metadata, redirectURI, code string, r request) (right *Metadata, token *oauth2.Token, a *answer, err error) {
	right, a, err = c.atEndpoint(ctx, m, tokenEndpoint, func(m *Metadata) (*answer, error) {
		return c.ask(ctx, question{
			meta: m, step: "token", endpoint: m.TokenEndpoint, more: c.tokenParameters(""), proof: r.proof,
			send: func(ctx context.Context) (err error) {
				token, err = c.oauthConfig(m, redirectURI).Exchange(ctx, code, oauth2.VerifierOption(r.verifier))
				return err
			},
		})
	})
	return right, token, a, err
}

// noAccessToken is about providers giving none unless an API is named, as Azure AD B2C
// does.
func (c *Client) noAccessToken() error {
	scopes, _ := json.Marshal(append(slices.Clone(c.provider.scopes()), c.provider.ClientID)) // texts never fail
	return &ConfigError{Provider: c.provider.Name(), Key: "scopes", Reason: fmt.Sprintf(
		"name no API, and this provider gives an access token for an API only: add a scope of one of yours, or, at Azure AD B2C, the client id itself: %s", scopes)}
}

// checkTokenType refuses access tokens of a type unknown here (RFC 6749, section 7.1). If
// a provider was shown a proof and gives a bearer token all the same, it does not bind
// for this client: RFC 9449, section 5 lets a client go on then, and so do we, because
// anybody able to make the provider answer so could have made it announce nothing in the
// first place.
func checkTokenType(token *oauth2.Token, proof *proofKey) error {
	switch kind := token.TokenType; {
	case kind == "", strings.EqualFold(kind, "Bearer"):
		return nil
	case strings.EqualFold(kind, "DPoP") && proof != nil:
		return nil
	}
	return untrusted("token_type", "the access token is of the type %q, which was not asked for", clean(token.TokenType))
}

// isBound reports if an access token is worth nothing without a key.
func isBound(token *oauth2.Token) bool { return strings.EqualFold(token.TokenType, "DPoP") }

// expiry is zero if the provider says nothing of any use.
func expiry(token *oauth2.Token) time.Time {
	if in, ok := token.Extra("expires_in").(float64); ok && in < 0 {
		return time.Time{}
	}
	return token.Expiry
}

func providerError(step string, status int, e *oauth2.RetrieveError) *ProviderError {
	p := &ProviderError{Step: step, Code: clean(e.ErrorCode), Description: clean(e.ErrorDescription), URI: shownAddress(e.ErrorURI), Status: status}
	p.addEntra(e.Body)
	return p
}

// numbersIn finds Entra's numbers in a description, if the browser's way has no field for
// them. They choose help texts only.
func numbersIn(description string) []string {
	return regexp.MustCompile(`\bAADSTS[0-9]{4,8}\b`).FindAllString(description, 4)
}

// idIn finds the value of one of Entra's ids in a description, as in "Trace ID: 0000…",
// "" without it.
func idIn(description, name string) string {
	found := regexp.MustCompile(regexp.QuoteMeta(name) + `: *([0-9a-fA-F-]{8,64})\b`).FindStringSubmatch(description)
	if found == nil {
		return ""
	}
	return found[1]
}

func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		return fetch.Host(u)
	}
	return clean(address)
}

// granted is how a sign-in came about, as far as it goes on to matter.
type granted struct {
	proof      *proofKey
	memoryOnly bool
}

// completeSignIn checks the token endpoint's answer to a new sign-in and remembers the
// sign-in. Everything is checked before anything is kept.
func (c *Client) completeSignIn(ctx context.Context, m *Metadata, token *oauth2.Token, want expected, how granted) (*Tokens, error) {
	if err := c.checkTokenType(token, how.proof); err != nil {
		return nil, err
	}
	raw, _ := token.Extra("id_token").(string)
	want.accessToken = token.AccessToken
	claims, err := c.verify(ctx, m, raw, want)
	if err != nil {
		return nil, err
	}
	t := &Tokens{
		Account:     c.withHome(c.account(claims), token.Extra("client_info")),
		AccessToken: token.AccessToken, TokenType: token.TokenType, Expiry: expiry(token),
		IDToken: raw, RefreshToken: token.RefreshToken, proof: how.proof,
	}
	if t.Account, err = c.completedAccount(ctx, m, t); err != nil {
		return nil, err
	}
	if err := c.checkDomain(t.Account); err != nil {
		return nil, err
	}
	t.Account.ID = c.keptName(ctx, t.Account, how.memoryOnly || t.RefreshToken == "")
	c.keepNew(ctx, t, how)
	t.Scopes = grantedScopes(token, c.requestScopes(m))
	c.accounts.memory.note(c, t)
	c.tokens.begin(t, c.now())
	c.log.Info("signed in", "provider", c.provider.ID, "account", t.Account.ID, "remembered", t.Remembered(), "bound", strings.EqualFold(t.TokenType, "DPoP"))
	return t, nil
}

// keepNew keeps a new sign-in in the key store, or in memory if nobody wants it kept or
// the key store does not take it. It takes the place of a sign-in in memory before.
func (c *Client) keepNew(ctx context.Context, t *Tokens, how granted) {
	r := remembered{Account: t.Account, RefreshToken: t.RefreshToken, Proof: t.proof}
	if t.RefreshToken == "" {
		t.SaveErr = c.noRefreshToken()
	}
	switch m := &c.accounts.memory; {
	case how.memoryOnly:
		t.held = m.holdOnly(r)
	case t.RefreshToken == "":
		m.dropOnly(t.Account.ID) // an earlier one still to be saved is still good
	default:
		t.SaveErr = c.rememberNew(ctx, r)
		m.drop(t.Account.ID)
		if t.SaveErr != nil {
			t.held = c.hold(r, t.SaveErr)
		}
	}
}
