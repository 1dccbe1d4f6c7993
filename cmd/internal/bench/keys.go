//go:build linux

package main

import (
	"context"
	"fmt"
	"image"
	"time"

	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// keys is how many keys are pressed in a window, each after it has lain down.
const keys = 10

// keysSeen compares how soon a key changes something in open windows at rest.
func (r *room) keysSeen(ctx context.Context, _ options) error {
	screen, err := r.Display.Framebuffer()
	if err != nil {
		return err
	}
	defer screen.Close()
	if err := r.pointerAway(ctx); err != nil {
		return err
	}
	all, err := inTurn(ctx, 0, 1, r.both(func(of build) contender {
		return contender{name: "portico, its agent apart", run: func(ctx context.Context) ([]float64, error) {
			desk, err := r.desk(ctx, of, "keys")
			if err != nil {
				return nil, err
			}
			agent, err := r.agent(ctx, of, desk)
			if err != nil {
				return nil, err
			}
			defer agent.Stop()
			return r.press(ctx, stage.Command{Name: of.program("portico"), Env: desk}, screen)
		}}
	}), nil)
	if err != nil {
		return err
	}
	q := quantity{name: "a key is seen after", unit: "ms", digits: 1, aim: "≤ 20"}
	r.say("Tab moves the focus; the median of %d keys, a second apart.\n", keys)
	r.table([]quantity{q}, all)
	q.name = "window at rest, " + q.name
	r.compare(q, 0, all)
	return nil
}

// press opens a window, lets it lie down and presses keys in it.
func (r *room) press(ctx context.Context, c stage.Command, screen *stage.Framebuffer) ([]float64, error) {
	p, err := r.Start(c)
	if err != nil {
		return nil, err
	}
	defer p.Stop()
	ctx, stop := whileAlive(ctx, p)
	defer stop()
	window, err := r.Display.Window(ctx, p)
	if err != nil {
		return nil, err
	}
	if err := window.Focus(ctx); err != nil {
		return nil, err
	}
	if err := pause(ctx, opening); err != nil {
		return nil, err
	}
	place, err := window.Content(ctx)
	if err != nil {
		return nil, err
	}
	seen, err := r.pressed(ctx, screen, place)
	return []float64{seen}, err
}

// pressed is the median of the milliseconds from a key to its effect on the screen. The
// keys come from a running program: its start is not counted.
func (r *room) pressed(ctx context.Context, screen *stage.Framebuffer, place image.Rectangle) (float64, error) {
	hand, err := r.Start(stage.Command{Name: "xdotool", Args: []string{"-"}, Interactive: true})
	if err != nil {
		return 0, err
	}
	defer hand.Stop()
	var times [][]float64
	for range keys {
		if err := pause(ctx, time.Second); err != nil {
			return 0, err
		}
		was, began := screen.Sum(place), time.Now()
		if _, err := fmt.Fprintln(hand.Stdin(), "key Tab"); err != nil {
			return 0, err
		}
		limited, cancel := context.WithTimeout(ctx, time.Minute)
		err := stage.Watch(limited, func() bool { return screen.Sum(place) != was })
		cancel()
		if err != nil {
			return 0, fmt.Errorf("a key changes nothing in the window: %w", err)
		}
		times = append(times, []float64{milliseconds(time.Since(began))})
	}
	return spreadOf(column(times, 0)).median, nil
}
