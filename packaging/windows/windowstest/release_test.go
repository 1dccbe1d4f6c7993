package windowstest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestTheSameInputGivesTheSameBytes(t *testing.T) {
	// Another clock, another zone, another user's umask.
	again, err := build(version, programs, t.TempDir(), "TZ=Asia/Tokyo", "LC_ALL=C")
	if err != nil {
		t.Fatal(err)
	}
	first, second := read(t, msi), read(t, again)
	if !bytes.Equal(first, second) {
		t.Errorf("%d and %d bytes differ", len(first), len(second))
	}
	later, err := build(version, programs, t.TempDir(), "SOURCE_DATE_EPOCH=1767225602")
	if err != nil {
		t.Fatal(err)
	}
	code := func(msi string) string { return pairs(t, msi, "_SummaryInformation", "PropertyId", "Value")["9"] }
	if code(msi) == code(later) || code(msi) == code(formerMSI) {
		t.Errorf("different packages share the package code %s", code(msi))
	}
	summary := pairs(t, msi, "_SummaryInformation", "PropertyId", "Value")
	for id, want := range map[string]string{"7": "x64;1033", "12": "2026/01/01 00:00:00", "13": "2026/01/01 00:00:00", "15": "2"} {
		if summary[id] != want {
			t.Errorf("summary %s is %q, want %q", id, summary[id], want)
		}
	}
}

func TestAPackageWithoutWhatItNeedsIsNotMade(t *testing.T) {
	for _, c := range []struct{ version, programs, says string }{
		{"1.2", programs, "three numbers"},
		{"1.2.3-rc.1", programs, "three numbers"},
		{"1.256.0", programs, "255.255.65535"},
		{"1.2.3", t.TempDir(), "portico.exe is missing"},
	} {
		out := t.TempDir()
		if _, err := build(c.version, c.programs, out); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("version %s of %s: error %v, want one with %q", c.version, c.programs, err, c.says)
		}
		if left, _ := os.ReadDir(out); len(left) > 0 {
			t.Errorf("version %s: %v was made", c.version, left)
		}
	}
}

func TestEveryProgramHasItsResources(t *testing.T) {
	for program, description := range map[string]string{"portico": "Portico", "portico-agent": "Portico in the background", "porticoctl": "Portico's console"} {
		exe := filepath.Join(programs, program+".exe")
		list := tool(t, "wrestool", "--list", exe)
		if got := strings.Count(list, "type=icon "); got != 5 {
			t.Errorf("%s has %d pictures in its icon, want 5 (16 to 256)", program, got)
		}
		for _, what := range []string{"type=group_icon", "type=version", "--type=24 --name=1 "} {
			if strings.Count(list, what) != 1 {
				t.Errorf("%s: %s is not there once:\n%s", program, what, list)
			}
		}
		manifest := tool(t, "wrestool", "--extract", "--raw", "--type=24", exe)
		for _, want := range []string{`level="asInvoker"`, ">PerMonitorV2, PerMonitor<", ">true</longPathAware>", ">UTF-8</activeCodePage>", "{8e0f7a12-bfb3-4fe8-b9a5-48fd50a15a9a}", `version="` + version + `.0"`, description} {
			if !strings.Contains(manifest, want) {
				t.Errorf("%s: the manifest is without %s", program, want)
			}
		}
		// Pairs of name and value, each UTF-16 with a zero at its end.
		text := strings.ReplaceAll(tool(t, "wrestool", "--extract", "--raw", "--type=16", exe), "\x00", "")
		for name, want := range map[string]string{
			"CompanyName": "Portico contributors", "FileDescription": description, "FileVersion": version, "InternalName": program, "OriginalFilename": program + ".exe",
			"ProductName": "Portico", "ProductVersion": version, "LegalCopyright": "Copyright the Portico contributors", "Comments": "https://github.com/portico-desktop/portico",
		} {
			if !strings.Contains(text, name+want) {
				t.Errorf("%s: %s is not %q", program, name, want)
			}
		}
		if regexp.MustCompile("@[A-Z]+@").MatchString(text + manifest) {
			t.Errorf("%s: something was not filled in", program)
		}
	}
}

func TestSignedIsWhatTheCertificatesOwnerBuilt(t *testing.T) {
	dir := t.TempDir()
	certificate, key, password := filepath.Join(dir, "certificate.pem"), filepath.Join(dir, "key.pem"), filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte("not in any argument"), 0o600); err != nil {
		t.Fatal(err)
	}
	tool(t, "openssl", "req", "-x509", "-newkey", "rsa:2048", "-days", "3650", "-subj", "/CN=Throw-away publisher", "-addext", "extendedKeyUsage=codeSigning",
		"-addext", "keyUsage=digitalSignature", "-passout", "file:"+password, "-keyout", key, "-out", certificate)
	// Signatures are checked for now: the certificate is made now.
	env := []string{"PORTICO_SIGN_CERT=" + certificate, "PORTICO_SIGN_KEY=" + key, "PORTICO_SIGN_PASSWORD_FILE=" + password, "SOURCE_DATE_EPOCH=" + epoch}
	signed, err := build(version, programs, dir, env...)
	if err != nil {
		t.Fatal(err)
	}
	verify := func(file string) error {
		return exec.Command("osslsigncode", "verify", "-CAfile", certificate, "-in", file).Run()
	}
	if err := verify(signed); err != nil {
		t.Errorf("the package does not verify: %v", err)
	}
	if err := verify(msi); err == nil {
		t.Error("a package without a signature verifies")
	}
	// The programs in it are signed too, and those it was made of are as they were.
	tool(t, "msiextract", "--directory", dir, signed)
	for _, name := range []string{"portico.exe", "portico-agent.exe", "porticoctl.exe"} {
		inside := find(t, dir, name)
		if err := verify(inside); err != nil {
			t.Errorf("%s in the package does not verify: %v", name, err)
		}
		if verify(filepath.Join(programs, name)) == nil {
			t.Errorf("%s was signed where it lay", name)
		}
		bytes := read(t, inside)
		bytes[len(bytes)/2] ^= 1
		write(t, inside, bytes)
		if verify(inside) == nil {
			t.Errorf("%s verifies after it was tampered with", name)
		}
	}
	bytes := read(t, signed)
	bytes[len(bytes)/2] ^= 1
	write(t, signed, bytes)
	if verify(signed) == nil {
		t.Error("the package verifies after it was tampered with")
	}

	// No signature rather than a wrong one.
	for _, broken := range []string{"PORTICO_SIGN_KEY=" + certificate, "PORTICO_SIGN_PASSWORD_FILE=" + certificate, "PORTICO_SIGN_CERT=" + key} {
		out := t.TempDir()
		if _, err := build(version, programs, out, append(env, broken)...); err == nil {
			t.Errorf("%s: a package was made", broken)
		}
		if left, _ := os.ReadDir(out); len(left) > 0 {
			t.Errorf("%s: %v is left", broken, left)
		}
	}
}

// tool runs a program that has to succeed and returns what it prints.
func tool(t *testing.T, name string, args ...string) string {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, stderr.Bytes())
	}
	return string(out)
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func write(t *testing.T, file string, content []byte) {
	t.Helper()
	if err := os.WriteFile(file, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

func find(t *testing.T, dir, name string) (path string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err == nil && d.Name() == name {
			path = p
		}
		return err
	})
	if err != nil || path == "" {
		t.Fatalf("there is no %s in %s: %v", name, dir, err)
	}
	return path
}
