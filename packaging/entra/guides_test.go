package entra_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/portal/manifest"
	"github.com/portico-desktop/portico/auth"
)

func guides(t *testing.T) map[string]string {
	t.Helper()
	texts := make(map[string]string)
	for _, name := range []string{"README.md", "google.md", "okta.md", "keycloak.md"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(text)
	}
	return texts
}

// Every manifest of a guide is one, and a client can be made of it.
func TestGuidesHaveManifestsThatWork(t *testing.T) {
	redirects := map[string]string{"README.md": "http://localhost", "google.md": "http://127.0.0.1/", "okta.md": "http://127.0.0.1:4711/", "keycloak.md": "http://127.0.0.1/"}
	for name, text := range guides(t) {
		found := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(text, -1)
		if len(found) != 1 {
			t.Fatalf("%s has %d manifests", name, len(found))
		}
		m, err := manifest.Parse([]byte(found[0][1]), "contoso.example")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		described, err := m.Providers[0].Auth()
		if err != nil || len(m.Unknown)+len(m.Providers[0].Unknown) != 0 {
			t.Fatalf("%s: %v, %v", name, err, m.Providers[0].Unknown)
		}
		client, err := auth.New(auth.Params{Provider: described})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := client.RedirectURI(); got != redirects[name] || name != "google.md" && name != "keycloak.md" && !strings.Contains(text, "`"+got+"`") {
			t.Errorf("%s: the redirect URI is %s, want %s, named in the guide", name, got, redirects[name])
		}
	}
}

// The mistakes have the codes and numbers that the list of refusals has.
func TestMistakesAreInTheListOfRefusals(t *testing.T) {
	list, err := os.ReadFile("../../app/words/REFUSALS.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| .* \\| (AADSTS[^|]*) \\| `([a-z-]+)` \\|").FindAllStringSubmatch(guides(t)["README.md"], -1)
	if len(rows) < 12 {
		t.Fatalf("only %d mistakes found", len(rows))
	}
	for _, row := range rows {
		for _, number := range regexp.MustCompile(`AADSTS(\d+)`).FindAllStringSubmatch(row[1], -1) {
			listed := regexp.MustCompile("(?m)^\\| `" + row[2] + "` \\|.*\\b(AADSTS )?" + number[1] + "\\b")
			if !listed.Match(list) {
				t.Errorf("REFUSALS.md does not have %s for %s", number[0], row[2])
			}
		}
	}
	for name, text := range guides(t) {
		for _, code := range regexp.MustCompile("\\(`([a-z]+(?:-[a-z]+)+)`\\)|\\| `([a-z]+(?:-[a-z]+)+)` \\|").FindAllStringSubmatch(text, -1) {
			if c := code[1] + code[2]; !strings.Contains(string(list), "| `"+c+"` |") {
				t.Errorf("%s: %s is not in the list of refusals", name, c)
			}
		}
	}
}

// The client for Keycloak is a public one, for Portico's redirect URI, with PKCE.
func TestKeycloakClient(t *testing.T) {
	text, err := os.ReadFile("keycloak.json")
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		ClientID, Protocol        string
		Enabled, PublicClient     bool
		StandardFlowEnabled       bool
		ImplicitFlowEnabled       bool
		DirectAccessGrantsEnabled bool
		ServiceAccountsEnabled    bool
		RedirectURIs              []string
		Attributes                map[string]string
		OptionalClientScopes      []string
		DefaultClientScopes       []string
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	want := got
	want.ClientID, want.Protocol, want.Enabled, want.PublicClient, want.StandardFlowEnabled = "portico", "openid-connect", true, true, true
	want.ImplicitFlowEnabled, want.DirectAccessGrantsEnabled, want.ServiceAccountsEnabled = false, false, false
	want.RedirectURIs, want.OptionalClientScopes, want.DefaultClientScopes = []string{"http://127.0.0.1/*"}, []string{"offline_access"}, []string{"profile", "email"}
	if diff := cmp.Diff(want, got); diff != "" || got.Attributes["pkce.code.challenge.method"] != "S256" {
		t.Error(diff, got.Attributes)
	}
}
