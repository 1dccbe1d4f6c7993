package main

import (
	"bytes"
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// The real agent crashes with something secret in its memory: here its environment,
// which a core dump has as well.
func TestCrashOfTheAgentLeavesNothingSecret(t *testing.T) {
	pattern, err := os.ReadFile("/proc/sys/kernel/core_pattern")
	if err != nil || bytes.ContainsAny(pattern[:1], "|/@") {
		t.Skipf("core dumps go elsewhere on this computer: %s, %v", pattern, err)
	}
	for name, limitLost := range map[string]bool{"as it is": false, "where the kernel does not ask for the limit": true} {
		t.Run(name, func(t *testing.T) {
			d, secret := newDesk(t), rand.Text()
			d.startBus()
			d.start(func(cmd *exec.Cmd) {
				cmd.Dir = d.home
				cmd.Env = append(cmd.Env, "GOTRACEBACK=crash", "CANARY="+secret)
			})
			pid := d.agent.Process.Pid
			if limitLost {
				unlimited := unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}
				if err := unix.Prlimit(pid, unix.RLIMIT_CORE, &unlimited, nil); err != nil {
					t.Skipf("this computer limits core dumps: %v", err)
				}
			}
			if err := unix.Kill(pid, unix.SIGABRT); err != nil {
				t.Fatal(err)
			}
			<-d.ended
			files, err := filepath.Glob(filepath.Join(d.home, "core*"))
			if err != nil || (len(files) > 0) != limitLost {
				t.Errorf("core dumps: %v, %v", files, err)
			}
			for _, file := range files {
				core, err := os.ReadFile(file)
				if err != nil || len(core) == 0 || bytes.Contains(core, []byte(secret)) {
					t.Errorf("%s, %d bytes, holds the secret: %v", file, len(core), err)
				}
			}
		})
	}
}
