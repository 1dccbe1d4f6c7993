package auth

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"slices"
	"strings"
	"time"
)

// clockSkew is how far the provider's clock and ours may be apart.
const clockSkew = 5 * time.Minute

// tokenClaims are the claims of an ID token used by the engine (OpenID Connect Core 1.0,
// sections 2 and 5.1).
type tokenClaims struct {
	Issuer          string   `json:"iss"`
	Subject         string   `json:"sub"`
	Audience        audience `json:"aud"`
	AuthorizedParty string   `json:"azp"`
	Expiry          *seconds `json:"exp"`
	NotBefore       *seconds `json:"nbf"`
	IssuedAt        *seconds `json:"iat"`
	Nonce           string   `json:"nonce"`
	AccessTokenHash string   `json:"at_hash"`
	CodeHash        string   `json:"c_hash"`

	// These are for display. A list of values never makes a token unusable.
	Name              displayed `json:"name"`
	GivenName         displayed `json:"given_name"`
	PreferredUsername displayed `json:"preferred_username"`
	Email             displayed `json:"email"`
	EmailVerified     *boolean  `json:"email_verified"` // nil if it is not said
	// Tenant is the directory's id and Object the person's in it, on Entra only.
	Tenant string `json:"tid"`
	Object string `json:"oid"`
	// Actor is the one acting as this person (RFC 8693, section 4.1).
	Actor *actor `json:"act"`
}

// expected are the values an ID token has to fit.
type expected struct {
	issuer      string // of the authorization response (RFC 9207), "" if it named none
	nonce       string // "" on refresh: a nonce is optional there
	accessToken string
	code        string
	account     *Account  // on refresh: the account it has to be about
	serverTime  time.Time // from the Date header, zero if unknown
	// audiences are those it may be meant for, nil for the client alone. foreign: another
	// program has asked for it, with a nonce not known here. access: it is an access
	// token. See [Verifier].
	audiences       []string
	foreign, access bool
	// ahead are the provider's keys, nil if nobody has asked for them yet.
	ahead *keysAhead
}

// idToken is a readable ID token. Nobody has vouched for it yet.
type idToken struct {
	raw     string
	header  tokenHeader
	payload []byte
}

func parseIDToken(raw string) (*idToken, error) {
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return nil, untrusted("id_token", "the answer has no ID token, or one that is not signed")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, untrusted("id_token", "its payload is not base64url")
	}
	return &idToken{raw: raw, header: readHeader(parts[0]), payload: payload}, nil
}

// identified are the claims about a token's issuer, its audience and its person. They are
// read by themselves, because a refresh keeps its rotated token when they fit, with any
// others.
type identified struct {
	Issuer   string   `json:"iss"`
	Subject  string   `json:"sub"`
	Audience audience `json:"aud"`
	Tenant   string   `json:"tid"`
	Object   string   `json:"oid"`
}

// identifying are the names of those claims. Nobody but Entra means a directory by
// tid and oid.
func (c *Client) identifying() []string {
	if c.dialect == Entra {
		return []string{"iss", "sub", "aud", "tid", "oid"}
	}
	return []string{"iss", "sub", "aud"}
}

// shownClaims are the names of the claims for people to read.
func shownClaims() []string {
	return []string{"name", "given_name", "preferred_username", "email", "email_verified", "act"}
}

// decodeClaims reads the named claims of a token, and no others.
func (c *Client) decodeClaims(token *idToken, decisive, shown []string, into any) error {
	all, err := readObject(token.payload)
	if err != nil {
		return untrusted("id_token", "its claims cannot be read: %v", err)
	}
	named, err := all.object(decisive, shown)
	if err == nil {
		err = decodeStrict(named, into)
	}
	if err != nil {
		return untrusted("id_token", "its claims cannot be read: %v", err)
	}
	return nil
}

// identify reads a token and checks iss, sub and aud: OpenID Connect Core 1.0,
// section 3.1.3.7, points 2 and 3, and section 12.2 for refreshes.
func (c *Client) identify(m *Metadata, raw string, want expected) (*idToken, error) {
	token, err := parseIDToken(raw)
	if err != nil {
		return nil, err
	}
	var who identified
	if err := c.decodeClaims(token, c.identifying(), nil, &who); err != nil {
		return nil, err
	}
	claims := &tokenClaims{Issuer: c.properIssuer(m, who.Issuer), Subject: who.Subject, Audience: who.Audience, Tenant: who.Tenant, Object: who.Object}
	return token, c.checkIdentity(m, claims, want)
}

func (c *Client) checkIdentity(m *Metadata, claims *tokenClaims, want expected) error {
	if c.dialect == Entra {
		if err := checkEntraIdentity(m, claims); err != nil {
			return err
		}
	} else if claims.Issuer != m.Issuer {
		return untrusted("iss", "the ID token comes from %q, not from %q", clean(claims.Issuer), m.Issuer)
	}
	if want.issuer != "" && claims.Issuer != c.properIssuer(m, want.issuer) {
		// Only a provider with many issuers can have both for its own.
		return untrusted("iss", "the ID token comes from %q, the response came from %q", clean(claims.Issuer), clean(want.issuer))
	}
	if !identifies(claims.Subject) || len(claims.Subject) > 255 {
		return untrusted("sub", "the ID token names nobody, or with more than 255 characters, or with some that nobody can read")
	}
	audiences := want.audiences
	if audiences == nil {
		audiences = []string{c.provider.ClientID}
	}
	if !slices.ContainsFunc(claims.Audience, func(a string) bool { return slices.Contains(audiences, a) }) {
		return untrusted("aud", "the ID token is meant for %s, not for %q", clean(fmt.Sprintf("%q", []string(claims.Audience))), strings.Join(audiences, `" or "`))
	}
	if want.account != nil && !want.account.isNamedBy(claims) {
		return untrusted("sub", "the ID token of the renewed sign-in is about somebody else")
	}
	return nil
}

// checkClaims makes every check without a key, on an identified token. The signature has
// to be checked as well before anything of the claims is used.
func (c *Client) checkClaims(m *Metadata, token *idToken, want expected) (*tokenClaims, error) {
	alg := token.header.Algorithm
	if err := c.checkAlgorithm(m, alg); err != nil {
		return nil, err
	}
	if err := token.header.check(want.access); err != nil {
		return nil, err
	}
	var claims tokenClaims
	decisive := append(c.identifying(), "azp", "exp", "nbf", "iat", "nonce", "at_hash", "c_hash")
	if err := c.decodeClaims(token, decisive, shownClaims(), &claims); err != nil {
		return nil, err
	}
	claims.Issuer = c.properIssuer(m, claims.Issuer)
	if err := c.checkParties(&claims, want); err != nil {
		return nil, err
	}
	if err := c.checkTimes(&claims, want.serverTime); err != nil {
		return nil, err
	}
	if claims.AccessTokenHash != "" && want.accessToken != "" && !hashFits(alg, want.accessToken, claims.AccessTokenHash) {
		return nil, untrusted("at_hash", "it is not the hash of the access token that came with it")
	}
	if claims.CodeHash != "" && want.code != "" && !hashFits(alg, want.code, claims.CodeHash) {
		return nil, untrusted("c_hash", "it is not the hash of the code that it was exchanged for")
	}
	return &claims, nil
}

// checkParties holds OpenID Connect Core 1.0, section 3.1.3.7, points 4, 5 and 11. The
// nonce is known to the program asking for the token, and to nobody else. An access token
// may be meant for many (RFC 9068, section 3), and any client may have it.
func (c *Client) checkParties(claims *tokenClaims, want expected) error {
	if want.access {
		return nil
	}
	if len(claims.Audience) > 1 && claims.AuthorizedParty == "" {
		return untrusted("azp", "the ID token is meant for several parties and does not name the authorized one")
	}
	if claims.AuthorizedParty != "" && claims.AuthorizedParty != c.provider.ClientID {
		return untrusted("azp", "the ID token was issued to %q, not to %q", clean(claims.AuthorizedParty), c.provider.ClientID)
	}
	if want.foreign {
		return nil
	}
	if (want.nonce != "" || claims.Nonce != "" && want.account == nil) &&
		subtle.ConstantTimeCompare([]byte(claims.Nonce), []byte(want.nonce)) != 1 {
		return untrusted("nonce", "the ID token does not belong to this sign-in")
	}
	return nil
}

// isNamedBy holds OpenID Connect Core 1.0, section 12.2. An account kept before its
// directory was has none to compare.
func (a *Account) isNamedBy(claims *tokenClaims) bool {
	same := claims.Issuer == a.Issuer && claims.Subject == a.Subject
	return same && (a.Object == "" || claims.Tenant == a.Tenant && claims.Object == a.Object)
}

func (c *Client) checkTimes(claims *tokenClaims, serverTime time.Time) error {
	now := c.now()
	var err error
	switch {
	case claims.Expiry == nil:
		return untrusted("exp", "the ID token says no expiry")
	case claims.IssuedAt == nil:
		return untrusted("iat", "the ID token does not say when it was issued")
	case !now.Before(claims.Expiry.time().Add(clockSkew)):
		err = untrusted("exp", "the ID token expired at %s", claims.Expiry.time().UTC().Format(time.RFC3339))
	case claims.NotBefore != nil && now.Add(clockSkew).Before(claims.NotBefore.time()):
		err = untrusted("nbf", "the ID token is not valid before %s", claims.NotBefore.time().UTC().Format(time.RFC3339))
	case now.Add(clockSkew).Before(claims.IssuedAt.time()):
		err = untrusted("iat", "the ID token was issued in the future, at %s", claims.IssuedAt.time().UTC().Format(time.RFC3339))
	default:
		return nil
	}
	if serverTime.IsZero() && now.Add(clockSkew).Before(claims.IssuedAt.time()) {
		// Nobody issues tokens in the future. The provider does not tell its time.
		return &ClockError{Ahead: now.Sub(claims.IssuedAt.time()), Err: err}
	}
	if ahead := now.Sub(serverTime); !serverTime.IsZero() && ahead.Abs() > clockSkew {
		return &ClockError{Ahead: ahead, Err: err}
	}
	return err
}

// verify makes all checks and returns the claims.
func (c *Client) verify(ctx context.Context, m *Metadata, raw string, want expected) (*tokenClaims, error) {
	token, err := c.identify(m, raw, want)
	if err != nil {
		return nil, err
	}
	return c.vouched(ctx, m, token, want)
}

// vouched makes the checks of an identified token: of all its claims, of the signature,
// and of the right to come in.
//
// Metadata from before a change of algorithm or of the keys' address are renewed once,
// because the token itself shows their age.
func (c *Client) vouched(ctx context.Context, m *Metadata, token *idToken, want expected) (*tokenClaims, error) {
	if m.misses(token.header.Algorithm) {
		renewed, err := c.renewMetadata(ctx)
		if err != nil {
			return nil, err
		}
		m = renewed
	}
	claims, err := c.checkClaims(m, token, want)
	if err != nil {
		return nil, err
	}
	if err = c.verifySignature(ctx, m, want.ahead, token.raw, claims); err != nil && ctx.Err() == nil {
		// No matter the document at the keys' address: the keys may have moved.
		if renewed, rerr := c.renewMetadata(ctx); rerr == nil && renewed.JWKSURI != m.JWKSURI {
			err = c.verifySignature(ctx, renewed, nil, token.raw, claims)
		}
	}
	if err != nil {
		return nil, err
	}
	return claims, c.checkTenant(claims.Tenant)
}

// readHeader returns a header without an algorithm for an unreadable one.
func readHeader(part string) tokenHeader {
	var h tokenHeader
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil || decodeStrict(raw, &h) != nil {
		return tokenHeader{}
	}
	return h
}

// hashFits computes at_hash and c_hash (OpenID Connect Core 1.0, section 3.1.3.6): the
// left half of the hash of the signature's algorithm.
func hashFits(alg, value, want string) bool {
	var h hash.Hash
	switch {
	case strings.HasSuffix(alg, "256"):
		h = sha256.New()
	case strings.HasSuffix(alg, "384"):
		h = sha512.New384()
	case strings.HasSuffix(alg, "512"), sameAlgorithm(alg, "EdDSA"):
		h = sha512.New()
	default:
		return false
	}
	h.Write([]byte(value))
	sum := h.Sum(nil)
	got := base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
	return subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
}

// Account is a person as one provider knows them. ID, Issuer and Subject
// identify; the rest is for display, can change and can be forged.
type Account struct {
	// ID is a digest of Issuer and Subject, or of Issuer and Object if there is one,
	// usable as a name.
	ID       string `json:"id"`
	Provider string `json:"provider"`
	Issuer   string `json:"issuer"`
	Subject  string `json:"subject"`
	// ClientID is the registration of the sign-in. It is no part of the person's
	// identity.
	ClientID string `json:"-"`

	Name          string `json:"name,omitempty"`
	GivenName     string `json:"given_name,omitempty"`
	Email         string `json:"email,omitempty"`
	EmailVerified bool   `json:"email_verified,omitempty"`
	// EmailListed: the provider names several addresses. Email is the first of them, and
	// none counts as verified.
	EmailListed bool `json:"email_listed,omitempty"`
	// Tenant is the directory's id, on Entra only.
	Tenant string `json:"tenant,omitempty"`
	// Object is the person's id in the directory, on Entra only: Tenant and Object
	// identify there instead of Subject.
	Object string `json:"object,omitempty"`
	// Guest: the person's home is another directory, on Entra only.
	Guest bool `json:"guest,omitempty"`
	// Actor is the one signed in as this person (the act claim; RFC 8693, section 4.1),
	// by name, address or subject, "?" if the claim tells none of them. "" means the
	// person themselves.
	Actor string `json:"actor,omitempty"`
}

// accountID digests the pair allowed as an identifier by OpenID Connect Core 1.0, section
// 5.7.
func accountID(issuer, subject string) string {
	sum := sha256.Sum256([]byte(issuer + "\x00" + subject))
	return hex.EncodeToString(sum[:12])
}

// entraAccountID digests the identifying pair of a directory: its issuer and the object.
// The issuer names the directory (see checkEntraIdentity) and the server vouching for it.
// The digested text begins as no issuer does, so the two kinds of pairs cannot meet.
func entraAccountID(issuer, object string) string {
	sum := sha256.Sum256([]byte("entra\x00" + strings.ToLower(issuer) + "\x00" + strings.ToLower(object)))
	return hex.EncodeToString(sum[:12])
}

func (c *Client) account(claims *tokenClaims) Account {
	a := Account{
		ID: accountID(claims.Issuer, claims.Subject), Provider: c.provider.ID,
		Issuer: claims.Issuer, Subject: claims.Subject, ClientID: c.provider.ClientID,
		Name: clean(claims.Name.text), GivenName: clean(claims.GivenName.text), Email: clean(claims.Email.text),
		// Nobody tells the verified one of several addresses.
		EmailVerified: claims.EmailVerified.is() && !claims.Email.listed, EmailListed: claims.Email.listed && claims.Email.text != "",
		Actor: claims.Actor.String(),
	}
	if c.dialect == Entra {
		a.ID, a.Tenant, a.Object = entraAccountID(claims.Issuer, claims.Object), claims.Tenant, claims.Object
	}
	if a.Email == "" {
		a.Email, a.EmailVerified, a.EmailListed = clean(claims.PreferredUsername.text), false, claims.PreferredUsername.listed
	}
	return a
}

// actor is the value of an act claim. Only the outermost actor counts (RFC 8693,
// section 4.1).
type actor struct {
	Name              string `json:"name"`
	Email             string `json:"email"`
	PreferredUsername string `json:"preferred_username"`
	Subject           string `json:"sub"`
}

// UnmarshalJSON takes anything but an object for an actor without a name: an actor must
// not go unsaid.
func (a *actor) UnmarshalJSON(raw []byte) error {
	type plain actor
	if json.Unmarshal(raw, (*plain)(a)) != nil {
		*a = actor{}
		_ = json.Unmarshal(raw, &a.Subject)
	}
	return nil
}

// String names the actor, "" without one.
func (a *actor) String() string {
	if a == nil {
		return ""
	}
	for _, name := range []string{a.Name, a.Email, a.PreferredUsername, a.Subject} {
		if name = strings.TrimSpace(clean(name)); name != "" {
			return name
		}
	}
	return "?"
}

// audience is one string or several (RFC 7519, section 4.1.3).
type audience []string

func (a *audience) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(a))
}

// seconds is a NumericDate (RFC 7519, section 2), perhaps with a fraction.
type seconds float64

func (s seconds) time() time.Time {
	// Far-off values would overflow a time.Duration's arithmetic later.
	const limit = 1 << 40
	return time.Unix(int64(min(max(float64(s), -limit), limit)), 0)
}

// boolean accepts "true" beside true: some providers send strings.
type boolean bool

// is reports if it is said, and true.
func (b *boolean) is() bool { return b != nil && bool(*b) }

func (b *boolean) UnmarshalJSON(raw []byte) error {
	*b = strings.Trim(string(raw), `"`) == "true"
	return nil
}
