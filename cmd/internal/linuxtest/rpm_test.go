//go:build linux

package linuxtest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The life of the RPM in a root folder of its own. Its dependencies are another
// distribution's, and so they are left out.
func TestRPM(t *testing.T) {
	p := prepare(t)
	root := t.TempDir()
	rpm := func(args ...string) string {
		t.Helper()
		return must(t, "rpm", append([]string{"--root", root, "--nodeps", "--force-debian"}, args...)...)
	}
	must(t, "rpm", "--root", root, "--initdb")
	rpm("--install", file(t, p.packages, "*.rpm"))
	if got := rpm("--verify", "portico"); got != "" {
		t.Errorf("rpm finds differences:\n%s", got)
	}
	files := strings.Fields(must(t, "rpm", "--root", root, "--query", "--list", "portico"))
	owner := must(t, "rpm", "--root", root, "--query", "--queryformat", "[%{FILEUSERNAME}:%{FILEGROUPNAME} %{FILEMODES:perms}\n]", "portico")
	for line := range strings.SplitSeq(strings.TrimSpace(owner), "\n") {
		if who, mode, _ := strings.Cut(line, " "); who != "root:root" || mode[5] == 'w' || mode[8] == 'w' || strings.Contains(mode, "s") {
			t.Errorf("a file is %s", line)
		}
	}
	if got := must(t, "rpm", "--root", root, "--query", "--scripts", "portico"); got != "" {
		t.Errorf("the RPM runs something as root: %s", got)
	}

	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	read := func(name string) string {
		t.Helper()
		raw, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	write(policy, "decided\n")
	write(autostart, "changed\n")
	rpm("--upgrade", file(t, p.next, "*.rpm"))
	if got := must(t, "rpm", "--root", root, "--query", "portico"); got != "portico-99.0.0-1.x86_64\n" {
		t.Errorf("%s is installed", got)
	}
	if read(policy) != "decided\n" || read(autostart) != "changed\n" {
		t.Error("the upgrade changed the administrator's files")
	}
	rpm("--erase", "portico")
	for _, name := range files {
		if _, err := os.Lstat(filepath.Join(root, name)); err == nil && name != "/etc/portico" {
			t.Errorf("%s stays", name)
		}
	}
	if read(policy) != "decided\n" {
		t.Error("the policy went with the program")
	}
}

// install.sh on a system of RPMs. rpm is the real one; dnf and zypper are stand-ins
// that hand the package to it, as they do when nothing else has to be fetched.
func TestScriptsWithRPM(t *testing.T) {
	p := prepare(t)
	r := enter(t, p)
	r.must(t, "apt-get -q update && apt-get -q -y install rpm && mkdir /opt/rpm && ln -s /usr/bin/* /usr/sbin/* /opt/rpm/ && rm /opt/rpm/apt-get /opt/rpm/dpkg /opt/rpm/rpm")
	// Debian's rpm does nothing without being told that it may.
	r.write(t, "/opt/rpm/rpm", "#!/bin/sh\ncase $1 in --query | --eval) /usr/bin/rpm \"$@\"; ended=$?; [ ! -e /swap ] || echo another >\"$(cat /swap)\"; exit $ended ;; esac\nexec /usr/bin/rpm --force-debian --nodeps \"$@\"\n")
	for manager, arguments := range map[string]string{
		"dnf":    "--assumeyes --quiet install ",
		"zypper": "--non-interactive --quiet install --allow-unsigned-rpm ",
	} {
		t.Run(manager, func(t *testing.T) {
			r.must(t, "rm -f /opt/rpm/dnf /opt/rpm/zypper /asked /root/rmm/*")
			r.write(t, "/opt/rpm/"+manager, "#!/bin/sh\necho \"$*\" >>/asked\nfor last; do :; done\ncp \"$last\" /kept\n[ -z \"$BROKEN\" ] || { echo \"$BROKEN\"; exit 1; }\nexec rpm --upgrade \"$last\"\n")
			r.must(t, "chmod +x /opt/rpm/rpm /opt/rpm/"+manager)
			name := filepath.Base(file(t, p.packages, "*.rpm"))
			r.bring(t, file(t, p.packages, "*.rpm"), "/root/rmm/"+name)
			r.bring(t, file(t, p.next, "*.rpm"), "/root/next.rpm")
			for _, script := range []string{"install.sh", "uninstall.sh"} {
				r.bring(t, filepath.Join(p.packages, script), "/root/rmm/"+script)
			}
			r.finds(t, "/opt/rpm")
			run := func(want int, line, text string) {
				t.Helper()
				got := r.do(t, "cd /root/rmm && "+line)
				if got.code != want || !strings.Contains(got.out, text) {
					t.Errorf("%s: exit %d without %q, want %d", line, got.code, text, want)
				}
			}
			r.must(t, "echo /root/swapped.rpm >/swap && cp /root/rmm/"+name+" /root/swapped.rpm")
			run(8, "BROKEN='as it is' ./install.sh --portal https://portal.example.com --package /root/swapped.rpm", "as it is")
			if got := r.read(t, "/root/swapped.rpm"); got != "another\n" {
				t.Errorf("the package was not exchanged")
			}
			r.must(t, "cmp /kept /root/rmm/"+name+" && rm /swap /asked")
			run(8, "BROKEN='nothing provides libGL.so.1' "+portalLine, "nothing provides")
			run(0, portalLine, "is written")
			run(0, portalLine, "nothing to do")
			run(0, "./install.sh --package /root/next.rpm", "in place of 0.1.0-1")
			run(0, "./install.sh", "newer")
			run(6, "./install.sh --package /root/rmm/install.sh", "not a package of Portico")
			// What was checked, in a folder that only root writes, and not what lies there.
			if got := r.read(t, "/asked"); !regexp.MustCompile(`^` + regexp.QuoteMeta(arguments) + `/tmp/[\w.]+/package/` + regexp.QuoteMeta(name) + `\n`).MatchString(got) {
				t.Errorf("%s was asked:\n%s", manager, got)
			}
			run(0, "./uninstall.sh", "stays: /etc/portico/policy.json")
			run(0, "./uninstall.sh --purge", "is removed")
			run(0, "./uninstall.sh", "nothing to do")
			if r.has("/usr/bin/portico") || r.has("/etc/portico") {
				t.Error("something stays")
			}
		})
	}
}
