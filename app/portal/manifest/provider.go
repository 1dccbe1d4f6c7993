package manifest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/portico-desktop/portico/auth"
)

// Provider is a way to sign in; see auth.Provider for the fields' meaning.
type Provider struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description"`
	// Preset fills in what is known of a well-known provider, with Tenant, Host
	// and Realm as what it needs to know; see auth.Preset. Fields that are given
	// here win.
	Preset string `json:"preset"`
	Tenant string `json:"tenant"`
	Host   string `json:"host"`
	Realm  string `json:"realm"`

	Authority  string     `json:"authority"`
	ClientID   string     `json:"client_id"`
	ClientAuth ClientAuth `json:"client_auth"`
	Dialect    string     `json:"dialect"`
	Scopes     []string   `json:"scopes"`
	Domains    []string   `json:"domains"`
	Accounts   []string   `json:"accounts"`
	Tenants    []string   `json:"tenants"`
	// Enabled is nil for yes.
	Enabled         *bool    `json:"enabled"`
	Redirect        Redirect `json:"redirect"`
	ConsentRedirect string   `json:"consent_redirect"`
	// PAR and DPoP are "off", "on" (the default) or "required"; see auth.Extension.
	PAR  string `json:"par"`
	DPoP string `json:"dpop"`
	// Unknown are the members without a meaning here.
	Unknown []Unknown `json:"-"`
}

// ClientAuth is how Portico proves to be the registered client; see
// auth.ClientAuth. Secrets and keys are never part of a manifest.
type ClientAuth struct {
	Method    string `json:"method"`
	KeyFile   string `json:"key_file"`
	Algorithm string `json:"algorithm"`
	// SecretExpires is the last day of the client secret, as in "2027-05-01". It counts
	// for a secret set without a date.
	SecretExpires string `json:"secret_expires"`
}

// Redirect is the registered redirect URI; see auth.Redirect.
type Redirect struct {
	Host string `json:"host"`
	Port int    `json:"port"`
	Path string `json:"path"`
}

// Auth is the description in the engine's terms, with the preset filled in.
//
// Errors: *[auth.ConfigError] for an unknown or incomplete preset.
func (p Provider) Auth() (auth.Provider, error) {
	described := auth.Provider{
		ID: p.ID, Title: p.Title, Description: p.Description, Authority: p.Authority, ClientID: p.ClientID,
		ClientAuth: auth.ClientAuth{Method: auth.AuthMethod(p.ClientAuth.Method), KeyFile: p.ClientAuth.KeyFile, Algorithm: p.ClientAuth.Algorithm},
		Dialect:    auth.Dialect(p.Dialect), Scopes: p.Scopes,
		Domains: p.Domains, Accounts: p.Accounts, Tenants: p.Tenants, ConsentRedirect: p.ConsentRedirect,
		Redirect: auth.Redirect{Host: p.Redirect.Host, Port: p.Redirect.Port, Path: p.Redirect.Path},
		PAR:      auth.Extension(p.PAR), DPoP: auth.Extension(p.DPoP),
	}
	if p.Preset == "" {
		return described, nil
	}
	params := map[string]string{"tenant": p.Tenant, "host": p.Host, "realm": p.Realm}
	maps.DeleteFunc(params, func(_, value string) bool { return value == "" })
	return auth.Preset(described, p.Preset, params)
}

// IsEnabled reports if people may sign in with it.
func (p Provider) IsEnabled() bool { return p.Enabled == nil || *p.Enabled }

// Name is the title, or the id without one.
func (p Provider) Name() string {
	if p.Title != "" {
		return p.Title
	}
	return p.ID
}

const dateFormat = "2006-01-02"

// Expires is SecretExpires at midnight UTC, zero without one.
func (c ClientAuth) Expires() time.Time {
	day, err := time.Parse(dateFormat, c.SecretExpires)
	if err != nil {
		return time.Time{} // the manifest was checked: there is none
	}
	return day
}

// Offered are the enabled providers, for people to sign in with.
func (m *Manifest) Offered() []Provider {
	return slices.DeleteFunc(slices.Clone(m.Providers), func(p Provider) bool { return !p.IsEnabled() })
}

// Provider finds a provider by its id, also a disabled one.
func (m *Manifest) Provider(id string) (Provider, bool) {
	for _, p := range m.Providers {
		if p.ID == id {
			return p, true
		}
	}
	return Provider{}, false
}

func (m *Manifest) checkProviders(host string) error {
	if len(m.Providers) > maxProviders {
		return invalid(host, "providers", "has %d entries; %d are possible", len(m.Providers), maxProviders)
	}
	seen := make(map[string]bool)
	for i, p := range m.Providers {
		path := fmt.Sprintf("providers[%d]", i)
		if err := p.check(); err != nil {
			return invalid(host, path+"."+err.Key, "%s", err.Reason)
		}
		if seen[p.ID] {
			return invalid(host, path+".id", "is %q for the second time", p.ID)
		}
		seen[p.ID] = true
		m.Providers[i].Title, m.Providers[i].Description = shownWords(p.Title), shownWords(p.Description)
	}
	if len(m.Offered()) == 0 {
		return &Error{Kind: NoProviders, Host: host}
	}
	return nil
}

// check finds a fault of one provider and names the field.
func (p Provider) check() *auth.ConfigError {
	described, err := p.Auth()
	if err == nil {
		err = described.Check()
	}
	var wrong *auth.ConfigError
	switch {
	case errors.As(err, &wrong):
		return wrong
	case err != nil:
		return &auth.ConfigError{Provider: p.Name(), Key: "preset", Reason: err.Error()}
	}
	for _, f := range []struct{ key, value string }{{"title", p.Title}, {"description", p.Description}} {
		if len(f.value) > maxText || strings.ContainsFunc(f.value, isControl) {
			return &auth.ConfigError{Provider: p.Name(), Key: f.key, Reason: "is too long or has characters that cannot be seen"}
		}
	}
	if day := p.ClientAuth.SecretExpires; day != "" {
		if _, err := time.Parse(dateFormat, day); err != nil {
			return &auth.ConfigError{Provider: p.Name(), Key: "client_auth.secret_expires", Reason: fmt.Sprintf("is %q; it has to look like 2027-05-01", day)}
		}
	}
	return nil
}

const secretsElsewhere = "has no place here: secrets never belong in a public file; set it with `porticoctl providers secret ID`"

// secretIn finds a secret that somebody has put into the description of a
// provider, and returns its path, "" for none. Anybody on the internet can read a
// manifest: such a portal must not seem to work.
func secretIn(raw []byte) string {
	var m struct {
		Providers []any `json:"providers"`
	}
	if json.Unmarshal(raw, &m) != nil {
		return ""
	}
	for i, p := range m.Providers {
		if path := secretUnder(p); path != "" {
			return fmt.Sprintf("providers[%d]%s", i, path)
		}
	}
	return ""
}

func secretUnder(value any) string {
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if isSecret(key) {
				return "." + key
			}
			if path := secretUnder(v[key]); path != "" {
				return "." + key + path
			}
		}
	case []any:
		for i, element := range v {
			if path := secretUnder(element); path != "" {
				return fmt.Sprintf("[%d]%s", i, path)
			}
		}
	}
	return ""
}

func isSecret(key string) bool {
	switch strings.ToLower(strings.ReplaceAll(strings.ReplaceAll(key, "_", ""), "-", "")) {
	case "secret", "clientsecret", "privatekey":
		return true
	}
	return false
}
