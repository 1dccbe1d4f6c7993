package auth_test

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

// What a dialect asks differently, as the browser's address shows it. Parameters
// that are expected as "" must not be there.
func TestAuthorizationRequestsOfTheDialects(t *testing.T) {
	const cp1 = `{"access_token":{"xms_cc":{"values":["cp1"]}}}`
	tests := map[string]struct {
		dialect  auth.Dialect
		options  auth.BeginOptions
		scopes   []string
		metadata func(map[string]any)
		want     map[string]string
	}{
		"standard": {auth.Standard, auth.BeginOptions{DomainHint: "contoso.example"}, nil, nil, map[string]string{
			"prompt": "consent", "scope": "openid email profile offline_access", "login_hint": "", "domain_hint": "", "hd": "", "client_info": "", "claims": "", "access_type": "", "response_mode": "form_post",
		}},
		"standard, another account": {auth.Standard, auth.BeginOptions{Prompt: "select_account", LoginHint: "ada@contoso.example"}, nil, nil, map[string]string{
			"prompt": "select_account consent", "login_hint": "ada@contoso.example",
		}},
		"standard, no refresh token wanted": {auth.Standard, auth.BeginOptions{Prompt: "login"}, []string{"openid"}, nil, map[string]string{"prompt": "login"}},
		"standard, no refresh token given": {auth.Standard, auth.BeginOptions{}, nil, func(m map[string]any) { m["scopes_supported"] = []string{"openid"} }, map[string]string{
			"prompt": "", "scope": "openid email profile",
		}},
		"standard, a scope that is named and not announced": {auth.Standard, auth.BeginOptions{}, []string{"openid", "offline_access", "api"}, func(m map[string]any) { m["scopes_supported"] = []string{"openid"} }, map[string]string{
			"scope": "openid offline_access api",
		}},
		"standard, no list of scopes": {auth.Standard, auth.BeginOptions{}, nil, func(m map[string]any) { delete(m, "scopes_supported") }, map[string]string{
			"scope": "openid email profile offline_access",
		}},
		"standard, scopes in one text": {auth.Standard, auth.BeginOptions{}, nil, func(m map[string]any) { m["scopes_supported"] = "openid email" }, map[string]string{
			"scope": "openid email profile offline_access",
		}},
		"standard, consent cannot be asked for": {auth.Standard, auth.BeginOptions{}, nil, func(m map[string]any) { m["prompt_values_supported"] = []string{"none", "login"} }, map[string]string{
			"prompt": "", "scope": "openid email profile offline_access",
		}},
		"standard, accounts and no consent": {auth.Standard, auth.BeginOptions{Prompt: "select_account"}, nil, func(m map[string]any) { m["prompt_values_supported"] = []string{"select_account"} }, map[string]string{
			"prompt": "select_account",
		}},
		"standard, a quiet look that is not announced": {auth.Standard, auth.BeginOptions{Prompt: "none"}, nil, func(m map[string]any) { m["prompt_values_supported"] = []string{"login"} }, map[string]string{
			"prompt": "none",
		}},
		"standard, consent asked for": {auth.Standard, auth.BeginOptions{Prompt: "consent"}, nil, nil, map[string]string{"prompt": "consent"}},
		"standard, a quiet look":      {auth.Standard, auth.BeginOptions{Prompt: "none"}, nil, nil, map[string]string{"prompt": "none"}},
		"standard, accounts cannot be chosen": {auth.Standard, auth.BeginOptions{Prompt: "select_account"}, nil, func(m map[string]any) { m["prompt_values_supported"] = []string{"none", "login", "consent"} }, map[string]string{
			"prompt": "login consent",
		}},
		"standard, nothing can be asked": {auth.Standard, auth.BeginOptions{Prompt: "select_account"}, []string{"openid"}, func(m map[string]any) { m["prompt_values_supported"] = []string{"none"} }, map[string]string{"prompt": ""}},
		"standard, a claims challenge":   {auth.Standard, auth.BeginOptions{Claims: `{"id_token":{}}`}, nil, nil, map[string]string{"claims": `{"id_token":{}}`}},
		"no form_post": {auth.Standard, auth.BeginOptions{}, nil, func(m map[string]any) { m["response_modes_supported"] = []string{"query"} }, map[string]string{
			"response_mode": "",
		}},
		"to be pasted": {auth.Standard, auth.BeginOptions{Elsewhere: true}, nil, nil, map[string]string{"response_mode": "query"}},

		"Entra": {auth.Entra, auth.BeginOptions{}, nil, nil, map[string]string{
			"prompt": "", "scope": "openid email profile offline_access", "client_info": "1", "claims": cp1, "response_mode": "form_post",
		}},
		"Entra, an address": {auth.Entra, auth.BeginOptions{LoginHint: "ada@contoso.example", DomainHint: "@Contoso.example"}, nil, nil, map[string]string{
			"login_hint": "ada@contoso.example", "domain_hint": "contoso.example",
		}},
		"Entra, another account": {auth.Entra, auth.BeginOptions{Prompt: "select_account", LoginHint: "ada@contoso.example", DomainHint: "contoso.example"}, nil, nil, map[string]string{
			"prompt": "select_account", "login_hint": "", "domain_hint": "contoso.example",
		}},
		"Entra, hints that contradict": {auth.Entra, auth.BeginOptions{LoginHint: "ada@fabrikam.example", DomainHint: "contoso.example"}, nil, nil, map[string]string{
			"login_hint": "ada@fabrikam.example", "domain_hint": "",
		}},
		"Entra, an opaque hint": {auth.Entra, auth.BeginOptions{LoginHint: "O.CiQ2", DomainHint: "contoso.example"}, nil, nil, map[string]string{
			"login_hint": "O.CiQ2", "domain_hint": "",
		}},
		"Entra, a claims challenge": {auth.Entra, auth.BeginOptions{Claims: `{"access_token":{"nbf":{"essential":true,"value":"1"}},"id_token":{"a":null}}`}, nil, nil, map[string]string{
			"claims": `{"access_token":{"nbf":{"essential":true,"value":"1"},"xms_cc":{"values":["cp1"]}},"id_token":{"a":null}}`,
		}},
		"Entra, a challenge that is none":   {auth.Entra, auth.BeginOptions{Claims: `"x`}, nil, nil, map[string]string{"claims": cp1}},
		"Entra, a challenge that is null":   {auth.Entra, auth.BeginOptions{Claims: `null`}, nil, nil, map[string]string{"claims": cp1}},
		"Entra, a challenge of odd parts":   {auth.Entra, auth.BeginOptions{Claims: `{"access_token":null}`}, nil, nil, map[string]string{"claims": cp1}},
		"Entra, an address without domain":  {auth.Entra, auth.BeginOptions{LoginHint: "@x"}, nil, nil, map[string]string{"login_hint": "@x"}},
		"Entra, a domain alone, with blank": {auth.Entra, auth.BeginOptions{DomainHint: " @contoso.example "}, nil, nil, map[string]string{"domain_hint": "contoso.example"}},

		"Google": {auth.Google, auth.BeginOptions{LoginHint: "ada@contoso.example", DomainHint: "contoso.example"}, nil, nil, map[string]string{
			"prompt": "consent", "scope": "openid email profile", "access_type": "offline", "login_hint": "ada@contoso.example", "hd": "contoso.example", "domain_hint": "", "client_info": "", "claims": "",
		}},
		"Google, another account": {auth.Google, auth.BeginOptions{Prompt: "select_account"}, nil, nil, map[string]string{"prompt": "select_account consent"}},
		"Google, for now only":    {auth.Google, auth.BeginOptions{}, []string{"openid", "email"}, nil, map[string]string{"prompt": "", "scope": "openid email", "access_type": ""}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, authtest.WithFormPost())
			if test.dialect == auth.Entra {
				d = newDesk(t, authtest.WithEntra(authtest.EntraOptions{}))
			}
			d.describe = func(p *auth.Provider) { p.Dialect, p.Scopes = test.dialect, test.scopes }
			if test.metadata != nil {
				d.provider.Fault(authtest.Metadata(test.metadata))
			}
			in, err := d.client().Begin(t.Context(), test.options)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { in.Cancel(); _, _ = in.Wait() })
			u, err := url.Parse(in.URL())
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for name := range test.want {
				got[name] = u.Query().Get(name)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("parameters (-want +got):\n%s", diff)
			}
			for name, values := range u.Query() {
				if len(values) != 1 || values[0] == "" {
					t.Errorf("%s is there %d times: %q", name, len(values), values)
				}
			}
		})
	}
}

func TestRedirectURIOfTheDialects(t *testing.T) {
	const entra, standard = "https://login.microsoftonline.com/organizations/v2.0", "https://id.contoso.example"
	for name, test := range map[string]struct {
		authority string
		redirect  auth.Redirect
		want      string
	}{
		"standard":              {standard, auth.Redirect{}, "http://127.0.0.1/"},
		"standard, all of it":   {standard, auth.Redirect{Host: "localhost", Port: 8400, Path: "/Back"}, "http://localhost:8400/Back"},
		"Entra":                 {entra, auth.Redirect{}, "http://localhost"},
		"Entra, a path":         {entra, auth.Redirect{Path: "/back"}, "http://localhost/back"},
		"Entra, the root":       {entra, auth.Redirect{Path: "/"}, "http://localhost/"},
		"Entra, as in manifest": {entra, auth.Redirect{Host: "127.0.0.1"}, "http://127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := auth.New(auth.Params{Accounts: auth.NewAccounts(nil, t.TempDir()), Provider: auth.Provider{ID: "work", Authority: test.authority, ClientID: "x", Redirect: test.redirect}})
			if err != nil {
				t.Fatal(err)
			}
			if got := c.RedirectURI(); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestDialectsAreRecognised(t *testing.T) {
	for authority, want := range map[string]auth.Dialect{
		"https://login.microsoftonline.com/organizations/v2.0":                                  auth.Entra,
		"https://LOGIN.microsoftonline.us/contoso.example/v2.0":                                 auth.Entra,
		"https://login.partner.microsoftonline.cn/common/v2.0/.well-known/openid-configuration": auth.Entra,
		"https://sts.windows.net/common/":                                                       auth.Entra,
		"https://accounts.google.com":                                                           auth.Google,
		"https://accounts.google.com.evil.example":                                              auth.Standard,
		"https://login.microsoftonline.com.evil.example/organizations/v2.0":                     auth.Standard,
		"https://id.contoso.example":                                                            auth.Standard,
		"%":                                                                                     auth.Standard,
	} {
		if got := (auth.Provider{Authority: authority}).RecognisedDialect(); got != want {
			t.Errorf("%s: %s, want %s", authority, got, want)
		}
		if got := (auth.Provider{Authority: authority, Dialect: auth.Google}).RecognisedDialect(); got != auth.Google {
			t.Errorf("%s, described as Google's: %s", authority, got)
		}
	}
}
