package agent

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
)

// A folder that the person names for Portico may be one with folders of the same names.
func TestForgettingBelowANamedFolderTakesOnlyPorticos(t *testing.T) {
	o := newOffice(t)
	if err := o.paths.Make(); err != nil {
		t.Fatal(err)
	}
	mine := []string{filepath.Join(o.paths.Data, "thesis.odt"), filepath.Join(o.paths.Cache, "thumbnails", "1.png")}
	for _, path := range mine {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := o.start()
	r.await(phase(localapi.Unconfigured))
	if report, err := r.Forget(t.Context()); err != nil || len(report.Problems) != 0 {
		t.Errorf("report = %+v, %v", report, err)
	}
	for _, path := range mine {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}

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
