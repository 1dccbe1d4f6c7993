// Portico-demo is Portico for the first five minutes: a sign-in service, a gateway with a
// whole portal, the background program and the window in one process, all on this computer. Nothing has to
// be installed or registered, and the usual Portico of the person is not touched.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/picture/drawing"
	"github.com/portico-desktop/portico/app/ui"
)

func main() {
	if code, ran := drawing.RunExamination(); ran {
		os.Exit(code)
	}
	os.Exit(run(os.Args[1:], os.Stderr))
}

// noDisplay is the text for a person without a screen.
const noDisplay = `There is no display here, so the demo cannot open its window.
"make tour" runs the same story on a screen that nobody sees and leaves pictures in dist/tour.`

func run(args []string, out io.Writer) int {
	flags := flag.NewFlagSet("portico-demo", flag.ContinueOnError)
	flags.SetOutput(out)
	dir := flags.String("data-dir", "", "keep every file below this `directory` (default: portico-demo in the user's cache)")
	fresh := flags.Bool("fresh", false, "forget what earlier demos left")
	port := flags.Int("port", 8973, "the `port` of the sign-in service on 127.0.0.1; the portal takes the next one")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return localapi.ExitDone
		}
		return localapi.ExitUsage
	}
	if flags.Arg(0) == "outage" {
		return outage(flags.Args()[1:], place{dir: *dir, port: *port}, out)
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(out, "portico-demo: %q is neither outage nor a flag; --help lists the flags\n", flags.Arg(0))
		return localapi.ExitUsage
	}
	if !hasDisplay() {
		fmt.Fprintln(out, noDisplay)
		return localapi.ExitUnexpected
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	switch err := demo(ctx, *dir, *port, *fresh, out); {
	case errors.Is(err, ui.ErrNoWindow):
		fmt.Fprintf(out, "%s\n(%v)\n", noDisplay, err)
		return localapi.ExitUnexpected
	case err != nil:
		fmt.Fprintln(out, "portico-demo:", err)
		return localapi.ExitUnexpected
	}
	return localapi.ExitDone
}

// hasDisplay is false if there is plainly none; a silent window system is noticed when
// the window opens.
func hasDisplay() bool {
	return runtime.GOOS != "linux" || os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != ""
}
