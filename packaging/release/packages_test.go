package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A machine that has just started often runs apt by itself. packages.sh, which "make
// release" begins with, waits for it. apt-get is a stand-in that speaks as Debian's.
func TestPackagesWaitForAnotherApt(t *testing.T) {
	const locked = "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 1 (apt-get)"
	for _, tc := range []struct {
		name, failure string
		failures      int
		want          string // what is asked of apt-get, a line each time
		fails         bool
	}{
		{"nobody else is there", "", 0, "update|install", false},
		{"another one is there at first", locked, 3, "update|update|update|update|install", false},
		{"something else is wrong", "E: Unable to locate package nonesuch", 1, "update", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			script := func(name, text string) {
				if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			script("dpkg-query", "exit 1")
			script("id", "echo 0")
			script("sleep", ":")
			script("apt-get", `[ "$1 $2" = "-o DPkg::Lock::Timeout=600" ] || exit 9
echo "$3" >>"$ASKED"
[ "$(wc -l <"$ASKED")" -gt "$FAILURES" ] || { echo "$FAILURE" >&2; exit 100; }`)
			asked := filepath.Join(dir, "asked")
			cmd := exec.Command("../linux/packages.sh", "nonesuch")
			cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "ASKED="+asked, "FAILURE="+tc.failure, "FAILURES="+strconv.Itoa(tc.failures))
			said, err := cmd.CombinedOutput()
			if (err != nil) != tc.fails || tc.fails && !strings.Contains(string(said), tc.failure) {
				t.Errorf("it ended with %v and said:\n%s", err, said)
			}
			got, err := os.ReadFile(asked)
			if err != nil {
				t.Fatal(err)
			}
			if lines := strings.Join(strings.Fields(string(got)), "|"); lines != tc.want {
				t.Errorf("apt-get was asked to %s, want %s", lines, tc.want)
			}
		})
	}
}
