package main

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// packagesIn makes a folder of stand-ins for packages, each with its name as content.
func packagesIn(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestGuidesNameTheHashOfTheirPackage(t *testing.T) {
	h := hashes{".msi": "a1", ".deb": "b2", ".pkg": "c3"}
	for guide, want := range map[string]string{
		"Install-Portico.ps1 -PortalUrl x -Sha256 HASH -WhatIf": "Install-Portico.ps1 -PortalUrl x -Sha256 a1 -WhatIf",
		"| `PORTICO_SHA256` | `HASH`: it |":                     "| `PORTICO_SHA256` | `a1`: it |",
		"--url https://x/p.deb --sha256 SUM\n":                  "--url https://x/p.deb --sha256 b2\n",
		"--url https://x/p.pkg --sha256 SUM\n":                  "--url https://x/p.pkg --sha256 c3\n",
		"--url https://x/p.rpm --sha256 SUM\n":                  "--url https://x/p.rpm --sha256 SUM\n",
		"`--url https://… --sha256 SUM` fetches it":             "`--url https://… --sha256 SUM` fetches it",
		"the HASH of it, -Sha256 HASHES, SUM":                   "the HASH of it, -Sha256 HASHES, SUM",
	} {
		if diff := cmp.Diff(want, h.fill(guide)); diff != "" {
			t.Error(diff)
		}
		if got := (hashes)(nil).fill(guide); got != guide {
			t.Errorf("without packages it became %q", got)
		}
	}
}

// An MSI without a signature is run only when its hash is given, so a line that is
// copied from a guide has it.
func TestEveryCopiedLineCarriesTheHash(t *testing.T) {
	packages, err := packageHashes(packagesIn(t, "portico-1.2.3-x64.msi", "portico_1.2.3-1_amd64.deb", "portico-1.2.3-1.x86_64.rpm", "portico-1.2.3.pkg"))
	if err != nil || len(packages) != 4 {
		t.Fatalf("%v, %v", packages, err)
	}
	raw := twice(t, func(w io.Writer) error { return writeDeployment(w, os.DirFS("../.."), at, packages) })
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile("-PortalUrl https?://[^`\n]*")
	seen := 0
	for _, f := range z.File {
		if !strings.HasSuffix(f.Name, ".md") {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range line.FindAllString(string(text), -1) {
			seen++
			if !strings.Contains(found, "-Sha256 "+packages[".msi"]) {
				t.Errorf("%s: %s", f.Name, found)
			}
		}
		if placeholder.Match(text) && f.Name != "macos/README.md" { // whose line names no package
			t.Errorf("%s: %s was not filled in", f.Name, placeholder.Find(text))
		}
	}
	if seen < 6 {
		t.Errorf("only %d lines were found", seen)
	}
}

func TestHashesAreOfOnePackageEach(t *testing.T) {
	for _, names := range [][]string{{"portico_1.2.3-1_amd64.deb"}, {"portico-1.2.3-x64.msi", "portico-1.2.4-x64.msi"}} {
		if h, err := packageHashes(packagesIn(t, names...)); err == nil {
			t.Errorf("%v: %v", names, h)
		}
	}
}
