package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/portico-desktop/portico/app/portal/manifest"
	"github.com/portico-desktop/portico/auth"
)

// TestTheDocumentationWorks holds what administrators read and copy to the
// programs: every manifest is one, every command is understood, every preset is
// listed.
func TestTheDocumentationWorks(t *testing.T) {
	guide, readme := read(t, "../../app/portal/PROVIDERS.md"), read(t, "../../README.md")
	for _, more := range []string{"entra/README.md", "entra/google.md", "entra/okta.md", "entra/keycloak.md", "windows/INTUNE.md", "windows/RMM.md"} {
		guide += "\n" + read(t, "../../packaging/"+more)
	}
	manifests := 0
	for _, block := range regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(guide+readme, -1) {
		manifests++
		if _, err := manifest.Parse([]byte(block[1]), "contoso.example"); err != nil {
			t.Errorf("%v\n%s", err, block[1])
		}
	}
	commands := 0
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(guide+readme, -1) {
		for line := range strings.Lines(block[1]) {
			if args, ok := strings.CutPrefix(strings.TrimSpace(line), "porticoctl "); ok {
				commands++
				understood(t, args)
			}
		}
	}
	for _, inline := range regexp.MustCompile("`porticoctl ([^`]*)`").FindAllStringSubmatch(guide+readme, -1) {
		commands++
		understood(t, inline[1])
	}
	if manifests < 6 || commands < 12 {
		t.Fatalf("only %d manifests and %d commands found, the test shows little", manifests, commands)
	}
	for _, name := range auth.Presets() {
		if !strings.Contains(guide, "| `"+name+"` |") {
			t.Errorf("the preset %s is not in the table", name)
		}
	}
}

// understood parses a command line of the documentation, without what a shell
// makes of it.
func understood(t *testing.T, line string) {
	t.Helper()
	line = regexp.MustCompile(`[#<>|].*`).ReplaceAllString(line, "")
	root := newConsole(nil, false).root()
	cmd, rest, err := root.Find(strings.Fields(line))
	if err == nil {
		err = cmd.ParseFlags(rest)
	}
	// A command named without its arguments is only mentioned.
	if err == nil && len(cmd.Flags().Args()) > 0 {
		err = cmd.ValidateArgs(cmd.Flags().Args())
	}
	if err != nil {
		t.Errorf("porticoctl %s: %v", line, err)
	}
}

// TestEveryCommandIsDocumented holds the README's list of commands and each command's
// own usage line to the options that there are.
func TestEveryCommandIsDocumented(t *testing.T) {
	readme := read(t, "../../README.md")
	commands := 0
	everyCommand(newConsole(nil, false).root().Command, func(cmd *cobra.Command, _ []string) {
		commands++
		line := strings.TrimPrefix(cmd.UseLine(), "porticoctl ")
		if !strings.Contains(readme, "`"+line+"`") {
			t.Errorf("the README has no `%s`", line)
		}
		cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			if f.Name != "help" && !strings.Contains(line, "[--"+f.Name) {
				t.Errorf("%s does not name --%s", line, f.Name)
			}
			if f.Usage == "" || strings.HasPrefix(f.Usage, "console.") {
				t.Errorf("%s: nothing is said of --%s", line, f.Name)
			}
		})
		for _, option := range regexp.MustCompile(`--([a-z-]+)`).FindAllStringSubmatch(line, -1) {
			if cmd.Flags().Lookup(option[1]) == nil {
				t.Errorf("%s has no --%s", line, option[1])
			}
		}
	})
	if commands < 15 {
		t.Errorf("only %d commands found, the test shows little", commands)
	}
}
