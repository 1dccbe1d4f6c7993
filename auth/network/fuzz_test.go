package network

import (
	"net/url"
	"strings"
	"testing"
	"unicode"
)

// FuzzSettings: whatever the operating system's settings say, this computer is
// reached directly, what is shown has no password in it, and only a proxy of a
// known kind is ever chosen.
func FuzzSettings(f *testing.F) {
	f.Add("<dictionary> {\n  ExceptionsList : <array> {\n    0 : *.local\n  }\n  HTTPEnable : 1\n  HTTPPort : 3128\n  HTTPProxy : proxy.example\n}", "proxy.example:8080", "*.corp.example;<local>", "provider.example")
	f.Add("<dictionary> {\n  SOCKSEnable : 1\n  SOCKSProxy : fe80::1\n  ProxyAutoConfigEnable : 1\n  ProxyAutoConfigURLString : http://ada:word@wpad/x\n}", "http=ada:word@a:1;https=socks5://b", "10.0/16 [::1] https://x:1/", "127.0.0.1")
	f.Add("", "http://ada:word@[::1]:99999", "*", "localhost")
	f.Add("}}}{{{", "=;=;=", "[;];/;:;//", "::1")
	f.Fuzz(func(t *testing.T, scutil, proxyServer, override, host string) {
		for _, s := range []system{
			parseScutil(scutil),
			internetSettings{proxyEnable: true, proxyServer: proxyServer, proxyOverride: override, autoConfigURL: scutil, connection: []byte(scutil)}.system(),
		} {
			s.bypass = append(s.bypass, splitList(override)...)
			r := systemRules(s)
			for _, shown := range []string{r.shown.HTTP, r.shown.HTTPS} {
				if strings.Contains(shown, "@") || strings.ContainsFunc(shown, unicode.IsControl) {
					t.Errorf("%q is shown", shown)
				}
			}
			if u, err := url.Parse(r.shown.PAC); err == nil && u.User != nil {
				t.Errorf("the script %q is shown", r.shown.PAC)
			}
			for _, here := range []string{"http://localhost/", "https://127.0.0.1:1/", "http://[::1]/", "http://x.localhost/", "https://[::ffff:127.0.0.1]/"} {
				u, _ := url.Parse(here)
				if through, err := r.proxyFor(u); through != nil || err != nil {
					t.Errorf("%s goes through %v (%v)", here, through, err)
				}
			}
			through, err := r.proxyFor(&url.URL{Scheme: "https", Host: host})
			if err != nil || through != nil && (through.Hostname() == "" || through.Path != "" || !strings.Contains("http https socks5 socks5h", through.Scheme)) {
				t.Errorf("%q goes through %v (%v)", host, through, err)
			}
		}
	})
}
