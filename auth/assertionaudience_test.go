package auth

import "testing"

func TestAssertionForTheTokenEndpointGoesToItOrStaysAtHome(t *testing.T) {
	t.Parallel()
	const issuer, token = "https://id.example/realm", "https://id.example/oauth2/token"
	const elsewhere = "https://tokens.example/oauth2/token"
	for name, test := range map[string]struct {
		issuer, token, asked string
		may                  bool
	}{
		"the token endpoint":                         {issuer, token, token, true},
		"another endpoint at home":                   {issuer, token, "https://id.example/oauth2/revoke", true},
		"at home, in other letters":                  {issuer, "https://ID.example:443/oauth2/token", "HTTPS://id.example/par", true},
		"the token endpoint, elsewhere":              {issuer, elsewhere, elsewhere, true},
		"an endpoint at home, the token's elsewhere": {issuer, elsewhere, "https://id.example/par", false},
		"both elsewhere":                             {issuer, elsewhere, "https://tokens.example/par", false},
		"an endpoint elsewhere, the token's at home": {issuer, token, "https://tokens.example/par", false},
		"another port":                               {issuer, token, "https://id.example:8443/par", false},
		"another scheme":                             {"http://localhost", "http://localhost/token", "https://localhost:80/par", false},
		"a name that begins alike":                   {issuer, token, "https://id.example.evil.example/par", false},
		"no address":                                 {issuer, "::", "::x", false},
	} {
		m := &Metadata{Issuer: test.issuer, TokenEndpoint: test.token}
		if aud, may := tokenEndpointForm().audience(m, test.asked); may != test.may || aud != test.token {
			t.Errorf("%s: %q, %v", name, aud, may)
		}
		for _, form := range []assertionForm{plainForm(), typedForm(), certifiedForm()} {
			if aud, may := form.audience(m, test.asked); !may || aud != test.issuer {
				t.Errorf("%s, %s: %q, %v", name, form.name, aud, may)
			}
		}
	}
}

// What a file on disk calls a form, and what has to be tried, must not change unnoticed.
func TestFormsAreFewAndHaveNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	for _, issuer := range []string{"https://id.example", "https://id.example/realms/staff"} {
		forms := (&Metadata{Issuer: issuer}).formsToTry()
		names := map[string]bool{}
		for _, form := range forms {
			names[form.name] = true
		}
		for _, name := range []string{"issuer", "issuer, typed", "issuer, key of a certificate", "token endpoint"} {
			if !names[name] {
				t.Errorf("%s: no form %q", issuer, name)
			}
		}
		if len(forms) != 4 || len(names) != 4 || forms[0].name != "issuer" {
			t.Errorf("%s: %v", issuer, names)
		}
	}
}
