package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/CycloneDX/cyclonedx-go"
)

// program is a program with dependencies that are known: this test.
func program(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var at = time.Unix(1_700_000_000, 0).UTC()

func twice(t *testing.T, write func(io.Writer) error) []byte {
	t.Helper()
	var first, second bytes.Buffer
	if err := write(&first); err != nil {
		t.Fatal(err)
	}
	if err := write(&second); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("the second time it has written something else")
	}
	return first.Bytes()
}

func TestNotices(t *testing.T) {
	text := string(twice(t, func(w io.Writer) error { return writeNotices(w, []string{program(t)}) }))
	for _, want := range []string{
		"github.com/CycloneDX/cyclonedx-go v0.12.0 (Apache-2.0)", "github.com/google/licensecheck v0.3.1 (BSD-3-Clause",
		"the Go standard library and runtime go1.", "Copyright 2009 The Go Authors", "Apache License",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the notices lack %q", want)
		}
	}
	if strings.Contains(text, "\r") {
		t.Error("there are Windows line ends in them")
	}
}

func TestWhatWasChangedKeepsItsNameAndVersion(t *testing.T) {
	fyne := debug.Module{Path: "fyne.io/fyne/v2", Version: "v2.8.1", Replace: &debug.Module{Path: "./.cache/fyne", Version: "(devel)"}}
	if m := moduleOf(&fyne); m.Path != "fyne.io/fyne/v2" || m.Version != "v2.8.1" || !m.Changed {
		t.Errorf("a changed copy is listed as %+v", m)
	}
	fork := debug.Module{Path: "example.com/a", Version: "v1.0.0", Replace: &debug.Module{Path: "example.com/b", Version: "v1.1.0", Sum: "h1:x"}}
	if m := moduleOf(&fork); m.Path != "example.com/b" || m.Version != "v1.1.0" || m.Sum != "h1:x" || m.Changed {
		t.Errorf("another module is listed as %+v", m)
	}
}

func TestSBOM(t *testing.T) {
	raw := twice(t, func(w io.Writer) error { return writeSBOM(w, []string{program(t)}, at) })
	var bom cyclonedx.BOM
	if err := cyclonedx.NewBOMDecoder(bytes.NewReader(raw), cyclonedx.BOMFileFormatJSON).Decode(&bom); err != nil {
		t.Fatal(err)
	}
	var plain struct {
		Metadata struct{ Timestamp string }
	}
	if json.Unmarshal(raw, &plain) != nil || plain.Metadata.Timestamp != "2023-11-14T22:13:20Z" {
		t.Errorf("its time is %q", plain.Metadata.Timestamp)
	}
	refs := map[string]bool{}
	for _, c := range *bom.Components {
		refs[c.BOMRef] = true
		if c.Licenses == nil || len(*c.Licenses) == 0 || c.Version == "" {
			t.Errorf("%s has no licence or version", c.Name)
		}
	}
	if !refs["pkg:golang/github.com/google/licensecheck@v0.3.1"] {
		t.Error("a module of this program is missing")
	}
	for _, name := range *(*bom.Dependencies)[0].Dependencies {
		if !refs[name] {
			t.Errorf("%s is depended on and not there", name)
		}
	}
}

func TestAProgramThatIsNoneIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, []byte("no program"), 0o644); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "notices")
	var said bytes.Buffer
	if code := run([]string{"notices", "-out", out, path}, &said); code != 1 || !strings.Contains(said.String(), path) {
		t.Errorf("it ended with %d: %s", code, &said)
	}
	if entries, _ := os.ReadDir(filepath.Dir(out)); len(entries) != 0 {
		t.Errorf("it has left %v", entries)
	}
}

func TestAModuleWithoutLicenceIsNoticed(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "LICENSE"), []byte("All rights reserved. You may look at this."), 0o644); err != nil {
		t.Fatal(err)
	}
	texts, err := licences(dir)
	if err != nil || len(texts) != 1 {
		t.Fatal(texts, err)
	}
	if ids := (module{Texts: texts}).ids(); len(ids) != 0 {
		t.Errorf("it was taken for %v", ids)
	}
}

// What administrators get is complete, and the same twice.
func TestDeployment(t *testing.T) {
	raw := twice(t, func(w io.Writer) error { return writeDeployment(w, os.DirFS("../.."), at, nil) })
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
		if !f.Modified.Equal(at) {
			t.Errorf("%s is of %v", f.Name, f.Modified)
		}
		if script := strings.HasSuffix(f.Name, ".sh"); script != (f.Mode()&0o111 != 0) {
			t.Errorf("%s has mode %v", f.Name, f.Mode())
		}
	}
	for _, want := range []string{
		"windows/Install-Portico.ps1", "windows/Uninstall-Portico.ps1", "windows/Test-Portico.ps1", "windows/Remove-PorticoLeftovers.ps1",
		"windows/policy/portico.admx", "windows/policy/en-US/portico.adml", "macos/install.sh", "macos/policy/portico.mobileconfig",
		"linux/install.sh", "entra/register-app.sh", "entra/register-app.ps1", "POLICIES.md", "LICENSE",
	} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is missing", want)
		}
	}
}

func TestDeploymentSaysWhatIsMissing(t *testing.T) {
	err := writeDeployment(io.Discard, fstest.MapFS{}, at, nil)
	if err == nil || !strings.Contains(err.Error(), "is missing") {
		t.Errorf("of an empty project it says %v", err)
	}
}

func TestChecksums(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"b.msi": "b", "a.deb": "a"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(dir, "SHA256SUMS")
	for range 2 { // the second time the list is there already
		if code := run([]string{"checksums", "-out", out, dir}, os.Stderr); code != 0 {
			t.Fatal(code)
		}
		cmd := exec.Command("sha256sum", "--check", "--strict", "SHA256SUMS")
		cmd.Dir = dir
		said, err := cmd.CombinedOutput()
		if err != nil || string(said) != "a.deb: OK\nb.msi: OK\n" {
			t.Errorf("sha256sum: %v\n%s", err, said)
		}
	}
	if code := run([]string{"checksums", "-out", filepath.Join(dir, "x"), t.TempDir()}, io.Discard); code != 1 {
		t.Errorf("an empty folder ended with %d", code)
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{{}, {"notices"}, {"notices", "-out", "x"}, {"checksums", "-out", "x"}, {"nothing", "-out", "x"}, {"sbom", "--wrong"}} {
		if code := run(args, io.Discard); code != 2 {
			t.Errorf("%v ended with %d", args, code)
		}
	}
}
