package agent

import "github.com/portico-desktop/portico/auth/network/proxyauth"

// proxyLogOn is Windows' own, known to package network.
func proxyLogOn() proxyauth.LogOn { return nil }
