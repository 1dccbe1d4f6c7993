package desktop

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What takes the place of a program's file, and whether that is a successor.
func TestSuccessorIsTheFileInTheProgramsPlace(t *testing.T) {
	for name, test := range map[string]struct {
		put      func(path string) error
		replaced bool
		version  string // "" for one that cannot be started
	}{
		"nothing new":                {func(string) error { return nil }, false, "1.0"},
		"it is gone":                 {os.Remove, false, ""},
		"a folder":                   {func(p string) error { do(t, os.Remove(p)); return os.Mkdir(p, 0o755) }, false, ""},
		"a newer one":                {byRename("#!/bin/sh\n[ \"$*\" = --version ] && echo portico-agent 2.0~rc1+x\n", 0o755), true, "2.0~rc1+x"},
		"the same again":             {byRename(first, 0o755), true, "1.0"},
		"written in place":           {func(p string) error { return os.WriteFile(p, []byte("#!/bin/sh\necho portico-agent 3.0\n"), 0o755) }, true, "3.0"},
		"another right to it":        {func(p string) error { return os.Chmod(p, 0o700) }, false, "1.0"},
		"no program":                 {byRename("not a program", 0o755), true, ""},
		"nothing in it":              {byRename("", 0o755), true, ""},
		"not executable":             {byRename(first, 0o644), true, ""},
		"one that fails":             {byRename(first+"exit 1\n", 0o755), true, ""},
		"one of another name":        {byRename("#!/bin/sh\necho portico 2.0\n", 0o755), true, ""},
		"one without a version":      {byRename("#!/bin/sh\necho portico-agent\n", 0o755), true, ""},
		"one with odd words":         {byRename("#!/bin/sh\necho 'portico-agent usage: …'\n", 0o755), true, ""},
		"one that hangs without end": {byRename("#!/bin/sh\necho portico-agent 2.0\nexec sleep 600\n", 0o755), true, ""},
		"one that talks without end": {byRename("#!/bin/sh\nwhile :; do echo portico-agent 2.0; done\n", 0o755), true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "portico-agent")
			do(t, os.WriteFile(path, []byte(first), 0o755), os.Chtimes(path, time.Time{}, time.Now().Add(-time.Hour)))
			f := &OwnFile{path: path, name: "portico-agent", runs: signOf(path), limit: 10 * time.Second}
			if strings.HasSuffix(name, "without end") {
				f.limit = 200 * time.Millisecond
			}
			do(t, test.put(path))
			if got := f.Replaced(); got != test.replaced {
				t.Errorf("replaced: %v", got)
			}
			version, err := f.Successor(t.Context())
			if version != test.version || (err == nil) != (test.version != "") {
				t.Errorf("version %q, %v", version, err)
			}
			if err != nil && !strings.Contains(err.Error(), path) {
				t.Errorf("%v does not say which file", err)
			}
		})
	}
}

const first = "#!/bin/sh\necho portico-agent 1.0\n"

func byRename(content string, mode os.FileMode) func(string) error {
	return func(path string) error {
		if err := os.WriteFile(path+".new", []byte(content), mode); err != nil {
			return err
		}
		return os.Rename(path+".new", path)
	}
}

// A link that is turned to another version's folder is an upgrade, too.
func TestLinkThatIsTurnedToAnotherVersionIsAnUpgrade(t *testing.T) {
	dir := t.TempDir()
	agent := func(version string) string { return filepath.Join(dir, version, "portico-agent") }
	for _, version := range []string{"v1", "v2"} {
		do(t, os.Mkdir(filepath.Join(dir, version), 0o755),
			os.WriteFile(agent(version), []byte("#!/bin/sh\necho portico-agent "+version+"\n"), 0o755))
	}
	current := filepath.Join(dir, "current")
	do(t, os.Symlink("v1", current))
	path := asStarted(filepath.Join(current, "portico-agent"), agent("v1"))
	f := &OwnFile{path: path, name: "portico-agent", runs: signOf(agent("v1")), limit: 10 * time.Second}
	changes := f.Changes(t.Context())
	if f.Replaced() {
		t.Error("replaced, and nothing has happened")
	}
	do(t, os.Symlink("v2", current+".new"), os.Rename(current+".new", current))
	told(t, changes)
	version, err := f.Successor(t.Context())
	if err != nil || !f.Replaced() || version != "v2" {
		t.Errorf("replaced %v, by %q, %v", f.Replaced(), version, err)
	}
}

// What a program is called by may have nothing to do with its file.
func TestProgramsFileIsKnownWhateverItIsCalled(t *testing.T) {
	dir := t.TempDir()
	file, other := filepath.Join(dir, "portico-agent"), filepath.Join(dir, "sh")
	do(t, os.WriteFile(file, []byte(first), 0o755), os.WriteFile(other, []byte(first), 0o755), os.Symlink("portico-agent", filepath.Join(dir, "link")))
	t.Chdir(dir)
	t.Setenv("PATH", dir)
	for argument, want := range map[string]string{
		file: file, "portico-agent": file, "./portico-agent": file, "./link": filepath.Join(dir, "link"),
		"-portico-agent": file, "": file, other: file, "sh": file, "/nowhere/portico-agent": file,
	} {
		if got := asStarted(argument, file); got != want {
			t.Errorf("called %q: %s, want %s", argument, got, want)
		}
	}
}
