//go:build linux

package linuxtest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// The pages for administrators of Linux: what is no command in them has to be looked
// at as well. Of every other page only the commands count.
var linuxPages = []string{"packaging/README.md", "packaging/linux/README.md"}

// block is a block of code of a page.
type block struct{ page, language, text string }

// first names a block: its page, and its first line.
func (b block) first() string {
	line, _, _ := strings.Cut(b.text, "\n")
	return b.page + ": " + line
}

var blockOfCode = regexp.MustCompile("(?ms)^ *```(\\w*)\n(.*?)^ *```$")

// blocks are those of every page of the repository, in the order of the pages.
func blocks(t *testing.T) (all []block) {
	t.Helper()
	list := exec.Command("git", "-c", "safe.directory=*", "ls-files", "-z", "*.md")
	list.Dir = "../../.."
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for page := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		text, err := os.ReadFile(filepath.Join(list.Dir, page))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range blockOfCode.FindAllStringSubmatch(string(text), -1) {
			if command := m[1] == "sh" || m[1] == "bash"; command || slices.Contains(linuxPages, page) {
				all = append(all, block{page, m[1], m[2]})
			}
		}
	}
	return all
}

// notRun reads the list of blocks that are not run: the name of a block, and below
// it, indented, why.
func notRun(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("not-run.txt")
	if err != nil {
		t.Fatal(err)
	}
	why, name := map[string]string{}, ""
	for line := range strings.Lines(string(text)) {
		switch line = strings.TrimRight(line, "\n"); {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "\t"):
			why[name] += strings.TrimSpace(line) + " "
		default:
			if _, twice := why[line]; twice {
				t.Errorf("not-run.txt names %q twice", line)
			}
			name, why[line] = line, ""
		}
	}
	for name, reason := range why {
		if len(reason) < 10 {
			t.Errorf("not-run.txt does not say why %q is not run", name)
		}
	}
	return why
}

// Every block of commands of the pages is run twice, or it is listed why not. At
// first with uutils for the GNU programs, as on Ubuntu since 25.10, where nothing
// that is made is readable for others by itself; then as on most computers.
func TestPages(t *testing.T) {
	listed, run := notRun(t), []block{}
	for _, b := range blocks(t) {
		_, not := listed[b.first()]
		delete(listed, b.first())
		switch {
		case not:
		case b.language == "sh" || b.language == "bash":
			run = append(run, b)
		default:
			t.Errorf("%s is neither a block of commands nor listed in not-run.txt", b.first())
		}
	}
	for name := range listed {
		t.Errorf("not-run.txt lists %q, which no page has", name)
	}
	if len(run) < 12 || t.Failed() {
		t.Fatalf("%d blocks would be run", len(run))
	}

	p := prepare(t)
	d := &desk{enter(t, p), p}
	d.setUp(t)
	for _, kind := range []struct{ name, umask, path string }{
		{"with uutils, under umask 077", "077", "/usr/lib/cargo/bin/coreutils:"},
		{"with GNU's programs, under umask 022", "022", ""},
	} {
		good := t.Run(kind.name, func(t *testing.T) {
			path := kind.path + "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
			d.write(t, "/etc/sudoers.d/it", "Defaults secure_path=\""+path+"\"\nit ALL=(ALL) NOPASSWD: ALL\n")
			page := ""
			for _, b := range run {
				if b.page != page {
					page = b.page
					d.begin(t, page)
				}
				for _, time := range []string{"first", "second"} {
					script := "export PATH=" + path + "; umask " + kind.umask + "; cd " + d.folder(b) + " || exit; set -e\n" + d.filledIn(t, b)
					if got := d.as(t, "it", script); got.code != 0 {
						t.Fatalf("%s: the %s time it ends with %d\n%s", b.first(), time, got.code, got.out)
					}
				}
				d.look(t, b)
			}
			d.clean(t)
		})
		if !good {
			return // what it has left is in the way
		}
	}
}

// desk is a room with an administrator, it, who may do everything with sudo and has
// what the pages speak of: scripts and packages, a portal, a server for software.
type desk struct {
	*room
	p prepared
}

// deskAddress is where the portal and the server for software are, in the room's
// names and on a loopback address that nobody else listens on.
const deskAddress = "127.83.0.1"

func (d *desk) setUp(t *testing.T) {
	d.must(t, "apt-get -q update && apt-get -q -y install sudo curl jq gpg gpg-agent apt-utils systemd rust-coreutils && [ -x /usr/lib/cargo/bin/coreutils/install ]")
	// What the package depends on, so that the pages' own lines have little to fetch.
	d.bring(t, file(t, d.p.packages, "*.deb"), "/root/portico.deb")
	d.must(t, "apt-get -q -y install /root/portico.deb && apt-get -q -y purge portico && rm /root/portico.deb")
	d.must(t, "useradd -m it && useradd -m ada && mkdir /home/it/rollout /srv/apt && chmod 0755 /home/it && chown it /home/it/rollout /srv/apt")
	for _, name := range []string{"install.sh", "uninstall.sh", "*.deb", "*.rpm"} {
		from := file(t, d.p.packages, name)
		d.bring(t, from, "/home/it/rollout/"+filepath.Base(from))
	}
	d.bring(t, file(t, d.p.packages, "*.deb"), "/srv/apt/"+filepath.Base(file(t, d.p.packages, "*.deb")))
	d.must(t, "su it -c \"gpg --batch --passphrase '' --quick-generate-key software@example.com\"")
	certificate := d.serve(t)
	d.write(t, "/usr/local/share/ca-certificates/desk.crt", certificate)
	hosts := "127.0.0.1 localhost\n" + deskAddress + " portal.example.com software.example.com login.example.com\n"
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	d.write(t, "/etc/hosts", hosts+"127.0.0.1 "+name+"\n")
	d.must(t, "update-ca-certificates")
	d.write(t, "/home/it/rollout/portico.json", manifestOfDesk)
}

const manifestOfDesk = `{"version": 1, "name": "Contoso IT", "providers": [
  {"id": "work", "title": "Work", "authority": "https://login.example.com", "client_id": "portico"}]}
`

// serve is the web: what everybody may read in /srv/apt and of the package, the
// manifest, and a provider's metadata. It returns the certificate.
func (d *desk) serve(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "desk"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"portal.example.com", "software.example.com", "login.example.com"}, BasicConstraintsValid: true, IsCA: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, &about, &about, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := tls.Listen("tcp", net.JoinHostPort(deskAddress, "443"), &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}}})
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(d.answer), ReadHeaderTimeout: time.Minute}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(listener) }()
	t.Cleanup(func() { server.Close(); <-done })
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}))
}

func (d *desk) answer(w http.ResponseWriter, req *http.Request) {
	name, found := "", false
	switch {
	case req.Host == "portal.example.com" && req.URL.Path == "/.well-known/portico.json":
		fmt.Fprint(w, manifestOfDesk)
		return
	case req.Host == "login.example.com" && req.URL.Path == "/.well-known/openid-configuration":
		fmt.Fprint(w, `{"issuer":"https://login.example.com","authorization_endpoint":"https://login.example.com/a","token_endpoint":"https://login.example.com/t",`+
			`"jwks_uri":"https://login.example.com/k","response_types_supported":["code"],"subject_types_supported":["public"],"id_token_signing_alg_values_supported":["RS256"]}`)
		return
	case req.Host == "software.example.com":
		name, found = strings.CutPrefix(path.Clean(req.URL.Path), "/apt/")
		name = "/srv/apt/" + name
		if !found {
			name = "/home/it/rollout/" + path.Base(req.URL.Path)
		}
	}
	// A web server is neither root nor the administrator.
	if name == "" || !d.everybodys(name) {
		http.Error(w, name+" is not for everybody", http.StatusForbidden)
		return
	}
	http.ServeFile(w, req, filepath.Join(d.root, name))
}

// everybodys says whether everybody may read a file of the room.
func (d *desk) everybodys(name string) bool {
	want := fs.FileMode(0o004)
	for ; name != "/"; name, want = path.Dir(name), 0o001 {
		if info, err := os.Lstat(filepath.Join(d.root, name)); err != nil || info.Mode().Perm()&want == 0 {
			return false
		}
	}
	return true
}

// begin makes what a page takes for granted.
func (d *desk) begin(t *testing.T, page string) {
	t.Helper()
	if page == "packaging/linux/README.md" { // it begins with an empty computer
		d.must(t, "apt-get -q -y purge portico")
		for _, b := range blocks(t) {
			if b.page == page && b.language == "json" {
				d.write(t, "/home/it/rollout/policy.json", b.text)
			}
		}
		return
	}
	// The others speak to somebody who has the programs.
	d.must(t, "cd /home/it/rollout && dpkg -i portico_*.deb")
}

// folder is where a block's words put whoever reads it.
func (d *desk) folder(b block) string {
	if strings.Contains(b.text, "apt-ftparchive") {
		return "/srv/apt"
	}
	return "/home/it/rollout"
}

// filledIn is a block with what its words ask to be filled in.
func (d *desk) filledIn(t *testing.T, b block) string {
	t.Helper()
	deb, err := os.ReadFile(file(t, d.p.packages, "*.deb"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(b.text, "--sha256 SUM", fmt.Sprintf("--sha256 %x", sha256.Sum256(deb)))
}

// look looks at what a block says that it does, where its exit code does not tell.
func (d *desk) look(t *testing.T, b block) {
	t.Helper()
	switch {
	case strings.Contains(b.text, "./install.sh"), strings.Contains(b.text, "/etc/portico/policy.json"):
		got := d.as(t, "ada", "porticoctl policy PortalURL")
		if got.code != 0 || !strings.Contains(got.out, "https://portal.example.com") || !strings.Contains(got.out, policy) {
			t.Errorf("after %s, people's portal is:\n%s", b.first(), got.out)
		}
		// What the page told somebody to write is what the script takes.
		if got := d.do(t, "cd /home/it/rollout && "+portalLine); got.code != 0 {
			t.Errorf("after %s, install.sh ends with %d\n%s", b.first(), got.code, got.out)
		}
	case strings.Contains(b.text, "contoso.list"):
		if got := d.must(t, "apt-cache policy portico"); !strings.Contains(got, "https://software.example.com/apt") {
			t.Errorf("apt does not know the repository:\n%s", got)
		}
		// Whoever looks without being root, as apt's own user does.
		if got := d.as(t, "ada", "apt-cache policy portico 2>&1"); !strings.Contains(got.out, "https://software.example.com/apt") {
			t.Errorf("nobody but root can read the repository's files:\n%s", got.out)
		}
	case strings.Contains(b.text, "systemctl --global enable"):
		d.must(t, "[ -L /etc/systemd/user/graphical-session.target.wants/portico-agent.service ]")
	case strings.Contains(b.text, "Hidden=true"):
		if got := d.read(t, autostart); strings.Count(got, "Hidden=true\n") != 1 || strings.Count(got, "\n[")+1 != 1 {
			t.Errorf("the entry is now:\n%s", got)
		}
		got := d.as(t, "ada", "porticoctl autostart status")
		if strings.Contains(got.out, autostart) || !strings.Contains(got.out, "portico-agent.service") {
			t.Errorf("this is said to start it:\n%s", got.out)
		}
	case strings.Contains(b.text, "--purge"):
		d.nothingLeft(t)
	}
}

// nothingLeft looks that of the machine's part nothing is left.
func (d *desk) nothingLeft(t *testing.T) {
	t.Helper()
	if got := d.must(t, "find / -xdev '(' -path /proc -o -path /home -o -path /root -o -path /tmp -o -path /srv -o -path /var/cache/apt -o -path '/var/lib/apt/lists' ')' -prune -o -iname '*portico*' -print"); got != "" {
		t.Errorf("this stays:\n%s", got)
	}
}

// clean makes an empty computer again, as far as the pages go.
func (d *desk) clean(t *testing.T) {
	t.Helper()
	d.must(t, "apt-get -q -y purge portico; rm -f /etc/apt/sources.list.d/contoso.list /usr/share/keyrings/contoso.gpg; cd /home/it/rollout && rm -f contoso.*; "+
		"cd /srv/apt && rm -rf pool Packages Release InRelease contoso.gpg")
	d.nothingLeft(t)
}

// What the list and the pages are held to is held for real.
func TestPagesAreReadWhole(t *testing.T) {
	found := map[string]int{}
	for _, b := range blocks(t) {
		found[b.page]++
		if b.text == "" || strings.Contains(b.text, "```") {
			t.Errorf("%s: %q is no block", b.page, b.text)
		}
	}
	for _, page := range linuxPages {
		text, err := os.ReadFile("../../../" + page)
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(text, []byte("```")); n == 0 || n != 2*found[page] {
			t.Errorf("%s has %d fences, and %d blocks were found", page, n, found[page])
		}
	}
}
