package kerberos

import (
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// maxConfig bounds a file of configuration, and maxDepth how deep one includes others.
const (
	maxConfig = 1 << 20
	maxDepth  = 5
)

// config is the part of krb5.conf that counts.
type config struct {
	defaultRealm string
	defaultCache string
	kcmSocket    string
	lookUpKDC    bool
	servers      map[string][]string // by realm, "host:port"
	realms       map[string]string   // by host, or by ".domain"
}

// config reads the files in KRB5_CONFIG, or the system's. A missing or unreadable file
// counts as empty, as everywhere with Kerberos.
func (l *LogOn) config() *config {
	c := &config{kcmSocket: kcmSocket, lookUpKDC: true, servers: map[string][]string{}, realms: map[string]string{}}
	files := filepath.SplitList(l.env("KRB5_CONFIG"))
	if len(files) == 0 {
		files = []string{"/etc/krb5.conf"}
		if runtime.GOOS == "darwin" {
			files = []string{"/Library/Preferences/edu.mit.Kerberos", "/etc/krb5.conf"}
		}
	}
	for _, f := range files {
		c.read(f, 0)
	}
	return c
}

// read takes in one file. Of a value given twice, the first counts.
func (c *config) read(file string, depth int) {
	info, err := os.Stat(file)
	if err != nil || depth > maxDepth || info.Size() > maxConfig {
		return
	}
	if info.IsDir() {
		c.readDir(file, depth)
		return
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return
	}
	section, realm := "", ""
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "includedir "); ok {
			c.readDir(strings.TrimSpace(rest), depth)
			continue
		}
		if rest, ok := strings.CutPrefix(line, "include "); ok {
			c.read(strings.TrimSpace(rest), depth+1)
			continue
		}
		switch {
		case line == "" || line[0] == '#' || line[0] == ';':
			continue
		case line[0] == '[':
			section, realm = strings.ToLower(strings.Trim(line, "[]* ")), ""
			continue
		case line == "}":
			realm = ""
			continue
		}
		name, value, _ := strings.Cut(line, "=")
		name, value = strings.TrimSpace(name), strings.Trim(strings.TrimSpace(value), `"`)
		if value == "{" {
			realm = name
			continue
		}
		c.take(section, realm, name, value)
	}
}

// readDir takes in the files of a folder, with the names that MIT's library takes.
func (c *config) readDir(dir string, depth int) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		name := e.Name()
		plain := !strings.ContainsFunc(name, func(r rune) bool {
			return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
		})
		if plain || strings.HasSuffix(name, ".conf") && name[0] != '.' {
			c.read(filepath.Join(dir, name), depth+1)
		}
	}
}

func (c *config) take(section, realm, name, value string) {
	switch {
	case section == "libdefaults" && name == "default_realm" && c.defaultRealm == "":
		c.defaultRealm = value
	case section == "libdefaults" && name == "default_ccache_name" && c.defaultCache == "":
		c.defaultCache = value
	case section == "libdefaults" && name == "kcm_socket":
		c.kcmSocket = value
	case section == "libdefaults" && (name == "dns_lookup_kdc" || name == "dns_fallback"):
		c.lookUpKDC = !slices.Contains([]string{"false", "no", "off", "0", "n", "f", "nil"}, strings.ToLower(value))
	case section == "realms" && realm != "" && name == "kdc":
		if server, ok := serverAddress(value); ok {
			c.servers[realm] = append(c.servers[realm], server)
		}
	case section == "domain_realm":
		if name = strings.ToLower(name); c.realms[name] == "" {
			c.realms[name] = value
		}
	}
}

// serverAddress is a KDC's, in the forms of krb5.conf. Those behind HTTPS (MS-KKDCP)
// are left out.
func serverAddress(value string) (string, bool) {
	value, _, _ = strings.Cut(value, " ")
	for _, scheme := range []string{"udp/", "tcp/"} {
		value = strings.TrimPrefix(value, scheme)
	}
	if value == "" || strings.Contains(value, "/") {
		return "", false
	}
	if host, port, err := net.SplitHostPort(value); err == nil {
		_, err := strconv.ParseUint(port, 10, 16)
		return net.JoinHostPort(host, port), err == nil
	}
	return net.JoinHostPort(strings.Trim(value, "[]"), "88"), true
}

// realmOf is the realm of a host, "" if nothing names one.
func (c *config) realmOf(host string) string {
	if realm := c.realms[host]; realm != "" {
		return realm
	}
	for rest := host; ; {
		_, after, ok := strings.Cut(rest, ".")
		if !ok {
			return ""
		}
		if realm := c.realms["."+after]; realm != "" {
			return realm
		}
		if realm := c.realms[after]; realm != "" {
			return realm
		}
		rest = after
	}
}
