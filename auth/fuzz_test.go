package auth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/oauth2"

	"github.com/portico-desktop/portico/auth/fetch"
	"github.com/portico-desktop/portico/auth/plain"
	"github.com/portico-desktop/portico/auth/vault"
)

// fuzzed is a client whose every request is answered by a function.
func fuzzed(f testing.TB, dialect Dialect, answers func(*http.Request) *http.Response) *Client {
	f.Helper()
	if answers == nil {
		answers = func(*http.Request) *http.Response { return answering(200, "application/json", `{"keys":[]}`, nil) }
	}
	authority := "https://provider.example"
	if dialect == Entra {
		authority += "/organizations/v2.0"
	}
	c, err := New(Params{
		Provider: Provider{ID: "work", Authority: authority, ClientID: "portico", Dialect: dialect},
		Accounts: NewAccounts(noStore{}, f.TempDir()), HTTP: &http.Client{Transport: roundTripper(answers)},
		Now: func() time.Time { return fuzzNow },
	})
	if err != nil {
		f.Fatal(err)
	}
	return c
}

// fuzzNow is when all fuzzing happens.
var fuzzNow = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

type roundTripper func(*http.Request) *http.Response

func (r roundTripper) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		_, _ = io.Copy(io.Discard, req.Body)
		req.Body.Close()
	}
	answer := r(req)
	answer.Request = req // as a transport does
	return answer, nil
}

func answering(status int, contentType, body string, header http.Header) *http.Response {
	h := header.Clone()
	if h == nil {
		h = http.Header{}
	}
	h.Set("Content-Type", contentType)
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

// noStore is a key store that fails whoever uses it.
type noStore struct{}

func (noStore) Get(context.Context, string) ([]byte, error) { return nil, vault.ErrNotFound }
func (noStore) Put(context.Context, string, []byte) error {
	return errors.New("nothing may be kept of fuzzing")
}
func (noStore) Delete(context.Context, string) error { return vault.ErrNotFound }

// mustBePlain holds what is true of every text that reaches a log or a terminal.
func mustBePlain(t *testing.T, text string) {
	t.Helper()
	if strings.ContainsFunc(text, func(r rune) bool { return plain.Hidden(r) && r != 0x200c && r != 0x200d }) {
		t.Errorf("%q writes on a terminal", text)
	}
}

const honestMetadata = `{"issuer":"https://provider.example","authorization_endpoint":"https://provider.example/a","token_endpoint":"https://provider.example/t",` +
	`"jwks_uri":"https://provider.example/k","userinfo_endpoint":"https://provider.example/u","code_challenge_methods_supported":["S256"]}`

func FuzzMetadata(f *testing.F) {
	f.Add(honestMetadata, false)
	f.Add(strings.ReplaceAll(honestMetadata, "https://provider.example\"", "https://provider.example/{tenantid}/v2.0\""), true)
	f.Add(strings.Replace(honestMetadata, "https://provider.example/t", "http://127.0.0.1/t", 1), false)
	f.Add(strings.Replace(honestMetadata, "https://provider.example/a", "javascript:alert(1)", 1), false)
	f.Add(strings.Replace(honestMetadata, "https://provider.example/u", "https://x:y@z/#f", 1), false)
	f.Add(`{"issuer":"https://provider.example","ISSUER":"https://evil.example"}`, false)
	f.Add("{\"issuer\":\"https://provider.example\\u0000\\u001b[2J\"}", false)
	f.Add(`null`, false)
	clients := map[bool]*Client{false: fuzzed(f, Standard, nil), true: fuzzed(f, Entra, nil)}
	f.Fuzz(func(t *testing.T, body string, entra bool) {
		c := clients[entra]
		m, err := c.parseMetadata([]byte(body))
		if err != nil {
			mustBePlain(t, err.Error())
			if reason := ReasonOf(err); reason == ReasonNone || reason == ReasonUnknown {
				t.Errorf("%v has no reason", err)
			}
			return
		}
		wanted := map[bool]string{false: "https://provider.example", true: "https://provider.example/{tenantid}/v2.0"}[entra]
		if m.Issuer != wanted {
			t.Errorf("issuer %q was taken for %q", m.Issuer, wanted)
		}
		for _, address := range []string{
			m.AuthorizationEndpoint, m.TokenEndpoint, m.JWKSURI, m.UserinfoEndpoint, m.RevocationEndpoint, m.EndSessionEndpoint, m.DeviceEndpoint, m.PAREndpoint,
		} {
			u, err := url.Parse(address)
			if address != "" && (err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "") {
				t.Errorf("the endpoint %q was taken", address)
			}
		}
		if m.AuthorizationEndpoint == "" || m.TokenEndpoint == "" || m.JWKSURI == "" {
			t.Errorf("an endpoint is missing: %+v", m)
		}
		for _, alg := range m.allowedAlgorithms() {
			if strings.HasPrefix(string(alg), "HS") || strings.EqualFold(string(alg), "none") {
				t.Errorf("signatures with %s would be taken", alg)
			}
		}
	})
}

// honestClaims fit the fuzzed clients at fuzzNow.
const honestClaims = `{"iss":"https://provider.example","sub":"sub-ada","aud":"portico","exp":1795352400,"iat":1795348800,"nonce":"n-1","name":"Ada"}`

func FuzzIDToken(f *testing.F) {
	const header = `{"alg":"RS256","kid":"key-1","typ":"JWT"}`
	const tenant = "11111111-aaaa-4000-8000-000000000001"
	f.Add(header, honestClaims, false)
	f.Add(header, strings.Replace(honestClaims, `"https://provider.example"`, `"https://provider.example/`+tenant+`/v2.0","tid":"`+tenant+`","oid":"`+tenant+`"`, 1), true)
	f.Add(`{"alg":"none"}`, honestClaims, false)
	f.Add(`{"alg":"RS256","crit":["exp"]}`, honestClaims, false)
	f.Add(header, strings.Replace(honestClaims, `"sub"`, `"SUB":"sub-mallory","sub"`, 1), false)
	f.Add(header, strings.Replace(honestClaims, `"aud":"portico"`, `"aud":["portico","x"],"azp":"portico"`, 1), false)
	f.Add(header, strings.Replace(honestClaims, `1795352400`, `1e400`, 1), false)
	f.Add(header, strings.Replace(honestClaims, `"Ada"`, `"Ada\u001b[2J\u202e","act":{"sub":"mallory"}`, 1), false)
	m := &Metadata{Issuer: "https://provider.example", JWKSURI: "https://provider.example/k"}
	template := &Metadata{Issuer: "https://provider.example/{tenantid}/v2.0", JWKSURI: m.JWKSURI}
	clients := map[bool]*Client{false: fuzzed(f, Standard, nil), true: fuzzed(f, Entra, nil)}
	f.Fuzz(func(t *testing.T, header, payload string, entra bool) {
		c, metadata := clients[entra], m
		if entra {
			metadata = template
		}
		raw := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".c2ln"
		want := expected{nonce: "n-1", accessToken: "access", code: "code"}
		var claims *tokenClaims
		token, err := c.identify(metadata, raw, want)
		if err == nil {
			claims, err = c.checkClaims(metadata, token, want)
		}
		if err != nil {
			mustBePlain(t, err.Error())
			var trust *TrustError
			if claims != nil || !errors.As(err, &trust) {
				t.Errorf("claims = %+v, err = %v", claims, err)
			}
			return
		}
		// The same in another way: members by their exact names, from the text itself.
		var said map[string]any
		if err := json.Unmarshal([]byte(payload), &said); err != nil || !utf8.ValidString(payload) {
			t.Fatalf("claims that are not JSON were taken: %v", err)
		}
		issuer := "https://provider.example"
		if entra {
			tid, _ := said["tid"].(string)
			issuer = "https://provider.example/" + tid + "/v2.0"
			if !guid().MatchString(tid) || strings.ContainsAny(tid, "/\n") {
				t.Errorf("tid %q was taken", tid)
			}
		}
		if said["iss"] != issuer || said["sub"] != claims.Subject || claims.Subject == "" || said["nonce"] != "n-1" || !slices.Contains(claims.Audience, "portico") {
			t.Errorf("claims %s were taken as %+v", payload, claims)
		}
		exp, _ := said["exp"].(float64)
		if iat, ok := said["iat"].(float64); !ok || exp < float64(fuzzNow.Unix())-301 || iat > float64(fuzzNow.Unix())+301 {
			t.Errorf("times of %s were taken", payload)
		}
		if h := readHeader(base64.RawURLEncoding.EncodeToString([]byte(header))); h.Algorithm != "RS256" || h.Critical != nil {
			t.Errorf("header %s was taken", header)
		}
		a := c.account(claims)
		mustBePlain(t, a.Name+a.GivenName+a.Email+a.Actor+a.Tenant+a.Object)
		if again := c.account(claims); again != a || len(a.ID) != 24 {
			t.Errorf("the account's id is %q and %q", a.ID, again.ID)
		}
		if _, err := c.verify(t.Context(), metadata, raw, expected{nonce: "n-1"}); err == nil {
			t.Error("a signature by nobody was taken")
		}
	})
}

// FuzzTokenAnswer: whatever the token endpoint and all others answer, a code
// becomes no sign-in, and every error has a type and no secret.
func FuzzTokenAnswer(f *testing.F) {
	for _, seed := range []struct {
		status      int
		contentType string
		body, extra string
	}{
		{200, "application/json", `{"access_token":"a","token_type":"Bearer","expires_in":3600,"id_token":"e30.e30.","refresh_token":"r"}`, ""},
		{200, "application/x-www-form-urlencoded", "access_token=a&expires_in=-1", ""},
		{200, "application/json", `{"error":"invalid_grant"}`, ""},
		{200, "application/json", `{"access_token":"a","expires_in":"9999999999999999999"}`, ""},
		{400, "application/json", `{"error":"invalid_grant","error_codes":[1e5,70000],"suberror":"bad_token","claims":"{}","trace_id":"\u0000"}`, ""},
		{400, "application/json", `{"error":"use_dpop_nonce"}`, "n-1"},
		{401, "text/plain", "error=invalid_client&error_description=%1b%5b2J", ""},
		{429, "text/html", "<html>", "Sun, 22 Nov 2026 13:00:00 GMT"},
		{503, "application/json", `{"error":"temporarily_unavailable"}`, "120"},
		{307, "text/html", "", "https://evil.example/"},
		{204, "", "", ""},
	} {
		f.Add(seed.status, seed.contentType, seed.body, seed.extra)
	}
	var status int
	var contentType, body, extra string
	c := fuzzed(f, Standard, func(*http.Request) *http.Response {
		return answering(status, contentType, body, http.Header{
			"Retry-After": {extra}, "Location": {extra}, "Dpop-Nonce": {extra}, "Date": {extra}, "Www-Authenticate": {extra},
		})
	})
	m := &Metadata{
		Issuer: "https://provider.example", TokenEndpoint: "https://provider.example/t", JWKSURI: "https://provider.example/k",
		UserinfoEndpoint: "https://provider.example/u", DPoPAlgs: []string{"ES256"},
	}
	asked := c.newRequest(m, BeginOptions{})
	f.Fuzz(func(t *testing.T, s int, kind, text, more string) {
		if s < 200 || s > 599 {
			t.Skip("not a final status of HTTP")
		}
		status, contentType, body, extra = s, kind, text, more
		const code = "the-code-of-this-sign-in"
		_, token, answer, err := c.redeem(t.Context(), m, "http://127.0.0.1:1/", code, asked)
		if err == nil {
			if token.AccessToken == "" || s > 299 {
				t.Errorf("status %d with %q gave the token %+v", s, text, token)
			}
			if e := expiry(token); !e.IsZero() && e.Before(time.Now().Add(-time.Minute)) {
				t.Errorf("expiry = %v", e)
			}
			_, err = c.completeSignIn(t.Context(), m, token, expected{nonce: asked.nonce, code: code, serverTime: answer.serverTime()}, granted{proof: asked.proof})
		}
		if err == nil {
			t.Fatal("it was a sign-in")
		}
		var passing *UnavailableError
		if errors.As(err, &passing) && (passing.RetryAfter < 0 || passing.RetryAfter > 24*time.Hour) {
			t.Errorf("to be repeated after %v", passing.RetryAfter)
		}
		if reason := ReasonOf(err); reason == ReasonNone || reason == ReasonUnknown {
			t.Errorf("%T %v has no reason", err, err)
		}
		mustBePlain(t, err.Error())
		if said := err.Error(); strings.Contains(said, code) || strings.Contains(said, asked.verifier) {
			t.Errorf("a secret is in %q", said)
		}
	})
}

// FuzzReason: any refusal has a reason, and its texts are fit for a log.
func FuzzReason(f *testing.F) {
	f.Add("access_denied", "AADSTS65004: User declined to consent. Trace ID: 0000-1", "cancel", "", "authorization", 0)
	f.Add("invalid_grant", "AADSTS700082 AADSTS1 AADSTS123456789 xAADSTS50058", "token_expired", `{"access_token":{}}`, "token", 400)
	f.Add("server_error", "\u2028\u202e\x00\x1b[2J", "", "[]", "device", 500)
	f.Add("", "\xff\xfe", "basic_action", strings.Repeat("{", 9000), "", -1)
	number := regexp.MustCompile(`^AADSTS[0-9]{4,8}$`)
	f.Fuzz(func(t *testing.T, code, description, suberror, claims, step string, status int) {
		err := refusal("https://provider.example/a", url.Values{
			"error": {code}, "error_description": {description}, "error_subcode": {suberror}, "error_uri": {description}, "claims": {claims},
		})
		mustBePlain(t, err.Error())
		if reason := ReasonOf(err); reason == ReasonNone || reason == ReasonUnknown {
			t.Errorf("%v has no reason", err)
		}
		body, _ := json.Marshal(map[string]any{"error": code, "suberror": suberror, "trace_id": description, "correlation_id": description, "claims": claims, "error_codes": []int{status}})
		answered := providerError(step, status, &oauth2.RetrieveError{Body: body, ErrorCode: code, ErrorDescription: description, ErrorURI: suberror})
		if reason := ReasonOf(answered); reason == ReasonNone || reason == ReasonUnknown {
			t.Errorf("%v has no reason", answered)
		}
		mustBePlain(t, strings.Join(append(answered.Numbers, answered.Code, answered.Description, answered.URI, answered.Suberror, answered.TraceID, answered.CorrelationID), ""))
		if answered.Claims != "" && (len(answered.Claims) > maxChallenge || !json.Valid([]byte(answered.Claims))) {
			t.Errorf("%q is to be sent as a claims request", answered.Claims)
		}
		found := numbersIn(description)
		for _, n := range found {
			if !number.MatchString(n) || !strings.Contains(description, n) {
				t.Errorf("%q was found in %q", n, description)
			}
		}
		if len(found) > 4 {
			t.Errorf("%d numbers were found", len(found))
		}
		plain := clean(description)
		if clean(plain) != plain || utf8.RuneCountInString(plain) > 500 || !utf8.ValidString(plain) {
			t.Errorf("%q is cleaned to %q", description, plain)
		}
		mustBePlain(t, plain)
	})
}

// FuzzChallenge: what is sent for a challenge is JSON that asks for at least as
// much, and says what this client can do.
func FuzzChallenge(f *testing.F) {
	f.Add(`{"access_token":{"nbf":{"essential":true,"value":"1"}}}`)
	f.Add(`{"access_token":null}`)
	f.Add(`[]`)
	f.Add(`{"a":1,"a":2}`)
	f.Fuzz(func(t *testing.T, text string) {
		var merged struct {
			Access struct {
				Capabilities struct {
					Values []string `json:"values"`
				} `json:"xms_cc"`
			} `json:"access_token"`
		}
		if err := json.Unmarshal([]byte(withCapabilities(challenge(text))), &merged); err != nil || !slices.Equal(merged.Access.Capabilities.Values, []string{"cp1"}) {
			t.Errorf("%q becomes %q (%v)", text, withCapabilities(challenge(text)), err)
		}
	})
}

// FuzzPaste: what people paste is read as the address it is, however their mail
// program has broken it.
func FuzzPaste(f *testing.F) {
	f.Add("the-code", "the-state", 10)
	f.Add("1.AWAA+/=&#?%\u00e4", "s", 3)
	f.Add("", "\"'<>", 0)
	f.Fuzz(func(t *testing.T, code, state string, broken int) {
		if values, ok := pasted(code); ok && (len(values) == 0 || len(code) > maxPasted) {
			t.Errorf("%q is read as %v", code, values)
		}
		query := url.Values{"code": {code}, "state": {state}}.Encode()
		for _, address := range []string{"http://127.0.0.1:50000/?" + query, query, " <http://localhost/?" + query + "#>\r\n", "\u201ehttp://localhost/?" + query + "\u201c"} {
			if at := broken % len(address); at > 0 {
				address = address[:at] + "\r\n" + address[at:]
			}
			if len(address) > maxPasted || strings.ContainsAny(address, "\ufffd") {
				continue
			}
			values, ok := pasted(address)
			if !ok || values.Get("code") != code || values.Get("state") != state {
				t.Errorf("%q is read as %v, %v", address, values, ok)
			}
		}
	})
}

func FuzzKeyFile(f *testing.F) {
	key, err := newSigningKey(algES256, "fuzz", fuzzNow)
	if err != nil {
		f.Fatal(err)
	}
	record, err := key.record()
	if err != nil {
		f.Fatal(err)
	}
	block := func(kind string, der []byte) string {
		return "-----BEGIN " + kind + "-----\n" + base64.StdEncoding.EncodeToString(der) + "\n-----END " + kind + "-----\n"
	}
	f.Add(block("PRIVATE KEY", record.Private) + block("CERTIFICATE", key.certificate))
	f.Add(block("CERTIFICATE", key.certificate) + "rubbish" + block("EC PARAMETERS", nil) + block("PRIVATE KEY", record.Private))
	f.Add(block("PRIVATE KEY", record.Private) + block("PRIVATE KEY", record.Private))
	f.Add(block("ENCRYPTED PRIVATE KEY", record.Private))
	f.Add(block("RSA PRIVATE KEY", record.Private))
	f.Add(block("X\x1b PRIVATE KEY", record.Private))
	f.Add("-----BEGIN PRIVATE KEY-----")
	f.Fuzz(func(t *testing.T, content string) {
		k, err := parseKeyFile([]byte(content))
		if err != nil {
			mustBePlain(t, err.Error())
			if k != nil || len(content) > 40 && strings.Contains(err.Error(), content) {
				t.Errorf("key %v, err %v", k, err)
			}
			return
		}
		form := certifiedForm()
		form.byCertificate = k.certificate != nil
		signed, err := k.sign(form, map[string]any{"iss": "portico"})
		if err != nil || strings.Count(signed, ".") != 2 || k.id() == "" || k.certifiedID() == "" {
			t.Errorf("a key was taken that cannot sign: %v", err)
		}
		kept, err := k.record()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := kept.key(); err != nil || again.id() != k.id() {
			t.Errorf("the key does not come back from the key store: %v", err)
		}
	})
}

// oneRecord is a key store with one entry.
type oneRecord struct {
	noStore
	value []byte
}

func (s oneRecord) Get(context.Context, string) ([]byte, error) { return s.value, nil }

// FuzzRecord: what lies in the key store under an account's name is that account's
// or it is damaged.
func FuzzRecord(f *testing.F) {
	f.Add(`{"account":{"id":"a","provider":"work","issuer":"https://provider.example","subject":"s"},"refresh_token":"r","client_id":"portico"}`)
	f.Add(`{"account":{"id":"b"}}`)
	f.Add(`{"account":{"id":"a"},"proof":"AAAA"}`)
	f.Add(`{"account":{"id":"a"},"proof":null}`)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := read(t.Context(), oneRecord{value: []byte(text)}, "a")
		if err != nil {
			if vault.KindOf(err) != vault.Damaged || strings.Contains(err.Error(), "refresh_token") {
				t.Errorf("err = %v", err)
			}
			return
		}
		if r.Account.ID != "a" || r.Proof != nil && r.Proof.thumbprint() == "" {
			t.Errorf("%q is read as %+v", text, r.Account)
		}
		raw, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := read(t.Context(), oneRecord{value: raw}, "a"); err != nil || again.RefreshToken != r.RefreshToken || again.Account != r.Account {
			t.Errorf("%q comes back as %+v, %v", text, again.Account, err)
		}
	})
}

// FuzzPushed: only what can stand in an address is taken for a request_uri.
func FuzzPushed(f *testing.F) {
	f.Add(`{"request_uri":"urn:ietf:params:oauth:request_uri:x","expires_in":60}`)
	f.Add(`{"request_uri":"urn:x&client_id=evil#","expires_in":1e308}`)
	f.Add(`{"request_uri":"\u0000","expires_in":-1}`)
	c := fuzzed(f, Standard, nil)
	f.Fuzz(func(t *testing.T, text string) {
		c.http.Transport = roundTripper(func(*http.Request) *http.Response { return answering(201, "application/json", text, nil) })
		m := &Metadata{AuthorizationEndpoint: "https://provider.example/a?x=y", PAREndpoint: "https://provider.example/p", PARRequired: true}
		address, _, err := c.authorizationURL(t.Context(), m, url.Values{"state": {"secret-state"}})
		if err != nil {
			mustBePlain(t, err.Error())
			return
		}
		u, err := fetch.CheckURL(address)
		if err != nil || u.Host != "provider.example" || len(u.Query()) != 3 || u.Query().Get("client_id") != "portico" || strings.Contains(address, "secret-state") {
			t.Errorf("%q leads to %q", text, address)
		}
	})
}
