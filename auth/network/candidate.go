package network

import "net/url"

// candidate is one way out to an address. The candidates of an address are a list,
// whose first one that is there is taken; see [Transport.RoundTrip].
type candidate struct {
	proxy *url.URL // nil: directly. It may hold a name and a password
	named origin
}

// hostPort is the proxy's host and port, "" for none.
func (c candidate) hostPort() string {
	if c.proxy == nil {
		return ""
	}
	return hostPort(c.proxy)
}

// origin is how a candidate came to be known, from which follows what its proxy may
// be sent.
type origin int

// The origins, from who decides for this computer to who happens to be in its network.
const (
	byNobody      origin = iota // nothing is set: directly
	byOptions                   // [Options.Proxy], which is where a policy arrives
	byEnvironment               // HTTPS_PROXY, HTTP_PROXY
	bySetting                   // a proxy that the operating system or the desktop is set up with
	byScript                    // a script that a setting names, a file or fetched over https
	byPlainScript               // such a script fetched over http, which anybody on its way can change
	byDetection                 // a script that the network itself has offered (WPAD)
)

// vouched says that this computer's person or IT stands behind the proxy. Behind the
// others stands whoever owns the network that this computer is in.
func (o origin) vouched() bool { return o != byPlainScript && o != byDetection }
