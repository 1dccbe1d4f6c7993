package manifest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/auth"
)

// withProvider is a manifest with one provider whose fields beyond the
// necessary ones are given as JSON members.
func withProvider(members string) []byte {
	if members != "" {
		members = "," + members
	}
	return []byte(`{"version":1,"name":"Contoso IT","providers":[{"id":"work","authority":"https://login.example","client_id":"6f1c"` + members + `}]}`)
}

func TestProviderIsDescribedToTheEngine(t *testing.T) {
	m, err := Parse(withProvider(`"title":"Work","description":"For staff","dialect":"standard","scopes":["openid","api"],
		"domains":["contoso.example"],"accounts":["guest@fabrikam.example"],"consent_redirect":"https://contoso.example/thanks",
		"client_auth":{"method":"private_key_jwt","key_file":"/etc/portico/key.pem","algorithm":"RS256"},
		"redirect":{"host":"localhost","port":8400,"path":"/back"},"enabled":true,"par":"off","dpop":"required","later":1`), "portal.example")
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.Providers[0].Auth()
	if err != nil {
		t.Fatal(err)
	}
	want := auth.Provider{
		ID: "work", Title: "Work", Description: "For staff", Authority: "https://login.example", ClientID: "6f1c", Dialect: auth.Standard,
		ClientAuth: auth.ClientAuth{Method: auth.AuthPrivateKey, KeyFile: "/etc/portico/key.pem", Algorithm: "RS256"},
		Scopes:     []string{"openid", "api"}, Domains: []string{"contoso.example"}, Accounts: []string{"guest@fabrikam.example"},
		ConsentRedirect: "https://contoso.example/thanks", Redirect: auth.Redirect{Host: "localhost", Port: 8400, Path: "/back"},
		PAR: auth.ExtensionOff, DPoP: auth.ExtensionRequired,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWrongProvidersNameTheField(t *testing.T) {
	tests := map[string]struct{ members, field string }{
		"a method that does not exist": {`"client_auth":{"method":"client_secret_jwt"}`, "client_auth.method"},
		"an unknown preset":            {`"preset":"myspace"`, "preset"},
		"an unknown dialect":           {`"dialect":"klingon"`, "dialect"},
		"another way to push":          {`"par":"always"`, "par"},
		"proofs in capitals":           {`"dpop":"Required"`, "dpop"},
		"a date in words":              {`"client_auth":{"method":"client_secret_post","secret_expires":"next May"}`, "client_auth.secret_expires"},
		"a day that does not exist":    {`"client_auth":{"method":"client_secret_post","secret_expires":"2027-02-30"}`, "client_auth.secret_expires"},
		"a description of two lines":   {`"description":"one\ntwo"`, "description"},
		"an endless title":             {`"title":"` + strings.Repeat("x", 501) + `"`, "title"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Parse(withProvider(test.members), "portal.example")
			var wrong *Error
			if !errors.As(err, &wrong) || wrong.Kind != Invalid || wrong.Field != "providers[0]."+test.field {
				t.Errorf("err = %v (%+v), want %s", err, wrong, test.field)
			}
		})
	}
}

// A manifest is public, and whoever puts a secret there must notice at once.
func TestSecretInAManifestIsRefused(t *testing.T) {
	tests := map[string]struct{ members, field string }{
		"beside the client": {`"client_secret":"hunter2"`, "client_secret"},
		"by another name":   {`"clientSecret":"hunter2"`, "clientSecret"},
		"in its place":      {`"client_auth":{"method":"client_secret_post","secret":"hunter2"}`, "client_auth.secret"},
		"deeper":            {`"later":[{"x":{"Secret":"hunter2"}}]`, "later[0].x.Secret"},
		"a key":             {`"client_auth":{"private_key":"hunter2"}`, "client_auth.private_key"},
		"empty":             {`"client_secret":""`, "client_secret"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Parse(withProvider(test.members), "portal.example")
			var wrong *Error
			if !errors.As(err, &wrong) || wrong.Kind != Invalid || wrong.Field != "providers[0]."+test.field {
				t.Fatalf("err = %v (%+v), want %s", err, wrong, test.field)
			}
			if told := fmt.Sprintf("%+v %v", *wrong, wrong); strings.Contains(told, "hunter2") {
				t.Errorf("the secret is repeated: %s", told)
			}
			if !strings.Contains(wrong.Reason, "porticoctl providers secret ID") {
				t.Errorf("reason = %q", wrong.Reason)
			}
		})
	}
}

func TestPresetFillsInAndWhatIsGivenWins(t *testing.T) {
	raw := `{"version":1,"name":"x","providers":[
		{"id":"a","preset":"keycloak","host":"id.contoso.example","realm":"staff","client_id":"6f1c"},
		{"id":"b","preset":"keycloak","host":"id.contoso.example","realm":"staff","client_id":"6f1c","authority":"https://id.fabrikam.example"}]}`
	m, err := Parse([]byte(raw), "portal.example")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"https://id.contoso.example/realms/staff", "https://id.fabrikam.example"} {
		if got, err := m.Providers[i].Auth(); err != nil || got.Authority != want {
			t.Errorf("authority %q, %v, want %q", got.Authority, err, want)
		}
	}
	raw = strings.Replace(raw, `"realm":"staff",`, "", 1)
	_, err = Parse([]byte(raw), "portal.example")
	var wrong *Error
	if !errors.As(err, &wrong) || wrong.Field != "providers[0].realm" {
		t.Errorf("a preset without its parameter: %v (%+v)", err, wrong)
	}
}

func TestDateOfASecret(t *testing.T) {
	m, err := Parse(withProvider(`"client_auth":{"method":"client_secret_post","secret_expires":"2027-05-01"}`), "portal.example")
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Providers[0].ClientAuth.Expires(); !got.Equal(time.Date(2027, 5, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("expires %v", got)
	}
	if !(ClientAuth{}).Expires().IsZero() {
		t.Error("a secret without a date expires")
	}
}

func TestDisabledProvidersAreKeptAndNotOffered(t *testing.T) {
	if _, err := Parse(withProvider(`"enabled":false`), "portal.example"); err == nil {
		t.Error("a portal where nobody can sign in was accepted")
	}
	m, err := Parse([]byte(good), "portal.example")
	if err != nil {
		t.Fatal(err)
	}
	if p, ok := m.Provider("off"); !ok || p.IsEnabled() || p.Name() != "off" {
		t.Errorf("provider = %+v, %v", p, ok)
	}
	if _, ok := m.Provider("nope"); ok {
		t.Error("a provider was found that is not there")
	}
}
