package windowstest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// newPowerShellComputer is a computer with the PowerShell that PORTICO_PWSH_WINDOWS
// names: a folder with pwsh.exe, as Microsoft publishes it.
func newPowerShellComputer(t *testing.T) *computer {
	t.Helper()
	from := os.Getenv("PORTICO_PWSH_WINDOWS")
	if from == "" {
		t.Skip("PORTICO_PWSH_WINDOWS names no folder with PowerShell for Windows: no script was run by one")
	}
	if _, err := os.Stat(filepath.Join(from, "pwsh.exe")); err != nil {
		t.Fatalf("PORTICO_PWSH_WINDOWS: %v", err)
	}
	c := newComputer(t)
	if err := os.Symlink(from, c.unix(`C:\pwsh`)); err != nil {
		t.Fatal(err)
	}
	// .NET needs mscoree, which is off while the prefix is made, and pages that Wine 8
	// does not let it write otherwise.
	c.env = append(c.env, "WINEDLLOVERRIDES=mshtml=;winedbg.exe=d", "DOTNET_EnableWriteXorExecute=0", "NO_COLOR=1", "POWERSHELL_TELEMETRY_OPTOUT=1")
	return c
}

// ran is what a script ended with: the whole exit code, and what it wrote.
type ran struct {
	code           int
	stdout, stderr string
}

// script runs one of the scripts of packaging/windows.
func (c *computer) script(name string, args ...string) (r ran) {
	c.t.Helper()
	line := `C:\pwsh\pwsh.exe -NoLogo -NoProfile -NonInteractive -ExecutionPolicy Bypass -File "` + windows(filepath.Join(packaging, name)) + `"`
	for _, arg := range args {
		line += ` "` + strings.ReplaceAll(arg, "%", "%%") + `"`
	}
	out, errs := c.unix(`C:\out.txt`), c.unix(`C:\err.txt`)
	text := c.batch(line + ` >C:\out.txt 2>C:\err.txt` + "\r\necho %errorlevel%")
	var err error
	if r.code, err = strconv.Atoi(strings.TrimSpace(text)); err != nil {
		c.t.Fatalf("%s %v: %q is no exit code", name, args, text)
	}
	r.stdout, r.stderr = strings.TrimSpace(string(read(c.t, out))), strings.TrimSpace(string(read(c.t, errs)))
	return r
}

// ends fails the test unless a script ended so, with these words on either stream.
func (c *computer) ends(code int, says, name string, args ...string) ran {
	c.t.Helper()
	r := c.script(name, args...)
	if r.code != code || !strings.Contains(r.stdout+"\n"+r.stderr, says) {
		c.t.Errorf("%s %v ended with %d, want %d with %q:\n%s\n%s", name, args, r.code, code, says, r.stdout, r.stderr)
	}
	return r
}

// batch runs lines of a batch file and returns what they print.
func (c *computer) batch(lines string) string {
	c.t.Helper()
	file := filepath.Join(c.t.TempDir(), "job.bat")
	if err := os.WriteFile(file, []byte("@echo off\r\n"+lines+"\r\n"), 0o644); err != nil {
		c.t.Fatal(err)
	}
	out, _ := c.run("", "cmd", "/c", windows(file))
	return out
}

// everything is what an installation can change in the registry, but for the person's
// own part: every value of these keys, by `key|value`.
func (c *computer) everything() map[string]string {
	c.t.Helper()
	var lines strings.Builder
	for _, key := range []string{
		settingsKey, policyKey, linkKey, eventKey, runKey, strings.TrimSuffix(uninstallKey, `\`), pathKey,
		`HKLM\Software\Microsoft\Windows\CurrentVersion\Installer`, `HKLM\Software\Classes\Installer`,
	} {
		fmt.Fprintf(&lines, "reg query \"%s\" /s /reg:64 2>nul\r\n", key)
	}
	found, key := map[string]string{}, ""
	for line := range strings.Lines(c.batch(lines.String())) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "HKEY_") {
			key = line
			if name := key[strings.LastIndex(key, `\`)+1:]; !strings.Contains(key, "Installer") || len(name) == len(packed(productCode(version))) {
				found[key] = "" // but for the keys that Windows Installer has for all products
			}
		} else if fields := strings.SplitN(strings.TrimPrefix(line, "    "), "    ", 3); len(fields) == 3 && strings.HasPrefix(line, "    ") {
			// Wine leaves a semicolon of each entry that it has taken out of PATH.
			found[key+"|"+fields[0]] = strings.TrimRight(fields[2], ";")
		}
	}
	return found
}

// without deletes keys and values (`key|value`) of the registry.
func (c *computer) without(all ...string) {
	c.t.Helper()
	for _, one := range all {
		key, value, is := strings.Cut(one, "|")
		args := []string{"reg", "delete", key, "/f", "/reg:64"}
		if is {
			args = append(args, "/v", value)
		}
		c.must(args...)
	}
}
