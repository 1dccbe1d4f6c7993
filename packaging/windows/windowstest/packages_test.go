package windowstest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The registry is read by real Windows calls: its tests exist for Windows only.
func TestPackagesThatReadTheRegistry(t *testing.T) {
	c := newComputer(t)
	folder := filepath.Join(packaging, "..", "..", "app", "policy")
	program := filepath.Join(t.TempDir(), "policy.test.exe")
	build := exec.Command("go", "test", "-c", "-o", program, ".")
	build.Dir, build.Env = folder, append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go test -c: %v\n%s", err, out)
	}
	// Its own folder, as go test has it.
	t.Chdir(folder)
	out, code := c.run("", windows(program), "-test.v", "-test.timeout=5m")
	for _, name := range []string{"TestTheRegistryIsRead", "TestTypesOfTheRegistryThatNoKeyHas", "TestThisComputersPolicyIsRead"} {
		if code != 0 || !strings.Contains(out, "--- PASS: "+name) {
			t.Errorf("%s was not seen to pass; ended with %d:\n%s", name, code, out)
		}
	}
}
