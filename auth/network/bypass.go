package network

import (
	"net"
	"net/netip"
	"net/url"
	"path"
	"strings"
)

// isLoopback is true if a request stays on this computer, for any spelling of the host
// (RFC 6761, section 6.3; RFC 1122, section 3.2.1.3).
func isLoopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// bypass is a list of hosts to reach without a proxy, as Windows and macOS write them.
// (The environment's NO_PROXY has rules of its own.)
type bypass struct {
	// plain covers all names without a dot: "<local>" on Windows,
	// ExcludeSimpleHostnames on macOS.
	plain    bool
	patterns []pattern
}

// pattern is one entry: "*.corp.example", "https://host", "host:8080",
// "192.168.*", "10.0/16", "[fe80::1]".
type pattern struct {
	scheme, host, port string // "" means any; host may hold asterisks
	prefix             netip.Prefix
}

func parseBypass(entries []string) bypass {
	var b bypass
	for _, entry := range entries {
		switch entry = strings.ToLower(strings.TrimSpace(entry)); entry {
		case "":
		case "<local>":
			b.plain = true
		case "<-loopback>": // wants this computer through the proxy: that never happens here
		default:
			b.patterns = append(b.patterns, parsePattern(entry))
		}
	}
	return b
}

func parsePattern(entry string) pattern {
	var p pattern
	if scheme, rest, ok := strings.Cut(entry, "://"); ok {
		p.scheme, entry = scheme, rest
	}
	if prefix, ok := parsePrefix(entry); ok {
		p.prefix = prefix
		return p
	}
	entry = strings.TrimSuffix(entry, "/")
	p.host = entry
	if host, port, err := net.SplitHostPort(entry); err == nil {
		p.host, p.port = host, port
	}
	p.host = strings.Trim(p.host, "[]")
	if strings.HasPrefix(p.host, ".") {
		p.host = "*" + p.host
	}
	return p
}

// parsePrefix reads a network, in macOS's short form ("169.254/16") too.
func parsePrefix(entry string) (netip.Prefix, bool) {
	address, bits, ok := strings.Cut(entry, "/")
	if !ok || bits == "" {
		return netip.Prefix{}, false
	}
	if !strings.Contains(address, ":") {
		for strings.Count(address, ".") < 3 {
			address += ".0"
		}
	}
	prefix, err := netip.ParsePrefix(address + "/" + bits)
	return prefix.Masked(), err == nil
}

func (b bypass) covers(u *url.URL) bool {
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	ip, err := netip.ParseAddr(host)
	isIP := err == nil
	if b.plain && !isIP && !strings.Contains(host, ".") {
		return true
	}
	for _, p := range b.patterns {
		if p.scheme != "" && p.scheme != u.Scheme || p.port != "" && p.port != portOf(u) {
			continue
		}
		if p.prefix.IsValid() {
			if isIP && p.prefix.Contains(ip.Unmap()) {
				return true
			}
			continue
		}
		if same, err := path.Match(p.host, host); err == nil && same {
			return true
		}
	}
	return false
}

// portOf is the port of an address.
func portOf(u *url.URL) string {
	if port := u.Port(); port != "" {
		return port
	}
	switch u.Scheme {
	case "https":
		return "443"
	case "socks5", "socks5h":
		return "1080"
	}
	return "80"
}
