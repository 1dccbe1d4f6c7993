package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/portico-desktop/portico/auth/fetch"
)

// maxMetadataAge bounds how long an unconfirmed copy of metadata or keys is used
// for a silent start. Past max-age it is confirmed after the refresh, not before.
const maxMetadataAge = 7 * 24 * time.Hour

// confirmLimit bounds the wait for metadata with a copy at hand.
const confirmLimit = 5 * time.Second

// maxRedirects is how many redirects within its origin a provider's metadata may take.
// Some were moved by the web server's own rules.
const maxRedirects = 3

// Metadata is the part of a provider's metadata used by the engine (OpenID Connect
// Discovery 1.0, section 3; RFC 8414, section 2).
type Metadata struct {
	Issuer                string   `json:"issuer"`
	AuthorizationEndpoint string   `json:"authorization_endpoint"`
	TokenEndpoint         string   `json:"token_endpoint"`
	UserinfoEndpoint      string   `json:"userinfo_endpoint,omitempty"`
	JWKSURI               string   `json:"jwks_uri"`
	RevocationEndpoint    string   `json:"revocation_endpoint,omitempty"`
	EndSessionEndpoint    string   `json:"end_session_endpoint,omitempty"`
	DeviceEndpoint        string   `json:"device_authorization_endpoint,omitempty"`
	ResponseTypes         []string `json:"response_types_supported,omitempty"`
	ResponseModes         []string `json:"response_modes_supported,omitempty"`
	ChallengeMethods      []string `json:"code_challenge_methods_supported,omitempty"`
	Scopes                []string `json:"scopes_supported,omitempty"`
	Prompts               []string `json:"prompt_values_supported,omitempty"`
	SigningAlgs           []string `json:"id_token_signing_alg_values_supported,omitempty"`
	// AuthMethods and AuthAlgs are how clients may authenticate themselves.
	AuthMethods []string `json:"token_endpoint_auth_methods_supported,omitempty"`
	AuthAlgs    []string `json:"token_endpoint_auth_signing_alg_values_supported,omitempty"`
	// PAREndpoint takes pushed requests; PARRequired: no others are accepted (RFC
	// 9126, section 5).
	PAREndpoint string `json:"pushed_authorization_request_endpoint,omitempty"`
	PARRequired bool   `json:"require_pushed_authorization_requests,omitempty"`
	// DPoPAlgs are for proofs of possession (RFC 9449, section 5.1).
	DPoPAlgs []string `json:"dpop_signing_alg_values_supported,omitempty"`
	// IssInResponse: the authorization response carries iss (RFC 9207, section 3).
	IssInResponse bool `json:"authorization_response_iss_parameter_supported,omitempty"`
}

// Metadata returns the provider's metadata, from the copy on disk while it is fresh.
//
// Errors: *[UnavailableError], *[NotProviderError], *[TrustError] with check
// "issuer".
func (c *Client) Metadata(ctx context.Context) (*Metadata, error) {
	return c.metadata(ctx, false)
}

// RenewMetadata is [Client.Metadata] with the provider asked now, however fresh the copy
// is: for somebody after a change there. The copy is kept when it fails.
func (c *Client) RenewMetadata(ctx context.Context) (*Metadata, error) {
	return c.renewMetadata(ctx)
}

// metadata with stale set is content with a copy past its time, within bounds.
func (c *Client) metadata(ctx context.Context, stale bool) (*Metadata, error) {
	if m := c.copiedMetadata(stale); m != nil {
		return m, nil
	}
	return c.renewMetadata(ctx)
}

// confirmedMetadata are for a sign-in: the person is there, and an outdated copy would
// lead the browser astray. The copy serves if the provider cannot be reached, or does not
// answer soon.
func (c *Client) confirmedMetadata(ctx context.Context) (*Metadata, error) {
	copied := c.copiedMetadata(true)
	if copied == nil {
		return c.renewMetadata(ctx)
	}
	soon, cancel := context.WithTimeout(ctx, confirmLimit)
	defer cancel()
	m, err := c.renewMetadata(soon)
	var passing *UnavailableError
	switch {
	case err == nil:
		return m, nil
	case ctx.Err() != nil:
		return nil, err
	case soon.Err() != nil, errors.As(err, &passing):
		c.log.Warn("the provider's metadata could not be confirmed; the copy is used", "provider", c.provider.ID, "error", err)
		return copied, nil
	}
	return nil, err
}

// copiedMetadata is the copy on disk, nil without a usable one. With stale set one
// past its time will do, within bounds.
func (c *Client) copiedMetadata(stale bool) *Metadata {
	d, ok := c.docs.Cached(c.provider.metadataAddress())
	if !ok || !c.docs.IsFresh(d) && (!stale || c.now().Sub(d.Fetched) >= maxMetadataAge) {
		return nil
	}
	m, err := c.parseMetadata(d.Body)
	if err != nil {
		return nil
	}
	return m
}

func (c *Client) renewMetadata(ctx context.Context) (*Metadata, error) {
	usable := func(body []byte) bool {
		_, err := c.parseMetadata(body)
		return err == nil
	}
	d, err := c.document(ctx, c.metadataDocs, "metadata", c.provider.metadataAddress(), usable)
	if err != nil {
		return nil, err
	}
	m, err := c.parseMetadata(d.Body)
	if err != nil {
		return nil, err
	}
	if err := c.docs.Keep(d); err != nil {
		c.log.Warn("metadata not kept", "error", err)
	}
	return m, nil
}

// document fetches, and tells an absent provider from a wrong address. An unusable copy
// is not merely confirmed.
func (c *Client) document(ctx context.Context, from *fetch.Getter, step, address string, usable func(body []byte) bool) (*fetch.Document, error) {
	d, err := from.RenewUsable(ctx, address, usable)
	if err == nil {
		return d, nil
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("%s: %w", step, context.Cause(ctx))
	}
	host := c.provider.host()
	if u, perr := url.Parse(address); perr == nil {
		host = fetch.Host(u)
	}
	var status *fetch.StatusError
	var large *fetch.TooLargeError
	switch {
	case errors.As(err, &status) && (status.Status >= 500 || status.Status == http.StatusTooManyRequests || status.Status == http.StatusRequestTimeout):
		return nil, &UnavailableError{Host: host, Step: step, Status: status.Status, RetryAfter: status.RetryAfter, Err: signInFirst(host, status.Status, "")}
	case errors.As(err, &status) && c.wasRead(address) && signInFirst(host, status.Status, status.RedirectHost) != nil:
		return nil, &UnavailableError{Host: host, Step: step, Status: status.Status, Err: signInFirst(host, status.Status, status.RedirectHost)}
	case errors.As(err, &status), errors.As(err, &large):
		return nil, &NotProviderError{Provider: c.provider.Name(), Host: host, Err: err}
	case errors.Is(err, fetch.ErrInsecure):
		return nil, &ConfigError{Provider: c.provider.Name(), Key: step, Reason: "has an address that is not https", Err: err}
	}
	return nil, &UnavailableError{Host: host, Step: step, Err: unreached(host, err)}
}

// wasRead reports if there is a copy of a document: an address once right, and leading
// elsewhere now.
func (c *Client) wasRead(address string) bool {
	_, ok := c.docs.Cached(address)
	return ok
}

func (c *Client) parseMetadata(body []byte) (*Metadata, error) {
	notProvider := func(format string, args ...any) error {
		return &NotProviderError{Provider: c.provider.Name(), Host: c.provider.host(), Err: fmt.Errorf(format, args...)}
	}
	m, err := decodeMetadata(body)
	if err != nil {
		return nil, notProvider("%v", err)
	}
	if m.Issuer == "" {
		return nil, notProvider("its metadata name no issuer")
	}
	if err := c.checkMetadataIssuer(m.Issuer); err != nil {
		return nil, err
	}
	type endpoint struct {
		name  string
		value *string
	}
	required := []endpoint{
		{"authorization_endpoint", &m.AuthorizationEndpoint}, {"token_endpoint", &m.TokenEndpoint}, {"jwks_uri", &m.JWKSURI},
	}
	optional := []endpoint{
		{"userinfo_endpoint", &m.UserinfoEndpoint}, {"revocation_endpoint", &m.RevocationEndpoint},
		{"end_session_endpoint", &m.EndSessionEndpoint}, {"device_authorization_endpoint", &m.DeviceEndpoint},
		{"pushed_authorization_request_endpoint", &m.PAREndpoint},
	}
	for _, e := range required {
		if err := c.takeEndpoint(e.value); err != nil {
			return nil, notProvider("its %s is no good: %v", e.name, err)
		}
	}
	for _, e := range optional {
		if err := c.takeEndpoint(e.value); *e.value != "" && err != nil {
			c.log.Warn("the provider's metadata have an address that will not be used", "endpoint", e.name, "error", err)
			*e.value = ""
		}
	}
	if len(m.ResponseTypes) > 0 && !slices.Contains(m.ResponseTypes, "code") {
		return nil, notProvider("it does not offer the authorization code")
	}
	if len(m.ChallengeMethods) > 0 && !m.challenges() {
		return nil, notProvider("it does not offer PKCE with S256")
	}
	return m, nil
}

// challenges reports if the provider announces PKCE with S256, in whatever letters: the
// request has it as the standard does (RFC 7636, section 4.3).
func (m *Metadata) challenges() bool {
	return slices.ContainsFunc(m.ChallengeMethods, func(method string) bool { return strings.EqualFold(method, "S256") })
}

// decodeMetadata reads a document member by member. An optional member of a wrong type,
// or one there twice, counts as absent, since it tells nothing; a member needed for a
// sign-in does not. See also isDemand.
func decodeMetadata(body []byte) (*Metadata, error) {
	all, err := readObject(withoutBOM(body))
	if err != nil {
		return nil, fmt.Errorf("its metadata are not JSON: %w", err)
	}
	m := &Metadata{}
	for name, value := range all.values {
		if slices.Contains([]string{parRequiredKey, issInResponseKey}, name) && isDemand(value) {
			all.values[name], all.twice[name] = json.RawMessage("true"), false
		}
		needed := slices.Contains([]string{"issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"}, name)
		if !needed && !all.good(name) {
			continue
		}
		member, err := all.object([]string{name}, nil)
		if err == nil {
			err = decodeStrict(member, &Metadata{})
		}
		switch {
		case err == nil:
			err = decodeStrict(member, m)
		case !needed:
			err = nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s in its metadata is no text: %w", name, err)
		}
	}
	return m, nil
}

// The metadata's names for demands on a sign-in.
const (
	parRequiredKey   = "require_pushed_authorization_requests"
	issInResponseKey = "authorization_response_iss_parameter_supported"
)

// isDemand reports if a boolean member means true, also as written by frameworks with
// settings in text or numbers. A protection is not taken for absent because of its type.
func isDemand(value json.RawMessage) bool {
	var text string
	if json.Unmarshal(value, &text) != nil {
		text = string(value)
	}
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "true", "1", "yes":
		return true
	}
	return false
}

// takeEndpoint checks the address of an endpoint and writes it in ASCII as a browser
// would open it. It allows http on this computer only if the provider itself is there:
// endpoints of an https provider by http would hand codes and tokens to any listening
// program.
func (c *Client) takeEndpoint(address *string) error {
	if _, err := fetch.CheckFrom(c.provider.Authority, *address); err != nil {
		return err
	}
	ascii, err := fetch.ASCII(*address)
	*address = ascii
	return err
}

// checkMetadataIssuer holds OpenID Connect Discovery 1.0, section 4.3: exactly the
// issuer we asked.
func (c *Client) checkMetadataIssuer(issuer string) error {
	authority := c.provider.Authority
	if c.dialect == Entra {
		a, err := parseEntraAuthority(authority)
		if err != nil {
			return &ConfigError{Provider: c.provider.Name(), Key: "authority", Reason: err.Error()}
		}
		return a.checkIssuer(issuer)
	}
	address := c.provider.metadataAddress()
	switch {
	case address != authority && issuer != authority && sameServer(issuer, authority):
		return c.calledOtherwise(issuer)
	case address != authority && issuer != authority:
		return untrusted("issuer", "the metadata of %s name the issuer %s", clean(authority), clean(issuer))
	case address == authority && strings.TrimSuffix(issuer, "/")+wellKnown != withoutQuery(address) && sameServer(issuer+wellKnown, withoutQuery(address)):
		return c.publishedElsewhere(issuer)
	case address == authority && strings.TrimSuffix(issuer, "/")+wellKnown != withoutQuery(address):
		return untrusted("issuer", "the metadata at %s are those of %s", address, clean(issuer))
	}
	return nil
}

// sameServer reports if an issuer may be the authority's, written differently: with or
// without a slash at the end, in other letters, or by http, if the provider does not know
// of the proxy in front of it. Issuers are compared as they are written; this only
// chooses the words.
func sameServer(issuer, authority string) bool {
	is, err := url.Parse(issuer)
	should, err2 := url.Parse(authority)
	if err != nil || err2 != nil || is.User != nil || is.RawQuery != "" || is.Fragment != "" {
		return false
	}
	sameHost := strings.EqualFold(is.Host, should.Host) || strings.EqualFold(is.Scheme, "http") && strings.EqualFold(is.Hostname(), should.Hostname())
	return is.Host != "" && sameHost && strings.TrimRight(is.EscapedPath(), "/") == strings.TrimRight(should.EscapedPath(), "/")
}

// calledOtherwise tells the address to write, or the setting to change at a provider in
// the belief of being on http.
func (c *Client) calledOtherwise(issuer string) error {
	reason := fmt.Sprintf("is %q, and the provider calls itself %q: write it exactly so", c.provider.Authority, clean(issuer))
	if _, err := fetch.CheckURL(issuer); err != nil {
		reason = fmt.Sprintf("is %q, and the provider calls itself %q: it has to know by which address it is reached "+
			"(behind a proxy by X-Forwarded-Proto, in Keycloak by its hostname setting)", c.provider.Authority, clean(issuer))
	}
	return &ConfigError{Provider: c.provider.Name(), Key: "authority", Reason: reason}
}

// publishedElsewhere is calledOtherwise for the metadata's address as the authority.
func (c *Client) publishedElsewhere(issuer string) error {
	err := c.calledOtherwise(issuer)
	if config := (*ConfigError)(nil); errors.As(err, &config) {
		config.Reason += ", with " + wellKnown + " after it"
	}
	return err
}

// withoutQuery: a metadata address may have one for choosing keys, as Entra's appid does.
func withoutQuery(address string) string {
	before, _, _ := strings.Cut(address, "?")
	return before
}
