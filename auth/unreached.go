package auth

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/portico-desktop/portico/auth/fetch"
	"github.com/portico-desktop/portico/auth/network"
)

// unreached tells the obstacle between a request and its host: a *network.Fault if the
// network can be blamed. The address is taken out: it may hold a code or a hint, and logs
// are no place for either.
func unreached(host string, err error) error {
	if f := network.Classify(err, host); f != nil {
		return f
	}
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// signInFirst recognises a network answering in a host's place because it wants a log-on
// of its own: status 511 (RFC 6585, section 6), or a redirect to another host. It is for
// addresses known to answer otherwise, and returns nil for everything else.
func signInFirst(host string, status int, redirectHost string) error {
	fault := func(format string, args ...any) error {
		return &network.Fault{Kind: network.SignInFirst, Host: host, Err: fmt.Errorf(format, args...)}
	}
	switch {
	case status == http.StatusNetworkAuthenticationRequired:
		return fault("status %d", status)
	case status >= 300 && status < 400 && redirectHost != "" && hostname(redirectHost) != hostname(host):
		return fault("a redirect to %s", clean(redirectHost))
	}
	return nil
}

// hostname is a host without its port, for comparing.
func hostname(host string) string {
	return strings.ToLower((&url.URL{Host: host}).Hostname())
}

// redirectHost is the host in a Location header, "" without one.
func redirectHost(h http.Header) string {
	to, err := url.Parse(h.Get("Location"))
	if err != nil {
		return ""
	}
	return fetch.Host(to)
}
