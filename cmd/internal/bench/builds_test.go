//go:build linux

package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// place makes a folder with these programs in it.
func place(t *testing.T, dir string, programs ...string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range programs {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFindOtherBuild(t *testing.T) {
	called := t.TempDir()
	old := place(t, filepath.Join(called, "old build"), programs()...)
	place(t, filepath.Join(called, "below", "here"))
	for against, from := range map[string]string{
		old:                      "/elsewhere",
		"old build":              called,
		"./old build/":           called,
		"../../old build":        filepath.Join(called, "below", "here"),
		"old build/../old build": called,
	} {
		got, err := findOther(against, from, filepath.Join(called, "bin"))
		if err != nil || got.dir != old || got.commit != "" || !got.other {
			t.Errorf("%q from %s: %+v, %v; want %s", against, from, got, err, old)
		}
	}
}

func TestWrongOtherBuildIsRefusedWithWhatToPass(t *testing.T) {
	called := t.TempDir()
	own := place(t, filepath.Join(called, "bin"), programs()...)
	place(t, filepath.Join(called, "lone"), "porticoctl")
	place(t, filepath.Join(called, "empty"))
	place(t, filepath.Join(called, "checkout", "bin"), programs()...)
	windows := place(t, filepath.Join(called, "windows"), "portico.exe", "portico-agent.exe", "porticoctl.exe")
	plain := place(t, filepath.Join(called, "plain"), programs()...)
	if err := os.Chmod(filepath.Join(plain, "portico-agent"), 0o600); err != nil {
		t.Fatal(err)
	}
	folder := place(t, filepath.Join(called, "folder"), "portico-agent", "porticoctl")
	place(t, filepath.Join(folder, "portico"))
	if err := os.Symlink(own, filepath.Join(called, "link")); err != nil {
		t.Fatal(err)
	}
	for against, want := range map[string]string{
		"nowhere":         "there is no folder " + filepath.Join(called, "nowhere") + " and no such commit",
		"lone":            "has no portico and no portico-agent that can be run",
		"empty":           "has no portico and no portico-agent and no porticoctl",
		"checkout":        "(" + filepath.Join(called, "checkout", "bin") + " has them)",
		"lone/porticoctl": "is a file",
		windows:           "has no portico and no portico-agent and no porticoctl",
		"plain":           "has no portico-agent that can be run",
		"folder":          "has no portico that can be run",
		"bin":             "measured against itself",
		"link":            "measured against itself",
	} {
		got, err := findOther(against, called, own)
		switch {
		case err == nil:
			t.Errorf("%s: took %+v", against, got)
		case !strings.HasPrefix(err.Error(), "AGAINST="+against+": ") || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), whatToPass):
			t.Errorf("%s: %v; want it to say %q, and what to pass", against, err, want)
		}
	}
}

func TestBuildsAreMeasuredAsCopies(t *testing.T) {
	dir := t.TempDir()
	found := []build{{dir: place(t, filepath.Join(dir, "new"), programs()...), from: "this"}, {dir: place(t, filepath.Join(dir, "old"), programs()...), from: "that", other: true}}
	copies, err := copyBuilds(found, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range copies {
		if c.from != found[i].from || c.other != found[i].other || c.dir == found[i].dir {
			t.Errorf("%+v is a copy of %+v", c, found[i])
		}
		if lacking := lackingPrograms(c.dir); len(lacking) > 0 {
			t.Errorf("the copy of %s lacks %v", c.from, lacking)
		}
		if text, err := os.ReadFile(c.program("porticoctl")); err != nil || string(text) != "porticoctl" {
			t.Errorf("porticoctl is %q, %v", text, err)
		}
	}
}

// A commit is no folder, and is built before anything is measured, into a place where
// the next run finds it.
func TestCommitAsOtherBuild(t *testing.T) {
	head, err := git("rev-parse", "HEAD")
	if err != nil {
		t.Skip("this is no checkout of git's")
	}
	own := filepath.Join(t.TempDir(), "bin")
	got, err := findOther("HEAD", t.TempDir(), own)
	if err != nil {
		t.Fatal(err)
	}
	if got.commit != head || got.dir != filepath.Join(own, "against", head) || !got.other {
		t.Errorf("HEAD is %+v, want %s", got, head)
	}
	if !strings.HasPrefix(got.from, "commit "+head[:7]) {
		t.Errorf("the report would call it %q", got.from)
	}
	place(t, got.dir, programs()...)
	if err := got.make(t.Context(), io.Discard); err != nil {
		t.Errorf("it was built again: %v", err)
	}
	for _, option := range []string{"--upload-pack=x", "-h"} {
		if got, err := findOther(option, t.TempDir(), own); err == nil {
			t.Errorf("%s: took %+v", option, got)
		}
	}
}
