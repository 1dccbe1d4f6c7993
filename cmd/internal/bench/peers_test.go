//go:build linux

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// They are a module of their own, which nothing else here builds.
func TestPeersBuild(t *testing.T) {
	root, err := stage.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) ([]byte, error) {
		c := exec.Command("go", args...)
		c.Dir = filepath.Join(root, peerFolder)
		c.Env = append(os.Environ(), "CGO_ENABLED=0")
		return c.CombinedOutput()
	}
	if out, err := run("mod", "download"); err != nil {
		t.Skipf("their modules cannot be had here: %s", bytes.TrimSpace(out))
	}
	if out, err := run("vet", "./..."); err != nil {
		t.Errorf("go vet: %v\n%s", err, out)
	}
}

// The report calls it that; empty ones do not count.
func TestFortyLinesAreForty(t *testing.T) {
	root, err := stage.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join(root, peerFolder, "oauth2", "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	if lines := bytes.Count(source, []byte("\n")) - bytes.Count(source, []byte("\n\n")); lines < 35 || lines > 45 {
		t.Errorf("they are %d", lines)
	}
}
