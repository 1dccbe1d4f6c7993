//go:build linux

package linuxtest

import (
	"crypto/sha256"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// scripts is a room with both scripts and the package in /root/rmm, as an RMM tool
// leaves them there. It remembers how they ended.
type scripts struct {
	*room
	ended map[string]map[int]bool
}

// run runs a script with the options and looks how it ends.
func (s *scripts) run(t *testing.T, want int, line string) string {
	t.Helper()
	got := s.do(t, "cd /root/rmm && "+line)
	for name := range s.ended {
		if strings.Contains(line, name) {
			s.ended[name][got.code] = true
		}
	}
	if got.code != want {
		t.Fatalf("%s: exit %d, want %d\n%s", line, got.code, want, got.out)
	}
	return got.out
}

// says is run with a look at what it says.
func (s *scripts) says(t *testing.T, want int, line, text string) {
	t.Helper()
	if got := s.run(t, want, line); !strings.Contains(got, text) {
		t.Errorf("%s does not say %q", line, text)
	}
}

// systemPath is where the scripts find their programs.
const systemPath = "/usr/sbin:/usr/bin:/sbin:/bin"

// finds has the scripts find their programs elsewhere, for stand-ins: they do not heed
// the caller's PATH.
func (r *room) finds(t *testing.T, path string) {
	t.Helper()
	r.must(t, "sed -i 's|^PATH=.*|PATH="+path+"|' /root/rmm/install.sh /root/rmm/uninstall.sh")
}

const portalLine = "./install.sh --portal https://portal.example.com"

func TestScripts(t *testing.T) {
	p := prepare(t)
	s := &scripts{enter(t, p), map[string]map[int]bool{"/install.sh": {}, "/uninstall.sh": {}}}
	deb := file(t, p.packages, "*.deb")
	s.must(t, "mkdir /root/rmm")
	for _, script := range []string{"install.sh", "uninstall.sh"} {
		s.bring(t, filepath.Join(p.packages, script), "/root/rmm/"+script)
	}
	s.must(t, "useradd -m ada")

	t.Run("wrong options are told before anything happens", func(t *testing.T) {
		for _, options := range []string{
			"", "--portal", "--portal ''", "--no-such", "--portal http://portal.example.com", "--portal 'https://portal.example.com/\"'",
			"--portal https://ada:secret@portal.example.com", "--portal https://portal.example.com --autostart sometimes", "--autostart always",
			"--policy /nowhere", "--portal https://portal.example.com --policy /etc/hostname", "--portal https://portal.example.com --sha256 abc",
			"--portal https://portal.example.com --url https://example.com/portico.deb", "--portal https://portal.example.com --wait soon",
		} {
			s.run(t, 2, "./install.sh "+options)
		}
		for _, options := range []string{"--no-such", "--wait", "--wait soon"} {
			s.run(t, 2, "./uninstall.sh "+options)
		}
		s.says(t, 0, "./install.sh --help", "--portal URL")
		s.says(t, 0, "./uninstall.sh --help", "--purge")
	})
	t.Run("only root can do it", func(t *testing.T) {
		s.must(t, "cp -r /root/rmm /tmp/rmm && chmod -R a+rX /tmp/rmm")
		s.run(t, 3, "cd /tmp/rmm && exec runuser -u ada -- "+portalLine)
		s.run(t, 3, "cd /tmp/rmm && exec runuser -u ada -- ./uninstall.sh")
	})
	t.Run("another system is refused", func(t *testing.T) {
		s.must(t, "mkdir /opt/without && ln -s /usr/bin/* /usr/sbin/* /opt/without/ 2>/dev/null; rm /opt/without/apt-get")
		s.finds(t, "/opt/without")
		s.run(t, 4, portalLine)
		s.run(t, 4, "./uninstall.sh")
		s.must(t, "mkdir /opt/arm && printf '#!/bin/sh\\necho aarch64\\n' >/opt/arm/uname && chmod +x /opt/arm/uname")
		s.finds(t, "/opt/arm:"+systemPath)
		s.says(t, 4, portalLine, "aarch64")
		s.finds(t, systemPath)
	})
	t.Run("a caller's PATH and TMPDIR do not count", func(t *testing.T) {
		s.must(t, "mkdir /theirs && for name in id apt-get dpkg uname mktemp cat rm; do printf '#!/bin/sh\n: >/theirs/ran\nexit 1\n' >/theirs/$name; chmod +x /theirs/$name; done")
		s.run(t, 5, "PATH=/theirs TMPDIR=/theirs "+portalLine)
		s.run(t, 0, "PATH=/theirs TMPDIR=/theirs ./uninstall.sh")
		if s.has("/theirs/ran") {
			t.Error("another's program ran as root")
		}
	})
	t.Run("a package that is missing or another one is refused", func(t *testing.T) {
		s.run(t, 5, portalLine)
		s.run(t, 5, portalLine+" --package /nowhere.deb")
		s.says(t, 5, portalLine+" --url https://127.0.0.1:1/p.deb --sha256 "+strings.Repeat("0", 64), "curl")
		s.must(t, "date >no.deb; cp no.deb /root/rmm/portico_0_amd64.deb; cp no.deb /root/rmm/portico_1_amd64.deb")
		s.says(t, 5, portalLine, "several packages")
		s.must(t, "rm /root/rmm/portico_*")
		s.run(t, 6, portalLine+" --package /no.deb")
		s.bring(t, deb, "/root/rmm/"+filepath.Base(deb))
		s.says(t, 6, portalLine+" --sha256 "+strings.Repeat("0", 64), "checksum")
	})
	s.must(t, "apt-get -q update")
	t.Run("what is checked is installed", func(t *testing.T) {
		s.must(t, "mkdir /opt/swap /root/swap && cp /root/rmm/* /root/swap/")
		s.write(t, "/opt/swap/dpkg-deb", "#!/bin/sh\n/usr/bin/dpkg-deb \"$@\"; ended=$?\necho another >/root/swap/"+filepath.Base(deb)+"\nexit $ended\n")
		s.write(t, "/opt/swap/apt-get", "#!/bin/sh\nfor last; do :; done\ncmp \"$last\" /root/rmm/"+filepath.Base(deb)+" && echo \"the one that was checked\" >/root/swap/asked\nexit 1\n")
		s.must(t, "chmod +x /opt/swap/* && sed -i 's|^PATH=.*|PATH=/opt/swap:"+systemPath+"|' /root/swap/install.sh")
		s.run(t, 8, "cd /root/swap && "+portalLine)
		if got := s.read(t, "/root/swap/asked"); got != "the one that was checked\n" || s.read(t, "/root/swap/"+filepath.Base(deb)) != "another\n" {
			t.Errorf("apt was asked for another package: %q", got)
		}
	})
	t.Run("the package comes from an address only with its checksum", func(t *testing.T) { s.fetches(t, deb) })
	t.Run("a busy package manager is waited for, and then told", func(t *testing.T) {
		unlock := s.lock(t, "/var/lib/dpkg/lock-frontend")
		s.says(t, 7, portalLine+" --wait 1", "busy")
		unlock()
	})
	t.Run("a rehearsal changes nothing", func(t *testing.T) {
		s.says(t, 0, portalLine+" --dry-run", "would install")
		if s.has("/usr/bin/portico") || s.has(policy) {
			t.Error("--dry-run has installed something")
		}
	})
	t.Run("one parameter installs it, and a second time there is nothing to do", func(t *testing.T) {
		s.says(t, 0, "PORTICO_PORTAL_URL=https://portal.example.com PORTICO_AUTOSTART=always ./install.sh", "is installed")
		want := "{\n  \"settings\": {\n    \"PortalURL\": \"https://portal.example.com\",\n    \"Autostart\": \"always\"\n  }\n}\n"
		if got := s.read(t, policy); got != want {
			t.Errorf("the policy is\n%s", got)
		}
		if got := s.must(t, "stat -c '%U %G %a' "+policy+" /etc/portico"); got != "root root 644\nroot root 755\n" {
			t.Errorf("owner and mode: %s", got)
		}
		s.says(t, 0, portalLine+" --autostart always", "nothing to do")
		s.says(t, 0, "./install.sh", "nothing to do")
	})
	t.Run("its own policy is written anew, another's stays", func(t *testing.T) {
		s.says(t, 0, "./install.sh --portal portal.example.org", "is written")
		if got := s.read(t, policy); !strings.Contains(got, `"https://portal.example.org"`) || strings.Contains(got, "Autostart") {
			t.Errorf("the policy is\n%s", got)
		}
		s.must(t, `printf '{"settings":{"PortalURL":7}}\n' >/root/rmm/bad.json; printf '{"settings":{"Theme":"dark"}}\n' >/root/rmm/good.json`)
		before := s.read(t, policy)
		s.says(t, 9, "./install.sh --policy bad.json", "PortalURL")
		if s.read(t, policy) != before {
			t.Error("a wrong policy took the place of a good one")
		}
		s.says(t, 0, "./install.sh --policy good.json", "is written")
		s.must(t, `printf '{"settings":{"PortalURL":"https://own.example.com","Theme":"light"}}\n' >`+policy)
		before = s.read(t, policy)
		s.says(t, 10, portalLine, "was not written by this script")
		if s.read(t, policy) != before {
			t.Error("an administrator's policy was overwritten")
		}
		s.says(t, 0, "./install.sh", "nothing to do")
	})
	t.Run("another's policy that says what is wanted is enough", func(t *testing.T) {
		for _, row := range []struct{ policy, options, says string }{
			// as the page tells people to write it, as Ansible writes it, and more
			{`{ "settings": { "PortalURL": "https://portal.example.com" } }`, "", "says so already"},
			{`{"settings":{"PortalURL":"https://portal.example.com/"}}`, "", "says so already"},
			{"{\n    \"defaults\": {\"Theme\": \"dark\"},\n    \"settings\": {\n        \"Autostart\": \"always\", \"PortalURL\": \"https://portal.example.com\"\n    }\n}", " --autostart always", "says so already"},
			{`{"settings":{"PortalURL":"https://portal.example.com","Autostart":"always"}}`, " --autostart never", ""},
			{`{"settings":{"PortalURL":"https://portal.example.com.evil.example"}}`, "", ""},
			{`{"defaults":{"PortalURL":"https://portal.example.com"}}`, "", ""},
			{`{"settings":{"Theme":"dark"}}`, "", ""},
			{`{"settings":{"PortalURL":`, "", ""},
		} {
			s.write(t, policy, row.policy)
			if row.says != "" {
				s.says(t, 0, portalLine+row.options, row.says)
			} else {
				s.says(t, 10, portalLine+row.options, "was not written by this script")
			}
			if s.read(t, policy) != row.policy {
				t.Errorf("%s was overwritten", row.policy)
			}
		}
		s.must(t, `printf '{"defaults":{"Theme":"dark"},"settings":{"PortalURL":"https://a.example"}}' >/root/rmm/whole.json`)
		s.write(t, policy, `{ "settings": {"PortalURL": "https://a.example"}, "defaults": {"Theme": "dark"} }`)
		s.says(t, 0, "./install.sh --policy whole.json", "says so already")
		s.write(t, policy, `{ "settings": {"PortalURL": "https://a.example", "KioskMode": true}, "defaults": {"Theme": "dark"} }`)
		s.says(t, 10, "./install.sh --policy whole.json", "was not written by this script")
	})
	t.Run("a policy that people cannot read, or that others may write, is told", func(t *testing.T) {
		s.write(t, policy, `{ "settings": { "PortalURL": "https://portal.example.com" } }`)
		for _, spoil := range []string{"chmod 0600 " + policy, "chmod 0666 " + policy, "chmod 0700 /etc/portico", "chmod 0777 /etc/portico", "chown ada " + policy} {
			s.must(t, spoil)
			s.says(t, 9, portalLine, "does not use it")
			s.must(t, "chown root: /etc/portico "+policy+" && chmod 0755 /etc/portico && chmod 0644 "+policy)
			s.says(t, 0, portalLine, "says so already")
		}
	})
	t.Run("an update, and no way back", func(t *testing.T) {
		s.bring(t, file(t, p.next, "*.deb"), "/root/next.deb")
		s.write(t, policy, `{ "settings": { "PortalURL": "https://own.example.com" } }`)
		// Another's policy, which says something else, keeps no computer from it.
		s.says(t, 10, portalLine+" --package /root/next.deb", "in place of")
		s.says(t, 0, "./install.sh", "newer")
		if got := s.must(t, "dpkg-query -W -f '${Version}' portico"); got != "99.0.0-1" {
			t.Errorf("version %s is installed", got)
		}
	})
	t.Run("a package that cannot be installed is told", func(t *testing.T) {
		s.must(t, `cd /root && dpkg-deb -R next.deb broken && sed -i 's/^Depends: /&no-such-package, /; s/^Version: .*/Version: 100-1/' broken/DEBIAN/control && dpkg-deb -Znone -b broken broken.deb`)
		s.says(t, 8, "./install.sh --package /root/broken.deb", "no-such-package")
	})
	t.Run("what nobody has thought of is told as such", func(t *testing.T) {
		s.must(t, "rm "+policy+" /etc/portico/.installed-policy && mkdir /etc/portico/.installed-policy")
		s.says(t, 1, portalLine, "unexpected")
		s.must(t, "rmdir /etc/portico/.installed-policy; rm -f /etc/portico/*; cd /root/rmm && "+portalLine)
	})
	t.Run("removal", func(t *testing.T) { s.removes(t) })
	t.Run("every code that the scripts and the README name was seen", func(t *testing.T) { s.codes(t) })
}

// fetches serves the package over TLS, by a certificate that the room trusts.
func (s *scripts) fetches(t *testing.T, deb string) {
	body, err := os.ReadFile(deb)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) }))
	defer server.Close()
	s.write(t, "/root/ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	s.must(t, "apt-get -q -y install curl")
	options := " --url " + server.URL + "/portico.deb --sha256 "
	s.says(t, 5, portalLine+options+strings.Repeat("0", 64), "cannot be fetched")
	s.says(t, 6, "CURL_CA_BUNDLE=/root/ca.pem "+portalLine+options+strings.Repeat("0", 64), "checksum")
	s.says(t, 0, "CURL_CA_BUNDLE=/root/ca.pem "+portalLine+options+strings.ToUpper(fmt.Sprintf("%x", sha256.Sum256(body))), "is installed")
	s.run(t, 0, "./uninstall.sh --purge")
}

// lock takes a lock as dpkg does, until the returned function is called.
func (s *scripts) lock(t *testing.T, name string) func() {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(s.root, name), os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.FcntlFlock(f.Fd(), syscall.F_SETLK, &syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart}); err != nil {
		t.Fatal(err)
	}
	return func() { f.Close() }
}

func (s *scripts) removes(t *testing.T) {
	s.as(t, "ada", "mkdir -p .local/share/portico .cache/portico && date >.local/share/portico/hers; ln -s /etc .local/state; ln -s /root .config; nohup portico-agent >/dev/null 2>&1 &")
	unlock := s.lock(t, "/var/lib/dpkg/lock-frontend")
	s.says(t, 7, "./uninstall.sh --wait 1", "busy")
	unlock()
	s.says(t, 0, "./uninstall.sh --purge --remove-user-data --dry-run", "would remove /home/ada/.local/share/portico")
	s.must(t, "printf '#!/bin/sh\\nexit 1\\n' >/var/lib/dpkg/info/portico.prerm && chmod +x /var/lib/dpkg/info/portico.prerm")
	s.run(t, 8, "./uninstall.sh")
	s.must(t, "rm /var/lib/dpkg/info/portico.prerm")
	s.says(t, 0, "./uninstall.sh", "stays: /home/ada/.local/share/portico")
	if !s.has(policy) || !s.has("/home/ada/.local/share/portico/hers") || s.has("/usr/bin/portico") {
		t.Error("it removed too much or too little")
	}
	// They were asked to end, and take a moment.
	s.must(t, `for i in $(seq 100); do readlink /proc/[0-9]*/exe | grep -q ^/usr/bin/portico-agent || exit 0; sleep 0.1; done; exit 1`)
	s.says(t, 0, "./uninstall.sh", "nothing to do")
	// What a person has linked to elsewhere is not root's to delete.
	s.must(t, "mkdir -p /etc/systemd/user/graphical-session.target.wants && ln -s /usr/lib/systemd/user/portico-agent.service /etc/systemd/user/graphical-session.target.wants/")
	s.must(t, "mkdir -p /etc/portico && mkdir /home/ada/.cache/portico/roots && date >/home/ada/.cache/portico/roots/file")
	s.says(t, 1, "./uninstall.sh --purge --remove-user-data", "could not be removed: /home/ada/.cache/portico")
	s.must(t, "rm -r /home/ada/.cache/portico/roots")
	s.run(t, 0, "./uninstall.sh --remove-user-data")
	if s.has("/etc/systemd/user/graphical-session.target.wants/portico-agent.service") {
		t.Error("systemd still has a link to the unit")
	}
	if s.has("/etc/portico") || s.has("/home/ada/.local/share/portico") || s.has("/home/ada/.cache/portico") {
		t.Error("something of the policy or of ada's data stays")
	}
	if !s.has("/etc/passwd") || !s.has("/root/rmm") {
		t.Error("it followed a link out of a home")
	}
}

var codeLine = regexp.MustCompile(`(?m)^# +(\d+)  `)

// codes holds three lists to each other: the header of each script, the README's
// table, and what the scripts have ended with here.
func (s *scripts) codes(t *testing.T) {
	readme, err := os.ReadFile("../../../packaging/linux/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"/install.sh", "/uninstall.sh"} {
		script, err := os.ReadFile("../../../packaging/linux" + name)
		if err != nil {
			t.Fatal(err)
		}
		header, table := map[int]bool{}, map[int]bool{}
		for _, m := range codeLine.FindAllStringSubmatch(string(script), -1) {
			n, _ := strconv.Atoi(m[1])
			header[n] = true
		}
		// | code | install.sh | uninstall.sh | meaning |
		for _, m := range regexp.MustCompile(`(?m)^\| (\d+) \| (\S*) *\| (\S*) *\|`).FindAllStringSubmatch(string(readme), -1) {
			if n, _ := strconv.Atoi(m[1]); m[2+i] != "" {
				table[n] = true
			}
		}
		if len(header) < 5 || !maps.Equal(header, table) || !maps.Equal(header, s.ended[name]) {
			t.Errorf("%s: its header has %v, the README %v, and here it ended with %v", name, sorted(header), sorted(table), sorted(s.ended[name]))
		}
	}
}

func sorted(set map[int]bool) []int { return slices.Sorted(maps.Keys(set)) }
