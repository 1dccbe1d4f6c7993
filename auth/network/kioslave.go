package network

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// readKDE reads the proxies of KDE's programs: the person's kioslaverc, and below it
// the system's.
func readKDE(env func(string) string) system {
	config := env("XDG_CONFIG_HOME")
	if !filepath.IsAbs(config) {
		config = filepath.Join(env("HOME"), ".config")
	}
	shared := filepath.SplitList(env("XDG_CONFIG_DIRS"))
	if len(shared) == 0 {
		shared = []string{"/etc/xdg"}
	}
	values, fixed := map[string]string{}, map[string]bool{}
	for _, folder := range slices.Backward(append([]string{config}, shared...)) {
		raw, err := os.ReadFile(filepath.Join(folder, "kioslaverc"))
		if err == nil {
			mergeKDE(values, fixed, string(raw))
		}
	}
	return kdeSystem(values, env)
}

// mergeKDE takes the group "Proxy Settings" of a file over the values of the files
// below it. The files that follow cannot change a value marked with [$i].
func mergeKDE(values map[string]string, fixed map[string]bool, text string) {
	here := false
	var fix []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		before, marks, marked := strings.Cut(line, "[$")
		marks, _, _ = strings.Cut(marks, "]")
		isFixed := marked && strings.Contains(marks, "i")
		if strings.HasPrefix(line, "[") {
			if here = before == "[Proxy Settings]"; isFixed && (here || before == "") {
				fix = append(fix, allKDE) // the group, or the whole file
			}
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !here || !ok || strings.HasPrefix(line, "#") {
			continue
		}
		key, _, _ = strings.Cut(strings.TrimSpace(key), "[")
		if fixed[allKDE] || fixed[key] {
			continue
		}
		values[key] = strings.TrimSpace(value)
		if isFixed {
			fix = append(fix, key)
		}
	}
	for _, key := range fix {
		fixed[key] = true
	}
}

// allKDE stands for all keys among the names of unchangeable ones.
const allKDE = "*"

// kdeSystem reads the settings as KProtocolManager does.
func kdeSystem(values map[string]string, env func(string) string) system {
	s := system{source: SourceKDE}
	value := func(key string) string { return values[key] }
	switch values["ProxyType"] {
	case "4": // the values name variables of the environment
		value = func(key string) string {
			if name := values[key]; name != "" {
				return env(name)
			}
			return ""
		}
		fallthrough
	case "1":
		s.http, s.https = kdeProxy(value("httpProxy")), kdeProxy(value("httpsProxy"))
		if socks := kdeProxy(value("socksProxy")); socks != nil {
			s.http, s.https = orURL(s.http, socks), orURL(s.https, socks)
		}
		for _, host := range splitList(value("NoProxyFor")) {
			s.bypass = append(s.bypass, aroundKDE(host))
		}
		s.reversed = values["ReversedException"] == "true"
	case "2":
		s.script = values["Proxy Config Script"]
		if strings.HasPrefix(s.script, "/") {
			s.script = (&url.URL{Scheme: "file", Path: s.script}).String()
		}
		if s.script != "" {
			s.pac = withoutCredentials(s.script)
		}
	case "3":
		s.autoDetect = true
	}
	if s.http == nil && s.https == nil && s.pac == "" && !s.autoDetect {
		return system{}
	}
	return s
}

// kdeProxy reads "http://proxy.example 8080" too, as KDE writes it.
func kdeProxy(value string) *url.URL {
	address, port, apart := strings.Cut(strings.TrimSpace(value), " ")
	address = strings.TrimSuffix(address, "/")
	if apart {
		address += ":" + strings.TrimSpace(port)
	}
	if address == "" {
		return nil
	}
	if rest, ok := strings.CutPrefix(address, "socks://"); ok {
		address = "socks5://" + rest
	}
	u, err := parseProxy(address)
	if err != nil {
		return nil
	}
	return u
}

// aroundKDE writes an entry of NoProxyFor, the end of a host, as [parseBypass] reads
// it.
func aroundKDE(entry string) string {
	if _, network := parsePrefix(entry); network || strings.HasPrefix(entry, "<") || strings.HasPrefix(entry, "*") || strings.HasPrefix(entry, "[") {
		return entry
	}
	return "*" + entry
}
