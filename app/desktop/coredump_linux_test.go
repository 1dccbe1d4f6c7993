package desktop

import (
	"bytes"
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// What the child of TestCoreDumpsHoldNoToken does.
const coreTask = "PORTICO_TEST_CORE"

// A process that holds a token ends as a crash does, with a core dump where that is not
// turned off.
func TestCoreDumpsHoldNoToken(t *testing.T) {
	if task := os.Getenv(coreTask); task != "" {
		dumpCore(t, task)
		return
	}
	pattern, err := os.ReadFile("/proc/sys/kernel/core_pattern")
	if err != nil || bytes.ContainsAny(pattern[:1], "|/@") {
		t.Skipf("core dumps go elsewhere on this computer: %s, %v", pattern, err)
	}
	for task, want := range map[string]struct{ file, token bool }{
		"as it began":          {file: true, token: true},
		"none":                 {},
		"none, limit is lost":  {file: true}, // as where the kernel does not ask for it
		"none, after a child":  {},
		"as the child is told": {file: true, token: true},
	} {
		t.Run(task, func(t *testing.T) {
			own, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			token := rand.Text()
			cmd := exec.Command(own, "-test.run", "^TestCoreDumpsHoldNoToken$")
			cmd.Dir = t.TempDir()
			cmd.Env = append(os.Environ(), coreTask+"="+task, "GOTRACEBACK=crash")
			cmd.Stdin = strings.NewReader(token)
			out, err := cmd.CombinedOutput()
			var ended *exec.ExitError
			if !errors.As(err, &ended) || !ended.Sys().(syscall.WaitStatus).Signaled() {
				t.Fatalf("it did not crash: %v\n%s", err, out)
			}
			files, err := filepath.Glob(filepath.Join(cmd.Dir, "core*"))
			if err != nil {
				t.Fatal(err)
			}
			found := false
			for _, file := range files {
				core, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				found = found || bytes.Contains(core, []byte(token))
			}
			if (len(files) > 0) != want.file || found != want.token {
				t.Errorf("core dumps: %v, the token is in one: %v", files, found)
			}
		})
	}
}

// dumpCore holds what it reads and crashes.
func dumpCore(t *testing.T, task string) {
	token := make([]byte, 64)
	n, _ := os.Stdin.Read(token)
	unlimited := unix.Rlimit{}
	if err := unix.Getrlimit(unix.RLIMIT_CORE, &unlimited); err != nil {
		t.Fatal(err)
	}
	unlimited.Cur = unlimited.Max
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unlimited); err != nil {
		t.Fatal(err)
	}
	if task != "as it began" {
		NoCoreDumps()
	}
	switch task {
	case "none, limit is lost":
		if err := unix.Setrlimit(unix.RLIMIT_CORE, &unlimited); err != nil {
			t.Fatal(err)
		}
	case "none, after a child":
		cmd := exec.Command("true")
		if err := errors.Join(Start(cmd), cmd.Wait()); err != nil {
			t.Fatal(err)
		}
	case "as the child is told":
		// The successor of an agent begins with what the agent began with.
		err := succeedWith([]string{coreTask + "=as it began", "GOTRACEBACK=crash"}, token[:n])
		t.Fatal(err)
	}
	crash(token[:n])
}

func crash(token []byte) {
	_ = unix.Kill(os.Getpid(), unix.SIGABRT)
	for len(token) > 0 { // the signal comes
	}
}

// succeedWith becomes this test again, which reads the token anew.
func succeedWith(env []string, token []byte) error {
	in, out, err := os.Pipe()
	if err != nil {
		return err
	}
	_, _ = out.Write(token)
	_ = out.Close()
	if err := unix.Dup3(int(in.Fd()), 0, 0); err != nil {
		return err
	}
	for _, v := range env {
		name, value, _ := strings.Cut(v, "=")
		_ = os.Setenv(name, value)
	}
	own, err := os.Executable()
	if err != nil {
		return err
	}
	return succeed(own, []string{"-test.run", "^TestCoreDumpsHoldNoToken$"})
}

// What Portico starts has the limits that Portico itself was started with.
func TestOtherProgramsKeepTheirCoreDumps(t *testing.T) {
	if os.Getenv(coreTask) == "" {
		own, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("sh", "-c", `ulimit -S -c 5; echo 0x12 > /proc/self/coredump_filter; exec "$0" -test.run '^`+t.Name()+`$'`, own)
		cmd.Env = append(os.Environ(), coreTask+"=start")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	const tell = "ulimit -S -c; cat /proc/self/coredump_filter"
	NoCoreDumps()
	NoCoreDumps()
	for name, start := range map[string]func(*exec.Cmd) error{"by Start": Start, "otherwise": (*exec.Cmd).Start} {
		var told bytes.Buffer
		cmd := exec.Command("sh", "-c", tell)
		cmd.Stdout = &told
		if err := errors.Join(start(cmd), cmd.Wait()); err != nil {
			t.Fatal(err)
		}
		want := "5\n00000012\n"
		if name == "otherwise" {
			want = "0\n00000000\n"
		}
		if told.String() != want {
			t.Errorf("started %s: %q, want %q", name, told.String(), want)
		}
	}
	marked := filepath.Join(t.TempDir(), "told")
	script := filepath.Join(t.TempDir(), "browser")
	if err := os.WriteFile(script, []byte("#!/bin/sh\n("+tell+") >"+marked+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := (opener{commands: script, patience: patience, system: openSystem}).open(t.Context(), "http://127.0.0.1:1/"); err != nil {
		t.Fatal(err)
	}
	if told, err := os.ReadFile(marked); err != nil || string(told) != "5\n00000012\n" {
		t.Errorf("the browser has %q, %v", told, err)
	}
}
