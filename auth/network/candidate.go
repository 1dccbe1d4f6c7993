package network

import "net/url"

// candidate is one way out to an address. The candidates of an address are a list, and
// the first one that is there is taken; see [Transport.RoundTrip].
type candidate struct {
	proxy *url.URL // nil: directly. It may hold a name and a password
	named origin
}

// origin is how a candidate came to be known. It decides on what its proxy may be sent.
type origin int

// The origins, from the people who decide for this computer to anybody in its network.
const (
	byNobody      origin = iota // nothing is set: directly
	byOptions                   // [Options.Proxy]: a policy arrives there
	byEnvironment               // HTTPS_PROXY, HTTP_PROXY
	bySetting                   // a proxy in the settings of the operating system or the desktop
	byScript                    // a script named by a setting, a file or fetched over https
	byPlainScript               // such a script fetched over http: anybody on its way can change it
	byDetection                 // a script offered by the network itself (WPAD)
)

// vouched is true if this computer's person or IT stands behind the proxy. Behind the
// others stands the owner of the network.
func (o origin) vouched() bool { return o != byPlainScript && o != byDetection }
