package localapi

import (
	"context"
	"time"
)

// Registrations is about registering at a provider, for the people who do it. See
// [Agent].
type Registrations interface {
	// Providers describes every provider of the portal for the people who set it up: as
	// the manifest and the providers' metadata are now. An unreadable manifest is the
	// state's PortalProblem, and the one before is described.
	Providers(ctx context.Context) ([]ProviderSetup, error)
	// SetSecret keeps a provider's client secret in this person's key store, or
	// removes it.
	SetSecret(ctx context.Context, req SecretRequest) error
	// NewKey makes a key for a provider's client authentication: the first one,
	// or a second one to change over to.
	NewKey(ctx context.Context, req KeyRequest) (ClientKey, error)
	// DropKey deletes one.
	DropKey(ctx context.Context, req KeyRequest) error
}

const (
	providers list[ProviderSetup]         = "/v1/providers"
	setSecret tell[SecretRequest]         = "/v1/providers/secret" //nolint:gosec // an address
	newKey    post[KeyRequest, ClientKey] = "/v1/providers/key"
	dropKey   tell[KeyRequest]            = "/v1/providers/key/drop"
)

// Providers implements [Agent].
func (c *Client) Providers(ctx context.Context) ([]ProviderSetup, error) { return providers.do(ctx, c) }

// SetSecret implements [Agent].
func (c *Client) SetSecret(ctx context.Context, req SecretRequest) error {
	return setSecret.do(ctx, c, req)
}

// NewKey implements [Agent].
func (c *Client) NewKey(ctx context.Context, req KeyRequest) (ClientKey, error) {
	return newKey.do(ctx, c, req)
}

// DropKey implements [Agent].
func (c *Client) DropKey(ctx context.Context, req KeyRequest) error { return dropKey.do(ctx, c, req) }

func serveRegistrations(a Registrations) []route {
	return []route{
		providers.serve(a.Providers),
		setSecret.serve(a.SetSecret),
		newKey.serve(a.NewKey),
		dropKey.serve(a.DropKey),
	}
}

// ProviderSetup is a provider for the people who set it up. It holds no secret.
type ProviderSetup struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	Enabled     bool   `json:"enabled"`
	Preset      string `json:"preset,omitempty"`
	// Dialect is "standard", "entra" or "google".
	Dialect   string   `json:"dialect"`
	Authority string   `json:"authority"`
	ClientID  string   `json:"client_id"`
	Scopes    []string `json:"scopes"`
	Domains   []string `json:"domains,omitempty"`
	Accounts  []string `json:"accounts,omitempty"`
	Tenants   []string `json:"tenants,omitempty"`
	// RedirectURI is to be registered, exactly.
	RedirectURI string `json:"redirect_uri"`
	// ClientAuth is "none", "client_secret_basic", "client_secret_post" or
	// "private_key_jwt".
	ClientAuth string `json:"client_auth"`
	// ConsentURL is the page for an administrator to agree for everybody, "" for none.
	ConsentURL string `json:"consent_url,omitempty"`
	// Secret and Keys are about this person's key store. Secret is nil if none is used,
	// and if the key store does not tell.
	Secret *SecretSetup `json:"secret,omitempty"`
	Keys   []ClientKey  `json:"keys,omitempty"`
	// Problems are in the way of signing in, as far as can be told without doing it: the
	// metadata are read for it.
	Problems []Problem `json:"problems,omitempty"`
}

// SecretSetup is a client secret without its value.
type SecretSetup struct {
	Set     bool      `json:"set"`
	Expires time.Time `json:"expires,omitzero"`
	// DaysLeft is nil when the date is not known, negative after it.
	DaysLeft *int `json:"days_left,omitempty"`
}

// ClientKey is a key for private_key_jwt, without its private half.
type ClientKey struct {
	ID        string `json:"id"`
	Algorithm string `json:"algorithm"`
	// Certificate is in PEM, for providers that register certificates, and the
	// thumbprints are upper-case hexadecimal, as Entra shows them.
	Certificate      string    `json:"certificate,omitempty"`
	ThumbprintSHA1   string    `json:"thumbprint_sha1,omitempty"`
	ThumbprintSHA256 string    `json:"thumbprint_sha256,omitempty"`
	JWK              string    `json:"jwk"`
	Created          time.Time `json:"created,omitzero"`
	Expires          time.Time `json:"expires,omitzero"`
	File             string    `json:"file,omitempty"`
	Current          bool      `json:"current"`
}

// SecretRequest sets a client secret; an empty Value removes it.
type SecretRequest struct {
	Provider string `json:"provider"`
	Value    string `json:"value"`
	// Expires is its last day of use, zero when not known.
	Expires time.Time `json:"expires,omitzero"`
}

// KeyRequest names a provider and, for DropKey, a key; "" is the one that is not current.
type KeyRequest struct {
	Provider string `json:"provider"`
	Key      string `json:"key,omitempty"`
}
