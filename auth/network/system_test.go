package network

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// connectionSettings begins as DefaultConnectionSettings of Windows 10 does: a
// version, a counter, and the flags.
func connectionSettings(flags byte) []byte {
	return []byte{0x46, 0, 0, 0, 0x0b, 0, 0, 0, flags, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
}

func TestWindowsSettings(t *testing.T) {
	local := "10.*;192.168.*;*.corp.contoso.test;<local>"
	tests := map[string]struct {
		values internetSettings
		want   Settings
	}{
		"a fresh installation": {values: internetSettings{connection: connectionSettings(9)}, want: Settings{AutoDetect: true, Source: SourceWindows}},
		"nothing":              {values: internetSettings{connection: connectionSettings(1)}},
		"no values at all":     {},
		"one for everything": {
			values: internetSettings{proxyEnable: true, proxyServer: "proxy.contoso.test:8080", proxyOverride: local, connection: connectionSettings(3)},
			want:   Settings{HTTP: "http://proxy.contoso.test:8080", HTTPS: "http://proxy.contoso.test:8080", Bypass: []string{"10.*", "192.168.*", "*.corp.contoso.test", "<local>"}, Source: SourceWindows},
		},
		"switched off": {values: internetSettings{proxyServer: "proxy.contoso.test:8080", proxyOverride: local}},
		"one a scheme": {
			values: internetSettings{proxyEnable: true, proxyServer: "http=web:80;https=secure:8443;ftp=files:21;socks=socks:1080"},
			want:   Settings{HTTP: "http://web:80", HTTPS: "http://secure:8443", Source: SourceWindows},
		},
		"with blanks and schemes": {
			values: internetSettings{proxyEnable: true, proxyServer: "HTTP=http://web:80/ https=https://secure"},
			want:   Settings{HTTP: "http://web:80", HTTPS: "https://secure:443", Source: SourceWindows},
		},
		"for http alone": {
			values: internetSettings{proxyEnable: true, proxyServer: "http=web:80"},
			want:   Settings{HTTP: "http://web:80", Source: SourceWindows},
		},
		"SOCKS 4 alone":      {values: internetSettings{proxyEnable: true, proxyServer: "socks=socks:1080"}},
		"nonsense":           {values: internetSettings{proxyEnable: true, proxyServer: "http=%zz;https=://;=", proxyOverride: ";;"}},
		"without a port":     {values: internetSettings{proxyEnable: true, proxyServer: "proxy"}, want: Settings{HTTP: "http://proxy:80", HTTPS: "http://proxy:80", Source: SourceWindows}},
		"a script":           {values: internetSettings{autoConfigURL: "http://ada:s3cret@wpad.contoso.test/proxy.pac", connection: connectionSettings(5)}, want: Settings{PAC: "http://wpad.contoso.test/proxy.pac", Source: SourceWindows}},
		"an odd script":      {values: internetSettings{autoConfigURL: "http://%zz"}, want: Settings{PAC: "(an address that cannot be read)", Source: SourceWindows}},
		"of the computer":    {values: internetSettings{proxyEnable: true, proxyServer: "proxy:8080", perMachine: true}, want: Settings{HTTP: "http://proxy:8080", HTTPS: "http://proxy:8080", Source: SourcePolicy}},
		"a cut-off value":    {values: internetSettings{connection: connectionSettings(9)[:8]}},
		"with a password":    {values: internetSettings{proxyEnable: true, proxyServer: "ada:s3cret@proxy:8080"}, want: Settings{HTTP: "http://proxy:8080", HTTPS: "http://proxy:8080", Source: SourceWindows}},
		"over IP, version 6": {values: internetSettings{proxyEnable: true, proxyServer: "[fd00::1]:8080"}, want: Settings{HTTP: "http://[fd00::1]:8080", HTTPS: "http://[fd00::1]:8080", Source: SourceWindows}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := systemRules(test.values.system()).shown
			if diff := cmp.Diff(test.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("settings (-want +got):\n%s", diff)
			}
		})
	}
}

// What scutil --proxy prints.
const (
	scutilNone = `<dictionary> {
  ExceptionsList : <array> {
    0 : *.local
    1 : 169.254/16
  }
  FTPPassive : 1
}
`
	scutilManual = `<dictionary> {
  ExceptionsList : <array> {
    0 : *.local
    1 : 169.254/16
    2 : intranet.contoso.test
  }
  ExcludeSimpleHostnames : 1
  FTPPassive : 1
  HTTPEnable : 1
  HTTPPort : 3128
  HTTPProxy : web.contoso.test
  HTTPSEnable : 1
  HTTPSPort : 8443
  HTTPSProxy : fd00::1
  HTTPSUser : ada
  SOCKSEnable : 0
  __SCOPED__ : <dictionary> {
    en0 : <dictionary> {
      ExceptionsList : <array> {
        0 : other.contoso.test
      }
      HTTPEnable : 1
      HTTPPort : 1
      HTTPProxy : other.contoso.test
    }
  }
}
`
	scutilScript = `<dictionary> {
  HTTPEnable : 0
  HTTPProxy : off.contoso.test
  ProxyAutoConfigEnable : 1
  ProxyAutoConfigURLString : https://wpad.contoso.test/proxy.pac
  ProxyAutoDiscoveryEnable : 1
}
`
	scutilSOCKS = `<dictionary> {
  HTTPEnable : 1
  HTTPProxy : web.contoso.test
  HTTPPort : 80
  SOCKSEnable : 1
  SOCKSPort : 1080
  SOCKSProxy : socks.contoso.test
}
`
)

func TestMacSettings(t *testing.T) {
	tests := map[string]struct {
		out  string
		want Settings
	}{
		"none": {out: scutilNone},
		"set by hand": {out: scutilManual, want: Settings{
			HTTP: "http://web.contoso.test:3128", HTTPS: "http://[fd00::1]:8443",
			Bypass: []string{"*.local", "169.254/16", "intranet.contoso.test", "<local>"}, Source: SourceMac,
		}},
		"a script":       {out: scutilScript, want: Settings{PAC: "https://wpad.contoso.test/proxy.pac", AutoDetect: true, Source: SourceMac}},
		"SOCKS":          {out: scutilSOCKS, want: Settings{HTTP: "http://web.contoso.test:80", HTTPS: "socks5://socks.contoso.test:1080", Source: SourceMac}},
		"nothing at all": {},
		"something else": {out: "} } : {\nNo such key\n}\n"},
		"half an answer": {out: "<dictionary> {\n  HTTPSEnable : 1\n  HTTPSProxy : web", want: Settings{HTTPS: "http://web:80", Source: SourceMac}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := systemRules(parseScutil(test.out)).shown
			if diff := cmp.Diff(test.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("settings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBypass(t *testing.T) {
	tests := []struct {
		entry   string
		covered []string
		others  []string
	}{
		{"<local>", []string{"http://intranet/", "https://intranet:8443/"}, []string{"http://a.b/", "http://10.0.0.1/", "http://[fd00::1]/"}},
		{"<LOCAL>", []string{"http://intranet/"}, nil},
		{"portal.contoso.test", []string{"https://portal.contoso.test/", "http://PORTAL.contoso.test.:8080/"}, []string{"https://a.portal.contoso.test/", "https://contoso.test/"}},
		{"*.contoso.test", []string{"https://a.contoso.test/", "https://a.b.contoso.test/"}, []string{"https://contoso.test/", "https://notcontoso.test/"}},
		{"*contoso.test", []string{"https://contoso.test/", "https://notcontoso.test/"}, []string{"https://contoso.test.example/"}},
		{".contoso.test", []string{"https://a.contoso.test/"}, []string{"https://contoso.test/"}},
		{"192.168.*", []string{"http://192.168.1.1/"}, []string{"http://192.169.1.1/"}},
		{"169.254/16", []string{"http://169.254.3.4/"}, []string{"http://169.253.3.4/", "http://login.test/"}},
		{"10.0.0.0/8", []string{"http://10.1.2.3/", "http://[::ffff:10.1.2.3]/"}, []string{"http://11.1.2.3/"}},
		{"fd00::/8", []string{"http://[fd00::1]/"}, []string{"http://[fe80::1]/"}},
		{"[fd00::1]", []string{"http://[fd00::1]/"}, []string{"http://[fd00::2]/"}},
		{"[fd00::1]:8080", []string{"http://[fd00::1]:8080/"}, []string{"http://[fd00::1]/"}},
		{"https://portal.test", []string{"https://portal.test/"}, []string{"http://portal.test/"}},
		{"https://portal.test/", []string{"https://portal.test/"}, []string{"http://portal.test/"}},
		{"portal.test:443", []string{"https://portal.test/"}, []string{"http://portal.test/", "https://portal.test:8443/"}},
		{"portal.test:80", []string{"http://portal.test/"}, []string{"https://portal.test/"}},
		{"*", []string{"https://a.test/", "http://10.0.0.1/"}, nil},
		{"", nil, []string{"https://a.test/"}},
		{"10.0/99", nil, []string{"http://10.0.0.1/"}},
		{"a[b", nil, []string{"http://a/", "http://ab/"}},
		{"<-loopback>", nil, []string{"http://a.test/", "http://a/"}},
	}
	for _, test := range tests {
		b := parseBypass([]string{test.entry})
		check := func(addresses []string, want bool) {
			for _, address := range addresses {
				u, err := url.Parse(address)
				if err != nil {
					t.Fatal(err)
				}
				if got := b.covers(u); got != want {
					t.Errorf("%q covers %s: %v, want %v", test.entry, address, got, want)
				}
			}
		}
		check(test.covered, true)
		check(test.others, false)
	}
}

func TestProxyFollowsTheScheme(t *testing.T) {
	web, secure := &url.URL{Scheme: "http", Host: "web"}, &url.URL{Scheme: "http", Host: "secure"}
	rules := systemRules(system{http: web, https: secure})
	for address, want := range map[string]*url.URL{"http://a.test/": web, "https://a.test/": secure, "ftp://a.test/": nil} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := rules.proxyFor(u); got != want || err != nil {
			t.Errorf("%s goes through %v (%v), want %v", address, got, err, want)
		}
	}
}
