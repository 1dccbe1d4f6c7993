package desktop

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

// Cron has no XDG_RUNTIME_DIR, and finds the directory of the person's log-on session.
func TestTheRuntimeDirectoryIsThatOfTheSession(t *testing.T) {
	me := os.Geteuid()
	for name, tc := range map[string]struct {
		env  string
		mode os.FileMode
		uid  int
		want bool
	}{
		"unset":          {"", 0o700, me, true},
		"relative":       {"run", 0o700, me, true},
		"open to others": {"", 0o755, me, false},
		"somebody's":     {"", 0o700, me + 1, false},
		"there is none":  {"", 0, me, false},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			dir := filepath.Join(root, strconv.Itoa(tc.uid))
			if tc.mode != 0 {
				if err := os.Mkdir(dir, tc.mode); err != nil {
					t.Fatal(err)
				}
			}
			t.Setenv("XDG_RUNTIME_DIR", tc.env)
			want := ""
			if tc.want {
				want = dir
			}
			if got := runtimeBase(root, tc.uid); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
	mine, root := t.TempDir(), t.TempDir()
	session := filepath.Join(root, strconv.Itoa(me))
	if err := os.Mkdir(session, 0o700); err != nil {
		t.Fatal(err)
	}
	for variable, want := range map[string]string{mine: mine, filepath.Join(mine, "gone"): session} {
		t.Setenv("XDG_RUNTIME_DIR", variable)
		if got := runtimeBase(root, me); got != want {
			t.Errorf("with XDG_RUNTIME_DIR=%s: got %q, want %q", variable, got, want)
		}
	}
}

func TestAnAgentMayListenElsewhere(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", "/home/ada/.cache")
	p := Paths{Runtime: "/run/user/1000/portico"}
	if got := p.AlsoAt(); !slices.Equal(got, []string{"/home/ada/.cache/portico-run"}) {
		t.Errorf("got %q", got)
	}
	p.Runtime = "/home/ada/.cache/portico-run"
	if got := p.AlsoAt(); len(got) > 0 {
		t.Errorf("got %q", got)
	}
	if got := (Paths{Cache: "/d/cache", Runtime: "/d/run", Custom: true}).AlsoAt(); len(got) > 0 {
		t.Errorf("a folder of its own: %q", got)
	}
}
