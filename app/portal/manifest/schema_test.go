package manifest

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/portico-desktop/portico/auth"
)

// The schema is for people who write manifests; the reader decides. Where both
// speak, they have to agree.
func TestSchemaAgreesWithTheReader(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("../../../assets/schema/manifest.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	example := regexp.MustCompile("(?s)```json\n(.*?)```").FindSubmatch(readme)
	if example == nil {
		t.Fatal("README.md has no example of a manifest")
	}
	with := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	for name, raw := range map[string]string{
		"the README's example": string(example[1]),
		"a good one":           good,
		"version 2":            with(`"version":1`, `"version":2`),
		"no name":              with(`"name":"Contoso IT",`, ``),
		"an accent by name":    with(`#0F6CBD`, `blue`),
		"no providers":         `{"version":1,"name":"x","providers":[]}`,
		"no client":            with(`,"client_id":"6f1c"`, ``),
		"a menu on http":       with(`https://mail.example/`, `http://mail.example/`),
		"a name of a number":   with(`"Contoso IT"`, `7`),
		"everything at once": string(withProvider(`"title":"Work","description":"For staff","dialect":"standard","domains":["contoso.example"],
			"accounts":["ada@contoso.example"],"client_auth":{"method":"client_secret_post","secret_expires":"2027-05-01"},
			"redirect":{"host":"localhost","port":8400,"path":"/back"},"enabled":true,"par":"off","dpop":"required"`)),
		"an unknown way to push":    string(withProvider(`"par":"yes"`)),
		"proofs in capitals":        string(withProvider(`"dpop":"Required"`)),
		"a preset":                  `{"version":1,"name":"x","providers":[{"id":"g","preset":"google","client_id":"6f1c"}]}`,
		"neither preset nor issuer": `{"version":1,"name":"x","providers":[{"id":"g","client_id":"6f1c"}]}`,
		"an unknown method":         string(withProvider(`"client_auth":{"method":"client_secret_jwt"}`)),
		"an unknown algorithm":      string(withProvider(`"client_auth":{"method":"private_key_jwt","algorithm":"HS256"}`)),
		"an unknown dialect":        string(withProvider(`"dialect":"klingon"`)),
		"a date in words":           string(withProvider(`"client_auth":{"method":"client_secret_post","secret_expires":"May"}`)),
		"a secret":                  string(withProvider(`"client_secret":"x"`)),
		"a secret in its place":     string(withProvider(`"client_auth":{"secret":"x"}`)),
	} {
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(raw)))
		if err != nil || !json.Valid([]byte(raw)) {
			t.Fatalf("%s: %v", name, err)
		}
		bySchema := schema.Validate(value)
		_, byReader := Parse([]byte(raw), "portal.example")
		if (bySchema == nil) != (byReader == nil) {
			t.Errorf("%s: the schema says %v, the reader %v", name, bySchema, byReader)
		}
	}
}

// Whoever writes a manifest finds the presets in its schema.
func TestSchemaNamesEveryPreset(t *testing.T) {
	raw, err := os.ReadFile("../../../assets/schema/manifest.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Defs struct {
			Provider struct {
				Properties struct {
					Preset struct {
						Enum []string `json:"enum"`
					} `json:"preset"`
				} `json:"properties"`
			} `json:"provider"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(raw, &schema); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(append([]string{""}, auth.Presets()...), schema.Defs.Provider.Properties.Preset.Enum); diff != "" {
		t.Error(diff)
	}
}
