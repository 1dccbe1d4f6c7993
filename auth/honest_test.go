package auth_test

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

// Providers that mean no harm and have their own ways: people get in and stay in.
func TestHonestButOddProviders(t *testing.T) {
	for _, test := range slices.Concat(oddAnswers(), oddMetadata(), oddClaims(), changedProviders(), oddRefusals()) {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if test.refresh {
				also := test.also
				test.also = func(h *hostile, tokens *auth.Tokens, err error) {
					if also != nil {
						also(h, tokens, err)
					}
					h.provider.Heal()
					if _, err := refreshes(h); err != nil {
						t.Errorf("the next renewal, when all is well: %v", err)
					}
				}
			}
			test.run(t)
		})
	}
}

// reworded changes an endpoint's answers on their way.
func reworded(e authtest.Endpoint, change func(http.Header, string) string) func(*hostile) []authtest.Fault {
	return faults(authtest.Reworded(e, change))
}

func oddAnswers() []hostileCase {
	as := func(kind string) func(http.Header, string) string {
		return func(h http.Header, body string) string { h.Set("Content-Type", kind); return body }
	}
	bom := func(_ http.Header, body string) string { return "\ufeff" + body }
	quick := []authtest.Option{authtest.WithDevice(time.Second, 0)}
	says := func(name string, value any) func(*hostile) []authtest.Fault {
		return faults(authtest.DeviceAnswer(func(m map[string]any) {
			if m[name] = value; value == nil {
				delete(m, name)
			}
		}))
	}
	lasts := func(value string) func(*hostile) []authtest.Fault {
		return reworded(authtest.PushedAuthorization, func(_ http.Header, body string) string {
			return regexp.MustCompile(`"expires_in":[0-9]+`).ReplaceAllString(body, `"expires_in":`+value)
		})
	}
	cases := []hostileCase{
		{name: "tokens under text/plain", attack: reworded(authtest.Token, as("text/plain"))},
		{name: "tokens under text/html", attack: reworded(authtest.Token, as("text/html; charset=utf-8"))},
		{name: "tokens under no type", attack: reworded(authtest.Token, as(""))},
		{name: "tokens under a form's type", attack: reworded(authtest.Token, as("application/x-www-form-urlencoded"))},
		{name: "tokens behind a byte order mark", attack: reworded(authtest.Token, bom)},
		{name: "tokens behind two byte order marks and a blank line", attack: reworded(authtest.Token, func(_ http.Header, body string) string { return "\ufeff\r\n\ufeff" + body })},
		{name: "tokens before a comment", refresh: true, attack: reworded(authtest.Token, func(_ http.Header, body string) string { return body + "<!-- served by lb2 -->" })},
		{name: "tokens with an error that is none", attack: faults(answers("error", false), answers("error_description", map[string]any{}))},
		{name: "tokens beside members in other letters", attack: faults(answers("TOKEN_TYPE", 7), answers("Expires_In", "x"), answers("Access_Token", "another"))},
		{name: "token type with a blank", attack: faults(answers("token_type", " Bearer "))},
		{name: "complete address of the device's page is a list", act: codes, options: quick, attack: says("verification_uri_complete", []string{"x"})},
		{name: "user code is a number", act: codes, options: quick, attack: says("user_code", 12345678)},
		{name: "metadata behind a blank line and a byte order mark", attack: reworded(authtest.Discovery, func(_ http.Header, body string) string { return "\n\ufeff" + body })},
		{name: "metadata with a list that is there twice", attack: reworded(authtest.Discovery, func(_ http.Header, body string) string {
			return strings.Replace(body, "{", `{"scopes_supported":["x"],`, 1)
		})},
		{name: "metadata with an address in another encoding", attack: reworded(authtest.Discovery, func(_ http.Header, body string) string {
			return strings.Replace(body, "{", "{\"service_documentation\":\"https://x/\xfc\",", 1)
		})},
		{name: "tokens behind blank lines", attack: reworded(authtest.Token, func(_ http.Header, body string) string { return "\r\n\r\n" + body })},
		{name: "tokens under text/plain at a renewal", refresh: true, attack: reworded(authtest.Token, as("text/plain"))},
		{name: "metadata behind a byte order mark", attack: reworded(authtest.Discovery, bom)},
		{name: "metadata under text/plain", attack: reworded(authtest.Discovery, as("text/plain"))},
		{name: "device code under text/plain, behind a byte order mark", act: codes, options: quick, attack: reworded(authtest.DeviceAuthorization, func(h http.Header, body string) string {
			h.Set("Content-Type", "text/plain")
			return "\ufeff" + body
		})},
		{name: "pushed request under text/html", options: []authtest.Option{authtest.WithPAR(true)}, attack: reworded(authtest.PushedAuthorization, as("text/html"))},
		{name: "pushed request that lasts a minute, as text", options: []authtest.Option{authtest.WithPAR(true)}, attack: lasts(`"60"`)},
		{name: "pushed request that lasts a minute, with a fraction", options: []authtest.Option{authtest.WithPAR(true)}, attack: lasts(`60.0`)},
		{name: "pushed request that lasts for nobody knows how long", options: []authtest.Option{authtest.WithPAR(true)}, attack: lasts(`""`)},
		{name: "device codes with PKCE", act: codes, options: append(quick, authtest.WithDevicePKCE())},
		{name: "device codes where PKCE is not announced", act: codes, options: quick, attack: metadata("code_challenge_methods_supported", nil), also: func(h *hostile, _ *auth.Tokens, _ error) {
			for _, r := range h.provider.Requests(authtest.DeviceAuthorization, authtest.Token) {
				if r.Get("code_challenge") != "" || r.Get("code_verifier") != "" {
					h.t.Errorf("asked %v", r.Form)
				}
			}
		}},
		{name: "poll every second, as text", act: codes, options: quick, attack: says("interval", "1")},
		{name: "poll every second, with a fraction", act: codes, options: quick, attack: says("interval", 1.0)},
		{name: "device code that lasts an hour, as text", act: codes, options: quick, attack: says("expires_in", "3600")},
		{name: "device code that lasts for longer than a clock can tell", act: codes, options: quick, attack: says("expires_in", "9223372036854775808")},
		{name: "device code that lasts for a thousand years", act: codes, options: quick, attack: says("expires_in", 31536000000)},
		{name: "device code that lasts for nobody knows how long", act: codes, options: quick, attack: says("expires_in", nil)},
	}
	for text, lasts := range map[string]time.Duration{
		"3600.0": time.Hour, `"3600"`: time.Hour, "3.6e3": time.Hour, `" 3600 "`: time.Hour, "3600.9": time.Hour,
		`""`: 0, "null": 0, "{}": 0, `"soon"`: 0, "[3600]": 0, "true": 0,
	} {
		cases = append(cases, hostileCase{name: "expires_in " + text, attack: reworded(authtest.Token, func(_ http.Header, body string) string {
			return strings.Replace(body, `"expires_in":3600`, `"expires_in":`+text, 1)
		}), also: func(h *hostile, tokens *auth.Tokens, _ error) {
			switch {
			case tokens == nil:
			case lasts == 0 && !tokens.Expiry.IsZero():
				h.t.Errorf("expiry = %v, and the provider has said nothing", tokens.Expiry)
			case lasts != 0 && time.Until(tokens.Expiry).Round(time.Minute) != lasts:
				h.t.Errorf("it lasts %v, want %v", time.Until(tokens.Expiry), lasts)
			}
		}})
	}
	return cases
}

func oddMetadata() []hostileCase {
	var cases []hostileCase
	for _, name := range []string{
		"scopes_supported", "response_modes_supported", "prompt_values_supported", "token_endpoint_auth_methods_supported", "response_types_supported",
		"code_challenge_methods_supported", "claims_supported", "id_token_signing_alg_values_supported", "dpop_signing_alg_values_supported",
	} {
		for _, value := range []any{"openid code query S256", 7, map[string]any{"a": 1}, []any{1, nil}, nil, []string{}} {
			cases = append(cases, hostileCase{name: "metadata: " + name + " is odd", attack: metadata(name, value)})
		}
	}
	for _, name := range []string{"userinfo_endpoint", "revocation_endpoint", "end_session_endpoint", "device_authorization_endpoint", "require_pushed_authorization_requests"} {
		cases = append(cases, hostileCase{name: "metadata: " + name + " is odd", attack: metadata(name, []int{1})})
	}
	inside := func(status int, to func(*hostile) string) func(*hostile) []authtest.Fault {
		return func(h *hostile) []authtest.Fault {
			h.provider.DescribeAt("/index.php/apps/oidc/openid-configuration")
			return []authtest.Fault{authtest.RedirectTo(authtest.Discovery, status, to(h)).Times(1)}
		}
	}
	whole := func(h *hostile) string { return h.provider.URL + "/index.php/apps/oidc/openid-configuration" }
	path := func(*hostile) string { return "/index.php/apps/oidc/openid-configuration" }
	return append(cases,
		hostileCase{name: "metadata redirect on their own host (301)", attack: inside(301, whole)},
		hostileCase{name: "metadata redirect on their own host (302)", attack: inside(302, path)},
		hostileCase{name: "metadata redirect on their own host (303)", attack: inside(303, path)},
		hostileCase{name: "metadata redirect on their own host (307)", attack: inside(307, path)},
		hostileCase{name: "metadata redirect on their own host (308)", attack: inside(308, whole)},
	)
}

func oddClaims() []hostileCase {
	var cases []hostileCase
	for _, name := range []string{"name", "given_name", "preferred_username", "email"} {
		for _, value := range []any{[]string{"first", "second"}, []any{}, []any{nil, 7, "first"}, 7, true, map[string]any{"a": "b"}} {
			cases = append(cases,
				hostileCase{name: "claims: " + name + " is odd", attack: faults(authtest.Claim(name, value))},
				hostileCase{name: "claims: " + name + " is odd at a renewal", refresh: true, attack: faults(authtest.Claim(name, value))},
			)
		}
	}
	shown := func(email string, verified bool) func(*hostile, *auth.Tokens, error) {
		return func(h *hostile, tokens *auth.Tokens, _ error) {
			if tokens != nil && (tokens.Account.Email != email || tokens.Account.EmailVerified != verified) {
				h.t.Errorf("account = %+v, want the address %q, verified: %v", tokens.Account, email, verified)
			}
		}
	}
	list := faults(authtest.Claim("email", []string{"ada@contoso.example", "mallory@evil.example"}), authtest.Claim("email_verified", true))
	return append(cases,
		hostileCase{name: "claims: the first of several addresses is shown", attack: list, also: shown("ada@contoso.example", false)},
		hostileCase{name: "claims: the first of several addresses is shown after a renewal", refresh: true, attack: list, also: shown("ada@contoso.example", false)},
		hostileCase{name: "claims: a name in another encoding", attack: faults(authtest.TokenPayload(func(p string) string { return strings.Replace(p, "Ada Example", "Ad\xe4", 1) }))},
		hostileCase{name: "claims: a claim that nobody reads, twice", attack: faults(authtest.DuplicateClaim("amr", "pwd", true), authtest.DuplicateClaim("amr", "otp", true))},
		hostileCase{name: "claims: tid and oid of no type, at nobody's directory", refresh: true, attack: faults(authtest.Claim("tid", 42), authtest.Claim("oid", []string{"x"}))},
		hostileCase{name: "claims: email_verified is odd", attack: faults(authtest.Claim("email_verified", []any{true})), also: shown("ada@contoso.example", false)},
		hostileCase{name: "Google's issuer without its scheme", provider: google, attack: func(h *hostile) []authtest.Fault {
			return []authtest.Fault{authtest.Claim("iss", strings.TrimPrefix(h.provider.URL, "https://"))}
		}, also: func(h *hostile, tokens *auth.Tokens, _ error) {
			if tokens != nil && tokens.Account.Issuer != h.provider.URL {
				h.t.Errorf("one person, two issuers: %q", tokens.Account.Issuer)
			}
		}},
		hostileCase{name: "Google's issuer without its scheme at a renewal", provider: google, refresh: true, attack: func(h *hostile) []authtest.Fault {
			return []authtest.Fault{authtest.Claim("iss", strings.TrimPrefix(h.provider.URL, "https://"))}
		}},
	)
}

func google(_ *hostile, p *auth.Provider) { p.Dialect = auth.Google }

// changedProviders are not any more what the copy on disk says.
func changedProviders() []hostileCase {
	moves := func(e authtest.Endpoint, status int) func(*hostile) []authtest.Fault {
		return func(h *hostile) []authtest.Fault { h.provider.Move(e, status); return nil }
	}
	var cases []hostileCase
	for _, status := range []int{301, 302, 307, 308, 404, 405, 410} {
		cases = append(cases,
			hostileCase{name: "token endpoint moved: " + http.StatusText(status), refresh: true, attack: moves(authtest.Token, status), also: func(h *hostile, _ *auth.Tokens, _ error) {
				if n := len(h.provider.Requests(authtest.Discovery)); n != 2 {
					h.t.Errorf("the metadata were asked for %d times, want once at the sign-in and once at the move", n)
				}
			}},
		)
	}
	said := func(status int, body string) func(*hostile) []authtest.Fault {
		return func(h *hostile) []authtest.Fault {
			h.provider.Move(authtest.Token, status)
			h.provider.Leave(authtest.Token, body)
			return nil
		}
	}
	cases = append(cases,
		hostileCase{name: "token endpoint moved, and a framework answers", refresh: true, attack: said(404, `{"error":"Unable to find matching target resource method"}`)},
		hostileCase{name: "token endpoint moved, and another framework answers", refresh: true, attack: said(405, `{"status":405,"error":"Method Not Allowed"}`)},
		hostileCase{name: "token endpoint moved, and a third one answers", refresh: true, attack: said(410, `{"error":"not_found"}`)},
	)
	algorithm := func(alg jose.SignatureAlgorithm) func(*hostile) []authtest.Fault {
		return faults(append(authtest.SignedBy(alg), authtest.Metadata(func(m map[string]any) {
			m["id_token_signing_alg_values_supported"] = []string{string(alg)}
		}))...)
	}
	for _, alg := range []jose.SignatureAlgorithm{jose.ES256, jose.ES512, jose.PS256, jose.EdDSA} {
		for _, announced := range []any{nil, []string{}, string(alg), []any{string(alg), 7}} {
			attack := faults(append(authtest.SignedBy(alg), metadataOf("id_token_signing_alg_values_supported", announced))...)
			cases = append(cases,
				hostileCase{name: "signs with " + string(alg) + ", and the list of algorithms is odd", attack: attack},
				hostileCase{name: "signs with " + string(alg) + " now, and the list of algorithms is odd", refresh: true, attack: attack})
		}
	}
	return append(cases,
		hostileCase{name: "all endpoints moved before a sign-in", act: func(h *hostile) (*auth.Tokens, error) {
			if _, err := signsIn(h); err != nil {
				return nil, err
			}
			for _, e := range []authtest.Endpoint{authtest.Authorize, authtest.Token, authtest.Keys, authtest.UserInfo} {
				h.provider.Move(e, http.StatusNotFound)
			}
			return signsIn(h)
		}},
		hostileCase{name: "keys moved", refresh: true, attack: func(h *hostile) []authtest.Fault {
			h.provider.Move(authtest.Keys, http.StatusNotFound)
			h.provider.Rotate()
			return nil
		}},
		hostileCase{name: "keys moved, and the old ones are still there", refresh: true, attack: func(h *hostile) []authtest.Fault {
			h.provider.Move(authtest.Keys, http.StatusOK)
			h.provider.Leave(authtest.Keys, `{"keys":[]}`)
			h.provider.Rotate()
			return nil
		}},
		hostileCase{name: "keys moved, and a server in their place fails", refresh: true, attack: func(h *hostile) []authtest.Fault {
			h.provider.Move(authtest.Keys, http.StatusInternalServerError)
			h.provider.Rotate()
			return nil
		}},
		hostileCase{name: "signs with ES256 now", refresh: true, attack: algorithm(jose.ES256)},
		hostileCase{name: "signs with PS512 now", refresh: true, attack: algorithm(jose.PS512)},
		hostileCase{name: "signs with ES256 now, and somebody signs in", act: func(h *hostile) (*auth.Tokens, error) {
			if _, err := signsIn(h); err != nil {
				return nil, err
			}
			h.provider.Fault(algorithm(jose.ES256)(h)...)
			return signsIn(h)
		}},
	)
}

// oddRefusals are refused, and nobody is signed out by them.
func oddRefusals() []hostileCase {
	refuses := func(status int, kind, body string) func(*hostile) []authtest.Fault {
		return faults(authtest.Answer(authtest.Token, status, map[string]string{"Content-Type": kind}, body))
	}
	unclear := func(err error) (bool, string) {
		var e *auth.ProviderError
		ok := errors.As(err, &e) && e.Unclear && e.NeedsPerson() && !e.GrantEnded() && !e.ClientRefused() && auth.ReasonOf(err) == auth.ReasonAgain
		return ok, "a ProviderError that says to sign in again"
	}
	return []hostileCase{
		{name: "refusal: invalid_request", refresh: true, attack: refuses(400, "application/json", `{"error":"invalid_request"}`), want: unclear},
		{name: "refusal: invalid_request under text/plain", refresh: true, attack: refuses(400, "text/plain", `{"error":"invalid_request"}`), want: unclear},
		{name: "refusal: nothing but 400", refresh: true, attack: refuses(400, "", ""), want: unclear},
		{name: "refusal: nothing but 401", refresh: true, attack: refuses(401, "", ""), want: unclear},
		{name: "refusal: a page with 400", refresh: true, attack: refuses(400, "text/html", "<h1>Bad Request</h1>"), want: unclear},
		{name: "refusal: another form of error", refresh: true, attack: refuses(400, "application/json", `{"message":"The token is dead"}`), want: unclear},
		{name: "refusal: not of the refresh token, passing", refresh: true, attack: refuses(400, "application/json", `{"error":"temporarily_unavailable"}`), want: unavailable("token", 400, "")},
		{name: "refusal: a firewall's", refresh: true, attack: refuses(403, "text/html", "<h1>Blocked</h1>"), want: unavailable("token", 403, "")},

		{name: "refusal: a code of its own", refresh: true, attack: refuses(400, "application/json", `{"error":"invalid_refresh_token"}`), want: unclear},
		{name: "refusal: a code in capitals", refresh: true, attack: refuses(400, "application/json", `{"error":"INVALID_GRANT"}`), want: unclear},
		{name: "refusal: a sentence", refresh: true, attack: refuses(401, "application/json", `{"error":"The token has expired"}`), want: unclear},
		{name: "refusal: a web server's", refresh: true, attack: refuses(400, "application/json", `{"timestamp":1,"status":400,"error":"Bad Request"}`), want: unclear},
		{name: "refusal: with status 200", refresh: true, attack: refuses(200, "application/json", `{"error":"bad_refresh_token"}`), want: unclear},
		{name: "refusal: of a device code", refresh: true, attack: refuses(400, "application/json", `{"error":"expired_token"}`), want: unclear},
		{name: "refusal: nothing but 422", refresh: true, attack: refuses(422, "application/json", `{"detail":"x"}`), want: unclear},
		{name: "refusal: a gateway's, in JSON", refresh: true, attack: refuses(403, "application/json", `{"status":403,"error":"Forbidden"}`), want: unavailable("token", 403, "")},

		{name: "kept: a claim that decides, twice", refresh: true, attack: faults(authtest.DuplicateClaim("nonce", "x", true), authtest.Claim("nonce", "x")), want: trust("id_token")},
		{name: "kept: azp in another encoding", refresh: true, attack: faults(authtest.TokenPayload(func(p string) string { return strings.Replace(p, "{", "{\"azp\":\"\xff\",", 1) })), want: trust("id_token")},
		{name: "kept: at_hash of another token", refresh: true, attack: faults(authtest.WrongAccessTokenHash()), want: trust("at_hash")},
		{name: "kept: at_hash is a number", refresh: true, attack: faults(authtest.Claim("at_hash", 7)), want: trust("id_token")},
		{name: "kept: signed by nobody", refresh: true, attack: faults(authtest.UnknownKey()), want: trust("signature")},
		{name: "kept: an algorithm that is never announced", refresh: true, attack: faults(authtest.SignedAs(jose.PS256)), want: trust("alg")},
		{name: "kept: another azp", refresh: true, attack: faults(authtest.WrongAZP()), want: trust("azp")},
		{name: "kept: a critical extension", refresh: true, attack: faults(authtest.TokenHeader(func(h map[string]any) { h["crit"] = []string{"x"} })), want: trust("id_token")},
		{name: "kept: a token type that nobody knows", refresh: true, attack: faults(answers("token_type", "mac")), want: trust("token_type")},
		{name: "kept: a token type that is no text", refresh: true, attack: faults(answers("token_type", []string{"Bearer"})), want: unavailable("token", 200, "standard")},
		{name: "kept: no access token", refresh: true, attack: faults(answers("access_token", nil)), want: misconfigured("scopes")},
		{name: "kept: expired", refresh: true, attack: faults(authtest.Expired(6 * minute)), want: trust("exp")},
	}
}

// What stands beside each tolerance stays refused.
func TestNeighboursOfOddProviders(t *testing.T) {
	issuer := func(change func(string) string) func(*hostile) []authtest.Fault {
		return func(h *hostile) []authtest.Fault {
			return []authtest.Fault{authtest.Claim("iss", change(strings.TrimPrefix(h.provider.URL, "https://")))}
		}
	}
	only := func(h *hostile, p *auth.Provider) { p.Allowed.Domains = []string{"contoso.example"} }
	emails := func(values ...any) func(*hostile) []authtest.Fault {
		return faults(authtest.Claim("email", values), authtest.Claim("email_verified", true))
	}
	listed := func(err error) (bool, string) {
		var e *auth.DomainError
		return errors.As(err, &e) && e.Listed, "a DomainError that says that there are several addresses"
	}
	redirect := func(to func(*hostile) string) func(*hostile) []authtest.Fault {
		return func(h *hostile) []authtest.Fault {
			return []authtest.Fault{authtest.RedirectTo(authtest.Discovery, 302, to(h))}
		}
	}
	once := func(h *hostile, _ *auth.Tokens, _ error) {
		if n := len(h.provider.Requests(authtest.Token)); n != 2 { // one of the sign-in before
			h.t.Errorf("the token endpoint was asked %d times", n)
		}
	}
	symmetric := authtest.Metadata(func(m map[string]any) { m["id_token_signing_alg_values_supported"] = []string{"RS256", "HS256"} })
	unannounced := metadataOf("id_token_signing_alg_values_supported", nil)
	wants := func(name string, value any) []authtest.Fault { return []authtest.Fault{metadataOf(name, value)} }
	for _, value := range []any{"true", "True", " true ", 1, "1", true} {
		for _, test := range []hostileCase{
			{name: "pushing is required, in other words, and fails", options: []authtest.Option{authtest.WithPAR(false)}, attack: func(*hostile) []authtest.Fault {
				return append(wants("require_pushed_authorization_requests", value), authtest.Status(authtest.PushedAuthorization, 403))
			}, want: unavailable("authorization", 403, "")},
			{name: "answers name their issuer, in other words, and do not", attack: func(*hostile) []authtest.Fault {
				return append(wants("authorization_response_iss_parameter_supported", value), authtest.AuthorizationIssuer(""))
			}, want: trust("iss")},
		} {
			t.Run(fmt.Sprintf("%s: %#v", test.name, value), func(t *testing.T) {
				t.Parallel()
				test.run(t)
			})
		}
	}
	for _, test := range []hostileCase{
		{name: "no list of algorithms: HS256 with the public key", attack: faults(unannounced, authtest.HMACWithPublicKey()), want: trust("alg")},
		{name: "no list of algorithms: HS256 with the key's JWK", attack: faults(unannounced, authtest.HMACWithJWK()), want: trust("alg")},
		{name: "no list of algorithms: HS256 with a secret in the set", attack: faults(append(authtest.PublishedSecret(), unannounced)...), want: trust("alg")},
		{name: "no list of algorithms: none", attack: faults(unannounced, authtest.AlgNone()), want: trust("alg")},
		{name: "no list of algorithms: None", attack: faults(unannounced, authtest.Unsigned("None")), want: trust("alg")},
		{name: "no list of algorithms: no algorithm", attack: faults(unannounced, authtest.Unsigned("")), want: trust("alg")},
		{name: "no list of algorithms: HS256 at a renewal", refresh: true, attack: faults(unannounced, authtest.HMACWithPublicKey()), want: trust("alg")},
		{name: "no list of algorithms: somebody's ES256", attack: faults(unannounced, authtest.SignedBy(jose.ES256)[2]), want: trust("signature")},
		{name: "no list of algorithms: a key of somebody's", attack: faults(unannounced, authtest.ForgedKey()), want: trust("signature")},
		{name: "no list of algorithms: a weak key", attack: faults(append(authtest.WeakKey(), unannounced)...), want: trust("signature")},
		{name: "Google: another host of its own", provider: google, attack: issuer(func(string) string { return "mail.google.com" }), want: trust("iss")},
		{name: "Google: with a slash", provider: google, attack: issuer(func(s string) string { return s + "/" }), want: trust("iss")},
		{name: "Google: over http", provider: google, attack: issuer(func(s string) string { return "http://" + s }), want: trust("iss")},
		{name: "Google: a scheme twice", provider: google, attack: issuer(func(s string) string { return "https://https://" + s }), want: trust("iss")},
		{name: "another provider without its scheme", attack: issuer(func(s string) string { return s }), want: trust("iss")},
		{name: "another provider without its scheme at a renewal", refresh: true, attack: issuer(func(s string) string { return s }), want: trust("iss")},

		{name: "several addresses, the first one allowed", provider: only, attack: emails("ada@contoso.example", "mallory@evil.example"), want: listed},
		{name: "several addresses, the second one allowed", provider: only, attack: emails("mallory@evil.example", "ada@contoso.example"), want: listed},
		{name: "a list of one address", provider: only, attack: emails("ada@contoso.example"), want: listed},
		{name: "several addresses at a renewal", refresh: true, provider: only, attack: emails("ada@contoso.example", "mallory@evil.example"), want: listed},

		{name: "metadata redirect to http", attack: redirect(func(h *hostile) string {
			return strings.Replace(h.provider.Endpoint(authtest.Discovery), "https:", "http:", 1)
		}), want: redirectedAt("metadata", 302)},
		{name: "metadata redirect with a name and a password", attack: func(h *hostile) []authtest.Fault {
			// Once: whoever follows finds good metadata, and not a circle.
			to := strings.Replace(h.provider.Endpoint(authtest.Discovery), "https://", "https://ada:word@", 1)
			return []authtest.Fault{authtest.RedirectTo(authtest.Discovery, 302, to).Times(1)}
		}, want: redirectedAt("metadata", 302)},
		{name: "metadata redirect in a circle", attack: redirect(func(h *hostile) string { return h.provider.Endpoint(authtest.Discovery) }), want: redirectedAt("metadata", 302)},
		{name: "metadata redirect to another realm's", attack: func(h *hostile) []authtest.Fault {
			h.provider.DescribeAt("/other")
			return []authtest.Fault{authtest.RedirectTo(authtest.Discovery, 302, "/other").Times(1), authtest.OtherIssuer()}
		}, want: trust("issuer")},
		{name: "keys redirect on their own host", attack: func(h *hostile) []authtest.Fault {
			return []authtest.Fault{authtest.RedirectTo(authtest.Keys, 302, "/elsewhere")}
		}, want: redirectedAt("keys", 302)},

		{name: "token endpoint gone, and the metadata name no other", refresh: true, attack: faults(authtest.Status(authtest.Token, 404)), want: unavailable("token", 404, ""), also: once},
		{name: "token endpoint moved to http", refresh: true, attack: faults(authtest.Status(authtest.Token, 404), authtest.Metadata(func(m map[string]any) {
			m["token_endpoint"] = "http://evil.example/token"
		})), want: unavailable("token", 404, ""), also: once},
		{name: "signs with HS256 now", refresh: true, attack: faults(symmetric, authtest.HMACWithPublicKey()), want: trust("alg")},
		{name: "signs with nothing now", refresh: true, attack: faults(metadataOf("id_token_signing_alg_values_supported", []string{"none"}), authtest.AlgNone()), want: trust("alg")},
		{name: "claims behind a byte order mark", attack: faults(authtest.TokenPayload(func(p string) string { return "\ufeff" + p })), want: trust("id_token")},
		{name: "sub is a list", attack: faults(authtest.Claim("sub", []string{"sub-ada"})), want: trust("id_token")},
		{name: "nonce is a list", attack: faults(authtest.Claim("nonce", []string{"x"})), want: trust("id_token")},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t)
		})
	}
}

func metadataOf(name string, value any) authtest.Fault {
	return authtest.Metadata(func(m map[string]any) { m[name] = value })
}

// The copy of the metadata serves a sign-in only when the provider cannot be asked.
func TestSignInConfirmsItsMetadata(t *testing.T) {
	d := newDesk(t)
	d.mustSignIn()
	d.provider.Forget()
	d.mustSignIn()
	asked := d.provider.Requests(authtest.Discovery)
	if len(asked) != 1 || asked[0].Header.Get("If-None-Match") == "" {
		t.Errorf("asked = %+v, want one conditional request", asked)
	}
	for name, fault := range map[string]authtest.Fault{"failing": authtest.Status(authtest.Discovery, 503), "not there": authtest.Drop(authtest.Discovery)} {
		lift := d.provider.Fault(fault)
		if _, _, err := d.signIn(d.client(), auth.BeginOptions{}); err != nil {
			t.Errorf("%s: err = %v, want a sign-in with the copy", name, err)
		}
		lift()
	}
	d.provider.Fault(authtest.OtherIssuer())
	if _, _, err := d.signIn(d.client(), auth.BeginOptions{}); auth.ReasonOf(err) != auth.ReasonUntrusted {
		t.Errorf("err = %v, want a refusal although there is a copy", err)
	}
}

// A dead refresh token is dead in whichever form that is said.
func TestEndedGrantUnderOtherTypes(t *testing.T) {
	for name, form := range map[string]struct{ kind, before string }{
		"text/plain": {"text/plain", ""}, "text/html": {"text/html", ""}, "no type": {"", ""}, "byte order mark": {"application/json", "\ufeff"},
		"form": {"application/x-www-form-urlencoded", ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			account := d.mustSignIn().Account
			d.provider.Fault(authtest.Answer(authtest.Token, 400, map[string]string{"Content-Type": form.kind}, form.before+`{"error":"invalid_grant"}`))
			_, err := d.client().Refresh(t.Context(), account.ID)
			if auth.ReasonOf(err) != auth.ReasonExpired {
				t.Errorf("err = %v, want the end of the sign-in", err)
			}
			if known := d.remembered(); len(known) != 1 || known[0].Remembered {
				t.Errorf("known = %+v, want the account without its dead token", known)
			}
		})
	}
}
