package network

import (
	"net/url"
	"strings"
)

// internetSettings are Windows' values under "Internet Settings", as written by its
// Settings program, group policy and the old Internet Options.
type internetSettings struct {
	proxyEnable   bool
	proxyServer   string // "host:port", or "http=host:port;https=host:port"
	proxyOverride string // "*.corp.example;192.168.*;<local>"
	autoConfigURL string
	// connection is the value DefaultConnectionSettings of the key Connections.
	connection []byte
	detects    bool // the switch in that value, as read by WinHTTP
	perMachine bool
}

// system reads the values as WinINET does. A proxy for SOCKS alone is passed over:
// WinINET speaks version 4 to it, and Go does not.
func (s internetSettings) system() system {
	out := system{source: SourceWindows, autoDetect: s.detects || autoDetects(s.connection)}
	if s.perMachine {
		out.source = SourcePolicy
	}
	if s.autoConfigURL != "" {
		out.pac, out.script = withoutCredentials(s.autoConfigURL), s.autoConfigURL
	}
	if s.proxyEnable {
		out.http, out.https = parseProxyServer(s.proxyServer)
		out.bypass = splitList(s.proxyOverride)
	}
	if out.http == nil && out.https == nil && out.pac == "" && !out.autoDetect {
		out.source = SourceNone
	}
	return out
}

// parseProxyServer reads one proxy for everything, or one a scheme. Unreadable text
// counts as none.
func parseProxyServer(value string) (forHTTP, forHTTPS *url.URL) {
	for _, entry := range splitList(value) {
		scheme, address, ok := strings.Cut(entry, "=")
		if !ok {
			u, err := parseProxy(entry)
			if err != nil {
				return nil, nil
			}
			return u, u
		}
		u, err := parseProxy(address)
		if err != nil {
			continue
		}
		switch strings.ToLower(scheme) {
		case "http":
			forHTTP = u
		case "https":
			forHTTPS = u
		}
	}
	return forHTTP, forHTTPS
}

// autoDetects reads "automatically detect settings". Windows keeps it only in the flags
// of this value: the ninth byte, with 8 for WPAD (PROXY_TYPE_AUTO_DETECT in wininet.h).
func autoDetects(connection []byte) bool {
	const flags, autoDetect = 8, 8
	return len(connection) > flags && connection[flags]&autoDetect != 0
}
