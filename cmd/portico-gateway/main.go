// Command portico-gateway is the reference server of a portal: requests, news and apps for
// Portico on people's desks.
//
//	portico-gateway init      write settings and a portal folder
//	portico-gateway check     try all of it, and say what to do
//	portico-gateway serve
//
// The other commands are for technicians, beside a gateway that runs: tickets, announce, news,
// link. Each takes --json and then writes one JSON document to standard output. Progress and
// failures go to standard error. The exit codes are porticoctl's: 0 done, 1 unexpected, 2 wrong
// usage, 12 somebody cannot be reached, 13 the settings or the portal folder are wrong.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/mattn/go-isatty"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The first signal ends the gateway in good order; a second one ends it.
	context.AfterFunc(ctx, stop)
	p := &program{in: os.Stdin, out: os.Stdout, progress: os.Stderr, environment: os.Environ(), terminal: isatty.IsTerminal(os.Stdin.Fd())}
	return p.execute(ctx, os.Args[1:])
}
