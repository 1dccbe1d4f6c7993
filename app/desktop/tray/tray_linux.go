package tray

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	"fyne.io/systray"
	"github.com/godbus/dbus/v5"

	"github.com/portico-desktop/portico/app/desktop"
)

const (
	dbusName = "org.freedesktop.DBus"
	dbusPath = "/org/freedesktop/DBus"
	// watcherName is the collector of tray icons on a Linux desktop.
	watcherName = "org.kde.StatusNotifierWatcher"
)

// run waits for a StatusNotifierWatcher, shows the icon when there is one, and
// follows its coming and going, and that of the bus. The library is left alone until
// then: without a bus it would start one, and without a watcher it complains.
func (t *Tray) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	icon := trayIcon{tray: t, up: make(chan struct{})}
	defer icon.shown.Wait()
	defer cancel()
	begun := false
	for conn, err := desktop.SessionBus(ctx); ; conn, err = desktop.SessionBusAgain(ctx, cmp.Or(t.busPatience, desktop.BusPatience)) {
		switch {
		case err != nil && ctx.Err() != nil:
			return nil
		case err != nil && begun:
			return errors.New("the session bus has ended")
		case err != nil:
			return fmt.Errorf("%w: %w", ErrNoTray, err)
		}
		begun = true
		err = icon.follow(ctx, conn)
		ended := !conn.Connected()
		_ = conn.Close()
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !ended:
			return fmt.Errorf("%w: %w", ErrNoTray, err)
		}
		t.setAvailable(false)
	}
}

// trayIcon is the icon on one bus after the other.
type trayIcon struct {
	tray  *Tray
	shown sync.WaitGroup
	up    chan struct{} // closed when the icon is up for the first time
	// on is the bus with the library's icon, nil for none.
	on *dbus.Conn
}

// follow shows the icon while there is somebody on the bus to show it, until ctx or the
// bus ends.
func (i *trayIcon) follow(ctx context.Context, conn *dbus.Conn) error {
	owners, present, err := watchName(ctx, conn, watcherName)
	if err != nil {
		return err
	}
	for {
		if present {
			i.show(ctx, conn)
			select {
			case <-i.up:
				i.tray.setAvailable(true)
			case <-ctx.Done():
				return nil
			}
		} else {
			i.tray.setAvailable(false)
		}
		select {
		case <-ctx.Done():
			return nil
		case signal, ok := <-owners:
			if !ok {
				return nil
			}
			present = newOwner(signal, watcherName, present)
		}
	}
}

// show has the library bring the icon to the bus, if it is not there yet.
func (i *trayIcon) show(ctx context.Context, conn *dbus.Conn) {
	before := i.on
	i.on = conn
	switch before {
	case conn:
	case nil:
		i.shown.Go(func() { i.tray.show(ctx, func() { close(i.up) }) })
	default:
		// The library keeps icon and menu, and takes them to the bus of now. It is not
		// to call back when it is ready: everything is drawn already.
		again, _ := systray.RunWithExternalLoop(nil, func() { i.tray.exited(ctx) })
		again()
	}
}

// watchName follows the owner of a name on the bus.
func watchName(ctx context.Context, conn *dbus.Conn, name string) (<-chan *dbus.Signal, bool, error) {
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

// newOwner is true if a name has an owner after a signal. before says if it had one
// until then.
func newOwner(s *dbus.Signal, name string, before bool) bool {
	if s == nil || s.Name != dbusName+".NameOwnerChanged" || len(s.Body) != 3 || s.Body[0] != name {
		return before
	}
	return s.Body[2] != ""
}

// loop runs the library's loop and lets it end with the process. Told to quit, the
// library would close its connection to the session bus. It shares that with the key
// store's client, and this may be saving a sign-in at the moment.
func loop(ctx context.Context, _ <-chan struct{}, run func()) {
	go run()
	<-ctx.Done()
}
