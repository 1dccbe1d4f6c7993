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
	passUnderWine(t, "app/policy", ".", "TestTheRegistryIsRead", "TestTypesOfTheRegistryThatNoKeyHas", "TestThisComputersPolicyIsRead")
}

// Proxy scripts are run by WinHTTP, of which Wine has its own. The rest of the package
// wants more of the network than Wine has.
func TestWinHTTPAnswersForProxies(t *testing.T) {
	tests := []string{"TestTheRegistryIsRead", "TestWinHTTPRunsAScript", "TestSwitchesOfWindows"}
	passUnderWine(t, "auth/network", "^("+strings.Join(tests, "|")+")$", tests...)
}

// The person's log-on for proxies is SSPI's. Wine has the calls and no domain: most of it
// is held against a stand-in.
func TestSSPIAnswersProxies(t *testing.T) {
	tests := []string{"TestSSPIMakesTheLegsOfAConversation", "TestSSPIGivesNoNTLMWhereKerberosAloneMayBe", "TestWhatSSPILacks", "TestSSPIOfThisComputer"}
	passUnderWine(t, "auth/network", "^("+strings.Join(tests, "|")+")$", tests...)
}

// passUnderWine runs a package's tests, of which some have to be seen to pass.
func passUnderWine(t *testing.T, room, which string, names ...string) {
	t.Helper()
	c := newComputer(t)
	folder := filepath.Join(packaging, "..", "..", filepath.FromSlash(room))
	program := filepath.Join(t.TempDir(), filepath.Base(folder)+".test.exe")
	build := exec.Command("go", "test", "-c", "-o", program, ".")
	build.Dir, build.Env = folder, append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go test -c: %v\n%s", err, out)
	}
	// Its own folder, as go test has it.
	t.Chdir(folder)
	out, code := c.run("", windows(program), "-test.v", "-test.timeout=5m", "-test.run="+which)
	for _, name := range names {
		if code != 0 || !strings.Contains(out, "--- PASS: "+name) {
			t.Errorf("%s was not seen to pass; ended with %d:\n%s", name, code, out)
		}
	}
}
