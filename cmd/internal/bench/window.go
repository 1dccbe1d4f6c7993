//go:build linux

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// hello is Fyne's smallest window, the floor under ours.
const hello = `package main

import (
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/widget"
)

func main() {
	w := app.New().NewWindow("Hello bench")
	w.SetContent(widget.NewLabel("Hello"))
	w.ShowAndRun()
}
`

// content is how many colours a window with any text shows: letters have edges of many
// shades, and an empty window, even one half drawn, has a few.
const content = 8

// windowStart compares how long the window takes until there is something in it, with
// its agent running and not, with a bare Fyne window and a browser's app window.
func (r *room) windowStart(ctx context.Context, o options) error {
	smallest, err := r.buildHello(ctx)
	if err != nil {
		return err
	}
	eye, err := r.newEye(ctx)
	if err != nil {
		return err
	}
	defer eye.close()
	rounds := max(o.pairs/2, 1)
	contenders := slices.Concat(
		r.both(func(of build) contender { return r.opens(eye, of, true) }),
		r.both(func(of build) contender { return r.opens(eye, of, false) }),
		[]contender{r.appWindow(eye)})
	for i := range contenders[len(r.builds):] {
		contenders[len(r.builds)+i].optional = true
	}
	floor := contender{name: "a bare Fyne window", run: func(ctx context.Context) ([]float64, error) {
		return eye.appears(ctx, stage.Command{Name: smallest})
	}}
	// The first round reads everything from disk, and finds the windows' places.
	all, err := inTurn(ctx, 1, rounds, contenders, &floor)
	if err != nil {
		return err
	}
	r.say("%d rounds. To its first content, that is letters on the screen:\n", rounds)
	r.spreads(quantity{name: "window's first content", unit: "ms", aim: "of the bare window ≤ 1.08 with its agent running, ≤ 1.25 without"}, 1, all, floor.name)
	if n := len(r.builds); all[n].missing == nil {
		pair := slices.Clone(all[n : 2*n])
		for i := range pair {
			pair[i].optional = false
		}
		r.compare(quantity{name: "window's first content, no agent running", unit: "ms"}, 1, pair)
	}
	r.say("\nTo the window on the screen. Where that is earlier than its content it is empty for so long:\n")
	r.spreads(quantity{name: "window on the screen", unit: "ms"}, 0, all, floor.name)
	return nil
}

// opens is the window of a build, with its agent running or not.
func (r *room) opens(eye *eye, of build, agentRuns bool) contender {
	name, desk := "portico, its agent running", "window"
	if !agentRuns {
		name, desk = "portico, no agent running", "window-alone"
	}
	started := false
	return contender{name: name, run: func(ctx context.Context) (values []float64, err error) {
		env, err := r.desk(ctx, of, desk)
		if err != nil {
			return nil, err
		}
		switch {
		case !agentRuns:
			// Its agent outlives it.
			defer func() { err = errors.Join(err, r.EndAll(env[0])) }()
		case !started:
			if _, err := r.agent(ctx, of, env); err != nil {
				return nil, err
			}
			started = true
		}
		return eye.appears(ctx, stage.Command{Name: of.program("portico"), Env: env})
	}}
}

// appWindow is Chromium's window for a single page.
func (r *room) appWindow(eye *eye) contender {
	return contender{name: "Chromium's app window", run: func(ctx context.Context) ([]float64, error) {
		c, err := r.chromium()
		if err != nil {
			return nil, err
		}
		return eye.appears(ctx, c)
	}}
}

// page is all that Chromium has to show, from the disk.
const page = `<!doctype html><meta charset="utf-8"><title>Hello bench</title><p>Hello</p>`

func (r *room) chromium() (stage.Command, error) {
	file := filepath.Join(r.Dir, "page.html")
	return stage.Command{Name: "chromium", Args: []string{
		"--app=file://" + file, "--user-data-dir=" + filepath.Join(r.Dir, "chromium"), "--no-sandbox", "--test-type",
		"--no-first-run", "--no-default-browser-check", "--password-store=basic", "--disable-gpu",
	}}, os.WriteFile(file, []byte(page), 0o600)
}

func (r *room) buildHello(ctx context.Context) (program string, err error) {
	source := filepath.Join(r.Dir, "hello.go")
	if err := os.WriteFile(source, []byte(hello), 0o600); err != nil {
		return "", err
	}
	linked := filepath.Join(r.Dir, "hello.linked")
	build := exec.CommandContext(ctx, "go", "build", "-tags", "migrated_fynedo", "-ldflags=-s -w", "-o", linked, source)
	build.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the bare window: %w\n%s", err, out)
	}
	program = filepath.Join(r.Dir, "hello")
	return program, copyProgram(linked, program) // as ours are: see copyBuilds
}

// newEye opens the screen, with nothing on it. Close the eye.
func (r *room) newEye(ctx context.Context) (*eye, error) {
	if err := stage.Require("xev", "stdbuf"); err != nil {
		return nil, err
	}
	screen, err := r.Display.Framebuffer()
	if err != nil {
		return nil, err
	}
	e := &eye{room: r, screen: screen, places: map[string]image.Rectangle{}}
	if err := r.pointerAway(ctx); err != nil {
		return nil, errors.Join(err, screen.Close())
	}
	if e.xev, err = r.Start(stage.Command{Name: "stdbuf", Args: []string{"-oL", "xev", "-root", "-event", "substructure"}}); err != nil {
		return nil, errors.Join(err, screen.Close())
	}
	return e, nil
}

func (e *eye) close() {
	e.xev.Stop()
	_ = e.screen.Close() // munmap(2) of a mapping cannot fail
}

// pointerAway moves the pointer to where no window comes up. It is drawn into the
// display's memory too.
func (r *room) pointerAway(ctx context.Context) error {
	result, err := r.Run(ctx, stage.Command{Name: "xdotool", Args: []string{"mousemove", "--sync", "1279", "899"}})
	if err == nil && result.Code != 0 {
		err = fmt.Errorf("move the pointer: %s", result.Tail)
	}
	return err
}

// eye sees when a window appears.
type eye struct {
	*room
	xev    *stage.Process
	screen *stage.Framebuffer
	places map[string]image.Rectangle // of each program's window
}

// appears starts a program and returns the milliseconds until its window was on the
// screen, and until there was something in it. The very first time it only learns the
// window's place, and the second value is 0.
func (e *eye) appears(ctx context.Context, c stage.Command) ([]float64, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		place, known := e.places[c.Name]
		values, now, err := e.once(ctx, c, place)
		if err != nil {
			return nil, err
		}
		e.places[c.Name] = now
		if !known || now == place {
			return values, nil
		}
		// It came up elsewhere than the eye was looking.
	}
}

// once starts a program, looks at a part of the screen, and returns the window's last
// place.
func (e *eye) once(ctx context.Context, c stage.Command, place image.Rectangle) (values []float64, now image.Rectangle, err error) {
	// The window before it has to be gone.
	if err := e.wait(ctx, func() bool { return e.screen.Colours(place, content) < content }); err != nil {
		return nil, now, fmt.Errorf("the screen does not get empty: %w", err)
	}
	before := strings.Count(e.xev.Output(), mapped)
	started := time.Now()
	p, err := e.Start(c)
	if err != nil {
		return nil, now, err
	}
	defer p.Stop()
	values, err = e.watch(ctx, p, started, before, place)
	if err != nil {
		return nil, now, err
	}
	window, err := e.windowOf(ctx, p)
	if err != nil {
		return nil, now, err
	}
	if place.Empty() {
		if err := window.Settled(ctx); err != nil {
			return nil, now, err
		}
	}
	now, err = window.Content(ctx)
	return values, now, err
}

// windowOf finds a program's window. xdotool gives up when another one goes while it
// looks, as a browser's do.
func (r *room) windowOf(ctx context.Context, p *stage.Process) (w *stage.Window, err error) {
	for range 5 {
		if w, err = r.Display.Window(ctx, p); err == nil {
			return w, nil
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return nil, err
		}
	}
	return nil, err
}

// mapped begins the lines by which xev says that a window has come to the screen. Its
// events are exact, and asking again and again would round the time up.
const mapped = "MapNotify event"

// watch measures from started on. before is how many windows had come to the
// screen until then.
func (e *eye) watch(ctx context.Context, p *stage.Process, started time.Time, before int, place image.Rectangle) ([]float64, error) {
	ctx, stop := whileAlive(ctx, p)
	defer stop()
	values := make([]float64, 2)
	seen := 0
	if _, err := e.xev.WaitLine(ctx, func(line string) bool {
		if strings.HasPrefix(line, mapped) {
			seen++
		}
		return seen > before
	}); err != nil {
		return nil, fmt.Errorf("no window: %w: %s", cmp.Or(context.Cause(ctx), err), p.Tail())
	}
	values[0] = milliseconds(time.Since(started))
	if place.Empty() {
		return values, nil
	}
	if err := e.wait(ctx, func() bool { return e.screen.Colours(place, content) == content }); err != nil {
		return nil, fmt.Errorf("nothing in the window: %w: %s", err, p.Tail())
	}
	values[1] = milliseconds(time.Since(started))
	return values, nil
}

// wait looks once a millisecond.
func (e *eye) wait(ctx context.Context, seen func() bool) error {
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for !seen() {
		select {
		case <-look.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}
