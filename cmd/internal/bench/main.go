//go:build linux

// Bench measures what Portico promises to be small at: the idle agent, the
// window's start, the silent sign-in. Everything is compared with something
// bare that is measured in the same run, because times by themselves say little
// about a program and much about a machine.
//
// It works on Linux, with the real programs, provider, browser and key store.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/portico-desktop/portico/cmd/internal/demoportal"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	idle := flag.Duration("idle", time.Minute, "how long the idle agent is watched")
	pairs := flag.Int("pairs", 10, "how many pairs of starts are compared")
	out := flag.String("out", "", "also write the report to this `file`")
	only := flag.String("only", "sizes,idle,window,silent", "which `parts` to measure")
	verbose := flag.Bool("verbose", false, "show what the programs print")
	flag.Parse()
	if err := run(ctx, *only, *idle, *pairs, *out, *verbose); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is one run: a desk, a provider, a portal, and the programs.
type bench struct {
	stage    *stage.Stage
	provider stage.Provider
	portal   *demoportal.Server
	bin      string
	dir      string
	report   io.Writer
	signedIn map[string]bool
}

func run(ctx context.Context, only string, idle time.Duration, pairs int, out string, verbose bool) (err error) {
	if runtime.GOOS != "linux" {
		return errors.New("the measurements read /proc and need Linux")
	}
	bin := os.Getenv("PORTICO_BIN_DIR")
	if bin == "" {
		return errors.New("PORTICO_BIN_DIR has to name the folder with the built programs; `make bench` does it")
	}
	report := io.Writer(os.Stdout)
	if out != "" {
		f, err := os.Create(out)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		report = io.MultiWriter(os.Stdout, f)
	}
	var log io.Writer
	if verbose {
		log = os.Stderr
	}
	s, err := stage.New(ctx, stage.Params{Display: true, Screen: "1280x900", Log: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	provider, err := stage.OIDCProvider(ctx, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, provider.Close()) }()
	portal, err := demoportal.Params{Providers: []demoportal.Provider{{
		ID: "work", Title: "Work account", Authority: provider.Issuer(), ClientID: "portico",
	}}}.Start(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, portal.Close()) }()

	b := &bench{stage: s, provider: provider, portal: portal, bin: bin, dir: s.Dir, report: report, signedIn: map[string]bool{}}
	b.say("# Portico, measured %s", time.Now().UTC().Format("2006-01-02"))
	b.say("\n%s, %d cores, %s. Medians; single absolute times mean little, ratios are of runs in turn.", cpu(), runtime.NumCPU(), runtime.Version())
	steps := map[string]func(context.Context) error{
		"sizes":  b.sizes,
		"idle":   func(ctx context.Context) error { return b.idleAgent(ctx, idle) },
		"window": func(ctx context.Context) error { return b.windowStart(ctx, pairs) },
		"silent": func(ctx context.Context) error { return b.silentStart(ctx, pairs) },
	}
	for name := range strings.SplitSeq(only, ",") {
		step, ok := steps[name]
		if !ok {
			return fmt.Errorf("there is no part %q", name)
		}
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.report, format+"\n", args...) }

func (b *bench) program(name string) string { return filepath.Join(b.bin, name) }

// desk is the environment of a data directory of its own, with somebody signed
// in.
func (b *bench) desk(ctx context.Context, name string) ([]string, error) {
	env := []string{"PORTICO_DATA_DIR=" + filepath.Join(b.dir, "desk-"+name), "PORTICO_PORTAL=" + b.portal.URL()}
	if b.signedIn[name] {
		return env, nil
	}
	b.signedIn[name] = true
	return env, b.signIn(ctx, env)
}

// signIn signs in through the console and the browser.
func (b *bench) signIn(ctx context.Context, desk []string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	login, err := b.stage.Start(stage.Command{Name: b.program("porticoctl"), Args: []string{"login", "--timeout", "90s"}, Env: desk})
	if err != nil {
		return err
	}
	defer login.Stop()
	page, err := b.stage.Browser.Opened(ctx)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, login.Tail())
	}
	if err := b.atTheProvider(ctx, page); err != nil {
		return err
	}
	code, err := login.Wait(ctx)
	if err != nil || code != 0 {
		return fmt.Errorf("porticoctl login ended with %d (%w): %s", code, err, login.Tail())
	}
	return b.stage.Browser.Quit()
}

// atTheProvider does what the page asks for: the browser may or may not have
// kept an earlier session when it was closed.
func (b *bench) atTheProvider(ctx context.Context, page *stage.Page) error {
	if err := page.See(ctx, "form"); err != nil {
		return err
	}
	text, err := page.Text(ctx)
	if err != nil {
		return err
	}
	if strings.Contains(text, "previously given authorization") {
		return b.provider.SignInAgain(ctx, page)
	}
	return b.provider.SignIn(ctx, page, "ada")
}

func (b *bench) sizes(context.Context) error {
	b.say("\n## Files\n\n| program | MiB |\n|---|---|")
	for _, name := range []string{"portico-agent", "porticoctl", "portico"} {
		info, err := os.Stat(b.program(name))
		if err != nil {
			return err
		}
		b.say("| %s | %.1f |", name, float64(info.Size())/(1<<20))
	}
	return nil
}

func cpu() string {
	out, err := exec.Command("sh", "-c", `sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1`).Output()
	if err != nil || len(out) == 0 {
		return "unknown processor"
	}
	return string(out[:len(out)-1])
}
