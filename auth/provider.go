package auth

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/portico-desktop/portico/auth/fetch"
)

// Provider describes an OpenID provider and this program's registration there.
type Provider struct {
	// ID names the provider within this program, stable over time.
	ID string
	// Title is what people call it, as in "Microsoft 365". Empty means ID.
	Title string
	// Authority is the issuer, or the whole address of its metadata document
	// (recognised by "/.well-known/" in it). https, or http on loopback.
	Authority string
	// ClientID is the registration's. The client is public: it has no secret.
	ClientID string
	// Scopes are asked for. Nil means DefaultScopes. "openid" is always added.
	Scopes []string
	// Redirect says how the browser comes back. The zero value is
	// http://127.0.0.1:ANY/.
	Redirect Redirect
}

// Redirect is the registered redirect URI, as far as the registration fixes it.
type Redirect struct {
	// Host is "127.0.0.1" (the default) or "localhost", whichever is registered.
	// Entra knows only localhost.
	Host string
	// Port is fixed by few providers. 0, the default, means any free port, as
	// RFC 8252 section 7.3 asks providers to allow.
	Port int
	// Path is "/" by default. It counts, and so does its case.
	Path string
}

// DefaultScopes are asked for when a Provider names none.
func DefaultScopes() []string { return []string{"openid", "email", "profile", "offline_access"} }

// Check finds the mistakes in a description that can be found without asking
// the provider. It returns a *[ConfigError] that names the field.
func (p Provider) Check() error {
	fail := func(key, format string, args ...any) error {
		return &ConfigError{Provider: p.Name(), Key: key, Reason: fmt.Sprintf(format, args...)}
	}
	if p.ID == "" {
		return fail("id", "is missing")
	}
	if p.Authority == "" {
		return fail("authority", "is missing")
	}
	u, err := fetch.CheckURL(p.Authority)
	if err != nil {
		return fail("authority", "is no good: %v", err)
	}
	if u.RawQuery != "" && !isMetadataAddress(u) {
		return fail("authority", "must not have a query")
	}
	if p.ClientID == "" {
		return fail("client_id", "is missing")
	}
	if strings.ContainsFunc(p.ClientID, func(r rune) bool { return r < 0x20 || r == 0x7f }) {
		return fail("client_id", "has characters that cannot be seen")
	}
	for _, s := range p.Scopes {
		// RFC 6749, section 3.3: printable ASCII without space, quote, backslash.
		if s == "" || strings.ContainsFunc(s, func(r rune) bool { return r <= 0x20 || r >= 0x7f || r == '"' || r == '\\' }) {
			return fail("scopes", "has %q, which cannot be a scope", s)
		}
	}
	switch p.Redirect.Host {
	case "", "127.0.0.1", "localhost":
	default:
		return fail("redirect.host", "is %q; only 127.0.0.1 and localhost are possible", p.Redirect.Host)
	}
	if p.Redirect.Port < 0 || p.Redirect.Port > 65535 {
		return fail("redirect.port", "is %d; 0 means any", p.Redirect.Port)
	}
	if p.Redirect.Path != "" {
		if v, err := url.Parse(p.Redirect.Path); err != nil || !strings.HasPrefix(p.Redirect.Path, "/") || v.Path != p.Redirect.Path {
			return fail("redirect.path", "is %q; it has to begin with / and be only a path", p.Redirect.Path)
		}
	}
	return nil
}

// Name is the title, or the id without one.
func (p Provider) Name() string {
	if p.Title != "" {
		return p.Title
	}
	return p.ID
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

// metadataAddress is where the metadata lie (OpenID Connect Discovery 1.0,
// section 4.1).
func (p Provider) metadataAddress() string {
	if u, err := url.Parse(p.Authority); err == nil && isMetadataAddress(u) {
		return p.Authority
	}
	return strings.TrimSuffix(p.Authority, "/") + wellKnown
}

// host is what people are told when the provider does not answer.
func (p Provider) host() string {
	if u, err := url.Parse(p.Authority); err == nil && u.Host != "" {
		return u.Host
	}
	return p.Name()
}
