//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// surviveLostOutput keeps a message that nobody reads from ending this program: where
// standard output and error lead to a program that has ended, writing fails and does
// nothing else. Noticing the signal, instead of ignoring it, leaves it as it is for the
// browsers that are started.
func surviveLostOutput() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }
