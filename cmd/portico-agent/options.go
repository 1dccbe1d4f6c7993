package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/portico-desktop/portico/app/agent"
	"github.com/portico-desktop/portico/app/desktop"
)

// options are the program's arguments, read.
type options struct {
	dataDir                           string
	atLogOn, verbose, report, version bool
}

// errUsage is a command line nobody understands; parse has said so.
var errUsage = errors.New("wrong usage")

// parse reads the arguments, and writes their faults to messages.
func parse(args []string, messages io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("portico-agent", flag.ContinueOnError)
	flags.SetOutput(messages)
	flags.StringVar(&o.dataDir, "data-dir", desktop.ChosenDataDir(), "keep every file below this `directory`")
	flags.BoolVar(&o.atLogOn, "autostart", false, "started at log-on: end at once where that is turned off, and wait for a key store that is late")
	flags.BoolVar(&o.verbose, "verbose", false, "say on standard error what happens")
	flags.BoolVar(&o.report, "report", false, "say on standard output, as JSON, why it could not start")
	flags.BoolVar(&o.version, "version", false, "print the version and end")
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(messages, "portico-agent: %q is not a flag; --help lists them\n", flags.Arg(0))
		return options{}, errUsage
	}
	empty := ""
	flags.Visit(func(f *flag.Flag) {
		if strings.TrimSpace(f.Value.String()) == "" {
			empty = f.Name
		}
	})
	if empty != "" {
		fmt.Fprintf(messages, "portico-agent: --%s needs something after it\n", empty)
		return options{}, errUsage
	}
	return o, nil
}

// tellWhy says on standard output, why the program could not start: to the window, if
// that has started it and asks (--report).
func (o options) tellWhy(err error, paths desktop.Paths) {
	if o.report {
		_ = json.NewEncoder(os.Stdout).Encode(agent.CannotStart(err, paths))
	}
}
