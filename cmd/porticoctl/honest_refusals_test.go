package main

import (
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/auth/authtest"
)

// A renewal that is refused in words of a provider's own asks for a sign-in and throws
// nothing away; one that says that the sign-in is dead ends it.
func TestARenewalIsRefused(t *testing.T) {
	stories := map[string]story{}
	for name, refusal := range map[string]authtest.Fault{
		"LemonLDAP::NG":     says(authtest.Token, 400, `{"error":"invalid_request"}`),
		"glewlwyd":          authtest.Answer(authtest.Token, 400, nil, ""),
		"nothing but 401":   authtest.Answer(authtest.Token, 401, nil, ""),
		"a page":            authtest.Answer(authtest.Token, 400, map[string]string{"Content-Type": "text/html"}, "<h1>Bad Request</h1>"),
		"a code of its own": says(authtest.Token, 400, `{"error":"refresh_token_expired"}`),
		"a sentence":        says(authtest.Token, 401, `{"error":"The token has expired"}`),
		"text/plain":        authtest.Answer(authtest.Token, 400, map[string]string{"Content-Type": "text/plain"}, `{"error":"invalid_request"}`),
	} {
		again := step{before: breaks(atRefresh(refusal)), args: "status --refresh", exit: localapi.ExitSignInNeeded, code: localapi.SignInAgain,
			says: []string{string(localapi.NeedsSignIn), authtest.Ada().Subject}}
		stories[name+", and it comes back"] = story{after: renewed, steps: []step{signsIn, again}}
		stories[name+", and the person signs in"] = story{after: renewed, steps: []step{signsIn, again, signsIn}}
	}
	for name, dead := range map[string]authtest.Fault{
		"dead":                    says(authtest.Token, 400, `{"error":"invalid_grant"}`),
		"dead, under text/plain":  authtest.Answer(authtest.Token, 400, map[string]string{"Content-Type": "text/plain"}, `{"error":"invalid_grant"}`),
		"dead, under text/html":   authtest.Answer(authtest.Token, 400, map[string]string{"Content-Type": "text/html"}, `{"error":"invalid_grant"}`),
		"dead, behind a BOM":      says(authtest.Token, 400, "\ufeff"+`{"error":"invalid_grant"}`),
		"dead, behind blank line": says(authtest.Token, 400, "\r\n\ufeff"+`{"error":"invalid_grant"}`),
	} {
		stories[name] = story{after: ended, steps: []step{
			signsIn, {before: breaks(dead), args: "status --refresh", exit: localapi.ExitSignInNeeded, code: localapi.SignInExpired},
		}}
	}
	for name, passing := range map[string]authtest.Fault{
		"a firewall":            authtest.Answer(authtest.Token, 403, map[string]string{"Content-Type": "text/html"}, "<h1>Blocked</h1>"),
		"a gateway":             says(authtest.Token, 403, `{"status":403,"error":"Forbidden"}`),
		"invalid grant, by 503": says(authtest.Token, 503, `{"error":"invalid_grant"}`),
	} {
		stories[name] = story{after: renewed, steps: []step{
			signsIn, {before: breaks(passing), args: "status --refresh", exit: localapi.ExitUnreachable, code: localapi.ProviderFailing, says: []string{string(localapi.Offline)}},
		}}
	}
	tell(t, stories)
}

// An answer that is refused is used for nothing, but that the rotated refresh token in
// it is kept.
func TestARenewalIsNotTrusted(t *testing.T) {
	refused := func(exit int, code localapi.Code, said string, faults ...authtest.Fault) story {
		return story{after: renewed, steps: []step{
			signsIn, {before: breaks(faults...), args: "status --refresh", exit: exit, code: code, says: []string{said}},
		}}
	}
	only := func(s story) story {
		s.policies = map[policy.Name]any{policy.AllowedDomains: []string{"contoso.example"}}
		return s
	}
	untrusted := func(check string, faults ...authtest.Fault) story {
		return refused(localapi.ExitUntrusted, localapi.Untrusted, check, faults...)
	}
	tell(t, map[string]story{
		"at_hash of another token":     untrusted("at_hash", atRefresh(authtest.WrongAccessTokenHash())),
		"at_hash is a number":          untrusted("id_token", atRefresh(authtest.Claim("at_hash", 7))),
		"another azp":                  untrusted("azp", atRefresh(authtest.WrongAZP())),
		"signed by nobody":             untrusted("signature", atRefresh(authtest.UnknownKey())),
		"no access token":              refused(localapi.ExitConfig, localapi.ProviderConfig, "scopes", authtest.TokenAnswer(func(fields map[string]any) { delete(fields, "access_token") })),
		"several addresses":            only(refused(localapi.ExitRefused, localapi.DomainNotAllowed, "a list of addresses", authtest.Claim("email", []string{"ada@contoso.example", "eve@evil.example"}))),
		"an address of another domain": only(refused(localapi.ExitRefused, localapi.DomainNotAllowed, "evil.example", authtest.Claim("email", "ada@evil.example"))),
		"not verified any more":        only(refused(localapi.ExitRefused, localapi.DomainNotAllowed, "email_verified", authtest.Claim("email_verified", false))),
		"several addresses, and nobody asks": {after: renewed, steps: []step{
			signsIn, renews.but(breaks(authtest.Claim("email", []string{"ada@contoso.example", "eve@evil.example"}))), renews,
		}},
	})
}

// A list of addresses is nobody's verified address, whatever stands in it.
func TestAllowedDomainsAndAListOfAddresses(t *testing.T) {
	stories := map[string]story{
		"a list, and nobody asks": {after: renewed, steps: []step{signsIn.but(breaks(authtest.Claim("email", []string{"ada@contoso.example"})))}},
		"one address":             {after: renewed, policies: map[policy.Name]any{policy.AllowedDomains: []string{"contoso.example"}}, steps: []step{signsIn, renews}},
	}
	const several = "The provider sends a list of addresses, none of which counts as verified: have it send one, as text and with email_verified, or restrict at the provider itself"
	for name, sent := range map[string]struct {
		email any
		hint  string
	}{
		"the first one allowed":  {[]string{"ada@contoso.example", "eve@evil.example"}, several},
		"the second one allowed": {[]string{"eve@evil.example", "ada@contoso.example"}, several},
		"one in a list":          {[]string{"ada@contoso.example"}, several},
		"one beside something":   {[]any{nil, 7, "ada@contoso.example"}, several},
		// Then it goes by preferred_username, which nobody vouches for.
		"none":      {[]string{}, "An address counts when the provider sends email_verified"},
		"an object": {map[string]any{"value": "ada@contoso.example"}, "An address counts when the provider sends email_verified"},
	} {
		stories[name] = story{policies: map[policy.Name]any{policy.AllowedDomains: []string{"contoso.example"}}, steps: []step{
			{before: breaks(authtest.Claim("email", sent.email), authtest.Claim("email_verified", true)), args: "login",
				exit: localapi.ExitRefused, code: localapi.DomainNotAllowed, says: []string{sent.hint}},
			{args: "status", exit: localapi.ExitSignInNeeded, code: localapi.SignInNeeded},
		}}
	}
	tell(t, stories)
}

// What a provider says in words of its own is put to the person who can do something
// about it.
func TestWordsOfProviders(t *testing.T) {
	disabled := says(authtest.Token, 400, `{"error":"access_denied","error_description":"Realm not enabled"}`)
	refused := func(args string) step {
		return step{before: breaks(disabled), args: args, exit: localapi.ExitRefused, code: localapi.Refused, says: []string{"Realm not enabled"}, never: []string{"You said no", "declined"}}
	}
	tell(t, map[string]story{
		"Keycloak's page was open for too long": {after: renewed, steps: []step{
			{before: breaks(authtest.KeycloakLoginExpired().Times(1)), args: "login", says: []string{authtest.Ada().Email}, after: func(o *odd) {
				if n := len(o.idp.Requests(authtest.Authorize)); n != 2 || o.opened != 1 {
					o.t.Errorf("%d authorization requests, and the browser was opened %d times", n, o.opened)
				}
			}},
		}},
		"Keycloak's page was open for too long, twice": {after: renewed, steps: []step{
			{before: breaks(authtest.KeycloakLoginExpired().Times(2)), args: "login", exit: localapi.ExitSignInNeeded, code: localapi.SignInInterrupted, never: []string{"network"}},
			signsIn,
		}},
		"a realm that is turned off":                 {steps: []step{refused("login")}},
		"a realm that is turned off after a sign-in": {after: renewed, steps: []step{signsIn, refused("status --refresh")}},
		"a realm that is turned off, and requests are pushed": {options: []authtest.Option{authtest.WithPAR(true)}, steps: []step{
			{before: breaks(says(authtest.PushedAuthorization, 403, `{"error":"access_denied","error_description":"Realm not enabled"}`)), args: "login",
				exit: localapi.ExitRefused, code: localapi.Refused, says: []string{"Realm not enabled"}, never: []string{"You said no", "declined"}},
		}},
		"the person said no": {steps: []step{
			{before: func(o *odd) { o.idp.Behave(authtest.Denies) }, args: "login", exit: localapi.ExitRefused, code: localapi.Declined},
		}},
		"the person did not agree at LemonLDAP::NG": {after: renewed, steps: []step{
			{before: breaks(authtest.AuthorizationError("consent_required", "consent not given").Times(1)), args: "login",
				exit: localapi.ExitSignInNeeded, code: localapi.ConsentByPerson, never: []string{"administrator"}},
			signsIn,
		}},
	})
}

// Whoever has set a wrong client secret is told which command sets another one,
// whatever the provider calls its refusal.
func TestAWrongClientSecretNamesTheCommand(t *testing.T) {
	stories := map[string]story{}
	for name, refusal := range map[string]struct {
		status int
		body   string
	}{
		"as the standard has it":    {},
		"Keycloak":                  {401, `{"error":"unauthorized_client","error_description":"Invalid client or Invalid client credentials"}`},
		"invalid_request, with 401": {401, `{"error":"invalid_request","error_description":"Authentication failed."}`},
		"nothing but 401":           {401, ""},
	} {
		for _, method := range []string{"client_secret_basic", "client_secret_post"} {
			described := map[string]any{"client_auth": map[string]any{"method": method}}
			options := []authtest.Option{authtest.WithClientAuth(method)}
			own := func(o *odd) {
				o.idp.SetSecret("right")
				if refusal.status != 0 {
					o.idp.RefuseClients(refusal.status, refusal.body)
				}
			}
			wrong := func(args string) step {
				return step{args: args, exit: localapi.ExitConfig, code: localapi.ClientRejected, says: []string{"porticoctl providers secret work"}, never: []string{"right\n"}}
			}
			set := func(secret string) step { return step{args: "providers secret work", input: secret + "\n"} }
			stories[name+", "+method] = story{options: options, describe: described, after: renewed, steps: []step{
				set("wrong").but(own), wrong("login"), set("right"), signsIn,
			}}
			stories[name+", "+method+", changed after a sign-in"] = story{options: options, describe: described, after: renewed, steps: []step{
				set("right").but(own), signsIn, wrong("status --refresh").but(func(o *odd) { o.idp.SetSecret("another") }), set("another"),
			}}
		}
	}
	tell(t, stories)
}
