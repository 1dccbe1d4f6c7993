//go:build linux

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// content is how many colours a window with any text shows: letters have edges of many
// shades, and an empty window, even one half drawn, has a few.
const content = 8

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
// screen, until there was something in it, and of the processor until then. The very
// first time it only learns the window's place, and these two values are 0.
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
	if err := stage.Watch(ctx, func() bool { return e.screen.Colours(place, content) < content }); err != nil {
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
	values := make([]float64, 3)
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
	if err := stage.Watch(ctx, func() bool { return e.screen.Colours(place, content) == content }); err != nil {
		return nil, fmt.Errorf("nothing in the window: %w: %s", err, p.Tail())
	}
	values[1] = milliseconds(time.Since(started))
	values[2] = milliseconds(processorTime(p.PID()))
	return values, nil
}

// processorTime is what all threads of a process and its children have used so far. It
// counts nanoseconds, where the usage of a process counts hundredths of a second.
func processorTime(pid int) (sum time.Duration) {
	for _, pid := range stage.Descent(pid) {
		threads, _ := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "task", "*", "schedstat")) // the pattern is a good one
		for _, thread := range threads {
			stat, err := os.ReadFile(thread)
			if err != nil {
				continue // it has just ended
			}
			used, _, _ := strings.Cut(string(stat), " ")
			n, _ := strconv.ParseInt(used, 10, 64)
			sum += time.Duration(n)
		}
	}
	return sum
}
