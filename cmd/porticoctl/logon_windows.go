package main

import (
	"context"
	"errors"

	"github.com/portico-desktop/portico/auth/network/proxyauth"
)

// proxyLogOn is Windows' own, known to package network.
func proxyLogOn() proxyauth.LogOn { return nil }

func serveLogOn(context.Context) error { return errors.ErrUnsupported }
