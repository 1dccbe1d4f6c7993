package main

import (
	"go/format"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// When Fyne is updated and the change does not fit any more, this says so. Where the
// change has come upstream, or something better has, packaging/fyne can go.
func TestTheChangeFitsTheFyneThatIsPinned(t *testing.T) {
	t.Chdir("../..")
	version, dir, err := pinned()
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	if err := write(dir, out); err != nil {
		t.Fatalf("Fyne %s: %v", version, err)
	}
	files := added()
	for _, c := range changes() {
		text, err := os.ReadFile(filepath.Join(out, c.file))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), c.now) {
			t.Errorf("%s lacks %q", c.file, c.now)
		}
		files[c.file] = string(text)
	}
	for name, text := range files {
		if tidy, err := format.Source([]byte(text)); err != nil || string(tidy) != text {
			t.Errorf("%s is not as gofmt writes it: %v", name, err)
		}
	}
	for name := range added() {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			t.Errorf("Fyne %s has a file %s of its own", version, name)
		}
	}
}

func TestAChangeThatDoesNotFitIsRefused(t *testing.T) {
	c := changes()[0]
	for name, text := range map[string]string{
		"gone":  "package glfw\n",
		"twice": c.anchor + c.anchor,
	} {
		if _, _, err := apply(c.file, text); err == nil || !strings.Contains(err.Error(), c.file) {
			t.Errorf("%s: %v", name, err)
		}
	}
	from, to := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(from, "fyne.go"), []byte("package fyne\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := write(from, to); err == nil {
		t.Error("files that the change belongs to are missing, and nobody says so")
	}
}

// The copy is made anew when Fyne or the change is another one, and not otherwise.
func TestTheStampTellsWhatTheCopyIsMadeOf(t *testing.T) {
	if stampFor("v2.8.1") != stampFor("v2.8.1") || stampFor("v2.8.1") == stampFor("v2.8.2") {
		t.Errorf("%q for v2.8.1, %q for v2.8.2", stampFor("v2.8.1"), stampFor("v2.8.2"))
	}
}

func TestSeveralBuildsAtOnceMakeOneCopy(t *testing.T) {
	there := t.TempDir()
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join("../..", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(there, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(there)
	var builds sync.WaitGroup
	for range 4 {
		builds.Go(func() {
			if err := run(); err != nil {
				t.Error(err)
			}
		})
	}
	builds.Wait()
	left, err := os.ReadDir(".cache")
	if err != nil || len(left) != 4 {
		t.Errorf("%v, %v; want the copy, what stands in for go.mod and go.sum, and the lock", left, err)
	}
}
