//go:build linux

package linuxtest

import (
	"bytes"
	"debug/elf"
	"encoding/json"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// unpacked is the tree of the Debian package.
func unpacked(t *testing.T, p prepared) string {
	t.Helper()
	dir := t.TempDir()
	must(t, "dpkg-deb", "--extract", file(t, p.packages, "*.deb"), dir)
	return dir
}

func TestTheSameInputGivesTheSameBytes(t *testing.T) {
	p := prepare(t)
	for _, pattern := range []string{"*.deb", "*.rpm"} {
		first, err := os.ReadFile(file(t, p.packages, pattern))
		if err != nil {
			t.Fatal(err)
		}
		second, err := os.ReadFile(file(t, p.again, pattern))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, second) {
			t.Errorf("two builds of %s differ", pattern)
		}
	}
}

// quiet runs a checker that has to succeed and to have nothing to say.
func quiet(t *testing.T, cmd *exec.Cmd, allowed ...string) {
	t.Helper()
	out, err := cmd.CombinedOutput()
	for _, line := range allowed {
		out = bytes.ReplaceAll(out, []byte(line+"\n"), nil)
	}
	if err != nil || len(bytes.TrimSpace(out)) > 0 {
		t.Errorf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, out)
	}
}

func TestLintianIsContent(t *testing.T) {
	p := prepare(t)
	// Overrides are in files/lintian-overrides, each with its reason; one that is
	// no longer needed is told too.
	quiet(t, exec.Command("lintian", "--fail-on", "error,warning", "--info", file(t, p.packages, "*.deb")), "running with root privileges is not recommended!")
}

func TestRpmlintIsContent(t *testing.T) {
	p := prepare(t)
	// nfpm writes whole paths into the archive, and rpmlint unpacks it with a cpio
	// that would follow them to this computer's own /usr.
	dir := t.TempDir()
	cpio, err := exec.LookPath("cpio")
	if err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\nexec " + cpio + " --no-absolute-filenames \"$@\"\n"
	if err := os.WriteFile(filepath.Join(dir, "cpio"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("rpmlint", "--rpmlintrc", "rpmlintrc", file(t, p.packages, "*.rpm"))
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "1 packages and 0 specfiles checked; 0 errors, 0 warnings") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestFilesForTheDesktopAreValid(t *testing.T) {
	root := unpacked(t, prepare(t))
	quiet(t, exec.Command("desktop-file-validate", root+entry, root+autostart))
	out := must(t, "appstreamcli", "validate", "--no-net", "--strict", root+"/usr/share/metainfo/io.github.portico_desktop.Portico.metainfo.xml")
	if !strings.Contains(out, "Validation was successful") {
		t.Errorf("appstreamcli:\n%s", out)
	}
	icons, err := filepath.Glob(root + "/usr/share/icons/hicolor/*/apps/*.png")
	if err != nil || len(icons) != 9 {
		t.Fatalf("%d icons, %v", len(icons), err)
	}
	for _, name := range icons {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		picture, err := png.DecodeConfig(f)
		f.Close()
		size := strconv.Itoa(picture.Width)
		if folder := filepath.Base(filepath.Dir(filepath.Dir(name))); err != nil || picture.Width != picture.Height || folder != size+"x"+size {
			t.Errorf("%s has %dx%d pixels, %v", folder, picture.Width, picture.Height, err)
		}
	}
}

func TestSystemdTakesTheUnit(t *testing.T) {
	root := unpacked(t, prepare(t))
	raw, err := os.ReadFile(root + "/usr/lib/systemd/user/portico-agent.service")
	if err != nil {
		t.Fatal(err)
	}
	// The program and the manual page are not installed here, and so the unit that
	// is looked at names others.
	text := strings.Replace(string(raw), "ExecStart=/usr/bin/portico-agent", "ExecStart="+root+"/usr/bin/portico-agent", 1)
	text = regexp.MustCompile(`(?m)^Documentation=.*\n`).ReplaceAllString(text, "")
	unit := filepath.Join(t.TempDir(), "portico-agent.service")
	if err := os.WriteFile(unit, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("systemd-analyze", "verify", "--user", unit)
	cmd.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+t.TempDir())
	quiet(t, cmd)
}

func TestManualPagesAreWellFormedAndWhole(t *testing.T) {
	root := unpacked(t, prepare(t))
	pages, err := filepath.Glob(root + "/usr/share/man/man*/*.gz")
	if err != nil || len(pages) != 4 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	env := append(os.Environ(), "MANWIDTH=80", "LC_ALL=C.UTF-8", "MANROFFSEQ=")
	for _, name := range pages {
		cmd := exec.Command("man", "--warnings", "--encoding=UTF-8", "--local-file", "-Tutf8", "--ditroff", name)
		cmd.Env = env
		var said bytes.Buffer
		cmd.Stderr = &said
		if out, err := cmd.Output(); err != nil || said.Len() > 0 || len(out) < 1000 {
			t.Errorf("%s: %v, %d bytes\n%s", filepath.Base(name), err, len(out), said.String())
		}
	}
	page, err := exec.Command("zcat", root+"/usr/share/man/man1/porticoctl.1.gz").Output()
	if err != nil {
		t.Fatal(err)
	}
	// The completion knows every command and is made from the commands themselves.
	cmd := exec.Command(root+"/usr/bin/porticoctl", "__complete", "")
	cmd.Env = []string{"HOME=" + t.TempDir()}
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	commands := regexp.MustCompile(`(?m)^([a-z]+)\t`).FindAllStringSubmatch(string(out), -1)
	if len(commands) < 8 {
		t.Fatalf("only %d commands are completed:\n%s", len(commands), out)
	}
	for _, c := range commands {
		if c[1] != "help" && !regexp.MustCompile(`(?m)^\.SS `+c[1]+`\b`).Match(page) {
			t.Errorf("the manual has nothing about porticoctl %s", c[1])
		}
	}
}

// Each shell reads its completion without complaint; bash is the one that is here,
// and answers.
func TestBashCompletes(t *testing.T) {
	root := unpacked(t, prepare(t))
	script := `source "$1" && complete -p porticoctl`
	out := must(t, "bash", "-c", script, "bash", root+"/usr/share/bash-completion/completions/porticoctl")
	if !strings.Contains(out, "__start_porticoctl") {
		t.Errorf("bash knows of %q", out)
	}
}

// others are libraries that the window opens instead of what the packages depend
// on, or in ways that it does not go.
func others() []string {
	return []string{
		"libGLX.so.0", "libOpenGL.so.0", // libGL.so.1 has both
		"libGLES_CM.so.1", "libGLESv1_CM.so.1", "libGLESv2.so.2", "libOSMesa.so.6", "libOSMesa.so.8", "libvulkan.so.1",
		"libdecor-0.so.0", // draws a frame where the desktop draws none; suggested
	}
}

// opened are the libraries that a program opens at run time: their names are in it.
func opened(t *testing.T, program string) (names []string) {
	t.Helper()
	raw, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile(`^lib[\w-]+\.so\.\d+$`)
	for text := range bytes.SplitSeq(raw, []byte{0}) {
		if len(text) < 64 && name.Match(text) && !slices.Contains(others(), string(text)) {
			names = append(names, string(text))
		}
	}
	return names
}

// Every library that the programs are linked with or open comes from a package that
// the package depends on. That the window opens in a bare Debian does not show it:
// it does without some of them.
func TestLibrariesAreDependedOn(t *testing.T) {
	p := prepare(t)
	root := unpacked(t, p)
	depends := must(t, "dpkg-deb", "--field", file(t, p.packages, "*.deb"), "Depends")
	requires := must(t, "rpm", "--query", "--package", "--requires", file(t, p.packages, "*.rpm"))
	for _, program := range []string{"portico", "portico-agent", "porticoctl"} {
		f, err := elf.Open(root + "/usr/bin/" + program)
		if err != nil {
			t.Fatal(err)
		}
		libraries, err := f.ImportedLibraries()
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		if (program == "portico") != (len(libraries) > 0) {
			t.Errorf("%s is linked with %q", program, libraries)
		}
		more := opened(t, root+"/usr/bin/"+program)
		if program == "portico" && len(more) < 5 {
			t.Errorf("of what the window opens only %q is found", more)
		}
		for _, library := range append(libraries, more...) {
			owner, _, _ := strings.Cut(must(t, "dpkg", "--search", "*/"+library), ":")
			if !regexp.MustCompile(`(^|, )` + regexp.QuoteMeta(owner) + `( |,|$)`).MatchString(strings.TrimSpace(depends)) {
				t.Errorf("%s needs %s of %s, which is not among %s", program, library, owner, depends)
			}
			if library != "libm.so.6" && !strings.Contains(requires, library+"(") {
				t.Errorf("%s needs %s, which is not among what the RPM requires", program, library)
			}
		}
	}
}

func TestEveryShellScriptOfTheRepositoryPassesShellcheck(t *testing.T) {
	cmd := exec.Command("git", "-c", "safe.directory=*", "ls-files", "-z", "*.sh", ".ci/run", "packaging/macos/pkg-scripts")
	cmd.Dir = "../../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	scripts := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	if len(scripts) < 6 {
		t.Fatalf("only these scripts were found: %q", scripts)
	}
	check := exec.Command("shellcheck", append([]string{"--external-sources", "--source-path=SCRIPTDIR"}, scripts...)...)
	check.Dir = cmd.Dir
	quiet(t, check)
}

func TestTheChangelogAndTheMetadataNameThisVersion(t *testing.T) {
	p := prepare(t)
	root := unpacked(t, p)
	version := strings.TrimSpace(must(t, "dpkg-deb", "--field", file(t, p.packages, "*.deb"), "Version"))
	changelog := must(t, "zcat", root+"/usr/share/doc/portico/changelog.Debian.gz")
	if !strings.HasPrefix(changelog, "portico ("+version+") ") {
		t.Errorf("the changelog of %s begins with %q", version, strings.SplitN(changelog, "\n", 2)[0])
	}
	upstream, _, _ := strings.Cut(version, "-")
	metadata, err := os.ReadFile(root + "/usr/share/metainfo/io.github.portico_desktop.Portico.metainfo.xml")
	if err != nil || !strings.Contains(string(metadata), `<release version="`+upstream+`"`) {
		t.Errorf("the metadata does not name release %s: %v", upstream, err)
	}
	var said struct{ Version string }
	out := must(t, root+"/usr/bin/porticoctl", "version", "--json")
	if err := json.Unmarshal([]byte(out), &said); err != nil || said.Version != upstream {
		t.Errorf("the program calls itself %q in a package of %s, %v", said.Version, upstream, err)
	}
}
