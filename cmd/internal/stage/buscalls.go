//go:build linux

package stage

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/godbus/dbus/v5"
)

const monitorFace = "org.freedesktop.DBus.Monitoring"

// BusCalls returns the names of each connection's method calls on the session bus while f
// runs, by its unique name.
func (s *Stage) BusCalls(ctx context.Context, f func()) (map[string][]string, error) {
	monitor, err := dbus.Connect("unix:path=" + filepath.Join(s.Dir, "run", "bus"))
	if err != nil {
		return nil, fmt.Errorf("connect to the session bus: %w", err)
	}
	defer monitor.Close()
	if err := monitor.BusObject().CallWithContext(ctx, monitorFace+".BecomeMonitor", 0, []string{"type='method_call'"}, uint32(0)).Err; err != nil {
		return nil, fmt.Errorf("listen to the session bus: %w", err)
	}
	heard := make(chan *dbus.Message, 10_000)
	monitor.Eavesdrop(heard)
	f()
	// A call of our own comes after all others.
	last := s.bus.conn.BusObject().GoWithContext(ctx, monitorFace+".PorticoEnd", 0, nil)
	<-last.Done
	calls := map[string][]string{}
	for {
		select {
		case m, ok := <-heard:
			if !ok {
				return nil, errors.New("the session bus went away")
			}
			from, _ := m.Headers[dbus.FieldSender].Value().(string)
			name, _ := m.Headers[dbus.FieldMember].Value().(string)
			if name == "PorticoEnd" {
				return calls, nil
			}
			if from != "org.freedesktop.DBus" { // it only tells the monitor what it has become
				calls[from] = append(calls[from], name)
			}
		case <-ctx.Done():
			return nil, fmt.Errorf("listen to the session bus: %w", ctx.Err())
		}
	}
}
