//go:build unix

package symlink_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/symlink"
)

// end goes along a path to its end, and lists the links on the way.
func end(path string) (at string, through []string, err error) {
	w := symlink.Along(path)
	for w.Left() > 0 {
		info, err := os.Lstat(w.Next())
		if err != nil {
			return w.Next(), through, err
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			w.Enter()
			continue
		}
		through = append(through, filepath.Base(w.Next()))
		if err := w.Follow(); err != nil {
			return w.Next(), through, err
		}
	}
	return w.Next(), through, nil
}

func TestAWayEndsWhereTheSystemsDoes(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir := func(p string) string { return filepath.Join(root, p) }
	if err := os.MkdirAll(dir("a/b/c"), 0o700); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{
		"a/up": "..", "abs": dir("a/b"), "rel": "a/b/", "b2": "rel/../b", "two": "rel/c", "away": "a/nothing", "self": "self",
		"l0": "a",
	} {
		if err := os.Symlink(target, dir(link)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 41 {
		if err := os.Symlink(fmt.Sprintf("l%d", i), dir(fmt.Sprintf("l%d", i+1))); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{"a/b/c", "abs/c", "rel/c", "two", "a/up/rel/c", "l39", "l39/b"} {
		want, err := filepath.EvalSymlinks(dir(path))
		if err != nil {
			t.Fatal(err)
		}
		if got, _, err := end(dir(path)); err != nil || got != want {
			t.Errorf("%s ends at %s (%v), not %s", path, got, err, want)
		}
	}
	if got, through, err := end(dir("a/up/two")); err != nil || !slices.Equal(through, []string{"up", "two", "rel"}) || got != dir("a/b/c") {
		t.Errorf("a/up/two goes through %q to %s (%v)", through, got, err)
	}
	if got, _, err := end(dir("away/x")); !errors.Is(err, fs.ErrNotExist) || got != dir("a/nothing") {
		t.Errorf("away/x ends at %s: %v", got, err)
	}
	for _, path := range []string{"self", "l41"} {
		if _, through, err := end(dir(path)); !errors.Is(err, symlink.ErrTooMany) || len(through) != 41 {
			t.Errorf("%s: %v after %d links", path, err, len(through))
		}
	}
	if got, _, err := end("/"); err != nil || got != "/" {
		t.Errorf("the root ends at %s: %v", got, err)
	}
	if w := symlink.Along(root + "//a/./b"); w.Left() != strings.Count(root, "/")+2 {
		t.Errorf("%d places are left at the beginning", w.Left())
	}
}
