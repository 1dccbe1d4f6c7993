package policy

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// ownEtc tells the test below that it runs with mounts of its own.
const ownEtc = "PORTICO_TEST_OWN_ETC"

// TestTheFileOfThisComputerCounts writes the real file, as root, in a process with an
// /etc of its own.
func TestTheFileOfThisComputerCounts(t *testing.T) {
	if os.Getenv(ownEtc) == "" {
		inOwnMounts(t)
		return
	}
	must(t,
		unix.Mount("none", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""), unix.Mount("none", "/etc", "tmpfs", 0, "mode=755"),
		os.Mkdir(filepath.Dir(Files()[0]), 0o755),
	)
	if p := Read(); p.Managed() || len(p.Problems()) > 0 {
		t.Fatalf("without a file: %v, %+v", p.Managed(), p.Problems())
	}
	write(t, Files()[0], strict)
	if p := Read(); !p.Managed() || len(p.Problems()) > 0 || !p.Resolve(Layers{}).On(KioskMode) {
		t.Errorf("%v, %+v", p.Managed(), p.Problems())
	}
	must(t, os.Chmod(Files()[0], 0o666))
	if p := Read(); p.Managed() || p.Broken() == nil || p.Broken().Kind != Writable {
		t.Errorf("writable by others: %v, %+v", p.Managed(), p.Problems())
	}
}

// inOwnMounts runs the calling test again, as root of a namespace for its mounts.
func inOwnMounts(t *testing.T) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), ownEtc+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	var started *exec.ExitError
	switch {
	case errors.Is(err, fs.ErrPermission) || errors.Is(err, unix.ENOSPC):
		t.Skipf("this system gives no namespace for mounts: %v", err)
	case errors.As(err, &started):
		t.Errorf("%v\n%s", err, out)
	case err != nil:
		t.Fatal(err)
	}
}
