//go:build unix

package policy

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// desk is a folder as /etc/portico is, of which this test's user is the owner.
func desk(t *testing.T) (dir, path string, owner uint32) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir()) // /tmp is a link on macOS
	if err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(dir, "portico")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(dir, "policy.json")
	write(t, path, `{"settings":{"Theme":"dark"},"defaults":{"Language":"de"}}`)
	return dir, path, uint32(os.Getuid())
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestAFileOfTheAdministratorsCounts(t *testing.T) {
	dir, path, owner := desk(t)
	for what, arrange := range map[string]func(path string) string{
		"a file": func(path string) string { return path },
		"a link": func(path string) string { link := path + ".link"; must(t, os.Symlink(path, link)); return link },
		"a relative link": func(path string) string {
			link := path + ".near"
			must(t, os.Symlink("policy.json", link))
			return link
		},
		"a linked folder": func(path string) string {
			link := dir + ".link"
			must(t, os.Symlink("portico", link))
			return filepath.Join(link, "policy.json")
		},
	} {
		t.Run(what, func(t *testing.T) {
			from := arrange(path)
			p := gathered(readFile(from, owner))
			s := p.Resolve(Layers{})
			if len(s.Problems()) > 0 || s.Text(Theme) != "dark" || s.Text(Language) != "de" || !p.Managed() {
				t.Errorf("%+v", s.Problems())
			}
			if s.Get(Theme).Source != (Source{Machine, from}) || s.Get(Language).Source != (Source{Defaults, from}) {
				t.Errorf("%+v, %+v", s.Get(Theme).Source, s.Get(Language).Source)
			}
		})
	}
}

func TestAMissingFileIsNobodysPolicy(t *testing.T) {
	dir, _, owner := desk(t)
	for _, path := range []string{filepath.Join(dir, "none.json"), filepath.Join(dir, "none", "policy.json")} {
		p := gathered(readFile(path, owner))
		if p.Managed() || len(p.Problems()) > 0 {
			t.Errorf("%s: %+v", path, p.Problems())
		}
		if len(p.Sources()) != 2 || p.Sources()[0] != (Source{Machine, path}) {
			t.Errorf("it does not say where it looked: %+v", p.Sources())
		}
	}
}

// refused wants one problem of the kind, and nothing of the file in use.
func refused(t *testing.T, path string, owner uint32, kind ProblemKind, reason string) {
	t.Helper()
	p := gathered(readFile(path, owner))
	problems := p.Problems()
	if p.Managed() || len(problems) != 1 {
		t.Fatalf("managed: %v, problems: %+v", p.Managed(), problems)
	}
	if got := problems[0]; got.Kind != kind || got.Source != (Source{Machine, path}) || !strings.Contains(got.Err.Error(), reason) {
		t.Errorf("%+v (%v)", got, got.Err)
	}
}

func TestAFileThatOthersMayChangeIsRefused(t *testing.T) {
	for what, test := range map[string]struct {
		spoil  func(dir, path string) (string, uint32)
		reason string
	}{
		"by its group": {func(_, path string) (string, uint32) {
			must(t, os.Chmod(path, 0o664))
			return path, uint32(os.Getuid())
		}, "mode 0664"},
		"by everybody": {func(_, path string) (string, uint32) {
			must(t, os.Chmod(path, 0o646))
			return path, uint32(os.Getuid())
		}, "mode 0646"},
		"through its folder": {func(dir, path string) (string, uint32) {
			must(t, os.Chmod(dir, 0o777))
			return path, uint32(os.Getuid())
		},
			"portico may be written by others"},
		"through its folder, sticky as it is": {func(dir, path string) (string, uint32) {
			must(t, os.Chmod(dir, 0o777|os.ModeSticky))
			return path, uint32(os.Getuid())
		}, "portico may be written by others"},
		"through a folder above": {func(dir, path string) (string, uint32) {
			must(t, os.Chmod(filepath.Dir(dir), 0o777))
			return path, uint32(os.Getuid())
		}, "may be written by others"},
		"at the end of a link": {func(dir, path string) (string, uint32) {
			must(t, os.Chmod(path, 0o666))
			safe := filepath.Join(filepath.Dir(dir), "safe")
			link := filepath.Join(safe, "policy.json")
			must(t, os.Mkdir(safe, 0o755), os.Symlink(path, link))
			return link, uint32(os.Getuid())
		}, "mode 0666"},
		"through a linked folder in one like /tmp": {func(dir, _ string) (string, uint32) {
			open := filepath.Join(filepath.Dir(dir), "tmp")
			must(t, os.Mkdir(open, 0o755), os.Chmod(open, 0o777|os.ModeSticky), os.Symlink(dir, filepath.Join(open, "middle")))
			return filepath.Join(open, "middle", "policy.json"), uint32(os.Getuid())
		}, "tmp may be written by others"},
		"through a link in the middle": {func(dir, path string) (string, uint32) {
			open := filepath.Join(filepath.Dir(dir), "open")
			must(t, os.Mkdir(open, 0o755), os.Chmod(open, 0o777), os.Symlink(path, filepath.Join(open, "middle")), os.Symlink(filepath.Join(open, "middle"), filepath.Join(dir, "first")))
			return filepath.Join(dir, "first"), uint32(os.Getuid())
		}, "open may be written by others"},
	} {
		t.Run(what, func(t *testing.T) {
			dir, path, _ := desk(t)
			path, owner := test.spoil(dir, path)
			refused(t, path, owner, Writable, test.reason)
		})
	}
}

// Root can read what nobody else can, and must not take it for good.
func TestAPolicyThatNotEverybodyCanReadIsReported(t *testing.T) {
	for what, test := range map[string]struct {
		spoil  func(dir, path string) string
		reason string
	}{
		"the file":       {func(_, path string) string { must(t, os.Chmod(path, 0o600)); return path }, "policy.json may not be read by everybody (mode 0600)"},
		"only a group's": {func(_, path string) string { must(t, os.Chmod(path, 0o640)); return path }, "mode 0640"},
		"the folder":     {func(dir, path string) string { must(t, os.Chmod(dir, 0o700)); return path }, "portico may not be entered by everybody (mode 0700)"},
		"the end of a link": {func(dir, path string) string {
			link := filepath.Join(dir, "link.json")
			must(t, os.Chmod(path, 0o600), os.Symlink(path, link))
			return link
		}, "policy.json may not be read"},
		"nothing": {func(_, path string) string { return path }, ""},
	} {
		t.Run(what, func(t *testing.T) {
			dir, path, owner := desk(t)
			path = test.spoil(dir, path)
			p := gathered(readFile(path, owner))
			if p.Resolve(Layers{}).Text(Theme) != "dark" {
				t.Error("it counts nevertheless")
			}
			problems := p.Problems()
			if test.reason == "" {
				if len(problems) > 0 {
					t.Errorf("%+v", problems)
				}
				return
			}
			if len(problems) != 1 || problems[0].Kind != Private || problems[0].Source != (Source{Machine, path}) || !strings.Contains(problems[0].Err.Error(), test.reason) {
				t.Errorf("%+v", problems)
			}
		})
	}
}

// Without a second user, the same person is somebody else than the owner.
func TestAFileOfSomebodyElseIsRefused(t *testing.T) {
	_, path, _ := desk(t)
	if os.Getuid() == administrator { // whose files are everybody's
		must(t, os.Chown(path, 4711, -1))
		refused(t, path, administrator, Writable, "the id 4711")
		return
	}
	refused(t, path, 4711, Writable, "and has to belong to root")
}

func TestWhatCannotBeReadIsRefused(t *testing.T) {
	dir, path, owner := desk(t)
	pipe, loop, broken := filepath.Join(dir, "pipe"), filepath.Join(dir, "loop"), filepath.Join(dir, "broken")
	must(t, syscall.Mkfifo(pipe, 0o644), os.Symlink(loop, loop), os.Symlink(filepath.Join(dir, "nowhere"), broken))
	refused(t, dir, owner, Unreadable, "is not a file")
	refused(t, pipe, owner, Unreadable, "is not a file")
	refused(t, loop, owner, Unreadable, "too many symbolic links")
	refused(t, broken, owner, Unreadable, "no such file")
	refused(t, filepath.Join(path, "policy.json"), owner, Unreadable, "not a directory")
	if os.Getuid() != administrator { // who may read everything
		must(t, os.Chmod(path, 0o200))
		refused(t, path, owner, Unreadable, "permission denied")
	}
}

func TestAFileOfFiveMegabytesIsRefusedAtOnce(t *testing.T) {
	_, path, owner := desk(t)
	write(t, path, `{"settings":{"ManagedByName":"`+strings.Repeat("a", 5<<20)+`"}}`)
	begin := time.Now()
	refused(t, path, owner, TooLarge, "it has 5242")
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}

// Whatever this computer is set up with, it is read from the places that are told to
// administrators, and a place without a file decides nothing.
func TestThisComputersPolicyIsRead(t *testing.T) {
	p, there := Read(), false
	for _, place := range Files() {
		if _, err := os.Lstat(place); !errors.Is(err, fs.ErrNotExist) {
			there = true
		}
		if !slices.ContainsFunc(p.Sources(), func(s Source) bool { return s.Where == place }) {
			t.Errorf("%s was not looked at, only %v", place, p.Sources())
		}
	}
	if !there && (p.Managed() || len(p.Problems()) > 0) {
		t.Errorf("without a file: %v, %+v", p.Managed(), p.Problems())
	}
}

// Whatever is wrong with the whole file, what it said before is not lost with it.
func TestEveryWayInWhichAFileIsBroken(t *testing.T) {
	for what, breaks := range map[string]func(dir, path string) error{
		"a missing bracket":         func(_, path string) error { return os.WriteFile(path, []byte(slip), 0o644) },
		"empty":                     func(_, path string) error { return os.Truncate(path, 0) },
		"too large":                 func(_, path string) error { return os.Truncate(path, MaxBytes+1) },
		"a pipe":                    func(_, path string) error { _ = os.Remove(path); return syscall.Mkfifo(path, 0o644) },
		"a folder":                  func(_, path string) error { _ = os.Remove(path); return os.Mkdir(path, 0o755) },
		"writable by others":        func(_, path string) error { return os.Chmod(path, 0o666) },
		"in others' folder":         func(dir, _ string) error { return os.Chmod(dir, 0o777) },
		"a link that leads nowhere": func(_, path string) error { _ = os.Remove(path); return os.Symlink("none.json", path) },
	} {
		t.Run(what, func(t *testing.T) {
			dir, path, owner := desk(t)
			write(t, path, strict)
			good := gathered(readFile(path, owner))
			must(t, breaks(dir, path))
			now := gathered(readFile(path, owner))
			if good.Broken() != nil || now.Broken() == nil || now.State() != gathered(readFile(path, owner)).State() {
				t.Fatalf("%+v, %+v", good.Broken(), now.Broken())
			}
			before := good.Resolve(Layers{})
			if changed := now.Standing(good).Resolve(Layers{}).Differences(before); len(changed) > 0 {
				t.Errorf("%v", changed)
			}
			if s := now.Recalled(good.Kept()).Resolve(Layers{}); s.Unclear() != nil || !s.On(KioskMode) {
				t.Errorf("%+v", s.Unclear())
			}
			if now.Shut().Resolve(Layers{}).Unclear() == nil {
				t.Error("people can sign in")
			}
		})
	}
}
