package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"github.com/portico-desktop/portico/app/localapi"
)

// guard starts this program once more and waits for it, if the last one has ended while
// it opened its window: a graphics driver or a library of the window system can end a
// program without a chance to say anything. If it happens again, died is called. Starts
// are not guarded every time: one process more would wait for the window to close.
func (t *turn) guard(ctx context.Context, died func(why error)) int {
	t.release() // and with it what is left of the last one
	program, err := os.Executable()
	if err != nil {
		fmt.Fprintln(os.Stderr, "portico:", err)
		return localapi.ExitUnexpected
	}
	cmd := exec.CommandContext(ctx, program, os.Args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Cancel = func() error {
		if cmd.Process.Signal(syscall.SIGTERM) == nil {
			return nil
		}
		return cmd.Process.Kill() // Windows knows no such signal
	}
	err = cmd.Run()
	next := t.again()
	if next.fell {
		_ = next.lock.Unlock() // and the file stays, so that the next start is guarded too
		died(err)
		return localapi.ExitUnexpected
	}
	if next.first {
		next.release()
	}
	var ended *exec.ExitError
	switch {
	case err == nil, ctx.Err() != nil:
		return localapi.ExitDone
	case errors.As(err, &ended) && ended.ExitCode() >= 0:
		return ended.ExitCode()
	}
	fmt.Fprintln(os.Stderr, "portico:", err)
	return localapi.ExitUnexpected
}
