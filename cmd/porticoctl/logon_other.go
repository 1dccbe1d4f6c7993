//go:build !windows

package main

import (
	"context"
	"os"

	"github.com/portico-desktop/portico/auth/network/kerberos"
	"github.com/portico-desktop/portico/auth/network/logonprocess"
	"github.com/portico-desktop/portico/auth/network/proxyauth"
)

// proxyLogOn shows a proxy the person's Kerberos tickets. The agent has it done by this
// program, because this program ends again: the agent would not stay small with Kerberos
// in it.
func proxyLogOn() proxyauth.LogOn { return kerberos.New() }

// serveLogOn is the agent's errand for this program.
func serveLogOn(ctx context.Context) error {
	return logonprocess.Serve(ctx, proxyLogOn(), os.Stdin, os.Stdout)
}
