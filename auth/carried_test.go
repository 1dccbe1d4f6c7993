package auth

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/quick"

	"golang.org/x/oauth2"
)

func TestWhatWasCarriedIsMaskedInEveryForm(t *testing.T) {
	for name, value := range map[string]string{
		"a token": "mF_9.B5f-4.1JqM0a-7Zk2Rr", "with signs": `p+q/r=s&t"u<v>'w x%y`, "words": "correct horse battery staple", "in another script": "пароль-для-клиента",
	} {
		c := carried{"", value}
		quoted, _ := json.Marshal(value)
		for form, text := range map[string]string{
			"bare": value, "in an address": url.QueryEscape(value), "in a path": url.PathEscape(value), "in lower case": strings.ToLower(url.QueryEscape("+/=")) + lowerEscapes(url.QueryEscape(value)),
			"in a page": html.EscapeString(value), "in JSON": string(quoted), "in base64": base64.StdEncoding.EncodeToString([]byte(value)),
			"cut off": value[:len(value)-3], "its end": value[3:], "twice": value + value,
		} {
			masked := c.mask("the token " + text + " is unknown")
			if !strings.HasPrefix(masked, "the token ") || !strings.HasSuffix(masked, " is unknown") || !strings.Contains(masked, carriedMark) {
				t.Errorf("%s, %s: %q", name, form, masked)
			}
			for i := 0; i+pieceLength <= len(value); i++ {
				if strings.Contains(masked, value[i:i+pieceLength]) {
					t.Errorf("%s, %s: %q is in %q", name, form, value[i:i+pieceLength], masked)
				}
			}
		}
	}
}

func TestShortSecretsAreMaskedAsWords(t *testing.T) {
	c := carried{"s3cret", "a"}
	for text, want := range map[string]string{
		"s3cret": carriedMark, "'s3cret'": "'" + carriedMark + "'", "wrong secret s3cret.": "wrong secret " + carriedMark + ".", "s3crets": "s3crets", "nos3cret": "nos3cret",
		"client_s3cret": "client_s3cret", "not " + "a" + " word": "not " + carriedMark + " word", "": "", "and": "and",
	} {
		if got := c.mask(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func TestNothingElseIsMasked(t *testing.T) {
	unchanged := func(text string) bool { return carried{"mF_9.B5f-4.1JqM0a-7Zk2Rr"}.mask(text) == text }
	if err := quick.Check(unchanged, nil); err != nil {
		t.Error(err)
	}
	form := url.Values{"grant_type": {"refresh_token"}, "scope": {"openid email offline_access"}, "client_id": {"portico-of-contoso"}, "refresh_token": {"secret-1-of-2"}, "brand_new": {"secret-2-of-2"}}
	c := carriedBy(form, http.Header{"Authorization": {"Basic dXNlcjpwYXNzd29yZA=="}, "Dpop": {"the-proof-itself"}}, credential{secret: "password"})
	const text = "the grant refresh_token of portico-of-contoso with openid email offline_access is unknown"
	if got := c.mask(text); got != text {
		t.Errorf("%q", got)
	}
	for _, secret := range []string{"secret-1-of-2", "secret-2-of-2", "dXNlcjpwYXNzd29yZA==", "the-proof-itself", "password"} {
		if got := c.mask(secret); got != carriedMark {
			t.Errorf("%q is %q", secret, got)
		}
	}
}

// What is decided by a refusal stays what it is.
func TestMaskedRefusalsMeanWhatTheyMean(t *testing.T) {
	e := &oauth2.RetrieveError{ErrorCode: "invalid_grant", ErrorDescription: "invalid_grant " + strings.Repeat("x", maxWords-18) + " token-token-token", ErrorURI: "https://id.example/?t=token-token-token",
		Body: []byte(`{"error":"invalid_grant","error_codes":[70008, 50076],"suberror":"basic_action","claims":{"access_token":{"x":"token-token-token"}},"trace_id":"token-token-token"}`)}
	c := carried{"token-token-token", "invalid_grant"}
	c.maskRefusal(e)
	p := providerError("token", 400, e)
	if p.Code != "invalid_grant" || p.Suberror != "basic_action" || len(p.Numbers) != 2 || p.Claims == "" || ReasonOf(p) == ReasonUnknown {
		t.Errorf("%+v", p)
	}
	if all, _ := json.Marshal(p); strings.Contains(string(all), "token-token") || strings.Contains(p.Description, "tok") {
		t.Errorf("%s", all)
	}
	err := c.maskError(&UnavailableError{Step: "token", Status: 503, Err: errors.New("line token-token-token")})
	if got := err.Error(); strings.Contains(got, "token-token") || !strings.Contains(got, "503") {
		t.Error(got)
	}
	if got := (carried{}).maskBody([]byte("no JSON")); string(got) != "no JSON" {
		t.Errorf("%s", got)
	}
}
