package auth_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/auth"
)

func TestChallengeOfAnAPI(t *testing.T) {
	const claims = `{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}`
	encoded := base64.StdEncoding.EncodeToString([]byte(claims))
	for _, test := range []struct {
		name    string
		headers []string
		want    *auth.ProviderError
		person  bool
	}{
		{name: "nothing said", headers: []string{"Bearer"}},
		{name: "another scheme's error", headers: []string{`Basic realm="x", error="invalid_token"`}},
		{name: "expired", headers: []string{`Bearer realm="portal", error="invalid_token", error_description="it \"expired\", yesterday"`},
			want: &auth.ProviderError{Step: "api", Code: "invalid_token", Description: `it "expired", yesterday`, Status: 401}},
		{name: "Entra's claims challenge", headers: []string{`Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", error="insufficient_claims", claims="` + encoded + `"`},
			want: &auth.ProviderError{Step: "api", Code: "insufficient_claims", Status: 401, Claims: claims}, person: true},
		{name: "the same unquoted, without padding", headers: []string{`Bearer error=insufficient_claims,claims=` + strings.TrimRight(encoded, "=")},
			want: &auth.ProviderError{Step: "api", Code: "insufficient_claims", Status: 401, Claims: claims}, person: true},
		{name: "claims that are none", headers: []string{`Bearer error="insufficient_claims", claims="bm90aGluZw=="`},
			want: &auth.ProviderError{Step: "api", Code: "insufficient_claims", Status: 401}},
		{name: "step up", headers: []string{`Bearer error="insufficient_user_authentication", acr_values="phr mfa"`},
			want: &auth.ProviderError{Step: "api", Code: "insufficient_user_authentication", Status: 401,
				Claims: `{"id_token":{"acr":{"essential":true,"values":["phr","mfa"]}}}`}, person: true},
		{name: "several challenges in one header", headers: []string{`Negotiate, Basic realm="x", DPoP algs="ES256", error="invalid_dpop_proof", Bearer error="invalid_token"`},
			want: &auth.ProviderError{Step: "api", Code: "invalid_dpop_proof", Status: 401}},
		{name: "several headers", headers: []string{"Negotiate", `bearer ERROR = "invalid_token"`},
			want: &auth.ProviderError{Step: "api", Code: "invalid_token", Status: 401}},
		{name: "the first word counts", headers: []string{`Bearer error="invalid_token", error="insufficient_claims"`},
			want: &auth.ProviderError{Step: "api", Code: "invalid_token", Status: 401}},
		{name: "control characters", headers: []string{"Bearer error=\"a\x1b[31mb\""},
			want: &auth.ProviderError{Step: "api", Code: "a [31mb", Status: 401}},
		{name: "a quote that never ends", headers: []string{`Bearer error="invalid_token\`},
			want: &auth.ProviderError{Step: "api", Code: "invalid_token", Status: 401}},
	} {
		resp := &http.Response{StatusCode: http.StatusUnauthorized, Header: http.Header{"Www-Authenticate": test.headers}}
		got := auth.Challenge(resp)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
		if got != nil && got.NeedsPerson() != test.person {
			t.Errorf("%s: NeedsPerson() = %t", test.name, got.NeedsPerson())
		}
		resp.StatusCode = http.StatusForbidden
		if auth.Challenge(resp) != nil {
			t.Errorf("%s: 403 challenges", test.name)
		}
	}
}

func FuzzAPIChallenge(f *testing.F) {
	f.Add(`Bearer error="invalid_token", claims="e30="`)
	f.Add(`Negotiate a=b, DPoP error=x`)
	f.Fuzz(func(t *testing.T, header string) {
		got := auth.Challenge(&http.Response{StatusCode: http.StatusUnauthorized, Header: http.Header{"Www-Authenticate": {header}}})
		if got != nil && got.Code == "" {
			t.Error("an error without a name")
		}
	})
}
