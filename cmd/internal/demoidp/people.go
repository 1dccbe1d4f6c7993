package demoidp

import (
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"golang.org/x/text/language"
)

// Person is somebody who can sign in.
type Person struct {
	// Subject identifies the person for ever (OpenID Connect Core, section 2).
	Subject string
	Given   string
	Family  string
	Email   string
	Role    string
}

// Name is the display name.
func (p Person) Name() string { return p.Given + " " + p.Family }

// Initials are for the picture that the person does not have.
func (p Person) Initials() string { return p.Given[:1] + p.Family[:1] }

// People are the people who can sign in.
func People() []Person {
	return []Person{
		{Subject: "demo-ada", Given: "Ada", Family: "Lovelace", Email: "ada@contoso.example", Role: "Analytical engines"},
		{Subject: "demo-grace", Given: "Grace", Family: "Hopper", Email: "grace@contoso.example", Role: "Compilers"},
	}
}

func person(subject string) (Person, bool) {
	for _, p := range People() {
		if p.Subject == subject {
			return p, true
		}
	}
	return Person{}, false
}

// describe fills in what these scopes let a client know.
func (p Person) describe(info *oidc.UserInfo, scopes []string) {
	for _, scope := range scopes {
		switch scope {
		case oidc.ScopeOpenID:
			info.Subject = p.Subject
		case oidc.ScopeProfile:
			info.Name = p.Name()
			info.GivenName = p.Given
			info.FamilyName = p.Family
			info.PreferredUsername = p.Email
			info.Locale = oidc.NewLocale(language.English)
		case oidc.ScopeEmail:
			info.Email = p.Email
			info.EmailVerified = true
		}
	}
}
