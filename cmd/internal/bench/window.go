//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

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

// windowStart compares how long the window takes until there is something in it, with
// its agent running and not, with a bare Fyne window and a browser's app window.
func (r *room) windowStart(ctx context.Context, o options) error {
	smallest, err := r.buildHello(ctx, "hello")
	if err != nil {
		return err
	}
	// How much of the difference is Fyne's.
	changed, noneChanged := r.buildHello(ctx, "hello-changed", "-modfile=.cache/fyne.mod")
	eye, err := r.newEye(ctx)
	if err != nil {
		return err
	}
	defer eye.close()
	rounds := max(o.pairs/2, 1)
	contenders := slices.Concat(
		r.both(func(of build) contender { return r.opens(eye, of, true) }),
		r.both(func(of build) contender { return r.opens(eye, of, false) }),
		[]contender{r.appWindow(eye), {name: "a bare window of Portico's Fyne", run: func(ctx context.Context) ([]float64, error) {
			if noneChanged != nil {
				return nil, noneChanged
			}
			return eye.appears(ctx, stage.Command{Name: changed})
		}}})
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
	r.say("\nProcessor time of the program and its children until then, which says more than the clock on a busy machine:\n")
	r.spreads(quantity{name: "window's first content, processor", unit: "ms"}, 2, all, floor.name)
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

// buildHello builds the smallest window, with these flags.
func (r *room) buildHello(ctx context.Context, name string, flags ...string) (program string, err error) {
	source := filepath.Join(r.Dir, "hello.go")
	if err := os.WriteFile(source, []byte(hello), 0o600); err != nil {
		return "", err
	}
	linked := filepath.Join(r.Dir, name+".linked")
	build := exec.CommandContext(ctx, "go", append(append([]string{"build"}, flags...), "-tags", "migrated_fynedo", "-ldflags=-s -w", "-o", linked, source)...)
	build.Dir, build.Env = r.root, append(os.Environ(), "CGO_ENABLED=1")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the bare window: %w\n%s", err, out)
	}
	program = filepath.Join(r.Dir, name)
	return program, copyProgram(linked, program) // as ours are: see copyBuilds
}
