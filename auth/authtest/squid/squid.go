// Package squid starts real parts of a company's network for tests: the proxy squid, with a
// choice of schemes to ask for a log-on, and a Kerberos realm of its own (KDC).
package squid

import (
	"bufio"
	"cmp"
	"context"
	"crypto/md5" // #nosec G501 -- what squid's file for Digest has
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// T is what a test gives to the programs it starts: a *testing.T is one. Skipf and the
// fatal ones do not return.
type T interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
	Cleanup(f func())
}

// Name and Password are the person known to the proxy by Digest and Basic, and to the realm
// by Kerberos.
const (
	Name     = "anna"
	Password = "s3cret"
)

// helpers is Debian's folder for squid's programs.
const helpers = "/usr/lib/squid/"

// Options say what a proxy is like.
type Options struct {
	// Wants are its schemes: "negotiate", "ntlm", "digest", "basic". Without any it asks
	// nobody. It accepts every name by NTLM, because its program for NTLM is a stand-in
	// without a domain.
	Wants []string
	// Hosts are names that only it knows, with their addresses.
	Hosts map[string]string
	// Realm is needed for "negotiate".
	Realm *Realm
	// Address is its listener's, "" for 127.0.0.1.
	Address string
	// Certificate and Key are PEM files, for a proxy over TLS; "" for none.
	Certificate, Key string
	// Line are more lines for its configuration.
	Lines []string
}

// Proxy is a running squid.
type Proxy struct {
	// Port is its listener's.
	Port string
	dir  string
}

// Start starts squid until the test ends. The test is skipped if squid is not installed.
func Start(t T, o Options) *Proxy {
	t.Helper()
	program := find(t, "squid", "squid")
	address := cmp.Or(o.Address, "127.0.0.1")
	p := &Proxy{Port: FreePort(t, address), dir: folder(t)}
	hosts := ""
	for name, address := range o.Hosts {
		hosts += address + " " + name + "\n"
	}
	p.write(t, "hosts", hosts)
	listen := "http_port " + net.JoinHostPort(address, p.Port)
	if o.Certificate != "" {
		listen = fmt.Sprintf("https_port %s tls-cert=%s tls-key=%s", net.JoinHostPort(address, p.Port), o.Certificate, o.Key)
	}
	config := []string{
		listen, "visible_hostname localhost", "hosts_file " + p.file("hosts"), "cache deny all", "shutdown_lifetime 0 seconds",
		// squid's own format, and who asks by its own word.
		`logformat noted %ts.%03tu %6tr %>a %Ss/%03>Hs %<st %rm %ru %[un %Sh/%<a %mt %{User-Agent}>h`,
		"access_log stdio:" + p.file("access.log") + " noted", "buffered_logs off", "cache_log " + p.file("cache.log"), "pid_filename " + p.file("squid.pid"), "coredump_dir " + p.dir,
	}
	config = append(config, p.auth(t, o)...)
	config = append(config, o.Lines...)
	allow := []string{"http_access allow all"}
	if len(o.Wants) > 0 {
		allow = []string{"acl known proxy_auth REQUIRED", "http_access deny !known", "http_access allow all"}
	}
	p.write(t, "squid.conf", strings.Join(append(config, allow...), "\n")+"\n")
	cmd := exec.Command(program, "-N", "-d", "1", "-f", p.file("squid.conf"))
	if o.Realm != nil {
		p.copy(t, o.Realm.Config, "krb5.conf")
		cmd.Env = append(os.Environ(), "KRB5_CONFIG="+p.file("krb5.conf"))
	}
	own(t, p.dir)
	run(t, cmd, "Accepting HTTP")
	answering(t, address, p.Port)
	return p
}

// answering waits: a program says it listens a moment before that is true.
func answering(t T, address, port string) {
	t.Helper()
	for begun := time.Now(); ; {
		conn, err := net.Dial("tcp", net.JoinHostPort(address, port))
		if err == nil {
			_ = conn.Close()
			return
		}
		if time.Since(begun) > 10*time.Second {
			t.Fatal(err)
		}
	}
}

// auth configures the schemes.
func (p *Proxy) auth(t T, o Options) []string {
	t.Helper()
	var lines []string
	scheme := func(name, program string, more ...string) {
		if !slices.Contains(o.Wants, name) {
			return
		}
		lines = append(lines, fmt.Sprintf("auth_param %s program %s%s", name, helpers, program), "auth_param "+name+" children 2")
		for _, m := range more {
			lines = append(lines, "auth_param "+name+" "+m)
		}
	}
	if slices.Contains(o.Wants, "negotiate") {
		p.copy(t, o.Realm.keytab, "http.keytab")
		scheme("negotiate", "negotiate_kerberos_auth -k "+p.file("http.keytab")+" -s "+o.Realm.Service, "keep_alive on")
	}
	scheme("ntlm", "ntlm_fake_auth", "keep_alive on")
	sum := md5.Sum([]byte(Name + ":office:" + Password)) // #nosec G401
	p.write(t, "digest", Name+":office:"+hex.EncodeToString(sum[:])+"\n")
	scheme("digest", "digest_file_auth -c "+p.file("digest"), "realm office")
	out, err := exec.Command("openssl", "passwd", "-apr1", Password).Output()
	if err != nil {
		t.Fatalf("openssl: %v", err)
	}
	p.write(t, "basic", Name+":"+string(out))
	scheme("basic", "basic_ncsa_auth "+p.file("basic"), "realm office")
	return lines
}

// A Line is the proxy's note of a request.
type Line struct {
	Status int
	Asked  string // as in "CONNECT login.example:443"
	Name   string // who asked, "-" for nobody
	// Browser: a browser asked. It asks for more than it is told to, and keeps answers
	// for some time.
	Browser bool
}

// Log has the answers of the proxy, in order.
func (p *Proxy) Log(t T) []Line {
	t.Helper()
	raw, err := os.ReadFile(p.file("access.log"))
	if err != nil {
		t.Fatal(err)
	}
	var lines []Line
	for line := range strings.Lines(string(raw)) {
		// time elapsed client code/status bytes method url name hierarchy type agent
		f := strings.Fields(line)
		if len(f) < 11 {
			continue
		}
		_, status, _ := strings.Cut(f[3], "/")
		n, _ := strconv.Atoi(status)
		lines = append(lines, Line{Status: n, Asked: f[5] + " " + f[6], Name: f[7], Browser: strings.HasPrefix(f[10], "Mozilla/")})
	}
	return lines
}

// LogUntil is Log once a right line is there: squid notes a request when it is over, a
// tunnel at its end.
func (p *Proxy) LogUntil(t T, right func(Line) bool) []Line {
	t.Helper()
	for begun := time.Now(); ; {
		lines := p.Log(t)
		if slices.ContainsFunc(lines, right) {
			return lines
		}
		if time.Since(begun) > 30*time.Second {
			t.Fatalf("squid has noted only %+v", lines)
		}
	}
}

func (p *Proxy) file(name string) string { return filepath.Join(p.dir, name) }

func (p *Proxy) write(t T, name, content string) {
	t.Helper()
	if err := os.WriteFile(p.file(name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (p *Proxy) copy(t T, from, name string) {
	t.Helper()
	raw, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	p.write(t, name, string(raw))
}

// find is a program, in the folders of administrators, too.
func find(t T, name, of string) string {
	t.Helper()
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin", "/sbin") {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path
		}
	}
	t.Skipf("%s is not installed (Debian's package %s)", name, of)
	return ""
}

// folder is a folder that squid's own user can enter. For root, t.TempDir is none.
func folder(t T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "squid-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// own gives a folder to the user that root's squid runs as.
func own(t T, dir string) {
	t.Helper()
	proxy, err := user.Lookup("proxy")
	if err != nil || os.Getuid() != 0 {
		return
	}
	uid, _ := strconv.Atoi(proxy.Uid)
	gid, _ := strconv.Atoi(proxy.Gid)
	err = filepath.Walk(dir, func(path string, _ os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, uid, gid)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// FreePort is a port of an address of this computer, free for TCP and UDP now.
func FreePort(t T, address string) string {
	t.Helper()
	for range 20 {
		l, err := net.Listen("tcp", net.JoinHostPort(address, "0"))
		if err != nil {
			t.Fatal(err)
		}
		_, port, _ := net.SplitHostPort(l.Addr().String())
		udp, err := net.ListenPacket("udp", net.JoinHostPort(address, port))
		_ = l.Close()
		if err == nil {
			_ = udp.Close()
			return port
		}
	}
	t.Fatal("there is no port that is free for both")
	return ""
}

// run starts a program and waits for its word that it is ready; the test's end ends it.
func run(t T, cmd *exec.Cmd, ready string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	started := exec.CommandContext(ctx, cmd.Path, cmd.Args[1:]...)
	started.Env = cmd.Env
	read, write := io.Pipe()
	started.Stdout, started.Stderr = write, write
	if err := started.Start(); err != nil {
		cancel()
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = started.Wait()
		_ = write.Close()
	}()
	said, isReady := make(chan string, 1), make(chan struct{})
	go func() {
		var all strings.Builder
		waiting := true
		for lines := bufio.NewScanner(read); lines.Scan(); {
			if waiting {
				all.WriteString(lines.Text() + "\n")
			}
			if waiting && strings.Contains(lines.Text(), ready) {
				waiting = false
				close(isReady)
			}
		}
		_, _ = io.Copy(io.Discard, read)
		said <- all.String()
	}()
	stop = func() {
		cancel()
		<-ended
	}
	t.Cleanup(stop)
	select {
	case <-isReady:
	case <-ended:
		t.Fatalf("%s ended before it was ready:\n%s", cmd.Path, <-said)
	}
	return stop
}
