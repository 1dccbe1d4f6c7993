package macos

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// disk is a folder that stands for a Mac's disk. What runs in it sees this
// computer's programs, and Apple's as stand-ins.
type disk struct {
	t    *testing.T
	root string
}

func newDisk(t *testing.T) *disk {
	t.Helper()
	d := &disk{t: t, root: t.TempDir()}
	for _, dir := range []string{"answers", "scripts", "sbin", "tmp", "Library/Preferences", "Users/ada/Library", "local/bin", "usr", "lib", "lib64", "bin", "etc", "dev", "proc"} {
		if err := os.MkdirAll(filepath.Join(d.root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(filepath.Join(d.root, "sbin"), os.DirFS("testdata/standins")); err != nil {
		t.Fatal(err)
	}
	for _, script := range []string{"install.sh", "uninstall.sh", "pkg-scripts/preinstall", "pkg-scripts/postinstall"} {
		raw, err := os.ReadFile(script)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(d.root, "scripts", filepath.Base(script)), raw, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func (d *disk) write(name, text string) {
	d.t.Helper()
	path := filepath.Join(d.root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		d.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		d.t.Fatal(err)
	}
}

func (d *disk) has(name string) bool {
	_, err := os.Lstat(filepath.Join(d.root, name))
	return err == nil
}

func (d *disk) read(name string) string {
	raw, err := os.ReadFile(filepath.Join(d.root, name))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		d.t.Fatal(err)
	}
	return string(raw)
}

// run runs a script on the disk as root, and returns how it ended.
func (d *disk) run(env []string, script string, args ...string) (exit int, output string) {
	d.t.Helper()
	const inside = `
for dir in usr bin lib lib64 etc dev proc; do mount --rbind "/$dir" "$ROOT/$dir"; done
# Whatever a script does wrong, it does to the folder.
for dir in usr bin lib lib64 etc; do mount -o remount,bind,ro "$ROOT/$dir"; done
mount --bind "$ROOT/local" "$ROOT/usr/local"
exec chroot "$ROOT" /usr/bin/env -i PATH=/nowhere TMPDIR=/nowhere $EXTRA /bin/sh "$@"`
	cmd := exec.Command("unshare", append([]string{"--user", "--map-root-user", "--mount", "/bin/sh", "-ec", inside, "sh", "/scripts/" + script}, args...)...)
	cmd.Env = append(os.Environ(), "ROOT="+d.root, "EXTRA="+strings.Join(env, " "))
	out, err := cmd.CombinedOutput()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		d.t.Fatalf("unshare: %v", err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

func (d *disk) calls() string { return d.read("calls") }

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

const (
	signed      = "Status: signed by a developer certificate issued by Apple for distribution\n   1. Developer ID Installer: Contoso (TEAM123456)\n"
	preferences = "Library/Preferences/io.github.portico_desktop.Portico"
)

// ready is a disk with a signed package beside the scripts.
func ready(t *testing.T) *disk {
	d := newDisk(t)
	d.write("scripts/portico-1.2.3.pkg", "package")
	d.write("answers/new-version", "1.2.3")
	d.write("answers/signature", signed)
	return d
}

func TestInstall(t *testing.T) {
	d := ready(t)
	exit, out := d.run(nil, "install.sh", "--portal", "https://portal.example.com", "--autostart", "always", "--team-id", "TEAM123456", "--sha256", digest("package"))
	if exit != 0 {
		t.Fatalf("install.sh ended with %d:\n%s", exit, out)
	}
	if !regexp.MustCompile(`(?m)^installer -pkg /tmp/[\w.]+/package/portico-1\.2\.3\.pkg -target /$`).MatchString(d.calls()) {
		t.Errorf("macOS's installer was not called:\n%s", d.calls())
	}
	if got := d.read(preferences + ".d/PortalURL"); got != "https://portal.example.com" {
		t.Errorf("PortalURL is %q", got)
	}
	if got := d.read(preferences + ".d/Autostart"); got != "always" {
		t.Errorf("Autostart is %q", got)
	}
	info, err := os.Stat(filepath.Join(d.root, preferences+".plist"))
	if err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("people's agents cannot read the settings: %v %v", info, err)
	}

	// Again: nothing is left to do.
	before := d.calls()
	exit, out = d.run(nil, "install.sh", "--portal", "https://portal.example.com", "--autostart", "always")
	again := strings.TrimPrefix(d.calls(), before)
	if exit != 0 || strings.Contains(again, "installer -pkg /") || strings.Contains(again, "defaults write") {
		t.Errorf("the second run ended with %d and did something:\n%s\n%s", exit, out, again)
	}

	// Another portal, and a newer package.
	d.write("answers/new-version", "1.3.0")
	d.write("scripts/next/portico-1.3.0.pkg", "next")
	exit, out = d.run([]string{"PORTICO_PORTAL_URL=https://other.example.com"}, "install.sh", "--pkg", "/scripts/next/portico-1.3.0.pkg")
	if exit != 0 || !strings.Contains(out, "over 1.2.3") || d.read(preferences+".d/PortalURL") != "https://other.example.com" {
		t.Errorf("the upgrade ended with %d:\n%s", exit, out)
	}
	if got := d.read(preferences + ".d/Autostart"); got != "always" {
		t.Errorf("the upgrade has changed Autostart to %q", got)
	}
}

// Others may write where the package lies, and put another one there once the right one
// was looked at.
func TestInstallTakesThePackageThatWasChecked(t *testing.T) {
	d := ready(t)
	d.write("sbin/pkgutil.real", d.read("sbin/pkgutil"))
	d.write("sbin/pkgutil", "#!/bin/sh\nsh /sbin/pkgutil.real \"$@\"; ended=$?\n[ \"$1\" != --check-signature ] || echo another >/scripts/portico-1.2.3.pkg\nexit $ended\n")
	exit, out := d.run(nil, "install.sh", "--sha256", digest("package"))
	if exit != 0 || d.read("scripts/portico-1.2.3.pkg") != "another\n" {
		t.Fatalf("it ended with %d, and the package was not exchanged:\n%s", exit, out)
	}
	if !strings.Contains(d.calls(), "installed package\n") {
		t.Errorf("another package was installed:\n%s", d.calls())
	}
}

// Whoever calls a script as root may have another person's folders in PATH and TMPDIR.
func TestScriptsRunTheSystemsPrograms(t *testing.T) {
	for _, script := range []string{"install.sh", "uninstall.sh", "preinstall", "postinstall"} {
		d := ready(t)
		for _, name := range []string{"uname", "id", "ps", "stat", "mktemp", "rm", "awk"} {
			d.write("theirs/"+name, "#!/bin/sh\n: >/tmp/theirs\nexit 1\n")
			if err := os.Chmod(filepath.Join(d.root, "theirs", name), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		exit, out := d.run([]string{"PATH=/theirs", "TMPDIR=/theirs"}, script)
		if exit != 0 || d.has("tmp/theirs") {
			t.Errorf("%s ended with %d, another's programs ran: %v\n%s", script, exit, d.has("tmp/theirs"), out)
		}
		if strings.Contains(d.calls(), "installer") && !strings.Contains(d.calls(), "installer -pkg /tmp/") {
			t.Errorf("%s worked in another's folder:\n%s", script, d.calls())
		}
	}
}

func TestInstallRefuses(t *testing.T) {
	ok := []string{"--portal", "https://portal.example.com"}
	tests := map[string]struct {
		prepare func(d *disk)
		args    []string
		exit    int
		says    string
	}{
		"an unknown option":         {nil, []string{"--portl", "x"}, 2, "--portl is no option"},
		"an option without value":   {nil, []string{"--portal"}, 2, "needs a value"},
		"a portal without https":    {nil, []string{"--portal", "http://portal.example.com"}, 2, "has to be an address"},
		"a wrong autostart":         {nil, []string{"--autostart", "yes"}, 2, "always, never or user-decides"},
		"a download without a sum":  {nil, []string{"--url", "https://x.example/p.pkg"}, 2, "needs --sha256"},
		"a sum that is none":        {nil, append(ok, "--sha256", "abc"), 2, "64 hexadecimal digits"},
		"unsigned without a sum":    {nil, append(ok, "--allow-unsigned"), 2, "needs --sha256"},
		"another system":            {func(d *disk) { d.write("answers/uname", "Linux") }, ok, 3, "for macOS"},
		"somebody else than root":   {func(d *disk) { d.write("answers/uid", "501") }, ok, 4, "needs root"},
		"no package":                {func(d *disk) { os.Remove(d.root + "/scripts/portico-1.2.3.pkg") }, ok, 5, "no portico-*.pkg beside"},
		"two packages":              {func(d *disk) { d.write("scripts/portico-1.2.4.pkg", "") }, ok, 5, "several"},
		"a package that is missing": {nil, append(ok, "--pkg", "/nowhere.pkg"), 5, "/nowhere.pkg is not there"},
		"a failing download":        {nil, append(ok, "--url", "https://x.example/p.pkg", "--sha256", digest("package")), 5, "could not be fetched"},
		"a changed package":         {nil, append(ok, "--sha256", digest("other")), 6, "not " + digest("other")},
		"no signature":              {func(d *disk) { os.Remove(d.root + "/answers/signature") }, ok, 7, "no signature"},
		"another team's signature":  {nil, append(ok, "--team-id", "OTHER12345"), 7, "not signed by team OTHER12345"},
		"an installer that fails":   {func(d *disk) { d.write("answers/installer-fails", "") }, ok, 8, "/var/log/install.log"},
		"settings without a place":  {func(d *disk) { d.write("answers/defaults-fails", "") }, ok, 9, "could not be written"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := ready(t)
			if test.prepare != nil {
				test.prepare(d)
			}
			exit, out := d.run(nil, "install.sh", test.args...)
			if exit != test.exit || !strings.Contains(out, test.says) {
				t.Errorf("it ended with %d, want %d with %q:\n%s", exit, test.exit, test.says, out)
			}
			if test.exit < 8 && strings.Contains(d.calls(), "installer -pkg /") {
				t.Errorf("something was installed:\n%s", d.calls())
			}
		})
	}
}

func TestInstallFetchesAndAcceptsAnUnsignedPackageByItsSum(t *testing.T) {
	d := ready(t)
	os.Remove(filepath.Join(d.root, "answers/signature"))
	d.write("answers/fetched", "package")
	exit, out := d.run(nil, "install.sh", "--url", "https://x.example/p.pkg", "--sha256", strings.ToUpper(digest("package")), "--allow-unsigned")
	if exit != 0 || !strings.Contains(d.calls(), "--proto =https") || !d.has("Applications/Portico.app") {
		t.Errorf("it ended with %d:\n%s\n%s", exit, out, d.calls())
	}
}

func TestDryRunsDoNothing(t *testing.T) {
	d := ready(t)
	exit, out := d.run(nil, "install.sh", "--portal", "https://portal.example.com", "--dry-run")
	if exit != 0 || !strings.Contains(out, "would run: installer -pkg") || !strings.Contains(out, "would run: defaults write") {
		t.Errorf("install.sh ended with %d:\n%s", exit, out)
	}
	if d.has("Applications") || d.has(preferences+".plist") {
		t.Error("the dry run has installed something")
	}
	if exit, out := d.run(nil, "install.sh", "--portal", "https://portal.example.com"); exit != 0 {
		t.Fatal(exit, out)
	}
	exit, out = d.run(nil, "uninstall.sh", "--remove-user-data", "--dry-run")
	if exit != 0 || !d.has("Applications/Portico.app") || !d.has(preferences+".plist") {
		t.Errorf("uninstall.sh ended with %d:\n%s", exit, out)
	}
}

func TestUninstall(t *testing.T) {
	tests := map[string]struct {
		args       []string
		data, kept bool // what is there afterwards
	}{
		"by itself":         {nil, true, false},
		"with user data":    {[]string{"--remove-user-data"}, false, false},
		"without settings":  {[]string{"--keep-settings"}, true, true},
		"everything at all": {[]string{"--remove-user-data", "--keep-settings"}, false, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := ready(t)
			if exit, out := d.run(nil, "install.sh", "--portal", "https://portal.example.com"); exit != 0 {
				t.Fatal(exit, out)
			}
			if !d.has("local/bin/porticoctl") {
				t.Fatal("the stand-in has not installed the console")
			}
			const data = "Users/ada/Library/Application Support/io.github.portico_desktop.Portico/settings.json"
			d.write(data, "{}")
			d.write("Users/ada/Library/Preferences/other.plist", "")
			d.write("answers/ps", "  501 /Applications/Portico.app/Contents/Helpers/PorticoAgent.app/Contents/MacOS/portico-agent\n  502 /usr/bin/other\n")
			exit, out := d.run(nil, "uninstall.sh", test.args...)
			if exit != 0 {
				t.Fatalf("it ended with %d:\n%s", exit, out)
			}
			for _, gone := range []string{"Applications/Portico.app", "Library/LaunchAgents/io.github.portico_desktop.Portico.plist", "local/bin/porticoctl"} {
				if d.has(gone) {
					t.Errorf("%s is still there", gone)
				}
			}
			if d.has(data) != test.data || d.has(preferences+".plist") != test.kept {
				t.Errorf("user data there: %v, settings there: %v", d.has(data), d.has(preferences+".plist"))
			}
			if !d.has("Users/ada/Library/Preferences/other.plist") {
				t.Error("it has removed what is not Portico's")
			}
			if !strings.Contains(d.calls(), "launchctl bootout gui/501/io.github.portico_desktop.Portico\n") || strings.Contains(d.calls(), "gui/502") {
				t.Errorf("not exactly Portico's agents were ended:\n%s", d.calls())
			}
			if exit, out := d.run(nil, "uninstall.sh"); exit != 0 {
				t.Errorf("removing nothing ended with %d:\n%s", exit, out)
			}
		})
	}
}

func TestUninstallRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		answer, value string
		args          []string
		exit          int
	}{
		"an unknown option": {"", "", []string{"--all"}, 2},
		"another system":    {"uname", "Linux", nil, 3},
		"no root":           {"uid", "501", nil, 4},
	} {
		t.Run(name, func(t *testing.T) {
			d := ready(t)
			d.write("answers/"+test.answer+".x", "")
			if test.answer != "" {
				d.write("answers/"+test.answer, test.value)
			}
			if exit, out := d.run(nil, "uninstall.sh", test.args...); exit != test.exit {
				t.Errorf("it ended with %d, want %d:\n%s", exit, test.exit, out)
			}
		})
	}
}

// Every code that a script ends with is in its help, and the other way round.
func TestExitCodesAreDocumented(t *testing.T) {
	for _, script := range []string{"install.sh", "uninstall.sh"} {
		raw, err := os.ReadFile(script)
		if err != nil {
			t.Fatal(err)
		}
		told, used := map[string]bool{"0": true}, map[string]bool{"0": true}
		for _, m := range regexp.MustCompile(`(?m)^# exit (\d+)`).FindAllStringSubmatch(string(raw), -1) {
			told[m[1]] = true
		}
		for _, m := range regexp.MustCompile(`(?m)\b(?:fail|exit) (\d+)\b`).FindAllStringSubmatch(regexp.MustCompile(`(?m)^#.*$`).ReplaceAllString(string(raw), ""), -1) {
			used[m[1]] = true
		}
		if len(used) < 4 {
			t.Fatalf("%s: only %v were found", script, used)
		}
		for code := range used {
			if !told[code] {
				t.Errorf("%s ends with %s and does not say so", script, code)
			}
		}
		for code := range told {
			if !used[code] {
				t.Errorf("%s tells of %s and never ends with it", script, code)
			}
		}
	}
}

// The installer runs these as root; neither may stop an installation.
func TestPackageScripts(t *testing.T) {
	d := newDisk(t)
	d.write("answers/ps", "  501 /Applications/Portico.app/Contents/Helpers/PorticoAgent.app/Contents/MacOS/portico-agent\n  502 /Applications/Portico.app/Contents/Helpers/PorticoAgent.app/Contents/MacOS/portico-agent\n  0 /sbin/launchd\n")
	if exit, out := d.run(nil, "preinstall"); exit != 0 {
		t.Errorf("preinstall ended with %d:\n%s", exit, out)
	}
	for _, want := range []string{"gui/501/", "gui/502/"} {
		if !strings.Contains(d.calls(), "launchctl bootout "+want) {
			t.Errorf("the agent of %s was not ended:\n%s", want, d.calls())
		}
	}
	d.write("answers/launchctl-bootout-fails", "")
	if exit, _ := d.run(nil, "preinstall"); exit != 0 || !strings.Contains(d.calls(), "pkill -TERM -U 501") {
		t.Errorf("an agent that launchd does not know was not ended (%d):\n%s", exit, d.calls())
	}

	if exit, _ := d.run(nil, "postinstall"); exit != 0 || strings.Contains(d.calls(), "bootstrap") {
		t.Errorf("with nobody at the screen an agent was started (%d):\n%s", exit, d.calls())
	}
	d.write("answers/console", "501")
	d.write("answers/launchctl-bootstrap-fails", "")
	if exit, _ := d.run(nil, "postinstall"); exit != 0 || !strings.Contains(d.calls(), "launchctl bootstrap gui/501 /Library/LaunchAgents/io.github.portico_desktop.Portico.plist") ||
		!strings.Contains(d.calls(), "launchctl kickstart gui/501/io.github.portico_desktop.Portico") {
		t.Errorf("the agent of who is at the screen was not started (%d):\n%s", exit, d.calls())
	}
}
