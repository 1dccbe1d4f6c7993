//go:build linux

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// dryRun says what make would run, called in dir; older is what the shell's PWD says.
func dryRun(t *testing.T, dir, older string, args ...string) string {
	t.Helper()
	cmd := exec.Command("make", append([]string{"--dry-run"}, args...)...)
	cmd.Dir = dir
	// What a make around this test has put there is not for this one.
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); !strings.HasPrefix(name, "MAKE") && name != "MFLAGS" && name != "AGAINST" {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "PWD="+older)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

func TestMakeChecksTheOtherBuildFirst(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip("there is no make to ask what it would run")
	}
	root, err := stage.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	called := filepath.Join(t.TempDir(), "some where")
	place(t, called)
	for name, test := range map[string]struct {
		dir, older string
		args       []string
		from       string
	}{
		"here":                   {root, root, nil, root},
		"here, with an old PWD":  {root, called, nil, root},
		"from elsewhere":         {called, called, []string{"-C", root}, called},
		"from elsewhere, joined": {called, called, []string{"-sC" + root}, called},
		"from elsewhere, long":   {called, called, []string{"--no-print-directory", "--directory=" + root}, called},
	} {
		out := dryRun(t, test.dir, test.older, append(test.args, "bench", "AGAINST=../old")...)
		check := strings.Index(out, `-from "`+test.from+`" -check`)
		build := strings.Index(out, "go build")
		if check < 0 || build < check {
			t.Errorf("%s: it has to check from %s and then to build\n%s", name, test.from, out)
		}
		if build >= 0 && !strings.Contains(out[build:], `-from "`+test.from+"\"\n") {
			t.Errorf("%s: and then to measure from there\n%s", name, out)
		}
	}
	if out := dryRun(t, root, root, "bench"); strings.Contains(out, "-check") {
		t.Errorf("without AGAINST there is nothing to check\n%s", out)
	}
}
