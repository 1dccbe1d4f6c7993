//go:build linux

package e2e

import (
	"context"
	"debug/buildinfo"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// An open window in which nothing happens rests, and all that may happen wakes it: a
// key, the pointer, the agent, another start, being put away and coming back, the end.
// A window that is not woken would see it after ten seconds (packaging/fyne).
func TestOpenWindowRests(t *testing.T) {
	if !rests(t, programs.Path("portico")) {
		t.Skip("portico is built with Fyne as it is; make build makes one that rests")
	}
	ctx := within(t, 3*time.Minute)
	d := &desk{Stage: newStage(t, ctx, stage.Params{Display: true, Framebuffer: true}), t: t, ctx: ctx}
	portal := newPortal(t, ctx, "https://login.example")
	must(t, d.Display.PointAway(ctx))
	screen, err := d.Display.Framebuffer()
	must(t, err)
	t.Cleanup(func() { must(t, screen.Close()) })
	p, err := d.Start(stage.Command{Name: programs.Path("portico"), Env: []string{"PORTICO_PORTAL=" + portal.URL()}})
	must(t, err)
	w, err := d.Display.Window(ctx, p)
	must(t, err)
	d.waitPhase(localapi.SignedOut)
	must(t, w.Focus(ctx))
	must(t, w.Settled(ctx))
	place, err := w.Content(ctx)
	must(t, err)

	// On a busy machine it is a while before the window has nothing left to do.
	for last := -1; last < 0 || last > 10; {
		now := switches(t, p)
		pass(t, ctx, time.Second)
		last = switches(t, p) - now
	}
	const watch = 5 * time.Second
	before := switches(t, p)
	pass(t, ctx, watch)
	if n := switches(t, p) - before; n > 10*int(watch/time.Second) {
		t.Errorf("at rest the window was switched to %d times in %v", n, watch)
	}

	// still waits until the screen has not changed for as long as it takes to lie down.
	still := func() uint64 {
		t.Helper()
		for was := screen.Sum(place); ; {
			pass(t, ctx, time.Second)
			now := screen.Sum(place)
			if now == was {
				return now
			}
			was = now
		}
	}
	changes := func(what string, act func() error) {
		t.Helper()
		was := still()
		began := time.Now()
		must(t, act())
		ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		if err := stage.Watch(ctx, func() bool { return screen.Sum(place) != was }); err != nil {
			t.Fatalf("%s changes nothing in the window: %v", what, err)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s changes the window after %v", what, took)
		}
	}
	changes("a key", func() error { return w.Key(ctx, "Tab") })
	changes("the pointer", func() error { return w.Click(ctx, 40, place.Dy()-16) })
	changes("the agent's end", func() error { return d.KillAgent(ctx) })
	changes("another size", func() error { return w.Resize(ctx, place.Dx()-40, place.Dy()-40) })
	changes("putting it away", func() error { return w.Minimise(ctx) })
	changes("another start", func() error {
		second := d.startWindow("")
		code, err := second.Wait(ctx)
		if err == nil && code != 0 {
			err = fmt.Errorf("exit %d: %s", code, second.Tail())
		}
		return err
	})
	still()
	began := time.Now()
	must(t, syscall.Kill(p.PID(), syscall.SIGTERM))
	if code, err := p.Wait(ctx); err != nil || code != 0 || time.Since(began) > 5*time.Second {
		t.Errorf("asked to end, the window does with %d, %v after %v: %s", code, err, time.Since(began), p.Tail())
	}
}

// A window whose field has the focus rests as well, as soon as nobody has typed for ten
// seconds, and the cursor can be seen then. With the next key it blinks again.
func TestAFocusedFieldRests(t *testing.T) {
	if !rests(t, programs.Path("portico")) {
		t.Skip("portico is built with Fyne as it is; make build makes one that rests")
	}
	ctx := within(t, 3*time.Minute)
	d := &desk{Stage: newStage(t, ctx, stage.Params{Display: true, Framebuffer: true}), t: t, ctx: ctx}
	must(t, d.Display.PointAway(ctx))
	screen, err := d.Display.Framebuffer()
	must(t, err)
	t.Cleanup(func() { must(t, screen.Close()) })
	p, err := d.Start(stage.Command{Name: programs.Path("portico")})
	must(t, err)
	w, err := d.Display.Window(ctx, p)
	must(t, err)
	d.waitPhase(localapi.Unconfigured) // the portal's address is asked for, in a field
	must(t, w.Focus(ctx))
	must(t, w.Type(ctx, "contoso"))
	place, err := w.Content(ctx)
	must(t, err)

	// rested waits until the window is at rest, and returns what it shows then.
	rested := func() uint64 {
		t.Helper()
		for {
			was := switches(t, p)
			pass(t, ctx, 3*time.Second)
			if switches(t, p)-was <= 30 {
				return screen.Sum(place)
			}
		}
	}
	changes := func(what string) {
		t.Helper()
		was := screen.Sum(place)
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		if err := stage.Watch(ctx, func() bool { return screen.Sum(place) != was }); err != nil {
			t.Errorf("%s: nothing changes: %v", what, err)
		}
	}
	changes("somebody has just typed, and the cursor blinks")
	shown := rested()
	must(t, w.Key(ctx, "shift")) // a key that writes nothing
	changes("a key was pressed, and the cursor blinks again")
	if again := rested(); again != shown {
		t.Error("the cursor that stands still looks otherwise than the last time")
	}
}

// The agent that is ended, as from its icon beside the clock, takes a window along that
// rests.
func TestRestingWindowEndsWithItsAgent(t *testing.T) {
	ctx := within(t, 2*time.Minute)
	d := &desk{Stage: newStage(t, ctx, stage.Params{Display: true}), t: t, ctx: ctx}
	portal := newPortal(t, ctx, "https://login.example")
	must(t, d.Display.PointAway(ctx))
	p, err := d.Start(stage.Command{Name: programs.Path("portico"), Env: []string{"PORTICO_PORTAL=" + portal.URL()}})
	must(t, err)
	w, err := d.Display.Window(ctx, p)
	must(t, err)
	d.waitPhase(localapi.SignedOut)
	must(t, w.Settled(ctx))
	pass(t, ctx, 2*time.Second) // it lies down
	agent, _, err := d.Agent(ctx)
	must(t, err)
	defer func() { must(t, agent.Close()) }()
	began := time.Now()
	must(t, agent.Quit(ctx))
	if code, err := p.Wait(ctx); err != nil || code != 0 || time.Since(began) > 5*time.Second {
		t.Errorf("the window ends with %d, %v after %v: %s", code, err, time.Since(began), p.Tail())
	}
}

// rests says whether a program is built with a Fyne that rests.
func rests(t *testing.T, program string) bool {
	t.Helper()
	info, err := buildinfo.ReadFile(program)
	must(t, err)
	for _, dep := range info.Deps {
		if dep.Path == "fyne.io/fyne/v2" {
			return dep.Replace != nil
		}
	}
	return false
}

// pass lets time pass, where what does not happen meanwhile is what is tested.
func pass(t *testing.T, ctx context.Context, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-ctx.Done():
		t.Fatal(ctx.Err())
	}
}

// switches is how often the kernel has switched to a process of its own accord: each
// ends a sleep of one of its threads.
func switches(t *testing.T, p *stage.Process) (n int) {
	t.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", p.PID()))
	must(t, err)
	for _, thread := range threads {
		status, err := os.ReadFile(thread)
		must(t, err)
		_, rest, _ := strings.Cut(string(status), "\nvoluntary_ctxt_switches:")
		var own int
		if _, err := fmt.Sscan(rest, &own); err != nil {
			t.Fatal(err)
		}
		n += own
	}
	return n
}
