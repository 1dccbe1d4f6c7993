package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
)

// TestCompletionInARealBash presses Tab in a bash that has nothing but the script: no
// package bash-completion.
func TestCompletionInARealBash(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("there is no bash here")
	}
	program, dir := built(t), t.TempDir()
	a := newAgent(state(localapi.SignedOut, func(s *localapi.State) {
		s.Portal.Providers = append(s.Portal.Providers, localapi.Provider{ID: "m365", Title: "Microsoft $(touch " + filepath.Join(dir, "executed") + ") `365`"},
			localapi.Provider{ID: "$(touch " + filepath.Join(dir, "executed") + ")", Title: "Not to be run"})
	}))
	listen(t, dir, a, localapi.Info{Build: "0.1.0"})
	script := filepath.Join(t.TempDir(), "script")
	tab := func(t *testing.T, line string) []string {
		t.Helper()
		// Readline cuts words at COMP_WORDBREAKS too, of which = and : matter here.
		words := strings.Fields(strings.NewReplacer("=", " = ").Replace(line))
		if strings.HasSuffix(line, " ") {
			words = append(words, "")
		}
		var quoted []string
		for _, w := range words {
			quoted = append(quoted, "'"+w+"'")
		}
		bash := exec.Command("bash", "--norc", "--noprofile", "-c", fmt.Sprintf(`
			declare -F _init_completion _get_comp_words_by_ref && exit 9
			source <(porticoctl completion bash) || exit 8
			COMP_WORDS=(%[1]s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMP_TYPE=9
			COMP_LINE='%[2]s'; COMP_POINT=${#COMP_LINE}
			compopt() { :; }
			__start_porticoctl porticoctl
			printf '%%s\n' "${COMPREPLY[@]}"`, strings.Join(quoted, " "), line))
		bash.Env = []string{"PATH=" + filepath.Dir(program) + ":/usr/bin:/bin", "PORTICO_DATA_DIR=" + dir, "LANG=C.UTF-8", "HOME=" + filepath.Dir(script)}
		out, err := bash.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
		return strings.Split(strings.TrimSpace(string(out)), "\n")
	}
	for line, want := range map[string][]string{
		"porticoctl log":                       {"login", "logout"},
		"porticoctl login --provider ":         {"demo", "m365"},
		"porticoctl login --provider de":       {"demo"},
		"porticoctl login --provider=de":       {"demo"},
		"porticoctl providers secret m":        {"m365"},
		"porticoctl providers key ":            {"demo", "m365"},
		"porticoctl autostart o":               {"on", "off"},
		"porticoctl proxy f":                   {"forget"},
		"porticoctl completion z":              {"zsh"},
		"porticoctl status --every":            {"--everybody"},
		"porticoctl logout --":                 {"--account", "--all", "--browser", "--data-dir", "--help", "--json"},
		"porticoctl status --json --no-such x": {""},
	} {
		t.Run(line, func(t *testing.T) {
			got := tab(t, line)
			var names []string
			for _, one := range got {
				if strings.Contains(one, "`") {
					t.Errorf("a backquote in %q", one)
				}
				name, _, _ := strings.Cut(one, " ")
				names = append(names, strings.TrimSuffix(name, "="))
			}
			for _, name := range want {
				found := false
				for _, one := range names {
					found = found || one == name
				}
				if !found {
					t.Errorf("no %q in %q", name, got)
				}
			}
			if len(want) == 1 && len(names) != 1 {
				t.Errorf("got %q", got)
			}
		})
	}
	if _, err := os.Stat(filepath.Join(dir, "executed")); err == nil {
		t.Error("what the portal says was run")
	}
}

// What a shell is told of an option has none of the marks that are meant for the help.
func TestCompletionHasNoBackquotes(t *testing.T) {
	for _, args := range [][]string{{"login", "--"}, {"logout", "--"}, {"status", "--"}, {"bundle", "--"}, {"providers", "secret", "--"}, {"providers", "key", "--"}, {"policy", "--"}} {
		c := newConsole(nil, false)
		if code := c.execute(t.Context(), append([]string{"__complete"}, args...)); code != 0 || strings.Contains(c.out.String(), "`") || !strings.Contains(c.out.String(), "--json\t") {
			t.Errorf("%q: exit %d\n%s", args, code, &c.out)
		}
		c = newConsole(nil, false)
		if c.execute(t.Context(), append(args[:len(args)-1:len(args)-1], "--help")); strings.Contains(c.out.String(), "`") {
			t.Errorf("%q --help:\n%s", args, &c.out)
		}
	}
}

// Without an agent the copy of the manifest serves, and nobody is asked.
func TestCompletionFromTheCopyOfTheManifest(t *testing.T) {
	dir, site := t.TempDir(), manifestSite(t)
	for _, args := range [][]string{{"status", "--json"}, {"__complete", "login", "--provider", ""}} {
		c := newConsole(nil, false)
		c.connect = connect
		c.environment["PORTICO_PORTAL"], c.environment["PORTICO_DATA_DIR"] = site, dir
		c.execute(t.Context(), args)
		if args[0] == "__complete" && !strings.HasPrefix(c.out.String(), "demo\tDemo sign-in\n") {
			t.Errorf("got\n%s", &c.out)
		}
	}
}
