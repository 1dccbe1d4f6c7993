//go:build linux

package linuxtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// key makes a throw-away OpenPGP key with a password. It returns the variables that
// packaging/release/sign.sh takes, and the file of the public key.
func key(t *testing.T, name string) (env []string, public string) {
	t.Helper()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	home := at("home")
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at("password"), []byte("of "+name), 0o600); err != nil {
		t.Fatal(err)
	}
	gpg := func(args ...string) {
		t.Helper()
		must(t, "gpg", append([]string{"--homedir", home, "--batch", "--pinentry-mode", "loopback", "--passphrase-file", at("password")}, args...)...)
	}
	gpg("--quick-generate-key", name, "rsa2048", "sign", "never")
	gpg("--armor", "--output", at("secret"), "--export-secret-keys")
	gpg("--armor", "--output", at("public"), "--export")
	must(t, "gpgconf", "--homedir", home, "--kill", "all")
	return append(os.Environ(), "PORTICO_GPG_KEY="+at("secret"), "PORTICO_GPG_PASSWORD_FILE="+at("password")), at("public")
}

// sign has a release's script sign files.
func sign(t *testing.T, env []string, files ...string) {
	t.Helper()
	cmd := exec.Command("../../../packaging/release/sign.sh", files...)
	cmd.Env = env
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("sign.sh: %v\n%s", err, out)
	}
}

// The RPM on a system that lets nothing in without a signature: real dnf and rpm, in a
// root of their own. The libraries that Portico asks for are a package that is one in
// name only.
func TestDnfAsksForTheSignature(t *testing.T) {
	p := prepare(t)
	ours, public := key(t, "Throw-away release key")
	theirs, _ := key(t, "Somebody else")
	dir := t.TempDir()

	requires := must(t, "rpm", "--query", "--package", "--requires", file(t, p.packages, "*.rpm"))
	spec := "Name: libraries\nVersion: 1\nRelease: 1\nSummary: In name only\nLicense: none\nBuildArch: noarch\n"
	for name := range strings.Lines(requires) {
		if !strings.HasPrefix(name, "rpmlib(") {
			spec += "Provides: " + name
		}
	}
	spec += "%description\nIn name only.\n%files\n"
	if err := os.WriteFile(filepath.Join(dir, "libraries.spec"), []byte(spec), 0o644); err != nil {
		t.Fatal(err)
	}
	must(t, "rpmbuild", "-bb", "--quiet", "--define", "_topdir "+dir, filepath.Join(dir, "libraries.spec"))
	libraries := filepath.Join(dir, "RPMS", "noarch", "libraries-1-1.noarch.rpm")
	sign(t, ours, libraries)

	raw, err := os.ReadFile(file(t, p.packages, "*.rpm"))
	if err != nil {
		t.Fatal(err)
	}
	rpm := func(name string) string {
		t.Helper()
		path := filepath.Join(dir, name+".rpm")
		if err := os.WriteFile(path, raw, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	unsigned, foreign, tampered, good := rpm("unsigned"), rpm("foreign"), rpm("tampered"), rpm("good")
	sign(t, theirs, foreign)
	sign(t, ours, tampered, good)
	broken, err := os.ReadFile(tampered)
	if err != nil {
		t.Fatal(err)
	}
	broken[len(broken)-1000] ^= 1
	if err := os.WriteFile(tampered, broken, 0o644); err != nil {
		t.Fatal(err)
	}

	root, home := filepath.Join(dir, "root"), filepath.Join(dir, "home")
	for _, folder := range []string{root, home} {
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	// Debian's rpm keeps its packages in a person's home otherwise.
	if err := os.WriteFile(filepath.Join(home, ".rpmmacros"), []byte("%_pkgverify_level all\n%_dbpath /var/lib/rpm\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", home)
	must(t, "rpm", "--root", root, "--initdb")
	must(t, "rpmkeys", "--root", root, "--import", public)
	dnf := func(packages ...string) (string, error) {
		args := append([]string{"--installroot=" + root, "--releasever=1", "--disablerepo=*", "--setopt=reposdir=" + home, "--setopt=localpkg_gpgcheck=1", "--assumeyes", "install"}, packages...)
		cmd := exec.Command("dnf", args...)
		cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	installed := func() string {
		out, err := exec.Command("rpm", "--root", root, "--query", "portico").CombinedOutput()
		return fmt.Sprint(strings.TrimSpace(string(out)), " ", err == nil)
	}
	for _, tc := range []struct{ name, path, dnf, rpm string }{
		{"no signature", unsigned, "unsigned.rpm is not signed", "no signature"},
		{"another key's signature", foreign, "Public key for foreign.rpm is not installed", "NOKEY"},
		{"a signature over something else", tampered, "Problem opening package tampered.rpm", "BAD"},
	} {
		if out, err := dnf(libraries, tc.path); err == nil || !strings.Contains(out, tc.dnf) {
			t.Errorf("%s: dnf ended with %v, want %q in\n%s", tc.name, err, tc.dnf, out)
		}
		out, err := exec.Command("rpm", "--root", root, "--nodeps", "--force-debian", "--install", tc.path).CombinedOutput()
		if err == nil || !strings.Contains(string(out), tc.rpm) {
			t.Errorf("%s: rpm ended with %v, want %q in\n%s", tc.name, err, tc.rpm, out)
		}
		if got := installed(); !strings.HasSuffix(got, " false") {
			t.Errorf("%s: installed is %s", tc.name, got)
		}
	}
	if out, err := dnf(libraries, good); err != nil || installed() != "portico-0.1.0-1.x86_64 true" {
		t.Errorf("the signed package: %v, installed is %s\n%s", err, installed(), out)
	}
}

// A deb and the list of checksums have their signature beside them.
func TestSignaturesBesideTheFile(t *testing.T) {
	p := prepare(t)
	env, public := key(t, "Throw-away release key")
	dir := t.TempDir()
	home := t.TempDir()
	deb := filepath.Join(dir, "portico.deb")
	raw, err := os.ReadFile(file(t, p.packages, "*.deb"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(deb, raw, 0o644); err != nil {
		t.Fatal(err)
	}
	sums := filepath.Join(dir, "SHA256SUMS")
	if err := os.WriteFile(sums, []byte("0  portico.deb\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	sign(t, env, deb, sums)
	sign(t, env, "--public", filepath.Join(dir, "key.asc"))
	if err := os.Chmod(home, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, k := range []string{public, filepath.Join(dir, "key.asc")} {
		must(t, "gpg", "--homedir", home, "--batch", "--quiet", "--import", k)
	}
	for _, f := range []string{deb, sums} {
		must(t, "gpg", "--homedir", home, "--batch", "--verify", f+".asc", f)
		if err := os.WriteFile(f, []byte("something else"), 0o644); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("gpg", "--homedir", home, "--batch", "--verify", f+".asc", f).CombinedOutput(); err == nil {
			t.Errorf("%s verifies after it was changed:\n%s", f, out)
		}
	}
	must(t, "gpgconf", "--homedir", home, "--kill", "all")
}
