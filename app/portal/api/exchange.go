package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// IDTokens gives ID tokens of the person's provider.
type IDTokens interface {
	// IDToken returns an ID token issued within the last ten minutes, and never the same one twice: a portal takes
	// each once.
	IDToken(ctx context.Context) (string, error)
}

// Exchange is a [Door] with the portal's own tokens: it exchanges an ID token for one, and renews that at
// the portal as long as the portal does so. Tokens are in memory alone. It is safe for concurrent use.
type Exchange struct {
	url, provider, program string
	http                   *http.Client
	ids                    IDTokens
	// turn lets one exchange happen at a time. token and until are guarded by it.
	turn  chan struct{}
	token string
	until time.Time
}

// ExchangeParams make an exchange.
type ExchangeParams struct {
	// URL is as in [Params]. Required.
	URL string
	// IDTokens are the person's. Required.
	IDTokens IDTokens
	// Provider is the provider's id in the manifest; "" lets the portal find it by the issuer.
	Provider string
	// Program is as in [Params].
	Program string
	// Transport carries the requests. Default: [http.DefaultTransport].
	Transport http.RoundTripper
}

// NewExchange makes an exchange.
func NewExchange(p ExchangeParams) *Exchange {
	return &Exchange{
		url: strings.TrimSuffix(p.URL, "/") + "/" + Version + "/token", provider: p.Provider, program: p.Program,
		http: &http.Client{Transport: p.Transport, CheckRedirect: stay},
		ids:  p.IDTokens, turn: make(chan struct{}, 1),
	}
}

// margin is the age before its end at which a token is renewed.
const margin = time.Minute

// Do implements [Door].
//
// Errors: a *[TokenError] or a *[Problem] of the exchange, those of [IDTokens], those of the connection.
func (e *Exchange) Do(req *http.Request) (*http.Response, error) {
	token, err := e.fresh(req.Context(), "")
	if err != nil {
		return nil, err
	}
	res, err := e.with(req, token)
	if err != nil || res.StatusCode != http.StatusUnauthorized || req.Body != nil && req.GetBody == nil {
		return res, err
	}
	_, _ = io.CopyN(io.Discard, res.Body, mostRefusal)
	res.Body.Close()
	if token, err = e.fresh(req.Context(), token); err != nil {
		return nil, err
	}
	again := req.Clone(req.Context())
	if req.GetBody != nil {
		if again.Body, err = req.GetBody(); err != nil {
			return nil, err
		}
	}
	return e.with(again, token)
}

func (e *Exchange) with(req *http.Request, token string) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("Authorization", "Bearer "+token)
	return e.http.Do(req)
}

// fresh is a token other than the refused one.
func (e *Exchange) fresh(ctx context.Context, refused string) (string, error) {
	select {
	case e.turn <- struct{}{}:
		defer func() { <-e.turn }()
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	left := e.until.Sub(time.Now().Round(0)) // on the wall: the other clock stands still while a computer sleeps
	if e.token != "" && e.token != refused && left > margin {
		return e.token, nil
	}
	if e.token != "" && e.token != refused && left > 0 {
		err := e.exchange(ctx, TokenRequest{SubjectToken: e.token, SubjectTokenType: TypeAccessToken, Provider: e.provider})
		var told *TokenError
		if err == nil || !errors.As(err, &told) {
			return e.token, nil // the former one still counts
		}
	}
	e.token = ""
	id, err := e.ids.IDToken(ctx)
	if err != nil {
		return "", err
	}
	if err := e.exchange(ctx, TokenRequest{SubjectToken: id, SubjectTokenType: TypeIDToken, Provider: e.provider}); err != nil {
		return "", err
	}
	return e.token, nil
}

// exchange makes the answer to a request the token (RFC 8693, section 2).
func (e *Exchange) exchange(ctx context.Context, t TokenRequest) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	form := url.Values{"grant_type": {GrantTokenExchange}, "subject_token": {t.SubjectToken}, "subject_token_type": {t.SubjectTokenType}}
	if t.Provider != "" {
		form.Set("provider", t.Provider)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if e.program != "" {
		req.Header.Set(HeaderClient, e.program)
	}
	sent := time.Now().Round(0)
	res, err := e.http.Do(req)
	if err != nil {
		return fmt.Errorf("exchange a token: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		defer res.Body.Close()
		return tokenRefusal(res)
	}
	var got TokenAnswer
	if err := read(res, &got); err != nil {
		return fmt.Errorf("exchange a token: %w", err)
	}
	if got.AccessToken == "" || !strings.EqualFold(got.TokenType, "Bearer") {
		return fmt.Errorf("exchange a token: %w: it has no bearer token", ErrNotPortal)
	}
	e.token, e.until = got.AccessToken, sent.Add(time.Duration(got.ExpiresIn)*time.Second)
	return nil
}

// tokenRefusal is the error in a refused exchange.
func tokenRefusal(res *http.Response) error {
	if res.StatusCode != http.StatusBadRequest && res.StatusCode != http.StatusUnauthorized {
		return refusal(res)
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, mostRefusal))
	told := &TokenError{}
	if err != nil || json.Unmarshal(raw, told) != nil || told.Code == "" {
		return &Problem{Title: http.StatusText(res.StatusCode), Status: res.StatusCode}
	}
	return told
}
