package desktop

import (
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPathsFollowTheXDGSpecification(t *testing.T) {
	run := t.TempDir()
	file := filepath.Join(run, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	unset := Paths{Data: "/home/ada/.local/share/portico", Cache: "/home/ada/.cache/portico", Runtime: "/home/ada/.cache/portico-run", Logs: "/home/ada/.local/state/portico/logs"}
	for name, tc := range map[string]struct {
		env  map[string]string
		want Paths
	}{
		"nothing set": {
			nil,
			Paths{Data: "/home/ada/.local/share/portico", Cache: "/home/ada/.cache/portico", Runtime: "/home/ada/.cache/portico-run", Logs: "/home/ada/.local/state/portico/logs"},
		},
		"all set": {
			map[string]string{"XDG_DATA_HOME": "/d", "XDG_CACHE_HOME": "/c", "XDG_STATE_HOME": "/s", "XDG_RUNTIME_DIR": run},
			Paths{Data: "/d/portico", Cache: "/c/portico", Runtime: run + "/portico", Logs: "/s/portico/logs"},
		},
		"a runtime directory that is not there": {map[string]string{"XDG_RUNTIME_DIR": run + "/gone"}, unset},
		"one that is no directory":              {map[string]string{"XDG_RUNTIME_DIR": file}, unset},
		"relative ones are ignored": {
			map[string]string{"XDG_DATA_HOME": "d", "XDG_CACHE_HOME": "./c", "XDG_STATE_HOME": "s", "XDG_RUNTIME_DIR": "run"},
			Paths{Data: "/home/ada/.local/share/portico", Cache: "/home/ada/.cache/portico", Runtime: "/home/ada/.cache/portico-run", Logs: "/home/ada/.local/state/portico/logs"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := os.Stat(filepath.Join(runUser, strconv.Itoa(os.Geteuid()))); err == nil && !filepath.IsAbs(tc.env["XDG_RUNTIME_DIR"]) {
				tc.want.Runtime = filepath.Join(runUser, strconv.Itoa(os.Geteuid()), "portico")
			}
			t.Setenv("HOME", "/home/ada")
			for _, v := range []string{"XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"} {
				t.Setenv(v, tc.env[v])
			}
			got, err := PathsFor("")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPathsWithoutAHomeAreTheAccounts(t *testing.T) {
	t.Setenv("HOME", "")
	for name, tc := range map[string]struct {
		account *user.User
		err     error
		want    string
	}{
		"an account with a home":    {&user.User{HomeDir: "/home/ada"}, nil, "/home/ada"},
		"an account without one":    {&user.User{}, nil, ""},
		"an account of no computer": {nil, errors.New("no such user"), ""},
	} {
		got, err := homeDir(func() (*user.User, error) { return tc.account, tc.err })
		if got != tc.want || (err != nil) != (tc.want == "") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestLanguageFollowsTheEnvironment(t *testing.T) {
	for name, tc := range map[string]struct {
		lcAll, lang, language string
		want                  []string
	}{
		"nothing":           {"", "", "", nil},
		"no language":       {"", "C.UTF-8", "", nil},
		"LANG":              {"", "de_AT.UTF-8", "", []string{"de-AT"}},
		"several":           {"", "de_DE.UTF-8", "nl:de", []string{"nl", "de"}},
		"LC_ALL wins":       {"fr_FR.UTF-8", "de_DE.UTF-8", "", []string{"fr-FR"}},
		"a modifier":        {"de_DE@euro", "", "", []string{"de-DE"}},
		"behind a charset":  {"de_DE.ISO-8859-15@euro", "", "", []string{"de-DE"}},
		"without a country": {"", "de_DE@euro", "de@euro:en", []string{"de", "en"}},
		"C switches it off": {"C", "de_DE.UTF-8", "de", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("LC_ALL", tc.lcAll)
			t.Setenv("LC_MESSAGES", "")
			t.Setenv("LANG", tc.lang)
			t.Setenv("LANGUAGE", tc.language)
			if diff := cmp.Diff(tc.want, Language()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
