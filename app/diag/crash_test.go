package diag

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// crashVariable has this test program crash like a program of Portico.
const crashVariable = "PORTICO_TEST_CRASH"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashVariable); dir != "" {
		if err := KeepCrashes(dir, "portico-agent"); err != nil {
			panic(err)
		}
		if os.Getenv("PORTICO_TEST_ENDS_WELL") == "" {
			panic(errors.New("asking https://login.example/?code=" + canary + ": refresh_token=" + canary))
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func run(t *testing.T, dir string, env ...string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(append(os.Environ(), crashVariable+"="+dir), env...)
	out, err := cmd.CombinedOutput()
	if crashed := err != nil; crashed == (len(env) > 0) {
		t.Fatalf("%v: %s", err, out)
	}
}

func TestCrashIsKeptWithoutItsSecrets(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	check := func(when string) {
		t.Helper()
		text, err := Crashes(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"Crashed 2", "portico-agent 0.", "panic: ", "login.example", "goroutine 1"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s it does not say %q:\n%s", when, want, text)
			}
		}
		if strings.Contains(text, canary) {
			t.Errorf("%s it holds the secret:\n%s", when, text)
		}
	}
	if text, err := Crashes(dir); text != "" || err != nil {
		t.Fatalf("before any: %q, %v", text, err)
	}
	run(t, dir)
	raw, err := os.ReadFile(crashFile(dir, "portico-agent"))
	if err != nil || !strings.Contains(string(raw), canary) {
		t.Fatalf("the runtime wrote no crash with a secret, so this test shows nothing: %v\n%s", err, raw)
	}
	check("after the crash")
	run(t, dir, "PORTICO_TEST_ENDS_WELL=1")
	check("after the next start")
	run(t, dir, "PORTICO_TEST_ENDS_WELL=1")
	check("after one more")
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 2 {
		t.Errorf("%v, %v", files, err)
	}
	for _, path := range files {
		raw, err := os.ReadFile(path)
		if err != nil || strings.Contains(string(raw), canary) {
			t.Errorf("%s still holds the secret (%v)", path, err)
		}
	}
}

// A crash is told of with the time at which it happened.
func TestCrashKeepsItsTime(t *testing.T) {
	dir := t.TempDir()
	path := crashFile(dir, "portico")
	if err := os.WriteFile(path, []byte("portico 0.1.0\npanic: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	then := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	if err := os.Chtimes(path, then, then); err != nil {
		t.Fatal(err)
	}
	if err := keepLast(dir, "portico"); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if text, err := Crashes(dir); err != nil || !strings.HasPrefix(text, "Crashed 2026-01-02T03:04:05Z\nportico 0.1.0\npanic: x\n") {
		t.Errorf("%q, %v", text, err)
	}
}

func TestCrashesThatCannotBeKeptAreAnErrorAndNoMore(t *testing.T) {
	file := filepath.Join(t.TempDir(), "in the way")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := KeepCrashes(filepath.Join(file, "logs"), "portico-agent"); err == nil {
		t.Error("no error")
	}
}
