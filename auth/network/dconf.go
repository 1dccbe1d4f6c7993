package network

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// dconfProxy is the folder of GNOME's settings (org.gnome.system.proxy).
const dconfProxy = "/system/proxy/"

// maxDconf bounds a file of settings.
const maxDconf = 16 << 20

// desktopSettings are the values below dconfProxy, by the rest of their names.
type desktopSettings map[string]variant

// readDconf reads the person's settings and IT's, below and above them, from the files,
// without asking a service: see dconf(7).
func readDconf(env func(string) string) (desktopSettings, error) {
	merged := desktopSettings{}
	var failed error
	locked := map[string]bool{}
	// The last source is IT's: its locks keep the sources before it out.
	for _, file := range slices.Backward(dconfSources(env)) {
		values, locks, err := readDconfFile(file)
		if err != nil {
			failed = fmt.Errorf("the desktop's settings in %s cannot be read: %w", file, err)
			continue
		}
		for name, value := range values {
			if name := strings.TrimPrefix(name, dconfProxy); !locked[name] {
				merged[name] = value
			}
		}
		for name := range locks {
			if name, ok := strings.CutPrefix(name, dconfProxy); ok {
				locked[name] = true
			}
		}
	}
	return merged, failed
}

// readDconfFile is without values if there is no file.
func readDconfFile(file string) (map[string]variant, map[string]bool, error) {
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if info.Size() > maxDconf {
		return nil, nil, errGVDB
	}
	if info.Size() == 0 {
		return nil, nil, nil // as dconf makes it before there is a value
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, err
	}
	g, err := parseGVDB(raw)
	if err != nil {
		return nil, nil, err
	}
	values, locks := g.values(dconfProxy)
	return values, locks, nil
}

// dconfSources are the files of the profile, the strongest first.
func dconfSources(env func(string) string) []string {
	config := env("XDG_CONFIG_HOME")
	if !filepath.IsAbs(config) {
		config = filepath.Join(env("HOME"), ".config")
	}
	user := func(name string) string { return filepath.Join(config, "dconf", name) }
	var out []string
	for line := range strings.Lines(dconfProfile(env)) {
		line, _, _ = strings.Cut(line, "#")
		kind, name, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch kind {
		case "user-db":
			out = append(out, user(name))
		case "service-db":
			out = append(out, filepath.Join(env("XDG_RUNTIME_DIR"), "dconf-service", name))
		case "system-db":
			out = append(out, filepath.Join("/etc/dconf/db", name))
		case "file-db":
			out = append(out, name)
		}
	}
	if len(out) == 0 {
		return []string{user("user")}
	}
	return out
}

// dconfProfile is the text of the profile, "" for the one that needs none.
func dconfProfile(env func(string) string) string {
	folders := []string{"/etc/dconf/profile"}
	for _, shared := range filepath.SplitList(env("XDG_DATA_DIRS")) {
		folders = append(folders, filepath.Join(shared, "dconf", "profile"))
	}
	if env("XDG_DATA_DIRS") == "" {
		folders = append(folders, "/usr/local/share/dconf/profile", "/usr/share/dconf/profile")
	}
	var files []string
	named := func(name string) {
		for _, folder := range folders {
			files = append(files, filepath.Join(folder, name))
		}
	}
	switch name := env("DCONF_PROFILE"); {
	case filepath.IsAbs(name):
		files = []string{name}
	case name != "":
		named(name)
	default:
		files = append(files, filepath.Join("/run/dconf/user", strconv.Itoa(os.Getuid())))
		if run := env("XDG_RUNTIME_DIR"); run != "" {
			files = append(files, filepath.Join(run, "dconf/profile"))
		}
		named("user")
	}
	for _, file := range files {
		if raw, err := os.ReadFile(file); err == nil {
			return string(raw)
		}
	}
	return ""
}

// system reads the settings as GLib's proxy resolver does.
func (d desktopSettings) system() system {
	s := system{source: SourceDesktop}
	switch d["mode"].text() {
	case "manual":
		s.http, s.https = d.proxy("http", "http"), d.proxy("https", "http")
		s.https = orURL(s.https, s.http) // use-same-proxy is not read by anybody
		if socks := d.proxy("socks", "socks5"); socks != nil {
			s.http, s.https = orURL(s.http, socks), orURL(s.https, socks)
		}
		for _, host := range d["ignore-hosts"].list() {
			s.bypass = append(s.bypass, aroundDesktop(host)...)
		}
	case "auto":
		s.script = d["autoconfig-url"].text()
		if s.script != "" {
			s.pac = withoutCredentials(s.script)
		}
		s.autoDetect = s.script == ""
	}
	if s.http == nil && s.https == nil && s.pac == "" && !s.autoDetect {
		return system{}
	}
	return s
}

func orURL(u, other *url.URL) *url.URL {
	if u != nil {
		return u
	}
	return other
}

// proxy is the one for a scheme, nil for none.
func (d desktopSettings) proxy(scheme, kind string) *url.URL {
	host, port := strings.Trim(d[scheme+"/host"].text(), "[]"), d[scheme+"/port"].number()
	if _, ok := d[scheme+"/port"]; !ok && scheme == "http" {
		port = 8080 // the schema's default; those of the others are 0
	}
	if host == "" {
		return nil
	}
	address := net.JoinHostPort(host, strconv.Itoa(port))
	if port == 0 {
		address = strings.TrimSuffix(address, ":0") // whatever is usual, as Chromium reads it
	}
	u, err := parseProxy(kind + "://" + address)
	if err != nil {
		return nil
	}
	if scheme == "http" && d["http/use-authentication"].isTrue() {
		u.User = url.UserPassword(d["http/authentication-user"].text(), d["http/authentication-password"].text())
	}
	return u
}

// aroundDesktop writes an entry of ignore-hosts as [parseBypass] reads it. It names
// everything below it too.
func aroundDesktop(entry string) []string {
	entry = strings.TrimSpace(entry)
	name := strings.TrimPrefix(strings.TrimPrefix(entry, "*"), ".")
	if _, network := parsePrefix(entry); network || name == "" || net.ParseIP(strings.Trim(name, "[]")) != nil || strings.HasPrefix(entry, "[") {
		return []string{entry}
	}
	return []string{name, "*." + name}
}
