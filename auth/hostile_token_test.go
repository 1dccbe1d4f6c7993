package auth_test

import (
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

func hostileTokenAnswers() []hostileCase {
	evilToken := func(status int) func(*hostile) []authtest.Fault {
		return func(h *hostile) []authtest.Fault {
			return []authtest.Fault{authtest.RedirectTo(authtest.Token, status, h.evil.Endpoint(authtest.Token))}
		}
	}
	return []hostileCase{
		{name: "token endpoint redirects with the body (307)", attack: evilToken(307), want: unavailable("token", 307, "")},
		{name: "token endpoint redirects with the body (308)", attack: evilToken(308), want: unavailable("token", 308, "")},
		{name: "token endpoint redirects (302)", attack: evilToken(302), want: unavailable("token", 302, "")},
		{name: "endless token answer", attack: faults(authtest.Endless(authtest.Token)), want: unavailable("token", 200, "larger than")},
		{name: "10 MiB of token answer", attack: faults(authtest.Huge(authtest.Token, 10<<20)), want: unavailable("token", 200, "larger than")},
		{name: "token answer that unpacks to 1 GiB", attack: faults(authtest.Bomb(authtest.Token, 1024)), want: unavailable("token", 200, "larger than")},
		{name: "token answer nested 100,000 deep", attack: faults(authtest.Nested(authtest.Token, 100_000)), want: unavailable("token", 200, "standard")},
		{name: "token answer that drips", attack: impatient(authtest.Drip(authtest.Token, 10*time.Millisecond)), want: unavailable("token", 200, "")},
		{name: "1 MiB of header before the tokens", attack: faults(authtest.HeaderFlood(authtest.Token, 1024)), want: unavailable("token", 0, "")},
		{name: "token answer that is a web page", attack: faults(authtest.HTML(authtest.Token)), want: unavailable("token", 200, "standard")},
		{name: "token answer cut off", attack: faults(authtest.Truncated(authtest.Token)), want: unavailable("token", 200, "standard")},
		{name: "no access token", attack: faults(answers("access_token", nil)), want: misconfigured("scopes")},
		{name: "token type that nobody knows", attack: faults(answers("token_type", "mac")), want: trust("token_type")},
		{name: "DPoP token that was not asked for", attack: faults(answers("token_type", "DPoP")), want: trust("token_type")},
		{name: "no ID token", attack: faults(authtest.NoIDToken()), want: trust("id_token")},
		{name: "ID token that is no text", attack: faults(answers("id_token", map[string]any{"iss": "x"})), want: trust("id_token")},
		{name: "ID token that is no token", attack: faults(answers("id_token", "e30.e30")), want: trust("id_token")},
		{name: "ID token of four parts", attack: faults(authtest.TokenAnswer(func(m map[string]any) { m["id_token"] = m["id_token"].(string) + ".x" })), want: trust("id_token")},
		{name: "refusal with status 200", attack: faults(authtest.Body(authtest.Token, "application/json", `{"error":"invalid_grant"}`)), want: refusedWith("token", "invalid_grant")},
		{name: "refusal by a proxy's web page", attack: faults(authtest.Answer(authtest.Token, 403, map[string]string{"Content-Type": "text/html"}, "<h1>Blocked</h1>")), want: unavailable("token", 403, "")},
	}
}

func hostileIDTokens() []hostileCase {
	tests := []struct {
		name, check string
		fault       authtest.Fault
	}{
		{"another iss", "iss", authtest.WrongIssuer()},
		{"no iss", "iss", authtest.Claim("iss", nil)},
		{"iss is a number", "id_token", authtest.Claim("iss", 7)},
		{"another aud", "aud", authtest.WrongAudience()},
		{"no aud", "aud", authtest.Claim("aud", nil)},
		{"no aud in the list", "aud", authtest.Claim("aud", []string{})},
		{"aud in other letters", "aud", authtest.Claim("aud", strings.ToUpper(authtest.ClientID))},
		{"aud is an object", "id_token", authtest.Claim("aud", map[string]any{authtest.ClientID: true})},
		{"two aud without azp", "azp", authtest.PluralAudience("")},
		{"two aud with another azp", "azp", authtest.PluralAudience("another-client")},
		{"another azp", "azp", authtest.WrongAZP()},
		{"another nonce", "nonce", authtest.WrongNonce()},
		{"no nonce", "nonce", authtest.MissingNonce()},
		{"no sub", "sub", authtest.MissingSubject()},
		{"empty sub", "sub", authtest.Claim("sub", "")},
		{"sub of 256 characters", "sub", authtest.Claim("sub", strings.Repeat("s", 256))},
		{"sub with a NUL", "sub", authtest.Claim("sub", "sub-ada\x00")},
		{"sub with half a character", "sub", authtest.TokenPayload(func(p string) string { return strings.Replace(p, "sub-ada", `sub-\ud800`, 1) })},
		{"expired six minutes ago", "exp", authtest.Expired(6 * minute)},
		{"no exp", "exp", authtest.Claim("exp", nil)},
		{"exp is text", "id_token", authtest.Claim("exp", "never")},
		{"exp beyond all numbers", "id_token", authtest.TokenPayload(func(p string) string { return strings.Replace(p, `"exp":`, `"exp":1e999,"x":`, 1) })},
		{"exp before all time", "exp", authtest.Claim("exp", -1e300)},
		{"not valid for six minutes", "nbf", authtest.NotYetValid(6 * minute)},
		{"not valid before the end of time", "nbf", authtest.Claim("nbf", 1e300)},
		{"issued in six minutes", "iat", authtest.IssuedIn(6 * minute)},
		{"no iat", "iat", authtest.Claim("iat", nil)},
		{"at_hash of another token", "at_hash", authtest.WrongAccessTokenHash()},
		{"c_hash of another code", "c_hash", authtest.Claim("c_hash", "AAAAAAAAAAAAAAAAAAAAAA")},
		{"iss twice, the wrong one first", "id_token", authtest.DuplicateClaim("iss", "https://evil.example", true)},
		{"iss twice, the wrong one last", "id_token", authtest.DuplicateClaim("iss", "https://evil.example", false)},
		{"sub twice", "id_token", authtest.DuplicateClaim("sub", "sub-mallory", true)},
		{"claims are a list", "id_token", authtest.TokenPayload(func(string) string { return "[]" })},
		{"claims are nothing", "id_token", authtest.TokenPayload(func(string) string { return "" })},
		{"claims with more behind", "id_token", authtest.TokenPayload(func(p string) string { return p + p })},
		{"claims nested 20,000 deep", "id_token", authtest.TokenPayload(func(p string) string {
			return strings.Replace(p, "{", `{"x":`+strings.Repeat("[", 20_000)+strings.Repeat("]", 20_000)+",", 1)
		})},
		{"claims that are no UTF-8", "id_token", authtest.TokenPayload(func(p string) string { return strings.Replace(p, "sub-ada", "sub-\xff", 1) })},
	}
	var cases []hostileCase
	for _, test := range tests {
		cases = append(cases, hostileCase{name: "ID token: " + test.name, attack: faults(test.fault), want: trust(test.check)})
	}
	return append(cases,
		hostileCase{name: "ID token: SUB beside sub", attack: faults(authtest.DuplicateClaim("SUB", "sub-mallory", false)), also: func(h *hostile, tokens *auth.Tokens, _ error) {
			if tokens != nil && tokens.Account.Subject != authtest.Ada().Subject {
				h.t.Errorf("a claim that only looks like sub made it %q", tokens.Account.Subject)
			}
		}},
		hostileCase{name: "ID token: from a provider whose clock is three hours off", attack: faults(authtest.ClockSkew(-3 * time.Hour)), want: clockWrong},
	)
}

func hostileSignatures() []hostileCase {
	header := func(name string, value any) authtest.Fault {
		return authtest.TokenHeader(func(h map[string]any) { h[name] = value })
	}
	tests := []struct {
		name, check string
		fault       authtest.Fault
	}{
		{"alg none", "alg", authtest.AlgNone()},
		{"alg None", "alg", authtest.Unsigned("None")},
		{"alg nOnE", "alg", authtest.Unsigned("nOnE")},
		{"no alg", "alg", authtest.RawTokenHeader(`{"kid":"key-1"}`)},
		{"alg twice", "alg", authtest.RawTokenHeader(`{"alg":"RS256","alg":"none","kid":"key-1"}`)},
		{"RS256 without a signature", "signature", authtest.Unsigned("RS256")},
		{"HS256 with the public key in PEM", "alg", authtest.HMACWithPublicKey()},
		{"HS256 with the public key in DER", "alg", authtest.HMACWithDER()},
		{"HS256 with the public key as JWK", "alg", authtest.HMACWithJWK()},
		{"HS256 with the modulus", "alg", authtest.HMACWithModulus()},
		{"HS256 with the client's id", "alg", authtest.HMACWithSecret(authtest.ClientID)},
		{"HS256 with nothing", "alg", authtest.HMACWithSecret("")},
		{"PS256, which is not announced", "alg", authtest.SignedAs(jose.PS256)},
		{"RS512, which is not announced", "alg", authtest.SignedAs(jose.RS512)},
		{"unknown kid", "signature", authtest.UnknownKey()},
		{"another key under the right kid", "signature", authtest.ForgedKey()},
		{"signature of another token", "signature", authtest.ForeignSignature()},
		{"attacker's key in the header", "signature", authtest.AttackerToken(authtest.EmbeddedKey())},
		{"critical extension", "id_token", header("crit", []string{"exp"})},
		{"critical extension that is known", "id_token", authtest.TokenHeader(func(h map[string]any) { h["crit"], h["b64"] = []string{"b64"}, false })},
		{"empty list of critical extensions", "id_token", header("crit", []string{})},
		{"header nested 20,000 deep", "alg", authtest.RawTokenHeader(`{"alg":"RS256","x":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + "}")},
		{"an access token's type", "id_token", header("typ", "at+jwt")},
		{"a logout token's type", "id_token", header("typ", "application/logout+jwt")},
		{"encrypted", "id_token", authtest.EncryptedIDToken()},
		{"a token within a token", "id_token", authtest.NestedIDToken()},
	}
	var cases []hostileCase
	for _, test := range tests {
		cases = append(cases, hostileCase{name: "signature: " + test.name, attack: faults(test.fault), want: trust(test.check)})
	}
	evilHeader := func(name string) func(*hostile) []authtest.Fault {
		return func(h *hostile) []authtest.Fault {
			return []authtest.Fault{authtest.AttackerToken(map[string]any{name: h.evil.Endpoint(authtest.Keys)})}
		}
	}
	return append(cases,
		hostileCase{name: "signature: header says where the attacker's keys are (jku)", attack: evilHeader("jku"), want: trust("signature")},
		hostileCase{name: "signature: header says where the attacker's certificate is (x5u)", attack: evilHeader("x5u"), want: trust("signature")},
		hostileCase{name: "signature: unknown kid with several keys", attack: func(h *hostile) []authtest.Fault {
			h.provider.Rotate()
			return []authtest.Fault{authtest.UnknownKey()}
		}, want: trust("signature")},
		hostileCase{name: "signature: HS256 with the client's secret", options: []authtest.Option{authtest.WithClient(authtest.ClientID, clientSecret)},
			provider: func(_ *hostile, p *auth.Provider) { p.ClientAuth.Method = auth.AuthSecretBasic }, act: signsInWithSecret,
			attack: faults(authtest.HMACWithSecret(clientSecret)), want: trust("alg")},
		hostileCase{name: "signature: HS256 is all that is announced", attack: func(h *hostile) []authtest.Fault {
			return append(metadata("id_token_signing_alg_values_supported", []string{"HS256", "none"})(h), authtest.HMACWithPublicKey())
		}, want: misconfigured("id_token_signing_alg_values_supported")},
	)
}

func hostileKeySets() []hostileCase {
	key := func(name string, value any) func(*hostile) []authtest.Fault {
		return faults(authtest.EachKey(func(k map[string]any) { k[name] = value }))
	}
	body := func(text string) func(*hostile) []authtest.Fault {
		return faults(authtest.Body(authtest.Keys, "application/json", text))
	}
	return []hostileCase{
		{name: "keys redirect", attack: func(h *hostile) []authtest.Fault {
			return []authtest.Fault{authtest.RedirectTo(authtest.Keys, 302, h.evil.Endpoint(authtest.Keys))}
		}, want: redirectedAt("keys", 302)},
		{name: "key that is for encryption", attack: key("use", "enc"), want: trust("signature")},
		{name: "key that is for other operations", attack: key("key_ops", []string{"encrypt", "wrapKey"}), want: trust("signature")},
		{name: "key that is for another algorithm", attack: key("alg", "PS256"), want: trust("signature")},
		{name: "key under another id", attack: key("kid", "key-2"), want: trust("signature")},
		{name: "key of 1024 bits", attack: faults(authtest.WeakKey()...), want: trust("signature")},
		{name: "private key in the set", attack: faults(authtest.PublishedPrivateKey()), want: trust("signature")},
		{name: "secret key in the set", attack: faults(authtest.PublishedSecret()...), want: misconfigured("id_token_signing_alg_values_supported")},
		{name: "no keys", attack: body(`{"keys":[]}`), want: trust("signature")},
		{name: "keys are null", attack: body(`null`), want: trust("signature")},
		{name: "keys are text", attack: body(`{"keys":"keys"}`), want: trust("signature")},
		{name: "keys are no JSON", attack: body("<html>"), want: notProvider("JSON")},
		{name: "keys nested 100,000 deep", attack: faults(authtest.Nested(authtest.Keys, 100_000)), want: notProvider("JSON")},
		{name: "endless keys", attack: faults(authtest.Endless(authtest.Keys)), want: notProvider("larger than")},
		{name: "10 MiB of keys", attack: faults(authtest.Huge(authtest.Keys, 10<<20)), want: notProvider("larger than")},
		{name: "keys that unpack to 1 GiB", attack: faults(authtest.Bomb(authtest.Keys, 1024)), want: notProvider("larger than")},
		{name: "keys that drip", attack: impatient(authtest.Drip(authtest.Keys, 10*time.Millisecond)), want: unavailable("keys", 0, "deadline")},
	}
}
