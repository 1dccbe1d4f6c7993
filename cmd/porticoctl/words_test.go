package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/words"
)

// TestEveryWordIsThere holds the texts that the commands name, and those whose
// names are put together, to the translations.
func TestEveryWordIsThere(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`"(console\.[a-z0-9.-]*[a-z0-9])"`).FindAllStringSubmatch(string(source), -1) {
			ids[m[1]] = true
		}
	}
	if len(ids) < 50 {
		t.Fatalf("only %d texts found, the test shows nothing", len(ids))
	}
	for _, phase := range []localapi.Phase{
		localapi.Unconfigured, localapi.SignedOut, localapi.SigningIn, localapi.SignedIn, localapi.Offline, localapi.NeedsSignIn, localapi.Blocked,
	} {
		ids["console.phase."+string(phase)] = true
	}
	for _, step := range []localapi.Step{localapi.StepDone, localapi.StepFailed, localapi.StepNotOffered, localapi.StepNotAsked, localapi.StepInBrowser, localapi.StepNoIDToken} {
		ids["console.step."+string(step)] = true
	}
	for _, row := range []string{"description", "authority", "client-id", "client-auth", "redirect", "scopes", "domains", "accounts", "tenants", "consent", "secret"} {
		ids["console.providers.row."+row] = true
	}
	for _, kind := range []string{"entra", "google", "okta", "auth0", "keycloak", "other"} {
		ids["console.where.redirect."+kind], ids["console.where.key."+kind] = true, true
	}
	ids["console.where.redirect.entra-web"] = true
	for _, language := range []string{"en", "de"} {
		w := words.New(language)
		for id := range ids {
			text := w.Text(id)
			if strings.HasPrefix(id, "console.forget.accounts") || strings.HasSuffix(id, ".files") || id == "console.days-left" {
				text = w.Count(id, 2)
			}
			if text == id || text == "" {
				t.Errorf("%s: no text for %s", language, id)
			}
		}
	}
}

func TestEveryExitCodeIsExplained(t *testing.T) {
	listed := map[int]bool{0: true}
	for _, code := range exitCodes() {
		listed[code] = true
	}
	for code, meaning := range localapi.Codes() {
		if !listed[meaning.Exit] {
			t.Errorf("%s ends with %d, which the help does not list", code, meaning.Exit)
		}
	}
	c := newConsole(nil, false)
	c.execute(t.Context(), []string{"--help"})
	if strings.Contains(c.out.String(), "console.") {
		t.Errorf("a text is missing:\n%s", &c.out)
	}
}
