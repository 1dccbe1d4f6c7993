package authtest_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/portico-desktop/portico/auth/authtest"
)

// signed makes a JWT with a key, and with the key in it when embed is set.
func signed(t *testing.T, key *ecdsa.PrivateKey, kid, typ string, embed bool, claims map[string]any) string {
	t.Helper()
	options := (&jose.SignerOptions{EmbedJWK: embed}).WithType(jose.ContentType(typ))
	if kid != "" {
		options.WithHeader("kid", kid)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, options)
	if err != nil {
		t.Fatal(err)
	}
	payload, _ := json.Marshal(claims)
	jws, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	compact, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return compact
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// send posts a form, and returns the OAuth error in the answer, "" for none.
func send(t *testing.T, p *authtest.Provider, e authtest.Endpoint, form url.Values, header http.Header) (code string, answer map[string]any) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, p.Endpoint(e), strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header.Clone()
	if req.Header == nil {
		req.Header = http.Header{}
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := p.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_ = json.NewDecoder(resp.Body).Decode(&answer)
	code, _ = answer["error"].(string)
	if resp.StatusCode >= 300 && code == "" {
		code = resp.Status
	}
	return code, answer
}

func TestAssertionsAreHeldToTheStandard(t *testing.T) {
	p := authtest.New(t, authtest.WithClientAuth("private_key_jwt"))
	key, other := newKey(t), newKey(t)
	jwk, _ := json.Marshal(jose.JSONWebKey{Key: key.Public(), KeyID: "k"})
	p.RegisterKey(string(jwk))
	for name, test := range map[string]struct {
		change map[string]any
		key    *ecdsa.PrivateKey
		kid    string
		want   string
	}{
		"good":                     {},
		"another issuer":           {change: map[string]any{"iss": "other"}, want: "invalid_client"},
		"another subject":          {change: map[string]any{"sub": "other"}, want: "invalid_client"},
		"the endpoint as audience": {change: map[string]any{"aud": p.Endpoint(authtest.Token)}, want: "invalid_client"},
		"two audiences":            {change: map[string]any{"aud": []string{p.URL, "other"}}, want: "invalid_client"},
		"expired":                  {change: map[string]any{"exp": time.Now().Unix() - 1}, want: "invalid_client"},
		"good for an hour":         {change: map[string]any{"exp": time.Now().Unix() + 3600}, want: "invalid_client"},
		"from the future":          {change: map[string]any{"iat": time.Now().Unix() + 60}, want: "invalid_client"},
		"no id":                    {change: map[string]any{"jti": ""}, want: "invalid_client"},
		"used before":              {change: map[string]any{"jti": "used-used-used-used"}, want: "invalid_client"},
		"another's key":            {key: other, want: "invalid_client"},
		"an unknown key":           {kid: "unknown", want: "invalid_client"},
	} {
		claims := map[string]any{
			"iss": authtest.ClientID, "sub": authtest.ClientID, "aud": p.URL, "jti": rand.Text(),
			"iat": time.Now().Unix(), "exp": time.Now().Unix() + 60,
		}
		for claim, value := range test.change {
			claims[claim] = value
		}
		if test.key == nil {
			test.key = key
		}
		if test.kid == "" {
			test.kid = "k"
		}
		form := url.Values{
			"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
			"client_assertion":      {signed(t, test.key, test.kid, "JWT", false, claims)}, "scope": {"openid"},
		}
		if name == "used before" {
			send(t, p, authtest.DeviceAuthorization, form, nil)
		}
		if code, answer := send(t, p, authtest.DeviceAuthorization, form, nil); code != test.want {
			t.Errorf("%s: %v, want %q", name, answer, test.want)
		}
	}
}

func TestClientsUseTheMethodThatTheyAreRegisteredFor(t *testing.T) {
	basic := http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte("portico:s%2B"))}}
	raw := http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte("portico:s+"))}}
	with := func(pairs ...string) url.Values {
		v := url.Values{"scope": {"openid"}}
		for i := 0; i < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return v
	}
	for name, test := range map[string]struct {
		method string
		form   url.Values
		header http.Header
		ok     bool
	}{
		"basic":                         {"client_secret_basic", with(), basic, true},
		"basic, not encoded":            {"client_secret_basic", with(), raw, false},
		"basic, and the id in the form": {"client_secret_basic", with("client_id", "portico"), basic, false},
		"basic and post":                {"client_secret_basic", with("client_id", "portico", "client_secret", "s+"), basic, false},
		"post instead of basic":         {"client_secret_basic", with("client_id", "portico", "client_secret", "s+"), nil, false},
		"post":                          {"client_secret_post", with("client_id", "portico", "client_secret", "s+"), nil, true},
		"basic instead of post":         {"client_secret_post", with(), basic, false},
		"nothing":                       {"client_secret_post", with("client_id", "portico"), nil, false},
		"a wrong secret":                {"client_secret_post", with("client_id", "portico", "client_secret", "s"), nil, false},
	} {
		p := authtest.New(t, authtest.WithClientAuth(test.method), authtest.WithClient("portico", "s+"))
		if code, answer := send(t, p, authtest.DeviceAuthorization, test.form, test.header); (code == "") != test.ok || code != "" && code != "invalid_client" {
			t.Errorf("%s: %v", name, answer)
		}
	}
}

func TestProofsAreHeldToTheStandard(t *testing.T) {
	p := authtest.New(t, authtest.WithDPoP(false))
	key := newKey(t)
	for name, test := range map[string]struct {
		change map[string]any
		typ    string
		bare   bool
		twice  bool
		want   string // the token request itself is of no use
	}{
		"good":           {want: "invalid_grant"},
		"used before":    {twice: true, want: "invalid_dpop_proof"},
		"another method": {change: map[string]any{"htm": "GET"}, want: "invalid_dpop_proof"},
		"another place":  {change: map[string]any{"htu": p.Endpoint(authtest.UserInfo)}, want: "invalid_dpop_proof"},
		"with a query":   {change: map[string]any{"htu": p.Endpoint(authtest.Token) + "?x"}, want: "invalid_dpop_proof"},
		"an old one":     {change: map[string]any{"iat": time.Now().Unix() - 600}, want: "invalid_dpop_proof"},
		"with ath":       {change: map[string]any{"ath": "x"}, want: "invalid_dpop_proof"},
		"another type":   {typ: "JWT", want: "invalid_dpop_proof"},
		"without a key":  {bare: true, want: "invalid_dpop_proof"},
	} {
		claims := map[string]any{"jti": rand.Text(), "htm": "POST", "htu": p.Endpoint(authtest.Token), "iat": time.Now().Unix()}
		for claim, value := range test.change {
			claims[claim] = value
		}
		if test.typ == "" {
			test.typ = "dpop+jwt"
		}
		header := http.Header{"Dpop": {signed(t, key, "", test.typ, !test.bare, claims)}}
		form := url.Values{"client_id": {authtest.ClientID}, "grant_type": {"authorization_code"}, "code": {"none"}}
		if test.twice {
			send(t, p, authtest.Token, form, header)
		}
		if code, answer := send(t, p, authtest.Token, form, header); code != test.want {
			t.Errorf("%s: %v, want %q", name, answer, test.want)
		}
	}
}

// Whoever steals a bound token, or a code that waits for a key, can do nothing with it.
func TestBoundTokensAreOfNoUseWithoutTheirKey(t *testing.T) {
	p := authtest.New(t, authtest.WithDPoP(false))
	c := newClient(t, p)
	key, other := newKey(t), newKey(t)
	thumbprint := sha256.Sum256([]byte(fmt.Sprintf(`{"crv":"P-256","kty":"EC","x":%q,"y":%q}`, coordinate(t, key, 0), coordinate(t, key, 1))))
	jkt := base64.RawURLEncoding.EncodeToString(thumbprint[:])
	proof := func(key *ecdsa.PrivateKey) http.Header {
		if key == nil {
			return nil
		}
		return http.Header{"Dpop": {signed(t, key, "", "dpop+jwt", true, map[string]any{
			"jti": rand.Text(), "htm": "POST", "htu": p.Endpoint(authtest.Token), "iat": time.Now().Unix(),
		})}}
	}
	redeem := func(with *ecdsa.PrivateKey) (string, map[string]any) {
		u, err := url.Parse(c.url())
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		q.Set("dpop_jkt", jkt)
		u.RawQuery = q.Encode()
		if _, err := p.Browse(t.Context(), u.String()); err != nil {
			t.Fatal(err)
		}
		return send(t, p, authtest.Token, url.Values{
			"client_id": {authtest.ClientID}, "grant_type": {"authorization_code"}, "code": {(<-c.redirect).Get("code")},
			"code_verifier": {c.verifier}, "redirect_uri": {c.config.RedirectURL},
		}, proof(with))
	}
	for name, thief := range map[string]*ecdsa.PrivateKey{"no key": nil, "another key": other} {
		if code, _ := redeem(thief); code != "invalid_grant" {
			t.Errorf("a code with %s: %q", name, code)
		}
	}
	code, tokens := redeem(key)
	if code != "" || tokens["token_type"] != "DPoP" {
		t.Fatalf("%s: %v", code, tokens)
	}
	refresh := tokens["refresh_token"].(string)
	if p.BoundTo(refresh) != jkt || p.BoundTo("unknown") != "" {
		t.Errorf("bound to %q, not to %q", p.BoundTo(refresh), jkt)
	}
	form := url.Values{"client_id": {authtest.ClientID}, "grant_type": {"refresh_token"}, "refresh_token": {refresh}}
	for name, thief := range map[string]*ecdsa.PrivateKey{"no key": nil, "another key": other} {
		if code, _ := send(t, p, authtest.Token, form, proof(thief)); code != "invalid_grant" {
			t.Errorf("a refresh token with %s: %q", name, code)
		}
	}
	for _, scheme := range []string{"Bearer", "DPoP"} {
		req, _ := http.NewRequest(http.MethodGet, p.Endpoint(authtest.UserInfo), nil)
		req.Header.Set("Authorization", scheme+" "+tokens["access_token"].(string))
		if resp, err := p.Client().Do(req); err != nil || resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("an access token as %s without a proof: %v, %v", scheme, resp, err)
		}
	}
}

// coordinate is x or y of a public key, as a JWK has it.
func coordinate(t *testing.T, key *ecdsa.PrivateKey, n int) string {
	t.Helper()
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(point[1+32*n : 33+32*n])
}

func TestPushedRequestsAreWholeAndOpenOnce(t *testing.T) {
	p := authtest.New(t, authtest.WithPAR(true))
	c := newClient(t, p)
	u, err := url.Parse(c.url())
	if err != nil {
		t.Fatal(err)
	}
	open := func(q url.Values) int {
		u.RawQuery = q.Encode()
		resp, err := p.Browse(t.Context(), u.String())
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode
	}
	whole := u.Query()
	if status := open(whole); status != http.StatusBadRequest {
		t.Errorf("a request that was not pushed: %d", status)
	}
	for name, spoil := range map[string]func(url.Values){
		"no client":           func(v url.Values) { v.Del("client_id") },
		"no type":             func(v url.Values) { v.Del("response_type") },
		"another's redirect":  func(v url.Values) { v.Set("redirect_uri", "https://other.example/") },
		"a reference in it":   func(v url.Values) { v.Set("request_uri", "urn:x") },
		"a parameter doubled": func(v url.Values) { v.Add("scope", "email") },
	} {
		form, _ := url.ParseQuery(whole.Encode())
		spoil(form)
		if code, _ := send(t, p, authtest.PushedAuthorization, form, nil); code == "" {
			t.Errorf("%s was taken", name)
		}
	}
	push := func() url.Values {
		code, answer := send(t, p, authtest.PushedAuthorization, whole, nil)
		if code != "" {
			t.Fatal(answer)
		}
		return url.Values{"client_id": {authtest.ClientID}, "request_uri": {answer["request_uri"].(string)}}
	}
	more := push()
	more.Set("scope", "openid")
	stranger := push()
	stranger.Set("client_id", "other")
	for name, q := range map[string]url.Values{"with more beside it": more, "by another client": stranger, "unknown": {"client_id": {authtest.ClientID}, "request_uri": {"urn:x"}}} {
		if status := open(q); status != http.StatusBadRequest {
			t.Errorf("%s: %d", name, status)
		}
	}
	once := push()
	if status := open(once); status != http.StatusOK || (<-c.redirect).Get("code") == "" {
		t.Errorf("the first time: %d", status)
	}
	if status := open(once); status != http.StatusBadRequest {
		t.Errorf("the second time: %d", status)
	}
	if code, _ := send(t, authtest.New(t), authtest.PushedAuthorization, whole, nil); code == "" {
		t.Error("a provider without pushed requests takes one")
	}
}

func TestRegisteringWhatIsNoKeyIsTheTestsMistake(t *testing.T) {
	p := authtest.New(t)
	for name, register := range map[string]func(){
		"no JWK": func() { p.RegisterKey("{}") }, "no PEM": func() { p.RegisterCertificate("x") },
		"no certificate": func() { p.RegisterCertificate("-----BEGIN CERTIFICATE-----\neA==\n-----END CERTIFICATE-----\n") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s was registered", name)
				}
			}()
			register()
		}()
	}
}
