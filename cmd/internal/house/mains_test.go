package house

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// mainLines is how long a program's main.go may be: what the program does when, which one
// can see at a glance. The rest has files that say what is in them.
const mainLines = 80

func TestMainsCanBeSeenAtAGlance(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, "cmd", "*", "main.go"))
	if err != nil || len(files) < 4 {
		t.Fatalf("only %q, %v: this test looks in the wrong place", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if lines := bytes.Count(text, []byte("\n")); lines > mainLines {
			t.Errorf("%s has %d lines, and may have %d", file, lines, mainLines)
		}
	}
}
