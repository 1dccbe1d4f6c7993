package auth_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/auth"
)

func TestCheckNamesTheFieldThatIsWrong(t *testing.T) {
	const entra = "https://login.microsoftonline.com/organizations/v2.0"
	tests := map[string]struct {
		change func(*auth.Provider)
		key    string // "" when all is well
		says   string
	}{
		"as it is":               {change: func(*auth.Provider) {}},
		"no id":                  {func(p *auth.Provider) { p.ID = "" }, "id", ""},
		"no authority":           {func(p *auth.Provider) { p.Authority = "" }, "authority", ""},
		"http":                   {func(p *auth.Provider) { p.Authority = "http://id.contoso.example" }, "authority", ""},
		"a query":                {func(p *auth.Provider) { p.Authority = "https://id.contoso.example?x=1" }, "authority", "query"},
		"no client":              {func(p *auth.Provider) { p.ClientID = "" }, "client_id", ""},
		"an invisible client":    {func(p *auth.Provider) { p.ClientID = "a\x00b" }, "client_id", ""},
		"an odd scope":           {func(p *auth.Provider) { p.Scopes = []string{"a b"} }, "scopes", ""},
		"an odd dialect":         {func(p *auth.Provider) { p.Dialect = "okta" }, "dialect", "standard"},
		"a mail domain":          {change: func(p *auth.Provider) { p.Domains = []string{"contoso.example", "@mail.contoso.example"} }},
		"a domain that is none":  {func(p *auth.Provider) { p.Domains = []string{"contoso"} }, "domains", ""},
		"an address as a domain": {func(p *auth.Provider) { p.Domains = []string{"ada@contoso.example"} }, "domains", ""},
		"accounts":               {change: func(p *auth.Provider) { p.Accounts = []string{"ada@contoso.example"} }},
		"a name as an account":   {func(p *auth.Provider) { p.Accounts = []string{"ada"} }, "accounts", ""},
		"two addresses as one":   {func(p *auth.Provider) { p.Accounts = []string{"a@b.example c@d.example"} }, "accounts", ""},
		"tenants elsewhere":      {func(p *auth.Provider) { p.Tenants = []string{auth.PersonalTenant} }, "tenants", "Entra"},
		"tenants":                {change: func(p *auth.Provider) { p.Authority, p.Tenants = entra, []string{auth.PersonalTenant} }},
		"a domain as a tenant":   {func(p *auth.Provider) { p.Authority, p.Tenants = entra, []string{"contoso.example"} }, "tenants", ""},
		"consent over http":      {func(p *auth.Provider) { p.ConsentRedirect = "http://portal.contoso.example" }, "consent_redirect", ""},
		"consent":                {change: func(p *auth.Provider) { p.ConsentRedirect = "https://portal.contoso.example/thanks" }},
		"another redirect host":  {func(p *auth.Provider) { p.Redirect.Host = "contoso.example" }, "redirect.host", ""},
		"a port too high":        {func(p *auth.Provider) { p.Redirect.Port = 65536 }, "redirect.port", ""},
		"port 80":                {change: func(p *auth.Provider) { p.Redirect.Port = 80 }},
		"a path without a slash": {func(p *auth.Provider) { p.Redirect.Path = "back" }, "redirect.path", ""},
		"a path with a query":    {func(p *auth.Provider) { p.Redirect.Path = "/back?x" }, "redirect.path", ""},

		"Entra's metadata":  {change: func(p *auth.Provider) { p.Authority = entra + "/.well-known/openid-configuration?appid=x" }},
		"Entra's version 1": {func(p *auth.Provider) { p.Authority = "https://login.microsoftonline.com/contoso.example" }, "authority", "https://login.microsoftonline.com/contoso.example/v2.0"},
		"version 1's metadata": {func(p *auth.Provider) {
			p.Authority = "https://login.microsoftonline.com/common/.well-known/openid-configuration"
		}, "authority", "/common/v2.0"},
		"Entra's alias":        {func(p *auth.Provider) { p.Authority = "https://login.windows.net/common/v2.0" }, "authority", "https://login.microsoftonline.com"},
		"the token's issuer":   {func(p *auth.Provider) { p.Authority = "https://sts.windows.net/" + auth.PersonalTenant + "/" }, "authority", "https://login.microsoftonline.com"},
		"Entra without tenant": {func(p *auth.Provider) { p.Authority = "https://login.microsoftonline.com/" }, "authority", "TENANT"},
		"Entra's odd tenant":   {func(p *auth.Provider) { p.Authority = "https://login.microsoftonline.com/contoso/v2.0" }, "authority", "contoso"},
		"Entra with more path": {func(p *auth.Provider) { p.Authority = entra + "/x" }, "authority", "TENANT"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := auth.Provider{ID: "work", Authority: "https://id.contoso.example", ClientID: "the-client"}
			test.change(&p)
			err := p.Check()
			var config *auth.ConfigError
			if test.key == "" && err != nil || test.key != "" && (!errors.As(err, &config) || config.Key != test.key) {
				t.Fatalf("err = %v, want one about %q", err, test.key)
			}
			if test.says != "" && !strings.Contains(err.Error(), test.says) {
				t.Errorf("%v does not say %q", err, test.says)
			}
		})
	}
}

func TestForAddressPrefersTheNarrowerDescription(t *testing.T) {
	providers := []auth.Provider{
		{ID: "anybody"},
		{ID: "contoso", Domains: []string{"@Contoso.example", "mail.contoso.example"}},
		{ID: "contoso-too", Domains: []string{"contoso.example"}},
		{ID: "ada", Accounts: []string{"Ada@contoso.example"}},
	}
	for address, want := range map[string][]string{
		"ada@contoso.example":        {"ada"},
		" ADA@CONTOSO.EXAMPLE ":      {"ada"},
		"grace@contoso.example":      {"contoso", "contoso-too"},
		"grace@mail.contoso.example": {"contoso"},
		"grace@sub.contoso.example":  {"anybody"},
		"grace@fabrikam.example":     {"anybody"},
		"grace":                      nil,
		"@contoso.example":           nil,
		"grace@":                     nil,
		"":                           nil,
	} {
		var got []string
		for _, p := range auth.ForAddress(providers, address) {
			got = append(got, p.ID)
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%q: %v, want %v", address, got, want)
		}
	}
}
