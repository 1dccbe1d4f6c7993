package auth_test

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

// Every way of misbehaving has to end in its own typed refusal, with nothing kept,
// nothing given away and nobody else asked. The cases without a refusal are
// controls: they show that what surrounds the others would succeed.
func TestHostileProviders(t *testing.T) {
	cases := slices.Concat(
		honest(), hostileMetadata(), hostileResponses(), hostileTokenAnswers(), hostileIDTokens(), hostileSignatures(),
		hostileKeySets(), oddKeys(), hostileOddKeys(), oddHeaders(t), hostileHeaders(t), hostileUserinfo(), hostileRefreshes(), hostileDevices(), hostileTexts(),
		hostileEntra(), hostilePushing(), hostileProofs(),
	)
	refused := 0
	for _, test := range cases {
		if test.want != nil {
			refused++
		}
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t)
		})
	}
	if refused < 60 {
		t.Errorf("%d cases that have to be refused; the suite has shrunk", refused)
	}
	t.Logf("%d cases to be refused, %d controls", refused, len(cases)-refused)
}

const minute = time.Minute

func honest() []hostileCase {
	twoKeys := func(h *hostile) []authtest.Fault { h.provider.Rotate(); return nil }
	noKid := authtest.TokenHeader(func(header map[string]any) { delete(header, "kid") })
	var all []hostileCase
	for _, alg := range []jose.SignatureAlgorithm{jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA, authtest.Ed25519} {
		all = append(all,
			hostileCase{name: "signed with " + string(alg), attack: faults(authtest.SignedBy(alg)...)},
			hostileCase{name: "signed with " + string(alg) + ", access token of another", attack: faults(append(authtest.SignedBy(alg), answers("access_token", "another"))...), want: trust("at_hash")},
		)
	}
	return append(all, []hostileCase{
		{name: "honest provider"},
		{name: "honest provider that posts", options: []authtest.Option{authtest.WithFormPost()}},
		{name: "honest refresh", refresh: true},
		{name: "honest device code", options: []authtest.Option{authtest.WithDevice(time.Second, 0)}, act: codes},
		{name: "expired four minutes ago", attack: faults(authtest.Expired(4 * minute))},
		{name: "not valid for four minutes", attack: faults(authtest.NotYetValid(4 * minute))},
		{name: "issued in four minutes", attack: faults(authtest.IssuedIn(4 * minute))},
		{name: "two audiences with the right azp", attack: faults(authtest.PluralAudience(authtest.ClientID))},
		{name: "key rotated", refresh: true, attack: twoKeys},
		{name: "no kid, one key", attack: faults(noKid)},
		{name: "no kid, several keys", attack: func(h *hostile) []authtest.Fault { h.provider.Rotate(); return []authtest.Fault{noKid} }},
		{name: "keys of unknown kinds beside the right one", attack: faults(authtest.KeySet(func(set map[string]any) {
			set["keys"] = append([]any{nil, "key", map[string]any{"kty": "LATTICE", "kid": "key-1"}, map[string]any{"kty": "RSA", "kid": "key-1"}}, set["keys"].([]any)...)
		}))},
		{name: "token type in odd letters", attack: faults(answers("token_type", "bEaReR"))},
		{name: "expires_in below zero", attack: faults(answers("expires_in", -3600)), also: func(h *hostile, tokens *auth.Tokens, _ error) {
			if tokens != nil && !tokens.Expiry.IsZero() {
				h.t.Errorf("expiry = %v: whoever renews by it never stops", tokens.Expiry)
			}
		}},
		{name: "expires_in beyond all time", attack: faults(answers("expires_in", int64(1)<<62)), also: func(h *hostile, tokens *auth.Tokens, _ error) {
			if tokens != nil && tokens.Expiry.Before(time.Now()) {
				h.t.Errorf("expiry = %v: it overflowed", tokens.Expiry)
			}
		}},
	}...)
}

func hostileMetadata() []hostileCase {
	at := func(f func(authtest.Endpoint) authtest.Fault) func(*hostile) []authtest.Fault {
		return faults(f(authtest.Discovery))
	}
	redirect := func(status int) func(*hostile) []authtest.Fault {
		return func(h *hostile) []authtest.Fault {
			return []authtest.Fault{authtest.RedirectTo(authtest.Discovery, status, h.evil.Endpoint(authtest.Discovery))}
		}
	}
	onEvil := func(name string, e authtest.Endpoint, change func(string) string) func(*hostile) []authtest.Fault {
		return func(h *hostile) []authtest.Fault {
			return []authtest.Fault{authtest.Metadata(func(m map[string]any) { m[name] = change(h.evil.Endpoint(e)) })}
		}
	}
	plain := func(address string) string { return strings.Replace(address, "https:", "http:", 1) }
	return []hostileCase{
		{name: "metadata name another issuer", attack: faults(authtest.OtherIssuer()), want: trust("issuer")},
		{name: "metadata name the issuer with a slash", attack: func(h *hostile) []authtest.Fault {
			return metadata("issuer", h.provider.URL+"/")(h)
		}, want: misconfigured("authority")},
		{name: "metadata name the issuer in capitals", attack: func(h *hostile) []authtest.Fault {
			return metadata("issuer", strings.Replace(h.provider.URL, "https", "HTTPS", 1))(h)
		}, want: misconfigured("authority")},
		{name: "metadata name the issuer by http", attack: func(h *hostile) []authtest.Fault {
			return metadata("issuer", strings.Replace(h.provider.URL, "https", "http", 1))(h)
		}, want: misconfigured("authority")},
		{name: "metadata name the issuer with a query", attack: func(h *hostile) []authtest.Fault {
			return metadata("issuer", h.provider.URL+"?x")(h)
		}, want: trust("issuer")},
		{name: "metadata name an issuer with a line break", attack: metadata("issuer", "https://x\r\nerror: forged"), want: trust("issuer")},
		{name: "metadata of another realm", options: []authtest.Option{authtest.WithPath("/realms/staff")},
			attack: func(h *hostile) []authtest.Fault { return metadata("issuer", h.evil.URL+"/realms/staff")(h) }, want: trust("issuer")},
		{name: "metadata without issuer", attack: metadata("issuer", nil), want: notProvider("issuer")},
		{name: "issuer twice", attack: func(h *hostile) []authtest.Fault {
			return []authtest.Fault{authtest.Body(authtest.Discovery, "application/json", `{"issuer":"https://evil.example","issuer":"`+h.provider.URL+`"}`)}
		}, want: notProvider("issuer")},
		{name: "issuer is a list", attack: func(h *hostile) []authtest.Fault { return metadata("issuer", []string{h.provider.URL})(h) }, want: notProvider("issuer in its metadata is no text")},
		{name: "metadata redirect (302)", attack: redirect(302), want: redirectedAt("metadata", 302)},
		{name: "metadata redirect (301)", attack: redirect(301), want: redirectedAt("metadata", 301)},
		{name: "metadata redirect (307)", attack: redirect(307), want: redirectedAt("metadata", 307)},
		{name: "token endpoint on http", attack: onEvil("token_endpoint", authtest.Token, func(string) string { return "http://evil.example/token" }), want: notProvider("token_endpoint")},
		{name: "token endpoint on http on this computer", attack: onEvil("token_endpoint", authtest.Token, plain), want: notProvider("token_endpoint")},
		{name: "authorization endpoint on http", attack: metadata("authorization_endpoint", "http://evil.example/"), want: notProvider("authorization_endpoint")},
		{name: "keys on http", attack: onEvil("jwks_uri", authtest.Keys, plain), want: notProvider("jwks_uri")},
		{name: "authorization endpoint in script", attack: metadata("authorization_endpoint", "javascript:alert(1)//https://x/"), want: notProvider("authorization_endpoint")},
		{name: "authorization endpoint in a file", attack: metadata("authorization_endpoint", "file:///etc/passwd"), want: notProvider("authorization_endpoint")},
		{name: "token endpoint with a password", attack: metadata("token_endpoint", "https://user:word@evil.example/token"), want: notProvider("token_endpoint")},
		{name: "keys with a fragment", attack: metadata("jwks_uri", "https://evil.example/keys#x"), want: notProvider("jwks_uri")},
		{name: "no token endpoint", attack: metadata("token_endpoint", nil), want: notProvider("token_endpoint")},
		{name: "only implicit flows", attack: metadata("response_types_supported", []string{"id_token", "token"}), want: notProvider("code")},
		{name: "only plain PKCE", attack: metadata("code_challenge_methods_supported", []string{"plain"}), want: notProvider("PKCE")},
		{name: "endless metadata", attack: at(authtest.Endless), want: notProvider("larger than")},
		{name: "10 MiB of metadata", attack: faults(authtest.Huge(authtest.Discovery, 10<<20)), want: notProvider("larger than")},
		{name: "metadata that unpack to 1 GiB", attack: faults(authtest.Bomb(authtest.Discovery, 1024)), want: notProvider("larger than")},
		{name: "metadata nested 100,000 deep", attack: faults(authtest.Nested(authtest.Discovery, 100_000)), want: notProvider("JSON")},
		{name: "metadata that drip", attack: impatient(authtest.Drip(authtest.Discovery, 10*time.Millisecond)), want: unavailable("metadata", 0, "deadline")},
		{name: "metadata that hang", attack: impatient(authtest.Hang(authtest.Discovery)), want: unavailable("metadata", 0, "deadline")},
		{name: "1 MiB of header before the metadata", attack: faults(authtest.HeaderFlood(authtest.Discovery, 1024)), want: unavailable("metadata", 0, "")},
		{name: "metadata that are a web page", attack: at(authtest.HTML), want: notProvider("JSON")},
		{name: "metadata that are null", attack: faults(authtest.Body(authtest.Discovery, "application/json", "null")), want: notProvider("JSON")},
		{name: "metadata with NUL bytes", attack: faults(authtest.Body(authtest.Discovery, "application/json", "{\"issuer\":\"\x00\"}")), want: notProvider("JSON")},
		{name: "optional endpoints that nobody may use", attack: faults(authtest.Metadata(func(m map[string]any) {
			m["userinfo_endpoint"], m["end_session_endpoint"] = "http://evil.example/", "javascript:alert(1)"
		}), authtest.Claim("name", nil)), also: func(h *hostile, tokens *auth.Tokens, _ error) {
			if tokens == nil {
				return
			}
			if report := h.client().SignOut(h.t.Context(), tokens.Account.ID); report.EndSessionOffered || report.EndSession != nil {
				h.t.Error("the browser would be sent to an address of the attacker's")
			}
		}},
	}
}

func hostileResponses() []hostileCase {
	response := func(change func(*hostile, url.Values)) func(*hostile) []authtest.Fault {
		return func(h *hostile) []authtest.Fault {
			return []authtest.Fault{authtest.AuthorizationResponse(func(v url.Values) { change(h, v) })}
		}
	}
	set := func(name string, values ...string) func(*hostile) []authtest.Fault {
		return response(func(_ *hostile, v url.Values) { v[name] = values })
	}
	unheard := func(attack func(*hostile) []authtest.Fault) func(*hostile) []authtest.Fault {
		return func(h *hostile) []authtest.Fault { noise()(h); return attack(h) }
	}
	code := func(of func(*hostile) string) func(*hostile) []authtest.Fault {
		return func(h *hostile) []authtest.Fault { return set("code", of(h))(h) }
	}
	usedCode := func(h *hostile) string { return h.earlier(authtest.Token, "code") }
	noIss := []authtest.Option{authtest.WithoutIssuerParameter()}
	return []hostileCase{
		{name: "response without iss (RFC 9207)", attack: faults(authtest.AuthorizationIssuer("")), want: trust("iss")},
		{name: "response of another iss", attack: faults(authtest.AuthorizationIssuer("https://evil.example")), want: trust("iss")},
		{name: "response of another iss that nobody announced", options: noIss, attack: faults(authtest.AuthorizationIssuer("https://evil.example")), want: trust("iss")},
		{name: "response with iss twice", attack: unheard(set("iss", "https://evil.example", "https://evil.example")), want: timedOut},
		{name: "refusal by another iss", attack: response(func(_ *hostile, v url.Values) {
			v.Del("code")
			v.Set("error", "access_denied")
			v.Set("iss", "https://evil.example")
		}), want: trust("iss")},
		{name: "mix-up: another provider's code and iss", attack: response(func(h *hostile, v url.Values) {
			v.Set("code", "code-of-another-provider")
			v.Set("iss", h.evil.URL)
		}), want: trust("iss")},
		{name: "mix-up without RFC 9207", options: noIss, attack: set("code", "code-of-another-provider"), want: refusedWith("token", "invalid_grant")},
		{name: "code of another session", act: injected, want: refusedWith("token", "invalid_grant")},
		{name: "code of another session, provider without PKCE", options: []authtest.Option{authtest.WithoutPKCE()}, act: injected, want: trust("nonce")},
		{name: "code that was used before", attack: code(usedCode), want: refusedWith("token", "invalid_grant")},
		{name: "empty code", attack: set("code", ""), want: refusedWith("token", "invalid_grant")},
		{name: "error beside the code", attack: set("error", "access_denied"), want: refusedWith("authorization", "access_denied")},
		{name: "response with another state", attack: noise(authtest.WrongState()), want: timedOut},
		{name: "response without state", attack: unheard(set("state")), want: timedOut},
		{name: "response with another state after the right one", attack: unheard(response(func(_ *hostile, v url.Values) { v.Set("state", v.Get("state")+";state=x") })), want: timedOut},
		{name: "response with a byte after the state that is no text", attack: unheard(response(func(_ *hostile, v url.Values) { v.Set("state", v.Get("state")+"\xff") })), want: timedOut},
		{name: "refusal without state", attack: unheard(response(func(_ *hostile, v url.Values) {
			v.Del("state")
			v.Del("code")
			v.Set("error", "access_denied")
		})), want: timedOut},
		{name: "response with the code twice", attack: unheard(set("code", "one", "two")), want: timedOut},
		{name: "replayed response of an earlier sign-in", attack: unheard(func(h *hostile) []authtest.Fault {
			return set("state", h.earlier(authtest.Authorize, "state"))(h)
		}), want: timedOut},
		{name: "response twice, with another code", act: respondsTwice, also: func(h *hostile, _ *auth.Tokens, _ error) {
			if n := len(h.provider.Requests(authtest.Token)); n != 1 {
				h.t.Errorf("%d codes were exchanged", n)
			}
		}},
	}
}

func hostileUserinfo() []hostileCase {
	silent := authtest.Claim("name", nil) // so that userinfo is asked at all
	with := func(f authtest.Fault) func(*hostile) []authtest.Fault { return faults(silent, f) }
	nameless := func(h *hostile, tokens *auth.Tokens, _ error) {
		if tokens != nil && tokens.Account.Name != "" {
			h.t.Errorf("name = %q", tokens.Account.Name)
		}
		if len(h.provider.Requests(authtest.UserInfo)) != 1 {
			h.t.Error("userinfo was not asked once")
		}
	}
	claims := func(name string, value any) authtest.Fault {
		return authtest.UserInfoClaims(func(c map[string]any) { c[name] = value })
	}
	return []hostileCase{
		{name: "userinfo about somebody else", attack: with(claims("sub", "sub-mallory")), want: trust("userinfo_sub")},
		{name: "userinfo about somebody who looks alike", attack: with(claims("sub", authtest.Ada().Subject+"\u200b")), want: trust("userinfo_sub")},
		{name: "userinfo about a blank", attack: with(claims("sub", " ")), want: trust("userinfo_sub")},
		{name: "userinfo about nobody, with a name", attack: with(authtest.UserInfoClaims(func(c map[string]any) {
			delete(c, "sub")
			c["name"], c["email"] = "Mallory", "mallory@contoso.example"
		})), also: func(h *hostile, tokens *auth.Tokens, err error) {
			nameless(h, tokens, err)
			if tokens != nil && tokens.Account.Email != authtest.Ada().Email {
				h.t.Errorf("email = %q", tokens.Account.Email)
			}
		}},
		{name: "userinfo redirects with the token", attack: func(h *hostile) []authtest.Fault {
			return []authtest.Fault{silent, authtest.RedirectTo(authtest.UserInfo, 307, h.evil.Endpoint(authtest.UserInfo))}
		}, also: nameless},
		{name: "endless userinfo", attack: with(authtest.Endless(authtest.UserInfo)), also: nameless},
		{name: "userinfo that unpacks to 1 GiB", attack: with(authtest.Bomb(authtest.UserInfo, 1024)), also: nameless},
		{name: "userinfo nested 100,000 deep", attack: with(authtest.Nested(authtest.UserInfo, 100_000)), also: nameless},
		{name: "userinfo with sub twice", attack: with(authtest.Body(authtest.UserInfo, "application/json", `{"sub":"sub-mallory","name":"Mallory","sub":"sub-ada"}`)), also: nameless},
	}
}

func hostileRefreshes() []hostileCase {
	claim := func(name string, value any) func(*hostile) []authtest.Fault {
		return faults(authtest.Claim(name, value))
	}
	return []hostileCase{
		{name: "refresh: about somebody else", refresh: true, attack: faults(authtest.OtherSubject()), want: trust("sub")},
		{name: "refresh: another iss", refresh: true, attack: faults(authtest.WrongIssuer()), want: trust("iss")},
		{name: "refresh: another aud", refresh: true, attack: faults(authtest.WrongAudience()), want: trust("aud")},
		{name: "refresh: another azp", refresh: true, attack: faults(authtest.WrongAZP()), want: trust("azp")},
		{name: "refresh: expired", refresh: true, attack: faults(authtest.Expired(6 * minute)), want: trust("exp")},
		{name: "refresh: at_hash of another token", refresh: true, attack: faults(authtest.WrongAccessTokenHash()), want: trust("at_hash")},
		{name: "refresh: unsigned", refresh: true, attack: faults(authtest.AlgNone()), want: trust("alg")},
		{name: "refresh: another name, signed by somebody else", refresh: true, attack: faults(authtest.Claim("name", "Mallory"), authtest.UnknownKey()), want: trust("signature")},
		{name: "refresh: sub twice", refresh: true, attack: faults(authtest.DuplicateClaim("sub", "sub-mallory", true)), want: trust("id_token")},
		{name: "refresh: token type that nobody knows", refresh: true, attack: faults(answers("token_type", "mac")), want: trust("token_type")},
		{name: "refresh: redirects with the token", refresh: true, attack: func(h *hostile) []authtest.Fault {
			return []authtest.Fault{authtest.RedirectTo(authtest.Token, 307, h.evil.Endpoint(authtest.Token))}
		}, want: unavailable("token", 307, "")},
		{name: "refresh: endless", refresh: true, attack: faults(authtest.Endless(authtest.Token)), want: unavailable("token", 200, "larger than")},
		{name: "refresh: without an ID token", refresh: true, attack: faults(authtest.NoIDToken())},
		{name: "refresh: without a refresh token", refresh: true, options: []authtest.Option{authtest.WithoutRotation()}, attack: faults(answers("refresh_token", nil)), also: func(h *hostile, tokens *auth.Tokens, _ error) {
			if tokens == nil || !tokens.Remembered() || !h.provider.Alive(tokens.RefreshToken) {
				h.t.Errorf("the old refresh token was not kept: %v", tokens)
			}
			if _, err := refreshes(h); err != nil {
				h.t.Errorf("the next refresh: %v", err)
			}
		}},
		{name: "refresh: with an email of somebody else", refresh: true, attack: claim("email", "mallory@contoso.example"), also: func(h *hostile, tokens *auth.Tokens, _ error) {
			if tokens == nil || tokens.Account.ID != h.account.ID {
				h.t.Error("an address decided who somebody is")
			}
		}},
	}
}

func hostileDevices() []hostileCase {
	quick := []authtest.Option{authtest.WithDevice(time.Second, 0)}
	says := func(name string, value any) func(*hostile) []authtest.Fault {
		return faults(authtest.DeviceAnswer(func(m map[string]any) { m[name] = value }))
	}
	senseless := unavailable("device", 200, "the answer ")
	return []hostileCase{
		{name: "device: page in script", act: codes, attack: says("verification_uri", "javascript:alert(1)"), want: senseless},
		{name: "device: page on http", act: codes, attack: says("verification_uri", "http://evil.example/device"), want: senseless},
		{name: "device: no page", act: codes, attack: says("verification_uri", nil), want: senseless},
		{name: "device: no user code", act: codes, attack: says("user_code", nil), want: senseless},
		{name: "device: user code that writes on the terminal", act: codes, attack: says("user_code", "\x1b]0;owned\x07ABCD"), want: senseless},
		{name: "device: user code of 10,000 characters", act: codes, attack: says("user_code", strings.Repeat("A", 10_000)), want: senseless},
		{name: "device: no device code", act: codes, attack: says("device_code", ""), want: senseless},
		{name: "device: expired before it began", act: codes, attack: says("expires_in", -1), want: senseless},
		{name: "device: poll every minus one seconds", act: codes, attack: func(h *hostile) []authtest.Fault { noise()(h); return says("interval", -1)(h) }, want: timedOut},
		{name: "device: poll once in 300 years", act: codes, attack: func(h *hostile) []authtest.Fault { noise()(h); return says("interval", int64(1)<<34)(h) }, want: timedOut},
		{name: "device: endless answer", act: codes, attack: faults(authtest.Endless(authtest.DeviceAuthorization)), want: unavailable("device", 200, "larger than")},
		{name: "device: answer that unpacks to 1 GiB", act: codes, attack: faults(authtest.Bomb(authtest.DeviceAuthorization, 1024)), want: unavailable("device", 200, "larger than")},
		{name: "device: redirect", act: codes, attack: func(h *hostile) []authtest.Fault {
			return []authtest.Fault{authtest.RedirectTo(authtest.DeviceAuthorization, 307, h.evil.Endpoint(authtest.DeviceAuthorization))}
		}, want: unavailable("device", 307, "")},
		{name: "device: ID token of a sign-in in the browser", act: codes, options: quick, attack: faults(authtest.Claim("nonce", "another")), want: trust("nonce")},
		{name: "device: ID token for another client", act: codes, options: quick, attack: faults(authtest.WrongAudience()), want: trust("aud")},
		{name: "device: complete address in script", act: codes, options: quick, attack: says("verification_uri_complete", "javascript:alert(1)"), also: func(h *hostile, _ *auth.Tokens, _ error) {
			in, err := h.client().BeginDevice(h.t.Context(), h.options())
			if err != nil {
				h.t.Fatal(err)
			}
			if !strings.HasPrefix(in.URL(), "https://") {
				h.t.Errorf("the browser would be sent to %q", in.URL())
			}
			in.Cancel()
			_, _ = in.Wait()
		}},
	}
}

// markup tries to leave a text, a header and a line of a log.
const markup = "</pre></title><script>alert(1)</script>\"><img src=x onerror=alert(1)>\r\nSet-Cookie: evil=1\r\n\r\n\x00\x1b[2J\u009b2J\u2028\u202e{{.}}"

func hostileTexts() []hostileCase {
	escaped := func(h *hostile, _ *auth.Tokens, err error) {
		for _, bad := range []string{"<script", "<img", "onerror=alert(1)>", "\x1b", "\u009b", "\u202e"} {
			if strings.Contains(h.page, bad) {
				h.t.Errorf("the page has %q in it", bad)
			}
		}
		if h.page == "" || h.answer.Get("Set-Cookie") != "" || !strings.HasPrefix(h.answer.Get("Content-Security-Policy"), "default-src 'none'; style-src 'sha256-") {
			h.t.Errorf("page %q, header %v", h.page, h.answer)
		}
	}
	unchallenged := func(h *hostile, _ *auth.Tokens, err error) {
		var e *auth.ProviderError
		if errors.As(err, &e) && e.Claims != "" {
			h.t.Errorf("%d bytes would go into the next address", len(e.Claims))
		}
	}
	body := `{"error":"invalid_grant","suberror":` + quoted(markup) + `,"error_description":` + quoted(markup) + `,"error_uri":` + quoted(markup) +
		`,"error_codes":[1e5,700082,-1],"correlation_id":` + quoted(markup) + `,"trace_id":` + quoted(markup) + `,"claims":` + quoted(markup) + `}`
	return []hostileCase{
		{name: "text: markup in a refusal of the browser's way", attack: faults(authtest.AuthorizationResponse(func(v url.Values) {
			v.Del("code")
			v.Set("error", "access_denied")
			for _, name := range []string{"error_description", "error_uri", "error_subcode", "claims"} {
				v.Set(name, markup)
			}
		})), want: refusedWith("authorization", "access_denied"), also: escaped},
		{name: "text: markup for a refusal's code", attack: faults(authtest.AuthorizationResponse(func(v url.Values) {
			v.Del("code")
			v.Set("error", "<script>alert(1)</script>")
		})), want: refusedWith("authorization", "<script>alert(1)</script>"), also: escaped},
		{name: "text: markup in iss", attack: faults(authtest.AuthorizationIssuer(markup)), want: trust("iss"), also: escaped},
		{name: "text: markup in a refusal of the token endpoint", attack: faults(authtest.Answer(authtest.Token, 400, map[string]string{"Content-Type": "application/json"}, body)),
			want: refusedWith("token", "invalid_grant"), also: escaped},
		{name: "text: refusal of 400,000 characters", attack: faults(authtest.Answer(authtest.Token, 400, map[string]string{"Content-Type": "application/json"},
			`{"error":"invalid_grant","error_description":"`+strings.Repeat("A", 400_000)+`"}`)), want: refusedWith("token", "invalid_grant")},
		{name: "text: challenge that no address could hold", attack: faults(authtest.TokenError("interaction_required", map[string]any{
			"claims": `{"access_token":{"x":"` + strings.Repeat("x", 20_000) + `"}}`,
		})), want: refusedWith("token", "interaction_required"), also: unchallenged},
		{name: "text: challenge that is no JSON object", attack: faults(authtest.TokenError("interaction_required", map[string]any{"claims": `["x"]`})),
			want: refusedWith("token", "interaction_required"), also: unchallenged},
		{name: "text: markup in the claims that fail", attack: faults(authtest.Claim("aud", []string{markup})), want: trust("aud"), also: escaped},
		{name: "text: control characters in a name", attack: faults(authtest.Claim("name", "Ada\x1b[2J\r\n\u202eevil"), authtest.Claim("email", "ada@contoso.example\r\nBcc: x")), also: func(h *hostile, tokens *auth.Tokens, _ error) {
			if tokens != nil && strings.ContainsAny(tokens.Account.Name+tokens.Account.Email+tokens.Account.GivenName, "\x1b\r\n\u202e") {
				h.t.Errorf("account = %+v", tokens.Account)
			}
		}},
	}
}
