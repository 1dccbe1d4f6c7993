package auth_test

import (
	"net/url"
	"strings"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

// entra adds to a case that its provider speaks Entra's dialect.
func entra(o authtest.EntraOptions, test hostileCase) hostileCase {
	test.options = append(test.options, authtest.WithEntra(o))
	change := test.provider
	test.provider = func(h *hostile, p *auth.Provider) {
		p.Dialect = auth.Entra
		if change != nil {
			change(h, p)
		}
	}
	return test
}

// issuerOf is the issuer of a directory at the scripted provider.
func (h *hostile) issuerOf(tenant string) string {
	u, err := url.Parse(h.provider.URL)
	if err != nil {
		h.t.Fatal(err)
	}
	return "https://" + u.Host + "/" + tenant + "/v2.0"
}

// of is an attack that needs the issuer of a directory.
func of(tenant string, attack func(issuer string) []authtest.Fault) func(*hostile) []authtest.Fault {
	return func(h *hostile) []authtest.Fault { return attack(h.issuerOf(tenant)) }
}

// living moves the scripted person to a directory.
func living(tenant string) []authtest.Option {
	ada := authtest.Ada()
	ada.Tenant, ada.Object = tenant, authtest.EntraObject
	return []authtest.Option{authtest.WithPerson(ada)}
}

func hostileEntra() []hostileCase {
	claim := func(name string, value any) func(*hostile) []authtest.Fault {
		return faults(authtest.Claim(name, value))
	}
	iss := func(issuer string) []authtest.Fault { return []authtest.Fault{authtest.Claim("iss", issuer)} }
	only := func(tenants ...string) func(*hostile, *auth.Provider) {
		return func(_ *hostile, p *auth.Provider) { p.Tenants = tenants }
	}
	moved := func(issuer string) []authtest.Fault {
		return []authtest.Fault{authtest.Claim("iss", issuer), authtest.Claim("tid", authtest.EntraOther)}
	}
	organizations := authtest.EntraOptions{}
	single := authtest.EntraOptions{Authority: authtest.EntraTenant}
	all := []hostileCase{
		{name: "entra: honest"},
		{name: "entra: honest refresh", refresh: true},
		{name: "entra: client_info that cannot be read", attack: faults(answers("client_info", "%%%"))},
		{name: "entra: no tid", attack: claim("tid", nil), want: trust("tid")},
		{name: "entra: tid is no GUID", attack: claim("tid", "contoso.example"), want: trust("tid")},
		{name: "entra: tid is the placeholder", attack: of("{tenantid}", func(issuer string) []authtest.Fault {
			return []authtest.Fault{authtest.Claim("iss", issuer), authtest.Claim("tid", "{tenantid}")}
		}), want: trust("tid")},
		{name: "entra: tid with a line break", attack: claim("tid", authtest.EntraTenant+"\n"), want: trust("tid")},
		{name: "entra: tid leads elsewhere", attack: claim("tid", authtest.EntraTenant+"/../"+authtest.EntraOther), want: trust("tid")},
		{name: "entra: tid twice", attack: faults(authtest.DuplicateClaim("tid", authtest.EntraOther, true)), want: trust("id_token")},
		{name: "entra: tid of another directory than iss", attack: claim("tid", authtest.EntraOther), want: trust("iss")},
		{name: "entra: iss of another directory than tid", attack: of(authtest.EntraOther, iss), want: trust("iss")},
		{name: "entra: iss is the template", attack: of("{tenantid}", iss), want: trust("iss")},
		{name: "entra: iss of another cloud", attack: claim("iss", "https://login.microsoftonline.us/"+authtest.EntraTenant+"/v2.0"), want: trust("iss")},
		{name: "entra: iss of version 1", attack: claim("iss", "https://sts.windows.net/"+authtest.EntraTenant+"/"), want: trust("iss")},
		{name: "entra: iss in capitals", attack: of(strings.ToUpper(authtest.EntraTenant), iss), want: trust("iss")},
		{name: "entra: no oid", attack: claim("oid", nil), want: trust("oid")},
		{name: "entra: oid is an address", attack: claim("oid", "ada@contoso.example"), want: trust("oid")},
		{name: "entra: directory that is not allowed", provider: only(authtest.EntraTenant), options: living(authtest.EntraOther), want: tenantRefused(authtest.EntraOther, false)},
		{name: "entra: personal account", options: living(authtest.EntraPersonal), want: tenantRefused(authtest.EntraPersonal, true)},
		{name: "entra: personal account, in capitals", options: living(strings.ToUpper(authtest.EntraPersonal)), want: tenantRefused(strings.ToUpper(authtest.EntraPersonal), true)},
		{name: "entra: response of another directory than the token", attack: func(h *hostile) []authtest.Fault {
			return []authtest.Fault{authtest.AuthorizationIssuer(h.issuerOf(authtest.EntraOther))}
		}, want: trust("iss")},
		{name: "entra: response of another cloud", attack: faults(authtest.AuthorizationIssuer("https://login.microsoftonline.us/" + authtest.EntraTenant + "/v2.0")), want: trust("iss")},
		{name: "entra: key of another directory", attack: func(h *hostile) []authtest.Fault {
			return []authtest.Fault{authtest.EachKey(func(k map[string]any) { k["issuer"] = h.issuerOf(authtest.EntraOther) })}
		}, want: trust("key_issuer")},
		{name: "entra: key of a number", attack: faults(authtest.EachKey(func(k map[string]any) { k["issuer"] = 1 })), want: trust("key_issuer")},
		{name: "entra: metadata of one directory for all", attack: func(h *hostile) []authtest.Fault {
			return metadata("issuer", h.issuerOf(authtest.EntraTenant))(h)
		}, want: trust("issuer")},
		{name: "entra: metadata of another host", attack: metadata("issuer", "https://login.microsoftonline.com/{tenantid}/v2.0"), want: trust("issuer")},
		{name: "entra: refresh, another directory", refresh: true, attack: of(authtest.EntraOther, moved), want: trust("sub")},
		{name: "entra: refresh, another object", refresh: true, attack: claim("oid", authtest.EntraTenant), want: trust("sub")},
		{name: "entra: refresh, directory no longer allowed", refresh: true, provider: func(h *hostile, p *auth.Provider) {
			if h.account.ID != "" {
				p.Tenants = []string{authtest.EntraOther}
			}
		}, want: tenantRefused(authtest.EntraTenant, false)},
	}
	for i, test := range all {
		all[i] = entra(organizations, test)
	}
	return append(all,
		entra(single, hostileCase{name: "entra: one directory, honest"}),
		entra(single, hostileCase{name: "entra: one directory, token of another", attack: of(authtest.EntraOther, moved), want: trust("iss")}),
		entra(single, hostileCase{name: "entra: one directory, metadata for all", attack: func(h *hostile) []authtest.Fault {
			return metadata("issuer", h.issuerOf("{tenantid}"))(h)
		}, want: trust("issuer")}),
		hostileCase{name: "entra's template at a provider of the standard", attack: func(h *hostile) []authtest.Fault {
			return metadata("issuer", h.issuerOf("{tenantid}"))(h)
		}, want: trust("issuer")},
	)
}

func hostilePushing() []hostileCase {
	pushing := []authtest.Option{authtest.WithPAR(true)}
	says := func(text string) func(*hostile) []authtest.Fault {
		return faults(authtest.Answer(authtest.PushedAuthorization, 201, map[string]string{"Content-Type": "application/json"}, text))
	}
	senseless := unavailable("authorization", 200, "standard")
	return []hostileCase{
		{name: "pushed: honest", options: pushing},
		{name: "pushed: no request_uri", options: pushing, attack: says(`{"expires_in":60}`), want: senseless},
		{name: "pushed: request_uri is a list", options: pushing, attack: says(`{"request_uri":["urn:x"],"expires_in":60}`), want: unavailable("authorization", 201, "standard")},
		{name: "pushed: request_uri with a line break", options: pushing, attack: says(`{"request_uri":"urn:x\r\nLocation: https://evil.example","expires_in":60}`), want: senseless},
		{name: "pushed: request_uri that turns what is read around", options: pushing, attack: says(`{"request_uri":"urn:x\u202ey","expires_in":60}`), want: senseless},
		{name: "pushed: request_uri of 10,000 characters", options: pushing, attack: says(`{"request_uri":"` + strings.Repeat("u", 10_000) + `","expires_in":60}`), want: senseless},
		{name: "pushed: expired before it began", options: pushing, attack: says(`{"request_uri":"urn:x","expires_in":-60}`), want: senseless},
		{name: "pushed: request_uri with further parameters", options: pushing, attack: func(h *hostile) []authtest.Fault {
			noise()(h)
			return says(`{"request_uri":"urn:x&redirect_uri=https://evil.example#","expires_in":60}`)(h)
		}, act: func(h *hostile) (*auth.Tokens, error) {
			in, err := h.client().Begin(h.t.Context(), h.options())
			if err != nil {
				return nil, err
			}
			if u, err := url.Parse(in.URL()); err != nil || len(u.Query()) != 2 || u.Fragment != "" {
				h.t.Errorf("the browser is sent to %s", in.URL())
			}
			return in.Wait()
		}, want: timedOut},
		{name: "pushed: endless answer", options: pushing, attack: faults(authtest.Endless(authtest.PushedAuthorization)), want: unavailable("authorization", 200, "larger than")},
		{name: "pushed: answer that unpacks to 1 GiB", options: pushing, attack: faults(authtest.Bomb(authtest.PushedAuthorization, 1024)), want: unavailable("authorization", 200, "larger than")},
		{name: "pushed: redirect with the request", options: []authtest.Option{authtest.WithPAR(false)}, attack: func(h *hostile) []authtest.Fault {
			return []authtest.Fault{authtest.RedirectTo(authtest.PushedAuthorization, 307, h.evil.Endpoint(authtest.PushedAuthorization))}
		}, want: unavailable("authorization", 307, "")},
		{name: "pushed: refused", options: pushing, attack: faults(authtest.Refusal(authtest.PushedAuthorization, "invalid_request")), want: refusedWith("authorization", "invalid_request")},
		{name: "pushed: refused, not required", options: []authtest.Option{authtest.WithPAR(false)}, attack: faults(pushAnswer(400, "invalid_request", "the request is no good")), want: refusedWith("authorization", "invalid_request")},
		{name: "pushed: scope refused, not required", options: []authtest.Option{authtest.WithPAR(false)}, attack: faults(pushAnswer(403, "invalid_scope", "")), want: refusedWith("authorization", "invalid_scope")},
		{name: "pushed: person refused, not required", options: []authtest.Option{authtest.WithPAR(false)}, attack: faults(pushAnswer(403, "access_denied", "")), want: refusedWith("authorization", "access_denied")},
		{name: "pushed: redirect URI refused, not required", options: []authtest.Option{authtest.WithPAR(false)}, attack: faults(pushAnswer(400, "invalid_redirect_uri", "")), want: refusedWith("authorization", "invalid_redirect_uri")},
		{name: "pushed: required here, refused without a word", options: []authtest.Option{authtest.WithPAR(false)}, provider: requires(auth.ExtensionRequired, ""),
			attack: faults(authtest.Status(authtest.PushedAuthorization, 401)), want: unavailable("authorization", 401, "")},
		{name: "pushed: required here, not announced any more", options: []authtest.Option{authtest.WithPAR(false)}, provider: requires(auth.ExtensionRequired, ""),
			attack: metadata("pushed_authorization_request_endpoint", nil), want: misconfigured("par")},
		{name: "pushed: endpoint on http", options: pushing, attack: metadata("pushed_authorization_request_endpoint", "http://evil.example/par"), want: misconfigured("pushed_authorization_request_endpoint")},
	}
}

// requires describes the provider with what is required of it.
func requires(par, dpop auth.Extension) func(*hostile, *auth.Provider) {
	return func(_ *hostile, p *auth.Provider) { p.PAR, p.DPoP = par, dpop }
}

func hostileProofs() []hostileCase {
	proving := []authtest.Option{authtest.WithDPoP(false)}
	again := func(nonce string) func(*hostile) []authtest.Fault {
		return faults(authtest.Answer(authtest.Token, 400, map[string]string{"Content-Type": "application/json", "DPoP-Nonce": nonce}, `{"error":"use_dpop_nonce"}`))
	}
	askedAtMost := func(most int) func(*hostile, *auth.Tokens, error) {
		return func(h *hostile, _ *auth.Tokens, _ error) {
			if n := len(h.provider.Requests(authtest.Token)); n > most {
				h.t.Errorf("the token endpoint was asked %d times", n)
			}
		}
	}
	bound := func(h *hostile, tokens *auth.Tokens, _ error) {
		if tokens != nil && h.provider.BoundTo(tokens.RefreshToken) == "" {
			h.t.Error("the refresh token is bound to no key")
		}
	}
	refuses := func(code, description string) authtest.Fault {
		return authtest.Answer(authtest.Token, 400, map[string]string{"Content-Type": "application/json"}, `{"error":"`+code+`","error_description":"`+description+`"}`)
	}
	required := requires("", auth.ExtensionRequired)
	return []hostileCase{
		{name: "proof: refused without end", options: proving, attack: faults(refuses("invalid_dpop_proof", "")), want: refusedWith("token", "invalid_dpop_proof"), also: askedAtMost(2)},
		{name: "proof: refused without end, in Keycloak's words", options: proving, attack: faults(refuses("invalid_request", "DPoP HTTP URL mismatch")), want: refusedWith("token", "invalid_request"), also: askedAtMost(2)},
		{name: "proof: refused without end, by another clock", options: proving, attack: faults(refuses("invalid_dpop_proof", ""), authtest.DateSkew(-minute)), want: clockWrong, also: askedAtMost(3)},
		{name: "proof: refused once, and required", options: proving, provider: required, attack: faults(refuses("invalid_dpop_proof", "").Times(1)), want: refusedWith("token", "invalid_dpop_proof"), also: askedAtMost(1)},
		{name: "proof: refused, by another clock, and required", options: proving, provider: required, attack: faults(refuses("invalid_dpop_proof", ""), authtest.DateSkew(-minute)), want: clockWrong, also: askedAtMost(2)},
		{name: "proof: bearer token where proofs are required", options: proving, provider: required, attack: faults(answers("token_type", "Bearer")), want: trust("token_type")},
		{name: "proof: refresh, bearer token where proofs are required", options: proving, provider: required, refresh: true, attack: faults(answers("token_type", "Bearer")), want: trust("token_type")},
		{name: "proof: refresh, refused without end", options: proving, refresh: true, attack: faults(refuses("invalid_dpop_proof", "")), want: refusedWith("token", "invalid_dpop_proof"), also: askedAtMost(2)},
		{name: "proof: refresh, refused where proofs are required", options: proving, provider: required, refresh: true, attack: faults(refuses("invalid_dpop_proof", "")), want: refusedWith("token", "invalid_dpop_proof"), also: askedAtMost(2)},
		{name: "proof: not announced any more, and required", options: proving, provider: required, attack: metadata("dpop_signing_alg_values_supported", nil), want: misconfigured("dpop")},
		{name: "proof: another refusal that does not name it", options: proving, attack: faults(refuses("invalid_request", "the request is no good").Times(1)), want: refusedWith("token", "invalid_request"), also: askedAtMost(1)},
		{name: "proof: another refusal whose code is not of the request", options: proving, attack: faults(refuses("invalid_grant", "DPoP").Times(1)), want: refusedWith("token", "invalid_grant"), also: askedAtMost(1)},
		{name: "proof: bound token to a request without proof", options: proving, attack: faults(refuses("invalid_dpop_proof", "").Times(1), answers("token_type", "DPoP")), want: trust("token_type")},
		{name: "proof: honest", options: proving, also: bound},
		{name: "proof: honest, with a nonce", options: []authtest.Option{authtest.WithDPoP(true)}, also: bound},
		{name: "proof: another nonce without end", options: proving, attack: again("n-1"), want: refusedWith("token", "use_dpop_nonce"), also: askedAtMost(2)},
		{name: "proof: another nonce, which is empty", options: proving, attack: again(""), want: refusedWith("token", "use_dpop_nonce"), also: askedAtMost(1)},
		{name: "proof: nonce of 50,000 characters", options: proving, attack: again(strings.Repeat("n", 50_000)), want: refusedWith("token", "use_dpop_nonce"), also: askedAtMost(2)},
		{name: "proof: nonce from who takes no proofs", attack: again("n-1"), want: refusedWith("token", "use_dpop_nonce"), also: askedAtMost(1)},
		{name: "proof: token of another type", options: proving, attack: faults(answers("token_type", "PoP")), want: trust("token_type")},
		{name: "proof: refresh, another nonce without end", options: proving, refresh: true, attack: again("n-1"), want: refusedWith("token", "use_dpop_nonce"), also: askedAtMost(3)},
	}
}
