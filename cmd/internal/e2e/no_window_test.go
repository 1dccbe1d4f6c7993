//go:build linux

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// notificationDaemon stands in for the part of a desktop that shows notifications.
type notificationDaemon struct{ shown chan string }

// Notify is called by programs (Desktop Notifications Specification 1.2).
func (n *notificationDaemon) Notify(_ string, _ uint32, _, title, text string, _ []string, _ map[string]dbus.Variant, _ int32) (uint32, *dbus.Error) {
	n.shown <- title + "\n" + text
	return 1, nil
}

// sessionBus is a connection to the desk's session bus.
func (d *desk) sessionBus() *dbus.Conn {
	d.t.Helper()
	address := ""
	for _, variable := range d.Env() {
		if value, ok := strings.CutPrefix(variable, "DBUS_SESSION_BUS_ADDRESS="); ok {
			address = value
		}
	}
	bus, err := dbus.Connect(address)
	must(d.t, err)
	d.t.Cleanup(func() { bus.Close() })
	return bus
}

// showNotifications starts the stand-in on the desk's bus; stop takes it away.
func (d *desk) showNotifications() (n *notificationDaemon, stop func()) {
	d.t.Helper()
	bus := d.sessionBus()
	n = &notificationDaemon{shown: make(chan string, 8)}
	must(d.t, bus.Export(n, "/org/freedesktop/Notifications", "org.freedesktop.Notifications"))
	_, err := bus.RequestName("org.freedesktop.Notifications", dbus.NameFlagDoNotQueue)
	must(d.t, err)
	return n, func() { bus.Close() }
}

// drawing is what the doctor says about drawing the window.
func (d *desk) drawing() (status, problem, reason string) {
	d.t.Helper()
	r, err := d.Run(d.ctx, stage.Command{Name: programs.Path("porticoctl"), Args: []string{"doctor", "--json"}})
	must(d.t, err)
	for _, c := range readDiagnosis(d.t, r.Stdout).Checks {
		if c.ID == "opengl" {
			if c.Problem != nil {
				return c.Status, string(c.Problem.Code), c.Problem.Params["reason"]
			}
			return c.Status, "", ""
		}
	}
	d.t.Fatal("the doctor says nothing about drawing the window")
	return "", "", ""
}

// drawsAgain waits until the doctor has forgotten what was wrong with drawing the window.
// Nothing tells when a window has been drawn for the first time.
func (d *desk) drawsAgain() {
	d.t.Helper()
	limit := time.NewTimer(30 * time.Second)
	defer limit.Stop()
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	for {
		status, problem, reason := d.drawing()
		if status == "good" {
			return
		}
		select {
		case <-look.C:
		case <-limit.C:
			d.t.Fatalf("long after a window did open, the doctor says %s %s %q", status, problem, reason)
		}
	}
}

// A click where no window can be opened is answered by the desktop, and the doctor
// knows why until a window did open.
func TestWithoutAWindowPeopleAreTold(t *testing.T) {
	d := newDesk(t, within(t, 3*time.Minute), stage.Params{Display: true}, providers()["zitadel"])
	d.portal = ""
	bare, err := d.AnotherDisplay(d.ctx, "-extension", "GLX")
	must(t, err)
	daemon, stop := d.showNotifications()
	for _, tc := range []struct{ name, display, reason string }{
		{"a display without OpenGL", bare.Name, "GLX"},
		{"no display", "", "platform"},
		{"a display that is gone", ":4711", "platform"},
	} {
		p := d.start("portico", "DISPLAY="+tc.display)
		code, err := p.Wait(d.ctx)
		if err != nil || code != localapi.ExitUnexpected {
			t.Errorf("%s: it ends with %d, %v: %s", tc.name, code, err, p.Tail())
		}
		select {
		case said := <-daemon.shown:
			if !strings.Contains(said, "cannot open its window") || !strings.Contains(said, "porticoctl doctor") {
				t.Errorf("%s: people read %q", tc.name, said)
			}
		default:
			t.Errorf("%s: people are told nothing: %s", tc.name, p.Tail())
		}
		if status, problem, reason := d.drawing(); status != "warning" || problem != "no-graphics" || !strings.Contains(reason, tc.reason) {
			t.Errorf("%s: the doctor says %s %s %q", tc.name, status, problem, reason)
		}
	}

	// Where nobody shows notifications, there is a dialog.
	stop()
	p := d.start("portico", "DISPLAY="+bare.Name)
	code, err := p.Wait(d.ctx)
	if err != nil || code != localapi.ExitUnexpected {
		t.Errorf("without notifications it ends with %d, %v: %s", code, err, p.Tail())
	}
	if _, err := bare.WindowNamed(d.ctx, "Portico cannot open its window"); err != nil {
		t.Errorf("there is no dialog: %v; %s", err, p.Tail())
	}
	must(t, bare.Picture(d.ctx, filepath.Join(t.ArtifactDir(), "no-window.png")))

	d.openWindow()
	d.drawsAgain()
}

// endingOpenGL ends the program that looks for a function of OpenGL, as a driver does
// that fails.
const endingOpenGL = `
#include <unistd.h>
void (*glXGetProcAddress(const unsigned char *name))(void) { _exit(3); }
void (*glXGetProcAddressARB(const unsigned char *name))(void) { _exit(3); }
`

// A driver that ends the program leaves it no chance to say anything. The doctor knows
// of it at once, and whoever clicks again is told.
func TestDriverThatEndsTheProgramIsToldOf(t *testing.T) {
	d := newDesk(t, within(t, 2*time.Minute), stage.Params{Display: true}, providers()["zitadel"])
	d.portal = ""
	daemon, _ := d.showNotifications()
	source, library := filepath.Join(d.Dir, "gl.c"), filepath.Join(d.Dir, "libGL.so.1")
	must(t, os.WriteFile(source, []byte(endingOpenGL), 0o600))
	if r, err := d.Run(d.ctx, stage.Command{Name: "gcc", Args: []string{"-shared", "-fPIC", "-Wl,-soname,libGL.so.1", "-o", library, source}}); err != nil || r.Code != 0 {
		t.Fatalf("gcc: %v: %s", err, r.Tail)
	}
	for click, code := range []int{3, localapi.ExitUnexpected, localapi.ExitUnexpected} {
		p := d.start("portico", "LD_LIBRARY_PATH="+d.Dir)
		got, err := p.Wait(d.ctx)
		if err != nil || got != code {
			t.Fatalf("click %d: it ends with %d, %v: %s", click+1, got, err, p.Tail())
		}
		if told := len(daemon.shown); told != click {
			t.Errorf("after click %d people were told %d times: %s", click+1, told, p.Tail())
		}
		if status, problem, reason := d.drawing(); status != "warning" || problem != "no-graphics" || !strings.Contains(reason, "ended while it opened") {
			t.Errorf("after click %d the doctor says %s %s %q", click+1, status, problem, reason)
		}
	}
	// With another driver the window opens, and all is forgotten.
	guarded := d.start("portico")
	w, err := d.Display.WindowNamed(d.ctx, "^Portico$")
	must(t, err)
	must(t, w.Settled(d.ctx))
	d.drawsAgain()
	must(t, w.Close(d.ctx))
	if code, err := guarded.Wait(d.ctx); err != nil || code != 0 {
		t.Errorf("the guarded window ends with %d, %v: %s", code, err, guarded.Tail())
	}
	d.openWindow() // of the program itself
}

// start starts a program of Portico's with more in its environment.
func (d *desk) start(name string, env ...string) *stage.Process {
	d.t.Helper()
	p, err := d.Start(stage.Command{Name: programs.Path(name), Env: env})
	must(d.t, err)
	return p
}
