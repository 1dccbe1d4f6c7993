package fetch

import (
	"net/url"

	"github.com/portico-desktop/portico/auth/plain"
)

// ASCII is an address that passes [CheckURL], in the form that people may be shown and
// a browser sends: a URI in ASCII, with the host as the domain name system has it. A
// URI comes back to the letter. Addresses chosen by others go through it when they are
// read, so later code need not check before it prints, draws or opens them. Identifiers
// that happen to be addresses, as an issuer, must not: they are compared as they came.
//
// Errors: as [CheckURL].
func ASCII(address string) (string, error) {
	if _, err := CheckURL(address); err != nil {
		return "", err
	}
	return plain.Address(address)
}

// Host is the host of an address as people may be shown it, "" for none.
func Host(u *url.URL) string {
	if host, err := plain.HostPort(u.Host); err == nil {
		return host
	}
	return plain.Text(u.Host, maxShownHost)
}

const (
	// maxShownHost is the length of the longest name (RFC 1035, section 2.3.4), and of
	// a port.
	maxShownHost = 260
	// maxShownAddress bounds an address repeated in an error.
	maxShownAddress = 500
)
