package fetch

import (
	"net/url"

	"github.com/portico-desktop/portico/auth/plain"
)

// ASCII is an address that passes [CheckURL] as people may be shown it, and as a
// browser sends it: a URI in ASCII, with the host as the domain name system has it.
// One that is a URI already comes back to the letter. Addresses that others have
// chosen go through it where they are read, so that whatever prints, draws or opens
// them later need not. Identifiers that happen to be addresses, as an issuer, must
// not: they are compared as they came.
//
// Errors: as [CheckURL].
func ASCII(address string) (string, error) {
	if _, err := CheckURL(address); err != nil {
		return "", err
	}
	return plain.Address(address)
}

// Host is the host of an address as people may be shown it, "" where it has none.
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
	// maxShownAddress is what an error repeats of an address.
	maxShownAddress = 500
)
