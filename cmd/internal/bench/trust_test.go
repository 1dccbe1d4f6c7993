//go:build linux

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// Whoever read less than the others would be quicker for it.
func TestEveryProgramReadsTheSystemsAuthoritiesAndOurs(t *testing.T) {
	system, err := os.ReadFile(filepath.Join(systemTrust, "ca-certificates.crt"))
	if err != nil {
		t.Skipf("this system keeps its authorities elsewhere than Debian: %v", err)
	}
	dir := t.TempDir()
	ours, err := stage.NewAuthority(dir)
	if err != nil {
		t.Fatal(err)
	}
	trusted, err := newTrust(dir, ours)
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := os.ReadFile(trusted.bundle)
	if err != nil {
		t.Fatal(err)
	}
	own, err := os.ReadFile(ours.File)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(bundle, system) || !bytes.HasSuffix(bundle, own) {
		t.Error("the bundle is not the system's with ours behind it")
	}
	if want := bytes.Count(system, []byte("BEGIN CERTIFICATE")) + 1; trusted.count != want {
		t.Errorf("%d are counted, there are %d", trusted.count, want)
	}
	entries, err := os.ReadDir(systemTrust)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		file := filepath.Join(trusted.dir, entry.Name())
		if info, err := os.Stat(filepath.Join(systemTrust, entry.Name())); err != nil || !info.Mode().IsRegular() {
			continue // nobody reads folders, and links that lead nowhere
		}
		if _, err := os.Stat(file); err != nil {
			t.Errorf("the folder lacks one: %v", err)
		}
		if entry.Type()&os.ModeSymlink == 0 {
			continue
		}
		want, _ := os.Readlink(filepath.Join(systemTrust, entry.Name()))
		if got, err := os.Readlink(file); err != nil || got != want {
			t.Errorf("%s leads to %q, %v; the system's to %q", entry.Name(), got, err, want)
		}
	}
	for _, name := range []string{"SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"} {
		if !slices.Contains(trusted.env(), name+"="+trusted.bundle) {
			t.Errorf("%s does not name the bundle", name)
		}
	}
	if !slices.ContainsFunc(trusted.env(), func(v string) bool { return strings.HasPrefix(v, "SSL_CERT_DIR=") }) {
		t.Error("nobody reads the folder")
	}
}
