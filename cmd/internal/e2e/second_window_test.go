//go:build linux

package e2e

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// startWindow starts the window program on a display, the desk's own for "".
func (d *desk) startWindow(display string) *stage.Process {
	d.t.Helper()
	c := stage.Command{Name: programs.Path("portico")}
	if display != "" {
		c.Env = []string{"DISPLAY=" + display}
	}
	p, err := d.Start(c)
	must(d.t, err)
	return p
}

// A click while the window is stopped, or hangs, opens another one; without that it
// brings the window that is open to the front.
func TestSecondStartIsSeen(t *testing.T) {
	d := newDesk(t, within(t, 2*time.Minute), stage.Params{Display: true}, providers()["zitadel"])
	d.portal = ""
	first := d.startWindow("")
	w, err := d.Display.Window(d.ctx, first)
	must(t, err)
	d.waitPhase(localapi.Unconfigured)
	must(t, w.Settled(d.ctx))

	// The first one lives: it comes back from where it was put away.
	must(t, w.Minimise(d.ctx))
	began := time.Now()
	second := d.startWindow("")
	if code, err := second.Wait(d.ctx); err != nil || code != 0 {
		t.Errorf("the second start ended with %d, %v: %s", code, err, second.Tail())
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("the second start took %v", took)
	}
	if _, err := d.Display.Window(d.ctx, first); err != nil {
		t.Errorf("the window stays away: %v", err)
	}

	// The first one is stopped.
	must(t, syscall.Kill(first.PID(), syscall.SIGSTOP))
	third := d.startWindow("")
	other, err := d.Display.Window(d.ctx, third)
	if err != nil {
		t.Fatalf("the window is stopped and no other opens: %v: %s", err, third.Tail())
	}
	must(t, other.Settled(d.ctx))

	// The next start finds the one that lives.
	fourth := d.startWindow("")
	if code, err := fourth.Wait(d.ctx); err != nil || code != 0 {
		t.Errorf("beside a window that lives, the next start ended with %d, %v: %s", code, err, fourth.Tail())
	}
	must(t, other.Picture(d.ctx, filepath.Join(t.ArtifactDir(), "beside-a-stopped-one.png")))
}

// A person with two displays, as with VNC beside the desk, has a window on each.
func TestWindowOpensOnTheDisplayWhereItIsStarted(t *testing.T) {
	d := newDesk(t, within(t, 2*time.Minute), stage.Params{Display: true}, providers()["zitadel"])
	d.portal = ""
	first := d.startWindow("")
	_, err := d.Display.Window(d.ctx, first)
	must(t, err)
	d.waitPhase(localapi.Unconfigured)

	other, err := d.AnotherDisplay(d.ctx)
	must(t, err)
	second := d.startWindow(other.Name)
	if _, err := other.Window(d.ctx, second); err != nil {
		t.Fatalf("no window on the display where it was started: %v: %s", err, second.Tail())
	}
	for _, display := range []string{"", other.Name, other.Name + ".0"} {
		again := d.startWindow(display)
		if code, err := again.Wait(d.ctx); err != nil || code != 0 {
			t.Errorf("once more on %q it ended with %d, %v: %s", display, code, err, again.Tail())
		}
	}
}
