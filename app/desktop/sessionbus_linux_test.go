package desktop

import (
	"context"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/desktop/desktoptest"
)

func TestTheSessionIsOverWithItsBus(t *testing.T) {
	address, stop, again := desktoptest.StartBusAgain(t)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
	back, over := make(chan struct{}), make(chan bool)
	go func() {
		over <- followSession(t.Context(), 2*time.Second, func() { back <- struct{}{} })
	}()
	watched(t, address)
	for range 2 {
		stop()
		stop = again()
		select {
		case <-back:
		case <-over:
			t.Fatal("a bus that was restarted is the end")
		}
	}
	stop()
	if !<-over {
		t.Error("the end of the bus is not noticed")
	}
}

func TestWhereNothingTellsTheSessionGoesOn(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
	if FollowSession(t.Context(), func() {}) {
		t.Error("without a bus the session is over at once")
	}
	address, _ := desktoptest.StartBus(t)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan bool)
	go func() { over <- FollowSession(ctx, func() {}) }()
	watched(t, address)
	cancel()
	if <-over {
		t.Error("the end of the program is taken for that of the session")
	}
}

// watched waits until somebody besides the test is on the bus.
func watched(t *testing.T, address string) {
	t.Helper()
	conn := desktoptest.ConnectBus(t, address)
	defer conn.Close()
	for {
		var names []string
		if err := conn.BusObject().CallWithContext(t.Context(), "org.freedesktop.DBus.ListNames", 0).Store(&names); err != nil {
			t.Fatal(err)
		}
		if len(names) > 2 { // the bus, the test, and whoever it is
			return
		}
	}
}
