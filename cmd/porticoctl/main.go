// Command porticoctl is Portico on a console: for people, scripts and support.
//
// Every command takes --json and then writes exactly one JSON document to
// standard output, described by assets/schema/porticoctl.schema.json; without it
// people read text there. Progress and failures in words go to standard error.
// Nothing is ever asked when standard input is not a terminal. The exit codes
// are localapi's.
//
// It works through the running agent, and with none runs one in its own process for as
// long as the command takes.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/portico-desktop/portico/app/agent"
	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/picture/drawing"
	"github.com/portico-desktop/portico/app/policy"
)

func main() {
	if code, ran := drawing.RunExamination(); ran {
		os.Exit(code)
	}
	os.Exit(run())
}

func run() int {
	began := time.Now()
	collectLess(os.Getenv)
	desktop.NoCoreDumps()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The first Ctrl-C ends the command in good order; a second one ends it.
	context.AfterFunc(ctx, stop)
	if len(os.Args) == 2 && os.Args[1] == agent.LogOnCommand {
		if err := serveLogOn(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "porticoctl:", err)
			return localapi.ExitUnexpected
		}
		return localapi.ExitDone
	}
	start, prefer := begin(os.Args[1:], environment)
	p := &program{
		found:    start.Found,
		in:       os.Stdin,
		out:      os.Stdout,
		progress: os.Stderr,
		terminal: isTerminal(os.Stdin),
		hide:     func() (func(), error) { return hideTyping(os.Stdin) },
		widen:    func() (func(), error) { return takeLongLines(os.Stdin) },
		columns:  func() int { return columns(os.Stderr) },
		env:      environment,
		now:      time.Now,
		began:    began,
		words:    start.Words,
		browse: func(ctx context.Context, address string) error {
			return desktop.OpenIn(ctx, prefer.Text(policy.Browser), address)
		},
	}
	p.connect = connect
	return p.execute(ctx, os.Args[1:])
}
