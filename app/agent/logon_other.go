//go:build !windows

package agent

import (
	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/auth/network/logonprocess"
	"github.com/portico-desktop/portico/auth/network/proxyauth"
)

// proxyLogOn has porticoctl show a proxy the person's Kerberos tickets.
func proxyLogOn() proxyauth.LogOn {
	program, err := desktop.Neighbour("porticoctl")
	if err != nil {
		return nil
	}
	return logonprocess.Of(program, LogOnCommand)
}
