package network

import (
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// portal is what the real desktop portal answers.
func (d *desktop) portal(address string) []string {
	d.t.Helper()
	bus, err := dbus.SessionBusPrivateNoAutoStartup()
	if err != nil {
		d.t.Fatal(err)
	}
	defer bus.Close()
	if err := errors.Join(bus.Auth(nil), bus.Hello()); err != nil {
		d.t.Fatal(err)
	}
	var ways []string
	// Debian 12's portal sometimes dies of settings that change while it is asked, and is
	// started anew for the next question.
	for range 3 {
		err = bus.Object(portal, portalPath).CallWithContext(d.t.Context(), portalProxies+".Lookup", 0, address).Store(&ways)
		var failed dbus.Error
		if !errors.As(err, &failed) || failed.Name != "org.freedesktop.DBus.Error.NoReply" {
			break
		}
	}
	if err != nil {
		d.t.Fatal(err)
	}
	return ways
}

// What is read of GNOME's settings is what GNOME's own programs make of them, of which
// the portal is one.
func TestGNOMEsSettings(t *testing.T) {
	d := newDesktop(t, true)
	addresses := []string{
		"https://login.test/", "http://login.test/", "https://example.com/", "https://www.example.com/", "https://notexample.com/", "https://a.dotted.test/",
		"https://dotted.test/", "https://star.test/", "https://b.star.test/", "https://10.1.2.3/", "https://11.1.2.3/", "https://192.168.7.7/", "https://intranet/",
		"https://[fd00::1]/", "https://[fe00::1]/", "https://exact.test:8443/", "https://exact.test/",
	}
	around := "['example.com', '.dotted.test', '*.star.test', '10.0.0.0/8', '192.168.7.7', 'fd00::/8', 'exact.test:8443']"
	for name, pairs := range map[string][]string{
		"nothing":             {"mode", "none", "http host", "proxy.test"},
		"one a scheme":        {"mode", "manual", "http host", "web.test", "http port", "3128", "https host", "secure.test", "https port", "8443", "ignore-hosts", around},
		"for http alone":      {"mode", "manual", "http host", "web.test", "http port", "3128", "https host", "", "https port", "0", "ignore-hosts", "[]"},
		"for https alone":     {"mode", "manual", "http host", "", "https host", "secure.test", "https port", "8443", "ignore-hosts", "[]"},
		"SOCKS alone":         {"mode", "manual", "http host", "", "https host", "", "socks host", "socks.test", "socks port", "1080", "ignore-hosts", around},
		"SOCKS and http":      {"mode", "manual", "http host", "web.test", "https host", "", "socks host", "socks.test", "socks port", "1080", "ignore-hosts", "[]"},
		"for each its own":    {"mode", "manual", "use-same-proxy", "false", "http host", "web.test", "https host", "", "socks host", "", "ignore-hosts", "[]"},
		"SOCKS for the rest":  {"mode", "manual", "use-same-proxy", "false", "http host", "web.test", "https host", "", "socks host", "socks.test", "socks port", "1080", "ignore-hosts", "[]"},
		"switched off again":  {"mode", "none", "ignore-hosts", "[]"},
		"everything excepted": {"mode", "manual", "https host", "secure.test", "https port", "8443", "ignore-hosts", "['0.0.0.0/0', '*.test', '*.com', '::/0', 'intranet']"},
	} {
		t.Run(name, func(t *testing.T) {
			d.t = t
			d.run("gsettings", "reset-recursively", "org.gnome.system.proxy")
			d.set(pairs...)
			for _, address := range addresses {
				got := d.ask(address)
				if len(got.Ways) != 1 || got.Err != nil {
					t.Fatalf("%s: %+v", address, got)
				}
				theirs := asOurs(d.portal(address))
				if got.Ways[0] != theirs {
					t.Errorf("%s: %s, and for the portal %s", address, got.Ways[0], theirs)
				}
			}
		})
	}
}

// asOurs is a portal's first answer as [Answer] writes it.
func asOurs(ways []string) string {
	found, err := parseWays(ways)
	if err != nil || len(found) == 0 {
		return strings.Join(ways, " ")
	}
	if found[0] == nil {
		return Direct
	}
	return show(found[0])
}

// What GNOME's programs make nothing of is read as it was meant.
func TestGNOMEsSettingsThatGNOMEDoesNotUnderstand(t *testing.T) {
	d := newDesktop(t, true)
	d.set("mode", "manual", "https host", "fd00::9", "https port", "8443", "http host", "web.test", "http port", "0")
	if got := newTransport(t, Options{}).Settings(); got.HTTPS != "http://[fd00::9]:8443" || got.HTTP != "http://web.test:80" {
		t.Errorf("%+v", got)
	}
}

// A name and a password of the settings reach the proxy, and no eye.
func TestGNOMEsPassword(t *testing.T) {
	d := newDesktop(t, true)
	d.set("mode", "manual", "http host", "web.test", "http port", "3128", "http use-authentication", "true", "http authentication-user", "ada", "http authentication-password", "s3:cr@t")
	tr := newTransport(t, Options{})
	found, err := tr.wayTo(t.Context(), &url.URL{Scheme: "http", Host: "login.test"})
	if err != nil || len(found.ways) != 1 || found.ways[0].named != bySetting {
		t.Fatalf("%+v, %v", found, err)
	}
	if password, _ := found.ways[0].proxy.User.Password(); found.ways[0].proxy.User.Username() != "ada" || password != "s3:cr@t" {
		t.Errorf("the proxy gets %s", found.ways[0].proxy.User)
	}
	if diff := cmp.Diff(Settings{HTTP: "http://web.test:3128", HTTPS: "http://web.test:3128", Source: SourceDesktop}, tr.Settings()); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

// IT's settings lie below the person's, and above where they are locked.
func TestSettingsOfITOnADesktop(t *testing.T) {
	d := newDesktop(t, true)
	if _, err := exec.LookPath("dconf"); err != nil {
		t.Skip("dconf is not installed: ", err)
	}
	keys, file := filepath.Join(d.home, "it.d"), filepath.Join(d.home, "it")
	d.write(filepath.Join(keys, "proxy"), "[system/proxy]\nmode='auto'\nautoconfig-url='http://wpad.test/proxy.pac'\n")
	profile := filepath.Join(d.home, "profile")
	d.write(profile, "# of IT\nuser-db:user\nfile-db:"+file+"\n")
	t.Setenv("DCONF_PROFILE", profile)
	check := func(what string, want Settings) {
		t.Helper()
		d.run("dconf", "compile", file, keys)
		if mode := d.run("gsettings", "get", "org.gnome.system.proxy", "mode"); (mode == "'none'") != (want.Source == SourceNone) {
			t.Errorf("%s: GNOME itself says %s", what, mode)
		}
		if diff := cmp.Diff(want, newTransport(t, Options{}).Settings(), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	ofIT := Settings{PAC: "http://wpad.test/proxy.pac", Source: SourceDesktop}
	check("the person has set nothing", ofIT)
	d.set("mode", "none")
	check("the person has chosen", Settings{})
	d.write(filepath.Join(keys, "locks", "proxy"), "/system/proxy/mode\n/system/proxy/autoconfig-url\n")
	check("IT has locked it", ofIT)
}

// Where a sandbox lets nobody but the portal through, the portal is asked.
func TestTheRealPortalIsAsked(t *testing.T) {
	d := newDesktop(t, true)
	if _, err := exec.LookPath("xdg-dbus-proxy"); err != nil {
		t.Skip("xdg-dbus-proxy is not installed: ", err)
	}
	file := filepath.Join(d.home, "proxy.pac")
	d.write(file, byHost)
	d.set("mode", "auto", "autoconfig-url", "file://"+file)
	socket := filepath.Join(d.home, "run", "sandbox")
	ready, tell, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer ready.Close()
	cmd := exec.Command("xdg-dbus-proxy", "--fd=3", os.Getenv("DBUS_SESSION_BUS_ADDRESS"), socket, "--filter", "--talk="+portal)
	cmd.ExtraFiles = []*os.File{tell}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	tell.Close()
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	if _, err := ready.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+socket)
	want := Answer{Ways: []string{"http://proxy.test:3128", Direct}, Source: SourceDesktop, Script: "file://" + file}
	if diff := cmp.Diff(want, d.ask("https://login.test/")); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	// Its "direct" may mean that it knows nothing.
	var missing *EvaluatorError
	if got := d.ask("https://a.inside.test/"); !errors.As(got.Err, &missing) || !cmp.Equal(got.Ways, []string{Direct}) {
		t.Errorf("the portal's direct: %+v", got)
	}
}

// KDE's file, as KDE's own program writes it.
func TestKDEsFile(t *testing.T) {
	d := newDesktop(t, true, "XDG_CURRENT_DESKTOP=KDE")
	if _, err := exec.LookPath("kwriteconfig5"); err != nil {
		t.Skip("kwriteconfig5 is not installed: ", err)
	}
	file := filepath.Join(d.home, "proxy.pac")
	d.write(file, byHost)
	set := func(pairs ...string) {
		t.Helper()
		for i := 0; i < len(pairs); i += 2 {
			d.run("kwriteconfig5", "--file", "kioslaverc", "--group", "Proxy Settings", "--key", pairs[i], pairs[i+1])
		}
	}
	ask := func(what, address string, want Answer) {
		t.Helper()
		if diff := cmp.Diff(want, d.ask(address)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	direct, proxied := Answer{Ways: []string{Direct}}, Answer{Ways: []string{"http://secure.test:8443"}, Source: SourceKDE}
	excepted := Answer{Ways: []string{Direct}, Source: SourceKDE}
	ask("no file", "https://login.test/", direct)
	set("httpProxy", "http://web.test 3128", "httpsProxy", "http://secure.test 8443", "NoProxyFor", "example.com,.inside.test, 10.0.0.0/8", "Proxy Config Script", file)
	ask("nothing chosen", "https://login.test/", direct)
	set("ProxyType", "0")
	ask("no proxy", "https://login.test/", direct)
	set("ProxyType", "1")
	ask("set by hand", "https://login.test/", proxied)
	ask("for http", "http://login.test/", Answer{Ways: []string{"http://web.test:3128"}, Source: SourceKDE})
	for _, address := range []string{"https://example.com/", "https://www.example.com/", "https://a.inside.test/", "https://10.1.2.3/"} {
		ask("excepted", address, excepted)
	}
	set("ReversedException", "true")
	ask("the only ones", "https://www.example.com/", proxied)
	ask("all others", "https://login.test/", excepted)
	set("ProxyType", "2")
	ask("a script", "https://login.test/", Answer{Ways: []string{"http://proxy.test:3128", Direct}, Source: SourceKDE, Script: "file://" + file})
	set("ProxyType", "4", "httpsProxy", "OFFICE_PROXY", "httpProxy", "", "NoProxyFor", "", "ReversedException", "false")
	t.Setenv("OFFICE_PROXY", "http://secure.test:8443")
	ask("of the environment", "https://login.test/", proxied)
	set("ProxyType", "3")
	if got := newTransport(t, Options{}).Settings(); !got.AutoDetect || got.Source != SourceKDE {
		t.Errorf("detection: %+v", got)
	}
}

func TestKDEsSettingsOfIT(t *testing.T) {
	home, shared := t.TempDir(), t.TempDir()
	env := func(name string) string {
		return map[string]string{"XDG_CONFIG_HOME": home, "XDG_CONFIG_DIRS": shared}[name]
	}
	write := func(folder, text string) {
		if err := os.WriteFile(filepath.Join(folder, "kioslaverc"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	person := "[Other]\nProxyType=3\n[Proxy Settings]\n# mine\nProxyType=0\nhttpsProxy=http://mine.test 1\n"
	for name, test := range map[string]struct{ it, want string }{
		"below":             {"[Proxy Settings]\nProxyType=1\nhttpsProxy=http://it.test 1\n", ""},
		"a key is fixed":    {"[Proxy Settings]\nProxyType[$i]=1\nhttpsProxy=http://it.test 1\n", "http://mine.test:1"},
		"the group is":      {"[Proxy Settings][$i]\nProxyType=1\nhttpsProxy=http://it.test 1\n", "http://it.test:1"},
		"the whole file is": {"[$i]\n[Proxy Settings]\nProxyType=1\nhttpsProxy=http://it.test 1\n", "http://it.test:1"},
		"nonsense":          {"[Proxy Settings\n=\n[]\nProxyType", ""},
	} {
		write(home, person)
		write(shared, test.it)
		if got := show(readKDE(env).https); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// A desktop whose settings are not known has none.
func TestOtherDesktops(t *testing.T) {
	d := newDesktop(t, true)
	d.set("mode", "manual", "https host", "secure.test", "https port", "8443")
	for name, want := range map[string]Source{
		"GNOME": SourceDesktop, "ubuntu:GNOME": SourceDesktop, "X-Cinnamon": SourceDesktop, "Budgie:GNOME": SourceDesktop, "": SourceDesktop,
		"XFCE": SourceNone, "sway": SourceNone, "KDE": SourceNone,
	} {
		t.Setenv("XDG_CURRENT_DESKTOP", name)
		if got := newTransport(t, Options{}).Settings().Source; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestBrokenFilesOfDconf(t *testing.T) {
	d := newDesktop(t, true)
	d.set("mode", "manual", "https host", "secure.test", "https port", "8443")
	file := filepath.Join(d.home, ".config/dconf/user")
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if tr := newTransport(t, Options{}); tr.Settings().HTTPS != "http://secure.test:8443" {
		t.Fatalf("%+v", tr.Settings())
	}
	for n := range good {
		for _, broken := range [][]byte{good[:n], append(append(append([]byte{}, good[:n]...), good[n]^0xff), good[n+1:]...)} {
			if g, err := parseGVDB(broken); err == nil {
				g.values(dconfProxy) // it need not be right, but must end
			}
		}
	}
	d.write(file, strings.Repeat("nonsense", 9))
	if got := newTransport(t, Options{}).Settings(); !errors.Is(got.Err, errGVDB) || got.Source != SourceNone {
		t.Errorf("%+v", got)
	}
}
