package windowstest

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// former is a version before this one and later one after it. legacy is the one
// whose package wrote into Policies. epoch is the time of all packages.
const (
	former = "0.0.9"
	legacy = "0.1.0"
	later  = "99.0.0"
	epoch  = "1767225600" // 2026-01-01 00:00 UTC
)

// What all tests share; made once, by TestMain.
var (
	// packaging is packaging/windows.
	packaging string
	// programs is the folder with the programs.
	programs string
	// work holds what is built here.
	work string
	// version is that of FyneApp.toml.
	version string
	// The installers of version and of those above. legacyMSI is made from the tables
	// that 0.1.0 had, in testdata, and from this version's programs.
	msi, formerMSI, legacyMSI, laterMSI string
	// display is an X display for Wine's windows.
	display string
)

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "windowstest:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	if programs = os.Getenv("PORTICO_WINDOWS_DIR"); programs == "" {
		return 0, fmt.Errorf("PORTICO_WINDOWS_DIR has to name the folder with the Windows programs; \"make test-windows\" does that")
	}
	if packaging, err = filepath.Abs(".."); err != nil {
		return 0, err
	}
	facts, err := os.ReadFile(filepath.Join(packaging, "..", "..", "FyneApp.toml"))
	if err != nil {
		return 0, err
	}
	found := regexp.MustCompile(`(?m)^Version = "([^"]+)"$`).FindSubmatch(facts)
	if found == nil {
		return 0, fmt.Errorf("FyneApp.toml has no version")
	}
	version = string(found[1])
	if work, err = os.MkdirTemp("", "portico-windows-"); err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(work) }()
	// The workflow's Windows installs the same packages.
	packages := work
	if keep := os.Getenv("PORTICO_KEEP_MSI"); keep != "" {
		packages = keep
	}
	if err := buildAll(packages); err != nil {
		return 0, err
	}
	for _, c := range [][]string{
		{"-shared", "-o", "bcryptprimitives.dll", "wine/bcryptprimitives.c", "-ladvapi32"},
		{"-O2", "-o", "endsession.exe", "wine/endsession.c", "-luser32"},
		{"-O2", "-municode", "-o", "conditions.exe", "wine/conditions.c", "-lmsi"},
	} {
		c[len(c)-3] = filepath.Join(work, c[len(c)-3])
		if out, err := exec.Command("x86_64-w64-mingw32-gcc", c...).CombinedOutput(); err != nil {
			return 0, fmt.Errorf("compile %s: %w\n%s", c[len(c)-2], err, out)
		}
	}
	end, err := startDisplay()
	if err != nil {
		return 0, err
	}
	defer end()
	return m.Run(), nil
}

// buildAll makes the installers, and in a folder of its own the one that is older than
// its tables.
func buildAll(out string) (err error) {
	if msi, err = build(version, programs, out); err != nil {
		return err
	}
	for number, path := range map[string]*string{former: &formerMSI, later: &laterMSI} {
		renumbered, err := programsOf(number)
		if err != nil {
			return err
		}
		if *path, err = build(number, renumbered, out); err != nil {
			return err
		}
	}
	renumbered, err := programsOf(legacy)
	if err != nil {
		return err
	}
	project := filepath.Join(work, "project")
	for from, to := range map[string]string{
		packaging: "packaging/windows", filepath.Join(packaging, "..", "..", "assets", "icons"): "assets/icons",
	} {
		if err := os.CopyFS(filepath.Join(project, to), os.DirFS(from)); err != nil {
			return err
		}
	}
	for from, to := range map[string]string{
		"../../../FyneApp.toml": "FyneApp.toml", "../../../LICENSE": "LICENSE",
		"testdata/0.1.0/portico.wxs": "packaging/windows/msi/portico.wxs", "testdata/0.1.0/tables.sql": "packaging/windows/msi/tables.sql",
	} {
		raw, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(project, to), raw, 0o644); err != nil {
			return err
		}
	}
	legacyMSI, err = buildWith(filepath.Join(project, "packaging", "windows", "build.sh"), legacy, renumbered, filepath.Join(out, "legacy"))
	return err
}

// programsOf are this version's programs with another number in their resources: a
// file of another version than its package says is not removed with it.
func programsOf(version string) (dir string, err error) {
	dir = filepath.Join(work, "programs-"+version)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", err
	}
	var number [3]uint16
	if _, err := fmt.Sscanf(version, "%d.%d.%d", &number[0], &number[1], &number[2]); err != nil {
		return "", err
	}
	for _, name := range []string{"portico.exe", "portico-agent.exe", "porticoctl.exe"} {
		program, err := os.ReadFile(filepath.Join(programs, name))
		if err != nil {
			return "", err
		}
		// VS_FIXEDFILEINFO: signature, version of the structure, then the file's
		// and the product's number, as two 32-bit halves each.
		at := bytes.Index(program, []byte{0xbd, 0x04, 0xef, 0xfe, 0, 0, 1, 0})
		if at < 0 {
			return "", fmt.Errorf("%s has no version resource", name)
		}
		for _, start := range []int{at + 8, at + 16} {
			binary.LittleEndian.PutUint16(program[start:], number[1])
			binary.LittleEndian.PutUint16(program[start+2:], number[0])
			binary.LittleEndian.PutUint16(program[start+4:], 0)
			binary.LittleEndian.PutUint16(program[start+6:], number[2])
		}
		if err := os.WriteFile(filepath.Join(dir, name), program, 0o755); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// build runs build.sh and returns the installer's path.
func build(version, programs, out string, env ...string) (string, error) {
	return buildWith(filepath.Join(packaging, "build.sh"), version, programs, out, env...)
}

func buildWith(script, version, programs, out string, env ...string) (string, error) {
	cmd := exec.Command(script, version, programs, out)
	cmd.Env = append(cmd.Environ(), "SOURCE_DATE_EPOCH="+epoch)
	cmd.Env = append(cmd.Env, env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	path, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("build.sh %s: %w\n%s", version, err, stderr.Bytes())
	}
	return strings.TrimSpace(string(path)), nil
}

// startDisplay starts Xvfb, which says on a pipe which number it has taken.
func startDisplay() (end func(), err error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = read.Close() }()
	cmd := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1280x900x24", "-nolisten", "tcp", "-noreset")
	cmd.ExtraFiles = []*os.File{write}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start Xvfb: %w", err)
	}
	_ = write.Close()
	var number int
	if _, err := fmt.Fscan(read, &number); err != nil {
		return nil, fmt.Errorf("wait for Xvfb: %w", err)
	}
	display = fmt.Sprintf(":%d", number)
	return func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }, nil
}

// product is product.json, which the PowerShell scripts are held to as well.
type product struct {
	Name         string
	Manufacturer string
	UpgradeCode  string
	MSI          string
	SettingsKey  string
	RunValue     string
	EventSource  string
	Properties   map[string]struct {
		// Value is what the installer remembers it as, below SettingsKey.
		Value   string
		Allowed []string
	}
}

func readProduct(t *testing.T) (p product) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(packaging, "product.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		t.Fatalf("product.json: %v", err)
	}
	return p
}
