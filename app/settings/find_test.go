package settings

import (
	"os"
	"testing"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/policy/policytest"
)

func TestWhatCountsWithoutAnAgent(t *testing.T) {
	paths, err := desktop.PathsFor(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := paths.Make(); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		kept     string
		env      map[string]string
		policies *policy.Policies
		key      policy.Name
		want     string
		source   policy.SourceKind
	}{
		"nothing":                  {"", nil, policytest.None(), policy.Theme, "system", policy.BuiltIn},
		"the person's":             {`{"settings":{"Theme":"dark"}}`, nil, policytest.None(), policy.Theme, "dark", policy.Personal},
		"IT's before the person's": {`{"settings":{"Theme":"dark"}}`, nil, policytest.Of(map[policy.Name]any{policy.Theme: "light"}, nil), policy.Theme, "light", policy.Machine},
		"the person's before IT's default": {
			`{"settings":{"Theme":"dark"}}`, nil, policytest.Of(nil, map[policy.Name]any{policy.Theme: "light"}), policy.Theme, "dark", policy.Personal,
		},
		"a damaged file":            {`{"settings":{"Theme":`, nil, policytest.None(), policy.Theme, "system", policy.BuiltIn},
		"a value that is none":      {`{"settings":{"Theme":7}}`, nil, policytest.None(), policy.Theme, "system", policy.BuiltIn},
		"a portal that was set":     {`{"portal":"https://a.example"}`, nil, policytest.None(), policy.PortalURL, "https://a.example", policy.Personal},
		"a portal of one run":       {`{"portal":"https://a.example"}`, map[string]string{"PORTICO_PORTAL": "b.example"}, policytest.None(), policy.PortalURL, "https://b.example", policy.Environment},
		"IT's before that of a run": {"", map[string]string{"PORTICO_PORTAL": "b.example"}, policytest.Of(map[policy.Name]any{policy.PortalURL: "https://c.example"}, nil), policy.PortalURL, "https://c.example", policy.Machine},
		"authorities of one run":    {"", map[string]string{"PORTICO_EXTRA_CA_FILE": "/etc/x.pem"}, policytest.None(), policy.ExtraCAFile, "/etc/x.pem", policy.Environment},
	} {
		if err := os.WriteFile(paths.Settings(), []byte(test.kept), 0o600); err != nil {
			t.Fatal(err)
		}
		got := Find(paths, func() *policy.Policies { return test.policies }).Preferences(func(name string) string { return test.env[name] }).Get(test.key)
		if got.Value != test.want || got.Source.Kind != test.source {
			t.Errorf("%s: %v from %s", name, got.Value, got.Source.Kind)
		}
	}
}
