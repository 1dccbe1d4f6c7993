//go:build linux

package e2e

import (
	"context"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// demoRun is a demo with its window open.
type demoRun struct {
	t       *testing.T
	ctx     context.Context
	process *stage.Process
	window  *stage.Window
}

// startDemo starts the demo and waits until it says this.
func startDemo(t *testing.T, ctx context.Context, s *stage.Stage, port int, says string, flags ...string) demoRun {
	t.Helper()
	// What it prints for people goes to standard error.
	args := append([]string{"-c", `exec "$@" 2>&1`, "sh", programs.Path("portico-demo"),
		"--data-dir", filepath.Join(s.Dir, "demo"), "--port", strconv.Itoa(port)}, flags...)
	p, err := s.Start(stage.Command{Name: "sh", Args: args})
	must(t, err)
	w, err := s.Display.Window(ctx, p)
	must(t, err)
	d := demoRun{t: t, ctx: ctx, process: p, window: w}
	d.says(says)
	return d
}

func (d demoRun) says(text string) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.ctx, 30*time.Second)
	defer cancel()
	_, err := d.process.WaitLine(ctx, func(line string) bool { return line == "· "+text })
	must(d.t, err)
}

// close closes the window and waits for the demo to end.
func (d demoRun) close() {
	d.t.Helper()
	must(d.t, d.window.Close(d.ctx))
	if code, err := d.process.Wait(d.ctx); err != nil || code != 0 {
		d.t.Errorf("the demo ended with %d, %v: %s", code, err, d.process.Tail())
	}
}

// What a person does with portico-demo in the first five minutes.
func TestDemoStory(t *testing.T) {
	ctx := within(t, 2*time.Minute)
	s := newStage(t, ctx, stage.Params{Display: true})
	port := twoFreePorts(t)

	d := startDemo(t, ctx, s, port, "nobody is signed in")
	must(t, d.window.Settled(ctx))
	must(t, d.window.Focus(ctx))
	must(t, d.window.Key(ctx, "Tab", "Return")) // Sign in with …
	page, err := s.Browser.Opened(ctx)
	must(t, err)
	must(t, page.Click(ctx, `[data-person="grace@contoso.example"]`))
	d.says("signed in as Grace Hopper")
	must(t, page.WaitText(ctx, "You are signed in, Grace"))

	other, err := s.Run(ctx, stage.Command{Name: "sh", Args: []string{"-c", `exec "$@" 2>&1`, "sh",
		programs.Path("portico-demo"), "--data-dir", filepath.Join(s.Dir, "other"), "--port", strconv.Itoa(port)}})
	must(t, err)
	if other.Code != 1 || !strings.Contains(other.Stdout, "is taken") {
		t.Errorf("a second demo beside the first: exit %d: %s", other.Code, other.Stdout)
	}
	d.close()

	d = startDemo(t, ctx, s, port, "signed in again, without a browser, as Grace Hopper")
	d.close()
	d = startDemo(t, ctx, s, port, "nobody is signed in", "--fresh")
	d.close()
	d = startDemo(t, ctx, s, port, "nobody is signed in")
	d.close()
	if n := s.Browser.Openings(); n != 1 {
		t.Errorf("the browser was opened %d times, want once", n)
	}
	if left, err := s.Secrets(ctx); err != nil || len(left) > 0 {
		t.Errorf("a fresh demo left %d entries in the key store (%v)", len(left), err)
	}
}

// twoFreePorts is a port that is free together with the next one.
func twoFreePorts(t *testing.T) int {
	t.Helper()
	for range 100 {
		one, err := net.Listen("tcp", "127.0.0.1:0")
		must(t, err)
		port := one.Addr().(*net.TCPAddr).Port
		two, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port+1)))
		one.Close()
		if err == nil {
			two.Close()
			return port
		}
	}
	t.Fatal("no two free ports beside each other")
	return 0
}
