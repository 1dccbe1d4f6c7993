package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/portico-desktop/portico/app/agent"
	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/localapi"
)

// identify names this program to the desktop, and finds its own file: an upgrade replaces
// it. The file is nil if it is not known.
func (o options) identify(p *agent.Params) *desktop.OwnFile {
	if err := desktop.Identify(again(o.dataDir)...); err != nil {
		p.Log.To.Info("the desktop does not know this program", "error", err)
	}
	desktop.WaitForInherited()
	own, err := desktop.FindOwnFile("portico-agent")
	if err != nil {
		p.Log.To.Warn("an upgrade waits for the next start", "error", err)
		return nil
	}
	p.Program = own
	return own
}

// serve runs the agent, and after an upgrade of its program the new one.
func (o options) serve(ctx context.Context, p agent.Params, own *desktop.OwnFile) error {
	err := agent.Serve(ctx, agent.New(p), p)
	for errors.Is(err, agent.ErrReplaced) && ctx.Err() == nil {
		p.Log.To.Info("starting anew")
		if err = own.Succeed(anew(o.dataDir, o.verbose)...); err == nil {
			return errSucceeded
		}
		p.Log.To.Error("the successor did not start; going on with the program from before", "error", err)
		p.AtLogOn, p.Start.Found = false, nil
		err = agent.Serve(ctx, agent.New(p), p)
	}
	return err
}

// errSucceeded: another process goes on.
var errSucceeded = errors.New("the successor has started")

// ended logs the agent's end, and returns its exit code.
func (o options) ended(err error, p agent.Params) int {
	switch {
	case errors.Is(err, errSucceeded):
		return localapi.ExitDone
	case errors.Is(err, localapi.ErrDisplaced):
		p.Log.To.Warn("ends, because nobody finds it any longer", "error", err)
	case errors.Is(err, localapi.ErrRunning):
		// At log-on this is normal: the window may have been faster.
		fmt.Fprintln(os.Stderr, "portico-agent: Portico is already running")
	case err != nil && !errors.Is(err, agent.ErrReplaced):
		p.Log.To.Error("ended", "error", err)
		fmt.Fprintln(os.Stderr, "portico-agent:", diag.Redact(err.Error()))
		o.tellWhy(err, p.Start.Paths)
		return localapi.ExitUnexpected
	}
	p.Log.To.Info("ended")
	return localapi.ExitDone
}

// again are the arguments of the program's start after an update: as at log-on, so
// Autostart counts.
func again(dataDir string) []string {
	args := []string{"--autostart"}
	if dataDir != "" {
		args = append(args, "--data-dir", dataDir)
	}
	return args
}

// anew are the arguments of the program's successor. Autostart does not count for it: it
// counted for this one, or somebody has started this one by hand.
func anew(dataDir string, verbose bool) []string {
	var args []string
	if dataDir != "" {
		args = append(args, "--data-dir", dataDir)
	}
	if verbose {
		args = append(args, "--verbose")
	}
	return args
}
