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
