package diag

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/portico-desktop/portico/app/localapi"
)

const (
	watcherName       = "org.kde.StatusNotifierWatcher"
	notificationsName = "org.freedesktop.Notifications"
	busLimit          = 3 * time.Second
)

// onBus tells if somebody answers to a name on the session bus, or would be started for
// it. It starts nothing, not even a bus.
func (x *examination) onBus(ctx context.Context, name string) (owned, activatable bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, busLimit)
	defer cancel()
	address := x.Env("DBUS_SESSION_BUS_ADDRESS")
	if address == "" {
		if run := x.Env("XDG_RUNTIME_DIR"); run != "" {
			address = "unix:path=" + filepath.Join(run, "bus")
		}
	}
	if address == "" {
		return false, false, fmt.Errorf("there is no session bus")
	}
	conn, err := dbus.Connect(address, dbus.WithContext(ctx))
	if err != nil {
		return false, false, fmt.Errorf("the session bus does not answer")
	}
	defer conn.Close()
	bus := conn.BusObject()
	if err := bus.CallWithContext(ctx, "org.freedesktop.DBus.NameHasOwner", 0, name).Store(&owned); err != nil {
		return false, false, fmt.Errorf("the session bus does not answer")
	}
	var names []string
	if err := bus.CallWithContext(ctx, "org.freedesktop.DBus.ListActivatableNames", 0).Store(&names); err != nil {
		return owned, false, nil
	}
	return owned, slices.Contains(names, name), nil
}

// hasDesktop is true if there is a screen at all.
func (x *examination) hasDesktop() bool { return x.Env("DISPLAY")+x.Env("WAYLAND_DISPLAY") != "" }

const noDesktop = "there is no desktop here: neither DISPLAY nor WAYLAND_DISPLAY is set"

func (x *examination) checkTray(ctx context.Context) []*check {
	const id = "tray"
	if x.Tray {
		return []*check{good(id, groupComputer, "", "the icon is shown")}
	}
	who := "the program in the background could not be asked, as it is not running"
	if x.Background {
		who = "the program in the background shows no icon"
	}
	if !x.hasDesktop() {
		return []*check{skipped(id, groupComputer, "", noDesktop, who)}
	}
	owned, _, err := x.onBus(ctx, watcherName)
	switch {
	case err != nil:
		return []*check{skipped(id, groupComputer, "", err.Error(), who)}
	case !owned:
		return []*check{warning(id, groupComputer, "", x.problem(localapi.NoTray, nil), "nobody answers as "+watcherName, who)}
	}
	return []*check{good(id, groupComputer, "", "this desktop shows icons", who)}
}

func (x *examination) checkNotifications(ctx context.Context) []*check {
	const id = "notifications"
	if !x.hasDesktop() {
		return []*check{skipped(id, groupComputer, "", noDesktop)}
	}
	owned, activatable, err := x.onBus(ctx, notificationsName)
	switch {
	case err != nil:
		return []*check{skipped(id, groupComputer, "", err.Error())}
	case owned:
		return []*check{good(id, groupComputer, "", "somebody answers as "+notificationsName)}
	case activatable:
		return []*check{good(id, groupComputer, "", notificationsName+" is started when it is needed")}
	}
	return []*check{warning(id, groupComputer, "", x.problem(localapi.NoNotifications, nil), "nobody answers as "+notificationsName)}
}

// checkOpenGL looks for the libraries that draw the window, and draws nothing.
func (x *examination) checkOpenGL(context.Context) []*check {
	const id = "opengl"
	if x.Window != nil {
		return []*check{x.windowFailed()}
	}
	if !x.hasDesktop() {
		return []*check{skipped(id, groupComputer, "", noDesktop)}
	}
	looked := "looked for the libraries by name and for the display; nothing was drawn"
	missing := func(what string) []*check {
		return []*check{warning(id, groupComputer, what, x.problem(localapi.NoGraphics, nil, "reason", what), looked)}
	}
	if display := x.Env("DISPLAY"); display != "" && x.Env("WAYLAND_DISPLAY") == "" && !displayIsThere(display) {
		return missing("DISPLAY=" + forDisplay(display))
	}
	var found []string
	for _, library := range []string{"libGL.so.1", "libEGL.so.1"} {
		if path := findLibrary(library, x.Env("LD_LIBRARY_PATH")); path != "" {
			found = append(found, path)
		}
	}
	if found == nil {
		return missing("libGL.so.1")
	}
	return []*check{good(id, groupComputer, "", "there: "+strings.Join(found, ", "), looked)}
}

// displayIsThere looks for the socket of a local display; others it takes on trust.
func displayIsThere(display string) bool {
	number, local := strings.CutPrefix(display, ":")
	if !local {
		return true
	}
	number, _, _ = strings.Cut(number, ".")
	_, err := os.Stat("/tmp/.X11-unix/X" + filepath.Base(number))
	return err == nil
}

// findLibrary looks in the folders of the dynamic linker, as far as they go by
// convention (ld.so(8), and the multiarch folders of Debian).
func findLibrary(name, path string) string {
	folders := filepath.SplitList(path)
	for _, pattern := range []string{"/usr/lib/*-linux-*", "/lib/*-linux-*", "/usr/lib64", "/lib64", "/usr/lib", "/lib", "/usr/local/lib", "/run/opengl-driver/lib"} {
		matches, _ := filepath.Glob(pattern)
		folders = append(folders, matches...)
	}
	for _, folder := range folders {
		full := filepath.Join(folder, name)
		if _, err := os.Stat(full); err == nil {
			return full
		}
	}
	return ""
}
