package desktop

import (
	"context"
	"fmt"
	"time"

	"github.com/godbus/dbus/v5"
)

// BusPatience is how long after the end of the session's message bus another one may begin
// at its address. A restarted bus is there again within a second.
const BusPatience = 10 * time.Second

// FollowSession waits for the end of this program's log-on session, and returns true
// when it has come. It returns false when ctx has ended, and at once if nothing can
// tell the end. The session is over when its message bus has ended and none answers at
// the same address within ten seconds: then there is no key store and no tray any more,
// and the next session has others. back is called when a bus is there again. Nothing is
// asked while the bus lives.
func FollowSession(ctx context.Context, back func()) (over bool) {
	return followSession(ctx, BusPatience, back)
}

func followSession(ctx context.Context, patience time.Duration, back func()) (over bool) {
	conn, err := SessionBus(ctx)
	if err != nil {
		return false
	}
	for {
		select {
		case <-ctx.Done():
			_ = conn.Close()
			return false
		case <-conn.Context().Done():
		}
		if conn, err = SessionBusAgain(ctx, patience); err != nil {
			return ctx.Err() == nil
		}
		back()
	}
}

// SessionBus is a connection of our own to the bus of this log-on session; none is
// started for it. ctx bounds the greeting only.
func SessionBus(ctx context.Context) (*dbus.Conn, error) {
	conn, err := dbus.SessionBusPrivateNoAutoStartup()
	if err != nil {
		return nil, fmt.Errorf("connect to the session bus: %w", err)
	}
	late := context.AfterFunc(ctx, func() { _ = conn.Close() })
	if err = conn.Auth(nil); err == nil {
		err = conn.Hello()
	}
	if !late() {
		err = ctx.Err()
	}
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("greet the session bus: %w", err)
	}
	return conn, nil
}

// SessionBusAgain is SessionBus after the bus has ended, as soon as there is one at its
// address again.
func SessionBusAgain(ctx context.Context, patience time.Duration) (*dbus.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		conn, err := SessionBus(ctx)
		if err == nil {
			return conn, nil
		}
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return nil, err
		}
	}
}
