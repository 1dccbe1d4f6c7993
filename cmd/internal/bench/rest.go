//go:build linux

package main

import (
	"context"
	"fmt"
	"image"
	"time"

	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// restQuantities are what the rows of an open window at rest are.
func restQuantities() []quantity {
	return []quantity{
		{name: "processor", unit: "% of one core", digits: 2, aim: "≤ 0.1"},
		{name: "switches", unit: "a second", digits: 1, aim: "≤ 10"},
		{name: "a key is seen after", unit: "ms", digits: 1, aim: "≤ 20"},
	}
}

// keys is how many keys are pressed in a window, each after it has lain down.
const keys = 10

// windowAtRest watches an open window in which nothing happens, and then presses keys.
func (b *bench) windowAtRest(ctx context.Context, watch time.Duration) error {
	screen, err := b.stage.Display.Framebuffer()
	if err != nil {
		return err
	}
	defer screen.Close()
	if err := b.pointerAway(ctx); err != nil {
		return err
	}
	all, err := inTurn(ctx, 0, 1, b.both(func(of build) contender {
		return contender{name: "portico", run: func(ctx context.Context) ([]float64, error) {
			desk, err := b.desk(ctx, of, "idle")
			if err != nil {
				return nil, err
			}
			agent, err := b.agent(ctx, of, desk)
			if err != nil {
				return nil, err
			}
			defer agent.Stop()
			return b.rest(ctx, stage.Command{Name: of.program("portico"), Env: desk}, screen, watch)
		}}
	}), nil)
	if err != nil {
		return err
	}
	b.say("\n## The open window at rest, somebody signed in (%v; the keys' median)\n", watch)
	b.say("| | this build | the other build | aim |\n|---|---|---|---|")
	ours, theirs := ofThis(all), ofOther(all)
	for i, q := range restQuantities() {
		other := "–"
		if theirs != nil {
			other = q.format(spreadOf(column(theirs.rounds, i)).median)
		}
		b.say("| %s, %s | %s | %s | %s |", q.name, q.unit, q.format(spreadOf(column(ours.rounds, i)).median), other, q.aim)
		q.name = "window at rest, " + q.name
		b.compare(q, i, all)
	}
	return nil
}

// rest opens a window, watches it and presses keys in it.
func (b *bench) rest(ctx context.Context, c stage.Command, screen *stage.Framebuffer, watch time.Duration) ([]float64, error) {
	p, err := b.stage.Start(c)
	if err != nil {
		return nil, err
	}
	defer p.Stop()
	ctx, stop := whileAlive(ctx, p)
	defer stop()
	window, err := b.stage.Display.Window(ctx, p)
	if err != nil {
		return nil, err
	}
	if err := window.Focus(ctx); err != nil {
		return nil, err
	}
	if err := pause(ctx, settle); err != nil {
		return nil, err
	}
	before, err := readUsage(p.PID())
	if err != nil {
		return nil, err
	}
	if err := pause(ctx, watch); err != nil {
		return nil, err
	}
	after, err := readUsage(p.PID())
	if err != nil {
		return nil, err
	}
	place, err := window.Content(ctx)
	if err != nil {
		return nil, err
	}
	seen, err := b.pressed(ctx, screen, place)
	if err != nil {
		return nil, err
	}
	per := watch.Seconds()
	return []float64{100 * (after.cpu - before.cpu).Seconds() / per, float64(after.wakeups-before.wakeups) / per, seen}, nil
}

// pressed is the median of the milliseconds from a key to what it changes on the
// screen. The keys come from a program that runs already: its start is not counted.
func (b *bench) pressed(ctx context.Context, screen *stage.Framebuffer, place image.Rectangle) (float64, error) {
	hand, err := b.stage.Start(stage.Command{Name: "xdotool", Args: []string{"-"}, Interactive: true})
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
