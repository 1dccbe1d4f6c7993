package network

import (
	"net"
	"net/url"
	"slices"
	"strings"
)

// parseScutil reads the output of macOS's `scutil --proxy`: the settings of the network
// service in use. Names and passwords of proxies are not in it: macOS keeps them in its
// keychain.
func parseScutil(out string) system {
	top, exceptions := scutilValues(out)
	s := system{source: SourceMac, bypass: exceptions}
	s.http = macProxy(top, "http", "HTTP")
	s.https = macProxy(top, "http", "HTTPS") // an HTTP proxy for https addresses
	if socks := macProxy(top, "socks5", "SOCKS"); socks != nil {
		if s.http == nil {
			s.http = socks
		}
		if s.https == nil {
			s.https = socks
		}
	}
	if top["ExcludeSimpleHostnames"] == "1" {
		s.bypass = append(s.bypass, "<local>")
	}
	if top["ProxyAutoConfigEnable"] == "1" {
		s.script = top["ProxyAutoConfigURLString"]
		s.pac = withoutCredentials(s.script)
	}
	s.autoDetect = top["ProxyAutoDiscoveryEnable"] == "1"
	if s.http == nil && s.https == nil && s.pac == "" && !s.autoDetect {
		return system{}
	}
	return s
}

// macProxy builds a proxy from KINDEnable, KINDProxy and KINDPort.
func macProxy(values map[string]string, scheme, kind string) *url.URL {
	host, port := values[kind+"Proxy"], values[kind+"Port"]
	if values[kind+"Enable"] != "1" || host == "" {
		return nil
	}
	address := host
	if port != "" && port != "0" {
		address = net.JoinHostPort(strings.Trim(host, "[]"), port)
	}
	u, err := parseProxy(scheme + "://" + address)
	if err != nil {
		return nil
	}
	return u
}

// scutilValues reads the outermost dictionary's values and its ExceptionsList.
// Dictionaries inside it are those of single interfaces and do not count.
func scutilValues(out string) (values map[string]string, exceptions []string) {
	values = make(map[string]string)
	var open []string // names of the blocks around the line
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		name, value, ok := strings.Cut(line, " : ")
		switch {
		case line == "}":
			open = open[:max(len(open)-1, 0)]
		case strings.HasSuffix(line, "{"):
			open = append(open, name)
		case !ok:
		case len(open) == 1:
			values[name] = value
		case len(open) == 2 && open[1] == "ExceptionsList":
			exceptions = append(exceptions, value)
		}
	}
	return values, slices.Clip(exceptions)
}
