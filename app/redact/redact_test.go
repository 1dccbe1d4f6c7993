package redact

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

func TestSecretsAreTakenOut(t *testing.T) {
	for text, want := range map[string]string{
		"code=SplxlOBeZQQYbYS6WxSbIA&state=af0ifjsldkj":                              "code=[redacted]&state=[redacted]",
		"grant_type=refresh_token&refresh_token=abc&client_id=portico":               "grant_type=refresh_token&refresh_token=[redacted]&client_id=portico",
		`{"access_token":"abc","expires_in":3600}`:                                   `{"access_token":"[redacted]","expires_in":3600}`,
		`{"refresh_token": "a\"b, c", "scope":"openid"}`:                             `{"refresh_token": "[redacted]", "scope":"openid"}`,
		`error="the answer is {\"id_token\":\"abc\",\"scope\":\"openid\"}"`:          `error="the answer is {\"id_token\":\"[redacted]\",\"scope\":\"openid\"}"`,
		"map[code:[abc] code_verifier:[xyz]]":                                        "map[code:[[redacted] code_verifier:[[redacted]",
		"Authorization: Basic cG9ydGljbzpodW50ZXIy":                                  "Authorization: [redacted]",
		"DPoP eyJhbGciOiJFUzI1NiJ9.e30.c2ln and more":                                "DPoP [redacted] and more",
		"Cookie: session=1; theme=dark\nHost: a":                                     "Cookie: [redacted]\nHost: a",
		"password: hunter2, user: ada":                                               "password: [redacted] user: ada",
		"token: 8xLOxBtZp8aB was not found":                                          "token: [redacted] was not found",
		"the token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl has expired":    "the token [redacted] has expired",
		"cut off: eyJhbGciOiJSUzI1Ni":                                                "cut off: [redacted]",
		"{\"refresh_token\":\n\t\"abc\", \"scope\": \"openid\"}":                     "{\"refresh_token\":\n\t\"[redacted]\", \"scope\": \"openid\"}",
		"claims %7B%22id_token%22%3A%22abc%22%7D refused":                            "claims %7B%22id_token%22%3A[redacted] refused",
		"<pre>{&quot;refresh_token&quot;: &quot;abc&quot;}</pre>":                    "<pre>{&quot;refresh_token&quot;: &quot;[redacted]&quot;}</pre>",
		"next=https%253A%252F%252Fa.example%252F%253Fa%253Db%2526code%253Dabc":       "next=https%253A%252F%252Fa.example%252F%253Fa%253Db%2526code%253D[redacted]",
		"Passwort: hunter2, pwd=hunter2":                                             "Passwort: [redacted] pwd=[redacted]",
		"the proxy //ada:hunter2@proxy.contoso.example/":                             "the proxy //[redacted]@proxy.contoso.example/",
		"http://ada:hunter2@proxy.contoso.example:8080":                              "http://[redacted]@proxy.contoso.example:8080",
		`parse "http://ada:hun/ter2@proxy:8080": invalid`:                            `parse "http://[redacted]@proxy:8080": invalid`,
		"HTTPS_PROXY=ada:hunter2@proxy:8080":                                         "HTTPS_PROXY=[redacted]@proxy:8080",
		"GET /?code=abc&session=xyz HTTP/1.1":                                        "GET /?code=[redacted]&session=[redacted] HTTP/1.1",
		"opening http://127.0.0.1:4711/?secret-without-a-name, then":                 "opening http://127.0.0.1:4711/?[redacted], then",
		"com.contoso.app://callback/#id=1":                                           "com.contoso.app://callback/#[redacted]",
		"https://login.example/authorize?client_id=portico&state=x&login_hint=a@b.c": "https://login.example/authorize?client_id=portico&state=[redacted]&login_hint=[redacted]",
		"redirect=http%3A%2F%2F127.0.0.1%2F%3Fcode%3Dabc%26state%3Dxyz":              "redirect=http%3A%2F%2F127.0.0.1%2F%3Fcode%3D[redacted]",
		"Q3vJx0sV9bT2kLm8Zr5Wd1Yc7Nf4Hg6Pa0Eu2Io":                                    "Q3vJx0sV9bT2kLm8Zr5Wd1Yc7Nf4Hg6Pa0Eu2Io",
		"Q3vJx0sV9bT2kLm8Zr5Wd1Yc7Nf4Hg6Pa0Eu2IoXyZ":                                 "[redacted]",
		"-----BEGIN EC PRIVATE KEY-----\nMHc\n-----END EC PRIVATE KEY-----\nnext":    "[redacted]\nnext",
		"-----BEGIN PRIVATE KEY-----\nMHc":                                           "[redacted]",
		"9c1f4d2e-1111-4222-8333-444455556666.9c1f4d2e-1111-4222-8333-444455556666":  "[redacted]",
	} {
		if got := Text(text); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}

// What support reads has to stay what it was.
func TestOrdinaryTextStays(t *testing.T) {
	for _, text := range []string{
		"", "signed in", "exit code: 13", "status code 404", "token: the provider answers invalid_grant: AADSTS50173: The grant has expired. Trace ID: 0a1b2c3d-1111-2222-3333-444455556666",
		"authorization: the provider answers access_denied: the person said no",
		`time=2026-11-22T08:36:02.123Z level=INFO msg="sign-in prepared" provider=work redirect_uri=http://127.0.0.1:43211/`,
		`level=INFO msg=session phase=needs-sign-in code=sign-in-expired state=signed-in remembered=true wrong_state=3`,
		`{"code":"provider-unreachable","params":{"host":"login.example"}}`,
		"provider Work account: private_key_jwt is asked for, and nothing was set for it",
		"Basic authentication is not offered; the proxy wants Negotiate or NTLM",
		"https://portal.contoso.example/.well-known/portico.json", "mailto:help@contoso.example?subject=Portico",
		"ada@contoso.example", "(ada@contoso.example)", "account=ada@contoso.example", "sha256:5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9",
		"TokenStore=file", "//fileserver/share/a.pem", "a &quot;code&quot; of 5%25 width", "token_endpoint: https://login.example/token", "proxy-wants-password", "client_auth: private_key_jwt",
		"/home/ada/.local/state/portico/logs/portico-agent.log", `C:\Users\ada\AppData\Local\Portico\Logs`,
		`{"secret":{"set":true,"days_left":12}}`, "dial tcp 10.0.0.1:443: connect: connection refused",
		"key store: gnome-keyring, locked", "AADSTS7000215: Invalid client secret provided.",
	} {
		if got := Text(text); got != text {
			t.Errorf("%s\nbecomes %s", text, got)
		}
	}
}

func TestValuesAreSecretByTheirName(t *testing.T) {
	for _, name := range []string{
		"refresh_token", "Authorization", "Proxy-Authorization", "password", "client_secret", "user_code", "verifier", "Set-Cookie", "token", "code", "state",
	} {
		if got := Value(name, "abc"); got != Mark {
			t.Errorf("%s: %s", name, got)
		}
	}
	for name, value := range map[string]string{
		"code": "sign-in-expired", "state": "signed-in", "provider": "abc", "TokenStore": "file", "error": "abc", "redirect_uri": "http://127.0.0.1/", "token": "",
	} {
		if got := Value(name, value); got != value {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// forms are how a secret turns up. Each takes one.
func forms() []string {
	return []string{
		"code=%s", "?state=%s&a=b", "x&refresh_token=%s", "code_verifier=%s&y", "%%26code%%3D%s", "auth_code: %s", "user_code=%s", "password=%s",
		`{"access_token":"%s"}`, `{"client_secret" : "%s"}`, `{\"id_token\":\"%s\"}`, `{\\\"code\\\":\\\"%s\\\"}`, "map[state:[%s]]", "{'nonce': '%s'}",
		"Authorization: Bearer %s", "Bearer %s9", "Cookie: a=%s; b=c", "http://u:%s@h:80/", "http://%s@h/", "https://h/p?q=%s", "https://h/?%s", "app://x#%s",
		"u:%s@proxy:80", "eyJhbGciOiJub25lIn0.%s.sig", "-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----", "GET /cb?x=%s HTTP/1.1",
		"client_assertion=%s", "device_code=%s", "X-Api-Key: %s",
		"%%2526code%%253D%s", "%%22access_token%%22%%3A%%22%s%%22", "&quot;id_token&quot;: &quot;%s&quot;", "\"nonce\":\n  \"%s\"", "//u:%s@h/",
	}
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// canary makes a secret out of anything: what tokens are made of (RFC 6750,
// section 2.1), and long enough to be found again.
func canary(seed []byte) string {
	var b strings.Builder
	b.WriteString("kA7")
	for i := range 24 {
		c := byte(i * 37)
		if len(seed) > 0 {
			c += seed[i%len(seed)]
		}
		b.WriteByte(alphabet[int(c)%len(alphabet)])
	}
	return b.String()
}

func FuzzText(f *testing.F) {
	for i, form := range forms() {
		f.Add(uint(i), []byte(form), "before ", " after")
		f.Add(uint(i), []byte{byte(i)}, form, form)
	}
	for i, form := range forms() {
		if strings.HasPrefix(form, "Bearer") || strings.HasPrefix(form, "auth_code") {
			f.Add(uint(i), []byte("0"), "Code=", "0") // a name before a name
		}
	}
	f.Add(uint(3), []byte("x"), `a "quoted`, `text" http://u:p@h/?q=%s#f`)
	f.Fuzz(func(t *testing.T, n uint, seed []byte, before, after string) {
		form := forms()[n%uint(len(forms()))]
		secret := canary(seed)
		if strings.Contains(before, secret) || strings.Contains(after, secret) {
			return
		}
		for _, text := range []string{before, before + "\n" + fmt.Sprintf(form, secret) + "\n" + after, before + " " + fmt.Sprintf(form, secret) + " " + after} {
			once := Text(text)
			if strings.Contains(once, secret) {
				t.Errorf("%q\nkeeps the secret %s: %q", text, secret, once)
			}
			if again := Text(once); again != once {
				t.Errorf("%q\nis %q, and once more %q", text, once, again)
			}
		}
	})
}

// Documents of a bundle have to stay documents.
func TestJSONStaysJSON(t *testing.T) {
	raw, err := json.Marshal(map[string]any{
		"code": "abc", "list": []any{map[string]any{"password": `a"b\c`, "next": 1}}, "text": "http://u:p@h/?q=1#f", "inner": `{"refresh_token":"abc"}`,
		"nonce": nil, "token": true, "form": url.Values{"code": {"x y"}}.Encode(), "header": "Authorization: Bearer abc", "tokens": []string{"a"}, "secret": []string{"b", "c"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := Text(string(raw)); !json.Valid([]byte(got)) {
		t.Errorf("%s\nis no JSON any more: %s", raw, got)
	}
}
