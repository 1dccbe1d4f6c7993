package agent

import (
	"os"
	"path/filepath"
	"testing"
)

// Whoever has put the logs elsewhere, by a link, may have more there.
func TestForgettingLogsTakesOnlyPorticos(t *testing.T) {
	elsewhere, dir := t.TempDir(), filepath.Join(t.TempDir(), "logs")
	for _, name := range []string{"portico-agent.log", "portico-agent.log.1", "portico.crash", "sign-ins.jsonl", "sign-ins.jsonl.2", "mine.txt"} {
		if err := os.WriteFile(filepath.Join(elsewhere, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(elsewhere, dir); err != nil {
		t.Fatal(err)
	}
	n, err := empty(dir, logFiles()...)
	if err != nil || n != 5 {
		t.Errorf("%d files went, %v", n, err)
	}
	if left, err := os.ReadDir(elsewhere); err != nil || len(left) != 1 || left[0].Name() != "mine.txt" {
		t.Errorf("left is %v, %v", left, err)
	}
}
