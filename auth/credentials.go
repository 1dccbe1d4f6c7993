package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Secret is a client secret, as SetSecret takes it. It prints as nothing.
type Secret struct {
	Value string
	// Expires is its last day, zero when nobody knows it.
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
	// ID is the key's id in assertions (kid): its JWK thumbprint (RFC 7638), unless a
	// provider turns out to know the key by its certificate.
	ID string
	// Algorithm is "ES256" or "RS256".
	Algorithm string
	// Certificate is a certificate for the key, in PEM, for providers with registered
	// certificates. Entra shows its thumbprints.
	Certificate      string
	ThumbprintSHA1   string // upper-case hexadecimal
	ThumbprintSHA256 string // upper-case hexadecimal
	// JWK is the public key for providers with registered key sets.
	JWK string
	// Created is zero for a key from a file.
	Created time.Time
	// Expires is the certificate's end, zero without one.
	Expires time.Time
	// File is the file it was read from, "" for a key kept here.
	File string
	// Current signs. The other one, if there is one, is tried when the provider
	// refuses this one, and takes its place when it is accepted.
	Current bool
}

// maxKeys are the signing one and the one to change over to.
const maxKeys = 2

// SetSecret keeps a client secret in the store; one with an empty Value is
// deleted.
//
// Errors: *[ConfigError] when the provider's ClientAuth wants no secret, those of
// the store.
func (c *Client) SetSecret(ctx context.Context, s Secret) error {
	// A secret of no use any more may always be deleted.
	if s.Value != "" && !c.wantsSecret() {
		return c.wrongClientAuth("method", "is %s, which uses no secret", c.provider.ClientAuth.method())
	}
	return c.editCredentials(ctx, func(r *credentialRecord) error {
		if s.Value == "" {
			r.Secret = nil
			return nil
		}
		r.Secret = &secretRecord{Value: s.Value, Set: c.now().UTC().Truncate(time.Second), Expires: s.Expires}
		return nil
	})
}

func (c *Client) wantsSecret() bool {
	m := c.provider.ClientAuth.method()
	return m == AuthSecretBasic || m == AuthSecretPost
}

// SecretInfo describes the secret, without it.
//
// Errors: those of the store.
func (c *Client) SecretInfo(ctx context.Context) (SecretInfo, error) {
	r, err := c.readCredentials(ctx)
	if err != nil || r.Secret == nil {
		return SecretInfo{}, err
	}
	return SecretInfo{Set: true, SetAt: r.Secret.Set, Expires: r.Secret.Expires}, nil
}

// NewKey makes a key and keeps it: the first one, or a second one to change over
// to. There are never more than two.
//
// Errors: *[ConfigError] when the provider's ClientAuth wants no key made here, or there
// are two; those of the store.
func (c *Client) NewKey(ctx context.Context) (ClientKey, error) {
	a := c.provider.ClientAuth
	switch {
	case a.method() != AuthPrivateKey:
		return ClientKey{}, c.wrongClientAuth("method", "is %s, which uses no key", a.method())
	case a.KeyFile != "":
		return ClientKey{}, c.wrongClientAuth("key_file", "names the key: change over by putting another one into that file")
	}
	var made ClientKey
	err := c.editCredentials(ctx, func(r *credentialRecord) error {
		if len(r.Keys) >= maxKeys {
			return c.wrongClientAuth("key", "cannot be made: there are %d already; drop one first", len(r.Keys))
		}
		key, err := newSigningKey(c.keyAlgorithm(), c.provider.Name()+" "+c.provider.ClientID, c.now())
		if err != nil {
			return err
		}
		kept, err := key.record()
		if err != nil {
			return err
		}
		r.Keys = append(r.Keys, kept)
		made = key.describe(len(r.Keys) == 1)
		return nil
	})
	if err != nil {
		return ClientKey{}, err
	}
	c.log.Info("client key made", "provider", c.provider.ID, "key", made.ID, "current", made.Current)
	return made, nil
}

// keyAlgorithm is a new key's algorithm. Entra registers RSA certificates only.
func (c *Client) keyAlgorithm() string {
	switch a := c.provider.ClientAuth.Algorithm; {
	case a != "":
		return a
	case c.dialect == Entra:
		return algRS256
	}
	return algES256
}

// DropKey deletes a key by its id; with "" the one not current. If the current one goes,
// the other takes its place. Deleting an unknown key is no error.
//
// Errors: those of the store.
func (c *Client) DropKey(ctx context.Context, id string) error {
	return c.editCredentials(ctx, func(r *credentialRecord) error {
		current := 0
		r.Keys = slices.DeleteFunc(r.Keys, func(kept keyRecord) bool {
			current++
			if id == "" {
				return current > 1
			}
			key, err := kept.key()
			return err == nil && key.id() == id
		})
		return nil
	})
}

// Keys lists the keys, the current one first. There are none when
// the provider's ClientAuth wants none.
//
// Errors: *[CredentialError] for an unusable file or key, those of the store.
func (c *Client) Keys(ctx context.Context) ([]ClientKey, error) {
	if c.provider.ClientAuth.method() != AuthPrivateKey {
		return nil, nil
	}
	keys, err := c.signingKeys(ctx)
	if err != nil {
		return nil, err
	}
	var list []ClientKey
	for i, key := range keys {
		list = append(list, key.describe(i == 0))
	}
	return list, nil
}

// signingKeys are the private keys, the current one first.
func (c *Client) signingKeys(ctx context.Context) ([]*signingKey, error) {
	a := c.provider.ClientAuth
	var keys []*signingKey
	if a.KeyFile != "" {
		key, err := readKeyFile(a.KeyFile, c.log)
		if err != nil {
			return nil, c.credentialUnusable(err)
		}
		if a.Algorithm != "" && a.Algorithm != key.algorithm() {
			return nil, c.credentialUnusable(fmt.Errorf("the key in %s is for %s, and %s is asked for", a.KeyFile, key.algorithm(), a.Algorithm))
		}
		if err := c.checkEntraKey(key); err != nil {
			return nil, c.credentialUnusable(err)
		}
		keys = append(keys, key)
	} else {
		record, err := c.readCredentials(ctx)
		if err != nil {
			return nil, err
		}
		for _, kept := range record.Keys {
			key, err := kept.key()
			if err != nil {
				return nil, c.credentialUnusable(err)
			}
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// usable leaves out keys refused by a check, as long as one is left: a fault of the
// second key is no reason not to use the first. With none left the error names the fault
// of the current one.
func (c *Client) usable(keys []*signingKey, check func(*signingKey) error) ([]*signingKey, error) {
	var fit []*signingKey
	var wrong error
	for _, key := range keys {
		if err := check(key); err != nil {
			c.log.Warn("a key cannot be used", "provider", c.provider.ID, "algorithm", key.algorithm(), "error", err)
			if wrong == nil {
				wrong = err
			}
			continue
		}
		fit = append(fit, key)
	}
	if len(fit) > 0 || wrong == nil {
		return fit, nil
	}
	var config *ConfigError
	if errors.As(wrong, &config) {
		return nil, wrong
	}
	return nil, c.credentialUnusable(wrong)
}

// checkEntraKey holds a key to Entra's demands beside the standards'.
func (c *Client) checkEntraKey(key *signingKey) error {
	switch {
	case c.dialect != Entra:
	case key.algorithm() != algRS256:
		return fmt.Errorf("the key is for %s, and Microsoft Entra ID takes RSA keys only", key.algorithm())
	case key.certificate == nil:
		return errors.New("the file has no certificate, and Microsoft Entra ID knows a key by its certificate: append it")
	}
	return nil
}
