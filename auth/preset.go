package auth

import (
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
)

// preset is the known part of a well-known provider's description.
type preset struct {
	provider Provider
	// params are the names of the required parameters.
	params []string
	// authority makes the authority of the checked params.
	authority func(params map[string]string) string
}

func presets() map[string]preset {
	entra := func(title, host string) preset {
		return preset{
			provider:  Provider{Title: title, Dialect: Entra, Redirect: Redirect{Host: "localhost"}},
			params:    []string{"tenant"},
			authority: func(p map[string]string) string { return "https://" + host + "/" + p["tenant"] + "/v2.0" },
		}
	}
	return map[string]preset{
		"microsoft-entra":               entra("Microsoft 365", "login.microsoftonline.com"),
		"microsoft-entra-us-government": entra("Microsoft 365", "login.microsoftonline.us"),
		"microsoft-entra-china":         entra("Microsoft 365", "login.partner.microsoftonline.cn"),
		"google": {
			// Google hands a secret to installed apps and demands it, without
			// counting on its staying one.
			provider:  Provider{Title: "Google", Dialect: Google, ClientAuth: ClientAuth{Method: AuthSecretPost}},
			authority: func(map[string]string) string { return "https://accounts.google.com" },
		},
		"okta": {
			provider:  Provider{Title: "Okta", Dialect: Standard},
			params:    []string{"host"},
			authority: func(p map[string]string) string { return "https://" + p["host"] },
		},
		"auth0": {
			provider:  Provider{Title: "Auth0", Dialect: Standard},
			params:    []string{"host"},
			authority: func(p map[string]string) string { return "https://" + p["host"] + "/" },
		},
		"keycloak": {
			provider: Provider{Title: "Keycloak", Dialect: Standard},
			params:   []string{"host", "realm"},
			authority: func(p map[string]string) string {
				return "https://" + p["host"] + "/realms/" + url.PathEscape(p["realm"])
			},
		},
	}
}

// Preset fills in the known fields of a well-known provider, nothing secret. p's own
// fields are kept. name is one of [Presets]; params are the preset's parameters: "tenant"
// for Entra (a directory's id, a domain, or "organizations", "common", "consumers"),
// "host" for Okta, Auth0 and Keycloak (with a port if it is not 443), "realm" for
// Keycloak. With an authority in p they need not be given.
//
// Errors: *[ConfigError] for an unknown name or a missing or wrong parameter.
func Preset(p Provider, name string, params map[string]string) (Provider, error) {
	fail := func(key, format string, args ...any) (Provider, error) {
		return Provider{}, &ConfigError{Provider: p.Name(), Key: key, Reason: fmt.Sprintf(format, args...)}
	}
	known, ok := presets()[name]
	if !ok {
		return fail("preset", "is %q; only %s are known", name, strings.Join(Presets(), ", "))
	}
	for _, param := range slices.Sorted(maps.Keys(params)) {
		if !slices.Contains(known.params, param) {
			return fail(param, "is not used by the preset %s", name)
		}
	}
	if p.Authority == "" {
		for _, param := range known.params {
			value := params[param]
			if value == "" {
				return fail(param, "is missing; the preset %s needs it", name)
			}
			if problem := checkParam(param, value); problem != "" {
				return fail(param, "is %q; %s", value, problem)
			}
		}
		p.Authority = known.authority(params)
	}
	return filled(p, known.provider), nil
}

// filled takes the fields p leaves empty from known.
func filled(p, known Provider) Provider {
	if p.Title == "" {
		p.Title = known.Title
	}
	if p.Dialect == "" {
		p.Dialect = known.Dialect
	}
	if p.Redirect.Host == "" {
		p.Redirect.Host = known.Redirect.Host
	}
	if p.ClientAuth.Method == "" {
		p.ClientAuth.Method = known.ClientAuth.Method
	}
	return p
}

// checkParam names the fault of a parameter's value, "" for none.
func checkParam(param, value string) string {
	switch param {
	case "tenant":
		if !isEntraTenant(value) {
			return "it has to be a directory's id, a domain, organizations, common or consumers"
		}
	case "host":
		if !isHost(value) {
			return "it has to be the name of a host, as in login.contoso.example"
		}
	case "realm":
		if value == "." || value == ".." || strings.ContainsFunc(value, func(r rune) bool { return r < 0x20 || r == 0x7f || r == '/' || r == '\\' }) {
			return "it has to be the name of a realm"
		}
	}
	return ""
}

// isHost takes a domain name, or this computer for trying things out, with or
// without a port.
func isHost(s string) bool {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		host, port = s, "443"
	}
	u, err := url.Parse("https://" + s)
	return err == nil && u.Host == s && u.Port() != "0" && port != "" && (domain().MatchString(host) || host == "localhost")
}

// Presets lists the names for [Preset], in order.
func Presets() []string { return slices.Sorted(maps.Keys(presets())) }

// PresetParams lists the parameters a preset needs where no authority is given.
// It is nil for a preset without any, and for an unknown one.
func PresetParams(name string) []string { return slices.Clone(presets()[name].params) }
