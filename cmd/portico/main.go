// Portico is the window onto the background program. It starts a background program if
// none runs, and does its work itself if none is installed, as in a checkout.
//
// The system starts it with a link into Portico (portico://…) as its one argument. Such a
// link comes from anywhere: it opens the window of this log-on session or brings it to
// the front, and its contents are neither done, logged nor passed on.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/picture/drawing"
	"github.com/portico-desktop/portico/app/words"
	"github.com/portico-desktop/portico/assets"
)

func main() {
	if code, ran := drawing.RunExamination(); ran {
		os.Exit(code)
	}
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	surviveLostOutput()
	o, err := parse(args, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return localapi.ExitDone
	case err != nil:
		return localapi.ExitUsage
	case o.version:
		fmt.Println("portico", assets.Version)
		return localapi.ExitDone
	}
	paths, err := desktop.PathsFor(o.dataDir)
	if err != nil {
		fmt.Fprintln(os.Stderr, "portico:", err)
		return localapi.ExitUnexpected
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := paths.CheckOwner(); err != nil {
		wrongFolders(ctx, err, words.New(desktop.Language()...), os.Stderr, desktop.Tell)
		return localapi.ExitConfig
	}
	return show(ctx, o.dataDir, paths)
}
