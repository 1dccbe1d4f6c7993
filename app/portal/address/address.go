// Package address says what the address of a portal may be: as people type it, in
// policies, and for installers. The table in packaging/addresses holds the scripts that
// install Portico to it.
package address

import (
	"errors"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/portico-desktop/portico/auth/fetch"
	"github.com/portico-desktop/portico/auth/plain"
)

// maxShown bounds a shown text that is no address.
const maxShown = 500

// Errors of [Normalise].
var (
	// ErrNone says that a text is no address of a portal.
	ErrNone = errors.New("not an address of a portal")
	// ErrNotHTTPS is for an address that is one but for https.
	ErrNotHTTPS = errors.New("the address of a portal has to begin with https://")
)

// Normalise turns typed or pasted text into https://HOST[:PORT]. A path is dropped, so
// an address copied from the browser works. http stays only for this computer itself.
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
	if err != nil || !fits((&url.URL{Host: host}).Hostname()) {
		return "", ErrNone
	}
	// One spelling alone: RFC 3986, section 3.2.3 has others of the same port.
	if p := u.Port(); p != "" || strings.HasSuffix(u.Host, ":") {
		if n, err := strconv.Atoi(p); err != nil || n < 1 || n > 65535 || p[0] == '0' {
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

// Host is the host of a portal's address as people see it, with its port if it has one.
func Host(address string) string {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		return fetch.Host(u)
	}
	return plain.Text(address, maxShown)
}

// plausibleHost wants a dot, so no half-typed name is looked up, except in the names
// that may have none. An address with a zone (RFC 6874) means something on one computer
// alone, and there only until its network changes.
func plausibleHost(host string) bool {
	if strings.Contains(host, ":") {
		return !strings.Contains(host, "%")
	}
	if strings.HasPrefix(host, ".") || strings.HasSuffix(host, ".") || strings.Contains(host, "..") {
		return false
	}
	if isASCII := strings.IndexFunc(host, func(r rune) bool { return r >= 0x80 }) < 0; !isASCII && strings.Contains(host, "--") {
		return false // RFC 5891, section 4.2.3.1 keeps them for names in ASCII, as xn--
	}
	if _, err := netip.ParseAddr(host); err != nil && number().MatchString(host) {
		return false
	}
	for label := range strings.SplitSeq(host, ".") {
		if !plausibleLabel([]rune(label)) {
			return false
		}
	}
	return strings.Contains(host, ".") || fetch.IsLoopback(host)
}

// number matches a text that browsers take for an IPv4 address, however few or odd its
// parts are (WHATWG URL, section 3.5).
var number = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)(^|\.)([0-9]+|0x[0-9a-f]*)$`) })

// plausibleLabel wants characters of names in use, and one direction of writing (less
// than RFC 5893 allows). So each reader of an address takes the same ones, with any
// version of Unicode. Other names can be given in ASCII (xn--…).
func plausibleLabel(label []rune) bool {
	toLeft := slices.ContainsFunc(label, isToLeft)
	for i, r := range label {
		outer := i == 0 || i == len(label)-1
		switch {
		case r <= 0x20 || strings.ContainsRune("!#$%&'()*+,/:;=?@[]^`{|}~_", r), r >= 0x80 && notInName(r):
			return false
		case i == 0 && (unicode.Is(unicode.M, r) || r == 0xe33 || r == 0xeb3): // vowels that begin with a mark
			return false
		case toLeft && !isToLeft(r) && (outer || r != '-' && (r < '0' || r > '9')), toLeft && outer && unicode.Is(unicode.M, r):
			return false
		}
	}
	return true
}

// isToLeft is about the blocks of Hebrew, Arabic and their like.
func isToLeft(r rune) bool { return r >= 0x590 && r <= 0x8ff }

// notInName is about characters beyond ASCII. It takes all but the letters, marks and
// digits of RFC 5892, section 2.1, up to U+FFFF (UTS 46 would take a ☃ too). Of those it
// also takes the forms of another character, the unseen ones, and those allowed in some
// places only (RFC 5892, appendix A).
func notInName(r rune) bool {
	return r >= 0xf900 || !unicode.In(r, unicode.L, unicode.Mn, unicode.Mc, unicode.Nd) || unicode.Is(odd, r)
}

// odd are the long s and the sign of Kelvin (to some comparisons s and k), the joiner
// of graphemes, a Greek iota, the letters without a small one in old versions of
// Unicode, the digits of Arabic, and the selectors of Mongolian.
var odd = &unicode.RangeTable{R16: []unicode.Range16{
	{Lo: 0x17f, Hi: 0x17f, Stride: 1}, {Lo: 0x34f, Hi: 0x34f, Stride: 1}, {Lo: 0x37a, Hi: 0x37a, Stride: 1},
	{Lo: 0x4c0, Hi: 0x4c0, Stride: 1}, {Lo: 0x660, Hi: 0x669, Stride: 1}, {Lo: 0x6f0, Hi: 0x6f9, Stride: 1}, {Lo: 0x10a0, Hi: 0x10c5, Stride: 1}, {Lo: 0x180b, Hi: 0x180f, Stride: 1},
	{Lo: 0x212a, Hi: 0x212a, Stride: 1}, {Lo: 0x2132, Hi: 0x2132, Stride: 1}, {Lo: 0x2183, Hi: 0x2183, Stride: 1},
}}

// fits holds a host in ASCII to the lengths of RFC 1035, section 2.3.4.
func fits(host string) bool {
	for label := range strings.SplitSeq(host, ".") {
		if len(label) > 63 {
			return false
		}
	}
	return len(host) <= 253
}
