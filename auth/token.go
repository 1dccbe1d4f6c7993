package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"golang.org/x/oauth2"

	"github.com/portico-desktop/portico/auth/fetch"
)

// maxTokenAnswer bounds an answer of the token endpoint. Entra's longest, with
// hundreds of groups, are well under 100 KiB.
const maxTokenAnswer = 512 << 10

// Tokens is a sign-in that the provider has just confirmed. It is a credential:
// it prints and logs as its account only.
type Tokens struct {
	Account Account
	// AccessToken and Expiry are as the provider gave them; Expiry is zero when
	// it did not say.
	AccessToken string
	Expiry      time.Time
	// IDToken is the raw ID token, "" when a refresh brought none.
	IDToken string
	// RefreshToken is "" when the provider gives none.
	RefreshToken string
	// SaveErr says why the refresh token could not be kept, nil if it was, or
	// if there is none. The sign-in holds until the program ends.
	SaveErr error

	// usedUp is the token that lies in the key store while this one could not be
	// saved: this one's forerunner, or an earlier one when several saves failed.
	// It is "" after a sign-in with the browser.
	usedUp string
}

// Remembered says whether the next start can be silent.
func (t *Tokens) Remembered() bool { return t.RefreshToken != "" && t.SaveErr == nil }

// String names the account and nothing else.
func (t Tokens) String() string { return "tokens of account " + t.Account.ID }

// GoString does as String does, for %#v.
func (t Tokens) GoString() string { return t.String() }

// LogValue does as String does.
func (t Tokens) LogValue() slog.Value { return slog.StringValue(t.String()) }

func (c *Client) oauthConfig(m *Metadata, redirectURI string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: c.provider.ClientID,
		Scopes:   c.provider.scopes(),
		Endpoint: oauth2.Endpoint{
			AuthURL: m.AuthorizationEndpoint, TokenURL: m.TokenEndpoint, DeviceAuthURL: m.DeviceEndpoint,
			// Named, because probing would send a one-time code twice.
			AuthStyle: oauth2.AuthStyleInParams,
		},
		RedirectURL: redirectURI,
	}
}

// answer records what the oauth2 package does not report: the status, the
// provider's clock, and whether the connection itself failed.
type answer struct {
	base    http.RoundTripper
	status  int
	header  http.Header
	netErr  error
	tooMuch bool
}

func (a *answer) RoundTrip(req *http.Request) (*http.Response, error) {
	a.status, a.header, a.netErr, a.tooMuch = 0, nil, nil, false
	resp, err := a.base.RoundTrip(req)
	if err != nil {
		a.netErr = err
		return nil, err
	}
	a.status, a.header = resp.StatusCode, resp.Header
	resp.Body = &boundedBody{ReadCloser: resp.Body, left: maxTokenAnswer, answer: a}
	return resp, nil
}

type boundedBody struct {
	io.ReadCloser
	left   int64
	answer *answer
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		b.answer.tooMuch = true
		return 0, fmt.Errorf("the answer is larger than %d bytes", maxTokenAnswer)
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		b.answer.netErr = err
	}
	return n, err
}

// serverTime is the provider's clock, zero if it did not say.
func (a *answer) serverTime() time.Time {
	t, err := http.ParseTime(a.header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return t
}

// ask runs one request of the oauth2 package and turns its errors into ours.
func (c *Client) ask(ctx context.Context, step, endpoint string, request func(context.Context) error) (*answer, error) {
	base := c.http.Transport
	if base == nil {
		base = http.DefaultTransport
	}
	a := &answer{base: base}
	client := *c.http
	client.Transport = a
	err := request(context.WithValue(ctx, oauth2.HTTPClient, &client))
	if err == nil {
		return a, nil
	}
	return a, c.explain(ctx, step, endpoint, a, err)
}

func (c *Client) explain(ctx context.Context, step, endpoint string, a *answer, err error) error {
	unavailable := &UnavailableError{Host: hostOf(endpoint), Step: step, Status: a.status}
	if a.header != nil {
		unavailable.RetryAfter = fetch.RetryAfter(a.header, c.now())
	}
	var retrieve *oauth2.RetrieveError
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", step, context.Cause(ctx))
	case a.tooMuch:
		unavailable.Err = fmt.Errorf("the answer is larger than %d bytes", maxTokenAnswer)
	case a.netErr != nil:
		unavailable.Err = plainNetError(a.netErr)
	case errors.As(err, &retrieve) && isProviderError(retrieve, a.status):
		return providerError(step, a.status, retrieve)
	case errors.As(err, &retrieve):
		// A status without the standard's error: a proxy, a firewall, a fault.
		// Its body is not repeated: it can be anything.
	case a.status == 0:
		unavailable.Err = plainNetError(err)
	default:
		unavailable.Err = errors.New("the answer is not what the standard describes")
	}
	return unavailable
}

// isProviderError tells the provider's own refusals from passing faults, which
// some report in the same form (RFC 6749, section 4.1.2.1).
func isProviderError(e *oauth2.RetrieveError, status int) bool {
	switch {
	case e.ErrorCode == "", status >= 500, status == http.StatusTooManyRequests, status == http.StatusRequestTimeout:
		return false
	case e.ErrorCode == "temporarily_unavailable", e.ErrorCode == "server_error":
		return false
	}
	return true
}

func providerError(step string, status int, e *oauth2.RetrieveError) *ProviderError {
	p := &ProviderError{Step: step, Code: clean(e.ErrorCode), Description: clean(e.ErrorDescription), URI: clean(e.ErrorURI), Status: status}
	var entra struct {
		Suberror      string        `json:"suberror"`
		Numbers       []json.Number `json:"error_codes"`
		CorrelationID string        `json:"correlation_id"`
		TraceID       string        `json:"trace_id"`
		Claims        string        `json:"claims"`
	}
	if json.Unmarshal(e.Body, &entra) == nil {
		p.Suberror, p.CorrelationID, p.TraceID, p.Claims = clean(entra.Suberror), clean(entra.CorrelationID), clean(entra.TraceID), entra.Claims
		for _, n := range entra.Numbers {
			p.Numbers = append(p.Numbers, "AADSTS"+clean(n.String()))
		}
	}
	return p
}

// numbersIn finds Entra's numbers in a description, where the browser's way has
// no field for them. They choose help texts only.
func numbersIn(description string) []string {
	return regexp.MustCompile(`\bAADSTS[0-9]{4,8}\b`).FindAllString(description, 4)
}

// clean bounds a provider's text and takes out what would break a line of a log.
func clean(s string) string {
	runes := make([]rune, 0, min(len(s), 500))
	for _, r := range s {
		if len(runes) == 500 {
			break
		}
		if r < 0x20 || r == 0x7f {
			r = ' '
		}
		runes = append(runes, r)
	}
	return string(runes)
}

func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		return u.Host
	}
	return address
}

// completeSignIn checks what the token endpoint answered to a new sign-in and
// remembers it. Everything is checked before anything is kept.
func (c *Client) completeSignIn(ctx context.Context, m *Metadata, token *oauth2.Token, want expected) (*Tokens, error) {
	raw, _ := token.Extra("id_token").(string)
	want.accessToken = token.AccessToken
	claims, err := c.verify(ctx, m, raw, want)
	if err != nil {
		return nil, err
	}
	account := c.account(claims)
	if account.Name == "" || account.Email == "" {
		c.askUserinfo(ctx, m, token.AccessToken, &account)
	}
	t := &Tokens{Account: account, AccessToken: token.AccessToken, Expiry: token.Expiry, IDToken: raw, RefreshToken: token.RefreshToken}
	if t.RefreshToken != "" {
		t.SaveErr = c.remember(ctx, account, t.RefreshToken)
	}
	c.log.Info("signed in", "provider", c.provider.ID, "account", account.ID, "remembered", t.Remembered())
	return t, nil
}

// askUserinfo completes the words for display where the ID token is silent, as
// OpenID Connect Core 1.0, section 5.4 allows. It is done once, at the sign-in;
// failing is no reason to refuse anybody.
func (c *Client) askUserinfo(ctx context.Context, m *Metadata, accessToken string, account *Account) {
	if m.UserinfoEndpoint == "" || accessToken == "" {
		return
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.UserinfoEndpoint, nil)
	if err != nil {
		return
	}
	req.Header.Set("Authorization", "Bearer "+accessToken)
	resp, err := c.http.Do(req)
	if err != nil {
		c.log.Warn("userinfo not read", "error", plainNetError(err))
		return
	}
	defer resp.Body.Close()
	var claims Claims
	if resp.StatusCode != http.StatusOK || json.NewDecoder(io.LimitReader(resp.Body, maxTokenAnswer)).Decode(&claims) != nil {
		c.log.Warn("userinfo not read", "status", resp.StatusCode)
		return
	}
	// OpenID Connect Core 1.0, section 5.3.2: not about somebody else.
	if claims.Subject != account.Subject {
		c.log.Warn("userinfo is about somebody else and was not used")
		return
	}
	claims.Issuer = account.Issuer
	more := c.account(&claims)
	if account.Name == "" {
		account.Name, account.GivenName = more.Name, more.GivenName
	}
	if account.Email == "" {
		account.Email, account.EmailVerified = more.Email, more.EmailVerified
	}
}
