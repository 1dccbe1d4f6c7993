package network

import "github.com/portico-desktop/portico/auth/network/proxyauth"

// ownLogOn is the log-on that Windows holds.
func ownLogOn() proxyauth.LogOn { return sspiLogOn{} }
