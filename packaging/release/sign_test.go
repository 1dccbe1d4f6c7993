package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// signed runs sign.sh on stand-ins for files of a release, in a folder of their own. It
// returns what it said, its error and what is in the folder afterwards.
func signed(t *testing.T, env []string, names ...string) (said string, err error, left map[string]string) {
	t.Helper()
	dir := packagesIn(t, names...)
	script, err := filepath.Abs("sign.sh")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(script, names...)
	cmd.Dir = dir
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "PORTICO_") {
			cmd.Env = append(cmd.Env, entry)
		}
	}
	cmd.Env = append(cmd.Env, env...)
	out, failure := cmd.CombinedOutput()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	left = map[string]string{}
	for _, e := range entries {
		raw, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		left[e.Name()] = string(raw)
	}
	return string(out), failure, left
}

// untouched fails the test unless the stand-ins are as they were, and nothing else is there.
func untouched(t *testing.T, left map[string]string, names ...string) {
	t.Helper()
	if len(left) != len(names) {
		t.Errorf("left are %v", left)
	}
	for _, name := range names {
		if left[name] != name {
			t.Errorf("%s has become %q", name, left[name])
		}
	}
}

func TestWithoutAKeyNothingIsSignedAndEachFileIsNamed(t *testing.T) {
	names := []string{"portico.rpm", "portico.deb", "SHA256SUMS"}
	said, err, left := signed(t, nil, names...)
	if want := "not signed, since PORTICO_GPG_KEY is not set: portico.rpm portico.deb SHA256SUMS\n"; err != nil || said != want {
		t.Errorf("it ended with %v and said %q, want %q", err, said, want)
	}
	untouched(t, left, names...)
}

// No signature rather than a wrong one.
func TestAWrongKeyEndsTheRelease(t *testing.T) {
	wrong := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(wrong, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, env := range [][]string{
		{"PORTICO_GPG_KEY=" + wrong},
		{"PORTICO_GPG_KEY=/nonexistent"},
		{"PORTICO_GPG_KEY=%{lua:print(1)}"},
		{"PORTICO_GPG_KEY=" + wrong, "PORTICO_GPG_PASSWORD_FILE=/nonexistent"},
	} {
		said, err, left := signed(t, env, "SHA256SUMS")
		if err == nil || !strings.Contains(said, "sign.sh: ") {
			t.Errorf("%v: it ended with %v and said %q", env, err, said)
		}
		untouched(t, left, "SHA256SUMS")
	}
}
