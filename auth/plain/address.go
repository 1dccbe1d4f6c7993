package plain

import (
	"fmt"
	"net/netip"
	"strings"

	"golang.org/x/net/idna"
)

// maxQuoted bounds somebody else's text repeated in an error.
const maxQuoted = 200

// Address is an address as a URI in ASCII, as a browser sends it. The host of http and
// https has the form of the domain name system (RFC 5891, with the mappings of Unicode
// Technical Standard 46). Any other character that no URI may hold is percent-encoded
// as UTF-8 (RFC 3987, section 3.1). A URI comes back to the letter, and so do braces,
// for templates. Address does not judge schemes or hosts.
//
// Errors: for a host that cannot be one, and for ASCII's control characters, since
// browsers leave them out.
func Address(address string) (string, error) {
	if strings.ContainsFunc(address, func(r rune) bool { return r < 0x20 || r == 0x7f }) {
		return "", fmt.Errorf("%q has control characters", Text(address, maxQuoted))
	}
	scheme, rest, ok := strings.Cut(address, ":")
	if !ok || !strings.EqualFold(scheme, "https") && !strings.EqualFold(scheme, "http") || !strings.HasPrefix(rest, "//") {
		return encoded(address), nil
	}
	rest = rest[len("//"):]
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	authority := rest[:end]
	user := authority[:strings.LastIndexByte(authority, '@')+1]
	host, err := HostPort(authority[len(user):])
	if err != nil {
		return "", fmt.Errorf("%q: %w", Text(address, maxQuoted), err)
	}
	return scheme + "://" + encoded(user) + host + encoded(rest[end:]), nil
}

// HostPort is a host, with or without a port, in ASCII; see [Address].
func HostPort(hostPort string) (string, error) {
	host, port := hostPort, ""
	if i := strings.LastIndexByte(hostPort, ':'); i >= 0 && !strings.HasSuffix(hostPort, "]") {
		host, port = hostPort[:i], hostPort[i:]
	}
	if strings.Trim(port, ":0123456789") != "" {
		return "", fmt.Errorf("%q is no port", Text(port, maxQuoted))
	}
	if literal, ok := strings.CutPrefix(host, "["); ok {
		ip, err := netip.ParseAddr(strings.Replace(strings.TrimSuffix(literal, "]"), "%25", "%", 1))
		if err != nil || !ip.Is6() || strings.ContainsFunc(ip.Zone(), notInHost) {
			return "", fmt.Errorf("%q is no host", Text(host, maxQuoted))
		}
		return host + port, nil
	}
	if !isASCII(host) {
		name, err := idna.Lookup.ToASCII(host)
		if err != nil {
			return "", fmt.Errorf("%q is no host: it has characters that no name may have", Text(host, maxQuoted))
		}
		host = name
	}
	if strings.ContainsFunc(host, notInHost) {
		return "", fmt.Errorf("%q is no host", Text(host, maxQuoted))
	}
	return host + port, nil
}

// notInHost is about the characters that no name in use has, although RFC 3986, section
// 3.2.2 allows some of them.
func notInHost(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '.' && r != '_'
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// encoded replaces characters without a place in RFC 3986, section 2, except braces.
func encoded(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c <= 0x20 || c >= 0x7f || strings.IndexByte("\"<>\\^`|", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
