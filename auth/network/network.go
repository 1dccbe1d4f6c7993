// Package network makes HTTP clients for the networks of companies, and says in
// types what such a network has done to a request.
//
// It knows the system's proxy (Windows, macOS, the environment), reports a proxy
// script (PAC) without evaluating it, trusts the operating system's authorities
// and one more file of them, and never sends a request to this computer through
// a proxy.
package network

import "fmt"

// Kind says what went wrong on the way.
type Kind string

// The kinds of a [Fault].
const (
	NoRoute      Kind = "no-route"     // no network, refused, reset, or no answer in time
	NameNotFound Kind = "name"         // DNS does not know the host
	ProxyAuth    Kind = "proxy-auth"   // the proxy answers 407
	ProxyDown    Kind = "proxy-down"   // the proxy does not answer, or refuses to connect
	CertUnknown  Kind = "cert-unknown" // signed by an authority that is not trusted here
	CertExpired  Kind = "cert-expired" // past its time, or not valid yet
	CertName     Kind = "cert-name"    // for another host
	CertOther    Kind = "cert-other"   // any other failure of TLS
)

// Fault is a request that did not get through.
type Fault struct {
	Kind Kind
	// Host is whom we wanted to reach.
	Host string
	// Proxy is the proxy's host and port where one stood in between, "" without.
	Proxy string
	// Issuer is who signed the certificate that is not trusted.
	Issuer string
	Err    error
}

func (f *Fault) Error() string {
	s := string(f.Kind) + ": " + f.Host
	if f.Proxy != "" {
		s += " through the proxy " + f.Proxy
	}
	if f.Issuer != "" {
		s += " (certificate issued by " + f.Issuer + ")"
	}
	return fmt.Sprintf("%s: %v", s, f.Err)
}

func (f *Fault) Unwrap() error { return f.Err }
