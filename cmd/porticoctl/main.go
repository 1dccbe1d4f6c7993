// Command porticoctl is Portico on a console: for people, scripts and support.
//
// Every command takes --json and then writes exactly one JSON document to
// standard output, described by assets/schema/porticoctl.schema.json; without it
// people read text there. Progress and failures in words go to standard error.
// Nothing is ever asked when standard input is not a terminal. The exit codes
// are localapi's.
//
// It works through the agent that is running, and with none runs one in its
// own process for as long as the command takes.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/words"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The first Ctrl-C ends the command in good order; a second one ends it.
	context.AfterFunc(ctx, stop)
	p := &program{
		in:       os.Stdin,
		out:      os.Stdout,
		progress: os.Stderr,
		terminal: isTerminal(os.Stdin),
		hide:     func() (func(), error) { return hideTyping(os.Stdin) },
		widen:    func() (func(), error) { return takeLongLines(os.Stdin) },
		columns:  func() int { return columns(os.Stderr) },
		env:      os.Getenv,
		now:      time.Now,
		words:    words.New(desktop.Language()...),
		browse:   desktop.OpenBrowser,
	}
	p.connect = connect
	return p.execute(ctx, os.Args[1:])
}
