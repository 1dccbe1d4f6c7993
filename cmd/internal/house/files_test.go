package house

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A file that is made where it is missing must not be somebody else's behind a link.
func TestFilesAreMadeWithoutFollowingLinks(t *testing.T) {
	read := 0
	for _, room := range []string{"app", "auth", "cmd/portico", "cmd/portico-agent", "cmd/porticoctl"} {
		err := filepath.WalkDir(filepath.Join(root, room), func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && (d.Name() == "apitest" || d.Name() == "authtest" || d.Name() == "desktoptest" || d.Name() == "generate" || d.Name() == "testdata"):
				return fs.SkipDir // no part of the programs
			case d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			raw, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			read++
			for n, line := range strings.Split(string(raw), "\n") {
				makes := strings.Contains(line, "os.O_CREATE") && !strings.Contains(line, "os.O_EXCL")
				follows := !strings.Contains(strings.ToLower(line), "nofollow") && !strings.HasSuffix(path, "_windows.go")
				if makes && follows || strings.Contains(line, "os.WriteFile(") || strings.Contains(line, "os.Create(") || strings.Contains(line, "flock.New(") && !strings.Contains(line, "flock.SetFlag(") {
					t.Errorf("%s:%d: %s\nuse fetch.WriteFile, os.CreateTemp, O_EXCL or O_NOFOLLOW", path, n+1, strings.TrimSpace(line))
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if read < 100 {
		t.Fatalf("only %d files were read: this test looks in the wrong place", read)
	}
}

// Whoever starts a script as root may bring another person's folders along.
func TestScriptsOfRootSetTheirPath(t *testing.T) {
	for _, script := range []string{
		"packaging/linux/install.sh", "packaging/linux/uninstall.sh", "packaging/linux/scripts/postrm.sh",
		"packaging/macos/install.sh", "packaging/macos/uninstall.sh", "packaging/macos/pkg-scripts/preinstall", "packaging/macos/pkg-scripts/postinstall",
	} {
		raw, err := os.ReadFile(filepath.Join(root, script))
		if err != nil {
			t.Fatal(err)
		}
		set := regexp.MustCompile(`(?m)^PATH=/usr/sbin:\S+\n(TMPDIR=/tmp\nexport PATH TMPDIR|export PATH\nunset TMPDIR)$`).FindIndex(raw)
		if set == nil {
			t.Errorf("%s does not set PATH and TMPDIR", script)
			continue
		}
		for line := range strings.Lines(string(raw[:set[0]])) {
			harmless := regexp.MustCompile(`^(#.*|set -e.?|umask 022|LC_ALL=C|export LC_ALL|)$`)
			if !harmless.MatchString(strings.TrimSpace(line)) {
				t.Errorf("%s does something before it sets PATH and TMPDIR: %s", script, line)
			}
		}
	}
}
