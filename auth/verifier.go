package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// renewalLimit bounds one reading of a provider's metadata and keys.
	renewalLimit = 30 * time.Second
	// renewalPause is the pause before a [Verifier] asks again because of a token with an
	// unknown key: anybody may send such tokens, as many as they like.
	renewalPause = time.Minute
	// failurePause is the pause before it asks again after no answer.
	failurePause = 5 * time.Second
)

// VerifierParams make a [Verifier].
type VerifierParams struct {
	// Provider is as for a [Client]: ID tokens have to be meant for its ClientID, and its
	// Tenants and Allowed limit the people. The fields about signing in mean nothing here.
	Provider Provider
	// Audiences are the API's identifiers at this provider: access tokens have to be meant
	// for one of them. Empty means none are taken.
	Audiences []string
	// HTTP makes the requests; nil means NewHTTPClient's. Redirects are not followed.
	HTTP *http.Client
	// Now is the clock, nil for time.Now.
	Now func() time.Time
	// Log is told the events, without tokens. Nil means silence.
	Log *slog.Logger
}

// Verifier checks tokens shown to a server by a program: the issuer, audience, times,
// signature and the right to come in, exactly as a [Client] does for itself. It does not
// check the nonce: only the program asking for the token knows it. It takes a token bound to
// a key (claim cnf; RFC 9449, section 6, and RFC 8705, section 3) without the key's proof:
// to have the proof, a server reads the claim with [Verified.Claim], and checks it.
//
// It keeps the provider's metadata and keys in memory for as long as the provider allows,
// and asks for unknown keys at most once a minute, no matter how many tokens come. Its
// methods are safe for concurrent use.
type Verifier struct {
	client    *Client
	audiences []string

	mu      sync.Mutex
	have    *published
	running *publishedSoon
	asked   time.Time // when the provider was last asked
	failed  error     // the failure, nil if it answered
}

// published are a provider's metadata and its keys.
type published struct {
	meta  *Metadata
	keys  []PublishedKey
	read  time.Time
	fresh time.Time // until when it counts without being confirmed
}

// publishedSoon is a reading under way.
type publishedSoon struct {
	done chan struct{} // closed at its end
	got  *published
	err  error
}

// NewVerifier checks the provider's description and returns a verifier. It makes no
// request.
//
// Errors: *[ConfigError].
func NewVerifier(p VerifierParams) (*Verifier, error) {
	client, err := New(Params{Provider: p.Provider, HTTP: p.HTTP, Now: p.Now, Log: p.Log})
	if err != nil {
		return nil, err
	}
	return &Verifier{client: client, audiences: slices.Clone(p.Audiences)}, nil
}

// IDToken checks an ID token (OpenID Connect Core 1.0, section 3.1.3.7) given by the
// provider to the client of the description. How old it may be is the caller's to decide,
// by IssuedAt.
//
// Errors: *[TrustError] for a token failing a check, *[TenantError] and *[DomainError]
// for people not allowed in, *[ConfigError] for tokens with a signature nobody can check;
// *[UnavailableError] and *[NotProviderError] if the provider's keys cannot be had: they
// say nothing about the token.
func (v *Verifier) IDToken(ctx context.Context, raw string) (*Verified, error) {
	return v.verify(ctx, raw, expected{foreign: true})
}

// AccessToken checks an access token in the form of a signed JWT (RFC 9068, section 4)
// for one of the audiences. Unless a token calls itself an access token, it has to name
// scopes or roles, as Entra's do: an ID token names none. A token bound to a key may not
// come without the key's proof (RFC 9449, section 7.1): the caller has to look for the
// claim cnf, with [Verified.Claim].
//
// Errors: as for [Verifier.IDToken].
func (v *Verifier) AccessToken(ctx context.Context, raw string) (*Verified, error) {
	if len(v.audiences) == 0 {
		return nil, &ConfigError{Provider: v.client.provider.Name(), Key: "VerifierParams.Audiences", Reason: "is empty: no access token can be meant for this server"}
	}
	return v.verify(ctx, raw, expected{foreign: true, access: true, audiences: v.audiences})
}

func (v *Verifier) verify(ctx context.Context, raw string, want expected) (*Verified, error) {
	if len(raw) > maxTokenAnswer {
		return nil, untrusted("id_token", "it is larger than %d bytes", maxTokenAnswer)
	}
	known, err := v.published(ctx)
	if err != nil {
		return nil, err
	}
	verified, err := v.hold(known, raw, want)
	if !mayBeOutdated(err) {
		return verified, err
	}
	newer := v.newer(ctx, known)
	if newer == known {
		return nil, err
	}
	return v.hold(newer, raw, want)
}

// mayBeOutdated reports if a token may be right and the known metadata or keys old.
func mayBeOutdated(err error) bool {
	var refused *TrustError
	return errors.As(err, &refused) && slices.Contains([]string{"signature", "key_issuer", "alg"}, refused.Check)
}

// hold makes all checks with the known metadata and keys.
func (v *Verifier) hold(known *published, raw string, want expected) (*Verified, error) {
	c := v.client
	want.serverTime = c.now() // a server's own clock counts
	token, err := c.identify(known.meta, raw, want)
	if err != nil {
		return nil, c.blameVersion(raw, want, err)
	}
	claims, err := c.checkClaims(known.meta, token, want)
	if err != nil {
		return nil, err
	}
	signed, err := parseSigned(raw)
	if err != nil {
		return nil, err
	}
	signed.issuer, signed.tenant = claims.Issuer, claims.Tenant
	if err := c.verifyWithKeys(known.keys, signed); err != nil {
		return nil, err
	}
	verified, err := newVerified(c, token, claims)
	if err != nil {
		return nil, err
	}
	if want.access && !verified.isForAccess(token.header) {
		return nil, untrusted("typ", "it neither calls itself an access token (type at+jwt) nor names scopes or roles")
	}
	if err := c.checkTenant(claims.Tenant); err != nil {
		return nil, err
	}
	return verified, c.checkDomain(verified.vouchedFor())
}

// published returns the known metadata and keys, and asks for new ones if they are too old.
func (v *Verifier) published(ctx context.Context) (*published, error) {
	now := v.client.now()
	v.mu.Lock()
	have, asked, failed := v.have, v.asked, v.failed
	v.mu.Unlock()
	switch {
	case have != nil && now.Before(have.fresh):
		return have, nil
	case failed != nil && now.Sub(asked) < failurePause && (have == nil || now.Sub(have.read) >= maxMetadataAge):
		return nil, failed
	case have != nil && now.Sub(asked) < failurePause:
		return have, nil
	}
	soon := ctx
	if have != nil {
		var cancel context.CancelFunc
		soon, cancel = context.WithTimeout(ctx, confirmLimit)
		defer cancel()
	}
	got, err := v.renew(soon)
	if err == nil {
		return got, nil
	}
	if ctx.Err() == nil && have != nil && now.Sub(have.read) < maxMetadataAge && passes(err, soon) {
		v.client.log.Warn("the provider's keys could not be confirmed; the copy is used", "provider", v.client.provider.ID, "error", err)
		return have, nil
	}
	return nil, err
}

// passes reports if a fault is one of the network, and not the provider's word.
func passes(err error, waited context.Context) bool {
	var passing *UnavailableError
	return errors.As(err, &passing) || waited.Err() != nil
}

// newer asks the provider for its present metadata and keys, because of a token not
// fitting the known ones. It returns the known ones if the provider was asked just
// before, or does not answer.
func (v *Verifier) newer(ctx context.Context, known *published) *published {
	v.mu.Lock()
	have := v.have
	wait := v.running == nil && v.client.now().Sub(v.asked) < renewalPause
	v.mu.Unlock()
	if have != known || wait {
		return have // another token has made it newer, or was the last to try
	}
	got, err := v.renew(ctx)
	if err != nil {
		v.client.log.Warn("the provider's keys could not be read for a token with an unknown one", "provider", v.client.provider.ID, "error", err)
		return known
	}
	return got
}

// renew asks the provider, once for all callers waiting. The reading goes on when a
// caller leaves, for 30 seconds at the most: others wait for it.
func (v *Verifier) renew(ctx context.Context) (*published, error) {
	v.mu.Lock()
	r := v.running
	if r == nil {
		r = &publishedSoon{done: make(chan struct{})}
		v.running, v.asked = r, v.client.now()
		go v.read(context.WithoutCancel(ctx), r)
	}
	v.mu.Unlock()
	select {
	case <-r.done:
		return r.got, r.err
	case <-ctx.Done():
		return nil, fmt.Errorf("metadata: %w", context.Cause(ctx))
	}
}

func (v *Verifier) read(ctx context.Context, r *publishedSoon) {
	ctx, cancel := context.WithTimeout(ctx, renewalLimit)
	defer cancel()
	r.got, r.err = v.client.published(ctx)
	v.mu.Lock()
	v.running, v.failed = nil, r.err
	if r.err == nil {
		v.have = r.got
	}
	v.mu.Unlock()
	close(r.done)
}

// published reads the metadata and the keys.
func (c *Client) published(ctx context.Context) (*published, error) {
	doc, err := c.document(ctx, c.metadataDocs, "metadata", c.provider.metadataAddress(), nil)
	if err != nil {
		return nil, err
	}
	m, err := c.parseMetadata(doc.Body)
	if err != nil {
		return nil, err
	}
	d, err := c.document(ctx, c.docs, "keys", m.JWKSURI, nil)
	if err != nil {
		return nil, err
	}
	keys, err := parseKeySet(d.Body)
	if err != nil {
		return nil, c.noKey(err.Error())
	}
	p := &published{meta: m, keys: keys, read: c.now(), fresh: d.Expires}
	if doc.Expires.Before(p.fresh) {
		p.fresh = doc.Expires
	}
	if soonest := p.read.Add(renewalPause); p.fresh.Before(soonest) {
		p.fresh = soonest // some forbid every copy
	}
	return p, nil
}

// blameVersion finds access tokens of Entra's version 1: another issuer signs those.
func (c *Client) blameVersion(raw string, want expected, err error) error {
	var refused *TrustError
	if c.dialect != Entra || !want.access || !errors.As(err, &refused) || refused.Check != "iss" {
		return err
	}
	var who identified
	token, parseErr := parseIDToken(raw)
	if parseErr != nil || c.decodeClaims(token, []string{"iss"}, nil, &who) != nil || !strings.HasPrefix(who.Issuer, "https://sts.windows.net/") {
		return err
	}
	return &ConfigError{Provider: c.provider.Name(), Key: "requestedAccessTokenVersion", AtProvider: true, Err: err,
		Reason: "is not 2, so that the API's access tokens are of version 1: set it to 2 in the manifest of the API's registration"}
}
