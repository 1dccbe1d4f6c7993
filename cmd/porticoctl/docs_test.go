package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/portal"
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
		if _, err := portal.Parse([]byte(block[1]), "contoso.example"); err != nil {
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
