// Portico is the window: it shows what the background program knows. It starts
// that program when it does not run, and does its work itself where there is
// none, as in a checkout.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui"
	"github.com/portico-desktop/portico/app/words"
	"github.com/portico-desktop/portico/assets"
)

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	flags := flag.NewFlagSet("portico", flag.ContinueOnError)
	dataDir := flags.String("data-dir", os.Getenv("PORTICO_DATA_DIR"), "keep every file below this `directory`")
	version := flags.Bool("version", false, "print the version and end")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return localapi.ExitDone
		}
		return localapi.ExitUsage
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "portico: %q is not a flag; --help lists them\n", flags.Arg(0))
		return localapi.ExitUsage
	}
	if *version {
		fmt.Println("portico", assets.Version)
		return localapi.ExitDone
	}
	paths, err := desktop.PathsFor(*dataDir)
	if err != nil {
		fmt.Fprintln(os.Stderr, "portico:", err)
		return localapi.ExitUnexpected
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return show(ctx, *dataDir, paths)
}

// show runs the window until it is closed.
func show(ctx context.Context, dataDir string, paths desktop.Paths) int {
	w := words.New(desktop.Language()...)
	log := slog.New(diag.Redacted(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err := diag.KeepCrashes(paths.Logs, "portico"); err != nil {
		log.Warn("a crash would not be kept", "error", err)
	}
	if err := desktop.Identify(); err != nil {
		log.Info("the desktop does not know this window", "error", err)
	}
	l := newLink(paths, beside(dataDir), inside(paths, w, log))
	defer l.close()
	release, first := only(paths)
	defer release()
	if !first {
		if err := raise(ctx, l); err != nil {
			log.Warn("the open window was not brought to the front", "error", err)
		}
		return localapi.ExitDone
	}
	err := ui.Run(ctx, ui.Params{
		Agent: l, Words: w, OpenURL: desktop.OpenBrowser, Browsers: browsers, OpenWith: desktop.OpenWith,
		Version: assets.Version,
		Memory:  filepath.Join(paths.Data, "window.json"),
	})
	switch {
	case errors.Is(err, ui.ErrNoWindow):
		log.Warn("no window", "error", err)
		fmt.Fprintln(os.Stderr, w.Text("window.none.display"))
		// The agent needs no window, and goes on without.
		if _, err := l.connect(ctx); err == nil && l.apart() {
			fmt.Fprintln(os.Stderr, w.Text("window.none.agent"))
		}
		return localapi.ExitUnexpected
	case err != nil:
		fmt.Fprintln(os.Stderr, "portico:", err)
		return localapi.ExitUnexpected
	}
	return localapi.ExitDone
}

// browsers are those of this computer, as the window names them.
func browsers(context.Context) []ui.Browser {
	var list []ui.Browser
	for _, b := range desktop.Browsers() {
		list = append(list, ui.Browser{ID: b.ID, Name: b.Name})
	}
	return list
}
