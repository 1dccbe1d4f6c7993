package network

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/godbus/dbus/v5"
)

// The services of a desktop with a knowledge of proxies.
const (
	pacRunner     = "org.gtk.GLib.PACRunner"
	pacRunnerPath = "/org/gtk/GLib/PACRunner"
	portal        = "org.freedesktop.portal.Desktop"
	portalPath    = "/org/freedesktop/portal/desktop"
	portalProxies = "org.freedesktop.portal.ProxyResolver"
)

// yes is a script that shows if anybody runs scripts.
var yes = pacScript{text: []byte(`function FindProxyForURL(url, host) { return "PROXY yes:1"; }`)}

// desktopEvaluator asks the desktop's services. None is started or asked before a script
// is set.
//
// PACRunner is asked first, with the script in a file. It holds on to a fetched script
// until it ends, waits without a limit for a server that does not answer, and says
// "direct" without a script. The portal is asked if there is no PACRunner.
type desktopEvaluator struct{ fetcher scriptFetcher }

func newEvaluator(fetcher scriptFetcher) evaluator { return desktopEvaluator{fetcher}.evaluate }

func (e desktopEvaluator) evaluate(ctx context.Context, _ system, script string, address *url.URL) (evaluated, error) {
	var fetched pacScript
	if script != "" {
		var err error
		if fetched, err = e.fetcher.fetch(ctx, script); err != nil {
			return evaluated{}, err
		}
	}
	bus, err := dbus.SessionBusPrivateNoAutoStartup(dbus.WithContext(ctx))
	if err == nil {
		err = errors.Join(bus.Auth(nil), bus.Hello())
	}
	if err != nil {
		return evaluated{}, fmt.Errorf("the session bus, on which the desktop runs proxy scripts, is not there: %w", err)
	}
	defer bus.Close()
	d := desktopServices{bus}
	found := evaluated{plain: fetched.plain}
	if script == "" {
		found.ways, err = d.detect(ctx, address)
	} else {
		found.ways, err = d.run(ctx, fetched, address)
	}
	var missing *EvaluatorError
	if errors.As(err, &missing) {
		if ways := d.askPortal(ctx, address); ways != nil {
			return evaluated{ways: ways, plain: fetched.plain}, nil
		}
	}
	return found, err
}

type desktopServices struct{ bus *dbus.Conn }

// run has PACRunner run a script.
func (d desktopServices) run(ctx context.Context, script pacScript, address *url.URL) ([]*url.URL, error) {
	said, ran, err := d.spelled(ctx, script, address)
	var failed dbus.Error // PACRunner's word for an unreadable script
	switch {
	case ran && err == nil:
		return parsePAC(said)
	case err != nil && !errors.As(err, &failed):
		return nil, err
	}
	if _, ran, err = d.spelled(ctx, yes, address); err != nil {
		return nil, err
	} else if !ran {
		return nil, thisEvaluator()
	}
	return nil, errors.New("it is no JavaScript, or has an error in it")
}

// detect has PACRunner look for the network's own script. Its "direct" may be a
// script's, or mean that there is none.
func (d desktopServices) detect(ctx context.Context, address *url.URL) ([]*url.URL, error) {
	ways, err := d.lookUp(ctx, "", address)
	if err != nil {
		return nil, err
	}
	if len(ways) != 1 || ways[0] != directScheme+"://" {
		return parseWays(ways)
	}
	if _, ran, err := d.spelled(ctx, yes, address); err != nil {
		return nil, err
	} else if !ran {
		return nil, thisEvaluator()
	}
	return nil, errNoScript
}

// spelled runs a script by way of a file, and returns true if it ran.
func (d desktopServices) spelled(ctx context.Context, script pacScript, address *url.URL) (said string, ran bool, err error) {
	folder := os.Getenv("XDG_RUNTIME_DIR")
	if folder == "" {
		folder = os.TempDir()
	}
	file, err := os.CreateTemp(folder, "portico-proxy-*.pac")
	if err != nil {
		return "", false, fmt.Errorf("it cannot be handed over to the desktop: %w", err)
	}
	defer os.Remove(file.Name())
	_, err = file.Write(script.spelled())
	if err = errors.Join(err, file.Close()); err != nil {
		return "", false, fmt.Errorf("it cannot be handed over to the desktop: %w", err)
	}
	ways, err := d.lookUp(ctx, (&url.URL{Scheme: "file", Path: filepath.ToSlash(file.Name())}).String(), address)
	if err != nil {
		return "", false, err
	}
	return unspell(ways)
}

// lookUp asks PACRunner, an [EvaluatorError] if there is none.
func (d desktopServices) lookUp(ctx context.Context, script string, address *url.URL) ([]string, error) {
	var ways []string
	err := d.bus.Object(pacRunner, pacRunnerPath).CallWithContext(ctx, pacRunner+".Lookup", 0, script, address.String()).Store(&ways)
	var failed dbus.Error
	switch {
	case errors.As(err, &failed) && isAbsent(failed.Name):
		return nil, thisEvaluator()
	case err != nil:
		return nil, fmt.Errorf("asking the desktop (%s): %w", pacRunner, err)
	}
	return ways, nil
}

// isAbsent is true if nobody answers to the name on the bus, and nobody can be started.
func isAbsent(name string) bool {
	switch name {
	case "org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner",
		"org.freedesktop.DBus.Error.Spawn.ExecFailed", "org.freedesktop.DBus.Error.Spawn.FileInvalid", "org.freedesktop.DBus.Error.Spawn.ServiceNotFound":
		return true
	}
	return false
}

// askPortal asks the portal. Its "direct" is no answer: portals without any knowledge of
// proxies say it too.
func (d desktopServices) askPortal(ctx context.Context, address *url.URL) []*url.URL {
	var ways []string
	err := d.bus.Object(portal, portalPath).CallWithContext(ctx, portalProxies+".Lookup", 0, address.String()).Store(&ways)
	if err != nil || len(ways) == 0 || ways[0] == directScheme+"://" {
		return nil
	}
	found, err := parseWays(ways)
	if err != nil {
		return nil
	}
	return found
}

func thisEvaluator() error {
	release, _ := os.ReadFile("/etc/os-release")
	return evaluatorFor(string(release))
}
