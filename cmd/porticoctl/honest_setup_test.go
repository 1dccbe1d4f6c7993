package main

import (
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/auth/authtest"
)

// unopened checks that the browser was not opened for a sign-in that could not work.
func unopened(o *odd) {
	o.t.Helper()
	if o.opened > 0 {
		o.t.Errorf("the browser was opened %d times", o.opened)
	}
}

// misdescribed is a sign-in that does not begin, because of what the portal says.
func misdescribed(before func(*odd), parts ...string) step {
	return step{before: before, args: "login", exit: localapi.ExitConfig, code: localapi.ProviderConfig, says: parts, after: unopened}
}

// An authority that is nearly right is answered with the one to write, and that works.
func TestTheAuthorityToWriteIsNamed(t *testing.T) {
	written := func(o *odd, authority string) {
		provider := maps.Clone(*o.site.provider.Load())
		provider["authority"] = authority
		o.site.publish(provider)
	}
	// calls lets the provider call itself otherwise, wherever it does.
	calls := func(o *odd, issuer string) {
		o.idp.Fault(announces("issuer", issuer), authtest.Claim("iss", issuer), authtest.AuthorizationIssuer(issuer))
	}
	stories := map[string]story{}
	for _, path := range []string{"", "/realms/staff"} {
		options := []authtest.Option{authtest.WithPath(path)}
		var named step
		stories["the provider has a slash at the end of "+path] = story{options: options, steps: []step{
			misdescribed(func(o *odd) { calls(o, o.idp.URL+"/") }, "authority", "write it exactly so"),
			{args: "doctor", exit: localapi.ExitConfig, code: localapi.ProviderConfig},
			signsIn.but(func(o *odd) { written(o, o.idp.URL+"/") }),
			renews,
			leaves,
			{args: "forget --yes"},
		}}
		named = misdescribed(func(o *odd) { written(o, o.idp.URL+"/") }, "authority", "write it exactly so")
		named.after = func(o *odd) {
			unopened(o)
			written(o, o.idp.URL)
			o.takes(signsIn)
		}
		stories["the portal has a slash at the end of "+path] = story{options: options, after: renewed, steps: []step{named}}
	}
	for name, issuer := range map[string]func(string) string{
		"another host":  func(string) string { return "https://login.example" },
		"another realm": func(u string) string { return u + "/realms/other" },
	} {
		stories[name] = story{steps: []step{
			{before: func(o *odd) { calls(o, issuer(o.idp.URL)) }, args: "login", exit: localapi.ExitUntrusted, code: localapi.Untrusted, says: []string{"issuer"}, after: unopened},
		}}
	}
	tell(t, stories)
}

// What only IT can change is said before the browser opens, or names what is missing.
func TestTheSettingThatIsMissingIsNamed(t *testing.T) {
	nobodyChecks := func(args string) step {
		return step{args: args, exit: localapi.ExitConfig, code: localapi.ProviderSetting, says: []string{"Choose RS256 or ES256", authtest.ClientID}, after: unopened}
	}
	noAccess := authtest.TokenAnswer(func(fields map[string]any) { delete(fields, "access_token") })
	tell(t, map[string]story{
		"HS256 only": {steps: []step{
			nobodyChecks("login").but(breaks(announces("id_token_signing_alg_values_supported", []string{"HS256"}))), nobodyChecks("doctor"),
		}},
		"HS256 and HS512": {steps: []step{
			nobodyChecks("login").but(breaks(announces("id_token_signing_alg_values_supported", []string{"HS512", "HS256"}))),
		}},
		"no access token, as at Azure AD B2C": {steps: []step{
			{before: breaks(noAccess), args: "login", exit: localapi.ExitConfig, code: localapi.ProviderConfig,
				says: []string{"scopes", "add a scope of one of yours", `"` + authtest.ClientID + `"]`}},
		}},
		"an access token that is empty": {steps: []step{
			{before: breaks(authtest.TokenAnswer(func(fields map[string]any) { fields["access_token"] = "" })), args: "login",
				exit: localapi.ExitConfig, code: localapi.ProviderConfig, says: []string{"scopes"}},
		}},
	})
}

// Pushed requests that fail keep nobody out, unless they are required or refused for
// what is in them.
func TestPushedRequestsThatFail(t *testing.T) {
	page := map[string]string{"Content-Type": "text/html"}
	stories := map[string]story{}
	for name, test := range map[string]struct {
		fault authtest.Fault
		// required is what is said where pushing is required.
		required localapi.Code
	}{
		"Spring, nothing but 401":    {authtest.Answer(authtest.PushedAuthorization, 401, nil, ""), localapi.ProviderFailing},
		"Keycloak, 401":              {says(authtest.PushedAuthorization, 401, `{"error":"invalid_request","error_description":"Authentication failed."}`), localapi.ClientRejected},
		"a firewall's page":          {authtest.Answer(authtest.PushedAuthorization, 403, page, "<h1>Blocked</h1>"), localapi.ProviderFailing},
		"not there":                  {authtest.Status(authtest.PushedAuthorization, 404), localapi.ProviderFailing},
		"nothing but 400":            {authtest.Answer(authtest.PushedAuthorization, 400, nil, ""), localapi.ProviderFailing},
		"invalid_client, and public": {authtest.Refusal(authtest.PushedAuthorization, "invalid_client"), localapi.ClientRejected},
	} {
		refused := step{before: breaks(test.fault), args: "login", exit: problem(test.required).Exit(), code: test.required, after: unopened}
		stories[name] = story{options: []authtest.Option{authtest.WithPAR(false)}, after: renewed, steps: []step{signsIn.but(breaks(test.fault))}}
		stories[name+", required by the provider"] = story{options: []authtest.Option{authtest.WithPAR(true)}, steps: []step{refused}}
		stories[name+", required by the portal"] = story{options: []authtest.Option{authtest.WithPAR(false)}, describe: map[string]any{"par": "required"}, steps: []step{refused}}
		stories[name+", required by IT"] = story{
			options: []authtest.Option{authtest.WithPAR(false)}, policies: map[policy.Name]any{policy.PAR: "required"}, steps: []step{refused},
		}
	}
	for name, test := range map[string]struct {
		fault authtest.Fault
		code  localapi.Code
	}{
		"the scope":               {says(authtest.PushedAuthorization, 400, `{"error":"invalid_scope"}`), localapi.ScopeRefused},
		"the scope, with 401":     {says(authtest.PushedAuthorization, 401, `{"error":"invalid_scope"}`), localapi.ScopeRefused},
		"the scope, at Keycloak":  {says(authtest.PushedAuthorization, 400, `{"error":"invalid_request","error_description":"Invalid scopes: openid mail"}`), localapi.ScopeRefused},
		"the redirect":            {says(authtest.PushedAuthorization, 400, `{"error":"invalid_redirect_uri"}`), localapi.RedirectNotRegistered},
		"the redirect, in words":  {says(authtest.PushedAuthorization, 400, `{"error":"invalid_request","error_description":"Invalid parameter: redirect_uri"}`), localapi.RedirectNotRegistered},
		"the request":             {says(authtest.PushedAuthorization, 400, `{"error":"invalid_request"}`), localapi.RequestRejected},
		"a redirect to elsewhere": {authtest.RedirectTo(authtest.PushedAuthorization, 302, "https://login.example/par"), localapi.NetworkSignIn},
		"too many":                {authtest.RetryAfter(authtest.PushedAuthorization, 429, time.Second), localapi.ProviderBusy},
	} {
		stories["refused for "+name] = story{options: []authtest.Option{authtest.WithPAR(false)}, steps: []step{
			{before: breaks(test.fault), args: "login", exit: problem(test.code).Exit(), code: test.code, after: unopened},
		}}
	}
	tell(t, stories)
}

// Codes for another device carry PKCE where the provider knows it, and are polled for
// however the provider writes the pace.
func TestCodesOfOddProviders(t *testing.T) {
	const login = "login --device --no-browser"
	quick := authtest.WithDevice(time.Second, 0)
	pkce := func(want bool) func(*odd) {
		return func(o *odd) {
			for _, r := range o.idp.Requests(authtest.DeviceAuthorization) {
				if (r.Get("code_challenge") != "") != want || (r.Get("code_challenge_method") == "S256") != want {
					o.t.Errorf("asked %v", r.Form)
				}
			}
		}
	}
	answers := func(name string, value any) authtest.Fault {
		return authtest.DeviceAnswer(func(m map[string]any) { m[name] = value })
	}
	in := func(before func(*odd), after func(*odd)) []step {
		return []step{{before: before, args: login, says: []string{authtest.Ada().Email}, after: after}, renews}
	}
	hostile := func(faults ...authtest.Fault) []step {
		return []step{{before: breaks(faults...), args: login, exit: localapi.ExitUnreachable, code: localapi.ProviderFailing, never: []string{"\u202e", "\u009b", "\u2066", "javascript:"}}}
	}
	tell(t, map[string]story{
		"PKCE is demanded":             {options: []authtest.Option{quick, authtest.WithDevicePKCE()}, after: renewed, steps: in(nil, pkce(true))},
		"PKCE is not announced":        {options: []authtest.Option{quick}, after: renewed, steps: in(breaks(announces("code_challenge_methods_supported", nil)), pkce(false))},
		"the pace is text":             {options: []authtest.Option{quick}, after: renewed, steps: in(breaks(answers("interval", "1")), nil)},
		"the pace has a fraction":      {options: []authtest.Option{quick}, after: renewed, steps: in(breaks(answers("interval", 1.0)), nil)},
		"it lasts as long as text":     {options: []authtest.Option{quick}, after: renewed, steps: in(breaks(answers("expires_in", "600")), nil)},
		"the host hides something":     {options: []authtest.Option{quick}, steps: hostile(answers("verification_uri", "https://log\u202ein.example/"))},
		"the host holds a control":     {options: []authtest.Option{quick}, steps: hostile(answers("verification_uri", "https://log\u009bin.example/"))},
		"the host changes directions":  {options: []authtest.Option{quick}, steps: hostile(answers("verification_uri", "https://log\u2066in.example/"))},
		"the page is a script":         {options: []authtest.Option{quick}, steps: hostile(answers("verification_uri", "javascript:alert(1)"))},
		"the complete page is hostile": {options: []authtest.Option{quick}, after: renewed, steps: []step{{before: breaks(answers("verification_uri_complete", "https://\u202elogin.example/")), args: login, never: []string{"\u202e"}}}},
	})
}

// What only informs, or is optional, never decides.
func TestOddAnswersLetPeopleIn(t *testing.T) {
	stories := map[string]story{}
	for name, fault := range map[string]authtest.Fault{
		"tokens under text/plain, behind a BOM": authtest.Reworded(authtest.Token, plainly),
		"metadata behind a BOM":                 authtest.Reworded(authtest.Discovery, plainly),
		"a list that is text":                   announces("scopes_supported", "openid email"),
		"prompts without consent":               announces("prompt_values_supported", []string{"none", "login"}),
		"a name that is a list":                 authtest.Claim("name", []string{"Ada", "Example"}),
		"userinfo without sub":                  authtest.UserInfoClaims(func(claims map[string]any) { delete(claims, "sub") }),
		"a key with an odd certificate":         authtest.EachKey(func(key map[string]any) { key["x5c"], key["x5t"] = []string{"AAAA"}, "AAAA" }),
		"keys without an id":                    authtest.EachKey(func(key map[string]any) { delete(key, "kid") }),
		"expires_in is text":                    authtest.TokenAnswer(func(fields map[string]any) { fields["expires_in"] = "3600.0" }),
		"expires_in is nothing":                 authtest.TokenAnswer(func(fields map[string]any) { fields["expires_in"] = "" }),
	} {
		stories[name] = story{after: renewed, steps: []step{signsIn.but(breaks(fault)), renews, leaves, signsIn}}
	}
	tell(t, stories)
}

// plainly sends an answer as text, behind a byte order mark.
func plainly(header http.Header, body string) string {
	header.Set("Content-Type", "text/plain")
	return "\ufeff" + body
}
