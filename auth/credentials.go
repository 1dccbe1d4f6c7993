package auth

import (
	"context"
	"errors"
	"time"
)

// Secret is a client secret, as SetSecret takes it. It prints as nothing.
type Secret struct {
	Value string
	// Expires is the last day on which it works, zero when that is not known.
	Expires time.Time
}

// String hides the secret.
func (Secret) String() string { return "client secret" }

// GoString hides the secret, for %#v.
func (Secret) GoString() string { return "client secret" }

// SecretInfo is what may be known of a secret.
type SecretInfo struct {
	Set     bool
	SetAt   time.Time
	Expires time.Time
}

// ClientKey is a key for private_key_jwt, without its private half.
type ClientKey struct {
	// ID is the key's id in assertions (kid): its JWK thumbprint (RFC 7638).
	ID string
	// Algorithm is "ES256" or "RS256".
	Algorithm string
	// Certificate is a certificate for the key, in PEM, for providers that
	// register certificates. Its thumbprints are what Entra shows.
	Certificate      string
	ThumbprintSHA1   string // upper-case hexadecimal
	ThumbprintSHA256 string // upper-case hexadecimal
	// JWK is the public key for providers that register key sets.
	JWK     string
	Created time.Time
	Expires time.Time // the certificate's end
	// File is where it was read from, "" for a key kept here.
	File string
	// Current signs. The other one, if there is one, is tried when the provider
	// refuses this one, and takes its place when it is accepted.
	Current bool
}

// SetSecret keeps a client secret in the store; one with an empty Value is
// deleted.
//
// Errors: *[ConfigError] when the provider's ClientAuth wants no secret, those of
// the store.
func (c *Client) SetSecret(ctx context.Context, s Secret) error { return errors.New("not built yet") }

// SecretInfo says what is known of the secret, without it.
func (c *Client) SecretInfo(ctx context.Context) (SecretInfo, error) {
	return SecretInfo{}, errors.New("not built yet")
}

// NewKey makes a key and keeps it: the first one, or a second one to change over
// to. There are never more than two.
//
// Errors: *[ConfigError] when the provider's ClientAuth wants no key that is made
// here, or there are two; those of the store.
func (c *Client) NewKey(ctx context.Context) (ClientKey, error) {
	return ClientKey{}, errors.New("not built yet")
}

// DropKey deletes a key by its id; with "" the one that is not current.
func (c *Client) DropKey(ctx context.Context, id string) error { return errors.New("not built yet") }

// Keys lists the keys, the current one first.
func (c *Client) Keys(ctx context.Context) ([]ClientKey, error) {
	return nil, errors.New("not built yet")
}

// RedirectURI is the redirect URI to register: exactly, except that a port is
// only in it where the description fixes one.
func (c *Client) RedirectURI() string { return "" }
