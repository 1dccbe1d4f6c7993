package settings

import (
	"os"
	"testing"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/policy/policytest"
)

// What a program begins with is what an agent would say, in the language that was chosen.
func TestAProgramBeginsWithWhatCounts(t *testing.T) {
	paths, err := desktop.PathsFor(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := paths.Make(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(paths.Settings(), []byte(`{"settings":{"Language":"de","Theme":"dark"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	read := 0
	policies := func() *policy.Policies {
		read++
		return policytest.Of(map[policy.Name]any{policy.Theme: "light"}, nil)
	}
	env := map[string]string{"PORTICO_PORTAL": "b.example"}
	start, counts := Begin(paths, policies, func(name string) string { return env[name] })
	if counts.Text(policy.Theme) != "light" || counts.Text(policy.PortalURL) != "https://b.example" {
		t.Errorf("theme %q, portal %q", counts.Text(policy.Theme), counts.Text(policy.PortalURL))
	}
	if start.Words.Language() != "de" || start.Portal != "b.example" || !start.Found.IsOf(paths) || read != 1 {
		t.Errorf("%s, %q, read %d times", start.Words.Language(), start.Portal, read)
	}
	if start, _ := Begin(paths, policies, func(string) string { return "" }); start.Portal != "" {
		t.Errorf("portal %q", start.Portal)
	}
}
