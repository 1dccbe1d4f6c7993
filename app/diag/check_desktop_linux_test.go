package diag

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"
)

// busFile lets the bus start a service by a name, which is never called for.
const busFile = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path=DIR/bus</listen>
  <servicedir>DIR/services</servicedir>
  <policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
</busconfig>`

// startBus starts a session bus on which somebody answers to names, and which can
// start others.
func startBus(t *testing.T, owned, startable []string) (address string) {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "bus") // a socket's path has to be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	write := func(name, text string) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("bus.conf", strings.ReplaceAll(busFile, "DIR", dir))
	for _, name := range startable {
		write("services/"+name+".service", "[D-BUS Service]\nName="+name+"\nExec=/bin/false\n")
	}
	daemon := exec.Command("dbus-daemon", "--config-file="+filepath.Join(dir, "bus.conf"), "--nofork", "--nopidfile", "--print-address=1")
	out, err := daemon.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := daemon.Start(); err != nil {
		t.Fatalf("dbus-daemon (install the system package dbus): %v", err)
	}
	t.Cleanup(func() {
		_ = daemon.Process.Kill()
		_ = daemon.Wait()
	})
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	address = "unix:path=" + filepath.Join(dir, "bus")
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	for _, name := range owned {
		if reply, err := conn.RequestName(name, dbus.NameFlagDoNotQueue); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
			t.Fatalf("%s: %v, %v", name, reply, err)
		}
	}
	return address
}

func TestDesktopServices(t *testing.T) {
	for name, tc := range map[string]struct {
		owned, startable []string
		desktop          bool
		tray, notices    string
	}{
		"a whole desktop":         {owned: []string{watcherName, notificationsName}, desktop: true, tray: "good", notices: "good"},
		"started when needed":     {owned: []string{watcherName}, startable: []string{notificationsName}, desktop: true, tray: "good", notices: "good"},
		"a bare window manager":   {desktop: true, tray: "warning no-tray", notices: "warning no-notifications"},
		"no desktop, as by ssh":   {tray: "skipped", notices: "skipped"},
		"a desktop without a bus": {owned: []string{"none"}, desktop: true, tray: "skipped", notices: "skipped"},
	} {
		t.Run(name, func(t *testing.T) {
			env := map[string]string{"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere/bus"}
			if len(tc.owned) == 0 || tc.owned[0] != "none" {
				env["DBUS_SESSION_BUS_ADDRESS"] = startBus(t, tc.owned, tc.startable)
			}
			if tc.desktop {
				env["DISPLAY"] = ":0"
			}
			x := stranger(func(d *Desk) { d.Env = func(name string) string { return env[name] } })
			if got := only(t, x.checkTray(t.Context())).how(); got != tc.tray {
				t.Errorf("the tray is %s, want %s", got, tc.tray)
			}
			if got := only(t, x.checkNotifications(t.Context())).how(); got != tc.notices {
				t.Errorf("notifications are %s, want %s", got, tc.notices)
			}
		})
	}
	x := stranger(func(d *Desk) { d.Tray = true })
	if got := only(t, x.checkTray(t.Context())).how(); got != "good" {
		t.Errorf("with the agent's icon there the tray is %s", got)
	}
}

func TestWhatTheWindowIsDrawnWith(t *testing.T) {
	for name, tc := range map[string]struct {
		env    map[string]string
		window *NoWindow
		how    string
	}{
		"no display":                {how: "skipped"},
		"a display that is gone":    {env: map[string]string{"DISPLAY": ":8123"}, how: "warning no-graphics"},
		"it did not open last time": {env: map[string]string{"WAYLAND_DISPLAY": "wayland-0"}, window: &NoWindow{Reason: "no OpenGL"}, how: "warning no-graphics"},
		"asked without a display":   {window: &NoWindow{Reason: "no OpenGL", Display: ":0"}, how: "warning no-graphics"},
	} {
		x := stranger(func(d *Desk) {
			d.Env, d.Window = func(name string) string { return tc.env[name] }, tc.window
		})
		if got := only(t, x.checkOpenGL(t.Context())).how(); got != tc.how {
			t.Errorf("%s: it is %s, want %s", name, got, tc.how)
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "libportico-test.so.1"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if findLibrary("libportico-test.so.1", dir) == "" || findLibrary("libportico-none.so.1", dir) != "" {
		t.Error("libraries are not found where the linker looks")
	}
}
