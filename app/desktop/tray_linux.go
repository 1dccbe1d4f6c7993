package desktop

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/godbus/dbus/v5"
)

const (
	dbusName = "org.freedesktop.DBus"
	dbusPath = "/org/freedesktop/DBus"
	// watcherName is who collects tray icons on a Linux desktop.
	watcherName = "org.kde.StatusNotifierWatcher"
)

// run waits for a StatusNotifierWatcher, shows the icon when there is one, and
// follows its coming and going. The library is left alone until then: without
// a bus it would start one, and without a watcher it complains.
func (t *Tray) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	conn, err := dbus.SessionBusPrivateNoAutoStartup()
	if err != nil {
		cancel()
		return fmt.Errorf("%w: %w", ErrNoTray, err)
	}
	var shown sync.WaitGroup
	defer func() {
		cancel()
		_ = conn.Close()
		shown.Wait()
	}()
	owners, present, err := watchName(ctx, conn, watcherName)
	switch {
	case ctx.Err() != nil:
		return nil
	case err != nil:
		return fmt.Errorf("%w: %w", ErrNoTray, err)
	}
	up := make(chan struct{})
	show := sync.OnceFunc(func() {
		shown.Go(func() { t.show(ctx, func() { close(up) }) })
	})
	for {
		if present {
			show()
			select {
			case <-up:
				t.setAvailable(true)
			case <-ctx.Done():
				return nil
			}
		} else {
			t.setAvailable(false)
		}
		select {
		case <-ctx.Done():
			return nil
		case signal, ok := <-owners:
			if !ok {
				return errors.New("the session bus has ended")
			}
			present = newOwner(signal, watcherName, present)
		}
	}
}

// watchName follows who owns a name on the bus.
func watchName(ctx context.Context, conn *dbus.Conn, name string) (<-chan *dbus.Signal, bool, error) {
	if err := conn.Auth(nil); err != nil {
		return nil, false, fmt.Errorf("log on to the bus: %w", err)
	}
	if err := conn.Hello(); err != nil {
		return nil, false, fmt.Errorf("greet the bus: %w", err)
	}
	signals := make(chan *dbus.Signal, 16)
	conn.Signal(signals)
	err := conn.AddMatchSignalContext(ctx,
		dbus.WithMatchSender(dbusName), dbus.WithMatchObjectPath(dbusPath), dbus.WithMatchInterface(dbusName),
		dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, name))
	if err != nil {
		return nil, false, fmt.Errorf("follow the bus: %w", err)
	}
	var owned bool
	err = conn.BusObject().CallWithContext(ctx, dbusName+".NameHasOwner", 0, name).Store(&owned)
	if err != nil {
		return nil, false, fmt.Errorf("ask the bus: %w", err)
	}
	return signals, owned, nil
}

// newOwner says whether a name has an owner after a signal, before is what was
// known until then.
func newOwner(s *dbus.Signal, name string, before bool) bool {
	if s == nil || s.Name != dbusName+".NameOwnerChanged" || len(s.Body) != 3 || s.Body[0] != name {
		return before
	}
	return s.Body[2] != ""
}

// loop runs the library's loop, which is left to end with the process. Told to
// quit, the library would close the connection to the session bus that it shares
// with the key store's client, which may be saving a sign-in at that moment.
func loop(ctx context.Context, _ <-chan struct{}, run func()) {
	go run()
	<-ctx.Done()
}
