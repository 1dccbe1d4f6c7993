package authtest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/portico-desktop/portico/auth/authtest"
)

func fieldsAt(t *testing.T, p *authtest.Provider, address string) map[string]any {
	t.Helper()
	resp, err := p.Client().Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var fields map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&fields); err != nil {
		t.Fatal(err)
	}
	return fields
}

func TestEntraMetadataDependOnTheDirectory(t *testing.T) {
	p := authtest.New(t, authtest.WithEntra(authtest.EntraOptions{}))
	base := strings.TrimSuffix(p.URL, "/organizations/v2.0")
	for tenant, issuer := range map[string]string{
		"organizations": "{tenantid}", "common": "{tenantid}", "consumers": authtest.EntraPersonal,
		"contoso.example": authtest.EntraTenant, authtest.EntraOther: authtest.EntraOther,
	} {
		m := fieldsAt(t, p, base+"/"+tenant+"/v2.0/.well-known/openid-configuration")
		if m["issuer"] != base+"/"+issuer+"/v2.0" {
			t.Errorf("%s: issuer %v", tenant, m["issuer"])
		}
		if m["revocation_endpoint"] != nil || m["authorization_response_iss_parameter_supported"] != nil {
			t.Errorf("%s offers what Entra does not: %v", tenant, m)
		}
	}
}

func TestEntraKeysNameTheirIssuer(t *testing.T) {
	for given, want := range map[string]any{"": "/{tenantid}/v2.0", "-": nil, "https://x.example": "https://x.example"} {
		p := authtest.New(t, authtest.WithEntra(authtest.EntraOptions{KeyIssuer: given}))
		key := fieldsAt(t, p, p.Endpoint(authtest.Keys))["keys"].([]any)[0].(map[string]any)
		got, _ := key["issuer"].(string)
		if w, _ := want.(string); !strings.HasSuffix(got, w) || w == "" && got != "" {
			t.Errorf("%q: issuer %v", given, key["issuer"])
		}
		if key["n"] == nil || key["kid"] == nil {
			t.Errorf("%q: the key itself is missing: %v", given, key)
		}
	}
}

func TestEntraComesBackOnAnyPortOfLocalhostOnly(t *testing.T) {
	p := authtest.New(t, authtest.WithEntra(authtest.EntraOptions{}))
	for redirect, status := range map[string]int{
		"http://localhost:1": http.StatusOK, "http://127.0.0.1:1": http.StatusBadRequest, "http://localhost:1/other": http.StatusBadRequest,
	} {
		p.Behave(authtest.Leaves)
		resp, err := p.Browse(t.Context(), p.Endpoint(authtest.Authorize)+"?"+url.Values{
			"client_id": {authtest.ClientID}, "redirect_uri": {redirect}, "response_type": {"code"}, "scope": {"openid"},
			"code_challenge": {oauth2.S256ChallengeFromVerifier(oauth2.GenerateVerifier())}, "code_challenge_method": {"S256"},
		}.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != status {
			t.Errorf("%s: %s", redirect, resp.Status)
		}
	}
}

func TestRefusalsReadAsEntraWordsThem(t *testing.T) {
	for name, test := range map[string]struct {
		number int
		code   string
		page   bool
	}{
		"a refusal that comes back":  {53003, "access_denied", false},
		"one that stays on the page": {50011, "AADSTS50011", true},
		"a passing fault":            {90033, "temporarily_unavailable", false},
		"a number nobody knows":      {99999, "access_denied", false},
	} {
		t.Run(name, func(t *testing.T) {
			p := authtest.New(t)
			p.Fault(authtest.Refuse(test.number, authtest.Authorize))
			c := newClient(t, p)
			if test.page {
				resp, err := p.Browse(t.Context(), c.url())
				if err != nil {
					t.Fatal(err)
				}
				if body, _ := io.ReadAll(resp.Body); !strings.Contains(string(body), test.code) {
					t.Errorf("page = %s", body)
				}
				return
			}
			v := c.authorize()
			if v.Get("error") != test.code || v.Has("code") || !strings.Contains(v.Get("error_description"), "Correlation ID: "+authtest.EntraCorrelationID) {
				t.Errorf("response = %v", v)
			}
		})
	}
	t.Run("at the token endpoint", func(t *testing.T) {
		p := authtest.New(t)
		p.Fault(authtest.Refuse(65001, authtest.Token))
		got := post(t, p, authtest.Token, url.Values{"grant_type": {"refresh_token"}})
		if got["error"] != "invalid_grant" || got["suberror"] != "consent_required" || got["error_codes"].([]any)[0] != 65001.0 {
			t.Errorf("answer = %v", got)
		}
	})
}

func TestAdminConsentGrantsForTheDirectory(t *testing.T) {
	p := authtest.New(t, authtest.WithEntra(authtest.EntraOptions{}))
	page := func(change func(url.Values)) (*http.Response, string) {
		v := url.Values{"client_id": {authtest.ClientID}, "redirect_uri": {"http://localhost:1"}, "scope": {"openid"}, "state": {"s"}}
		change(v)
		browser := p.Client()
		browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		resp, err := browser.Get(p.Endpoint(authtest.AdminConsent) + "?" + v.Encode())
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp, resp.Header.Get("Location")
	}
	if _, to := page(func(url.Values) {}); !strings.Contains(to, "admin_consent=True") || !strings.Contains(to, "state=s") {
		t.Errorf("an administrator who agrees comes back to %s", to)
	}
	for name, change := range map[string]func(url.Values){
		"another client":        func(v url.Values) { v.Set("client_id", "x") },
		"an unknown redirect":   func(v url.Values) { v.Set("redirect_uri", "https://evil.example") },
		"a request for nothing": func(v url.Values) { v.Del("scope") },
	} {
		if resp, to := page(change); resp.StatusCode != http.StatusBadRequest || to != "" {
			t.Errorf("%s: %s to %q", name, resp.Status, to)
		}
	}
	p.Behave(authtest.Denies)
	if _, to := page(func(url.Values) {}); !strings.Contains(to, "error=access_denied") || strings.Contains(to, "admin_consent") {
		t.Errorf("an administrator who declines comes back to %s", to)
	}
	p.Behave(authtest.Leaves)
	if resp, to := page(func(url.Values) {}); resp.StatusCode != http.StatusOK || to != "" {
		t.Errorf("an administrator who walks away: %s to %q", resp.Status, to)
	}
}
