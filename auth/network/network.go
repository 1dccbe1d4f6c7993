// Package network makes HTTP clients for the networks of companies, and says in types
// what such a network has done to a request.
//
//	t, err := network.New(network.Options{})
//	resp, err := t.Client().Get("https://login.example/")
//	var fault *network.Fault
//	if errors.As(err, &fault) && fault.Kind == network.ProxyAuth { … }
//
// It goes through the proxy of the options, the environment or the operating
// system, in this order, trusts the operating system's authorities and those of one
// more file, and never sends a request to this computer through a proxy.
//
// The system's own answer for an address comes from Windows and macOS themselves. On Linux
// it comes from the desktop: the settings of GNOME and its relatives, or KDE's, are read
// from their files, and no service is asked if they name no script. A proxy script (PAC),
// also one offered by the network itself (WPAD), is run by the system: WinHTTP, CFNetwork,
// on Linux GLib's PACRunner or the desktop portal. On a desktop without them an
// [EvaluatorError] names the packages to install. Scripts get to know the host alone.
// Their answers are kept by host until [Transport.Reset]; see [Transport.Ask]. A list of
// proxies is tried in its order, and a missing one comes last for five minutes.
//
// Its requests name the program, see [Options.UserAgent], to proxies too. If a device
// in the network ends or drops handshakes with a post-quantum key, since they take more
// than one packet, it goes on without one; see [Transport.ClassicOnly].
//
// Each request has a connection of its own. That suits a program with few requests.
// [Transport.Kept] keeps connections for those with many, as to an API.
//
// A proxy that asks who is there is answered by the strongest possible scheme of Negotiate,
// NTLM, Digest and Basic: with the log-on of the person ([Options.LogOn]; on Windows by
// itself), or with the name and the password of its address or of a [ProxyStore]. The
// missing parts are in a [proxyauth.RefusedError] in the [ProxyAuth] fault. A log-on is
// never delegated, and never given to a server. A proxy named by the network itself gets
// Kerberos and nothing else, unless [Options.ProxyAuth] says otherwise; one that offers less
// than before gets nothing.
//
// Its limit: SOCKS is spoken in version 5 only, with a name and a password of its
// address.
package network

import (
	"fmt"
	"strings"
	"time"
)

// Kind is the kind of trouble on the way.
type Kind string

// The kinds of a [Fault].
const (
	NoRoute      Kind = "no-route"     // no network, refused, reset, or no answer in time
	NameNotFound Kind = "name"         // DNS does not know the host
	ProxyAuth    Kind = "proxy-auth"   // the proxy wants a name and a password, or others: 407
	ProxyDown    Kind = "proxy-down"   // the proxy does not answer, or refuses to connect
	CertUnknown  Kind = "cert-unknown" // signed by an authority without trust here
	CertExpired  Kind = "cert-expired" // past its time, or not valid yet
	CertName     Kind = "cert-name"    // for another host
	CertOther    Kind = "cert-other"   // any other failure of TLS
	// SignInFirst is a network that answers in the host's place because it wants a
	// log-on of its own: status 511 (RFC 6585, section 6), or a redirect to somewhere
	// else. No transport can tell. A caller who knows the host's own answers makes this
	// fault.
	SignInFirst Kind = "network-sign-in"
)

// Fault is a request that did not get through. Neither it nor its wrapped errors hold a
// proxy's password.
type Fault struct {
	Kind Kind
	// Host is the host we wanted to reach.
	Host string
	// Proxy is the host and port of the proxy in between, "" without.
	Proxy string
	// Status is the proxy's answer, 0 if it did not come to that.
	Status int
	// Wants are the authentication schemes in the proxy's 407, as in "Negotiate",
	// "Basic". Why none could be answered says a [proxyauth.RefusedError] in Err.
	Wants []string
	// Issuer is the signer of the untrusted certificate. It is the other side's word:
	// cleaned for display, and nothing to decide on.
	Issuer string
	// NotBefore and NotAfter bound the certificate of a CertExpired; zero with
	// the other kinds.
	NotBefore, NotAfter time.Time
	// With NotYet the certificate's time lies in this computer's future. Certificates
	// are not published before they are valid, so most likely this computer's clock is
	// wrong.
	NotYet bool
	// ScriptErr is the reason why this computer's proxy script (PAC) could not be
	// asked, if the request went out without a proxy; see [Unasked]. It may be the
	// whole trouble.
	ScriptErr error
	Err       error
}

func (f *Fault) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", f.Kind, f.Host)
	if f.Proxy != "" {
		fmt.Fprintf(&b, " through the proxy %s", f.Proxy)
	}
	if len(f.Wants) > 0 {
		fmt.Fprintf(&b, " (which wants %s)", strings.Join(f.Wants, " or "))
	}
	if f.Issuer != "" {
		fmt.Fprintf(&b, " (certificate issued by %s)", f.Issuer)
	}
	if f.Err != nil {
		fmt.Fprintf(&b, ": %v", f.Err)
	}
	if f.ScriptErr != nil {
		fmt.Fprintf(&b, "; %v", f.ScriptErr)
	}
	return b.String()
}

func (f *Fault) Unwrap() error { return f.Err }
