package main

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
)

func gathered() *scripted {
	a := newAgent(state(localapi.SignedIn))
	a.bundle = localapi.Bundle{
		Name: "portico-support-20300102-030405.zip", Time: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC),
		Files: []localapi.BundleFile{{Name: "README.txt", Text: "Look through them.\n"}, {Name: "doctor.txt", Text: strings.Repeat("all is well\n", 200)}},
	}
	return a
}

// unzip reads what was written.
func unzip(t *testing.T, path string) map[string]string {
	t.Helper()
	r, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	files := map[string]string{}
	for _, f := range r.File {
		body, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(text)
	}
	return files
}

func TestBundleIsWrittenWithoutATerminal(t *testing.T) {
	t.Chdir(t.TempDir())
	c := newConsole(gathered(), false)
	if code := c.run(t.Context(), t, "bundle"); code != localapi.ExitDone {
		t.Fatalf("exit %d: %s", code, &c.progress)
	}
	name := gathered().bundle.Name
	info, err := os.Stat(name)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	if files := unzip(t, name); len(files) != 2 || files["README.txt"] != "Look through them.\n" {
		t.Errorf("%q", files)
	}
	if out := c.out.String(); !strings.Contains(out, name) || !strings.Contains(out, "Nothing was sent") {
		t.Errorf("it says %q", out)
	}
	if len(c.connected) != 1 || !c.connected[0].Options.Passive {
		t.Errorf("connected %+v: gathering must sign nobody in", c.connected)
	}
}

func TestBundleShowsItsFilesAndAsksFirst(t *testing.T) {
	for answer, want := range map[string]int{"y\n": localapi.ExitDone, "YES\n": localapi.ExitDone, "n\n": localapi.ExitCancelled, "": localapi.ExitCancelled, "\n": localapi.ExitCancelled} {
		path := filepath.Join(t.TempDir(), "x.zip")
		c := newConsole(gathered(), false)
		c.terminal, c.in = true, strings.NewReader(answer)
		if code := c.run(t.Context(), t, "bundle", "--out", path); code != want {
			t.Errorf("%q: exit %d, want %d", answer, code, want)
		}
		_, err := os.Stat(path)
		if written := err == nil; written != (want == localapi.ExitDone) {
			t.Errorf("%q: written %v", answer, written)
		}
		for _, shown := range []string{"README.txt", "19 B", "what each file is", "doctor.txt", "2.3 KiB", path} {
			if !strings.Contains(c.progress.String(), shown) {
				t.Errorf("%q: %q was not shown before:\n%s", answer, shown, &c.progress)
			}
		}
	}
	path := filepath.Join(t.TempDir(), "x.zip")
	c := newConsole(gathered(), false)
	c.terminal = true
	if code := c.run(t.Context(), t, "bundle", "--out", path, "--yes"); code != localapi.ExitDone || strings.Contains(c.progress.String(), "[y/N]") {
		t.Errorf("with --yes: exit %d, %s", code, &c.progress)
	}
}

func TestBundleReplacesNothingUnlessForced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.zip")
	if err := os.WriteFile(path, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	a := gathered()
	c := newConsole(a, false)
	if code := c.run(t.Context(), t, "bundle", "--out", path); code != localapi.ExitUsage || !strings.Contains(c.progress.String(), "--force") {
		t.Errorf("exit %d: %s", code, &c.progress)
	}
	if len(a.asked) > 0 {
		t.Error("it gathers before it finds that out")
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "mine" {
		t.Fatalf("%q, %v", text, err)
	}
	if code := newConsole(a, false).run(t.Context(), t, "bundle", "--out", path, "--force"); code != localapi.ExitDone {
		t.Errorf("forced: exit %d", code)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("forced: %v, %v", info, err)
	}
	unzip(t, path)
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// Whoever named the place can name another one: it is no fault of Portico's.
func TestBundleSaysWhyItCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	for name, tc := range map[string]struct {
		args   []string
		reason string
		// late is found only in writing.
		late bool
	}{
		"no folder":               {[]string{"--out", filepath.Join(dir, "no", "such.zip")}, "there is no folder " + filepath.Join(dir, "no"), false},
		"no folder, with force":   {[]string{"--force", "--out", filepath.Join(dir, "no", "such.zip")}, "there is no folder " + filepath.Join(dir, "no"), false},
		"a folder":                {[]string{"--out", dir}, dir + " is a folder", false},
		"a folder, with force":    {[]string{"--force", "--out", dir}, dir + " is a folder", false},
		"a name that is too long": {[]string{"--out", filepath.Join(dir, strings.Repeat("x", 300))}, "cannot be written (", true},
	} {
		t.Run(name, func(t *testing.T) {
			a := gathered()
			c := newConsole(a, false)
			if code := c.run(t.Context(), t, append([]string{"bundle", "--yes"}, tc.args...)...); code != localapi.ExitUsage || !strings.Contains(c.progress.String(), tc.reason) {
				t.Errorf("exit %d, %s", code, &c.progress)
			}
			if !tc.late && len(a.asked) > 0 {
				t.Error("it gathers before it finds that out")
			}
		})
	}
	c := newConsole(gathered(), false)
	full := &fs.PathError{Op: "write", Path: "x.zip", Err: syscall.ENOSPC}
	p := asProblem(t.Context(), (&bundleOptions{program: c.program}).cannotWrite("x.zip", errors.Join(full, nil)))
	if want := "x.zip cannot be written (" + syscall.ENOSPC.Error() + ")"; p.Code != localapi.Usage || !strings.Contains(p.Params["reason"], want) {
		t.Errorf("a full disk: %+v", p)
	}
}

func TestBundleForScripts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.zip")
	c := newConsole(gathered(), false)
	c.terminal = true // even there nobody is asked
	if code := c.run(t.Context(), t, "bundle", "--json", "--out", path); code != localapi.ExitDone || c.progress.Len() > 0 {
		t.Fatalf("exit %d: %s", code, &c.progress)
	}
	var doc bundled
	if err := json.Unmarshal(c.out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || doc.File != path || doc.Size != info.Size() || len(doc.Files) != 2 || doc.Files[1].Size != 2400 {
		t.Errorf("%+v, %v", doc, err)
	}
}

func TestBundleShowsOneFile(t *testing.T) {
	t.Chdir(t.TempDir())
	c := newConsole(gathered(), false)
	if code := c.run(t.Context(), t, "bundle", "--show", "README.txt"); code != localapi.ExitDone || c.out.String() != "Look through them.\n" {
		t.Errorf("exit %d: %q", code, &c.out)
	}
	c = newConsole(gathered(), false)
	if code := c.execute(t.Context(), []string{"bundle", "--show", "README.txt", "--json"}); code != localapi.ExitDone {
		t.Errorf("exit %d", code)
	}
	checkDocument(t, "bundle-file", c.out.Bytes(), 0)
	c = newConsole(gathered(), false)
	if code := c.run(t.Context(), t, "bundle", "--show", "passwords.txt"); code != localapi.ExitUsage || !strings.Contains(c.progress.String(), "README.txt, doctor.txt") {
		t.Errorf("exit %d: %s", code, &c.progress)
	}
	if left, err := filepath.Glob("*"); err != nil || len(left) > 0 {
		t.Errorf("written: %v, %v", left, err)
	}
}

// An agent of another version, or one that hangs up, must not keep support from
// seeing anything.
func TestBundleIsGatheredHereWhereTheAgentDoesNotAnswer(t *testing.T) {
	t.Chdir(t.TempDir())
	c := newConsole(gathered(), false)
	connect := c.connect
	c.connect = func(ctx context.Context, p *program, options connectOptions) (*connection, error) {
		if !options.Alone {
			return nil, &localapi.Problem{Code: localapi.VersionMismatch}
		}
		return connect(ctx, p, options)
	}
	if code := c.run(t.Context(), t, "bundle"); code != localapi.ExitDone {
		t.Errorf("exit %d: %s", code, &c.progress)
	}
}
