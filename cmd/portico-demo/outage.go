package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/cmd/internal/demogateway"
)

// outage is `portico-demo outage`: it tells the people of a demo of an outage, or that it is
// over. The demo may run meanwhile, and need not.
func outage(args []string, p place, out io.Writer) int {
	flags := flag.NewFlagSet("portico-demo outage", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.StringVar(&p.dir, "data-dir", p.dir, "the demo's `directory`")
	flags.IntVar(&p.port, "port", p.port, "the demo's `port`")
	over := flags.Bool("over", false, "tell that it is over")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return localapi.ExitDone
		}
		return localapi.ExitUsage
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(out, "portico-demo outage: %q is not a flag; --help lists them\n", flags.Arg(0))
		return localapi.ExitUsage
	}
	var err error
	if p.dir, err = folder(p.dir); err == nil {
		err = demogateway.Outage(context.Background(), p.gateway(), *over)
	}
	if err != nil {
		fmt.Fprintln(out, "portico-demo outage:", err)
		return localapi.ExitUnexpected
	}
	if *over {
		fmt.Fprintln(out, "The outage is over; the portal says so.")
	} else {
		fmt.Fprintln(out, "The portal tells of an outage; \"portico-demo outage --over\" ends it.")
	}
	return localapi.ExitDone
}
