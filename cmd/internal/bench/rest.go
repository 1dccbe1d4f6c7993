//go:build linux

package main

import (
	"context"
	"errors"
	"time"

	"github.com/portico-desktop/portico/cmd/internal/stage"
)

const (
	// opening is how long a window is let alone before it is at rest.
	opening = 4 * time.Second
	// resting is how long it is watched then.
	resting = 10 * time.Second
	// blinking is how long a cursor blinks after the last key (packaging/fyne).
	blinking = 11 * time.Second
)

// windowAtRest compares what open windows use while nobody touches them.
func (r *room) windowAtRest(ctx context.Context, _ options) error {
	smallest, err := r.buildHello(ctx, "hello")
	if err != nil {
		return err
	}
	contenders := r.both(func(of build) contender { return r.restsWith(of, "portico, its agent apart") })
	typed := r.both(func(of build) contender { return r.restsWith(of, "portico, its search field focused", "ctrl+k") })
	for i := range typed {
		typed[i].optional = true
	}
	contenders = append(contenders, typed...)
	contenders = append(contenders, contender{name: "a bare Fyne window", optional: true, run: func(ctx context.Context) ([]float64, error) {
		return r.rests(ctx, stage.Command{Name: smallest})
	}}, contender{name: "Chromium's app window, all its processes", optional: true, run: func(ctx context.Context) ([]float64, error) {
		c, err := r.chromium()
		if err != nil {
			return nil, err
		}
		return r.rests(ctx, c)
	}})
	all, err := inTurn(ctx, 0, 1, contenders, nil)
	if err != nil {
		return err
	}
	qs := []quantity{
		{name: "processor", unit: "% of one core", digits: 2, aim: "≤ 0.1"},
		{name: "switches", unit: "a second", digits: 1, aim: "≤ 10"},
		{name: "proportional memory", unit: "MiB", digits: 1},
		{name: "private memory", unit: "MiB", digits: 1},
		{name: "resident memory", unit: "MiB", digits: 1},
	}
	r.say("Nobody touches it, watched for %v from %v after its window on; with a field focused, from %v after the key. Switches are all of its threads', whoever wanted them.\n", resting, opening, blinking)
	r.table(qs, all)
	for i, q := range qs {
		q.name = "window at rest, " + q.name
		r.compare(q, i, all)
	}
	return nil
}

// restsWith is the window of a build at rest after these keys.
func (r *room) restsWith(of build, name string, keys ...string) contender {
	return contender{name: name, run: func(ctx context.Context) ([]float64, error) {
		desk, err := r.desk(ctx, of, "rest")
		if err != nil {
			return nil, err
		}
		agent, err := r.agent(ctx, of, desk)
		if err != nil {
			return nil, err
		}
		defer agent.Stop()
		return r.rests(ctx, stage.Command{Name: of.program("portico"), Env: desk}, keys...)
	}}
}

// rests opens a window, presses keys if there are any, and watches the program, with its
// children.
func (r *room) rests(ctx context.Context, c stage.Command, keys ...string) ([]float64, error) {
	p, err := r.Start(c)
	if err != nil {
		return nil, err
	}
	defer p.Stop()
	w, err := r.windowOf(ctx, p)
	if err != nil {
		return nil, err
	}
	if err := pause(ctx, opening); err != nil {
		return nil, err
	}
	if len(keys) > 0 {
		if err := errors.Join(w.Focus(ctx), w.Key(ctx, keys...), pause(ctx, blinking)); err != nil {
			return nil, err
		}
	}
	before, err := usageOfTree(p.PID())
	if err != nil {
		return nil, err
	}
	if err := pause(ctx, resting); err != nil {
		return nil, err
	}
	after, err := usageOfTree(p.PID())
	if err != nil {
		return nil, err
	}
	used := after.since(before)
	per := resting.Seconds()
	return []float64{100 * used.cpu.Seconds() / per, float64(used.switches) / per, used.pss, used.private, used.rss}, nil
}

// usageOfTree is what a process and its children have used.
func usageOfTree(pid int) (usage, error) {
	var sum usage
	for _, pid := range stage.Descent(pid) {
		u, err := readUsage(pid)
		if err != nil {
			return sum, err
		}
		sum = sum.add(u)
	}
	return sum, nil
}
