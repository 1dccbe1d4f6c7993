package network

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
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
		folder = "<servicedir>" + d.services() + "</servicedir>"
	}
	config := filepath.Join(d.home, "bus.conf")
	d.write(config, fmt.Sprintf(desktopBus, socket, folder))
	d.start("dbus-daemon", "--config-file="+config, "--nofork", "--nopidfile", "--print-address=1")
	return d
}

// services is a folder with the system's own services that have to do with proxies. The
// portal's others mount a file system into the home, which then cannot be removed.
func (d *desktop) services() string {
	d.t.Helper()
	folder := filepath.Join(d.home, "services")
	if err := os.Mkdir(folder, 0o700); err != nil {
		d.t.Fatal(err)
	}
	for _, name := range []string{"ca.desrt.dconf", "org.gtk.GLib.PACRunner", "org.freedesktop.portal.Desktop"} {
		if err := os.Symlink("/usr/share/dbus-1/services/"+name+".service", filepath.Join(folder, name+".service")); err != nil {
			d.t.Fatal(err)
		}
	}
	return folder
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

// startService runs a service and waits until it has its name on the bus.
func (d *desktop) startService(name string, program ...string) {
	d.t.Helper()
	bus, err := dbus.SessionBusPrivateNoAutoStartup()
	if err != nil {
		d.t.Fatal(err)
	}
	defer bus.Close()
	if err := errors.Join(bus.Auth(nil), bus.Hello(), bus.AddMatchSignal(dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, name))); err != nil {
		d.t.Fatal(err)
	}
	signals := make(chan *dbus.Signal, 8)
	bus.Signal(signals)
	cmd := exec.Command(program[0], program[1:]...)
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	select {
	case <-signals:
	case <-time.After(20 * time.Second):
		d.t.Fatalf("%s does not come", name)
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
