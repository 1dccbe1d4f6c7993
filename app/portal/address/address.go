// Package address is the rule of what the address of a portal is: for what people
// type, for policies, and for what installers are told. The scripts that install
// Portico are held to it by the table in packaging/addresses.
package address

import (
	"errors"
	"net/url"
	"strconv"
	"strings"

	"github.com/portico-desktop/portico/auth/fetch"
	"github.com/portico-desktop/portico/auth/plain"
)

// Errors of [Normalise].
var (
	// ErrNone says that a text is no address of a portal.
	ErrNone = errors.New("not an address of a portal")
	// ErrNotHTTPS says that it would be one with https.
	ErrNotHTTPS = errors.New("the address of a portal has to begin with https://")
)

// Normalise turns what people type or paste into https://HOST[:PORT]. A path is
// dropped, so that an address copied from the browser works. http stays only
// for this computer itself.
func Normalise(typed string) (string, error) {
	typed = strings.TrimSpace(typed)
	if typed == "" || strings.ContainsAny(typed, " \t\r\n<>\"\\") {
		return "", ErrNone
	}
	full := typed
	if !strings.Contains(full, "://") {
		full = "https://" + full
		if u, err := url.Parse(full); err == nil && fetch.IsLoopback(u.Hostname()) {
			full = "http://" + typed // nobody has a certificate for this computer itself
		}
	}
	u, err := url.Parse(full)
	if err != nil || u.Hostname() == "" || u.User != nil || !plausibleHost(u.Hostname()) {
		return "", ErrNone
	}
	host, err := plain.HostPort(u.Host)
	if err != nil {
		return "", ErrNone
	}
	if p := u.Port(); p != "" {
		if n, err := strconv.Atoi(p); err != nil || n < 1 || n > 65535 {
			return "", ErrNone
		}
	}
	switch scheme := strings.ToLower(u.Scheme); {
	case scheme == "https", scheme == "http" && fetch.IsLoopback(u.Hostname()):
		return scheme + "://" + strings.ToLower(host), nil
	case scheme == "http":
		return "", ErrNotHTTPS
	}
	return "", ErrNone
}

// plausibleHost wants a dot, so that a half-typed name is not looked up, except
// in the names that may have none.
func plausibleHost(host string) bool {
	if fetch.IsLoopback(host) || strings.Contains(host, ":") {
		return true
	}
	if strings.HasPrefix(host, ".") || strings.HasSuffix(host, ".") || strings.Contains(host, "..") {
		return false
	}
	for _, r := range host {
		if r <= 0x20 || strings.ContainsRune("!#$%&'()*+,/:;=?@[]^`{|}~_", r) {
			return false
		}
	}
	return strings.Contains(host, ".")
}
