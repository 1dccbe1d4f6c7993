package network

import (
	"cmp"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/http/httpproxy"
)

// Source is who has set the proxy.
type Source string

// The sources, the strongest first.
const (
	SourceNone        Source = "" // nobody: requests go out directly
	SourceOptions     Source = "options"
	SourceEnvironment Source = "environment"
	SourceWindows     Source = "windows" // of this user
	SourcePolicy      Source = "windows-policy"
	SourceMac         Source = "macos"
	SourceDesktop     Source = "desktop" // of GNOME and its relatives with the same settings (org.gnome.system.proxy)
	SourceKDE         Source = "kde"
)

// Settings says how requests leave this computer, for people to read. It holds
// no credentials.
type Settings struct {
	// HTTP and HTTPS are the proxies for addresses of that scheme, as in
	// "http://proxy.example:8080"; "" means none. Requests to this computer itself
	// never use them.
	HTTP, HTTPS string
	// Bypass lists the hosts to reach without a proxy, as it was set.
	Bypass []string
	// PAC is the address of a proxy script, "" for none. With AutoDetect one is to be
	// looked for (WPAD). [Transport.Ask] tells their answers for an address; the
	// proxies above count if they cannot be asked.
	PAC        string
	AutoDetect bool
	Source     Source
	// Err says why the operating system's settings could not be read; they count
	// as empty then.
	Err error
}

// Direct is the value of Options.Proxy for no proxy at all, whatever the environment
// and the system say.
const Direct = "direct"

// system are the settings of an operating system.
type system struct {
	http, https *url.URL
	bypass      []string
	reversed    bool   // bypass lists the only hosts with a proxy
	pac         string // without credentials
	script      string // the address of pac as it was set
	autoDetect  bool
	source      Source
}

// scripts are asked one after the other until one can be, as Windows does it: the
// detected one, "", then the one that was set.
func (s system) scripts() []string {
	var out []string
	if s.autoDetect {
		out = append(out, "")
	}
	if s.pac != "" {
		out = append(out, cmp.Or(s.script, s.pac))
	}
	return out
}

// rules are settings ready for use.
type rules struct {
	shown  Settings
	system system
	named  origin // of the proxies given by choose
	choose func(*url.URL) (*url.URL, error)
	// scripts are asked before choose is.
	scripts []string
	// around tells the hosts to reach directly whatever scripts say, nil for none.
	around func(*url.URL) bool
}

// proxyFor is a request's proxy without asking a script, nil for none.
func (r *rules) proxyFor(u *url.URL) (*url.URL, error) {
	if r.isDirect(u) {
		return nil, nil
	}
	return r.choose(u)
}

// isDirect is true if no setting counts for an address.
func (r *rules) isDirect(u *url.URL) bool {
	return isLoopback(u.Hostname()) || r.around != nil && r.around(u)
}

// asked names the scripts, without credentials.
func (r *rules) asked() string {
	if !r.shown.AutoDetect {
		return r.shown.PAC
	}
	return strings.TrimSpace("WPAD " + r.shown.PAC)
}

// set is the way named by settings without a script.
func (r *rules) set(u *url.URL) ([]candidate, error) {
	proxy, err := r.proxyFor(u)
	if err != nil {
		return nil, err
	}
	if proxy == nil {
		return []candidate{{}}, nil
	}
	return []candidate{{proxy: proxy, named: r.named}}, nil
}

// readRules puts the sources in their order. It reads the operating system's settings
// only if they count.
func readRules(o Options, readSystem func() (system, error)) *rules {
	if o.Proxy != "" {
		return optionRules(o)
	}
	env := httpproxy.FromEnvironment()
	if env.HTTPProxy != "" || env.HTTPSProxy != "" {
		return environmentRules(env)
	}
	s, err := readSystem()
	r := systemRules(s)
	r.shown.Err = err
	if env.NoProxy != "" {
		// Alone it still names hosts to reach directly.
		r.shown.Bypass = slices.Concat(r.shown.Bypass, splitList(env.NoProxy))
		always := (&httpproxy.Config{HTTPProxy: "http://any", HTTPSProxy: "http://any", NoProxy: env.NoProxy}).ProxyFunc()
		r.around = func(u *url.URL) bool {
			through, err := always(u)
			return through == nil && err == nil
		}
	}
	return r
}

func optionRules(o Options) *rules {
	s := system{source: SourceOptions, bypass: o.Bypass}
	if o.Proxy != Direct {
		// New has found it good.
		s.http, _ = parseProxy(o.Proxy)
		s.https = s.http
	}
	r := systemRules(s)
	r.named = byOptions
	return r
}

func environmentRules(env *httpproxy.Config) *rules {
	shown := func(value string) string {
		u, err := parseProxy(value)
		if err != nil {
			return ""
		}
		return show(u)
	}
	return &rules{
		shown: Settings{
			HTTP: shown(env.HTTPProxy), HTTPS: shown(env.HTTPSProxy), Bypass: splitList(env.NoProxy), Source: SourceEnvironment,
		},
		named:  byEnvironment,
		choose: env.ProxyFunc(),
	}
}

func systemRules(s system) *rules {
	around := parseBypass(s.bypass)
	r := &rules{system: s, named: bySetting, scripts: s.scripts(), shown: Settings{
		HTTP: show(s.http), HTTPS: show(s.https), Bypass: s.bypass,
		PAC: s.pac, AutoDetect: s.autoDetect, Source: s.source,
	}}
	r.choose = func(u *url.URL) (*url.URL, error) {
		switch {
		case around.covers(u) != s.reversed:
			return nil, nil
		case u.Scheme == "https":
			return s.https, nil
		case u.Scheme == "http":
			return s.http, nil
		}
		return nil, nil
	}
	return r
}

// show writes a proxy's address without its credentials.
func show(u *url.URL) string {
	if u == nil {
		return ""
	}
	return u.Scheme + "://" + hostPort(u)
}

// hostPort is how a [Fault] names a proxy.
func hostPort(u *url.URL) string { return net.JoinHostPort(u.Hostname(), portOf(u)) }

// parseProxy reads HOST:PORT or SCHEME://[USER:PASSWORD@]HOST[:PORT]. Its errors repeat
// nothing of an address: it may hold a password.
func parseProxy(address string) (*url.URL, error) {
	address = strings.TrimSpace(address)
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return nil, fmt.Errorf("it is not the address of a proxy, such as http://proxy.example:8080")
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
	default:
		return nil, fmt.Errorf("%s is no kind of proxy; http, https and socks5 are", u.Scheme)
	}
	return &url.URL{Scheme: u.Scheme, User: u.User, Host: u.Host}, nil
}

// splitList splits at commas, semicolons and blanks: all of them occur.
func splitList(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(",; \t\r\n", r) })
}

// withoutCredentials is a script's address to show: the text after a question mark may
// be a key.
func withoutCredentials(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return "(an address that cannot be read)"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}
