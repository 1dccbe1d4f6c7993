package windowstest

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	installScript   = "Install-Portico.ps1"
	uninstallScript = "Uninstall-Portico.ps1"
	testScript      = "Test-Portico.ps1"
	leftoversScript = "Remove-PorticoLeftovers.ps1"

	portalOfTests = "https://portal.example.com"
)

// from is how the script is told a package: nobody has signed those of the tests.
func from(t *testing.T, msi string, more ...string) []string {
	sum := sha256.Sum256(read(t, msi))
	return append([]string{"-MsiPath", windows(msi), "-Sha256", hex.EncodeToString(sum[:]), "-AllowUnsigned"}, more...)
}

// unchanged fails the test unless the registry is as it was.
func (c *computer) unchanged(before map[string]string) {
	c.t.Helper()
	if diff := cmp.Diff(before, c.everything()); diff != "" {
		c.t.Errorf("the registry has changed (-before +after):\n%s", diff)
	}
}

// detected fails the test unless the script for detection finds Portico. Intune takes
// any output for a yes.
func (c *computer) detected(want bool, args ...string) {
	c.t.Helper()
	r := c.script(testScript, args...)
	if code := map[bool]int{true: 0, false: 1}[want]; r.code != code || (r.stdout != "") != want {
		c.t.Errorf("%s %v ended with %d, want %d:\n%s\n%s", testScript, args, r.code, code, r.stdout, r.stderr)
	}
}

// packed is a product's code as Windows Installer names its keys: each group of a GUID
// backwards.
func packed(code string) string {
	digits := strings.NewReplacer("{", "", "}", "", "-", "").Replace(code)
	var b strings.Builder
	for _, n := range []int{8, 4, 4, 2, 2, 2, 2, 2, 2, 2, 2} {
		for i := n - 1; i >= 0; i-- {
			b.WriteByte(digits[i])
		}
		digits = digits[n:]
	}
	return b.String()
}

// The scripts as administrators run them, on one computer, one after the other.
func TestScriptsOnAComputer(t *testing.T) {
	c := newPowerShellComputer(t)
	// What Windows Installer keeps by itself once a package was there, and Wine's PATH.
	c.install(msi)
	c.must("msiexec", "/x", productCode(version), "/qn")
	clean := c.everything()
	told := map[string]string{"|PortalUrl": portalOfTests}
	for _, step := range []struct {
		name string
		run  func(c *computer)
	}{
		{"wrong words change nothing", func(c *computer) {
			c.ends(87, "'yes' belongs to no parameter", installScript, from(c.t, msi, "-StopRunning", "yes")...)
			c.ends(87, "-PortalUrl is 'yes'", installScript, from(c.t, msi, "-PortalUrl", "yes")...)
			text := filepath.Join(c.t.TempDir(), "portico-0.1.0-x64.msi")
			if err := os.WriteFile(text, []byte("no package"), 0o644); err != nil {
				c.t.Fatal(err)
			}
			c.ends(1620, "", installScript, from(c.t, text)...)
			c.ends(577, "SHA-256", installScript, "-MsiPath", windows(msi), "-Sha256", strings.Repeat("0", 64))
			c.detected(false)
			c.ends(1605, "not installed", uninstallScript, "-Strict")
			c.unchanged(clean)
		}},
		{"install", func(c *computer) {
			c.ends(0, former+" is installed", installScript, from(c.t, formerMSI, "-PortalUrl", portalOfTests+"/")...)
			machinePart(c, true, installed, former)
			choices(c, told, false, true)
			c.detected(true, "-PortalUrl", portalOfTests)
			c.detected(false, "-PortalUrl", "https://other.example.com")
		}},
		{"the same again", func(c *computer) {
			before := c.everything()
			c.ends(0, "already", installScript, from(c.t, formerMSI, "-PortalUrl", `"`+portalOfTests+`"`)...)
			c.unchanged(before)
		}},
		{"other settings", func(c *computer) {
			told["|Autostart"] = "never"
			c.ends(0, "is installed", installScript, from(c.t, formerMSI, "-Autostart", "never", "-DesktopShortcut", "yes")...)
			machinePart(c, true, installed, former)
			choices(c, told, true, true)
		}},
		{"upgrade", func(c *computer) {
			c.ends(0, version+" is installed", installScript, from(c.t, msi)...)
			machinePart(c, true, installed, version)
			choices(c, told, true, true)
			c.detected(true, "-MinimumVersion", version)
		}},
		{"downgrade", func(c *computer) {
			before := c.everything()
			c.ends(1638, "newer", installScript, from(c.t, formerMSI)...)
			c.unchanged(before)
		}},
		{"a program is missing", func(c *computer) {
			if err := os.Remove(c.unix(installed + "portico-agent.exe")); err != nil {
				c.t.Fatal(err)
			}
			c.detected(false)
			c.ends(0, "is installed", installScript, from(c.t, msi)...)
			machinePart(c, true, installed, version)
			choices(c, told, true, true)
			c.detected(true)
		}},
		{"the entry under Apps is missing", func(c *computer) {
			c.without(uninstallKey + productCode(version))
			c.detected(false)
			c.ends(0, "is installed", installScript, from(c.t, msi)...)
			machinePart(c, true, installed, version)
			c.detected(true)
		}},
		{"removal", func(c *computer) {
			c.ends(0, "is removed", uninstallScript)
			machinePart(c, false, installed, version)
			c.unchanged(clean)
			c.ends(0, "not installed", uninstallScript)
		}},
		{"half a record", func(c *computer) {
			c.ends(0, "is installed", installScript, from(c.t, msi)...)
			product := packed(productCode(version))
			c.without(uninstallKey+productCode(version), `HKLM\Software\Classes\Installer\Products\`+product,
				`HKLM\Software\Microsoft\Windows\CurrentVersion\Installer\UserData\S-1-5-18\Products\`+product)
			c.detected(false)
			// Both scripts say the same: the one cannot, and names the other, which does.
			c.ends(1603, leftoversScript, uninstallScript)
			c.ends(0, "removed", leftoversScript)
			c.dropShortcuts()
			machinePart(c, false, installed, version)
			c.unchanged(clean)
		}},
		{"what cannot be removed is forced", func(c *computer) {
			c.ends(0, "is installed", installScript, from(c.t, msi, "-PortalUrl", portalOfTests)...)
			// The copy that Windows Installer removes by is gone, and so is where it came from.
			c.spoil()
			c.ends(1603, "Windows Installer ended with", uninstallScript)
			c.ends(1603, "still installed", leftoversScript)
			c.ends(0, "removed", leftoversScript, "-Force")
			c.dropShortcuts()
			machinePart(c, false, installed, version)
			c.unchanged(clean)
			// With the components' records left a later removal would leave everything.
			c.ends(0, later+" is installed", installScript, from(c.t, laterMSI)...)
			machinePart(c, true, installed, later)
			c.ends(0, "is removed", uninstallScript)
			machinePart(c, false, installed, later)
			c.unchanged(clean)
		}},
		{"what is another maker's stays", func(c *computer) {
			const other = `C:\Program Files\Portico\other.exe`
			if err := os.MkdirAll(c.unix(installed), 0o755); err != nil {
				c.t.Fatal(err)
			}
			if err := os.WriteFile(c.unix(other), []byte("MZ"), 0o644); err != nil {
				c.t.Fatal(err)
			}
			c.must("reg", "add", runKey, "/v", "Portico", "/d", other, "/f", "/reg:64")
			c.must("reg", "add", settingsKey, "/v", "Licence", "/d", "theirs", "/f", "/reg:64")
			before := c.everything()
			c.ends(0, "Not ours", leftoversScript, "-IncludeUserData", "-IncludePolicies")
			c.unchanged(before)
			if !c.exists(other) {
				c.t.Errorf("%s is gone", other)
			}
		}},
	} {
		if !t.Run(step.name, func(t *testing.T) { step.run(&computer{t: t, prefix: c.prefix, env: c.env}) }) {
			// What follows begins with what this step should have left.
			t.Fatalf("after %q the rest was not run", step.name)
		}
	}
}

// dropShortcuts removes the entries in the Start menu. Wine puts them into the person's
// own, where the scripts do not look: a package for the computer has them in everybody's.
func (c *computer) dropShortcuts() {
	c.t.Helper()
	files, err := filepath.Glob(c.unix(`C:\users\*\AppData\Roaming\Microsoft\Windows\Start Menu\Programs\Portico.lnk`))
	if err != nil || len(files) == 0 {
		c.t.Fatalf("Wine has put the entry somewhere else: %v", err)
	}
	for _, file := range files {
		if err := os.Remove(file); err != nil {
			c.t.Fatal(err)
		}
	}
}

// spoil takes away the packages that Windows Installer has kept, and what it knows of
// their sources.
func (c *computer) spoil() {
	c.t.Helper()
	kept, err := filepath.Glob(c.unix(`C:\windows\Installer\*.msi`))
	if err != nil || len(kept) == 0 {
		c.t.Fatalf("no package is kept: %v", err)
	}
	for _, file := range kept {
		if err := os.Remove(file); err != nil {
			c.t.Fatal(err)
		}
	}
	c.without(`HKLM\Software\Classes\Installer\Products\` + packed(productCode(version)) + `\SourceList`)
}
