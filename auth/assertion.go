package auth

import (
	"crypto/rand"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/portico-desktop/portico/auth/fetch"
)

// An assertion is made for one request. Its beginning lies a little in the past,
// because some providers allow for no difference between the clocks at all.
const (
	assertionLife  = 4 * time.Minute
	assertionSlack = 30 * time.Second
)

// The types of assertions: the one of all JWTs (RFC 7519, section 5.1), and the one
// of draft-ietf-oauth-rfc7523bis.
const (
	plainType  jose.ContentType = "JWT"
	clientType jose.ContentType = "client-authentication+jwt"
)

// addressee is the kind of an assertion's audience.
type addressee int

const (
	toIssuer addressee = iota
	toTokenEndpoint
	toEndpoint // the very endpoint asked
)

// assertionForm is one way to write an assertion. The standards left the choice to the
// providers, and these have chosen differently.
type assertionForm struct {
	// name is how the form is remembered, and never changes.
	name string
	to   addressee
	typ  jose.ContentType
	kid  func(*signingKey) string
	// byCertificate adds the certificate's thumbprints: Entra finds a key by them.
	byCertificate bool
}

// The forms. Most providers take the issuer as the one audience, under the key's JWK
// thumbprint. draft-ietf-oauth-rfc7523bis and the FAPI 2.0 security profile (section
// 5.3.3.1) want this audience; the draft adds the type. OpenIddict insists on the type
// from its version 7 on, and others refuse it.
func plainForm() assertionForm {
	return assertionForm{name: "issuer", to: toIssuer, typ: plainType, kid: (*signingKey).id}
}

func typedForm() assertionForm {
	return assertionForm{name: "issuer, typed", to: toIssuer, typ: clientType, kid: (*signingKey).id}
}

// certifiedForm is for keys registered as a certificate at Keycloak.
func certifiedForm() assertionForm {
	return assertionForm{name: "issuer, key of a certificate", to: toIssuer, typ: plainType, kid: (*signingKey).certifiedID}
}

// tokenEndpointForm has the audience of OpenID Connect Core 1.0, section 9. Ory Hydra and
// others from before the draft insist on it. [assertionForm.audience] keeps it harmless.
func tokenEndpointForm() assertionForm {
	return assertionForm{name: "token endpoint", to: toTokenEndpoint, typ: plainType, kid: (*signingKey).id}
}

// documentedForm is the form of providers with an exact documentation of it: Entra
// ("Microsoft identity platform application authentication certificate credentials"), and
// Okta, with the endpoint asked as the audience. There is nothing to try there.
func (c *Client) documentedForm(m *Metadata) (form assertionForm, ok bool) {
	switch {
	case c.dialect == Entra:
		return assertionForm{to: toTokenEndpoint, typ: plainType, kid: (*signingKey).id, byCertificate: true}, true
	case isOkta(m.Issuer):
		return assertionForm{to: toEndpoint, typ: plainType, kid: (*signingKey).id}, true
	}
	return assertionForm{}, false
}

// formsToTry are all other providers' forms, the likeliest first. A realm in the
// issuer is Keycloak's mark; it only changes the order.
func (m *Metadata) formsToTry() []assertionForm {
	if u, err := url.Parse(m.Issuer); err == nil && strings.Contains(u.Path, "/realms/") {
		return []assertionForm{plainForm(), certifiedForm(), typedForm(), tokenEndpointForm()}
	}
	return []assertionForm{plainForm(), typedForm(), tokenEndpointForm(), certifiedForm()}
}

// audience is the one audience of an assertion for an endpoint; may is false if the form
// must not be used for this endpoint.
//
// An assertion is worth something at its audience, in anybody's hands. The issuer is
// safe: a provider cannot call itself by another's name, because the metadata have to
// name the issuer asked for (see checkMetadataIssuer). Its token endpoint is of its own
// choosing: a hostile provider names an honest one's, refuses everything at an endpoint
// of its own, and would be handed assertions good at the honest one
// (draft-ietf-oauth-rfc7523bis, section 1). So an assertion naming the token endpoint
// goes to this endpoint itself, and to others only if both share the issuer's origin.
func (f assertionForm) audience(m *Metadata, endpoint string) (aud string, may bool) {
	switch f.to {
	case toTokenEndpoint:
		own := sameOrigin(m.TokenEndpoint, m.Issuer) && sameOrigin(m.TokenEndpoint, endpoint)
		return m.TokenEndpoint, endpoint == m.TokenEndpoint || own
	case toEndpoint:
		return endpoint, true
	}
	return m.Issuer, true
}

// sameOrigin reports if two addresses are of one server.
func sameOrigin(one, other string) bool {
	a, errA := url.Parse(one)
	b, errB := url.Parse(other)
	return errA == nil && errB == nil && fetch.SameOrigin(a, b)
}

// assertion makes the JWT of private_key_jwt (OpenID Connect Core 1.0, section
// 9; RFC 7523, section 3) in the credential's form.
func (c *Client) assertion(with credential, m *Metadata, endpoint string) (string, error) {
	aud, _ := with.form.audience(m, endpoint)
	now := c.now().Add(-assertionSlack)
	return with.key.sign(with.form, map[string]any{
		"iss": c.provider.ClientID, "sub": c.provider.ClientID, "aud": aud,
		"jti": rand.Text(), "iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(assertionLife).Unix(),
	})
}

// isOkta recognises Okta's own hosts.
func isOkta(issuer string) bool {
	u, err := url.Parse(issuer)
	if err != nil {
		return false
	}
	return slices.ContainsFunc([]string{".okta.com", ".oktapreview.com", ".okta-emea.com", ".okta-gov.com"}, func(suffix string) bool {
		return strings.HasSuffix(strings.ToLower(u.Hostname()), suffix)
	})
}
