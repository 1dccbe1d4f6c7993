package desktoptest

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
)

const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path=SOCKET</listen>
  <policy context="default">
    <allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/>
  </policy>
</busconfig>`

// StartBus starts a message bus of the test's own and returns its address.
func StartBus(t *testing.T) (address string, stop func()) {
	t.Helper()
	address, stop, _ = StartBusAgain(t)
	return address, stop
}

// StartBusAgain is [StartBus]; again starts another bus at the same address after the end
// of the one before.
func StartBusAgain(t *testing.T) (address string, stop func(), again func() (stop func())) {
	t.Helper()
	program, err := exec.LookPath("dbus-daemon")
	if err != nil {
		t.Fatal("dbus-daemon is not installed; install the system package dbus")
	}
	dir, err := os.MkdirTemp("/tmp", "bus") // a socket's path has to be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	config := filepath.Join(dir, "bus.conf")
	text := strings.ReplaceAll(busConfig, "SOCKET", filepath.Join(dir, "bus"))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	again = func() (stop func()) {
		t.Helper()
		ctx, cancel := context.WithCancel(context.Background())
		daemon := exec.CommandContext(ctx, program, "--config-file="+config, "--nofork", "--nopidfile", "--print-address=1")
		out, err := daemon.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := daemon.Start(); err != nil {
			t.Fatal(err)
		}
		stop = sync.OnceFunc(func() {
			cancel()
			_ = daemon.Wait() // killed
		})
		t.Cleanup(stop)
		line, err := bufio.NewReader(out).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		// The guid behind the address is another one each time.
		address, _, _ = strings.Cut(strings.TrimSpace(line), ",guid=")
		return stop
	}
	stop = again()
	return address, stop, again
}

// ConnectBus is a connection to a bus, which the test closes.
func ConnectBus(t *testing.T, address string) *dbus.Conn {
	t.Helper()
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// Own takes a name on the bus.
func Own(t *testing.T, conn *dbus.Conn, name string) {
	t.Helper()
	reply, err := conn.RequestName(name, dbus.NameFlagDoNotQueue)
	if err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		t.Fatalf("own %s: %v, %v", name, reply, err)
	}
}
