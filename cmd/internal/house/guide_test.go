package house

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A guide to files that have been renamed leads nowhere.
func TestTheGuideNamesFilesAndFunctions(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(root, "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	room := regexp.MustCompile("^\\| `([a-z/-]+)` \\| ")
	file := regexp.MustCompile("(?:`(\\w+)` in )?(?:`|\\()([\\w/*-]+\\.go)(?:`|\\))")
	named := 0
	for line := range strings.Lines(string(raw)) {
		dir := ""
		if of := room.FindStringSubmatch(line); of != nil {
			dir = of[1]
		} else if strings.HasPrefix(line, "|") {
			continue
		}
		for _, f := range file.FindAllStringSubmatch(line, -1) {
			found, _ := filepath.Glob(filepath.Join(root, dir, f[2]))
			if len(found) == 0 {
				found, _ = filepath.Glob(filepath.Join(root, f[2]))
			}
			theirs := strings.HasSuffix(f[2], "/peoplepage.go") || strings.HasSuffix(f[2], "/NAME.go") // the reader's own
			if len(found) == 0 && (theirs || dir == "" && !strings.Contains(f[2], "/")) {
				continue // or of the folder that the text is about
			}
			if named++; len(found) == 0 {
				t.Errorf("CONTRIBUTING.md names %s in %s, and there is no such file", f[2], dir)
				continue
			}
			source, err := os.ReadFile(found[0])
			if err != nil {
				t.Fatal(err)
			}
			if f[1] != "" && !regexp.MustCompile(`(?m)^func (\([^)]*\) )?`+f[1]+`\(`).Match(source) {
				t.Errorf("CONTRIBUTING.md names %s in %s, and there is no such function", f[1], f[2])
			}
		}
	}
	if named < 30 {
		t.Errorf("only %d files are named: this test looks in the wrong place", named)
	}
}
