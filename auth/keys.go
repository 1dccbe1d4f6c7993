package auth

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/portico-desktop/portico/auth/fetch"
)

// keysAhead are a provider's keys, asked for before there is a token to check with them.
type keysAhead struct {
	address string
	ended   chan struct{} // closed when the others are there
	d       *fetch.Document
	err     error
}

// askAhead asks a provider for its keys while its token endpoint is asked, if there is no
// copy of them: the first sign-in would wait for one after the other. end ends the
// request. ahead is nil if there is a copy.
func (c *Client) askAhead(ctx context.Context, m *Metadata) (ahead *keysAhead, end func()) {
	if _, kept := c.docs.Cached(m.JWKSURI); kept {
		return nil, func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	ahead = &keysAhead{address: m.JWKSURI, ended: make(chan struct{})}
	go func() {
		defer close(ahead.ended)
		ahead.d, ahead.err = c.document(ctx, c.docs, "keys", ahead.address, nil)
	}()
	return ahead, func() {
		cancel()
		<-ahead.ended
	}
}

// keys asks for a provider's keys, or takes those asked for ahead, if the key is among
// them: the provider may have made it since, for this very token.
func (c *Client) keys(ctx context.Context, m *Metadata, ahead *keysAhead, hasKey func(body []byte) bool) (*fetch.Document, error) {
	if ahead != nil && ahead.address == m.JWKSURI {
		<-ahead.ended // ends with ctx
		if ahead.err != nil || hasKey(ahead.d.Body) {
			return ahead.d, ahead.err
		}
	}
	return c.document(ctx, c.docs, "keys", m.JWKSURI, hasKey)
}

// verifySignature checks the signature of a token. A key missing from our copy makes it
// ask the provider once, because keys rotate.
func (c *Client) verifySignature(ctx context.Context, m *Metadata, ahead *keysAhead, raw string, claims *tokenClaims) error {
	signed, err := parseSigned(raw)
	if err != nil {
		return err
	}
	if err := c.checkAlgorithm(m, signed.alg); err != nil {
		return err
	}
	signed.issuer, signed.tenant = claims.Issuer, claims.Tenant
	if d, ok := c.docs.Cached(m.JWKSURI); ok && c.now().Sub(d.Fetched) < maxMetadataAge {
		if c.verifyWith(d.Body, signed) == nil {
			return nil
		}
	}
	// A copy without the key is not merely confirmed: some servers never change its
	// ETag.
	hasKey := func(body []byte) bool { return isJSON(body) && c.verifyWith(body, signed) == nil }
	d, err := c.keys(ctx, m, ahead, hasKey)
	if err != nil {
		return err
	}
	if !isJSON(d.Body) {
		return &NotProviderError{Provider: c.provider.Name(), Host: c.provider.host(), Err: errors.New("its keys are not JSON")}
	}
	if err := c.verifyWith(d.Body, signed); err != nil {
		return err
	}
	if err := c.docs.Keep(d); err != nil {
		c.log.Warn("keys not kept", "error", err)
	}
	return nil
}

func isJSON(body []byte) bool { return json.Valid(withoutBOM(body)) }

// verifyWith tries a set's keys on a token, as far as they may have signed it.
func (c *Client) verifyWith(body []byte, t signedToken) error {
	keys, err := parseKeySet(body)
	if err != nil {
		return untrusted("signature", "the provider's keys cannot be read: %v", err)
	}
	return c.verifyWithKeys(keys, t)
}

// verifyWithKeys tries keys on a token, as far as they may have signed it.
//
// Entra may publish one key under several issuers; one of them has to fit.
func (c *Client) verifyWithKeys(keys []PublishedKey, t signedToken) error {
	refusal := untrusted("signature", "the ID token is not signed by a key of this provider (key id %q)", clean(t.kid))
	for _, k := range keys {
		if k.Unusable != "" && t.kid != "" && k.ID == t.kid {
			refusal = untrusted("signature", "the ID token names the key %q of this provider, which is not used: %s", clean(t.kid), k.Unusable)
		}
	}
	for _, k := range candidates(keys, t.kid, t.alg) {
		if !t.isSignedBy(k) {
			continue
		}
		if c.dialect != Entra || keyIssuerFits(k.issuer, t.issuer, t.tenant) {
			return nil
		}
		refusal = untrusted("key_issuer", "the key that signed the ID token is not one for %q", t.issuer)
	}
	return refusal
}

// candidates are the possible signing keys of a token with this kid and alg (RFC 7515,
// section 4.1.4). A token without a kid may be anybody's. A key without one serves for
// any kid if it cannot be mixed up: as the only one for this signature, and the only one
// without a kid.
func candidates(keys []PublishedKey, kid, alg string) []PublishedKey {
	var fitting []PublishedKey
	known, nameless := false, 0
	for _, k := range keys {
		known = known || k.ID == kid
		if k.Unusable != "" {
			continue
		}
		if k.ID == "" {
			nameless++
		}
		if k.signs(alg) {
			fitting = append(fitting, k)
		}
	}
	switch {
	case kid == "":
		return fitting
	case !known && nameless == 1 && len(fitting) == 1 && fitting[0].ID == "":
		return fitting
	}
	var named []PublishedKey
	for _, k := range fitting {
		if k.ID == kid {
			named = append(named, k)
		}
	}
	return named
}
