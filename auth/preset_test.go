package auth_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/auth"
)

type params = map[string]string

func TestPresetsFillInWhatIsKnown(t *testing.T) {
	const tenant = "11111111-aaaa-4000-8000-000000000001"
	tests := map[string]struct {
		preset string
		params params
		given  auth.Provider
		want   auth.Provider
	}{
		"Entra": {"microsoft-entra", params{"tenant": "organizations"}, auth.Provider{},
			auth.Provider{Title: "Microsoft 365", Authority: "https://login.microsoftonline.com/organizations/v2.0", Dialect: auth.Entra, Redirect: auth.Redirect{Host: "localhost"}}},
		"US government": {"microsoft-entra-us-government", params{"tenant": tenant}, auth.Provider{},
			auth.Provider{Title: "Microsoft 365", Authority: "https://login.microsoftonline.us/" + tenant + "/v2.0", Dialect: auth.Entra, Redirect: auth.Redirect{Host: "localhost"}}},
		"China": {"microsoft-entra-china", params{"tenant": "contoso.example"}, auth.Provider{},
			auth.Provider{Title: "Microsoft 365", Authority: "https://login.partner.microsoftonline.cn/contoso.example/v2.0", Dialect: auth.Entra, Redirect: auth.Redirect{Host: "localhost"}}},
		"Google": {"google", nil, auth.Provider{},
			auth.Provider{Title: "Google", Authority: "https://accounts.google.com", Dialect: auth.Google, ClientAuth: auth.ClientAuth{Method: auth.AuthSecretPost}}},
		"Okta": {"okta", params{"host": "contoso.okta.example"}, auth.Provider{},
			auth.Provider{Title: "Okta", Authority: "https://contoso.okta.example", Dialect: auth.Standard}},
		"Auth0": {"auth0", params{"host": "contoso.auth0.example"}, auth.Provider{},
			auth.Provider{Title: "Auth0", Authority: "https://contoso.auth0.example/", Dialect: auth.Standard}},
		"Keycloak": {"keycloak", params{"host": "id.contoso.example:8443", "realm": "Staff & Co"}, auth.Provider{},
			auth.Provider{Title: "Keycloak", Authority: "https://id.contoso.example:8443/realms/Staff%20&%20Co", Dialect: auth.Standard}},
		"what is set already": {"microsoft-entra", params{"tenant": "common"},
			auth.Provider{Title: "Contoso", Dialect: auth.Standard, Redirect: auth.Redirect{Host: "127.0.0.1", Port: 8400}, Scopes: []string{"openid"}, ClientAuth: auth.ClientAuth{Method: auth.AuthPrivateKey}},
			auth.Provider{Title: "Contoso", Authority: "https://login.microsoftonline.com/common/v2.0", Dialect: auth.Standard, Redirect: auth.Redirect{Host: "127.0.0.1", Port: 8400},
				Scopes: []string{"openid"}, ClientAuth: auth.ClientAuth{Method: auth.AuthPrivateKey}}},
		"an authority that is set": {"okta", nil, auth.Provider{Authority: "https://login.contoso.example/oauth2/default"},
			auth.Provider{Title: "Okta", Authority: "https://login.contoso.example/oauth2/default", Dialect: auth.Standard}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.given.ID, test.given.ClientID = "work", "the-client"
			test.want.ID, test.want.ClientID = "work", "the-client"
			got, err := auth.Preset(test.given, test.preset, test.params)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if err := got.Check(); err != nil {
				t.Errorf("what the preset made is refused: %v", err)
			}
		})
	}
}

func TestPresetsRefuse(t *testing.T) {
	tests := map[string]struct {
		preset string
		params params
		key    string
	}{
		"an unknown preset":       {"adfs", nil, "preset"},
		"a missing directory":     {"microsoft-entra", nil, "tenant"},
		"an odd directory":        {"microsoft-entra", params{"tenant": "contoso"}, "tenant"},
		"a directory with a path": {"microsoft-entra", params{"tenant": "contoso.example/../evil"}, "tenant"},
		"a missing host":          {"okta", nil, "host"},
		"an address for a host":   {"okta", params{"host": "https://contoso.okta.example"}, "host"},
		"a host with a path":      {"auth0", params{"host": "contoso.example/x"}, "host"},
		"a host with a name":      {"auth0", params{"host": "me@contoso.example"}, "host"},
		"a host with a blank":     {"auth0", params{"host": "contoso .example"}, "host"},
		"a host with a bad port":  {"auth0", params{"host": "contoso.example:x"}, "host"},
		"a host with no port":     {"auth0", params{"host": "contoso.example:"}, "host"},
		"a missing realm":         {"keycloak", params{"host": "id.contoso.example"}, "realm"},
		"a realm with a path":     {"keycloak", params{"host": "id.contoso.example", "realm": "a/b"}, "realm"},
		"a realm that goes up":    {"keycloak", params{"host": "id.contoso.example", "realm": ".."}, "realm"},
		"a parameter too many":    {"google", params{"tenant": "x"}, "tenant"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := auth.Preset(auth.Provider{ID: "work"}, test.preset, test.params)
			var config *auth.ConfigError
			if !errors.As(err, &config) || config.Key != test.key {
				t.Errorf("err = %v, want one about %s", err, test.key)
			}
		})
	}
}

func TestEveryPresetIsListed(t *testing.T) {
	want := []string{"auth0", "google", "keycloak", "microsoft-entra", "microsoft-entra-china", "microsoft-entra-us-government", "okta"}
	if diff := cmp.Diff(want, auth.Presets()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
