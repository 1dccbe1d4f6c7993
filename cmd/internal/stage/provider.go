//go:build linux

package stage

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/portico-desktop/portico/cmd/internal/demoidp"
)

// Provider is an OpenID provider run by a test, with its sign-in page and what a test
// may ask and do behind its back.
type Provider interface {
	// Issuer is its address, without a slash at its end.
	Issuer() string
	// TokenPath and RevocationPath are keys of Requests.
	TokenPath() string
	RevocationPath() string

	// SignIn fills in the sign-in page as this person, "ada" or "grace".
	SignIn(ctx context.Context, page *Page, person string) error
	// SignInAgain agrees on the sign-in page once more, in a browser already signed in.
	SignInAgain(ctx context.Context, page *Page) error
	// Deny refuses on the sign-in page to let the app in.
	Deny(ctx context.Context, page *Page) error
	// FinishSignOut confirms on the sign-out page, if it asks, and waits until the page
	// calls the browser signed out.
	FinishSignOut(ctx context.Context, page *Page) error

	// Requests counts the requests since the start, by path.
	Requests(ctx context.Context) (map[string]int, error)
	// Alive counts the sign-ins that can be renewed and the signed-in browsers.
	Alive(ctx context.Context) (Alive, error)
	// RotateKeys signs with a new key from now on.
	RotateKeys(ctx context.Context) error
	// RevokeAll ends every sign-in, as an administrator would.
	RevokeAll(ctx context.Context) error
	// Close ends the provider. Its address then refuses connections.
	Close() error
}

// Alive is what a provider would still honour.
type Alive struct {
	Grants   int `json:"grants"`
	Sessions int `json:"sessions"`
}

// GivesCodes is a provider with a page for codes from other devices (RFC 8628).
type GivesCodes interface {
	// EnterCode types the code on the page, as this person, and lets the device
	// in.
	EnterCode(ctx context.Context, page *Page, code, person string) error
}

// DemoProvider starts the demo's own provider.
func DemoProvider(ctx context.Context) (Provider, error) {
	return DemoProviderWith(ctx, ProviderOptions{})
}

// DemoProviderWith is DemoProvider with options. It knows neither pushed requests
// nor DPoP nor a second client nor resources nor TLS, and [RegistersKeys].
func DemoProviderWith(ctx context.Context, o ProviderOptions) (Provider, error) {
	if o.PAR != "" || o.DPoP != "" || o.Second != nil || o.Resources != nil {
		return nil, errors.New("this provider has neither pushed authorization requests nor DPoP nor a second client nor resources")
	}
	if o.TLS != nil {
		return nil, errors.New("this provider speaks plain http only")
	}
	s, err := demoidp.Params{ClientAuth: o.Auth, Secret: o.Secret}.Start(ctx)
	if err != nil {
		return nil, err
	}
	return demo{s}, nil
}

type demo struct{ *demoidp.Server }

func (demo) TokenPath() string      { return "/oauth/token" }
func (demo) RevocationPath() string { return "/revoke" }

func (demo) SignIn(ctx context.Context, page *Page, person string) error {
	return page.Click(ctx, `[data-person="`+person+`@contoso.example"]`)
}

func (demo) EnterCode(ctx context.Context, page *Page, code, person string) error {
	if err := page.Fill(ctx, "input[name=user_code]", code); err != nil {
		return err
	}
	if err := page.Click(ctx, `[data-person="`+person+`@contoso.example"]`); err != nil {
		return err
	}
	return page.WaitText(ctx, "go back to the other device")
}

func (demo) SignInAgain(ctx context.Context, page *Page) error {
	return page.Click(ctx, ".suggested")
}

func (demo) Deny(ctx context.Context, page *Page) error { return page.Click(ctx, "#deny") }

// FinishSignOut has nothing to confirm: the session's owner was proven.
func (demo) FinishSignOut(ctx context.Context, page *Page) error {
	return page.WaitText(ctx, "You are signed out")
}

func (d demo) Requests(context.Context) (map[string]int, error) { return d.Server.Requests(), nil }
func (d demo) RotateKeys(context.Context) error                 { return d.Server.RotateKeys() }
func (d demo) RevokeAll(context.Context) error                  { return d.Server.RevokeAll() }

func (d demo) ClientKeys(_ context.Context, keys []json.RawMessage) error {
	return d.Server.ClientKeys(keys)
}

func (d demo) Alive(context.Context) (Alive, error) {
	return Alive{Grants: d.Grants(), Sessions: d.Sessions()}, nil
}
