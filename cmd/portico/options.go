package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/portico-desktop/portico/app/desktop"
)

// options are the program's arguments, read.
type options struct {
	dataDir string
	version bool
}

// parse reads the arguments, and writes their faults to messages. A link may follow the
// flags; behind it there are none.
func parse(args []string, messages io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("portico", flag.ContinueOnError)
	flags.SetOutput(messages)
	flags.Usage = func() {
		fmt.Fprintf(messages, "Usage: portico [flags] [%s://LINK]\n\nOpens Portico's window, or brings the one that is open to the front.\n\n", desktop.LinkScheme)
		flags.PrintDefaults()
	}
	flags.StringVar(&o.dataDir, "data-dir", desktop.ChosenDataDir(), "keep every file below this `directory`")
	flags.BoolVar(&o.version, "version", false, "print the version and end")
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	var err error
	flags.Visit(func(f *flag.Flag) {
		if strings.TrimSpace(f.Value.String()) == "" {
			err = fmt.Errorf("--%s needs something after it", f.Name)
		}
	})
	if err != nil {
		fmt.Fprintf(messages, "portico: %v; --help lists what there is\n", err)
		return options{}, err
	}
	switch flags.NArg() {
	case 0:
		return o, nil
	case 1:
		if err = desktop.CheckLink(flags.Arg(0)); err == nil {
			return o, nil
		}
		if errors.Is(err, desktop.ErrLink) {
			err = fmt.Errorf("%.80q is neither a flag nor a link", flags.Arg(0))
		}
	default:
		err = errors.New("there may be one link, and nothing behind it")
	}
	fmt.Fprintf(messages, "portico: %v; --help lists what there is\n", err)
	return options{}, err
}
