package auth

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/portico-desktop/portico/auth/fetch"
	"github.com/portico-desktop/portico/auth/plain"
)

// Provider describes an OpenID provider and this program's registration there.
type Provider struct {
	// ID names the provider within this program, stable over time.
	ID string
	// Title is people's name for it, as in "Microsoft 365". Empty means ID.
	Title string
	// Description is a line more for people with a choice.
	Description string
	// Authority is the issuer, or the whole address of its metadata document
	// (recognised by "/.well-known/" in it). https, or http on loopback.
	Authority string
	// ClientID is the registration's.
	ClientID string
	// ClientAuth says how the program proves to be this client. The zero value is a
	// public client, as a program on people's computers should be.
	ClientAuth ClientAuth
	// Dialect names the provider's deviations from the standards. "" recognises
	// the well-known ones by the authority's host.
	Dialect Dialect
	// Domains are the mail domains, and Accounts the whole addresses, of the people
	// signing in here; see [ForAddress]. Both empty means anybody. They help to choose
	// and never decide about access.
	Domains, Accounts []string
	// Tenants are the Entra directories (GUIDs) of the people allowed in. Empty means the
	// one named by the authority or, when it names none, every organisation's; personal
	// accounts have to be listed by their tenant, [PersonalTenant].
	Tenants []string
	// Allowed narrows the circle of people allowed in, beside Tenants and the provider's
	// decisions. The zero value narrows nothing.
	Allowed Allowed
	// ConsentRedirect is a registered address for an administrator's browser to end at
	// after consenting. "" means the redirect URI, if nobody listens on another computer;
	// consent holds all the same.
	ConsentRedirect string
	// Scopes are asked for. Nil means DefaultScopes. "openid" is always added.
	Scopes []string
	// Resources are the APIs to get access tokens for, beside the sign-in itself (RFC
	// 8707, section 2), for [API].Resource. Their scopes are among Scopes. Few providers
	// know resources; at Entra and Google scopes name them.
	Resources []string
	// Redirect says how the browser comes back. The zero value is
	// http://127.0.0.1:ANY/, for Entra http://localhost:ANY.
	Redirect Redirect
	// PAR is about pushed authorization requests (RFC 9126), DPoP about proofs of
	// possession (RFC 9449). The zero values use both if the provider offers them and
	// they work. A kept sign-in goes on as it began: with proofs after DPoP was switched
	// off; if it is required from now on, the person signs in again.
	PAR, DPoP Extension
}

// ClientAuth is how a client authenticates itself (OpenID Connect Core 1.0,
// section 9). Secrets and keys are never part of a description: they lie in the
// [Store], put there by [Client.SetSecret] and [Client.NewKey].
type ClientAuth struct {
	// Method is "" or one of the Auth constants.
	Method AuthMethod
	// KeyFile is a PEM file with a private key, and optionally its certificate, for
	// AuthPrivateKey: a whole path on this computer, not on a server. "" means a key made
	// and kept by Client.NewKey.
	KeyFile string
	// Algorithm is "ES256" (the default) or "RS256", for keys made here.
	Algorithm string
}

// AuthMethod is a client authentication method by its registered name.
type AuthMethod string

// The methods of client authentication.
const (
	AuthNone        AuthMethod = "none"
	AuthSecretBasic AuthMethod = "client_secret_basic"
	AuthSecretPost  AuthMethod = "client_secret_post"
	AuthPrivateKey  AuthMethod = "private_key_jwt"
)

// Dialect is a family of providers with deviations known to the engine.
type Dialect string

// The dialects.
const (
	// Standard is a provider without deviations, whatever its host.
	Standard Dialect = "standard"
	// Entra is Microsoft Entra ID in all of its clouds.
	Entra Dialect = "entra"
	// Google is Google's identity platform.
	Google Dialect = "google"
)

// PersonalTenant is the directory of Microsoft's personal accounts.
const PersonalTenant = "9188040d-6c67-4c5b-b112-36a304b66dad"

// Allowed are the people allowed in, as a program's own administrators decide it for all
// of its providers. Anybody not listed is refused with a *[TenantError] or a
// *[DomainError] after the provider has vouched for them and before anything is kept, and
// is not signed in silently either; a sign-in kept before stays kept.
type Allowed struct {
	// Domains are mail domains, as in "example.com"; empty means any. An address counts
	// when the provider calls it verified or, at Entra, when the account's home is a
	// directory named by the authority or Tenants: elsewhere, a directory's
	// administrators write any address they like into it.
	Domains []string
	// Tenants are Entra directories by their ids; empty means any. They say nothing
	// about other providers.
	Tenants []string
}

// Redirect is the registered redirect URI, as far as the registration fixes it.
type Redirect struct {
	// Host is "127.0.0.1" (the default) or "localhost", whichever is registered. Entra
	// knows only localhost, its default.
	Host string
	// Port is fixed by few providers. 0, the default, means any free port, as
	// RFC 8252 section 7.3 asks providers to allow.
	Port int
	// FirstPort and LastPort bound the free port if Port is 0, for firewalls and
	// registrations with a need to know: the first free one from FirstPort to LastPort is
	// used. 0 and 0, the default, mean any.
	FirstPort, LastPort int
	// Path is "/" by default; for Entra it is none at all, as in http://localhost.
	// It counts, and so does its case.
	Path string
}

// DefaultScopes are asked for when a Provider names none.
func DefaultScopes() []string { return []string{"openid", "email", "profile", "offline_access"} }

// Check finds the mistakes in a description, as far as possible without asking the
// provider. It returns a *[ConfigError] with the field's name.
func (p Provider) Check() error {
	fail := func(key, format string, args ...any) error {
		return &ConfigError{Provider: clean(p.Name()), Key: key, Reason: fmt.Sprintf(format, args...)}
	}
	if p.ID == "" {
		return fail("id", "is missing")
	}
	if p.Authority == "" {
		return fail("authority", "is missing")
	}
	if key := p.hidden(); key != "" {
		return fail(key, "has characters that cannot be seen")
	}
	u, err := fetch.CheckURL(p.Authority)
	if err != nil {
		return fail("authority", "is no good: %v", err)
	}
	if u.RawQuery != "" && !isMetadataAddress(u) {
		return fail("authority", "must not have a query")
	}
	if p.RecognisedDialect() == Entra {
		if _, err := parseEntraAuthority(p.Authority); err != nil {
			return fail("authority", "%v", err)
		}
	}
	if p.ClientID == "" {
		return fail("client_id", "is missing")
	}
	for _, s := range p.Scopes {
		if !isScope(s) {
			return fail("scopes", "has %q, which cannot be a scope", s)
		}
	}
	if reason := p.checkResources(); reason != "" {
		return fail("resources", "%s", reason)
	}
	if key, reason := p.checkPeople(); key != "" {
		return fail(key, "%s", reason)
	}
	if key, reason := p.checkExtensions(); key != "" {
		return fail(key, "%s", reason)
	}
	if key, reason := p.ClientAuth.check(p.RecognisedDialect()); key != "" {
		return fail("client_auth."+key, "%s", reason)
	}
	if _, err := fetch.CheckURL(p.ConsentRedirect); p.ConsentRedirect != "" && err != nil {
		return fail("consent_redirect", "is no good: %v", err)
	}
	switch p.Redirect.Host {
	case "", "127.0.0.1", "localhost":
	default:
		return fail("redirect.host", "is %q; only 127.0.0.1 and localhost are possible", p.Redirect.Host)
	}
	if p.Redirect.Port < 0 || p.Redirect.Port > 65535 {
		return fail("redirect.port", "is %d; 0 means any", p.Redirect.Port)
	}
	if first, last := p.Redirect.FirstPort, p.Redirect.LastPort; first < 0 || last > 65535 || first > last || (first == 0) != (last == 0) {
		return fail("redirect.first_port", "is %d and redirect.last_port %d, which is no range of ports", first, last)
	}
	if p.Redirect.Path != "" {
		if v, err := url.Parse(p.Redirect.Path); err != nil || !strings.HasPrefix(p.Redirect.Path, "/") || v.Path != p.Redirect.Path {
			return fail("redirect.path", "is %q; it has to begin with / and be only a path", p.Redirect.Path)
		}
	}
	return nil
}

// hidden names an identifying field with an invisible character, "" for none: it would be
// another one than it looks like, wherever it is shown.
func (p Provider) hidden() (key string) {
	for _, f := range []struct{ key, value string }{
		{"id", p.ID}, {"authority", p.Authority}, {"client_id", p.ClientID},
		{"consent_redirect", p.ConsentRedirect}, {"redirect.path", p.Redirect.Path},
	} {
		if strings.ContainsFunc(f.value, plain.Hidden) {
			return f.key
		}
	}
	return ""
}

// checkPeople looks at the fields about the provider's people. A key of "" means all is
// well.
func (p Provider) checkPeople() (key, reason string) {
	switch p.Dialect {
	case "", Standard, Entra, Google:
	default:
		return "dialect", fmt.Sprintf("is %q; only standard, entra and google are known", p.Dialect)
	}
	for _, d := range p.Domains {
		if !domain().MatchString(strings.TrimPrefix(d, "@")) {
			return "domains", fmt.Sprintf("has %q, which is no mail domain", d)
		}
	}
	for _, a := range p.Accounts {
		if strings.ContainsFunc(a, unicode.IsSpace) || strings.Count(a, "@") != 1 || !domain().MatchString(domainOf(a)) {
			return "accounts", fmt.Sprintf("has %q, which is no address", a)
		}
	}
	for _, t := range p.Tenants {
		if !guid().MatchString(t) {
			return "tenants", fmt.Sprintf("has %q; a directory is named by its id, as in %s", t, PersonalTenant)
		}
	}
	if len(p.Tenants) > 0 && p.RecognisedDialect() != Entra {
		return "tenants", "are only known at Microsoft Entra ID"
	}
	return "", ""
}

// Name is the title, or the id without one.
func (p Provider) Name() string {
	if p.Title != "" {
		return p.Title
	}
	return p.ID
}

// isScope holds RFC 6749, section 3.3: printable ASCII without space, quote, backslash.
func isScope(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r <= 0x20 || r >= 0x7f || r == '"' || r == '\\' })
}

func (p Provider) scopes() []string {
	s := p.Scopes
	if s == nil {
		s = DefaultScopes()
	}
	if !slices.Contains(s, "openid") {
		s = append([]string{"openid"}, s...)
	}
	return s
}

const wellKnown = "/.well-known/openid-configuration"

func isMetadataAddress(u *url.URL) bool { return strings.Contains(u.Path, "/.well-known/") }

// metadataAddress is the address of the metadata (OpenID Connect Discovery 1.0, section
// 4.1).
func (p Provider) metadataAddress() string {
	if u, err := url.Parse(p.Authority); err == nil && isMetadataAddress(u) {
		return p.Authority
	}
	return strings.TrimSuffix(p.Authority, "/") + wellKnown
}

// host is named to people when the provider does not answer.
func (p Provider) host() string {
	if u, err := url.Parse(p.Authority); err == nil && u.Host != "" {
		return fetch.Host(u)
	}
	return p.Name()
}
