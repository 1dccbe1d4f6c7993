package network

import "github.com/portico-desktop/portico/auth/network/proxyauth"

// ownLogOn is Windows' own log-on.
func ownLogOn() proxyauth.LogOn { return sspiLogOn{} }
