//go:build linux

package main

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
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

// content is how many colours a window shows that has any text: letters have
// edges of many shades, and an empty window, even one half drawn, has a few.
const content = 8

// windowStart compares how long the window takes to appear with the agent
// running with how long a bare Fyne window takes, in turn.
func (b *bench) windowStart(ctx context.Context, pairs int) error {
	smallest, err := b.buildHello(ctx)
	if err != nil {
		return err
	}
	screen, err := b.stage.Display.Framebuffer()
	if err != nil {
		return err
	}
	defer screen.Close()
	if err := b.pointerAway(ctx); err != nil {
		return err
	}
	xev, err := b.stage.Start(stage.Command{Name: "stdbuf", Args: []string{"-oL", "xev", "-root", "-event", "substructure"}})
	if err != nil {
		return err
	}
	defer xev.Stop()
	eye := &eye{bench: b, xev: xev, screen: screen, places: map[string]image.Rectangle{}}

	var agents []*stage.Process
	defer func() {
		for _, agent := range agents {
			agent.Stop()
		}
	}()
	contenders := b.both(func(of build) contender {
		running := false
		return contender{name: "portico with its agent running", run: func(ctx context.Context) ([]float64, error) {
			desk, err := b.desk(ctx, of, "idle")
			if err != nil {
				return nil, err
			}
			if !running {
				agent, err := b.agent(ctx, of, desk)
				if err != nil {
					return nil, err
				}
				agents, running = append(agents, agent), true
			}
			return eye.appears(ctx, stage.Command{Name: of.program("portico"), Env: desk})
		}}
	})
	floor := contender{name: "a bare Fyne window", run: func(ctx context.Context) ([]float64, error) {
		return eye.appears(ctx, stage.Command{Name: smallest})
	}}
	// The first round reads everything from disk, and finds where the windows are.
	all, err := inTurn(ctx, 1, pairs, contenders, &floor)
	if err != nil {
		return err
	}
	b.say("\n## The window's start (%d pairs in turn)\n", pairs)
	b.say("To the window on the screen, which may still be empty:\n")
	b.spreads(quantity{name: "window on the screen", unit: "ms", aim: "≤ 1.15"}, 0, all, floor.name)
	b.say("\nTo its first content:\n")
	b.spreads(quantity{name: "window's first content", unit: "ms", aim: "≤ 1.15"}, 1, all, floor.name)
	return nil
}

func (b *bench) buildHello(ctx context.Context) (program string, err error) {
	source := filepath.Join(b.stage.Dir, "hello.go")
	if err := os.WriteFile(source, []byte(hello), 0o600); err != nil {
		return "", err
	}
	linked := filepath.Join(b.stage.Dir, "hello.linked")
	build := exec.CommandContext(ctx, "go", "build", "-tags", "migrated_fynedo", "-ldflags=-s -w", "-o", linked, source)
	build.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the bare window: %w\n%s", err, out)
	}
	program = filepath.Join(b.stage.Dir, "hello")
	return program, copyProgram(linked, program) // as ours are: see copyBuilds
}

// pointerAway moves the pointer, which is drawn into the display's memory too, to
// where no window comes up.
func (b *bench) pointerAway(ctx context.Context) error {
	r, err := b.stage.Run(ctx, stage.Command{Name: "xdotool", Args: []string{"mousemove", "--sync", "1279", "899"}})
	if err == nil && r.Code != 0 {
		err = fmt.Errorf("move the pointer: %s", r.Tail)
	}
	return err
}

// eye sees when a window appears.
type eye struct {
	*bench
	xev    *stage.Process
	screen *stage.Framebuffer
	places map[string]image.Rectangle // of each program's window
}

// appears starts a program and returns the milliseconds until its window was on
// the screen, and until there was something in it. The very first time it only
// learns where the window is, and the second value is 0.
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

// once starts a program, looks at a part of the screen, and says where the window
// has been in the end.
func (e *eye) once(ctx context.Context, c stage.Command, place image.Rectangle) (values []float64, now image.Rectangle, err error) {
	// The window before it has to be gone.
	if err := e.wait(ctx, func() bool { return e.screen.Colours(place, content) < content }); err != nil {
		return nil, now, fmt.Errorf("the screen does not get empty: %w", err)
	}
	before := strings.Count(e.xev.Output(), mapped)
	started := time.Now()
	p, err := e.stage.Start(c)
	if err != nil {
		return nil, now, err
	}
	defer p.Stop()
	values, err = e.watch(ctx, p, started, before, place)
	if err != nil {
		return nil, now, err
	}
	window, err := e.stage.Display.Window(ctx, p)
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

// mapped begins the lines with which xev says that a window has come to the screen.
// Its events are exact where asking again and again would round the time up.
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
