package desktop

import (
	"context"
	"encoding/binary"
	"errors"
	"runtime"
	"syscall"
	"testing"

	"github.com/godbus/dbus/v5"
	"golang.org/x/sys/unix"

	"github.com/portico-desktop/portico/app/desktop/desktoptest"
)

// TestANetworkThatComesUpIsNoticed brings up the loopback interface of a
// network namespace that exists for this test only.
func TestANetworkThatComesUpIsNoticed(t *testing.T) {
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent") // netlink alone
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	type result struct {
		changes <-chan struct{}
		err     error
	}
	results := make(chan result)
	proceed := make(chan struct{})
	done := make(chan error)
	go func() {
		// The thread keeps its namespace and is thrown away with it.
		runtime.LockOSThread()
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			results <- result{err: err}
			return
		}
		results <- result{changes: NetworkChanges(ctx)}
		<-proceed
		done <- loopbackUp()
	}()
	r := <-results
	if errors.Is(r.err, unix.EPERM) {
		t.Skip("a network namespace needs root")
	}
	if r.err != nil {
		t.Fatal(r.err)
	}
	select {
	case <-r.changes:
		t.Error("told of a change before there was one")
	default:
	}
	close(proceed)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if _, ok := <-r.changes; !ok {
		t.Error("ended instead of telling")
	}
	cancel()
	for range r.changes {
	}
}

func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }()
	req, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, req); err != nil {
		return err
	}
	req.SetUint16(req.Uint16() | unix.IFF_UP)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, req)
}

func TestOnlyWhatMayBringTheNetworkCounts(t *testing.T) {
	link := func(attribute uint16) syscall.NetlinkMessage {
		data := make([]byte, unix.SizeofIfInfomsg+8)
		binary.NativeEndian.PutUint16(data[unix.SizeofIfInfomsg:], 8)
		binary.NativeEndian.PutUint16(data[unix.SizeofIfInfomsg+2:], attribute)
		return syscall.NetlinkMessage{Header: syscall.NlMsghdr{Type: unix.RTM_NEWLINK}, Data: data}
	}
	plain := func(kind uint16) syscall.NetlinkMessage {
		return syscall.NetlinkMessage{Header: syscall.NlMsghdr{Type: kind}}
	}
	for name, tc := range map[string]struct {
		message syscall.NetlinkMessage
		want    bool
	}{
		"a new address":      {plain(unix.RTM_NEWADDR), true},
		"a new route":        {plain(unix.RTM_NEWROUTE), true},
		"a link that comes":  {link(unix.IFLA_OPERSTATE), true},
		"a wireless scan":    {link(unix.IFLA_WIRELESS), false},
		"a link cut short":   {plain(unix.RTM_NEWLINK), false},
		"an address removed": {plain(unix.RTM_DELADDR), false},
		"a route removed":    {plain(unix.RTM_DELROUTE), false},
		"something else":     {plain(unix.NLMSG_DONE), false},
	} {
		if got := changesNetwork(tc.message); got != tc.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestWakingUpIsNoticed(t *testing.T) {
	address, _ := desktoptest.StartBus(t)
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
	logind := desktoptest.ConnectBus(t, address)
	desktoptest.Own(t, logind, logindName)

	ctx, cancel := context.WithCancel(t.Context())
	bus, signals, err := watchSleep(ctx)
	if err != nil {
		t.Fatal(err)
	}
	noticed := make(chan struct{}, 8)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		readSleep(ctx, signals, func() { noticed <- struct{}{} })
	}()
	// Another sender, and the way into sleep, come first and must not count.
	stranger := desktoptest.ConnectBus(t, address)
	for _, s := range []struct {
		conn  *dbus.Conn
		sleep bool
	}{{stranger, false}, {logind, true}, {logind, false}} {
		if err := s.conn.Emit(logindPath, logindSleep+".PrepareForSleep", s.sleep); err != nil {
			t.Fatal(err)
		}
		// An answer says that the bus has dealt with the signal.
		if err := s.conn.BusObject().Call("org.freedesktop.DBus.GetId", 0).Err; err != nil {
			t.Fatal(err)
		}
	}
	<-noticed
	cancel()
	<-ended
	if n := len(noticed); n != 0 {
		t.Errorf("noticed %d times more", n)
	}
	_ = bus.Close()
}

func TestTheEndOfTheSystemBusIsSurvived(t *testing.T) {
	address, stop := desktoptest.StartBus(t)
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
	_, signals, err := watchSleep(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stop()
	readSleep(t.Context(), signals, func() { t.Error("noticed") })
}
