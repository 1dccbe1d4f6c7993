// Portico-agent is Portico's background program: the tray icon, the sign-in, and the
// server for window and console. It draws nothing and needs no window system.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/settings"
	"github.com/portico-desktop/portico/assets"
)

// processors is how many run the program's code at once. It waits nearly all of its life;
// each one more costs memory, and more threads waking each other.
const processors = 1

func main() {
	runtime.GOMAXPROCS(processors)
	os.Exit(run(os.Args[1:], policy.Read))
}

// run is the program; policies reads the decisions of IT.
func run(args []string, policies func() *policy.Policies) int {
	surviveLostOutput()
	desktop.NoCoreDumps()
	o, err := parse(args, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return localapi.ExitDone
	case err != nil:
		return localapi.ExitUsage
	case o.version:
		fmt.Println("portico-agent", assets.Version)
		return localapi.ExitDone
	}
	paths, err := desktop.PathsFor(o.dataDir)
	if err != nil {
		fmt.Fprintln(os.Stderr, "portico-agent:", err)
		return localapi.ExitUnexpected
	}
	if err := paths.CheckOwner(); err != nil {
		fmt.Fprintln(os.Stderr, "portico-agent:", err)
		o.tellWhy(err, paths)
		return localapi.ExitConfig
	}
	// Asked before anything is made or connected: without Portico at log-on, nobody is to
	// notice anything of it.
	start, prefer := settings.Begin(paths, policies, os.Getenv)
	if o.atLogOn && !prefer.On(policy.Autostart) {
		if o.verbose {
			fmt.Fprintf(os.Stderr, "portico-agent: not started at log-on: Autostart is %s (%s)\n", policy.Never, prefer.Get(policy.Autostart).Source.Kind)
		}
		return localapi.ExitDone
	}
	p := o.params(start, prefer)
	own := o.identify(&p)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return o.ended(o.serve(ctx, p, own), p)
}
