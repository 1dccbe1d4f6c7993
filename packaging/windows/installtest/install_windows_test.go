package installtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/windows/registry"
)

const (
	settingsKey = `SOFTWARE\Portico`
	policyKey   = `SOFTWARE\Policies\Portico`
	portal      = "https://portal.example.com"
	decided     = "https://decided.example.com"
)

// desk is this computer: its packages and its PowerShell.
type desk struct {
	t       *testing.T
	dir     string
	shell   string
	scripts string
}

func newDesk(t *testing.T) desk {
	t.Helper()
	dir := os.Getenv("PORTICO_INSTALL_FOR_REAL")
	if dir == "" {
		t.Skip("PORTICO_INSTALL_FOR_REAL is not set: this installs Portico on the computer that it runs on")
	}
	d := desk{t: t, dir: dir, shell: "powershell.exe"}
	if shell := os.Getenv("PORTICO_POWERSHELL"); shell != "" {
		d.shell = shell
	}
	var err error
	if d.scripts, err = filepath.Abs(".."); err != nil {
		t.Fatal(err)
	}
	return d
}

// msi is the package that a pattern names.
func (d desk) msi(pattern string) string {
	d.t.Helper()
	found, err := filepath.Glob(filepath.Join(d.dir, pattern))
	if err != nil || len(found) != 1 {
		d.t.Fatalf("%s: %v, %v", pattern, found, err)
	}
	return found[0]
}

// current is the package of this version.
func (d desk) current() string {
	d.t.Helper()
	facts, err := os.ReadFile(filepath.Join(d.scripts, "..", "..", "FyneApp.toml"))
	if err != nil {
		d.t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^Version = "([^"]+)"`).FindSubmatch(facts)
	if found == nil {
		d.t.Fatal("FyneApp.toml has no version")
	}
	return d.msi("portico-" + string(found[1]) + "-x64.msi")
}

func (d desk) hash(path string) string {
	d.t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		d.t.Fatal(err)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// run ends the test unless a program ends with the code. It returns what was printed.
func (d desk) run(want int, name string, args ...string) string {
	d.t.Helper()
	var out bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	code := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		d.t.Fatalf("%s: %v", name, err)
	}
	d.t.Logf("%s %s ended with %d\n%s", filepath.Base(name), strings.Join(args, " "), code, out.Bytes())
	if code != want {
		d.t.Fatalf("it ended with %d, want %d", code, want)
	}
	return out.String()
}

// script runs one of the scripts as the guides say.
func (d desk) script(want int, name string, args ...string) string {
	d.t.Helper()
	return d.run(want, d.shell, append([]string{"-NoLogo", "-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-File", filepath.Join(d.scripts, name)}, args...)...)
}

// value reads a text of the machine's 64-bit registry; "" where there is none.
func (d desk) value(key, name string) string {
	d.t.Helper()
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, key, registry.QUERY_VALUE|registry.WOW64_64KEY)
	if errors.Is(err, registry.ErrNotExist) {
		return ""
	}
	if err != nil {
		d.t.Fatal(err)
	}
	defer k.Close()
	text, _, err := k.GetStringValue(name)
	if err != nil && !errors.Is(err, registry.ErrNotExist) {
		d.t.Fatal(err)
	}
	return text
}

func (d desk) want(key, name, value string) {
	d.t.Helper()
	if got := d.value(key, name); got != value {
		d.t.Errorf(`HKLM\%s, %s is %q, want %q`, key, name, got, value)
	}
}

// decide sets the portal as Group Policy does; "" takes the whole key away.
func (d desk) decide(address string) {
	d.t.Helper()
	if address == "" {
		if err := registry.DeleteKey(registry.LOCAL_MACHINE, policyKey); err != nil && !errors.Is(err, registry.ErrNotExist) {
			d.t.Fatal(err)
		}
		return
	}
	k, _, err := registry.CreateKey(registry.LOCAL_MACHINE, policyKey, registry.SET_VALUE|registry.WOW64_64KEY)
	if err != nil {
		d.t.Fatal(err)
	}
	defer k.Close()
	if err := k.SetStringValue("PortalURL", address); err != nil {
		d.t.Fatal(err)
	}
}

// console is the installed porticoctl.
func (d desk) console(want int, args ...string) string {
	d.t.Helper()
	return d.run(want, filepath.Join(d.value(settingsKey, "InstallDir"), "porticoctl.exe"), args...)
}

// nothing fails the test if something of the package is left.
func (d desk) nothing() {
	d.t.Helper()
	for _, key := range []string{settingsKey, `SOFTWARE\Classes\portico`, `SYSTEM\CurrentControlSet\Services\EventLog\Application\Portico`} {
		if k, err := registry.OpenKey(registry.LOCAL_MACHINE, key, registry.QUERY_VALUE|registry.WOW64_64KEY); err == nil {
			k.Close()
			d.t.Errorf(`HKLM\%s is left`, key)
		}
	}
	d.want(`SOFTWARE\Microsoft\Windows\CurrentVersion\Run`, "Portico", "")
	if _, err := os.Stat(filepath.Join(os.Getenv("ProgramFiles"), "Portico")); !errors.Is(err, os.ErrNotExist) {
		d.t.Errorf("the folder of the programs is left: %v", err)
	}
	d.script(1, "Test-Portico.ps1")
}

// The life of Portico on one computer, in order. Each step starts from the one before.
func TestTheScriptsInstallUpgradeAndRemove(t *testing.T) {
	d := newDesk(t)
	former, current, later := d.msi("portico-0.0.9-x64.msi"), d.current(), d.msi("portico-99.0.0-x64.msi")
	d.decide("")
	d.nothing()
	d.script(0, "Uninstall-Portico.ps1")
	d.script(1605, "Uninstall-Portico.ps1", "-Strict")

	// What nobody has vouched for is not run.
	d.script(577, "Install-Portico.ps1", "-MsiPath", former)
	d.script(577, "Install-Portico.ps1", "-MsiPath", former, "-Sha256", strings.Repeat("0", 64))
	d.script(87, "Install-Portico.ps1", "-MsiPath", former, "-Sha256", d.hash(former), "-PortalUrl", "http://portal.example.com")
	d.script(0, "Install-Portico.ps1", "-MsiPath", former, "-Sha256", d.hash(former), "-PortalUrl", portal, "-WhatIf")
	d.nothing()

	d.script(0, "Install-Portico.ps1", "-MsiPath", former, "-Sha256", d.hash(former), "-PortalUrl", portal, "-Autostart", "never")
	d.script(0, "Test-Portico.ps1")
	d.want(settingsKey, "PortalUrl", portal)
	d.want(settingsKey, "Autostart", "never")
	d.want(policyKey, "PortalURL", "")
	if out := d.console(0, "policy", "--json", "PortalURL"); !strings.Contains(out, portal) || !strings.Contains(out, `"installer"`) {
		t.Errorf("porticoctl policy: %s", out)
	}

	// A second time there is nothing to do; with another value there is.
	if out := d.script(0, "Install-Portico.ps1", "-MsiPath", former, "-Sha256", d.hash(former), "-PortalUrl", portal); !strings.Contains(out, "is installed already") {
		t.Errorf("it was installed a second time: %s", out)
	}
	d.script(0, "Install-Portico.ps1", "-MsiPath", former, "-Sha256", d.hash(former), "-PortalUrl", "https://new.example.com")
	d.want(settingsKey, "PortalUrl", "https://new.example.com")
	d.want(settingsKey, "Autostart", "never")

	// Upgrades keep what was told, and Group Policy wins without being touched.
	d.decide(decided)
	for _, msi := range []string{current, later} {
		d.script(0, "Install-Portico.ps1", "-MsiPath", msi, "-Sha256", d.hash(msi))
		d.want(settingsKey, "PortalUrl", "https://new.example.com")
		d.want(settingsKey, "Autostart", "never")
		d.want(policyKey, "PortalURL", decided)
		if out := d.console(0, "policy", "--json", "PortalURL"); !strings.Contains(out, decided) || !strings.Contains(out, `"machine-policy"`) {
			t.Errorf("porticoctl policy: %s", out)
		}
	}
	d.script(0, "Test-Portico.ps1", "-MinimumVersion", "99.0.0")
	d.script(1638, "Install-Portico.ps1", "-MsiPath", current, "-Sha256", d.hash(current))

	d.script(0, "Uninstall-Portico.ps1")
	d.nothing()
	d.want(policyKey, "PortalURL", decided)
	d.script(0, "Remove-PorticoLeftovers.ps1")
	d.want(policyKey, "PortalURL", decided)
	d.decide("")
}

// msiexec by itself, over a package that wrote into Policies.
func TestTheUpgradeFromAPackageThatWrotePolicies(t *testing.T) {
	d := newDesk(t)
	legacy, later := d.msi(`legacy\portico-0.1.0-x64.msi`), d.msi("portico-99.0.0-x64.msi")
	for _, since := range []string{"", decided} {
		t.Run("decided since: "+strconv.Quote(since), func(t *testing.T) {
			d := d
			d.t = t
			d.decide("")
			d.run(0, "msiexec.exe", "/i", legacy, "/qn", "/norestart", "PORTALURL="+portal)
			d.want(policyKey, "PortalURL", portal)
			if since != "" {
				d.decide(since)
			}
			d.run(0, "msiexec.exe", "/i", later, "/qn", "/norestart")
			d.want(settingsKey, "PortalUrl", portal)
			d.want(policyKey, "PortalURL", since)

			// The same version can be told something else, by the long form and by the short one.
			d.run(0, "msiexec.exe", "/i", later, "/qn", "/norestart", "REINSTALL=ALL", "REINSTALLMODE=vamus", "PORTALURL=https://long.example.com")
			d.want(settingsKey, "PortalUrl", "https://long.example.com")
			d.run(0, "msiexec.exe", "/i", later, "/qn", "/norestart", "PORTALURL=https://short.example.com")
			d.want(settingsKey, "PortalUrl", "https://short.example.com")
			d.run(1603, "msiexec.exe", "/i", later, "/qn", "/norestart", "PORTALURL=http://portal.example.com")
			d.want(policyKey, "PortalURL", since)

			d.run(0, "msiexec.exe", "/x", later, "/qn", "/norestart")
			d.nothing()
			d.want(policyKey, "PortalURL", since)
			d.decide("")
		})
	}
}
