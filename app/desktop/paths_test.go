package desktop

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPathsBelowADirectoryOfChoice(t *testing.T) {
	t.Chdir(t.TempDir())
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	got, err := PathsFor("elsewhere")
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(here, "elsewhere")
	want := Paths{
		Data: filepath.Join(root, "data"), Cache: filepath.Join(root, "cache"), Runtime: filepath.Join(root, "run"), Logs: filepath.Join(root, "logs"), Custom: true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := os.Stat(root); !os.IsNotExist(err) {
		t.Errorf("asking made something: %v", err)
	}
	if err := got.Make(); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{got.Data, got.Cache, got.Runtime} {
		info, err := os.Stat(dir)
		// On Windows a directory is as private as the one around it.
		open := runtime.GOOS != "windows" && err == nil && info.Mode().Perm()&0o077 != 0
		if err != nil || !info.IsDir() || open {
			t.Errorf("%s: %v, %v", dir, info, err)
		}
	}
	if err := got.Make(); err != nil {
		t.Errorf("a second time: %v", err)
	}
}

func TestMakeSaysWhatIsInTheWay(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "cache"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := PathsFor(root)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Make(); err == nil {
		t.Error("a file in the way is no error")
	}
}
