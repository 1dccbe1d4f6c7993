package network

import (
	"bufio"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const desktopBus = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=%s</listen>
  %s
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`

// desktop is a person's desktop: a home, and a session bus that starts the system's own
// services. Nothing of this computer's person is in it.
type desktop struct {
	t    *testing.T
	home string
}

// newDesktop starts the bus with the services of the system, or with none; more are
// variables for whatever is started on it.
func newDesktop(t *testing.T, services bool, more ...string) *desktop {
	t.Helper()
	noProxies(t)
	for _, program := range []string{"dbus-daemon", "gsettings", "/usr/libexec/glib-pacrunner", "/usr/libexec/xdg-desktop-portal"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed: %v", program, err)
		}
	}
	d := &desktop{t: t, home: t.TempDir()}
	run := filepath.Join(d.home, "run")
	if err := os.Mkdir(run, 0o700); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(run, "bus")
	for name, value := range map[string]string{
		"HOME": d.home, "XDG_CONFIG_HOME": filepath.Join(d.home, ".config"), "XDG_RUNTIME_DIR": run, "XDG_CURRENT_DESKTOP": "GNOME",
		"DBUS_SESSION_BUS_ADDRESS": "unix:path=" + socket, "XDG_CACHE_HOME": filepath.Join(d.home, ".cache"),
	} {
		t.Setenv(name, value)
	}
	unset(t, "DCONF_PROFILE")
	for _, pair := range more {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
	folder := ""
	if services {
		folder = "<servicedir>/usr/share/dbus-1/services</servicedir>"
	}
	config := filepath.Join(d.home, "bus.conf")
	d.write(config, fmt.Sprintf(desktopBus, socket, folder))
	d.start("dbus-daemon", "--config-file="+config, "--nofork", "--nopidfile", "--print-address=1")
	return d
}

// start runs a program until the test ends, and waits for its first line.
func (d *desktop) start(name string, args ...string) {
	d.t.Helper()
	cmd := exec.Command(name, args...)
	output, err := cmd.StdoutPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	if _, err := bufio.NewReader(output).ReadString('\n'); err != nil {
		d.t.Fatalf("%s: %v", name, err)
	}
}

func (d *desktop) write(file, text string) {
	d.t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		d.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

// run runs a program of the desktop's.
func (d *desktop) run(name string, args ...string) string {
	d.t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		d.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// set sets keys of org.gnome.system.proxy, as in "mode", "auto", "http host", "proxy".
func (d *desktop) set(pairs ...string) {
	d.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		schema, key := "org.gnome.system.proxy", pairs[i]
		if below, name, ok := strings.Cut(key, " "); ok {
			schema, key = schema+"."+below, name
		}
		d.run("gsettings", "set", schema, key, pairs[i+1])
	}
}

// ask asks about an address with a transport that knows nothing yet.
func (d *desktop) ask(address string) Answer {
	d.t.Helper()
	return askOf(d.t, newTransport(d.t, Options{}), address)
}

// byHost answers for each host in another way, and for some as scripts should not.
const byHost = `
function FindProxyForURL(url, host) {
  if (isPlainHostName(host) || dnsDomainIs(host, ".inside.test")) return "DIRECT";
  switch (host) {
  case "throws.test": throw new Error("no such office");
  case "nothing.test": return;
  case "null.test": return null;
  case "empty.test": return "";
  case "socks.test": return "SOCKS5 socks.test:1080";
  case "list.test": return "PROXY one.test:1; HTTPS two.test; SOCKS three.test:3; DIRECT";
  case "old.test": return "SOCKS4 old.test:1";
  case "long.test": for (var s = "PROXY a.test:1", i = 0; i < 40; i++) s += "; PROXY another-proxy-" + i + ".test:8080"; return s;
  case "path.test": return "PROXY " + (url == "https://path.test/" ? "host" : "more") + ":1";
  }
  return "PROXY proxy.test:3128; DIRECT";
}
`

func TestScriptOfADesktop(t *testing.T) {
	d := newDesktop(t, true)
	file := filepath.Join(d.home, "by host.pac")
	d.write(file, byHost)
	address := (&url.URL{Scheme: "file", Path: file}).String()
	d.set("mode", "auto", "autoconfig-url", address)
	for host, want := range map[string][]string{
		"login.test":    {"http://proxy.test:3128", Direct},
		"a.inside.test": {Direct},
		"intranet":      {Direct},
		"127.0.0.1":     {Direct},
		"nothing.test":  {Direct},
		"null.test":     {Direct},
		"empty.test":    {Direct},
		"socks.test":    {"socks5://socks.test:1080"},
		"list.test":     {"http://one.test:1", "https://two.test:443", "socks5://three.test:3", Direct},
		"path.test":     {"http://host:1"},
	} {
		t.Run(host, func(t *testing.T) {
			want := Answer{Ways: want, Source: SourceDesktop, Script: address}
			if host == "127.0.0.1" {
				want.Script = "" // nobody is asked
			}
			if diff := cmp.Diff(want, d.ask("https://"+host+"/cb?code=s3cret")); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
	if got := d.ask("https://long.test/"); len(got.Ways) != 41 || got.Ways[40] != "http://another-proxy-39.test:8080" {
		t.Errorf("a long list: %v", got)
	}
	for host, want := range map[string]string{"throws.test": "no such office", "old.test": errNoKind.Error()} {
		got := d.ask("https://" + host + "/")
		if got.Err == nil || !strings.Contains(got.Err.Error(), want) || !cmp.Equal(got.Ways, []string{Direct}) {
			t.Errorf("%s: %v, %v; want direct, because of: %s", host, got.Ways, got.Err, want)
		}
	}
}
