package network

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/portico-desktop/portico/auth/authtest"
)

// office is a network behind a proxy: the provider's name resolves nowhere else.
type office struct {
	proxy *authtest.Proxy
	ca    *authority
	url   string
}

const officeHost = "login.contoso.test"

func newOffice(t *testing.T) *office {
	t.Helper()
	noProxies(t)
	o := &office{proxy: authtest.NewProxy(t), ca: newAuthority(t, "Contoso Root CA"), url: "https://" + officeHost + "/"}
	server := secureServer(t, &tls.Config{Certificates: []tls.Certificate{o.ca.issue(officeHost, nil)}})
	o.proxy.Hosts[officeHost+":443"] = addressOf(t, server)
	return o
}

func (o *office) transport(t *testing.T, proxy string) *Transport {
	t.Helper()
	return newTransport(t, Options{Proxy: proxy, ExtraCAFile: o.ca.file()})
}

func TestWhereTheProxyComesFrom(t *testing.T) {
	o := newOffice(t)
	proxy := func() *url.URL { return &url.URL{Scheme: "http", Host: o.proxy.Address()} }
	closed := "http://" + closedPort(t)
	fromSystem := func(s system) func() (system, error) { return func() (system, error) { return s, nil } }
	tests := map[string]struct {
		option  string
		env     map[string]string
		system  system
		through bool
		source  Source
	}{
		"an option":                   {option: "http://" + o.proxy.Address(), through: true, source: SourceOptions},
		"an option without a scheme":  {option: o.proxy.Address(), through: true, source: SourceOptions},
		"an option over all others":   {option: o.proxy.Address(), env: map[string]string{"HTTPS_PROXY": closed}, system: system{https: &url.URL{Scheme: "http", Host: closed[7:]}, source: SourceMac}, through: true, source: SourceOptions},
		"the environment":             {env: map[string]string{"HTTPS_PROXY": o.proxy.URL("")}, through: true, source: SourceEnvironment},
		"in small letters":            {env: map[string]string{"https_proxy": o.proxy.URL("")}, through: true, source: SourceEnvironment},
		"the environment over system": {env: map[string]string{"HTTPS_PROXY": o.proxy.URL("")}, system: system{https: &url.URL{Scheme: "http", Host: closed[7:]}, source: SourceMac}, through: true, source: SourceEnvironment},
		"the system":                  {system: system{https: proxy(), source: SourceWindows}, through: true, source: SourceWindows},
		"direct, over all others":     {option: Direct, env: map[string]string{"HTTPS_PROXY": o.proxy.URL("")}, system: system{https: proxy()}, source: SourceOptions},
		"none":                        {},
		"the system, but for http":    {system: system{http: proxy(), source: SourceWindows}, source: SourceWindows},
		"the environment's exception": {env: map[string]string{"HTTPS_PROXY": o.proxy.URL(""), "NO_PROXY": "contoso.test"}, source: SourceEnvironment},
		"NO_PROXY over the system":    {env: map[string]string{"NO_PROXY": "contoso.test"}, system: system{https: proxy(), source: SourceMac}, source: SourceMac},
		"NO_PROXY for others":         {env: map[string]string{"NO_PROXY": "example.test"}, system: system{https: proxy(), source: SourceMac}, through: true, source: SourceMac},
		"the system's exception":      {system: system{https: proxy(), bypass: []string{"*.contoso.test"}, source: SourceWindows}, source: SourceWindows},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for name, value := range test.env {
				t.Setenv(name, value)
			}
			tr := o.transport(t, test.option)
			tr.readSystem = fromSystem(test.system)
			before := len(o.proxy.Asked())
			body, err := get(t, tr, o.url)
			if through := len(o.proxy.Asked()) > before; through != test.through {
				t.Errorf("went through the proxy: %v, want %v (%v)", through, test.through, err)
			}
			if test.through && (err != nil || body != "hello") {
				t.Errorf("got %q, %v through the proxy", body, err)
			}
			if !test.through && err == nil {
				t.Error("reached a host that only the proxy knows without it")
			}
			if got := tr.Settings(); got.Source != test.source {
				t.Errorf("settings come from %q, want %q: %+v", got.Source, test.source, got)
			}
		})
	}
}

func TestThisComputerIsNeverReachedThroughAProxy(t *testing.T) {
	noProxies(t)
	server := httpServer(t)
	_, port, err := net.SplitHostPort(addressOf(t, server))
	if err != nil {
		t.Fatal(err)
	}
	proxy := authtest.NewProxy(t)
	for _, source := range []string{"environment", "option", "system"} {
		t.Run(source, func(t *testing.T) {
			o := Options{}
			switch source {
			case "environment":
				t.Setenv("HTTP_PROXY", proxy.URL(""))
				t.Setenv("HTTPS_PROXY", proxy.URL(""))
				t.Setenv("NO_PROXY", "")
			case "option":
				o = Options{Proxy: proxy.URL(""), Bypass: []string{"<-loopback>"}}
			}
			tr := newTransport(t, o)
			if source == "system" {
				u := &url.URL{Scheme: "http", Host: proxy.Address()}
				tr.readSystem = func() (system, error) { return system{http: u, https: u, source: SourceMac}, nil }
			}
			for _, host := range []string{"127.0.0.1", "localhost", "LOCALHOST"} {
				if body, err := get(t, tr, "http://"+host+":"+port); err != nil || body != "hello" {
					t.Errorf("%s: %q, %v", host, body, err)
				}
			}
			rules := tr.current()
			for _, host := range []string{"127.1.2.3", "[::1]", "localhost.", "portico.localhost", "[::ffff:127.0.0.1]"} {
				for _, scheme := range []string{"http", "https"} {
					u, err := url.Parse(scheme + "://" + host + ":8080/")
					if err != nil {
						t.Fatal(err)
					}
					if p, err := rules.proxyFor(u); p != nil || err != nil {
						t.Errorf("%s would go to %v (%v)", u, p, err)
					}
				}
			}
			u := &url.URL{Scheme: "http", Host: "localhost.contoso.test"}
			if p, err := rules.proxyFor(u); p == nil {
				t.Errorf("%s, which is another computer, would go without the proxy (%v)", u, err)
			}
		})
	}
	if asked := proxy.Asked(); len(asked) > 0 {
		t.Errorf("the proxy was asked for %v", asked)
	}
}

func TestWhatProxiesRefuse(t *testing.T) {
	o := newOffice(t)
	plain := httpServer(t)
	o.proxy.Hosts["intranet.contoso.test"] = addressOf(t, plain)
	tests := map[string]struct {
		user   string // whom the proxy lets in
		as     string // who we are
		wants  []string
		refuse int
		want   Fault // Kind "" means that we get through
	}{
		"anybody":             {},
		"with a name":         {user: "ada:s3cret", as: "ada:s3cret"},
		"an odd password":     {user: "ada:p@ss:w/rd%", as: "ada:p%40ss%3Aw%2Frd%25"},
		"without a name":      {user: "ada:s3cret", want: Fault{Kind: ProxyAuth, Status: 407, Wants: []string{"Basic"}}},
		"a wrong password":    {user: "ada:s3cret", as: "ada:other", want: Fault{Kind: ProxyAuth, Status: 407, Wants: []string{"Basic"}}},
		"Windows' own":        {user: "ada:s3cret", as: "ada:other", wants: []string{"Negotiate", "NTLM"}, want: Fault{Kind: ProxyAuth, Status: 407, Wants: []string{"Negotiate", "NTLM"}}},
		"the host's word":     {refuse: 401, want: Fault{Kind: ProxyAuth, Status: 401}},
		"forbidden":           {refuse: 403, want: Fault{Kind: ProxyDown, Status: 403}},
		"no way from there":   {refuse: 502, want: Fault{Kind: NoRoute, Status: 502}},
		"no answer to there":  {refuse: 504, want: Fault{Kind: NoRoute, Status: 504}},
		"a portal's redirect": {refuse: 302, want: Fault{Kind: ProxyDown, Status: 302}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			o.proxy.User, o.proxy.Refuse, o.proxy.Challenges = test.user, test.refuse, test.wants
			tr := o.transport(t, o.proxy.URL(test.as))
			if test.want.Kind == "" {
				for _, address := range []string{o.url, "http://intranet.contoso.test/"} {
					if body, err := get(t, tr, address); err != nil || body != "hello" {
						t.Errorf("%s: %q, %v", address, body, err)
					}
				}
				return
			}
			want := test.want
			want.Host, want.Proxy = officeHost, o.proxy.Address()
			equalFaults(t, faultOf(t, tr, o.url), &want)
			if want.Status == http.StatusProxyAuthRequired {
				want.Host = "intranet.contoso.test"
				equalFaults(t, faultOf(t, tr, "http://intranet.contoso.test/"), &want)
			}
		})
	}
}

func TestProxiesThatAreNotThere(t *testing.T) {
	o := newOffice(t)
	tests := map[string]string{
		"refused":           closedPort(t),
		"silent":            listen(t, silent),
		"not a proxy":       listen(t, func(c net.Conn) { c.Read(make([]byte, 1)); c.Write([]byte("SSH-2.0-OpenSSH_9.2\r\n")); silent(c) }),
		"hangs up":          listen(t, func(c net.Conn) { c.Read(make([]byte, 1)); c.Close() }),
		"resets":            listen(t, reset),
		"not https":         "https://" + listen(t, func(c net.Conn) { c.Read(make([]byte, 1)); c.Write([]byte("no\r\n")); c.Close() }),
		"socks, refused":    "socks5://" + closedPort(t),
		"socks, hangs up":   "socks5://" + listen(t, func(c net.Conn) { c.Read(make([]byte, 1)); c.Close() }),
		"a name nobody has": "http://proxy.contoso.invalid:8080",
	}
	for name, address := range tests {
		t.Run(name, func(t *testing.T) {
			tr := o.transport(t, address)
			tr.answerIn = 300 * time.Millisecond
			tr.dialer.Resolver = nameServer(t, rcodeNameError)
			f := faultOf(t, tr, o.url)
			_, host, ok := strings.Cut(address, "://")
			if !ok {
				host = address
			}
			equalFaults(t, f, &Fault{Kind: ProxyDown, Host: officeHost, Proxy: host})
			if f := faultOf(t, tr, "http://"+officeHost); f.Proxy != host {
				t.Errorf("in plain: %v", f)
			}
		})
	}
}

// A proxy that lets us through is not at fault for what lies behind it.
func TestBehindTheProxy(t *testing.T) {
	o := newOffice(t)
	o.proxy.Hosts["silent.test:443"] = listen(t, silent)
	o.proxy.Hosts["reset.test:443"] = listen(t, reset)
	other := secureServer(t, &tls.Config{Certificates: []tls.Certificate{newAuthority(t, "Somebody Else").issue("unknown.test", nil)}})
	o.proxy.Hosts["unknown.test:443"] = addressOf(t, other)
	tests := map[string]Fault{
		"silent.test":  {Kind: NoRoute},
		"reset.test":   {Kind: NoRoute},
		"unknown.test": {Kind: CertUnknown, Issuer: "Somebody Else"},
	}
	for host, want := range tests {
		t.Run(host, func(t *testing.T) {
			tr := o.transport(t, o.proxy.URL(""))
			tr.answerIn = 300 * time.Millisecond
			want.Host, want.Proxy = host, o.proxy.Address()
			equalFaults(t, faultOf(t, tr, "https://"+host), &want)
		})
	}
}

func TestAnInterceptingProxy(t *testing.T) {
	o := newOffice(t)
	root := newAuthority(t, "Zscaler Root CA")
	below := root.intermediate("Zscaler Intermediate Root CA (zscalertwo.net)")
	o.proxy.Intercept = func(host string) tls.Certificate { return below.issue(host, nil) }
	f := faultOf(t, o.transport(t, o.proxy.URL("")), o.url)
	equalFaults(t, f, &Fault{Kind: CertUnknown, Host: officeHost, Proxy: o.proxy.Address(), Issuer: "Zscaler Root CA"})

	tr := newTransport(t, Options{Proxy: o.proxy.URL(""), ExtraCAFile: root.file()})
	if body, err := get(t, tr, o.url); err != nil || body != "hello" {
		t.Errorf("with the proxy's authority in the file: %q, %v", body, err)
	}
}

func TestSettingsAreReadWhenNeeded(t *testing.T) {
	o := newOffice(t)
	var reads atomic.Int32
	now := time.Now()
	proxy := &url.URL{Scheme: "http", Host: o.proxy.Address()}
	tr := o.transport(t, "")
	tr.now = func() time.Time { return now }
	tr.readSystem = func() (system, error) {
		reads.Add(1)
		return system{https: proxy, source: SourceMac}, nil
	}
	ask := func(what string, wantReads int32) {
		t.Helper()
		_, err := get(t, tr, o.url)
		if reads.Load() != wantReads {
			t.Errorf("%s: the system's settings were read %d times, want %d (%v)", what, reads.Load(), wantReads, err)
		}
	}
	if reads.Load() != 0 {
		t.Error("the settings were read before the first request")
	}
	ask("the first request", 1)
	ask("the second", 1)
	tr.Reset()
	ask("after a reset", 2)
	now = now.Add(settingsAge)
	ask("at the limit of age", 2)
	now = now.Add(time.Second)
	ask("past it", 3)
	now = now.Add(-time.Hour)
	ask("with the clock set back", 4)
	proxy = &url.URL{Scheme: "http", Host: closedPort(t)}
	tr.Reset()
	ask("a proxy that is not there", 5)
	proxy = &url.URL{Scheme: "http", Host: o.proxy.Address()}
	ask("after it", 6)
	if body, err := get(t, tr, o.url); err != nil || body != "hello" {
		t.Errorf("in the other network: %q, %v", body, err)
	}
	if reads.Load() != 6 {
		t.Error("settings that work were read again")
	}
}

func TestSettingsThatCannotBeReadAreNone(t *testing.T) {
	noProxies(t)
	server := httpServer(t)
	tr := newTransport(t, Options{})
	failure := errors.New("no registry today")
	tr.readSystem = func() (system, error) { return system{}, failure }
	if body, err := get(t, tr, server.URL); err != nil || body != "hello" {
		t.Errorf("got %q, %v", body, err)
	}
	if got := tr.Settings(); !errors.Is(got.Err, failure) || got.HTTPS != "" {
		t.Errorf("settings are %+v", got)
	}
}

func TestSettingsForPeople(t *testing.T) {
	noProxies(t)
	pac := system{pac: "http://wpad/wpad.dat", autoDetect: true, source: SourceWindows}
	tests := map[string]struct {
		options Options
		env     map[string]string
		system  system
		want    Settings
	}{
		"none":       {},
		"an option":  {options: Options{Proxy: "ada:s3cret@proxy:3128", Bypass: []string{"<local>"}}, want: Settings{HTTP: "http://proxy:3128", HTTPS: "http://proxy:3128", Bypass: []string{"<local>"}, Source: SourceOptions}},
		"no port":    {options: Options{Proxy: "socks5://proxy"}, want: Settings{HTTP: "socks5://proxy:1080", HTTPS: "socks5://proxy:1080", Source: SourceOptions}},
		"direct":     {options: Options{Proxy: Direct}, system: pac, want: Settings{Source: SourceOptions}},
		"a script":   {system: pac, want: Settings{PAC: "http://wpad/wpad.dat", AutoDetect: true, Source: SourceWindows}},
		"overridden": {env: map[string]string{"HTTPS_PROXY": "http://u:p@[fd00::1]:8080", "NO_PROXY": "a.test, 10.0.0.0/8"}, system: pac, want: Settings{HTTPS: "http://[fd00::1]:8080", Bypass: []string{"a.test", "10.0.0.0/8"}, Source: SourceEnvironment}},
		"nonsense":   {env: map[string]string{"HTTPS_PROXY": "http://%zz"}, want: Settings{Source: SourceEnvironment}},
		"both":       {env: map[string]string{"NO_PROXY": "a.test"}, system: system{bypass: []string{"b.test"}, source: SourceMac}, want: Settings{Bypass: []string{"b.test", "a.test"}, Source: SourceMac}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for name, value := range test.env {
				t.Setenv(name, value)
			}
			tr := newTransport(t, test.options)
			tr.readSystem = func() (system, error) { return test.system, nil }
			if diff := cmp.Diff(test.want, tr.Settings(), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("settings (-want +got):\n%s", diff)
			}
		})
	}
}

// A script that could not be asked may be all that is wrong.
func TestAFaultNamesTheScript(t *testing.T) {
	noProxies(t)
	tr := newTransport(t, Options{})
	tr.readSystem = func() (system, error) { return system{pac: "http://wpad/wpad.dat", source: SourceWindows}, nil }
	gone := errors.New("gone")
	tr.answers.evaluate = func(context.Context, system, string, *url.URL) (evaluated, error) { return evaluated{}, gone }
	tr.dialer.Resolver = nameServer(t, rcodeNameError)
	f := faultOf(t, tr, "https://login.contoso.invalid/")
	if !errors.Is(f.ScriptErr, gone) {
		t.Errorf("the fault does not say what is wrong with the script: %v", f.ScriptErr)
	}
	if script, install := Unasked(f.ScriptErr); script != "http://wpad/wpad.dat" || install != "" {
		t.Errorf("it names %q, %q", script, install)
	}
	f.ScriptErr = nil
	equalFaults(t, f, &Fault{Kind: NameNotFound, Host: "login.contoso.invalid"})
}

func TestProxiesThatCannotBe(t *testing.T) {
	for _, proxy := range []string{"http://", "ftp://proxy:21", "http://ada:s3cret@pro xy:1", "://s3cret", "http://ada:s3cret@proxy:port"} {
		_, err := New(Options{Proxy: proxy})
		if err == nil {
			t.Errorf("%q was taken", proxy)
		} else if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("the error repeats a password: %v", err)
		}
	}
}

// httpServer answers "hello" in plain.
func httpServer(t testing.TB) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }))
	t.Cleanup(s.Close)
	return s
}

// equalFaults compares everything but the cause, which has to be there.
func equalFaults(t *testing.T, got, want *Fault) {
	t.Helper()
	if got.Err == nil {
		t.Error("the fault has no cause")
	}
	bare := *got
	bare.Err = nil
	if diff := cmp.Diff(want, &bare); diff != "" {
		t.Errorf("fault (-want +got):\n%s\n%v", diff, got)
	}
}

// Who looks into a computer wants to know which way an address takes, and no
// password.
func TestProxyOfAnAddress(t *testing.T) {
	noProxies(t)
	t.Setenv("HTTPS_PROXY", "http://ada:s3cret@proxy.test:3128")
	t.Setenv("NO_PROXY", "inside.test")
	tr := newTransport(t, Options{})
	for address, want := range map[string]string{
		"https://login.test/": "http://proxy.test:3128", "http://login.test/": Direct, "https://inside.test/": Direct, "https://127.0.0.1/": Direct,
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		got, err := tr.Ask(t.Context(), u)
		if diff := cmp.Diff(Answer{Ways: []string{want}, Source: SourceEnvironment}, got); diff != "" || err != nil {
			t.Errorf("%s (-want +got):\n%s\n%v", address, diff, err)
		}
	}
	t.Setenv("HTTPS_PROXY", "http://ada:s3cret@[")
	broken := newTransport(t, Options{})
	if got, err := broken.Ask(t.Context(), &url.URL{Scheme: "https", Host: "login.test"}); strings.Contains(fmt.Sprint(got, err), "s3cret") {
		t.Errorf("a password is shown: %v, %v", got, err)
	}
}
