package main

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestChosenIsWhatChangedAndWhatImportsIt(t *testing.T) {
	all := map[string][]string{
		"./auth": {"./auth/vault"}, "./auth/vault": nil, "./app/session": {"./auth", "./auth/vault"}, "./app/words": nil,
		"./app/ui": {"./app/words", "./assets"}, "./assets": nil, "./cmd/portico": {"./app/ui", "./app/words", "./assets"},
		"./cmd/internal/e2e": nil, "./cmd/internal/house": {"./assets"},
	}
	r := rules{window: []string{"./app/ui/...", "./cmd/portico"}, slow: []string{"./auth"}, never: []string{"./cmd/internal/e2e"}}
	for name, c := range map[string]struct {
		files []string
		want  plan
	}{
		"nothing that is Go's":      {[]string{"README.md", ".github/CODEOWNERS"}, plan{}},
		"a room":                    {[]string{"auth/vault/vault.go"}, plan{plain: []string{"./app/session", "./auth/vault"}, left: []string{"./auth"}}},
		"a slow room itself":        {[]string{"auth/signin.go"}, plan{plain: []string{"./app/session", "./auth"}}},
		"a test's own file":         {[]string{"app/words/testdata/a/b.txt"}, plan{plain: []string{"./app/words"}, left: []string{"./app/ui", "./cmd/portico"}}},
		"the window":                {[]string{"app/ui/home.go"}, plan{window: []string{"./app/ui"}, left: []string{"./cmd/portico"}}},
		"texts":                     {[]string{"assets/i18n/en.json"}, plan{plain: []string{"./assets"}, left: []string{"./app/ui", "./cmd/portico"}}},
		"what make test alone runs": {[]string{"cmd/internal/e2e/a_test.go"}, plan{left: []string{"./cmd/internal/e2e"}}},
	} {
		if diff := cmp.Diff(c.want, r.plan(c.files, all), cmp.AllowUnexported(plan{})); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// What is asked of Go has to be what the plan reads: a room's tests import, too.
func TestPackagesAreThoseOfTheModule(t *testing.T) {
	t.Chdir("../../..")
	all, err := packages()
	if err != nil {
		t.Fatal(err)
	}
	for p, dep := range map[string]string{
		"./app/session":      "./auth/vault",
		"./app/words":        "./auth",          // by its tests alone
		"./cmd/portico":      "./app/ui",        // with Fyne
		"./auth":             "./auth/authtest", // by its tests in a package of their own
		"./cmd/portico-demo": "./app/ui/kit",    // indirectly
		"./cmd/internal/e2e": "./cmd/internal/stage",
	} {
		if !slices.Contains(all[p], dep) {
			t.Errorf("%s is not known to import %s", p, dep)
		}
	}
}
