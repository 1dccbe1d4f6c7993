//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// surviveLostOutput keeps this program from ending with the reader of its standard output
// or error: writing a message then fails and does nothing else. Noticing the signal,
// instead of ignoring it, leaves it as it is for the browsers started from here.
func surviveLostOutput() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }
