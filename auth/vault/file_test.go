package vault

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func inFiles(dir string) *Vault {
	return New(Params{Service: "test", Backend: Files(dir), PartSize: FilesPartSize})
}

func TestFilesKeepValues(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sign-ins")
	large := bytes.Repeat([]byte("0123456789abcdef"), MaxSize/16)
	v := inFiles(dir)
	if _, err := v.Get(t.Context(), "account.a"); !errors.Is(err, ErrNotFound) {
		t.Errorf("before anything: %v", err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("looking made something: %v", err)
	}
	for name, value := range map[string][]byte{"account.a": []byte("first"), "Account.A": []byte("other case"), "large": large, "empty": {}} {
		if err := v.Put(t.Context(), name, value); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	if err := v.Put(t.Context(), "account.a", []byte("second")); err != nil {
		t.Fatal(err)
	}
	again := inFiles(dir)
	for name, want := range map[string][]byte{"account.a": []byte("second"), "Account.A": []byte("other case"), "large": large, "empty": {}} {
		if got, err := again.Get(t.Context(), name); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	if other := New(Params{Service: "another", Backend: Files(dir)}); other != nil {
		if _, err := other.Get(t.Context(), "account.a"); !errors.Is(err, ErrNotFound) {
			t.Errorf("another service: %v", err)
		}
	}
	for _, name := range []string{"account.a", "Account.A", "large", "empty", "never"} {
		if err := again.Delete(t.Context(), name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestFilesAreForThePersonAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no modes: the files are encrypted there")
	}
	dir := filepath.Join(t.TempDir(), "sign-ins")
	v := inFiles(dir)
	if err := v.Put(t.Context(), "a", []byte("value")); err != nil {
		t.Fatal(err)
	}
	mode := func(path string) os.FileMode {
		info, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Mode().Perm()
	}
	entries, _ := os.ReadDir(dir)
	file := filepath.Join(dir, entries[0].Name())
	if mode(dir) != 0o700 || mode(file) != 0o600 {
		t.Errorf("modes %v and %v", mode(dir), mode(file))
	}
	get := func() error { _, err := inFiles(dir).Get(t.Context(), "a"); return err }
	for name, test := range map[string]struct {
		path    string
		mode    os.FileMode
		refused bool
	}{
		"directory that others read":  {dir, 0o755, false},
		"directory that others write": {dir, 0o770, true},
		"file that others read":       {file, 0o644, false},
		"file that others write":      {file, 0o662, true},
	} {
		before := mode(test.path)
		if err := os.Chmod(test.path, test.mode); err != nil {
			t.Fatal(err)
		}
		err := get()
		if (KindOf(err) == Failing) != test.refused || !test.refused && (err != nil || mode(test.path)&0o077 != 0) {
			t.Errorf("%s: %v, mode %v", name, err, mode(test.path))
		}
		if test.refused && test.path == dir {
			if err := inFiles(dir).Put(t.Context(), "b", []byte("x")); KindOf(err) != Failing {
				t.Errorf("%s: written all the same: %v", name, err)
			}
		}
		_ = os.Chmod(test.path, before)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if _, err := inFiles(link).Get(t.Context(), "a"); KindOf(err) != Failing {
		t.Errorf("a link instead of the directory: %v", err)
	}
	moved := file + ".moved"
	_ = os.Rename(file, moved)
	_ = os.Symlink(moved, file)
	if err := get(); KindOf(err) != Failing {
		t.Errorf("a link instead of the file: %v", err)
	}
	if os.Geteuid() == 0 {
		_ = os.Remove(file)
		_ = os.Rename(moved, file)
		if err := os.Chown(dir, 12345, -1); err != nil {
			t.Fatal(err)
		}
		if err := get(); KindOf(err) != Failing || !strings.Contains(err.Error(), "somebody else") {
			t.Errorf("somebody else's directory: %v", err)
		}
	}
}

func TestFilesSweepWhatACrashHasLeft(t *testing.T) {
	dir := t.TempDir()
	_ = os.Chmod(dir, 0o700)
	old, young := filepath.Join(dir, unfinished+"1"), filepath.Join(dir, unfinished+"2")
	for _, path := range []string{old, young} {
		if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	past := time.Now().Add(-time.Hour)
	_ = os.Chtimes(old, past, past)
	if err := inFiles(dir).Put(t.Context(), "a", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(old); !os.IsNotExist(err) {
		t.Errorf("an old one: %v", err)
	}
	if _, err := os.Stat(young); err != nil {
		t.Errorf("one that may be in use: %v", err)
	}
}

func TestFilesThatCannotBeWrittenSayWhy(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, do := range map[string]func(context.Context) error{
		"put":    func(ctx context.Context) error { return inFiles(dir).Put(ctx, "a", []byte("x")) },
		"get":    func(ctx context.Context) error { _, err := inFiles(dir).Get(ctx, "a"); return err },
		"delete": func(ctx context.Context) error { return inFiles(dir).Delete(ctx, "a") },
	} {
		if err := do(t.Context()); KindOf(err) != Failing {
			t.Errorf("%s: %v", name, err)
		}
	}
}
