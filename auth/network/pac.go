package network

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Direct answers of scripts and portals, in their two ways of writing.
const (
	pacDirect    = "DIRECT"
	directScheme = "direct"
)

// errNoKind is an answer with nothing but unknown kinds of proxies.
var errNoKind = errors.New("the script names only kinds of proxies that Portico does not speak (http, https and SOCKS 5 it does)")

// parsePAC reads a script's answer, as in "PROXY a:1; HTTPS b:2; DIRECT". An answer
// without a word counts as DIRECT, as in browsers.
func parsePAC(answer string) ([]*url.URL, error) {
	var entries []string
	for entry := range strings.SplitSeq(answer, ";") {
		kind, address, _ := strings.Cut(strings.TrimSpace(entry), " ")
		if kind == "" {
			continue
		}
		scheme := directScheme
		if kind = strings.ToUpper(kind); kind != pacDirect {
			if scheme = pacSchemes()[kind]; scheme == "" {
				scheme = "unknown"
			}
		}
		entries = append(entries, scheme+"://"+strings.TrimSpace(address))
	}
	if len(entries) == 0 {
		entries = []string{directScheme + "://"}
	}
	return parseWays(entries)
}

// pacSchemes are a script's words for kinds of proxies. SOCKS alone leaves the version
// open, and is taken for the known one.
func pacSchemes() map[string]string {
	return map[string]string{"PROXY": "http", "HTTP": "http", "HTTPS": "https", "SOCKS": "socks5", "SOCKS5": "socks5"}
}

// parseWays reads a list of addresses such as "http://proxy:8080" and "direct://". It
// makes nil of the second one. Unknown kinds are left out.
func parseWays(list []string) ([]*url.URL, error) {
	var out []*url.URL
	for _, way := range list {
		scheme, rest, _ := strings.Cut(strings.TrimSpace(way), "://")
		switch scheme {
		case directScheme:
			out = append(out, nil)
			continue
		case "socks":
			way = "socks5://" + rest
		}
		u, err := parseProxy(way)
		if err != nil {
			continue
		}
		u.User = nil // a script's author has no password to give to this person
		out = append(out, u)
	}
	if len(out) == 0 {
		return nil, errNoKind
	}
	return out, nil
}

// splitWinHTTP reads a list of Windows, as in "a:1;b:2", with "http=" and the like in
// front or without.
func splitWinHTTP(list string) ([]*url.URL, error) {
	var ways []string
	for _, entry := range splitList(list) {
		if _, address, ok := strings.Cut(entry, "="); ok {
			entry = address
		}
		if !strings.Contains(entry, "://") {
			entry = "http://" + entry
		}
		ways = append(ways, entry)
	}
	if len(ways) == 0 {
		return nil, fmt.Errorf("the system names no proxy in its answer")
	}
	return parseWays(ways)
}
