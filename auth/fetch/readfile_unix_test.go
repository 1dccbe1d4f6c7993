//go:build unix

package fetch

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A test that waits for a named pipe ends with the tests' own limit.
func TestReadFileReadsFilesOnly(t *testing.T) {
	dir := t.TempDir()
	pipe, file := filepath.Join(dir, "pipe"), filepath.Join(dir, "file")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(file, []byte("x")); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pipe, dir, filepath.Join(dir, "nothing")} {
		if _, err := ReadFile(path); err == nil {
			t.Errorf("%s was read", path)
		}
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, link} {
		if got, err := ReadFile(path); err != nil || string(got) != "x" {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
}
