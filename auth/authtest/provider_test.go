package authtest_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"github.com/portico-desktop/portico/auth/authtest"
)

func TestAcceptsACorrectClient(t *testing.T) {
	for name, options := range map[string][]authtest.Option{
		"as it comes":            nil,
		"with a path":            {authtest.WithPath("/realms/staff")},
		"by form_post":           {authtest.WithFormPost()},
		"without rotation":       {authtest.WithoutRotation()},
		"without the iss":        {authtest.WithoutIssuerParameter()},
		"without optional parts": {authtest.Without(authtest.UserInfo, authtest.Revocation, authtest.EndSession, authtest.DeviceAuthorization)},
		"nothing may be cached":  {authtest.WithMaxAge(0)},
	} {
		t.Run(name, func(t *testing.T) {
			p := authtest.New(t, options...)
			c := newClient(t, p)
			var mode []oauth2.AuthCodeOption
			if name == "by form_post" {
				mode = append(mode, oauth2.SetAuthURLParam("response_mode", "form_post"))
			}
			answer := c.authorize(mode...)
			want := url.Values{"code": answer["code"], "state": {"state-1"}, "iss": {p.URL}}
			if name == "without the iss" {
				delete(want, "iss")
			}
			if diff := cmp.Diff(want, answer); diff != "" {
				t.Errorf("authorization response (-want +got):\n%s", diff)
			}
			token, err := c.exchange(answer.Get("code"))
			if err != nil {
				t.Fatal(err)
			}
			if err := c.verify(token, c.nonce); err != nil {
				t.Errorf("ID token: %v", err)
			}
			again, err := c.refresh(token.RefreshToken)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.verify(again, ""); err != nil {
				t.Errorf("ID token of the refresh: %v", err)
			}
			if rotated := again.RefreshToken != token.RefreshToken; rotated != (name != "without rotation") {
				t.Errorf("rotated: %v", rotated)
			}
			if !p.Alive(again.RefreshToken) || !p.BrowserSession() {
				t.Error("the refresh token or the browser's session is not there")
			}
		})
	}
}

func TestTokenEndpointRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		change func(url.Values)
		want   string
	}{
		"wrong verifier":          {func(v url.Values) { v.Set("code_verifier", oauth2.GenerateVerifier()) }, "invalid_grant"},
		"no verifier":             {func(v url.Values) { v.Del("code_verifier") }, "invalid_grant"},
		"another redirect URI":    {func(v url.Values) { v.Set("redirect_uri", "http://127.0.0.1:1/") }, "invalid_grant"},
		"unknown code":            {func(v url.Values) { v.Set("code", "guessed") }, "invalid_grant"},
		"unknown client":          {func(v url.Values) { v.Set("client_id", "another") }, "invalid_client"},
		"a secret nobody gave":    {func(v url.Values) { v.Set("client_secret", "s3cret") }, "invalid_client"},
		"a parameter twice":       {func(v url.Values) { v.Add("code", "another") }, "invalid_request"},
		"a grant of another kind": {func(v url.Values) { v.Set("grant_type", "password") }, "unsupported_grant_type"},
		"unknown refresh token": {func(v url.Values) {
			v.Set("grant_type", "refresh_token")
			v.Set("refresh_token", "guessed")
		}, "invalid_grant"},
	} {
		t.Run(name, func(t *testing.T) {
			p := authtest.New(t)
			c := newClient(t, p)
			form := url.Values{
				"grant_type": {"authorization_code"}, "code": {c.authorize().Get("code")}, "client_id": {authtest.ClientID},
				"redirect_uri": {c.config.RedirectURL}, "code_verifier": {c.verifier},
			}
			test.change(form)
			if got := post(t, p, authtest.Token, form)["error"]; got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func post(t *testing.T, p *authtest.Provider, e authtest.Endpoint, form url.Values) map[string]any {
	t.Helper()
	r, err := p.Client().PostForm(p.Endpoint(e), form)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var fields map[string]any
	if err := json.NewDecoder(r.Body).Decode(&fields); err != nil {
		t.Fatal(err)
	}
	return fields
}

func TestSecondUseOfACodeRevokesWhatTheFirstOneGave(t *testing.T) {
	p := authtest.New(t)
	c := newClient(t, p)
	code := c.authorize().Get("code")
	token, err := c.exchange(code)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.exchange(code); oauthCode(err) != "invalid_grant" {
		t.Errorf("second use: %v", err)
	}
	if _, err := c.refresh(token.RefreshToken); oauthCode(err) != "invalid_grant" {
		t.Errorf("refresh afterwards: %v", err)
	}
}

func TestReuseOfARefreshTokenRevokesTheFamily(t *testing.T) {
	p := authtest.New(t)
	c := newClient(t, p)
	first := c.signIn()
	second, err := c.refresh(first.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	other := c.signIn()
	if p.Alive(first.RefreshToken) || !p.Alive(second.RefreshToken) {
		t.Fatal("the refresh token was not rotated")
	}
	if _, err := c.refresh(first.RefreshToken); oauthCode(err) != "invalid_grant" {
		t.Errorf("reuse: %v", err)
	}
	if _, err := c.refresh(second.RefreshToken); oauthCode(err) != "invalid_grant" {
		t.Errorf("the newest of the family after reuse: %v", err)
	}
	if _, err := c.refresh(other.RefreshToken); err != nil {
		t.Errorf("another family: %v", err)
	}
}

func TestCodesAndTokensExpireByTheProvidersClock(t *testing.T) {
	p := authtest.New(t)
	c := newClient(t, p)
	code := c.authorize().Get("code")
	p.Fault(authtest.ClockSkew(2 * time.Minute))
	if _, err := c.exchange(code); oauthCode(err) != "invalid_grant" {
		t.Errorf("a code after two minutes: %v", err)
	}
}

func TestAuthorizationEndpointAnswers(t *testing.T) {
	param := oauth2.SetAuthURLParam
	for name, test := range map[string]struct {
		manner authtest.Manner
		option oauth2.AuthCodeOption
		want   string
	}{
		"the person refuses":       {authtest.Denies, param("x", ""), "access_denied"},
		"no PKCE":                  {authtest.Agrees, param("code_challenge", ""), "invalid_request"},
		"plain PKCE":               {authtest.Agrees, param("code_challenge_method", "plain"), "invalid_request"},
		"implicit flow":            {authtest.Agrees, param("response_type", "id_token"), "unsupported_response_type"},
		"no openid":                {authtest.Agrees, param("scope", "email"), "invalid_scope"},
		"form_post unannounced":    {authtest.Agrees, param("response_mode", "form_post"), "invalid_request"},
		"prompt=none, nobody here": {authtest.Agrees, param("prompt", "none"), "login_required"},
	} {
		t.Run(name, func(t *testing.T) {
			p := authtest.New(t)
			p.Behave(test.manner)
			got := newClient(t, p).authorize(test.option)
			if got.Get("error") != test.want || got.Has("code") || got.Get("state") != "state-1" || got.Get("iss") != p.URL {
				t.Errorf("got %v, want error=%s", got, test.want)
			}
		})
	}
}

func TestBrowserStaysAtTheProvider(t *testing.T) {
	for name, test := range map[string]struct {
		manner authtest.Manner
		option oauth2.AuthCodeOption
		want   int
	}{
		"when the person leaves":                {authtest.Leaves, oauth2.SetAuthURLParam("x", ""), http.StatusOK},
		"when the client is unknown":            {authtest.Agrees, oauth2.SetAuthURLParam("client_id", "another"), http.StatusBadRequest},
		"when the redirect URI is elsewhere":    {authtest.Agrees, oauth2.SetAuthURLParam("redirect_uri", "https://evil.example/"), http.StatusBadRequest},
		"when the redirect URI has a path":      {authtest.Agrees, oauth2.SetAuthURLParam("redirect_uri", "http://127.0.0.1:9/other"), http.StatusBadRequest},
		"when the redirect URI has a query":     {authtest.Agrees, oauth2.SetAuthURLParam("redirect_uri", "http://127.0.0.1:9/?a=b"), http.StatusBadRequest},
		"when the redirect URI has a user":      {authtest.Agrees, oauth2.SetAuthURLParam("redirect_uri", "http://u@127.0.0.1:9/"), http.StatusBadRequest},
		"when the redirect URI is not loopback": {authtest.Agrees, oauth2.SetAuthURLParam("redirect_uri", "http://127.0.0.1.evil.example/"), http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			p := authtest.New(t)
			p.Behave(test.manner)
			c := newClient(t, p)
			r, err := p.Browse(c.ctx(), c.url(test.option))
			if err != nil {
				t.Fatal(err)
			}
			if r.StatusCode != test.want || !strings.HasPrefix(r.Request.URL.String(), p.URL) || p.BrowserSession() {
				t.Errorf("ended at %s with %s", r.Request.URL.Host, r.Status)
			}
		})
	}
}

func TestPromptNoneWorksWhileTheBrowserIsSignedIn(t *testing.T) {
	p := authtest.New(t)
	c := newClient(t, p)
	c.authorize()
	none := oauth2.SetAuthURLParam("prompt", "none")
	if got := c.authorize(none); !got.Has("code") {
		t.Errorf("with a session: %v", got)
	}
	end := p.Endpoint(authtest.EndSession) + "?state=bye&post_logout_redirect_uri=" + url.QueryEscape(c.config.RedirectURL)
	if _, err := p.Browse(c.ctx(), end); err != nil {
		t.Fatal(err)
	}
	if got := (<-c.redirect).Get("state"); got != "bye" || p.BrowserSession() {
		t.Errorf("after the end of the session: state %q", got)
	}
	if got := c.authorize(none).Get("error"); got != "login_required" {
		t.Errorf("afterwards: %q", got)
	}
}

func TestRevocationEndsTheFamilyOnly(t *testing.T) {
	p := authtest.New(t)
	c := newClient(t, p)
	mine, other := c.signIn(), c.signIn()
	form := url.Values{"token": {mine.RefreshToken}, "client_id": {authtest.ClientID}}
	for _, token := range []string{mine.RefreshToken, "unknown"} {
		form.Set("token", token)
		r, err := p.Client().PostForm(p.Endpoint(authtest.Revocation), form)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != http.StatusOK {
			t.Errorf("revocation: %s", r.Status)
		}
	}
	if p.Alive(mine.RefreshToken) || !p.Alive(other.RefreshToken) {
		t.Error("the wrong family was revoked")
	}
	p.Revoke()
	if p.Alive(other.RefreshToken) {
		t.Error("Revoke left a family")
	}
}

func TestDeviceGrant(t *testing.T) {
	p := authtest.New(t, authtest.WithDevice(time.Second, 1))
	ask := func() url.Values {
		got := post(t, p, authtest.DeviceAuthorization, url.Values{"client_id": {authtest.ClientID}, "scope": {"openid offline_access"}})
		return url.Values{
			"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "client_id": {authtest.ClientID},
			"device_code": {got["device_code"].(string)},
		}
	}
	form := ask()
	var got []any
	poll := func() { got = append(got, post(t, p, authtest.Token, form)["error"]) }
	poll()
	p.Behave(authtest.Leaves)
	poll()
	p.Behave(authtest.Agrees)
	poll()
	poll()
	form = ask()
	p.Behave(authtest.Denies)
	poll()
	poll()
	want := []any{"authorization_pending", "authorization_pending", nil, "invalid_grant", "authorization_pending", "access_denied"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("polls (-want +got):\n%s", diff)
	}
	p.Fault(authtest.ClockSkew(time.Hour))
	if got := post(t, p, authtest.Token, form)["error"]; got != "expired_token" {
		t.Errorf("after an hour: %v", got)
	}
}

func TestMetadataAndKeysAreRevalidatedByETag(t *testing.T) {
	p := authtest.New(t)
	for _, e := range []authtest.Endpoint{authtest.Discovery, authtest.Keys} {
		get := func(tag string) (int, string) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.Endpoint(e), nil)
			if err != nil {
				t.Fatal(err)
			}
			if tag != "" {
				r.Header.Set("If-None-Match", tag)
			}
			answer, err := p.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if got := answer.Header.Get("Cache-Control"); got != "public, max-age=3600" {
				t.Errorf("%s: Cache-Control %q", e, got)
			}
			return answer.StatusCode, answer.Header.Get("ETag")
		}
		status, tag := get("")
		if status != http.StatusOK || tag == "" {
			t.Fatalf("%s: %d, ETag %q", e, status, tag)
		}
		if status, _ := get(tag); status != http.StatusNotModified {
			t.Errorf("%s: unchanged, but %d", e, status)
		}
		p.Rotate()
		want := map[authtest.Endpoint]int{authtest.Discovery: http.StatusNotModified, authtest.Keys: http.StatusOK}[e]
		if status, _ := get(tag); status != want {
			t.Errorf("%s after a rotation: %d, want %d", e, status, want)
		}
	}
}

func TestRotatedKeyIsPublished(t *testing.T) {
	p := authtest.New(t)
	c := newClient(t, p)
	before := c.signIn()
	p.Rotate()
	for name, token := range map[string]*oauth2.Token{"before": before, "after": c.signIn()} {
		if err := c.verify(token, c.nonce); err != nil {
			t.Errorf("%s the rotation: %v", name, err)
		}
	}
}

func TestOnTokenRunsBetweenRotationAndAnswer(t *testing.T) {
	p := authtest.New(t)
	c := newClient(t, p)
	token := c.signIn()
	calls := 0
	p.OnToken(func() {
		calls++
		if p.Alive(token.RefreshToken) {
			t.Error("not rotated yet")
		}
	})
	if _, err := c.refresh(token.RefreshToken); err != nil {
		t.Fatal(err)
	}
	p.OnToken(nil)
	c.signIn()
	if calls != 1 {
		t.Errorf("called %d times", calls)
	}
}

func TestRequestsAreWrittenDown(t *testing.T) {
	p := authtest.New(t)
	c := newClient(t, p)
	token := c.signIn()
	p.Forget()
	p.Fault(authtest.TokenStatus(500))
	if _, err := c.refresh(token.RefreshToken); err == nil {
		t.Fatal("no error")
	}
	got := p.Requests()
	if len(got) != 1 || got[0].Endpoint != authtest.Token || got[0].Get("refresh_token") != token.RefreshToken {
		t.Errorf("got %d requests: %+v", len(got), got)
	}
	if n := len(p.Requests(authtest.Keys)); n != 0 {
		t.Errorf("%d requests for keys", n)
	}
}

func TestConcurrentRefreshesOfOneTokenSucceedOnce(t *testing.T) {
	p := authtest.New(t)
	c := newClient(t, p)
	token := c.signIn()
	var wg sync.WaitGroup
	var mu sync.Mutex
	good := 0
	for range 8 {
		wg.Go(func() {
			lift := p.Fault(authtest.DateSkew(time.Minute))
			defer lift()
			if _, err := c.refresh(token.RefreshToken); err == nil {
				mu.Lock()
				defer mu.Unlock()
				good++
			}
		})
	}
	wg.Wait()
	if good != 1 {
		t.Errorf("%d of 8 succeeded", good)
	}
}
