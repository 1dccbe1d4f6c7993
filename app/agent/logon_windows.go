package agent

import "github.com/portico-desktop/portico/auth/network/proxyauth"

// proxyLogOn is Windows' own, which package network knows.
func proxyLogOn() proxyauth.LogOn { return nil }
