package diag

import (
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/portal/manifest"
	"github.com/portico-desktop/portico/app/words"
	"github.com/portico-desktop/portico/auth/network"
)

// stranger is an examination of nothing, for looking at single checks.
func stranger(change func(*Desk)) *examination {
	d := Desk{
		Build: "0.1.0", Browsers: func() []desktop.Browser { return nil }, LogOn: func() []desktop.LogOnEntry { return nil },
	}.withDefaults()
	if change != nil {
		change(&d)
	}
	return &examination{Desk: d, keyStore: &check{}, proxy: &check{}, clock: &check{}, manifest: &check{}}
}

func only(t *testing.T, checks []*check) *check {
	t.Helper()
	if len(checks) != 1 {
		t.Fatalf("there are %d results", len(checks))
	}
	return checks[0]
}

// how is a result in short: its status, with the problem's code.
func (c *check) how() string {
	if c.Problem == nil {
		return string(c.Status)
	}
	return string(c.Status) + " " + string(c.Problem.Code)
}

func TestEveryCheckHasWords(t *testing.T) {
	for _, language := range []string{"en", "de"} {
		w := words.New(language)
		for _, id := range checkIDs() {
			if text := w.Text("check." + id); text == "check."+id || len([]rune(text)) > 40 {
				t.Errorf("%s: the check %s is called %q", language, id, text)
			}
		}
		for _, group := range []string{groupComputer, groupWay, groupPortal, groupSignIn} {
			if text := w.Text("check.group." + group); text == "check.group."+group {
				t.Errorf("%s: the group %s has no name", language, group)
			}
		}
	}
}

func checkIDs() []string {
	return append(causes(), "policy", "authorities", "autostart", "tray", "notifications", "opengl", "versions")
}

// Whoever answers the telephone looks a check up.
func TestEveryCheckIsInTheGuide(t *testing.T) {
	guide, err := os.ReadFile("DOCTOR.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range checkIDs() {
		if !strings.Contains(string(guide), "\n| `"+id+"` |") {
			t.Errorf("the check %s is not in the table", id)
		}
	}
	if rows := strings.Count(string(guide), "\n| `"); rows != len(checkIDs()) {
		t.Errorf("the table has %d rows for %d checks", rows, len(checkIDs()))
	}
}

func TestWhatExplainsComesFirst(t *testing.T) {
	result := func(id string, status localapi.CheckStatus, because string) localapi.CheckResult {
		return localapi.CheckResult{ID: id, Status: status, Because: because}
	}
	for name, tc := range map[string]struct {
		checks []localapi.CheckResult
		want   string
	}{
		"nothing is bad": {[]localapi.CheckResult{result("tray", localapi.CheckWarning, "")}, ""},
		"a policy that explains nothing comes last": {
			[]localapi.CheckResult{result("policy", localapi.CheckBad, ""), result("browser", localapi.CheckBad, "")}, "browser",
		},
		"a policy that explains comes first": {
			[]localapi.CheckResult{result("policy", localapi.CheckBad, ""), result("portal-address", localapi.CheckSkipped, "policy"), result("dns", localapi.CheckBad, "")}, "policy",
		},
		"authorities that are not used and explain come first": {
			[]localapi.CheckResult{result("authorities", localapi.CheckBad, ""), result("tls", localapi.CheckSkipped, "authorities"), result("dns", localapi.CheckBad, "")}, "authorities",
		},
		"a policy alone": {[]localapi.CheckResult{result("policy", localapi.CheckBad, "")}, "policy"},
		"the way out comes before the key store": {
			[]localapi.CheckResult{result("key-store", localapi.CheckBad, ""), result("tls", localapi.CheckBad, "")}, "tls",
		},
	} {
		if got := causeOf(tc.checks); got != tc.want {
			t.Errorf("%s: the cause is %q, want %q", name, got, tc.want)
		}
	}
}

func TestAChainOfReasonsLeadsToTheOneThatIsBad(t *testing.T) {
	name := bad("dns", groupWay, "", &localapi.Problem{Code: localapi.NameNotFound})
	connection := after(name, "tls", groupWay, "")
	description := after(connection, "manifest", groupPortal, "")
	healthy := good("key-store", groupComputer, "")
	secret := bad("provider", groupSignIn, "", &localapi.Problem{Code: localapi.KeyStoreLocked})
	secret.because = healthy
	r := stranger(nil).report([]*check{name, connection, description, healthy, secret})
	got := map[string]string{}
	for _, c := range r.Checks {
		got[c.ID] = string(c.Status) + " " + c.Because
	}
	want := map[string]string{"dns": "bad ", "tls": "skipped dns", "manifest": "skipped dns", "key-store": "good ", "provider": "bad "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if r.Cause != "dns" || r.First().ID != "dns" {
		t.Errorf("the cause is %q", r.Cause)
	}
}

func TestProxySettingsAreSaidWithoutSecrets(t *testing.T) {
	x := stranger(nil)
	for name, tc := range map[string]struct {
		settings network.Settings
		how      string
		says     []string
	}{
		"none":            {network.Settings{}, "good", []string{"none: requests go out directly"}},
		"by policy":       {network.Settings{HTTP: "http://proxy.test:8080", HTTPS: "http://proxy.test:8080", Source: network.SourceOptions, Bypass: []string{"*.corp"}}, "good", []string{"set by the policy Proxy", "not for: *.corp"}},
		"a proxy script":  {network.Settings{PAC: "http://wpad.test/proxy.pac", Source: network.SourceWindows}, "good", []string{"set by Windows\n", "proxy script: http://wpad.test/proxy.pac"}},
		"for all users":   {network.Settings{HTTPS: "http://proxy.test:1", Source: network.SourcePolicy}, "good", []string{"set by Windows, for everybody on this computer\n"}},
		"by environment":  {network.Settings{HTTPS: "http://proxy.test:1", Source: network.SourceEnvironment}, "good", []string{"set by the environment (HTTPS_PROXY, HTTP_PROXY)\n"}},
		"of a Mac":        {network.Settings{HTTPS: "http://proxy.test:1", Source: network.SourceMac}, "good", []string{"set by macOS\n"}},
		"script and more": {network.Settings{PAC: "http://wpad.test/", HTTPS: "http://proxy.test:1", Source: network.SourceDesktop}, "good", []string{"set by the desktop (org.gnome.system.proxy)", "for https: http://proxy.test:1"}},
		"discovery":       {network.Settings{AutoDetect: true, Source: network.SourceKDE}, "good", []string{"set by KDE", "(WPAD): on"}},
	} {
		c := x.proxyOf(t.Context(), tc.settings)
		text := c.Subject + "\n" + strings.Join(c.Facts, "\n")
		if c.how() != tc.how {
			t.Errorf("%s: it is %s, want %s", name, c.how(), tc.how)
		}
		for _, part := range tc.says {
			if !strings.Contains(text, part) {
				t.Errorf("%s: %q is not said:\n%s", name, part, text)
			}
		}
	}
}

// What a script has said of each host is said with who said it, and what was missing.
func TestWhatScriptsHaveSaid(t *testing.T) {
	lost := func(name string, way network.Answer) *host {
		h := &host{address: &url.URL{Scheme: "https", Host: name}, way: way}
		h.dns = bad("dns", groupWay, name, &localapi.Problem{Code: localapi.NameNotFound})
		h.tls = after(h.dns, "tls", groupWay, name)
		return h
	}
	reached := func(name, proxy string, way network.Answer) *host {
		return &host{address: &url.URL{Scheme: "https", Host: name}, way: way, proxyURL: proxy, dns: good("dns", groupWay, name), tls: good("tls", groupWay, name)}
	}
	const script = "http://wpad.test/proxy.pac"
	late := &network.ScriptError{Script: script, Err: errors.New("status 404")}
	missing := &network.ScriptError{Script: script, Err: &network.EvaluatorError{Install: "sudo apt install it"}}
	proxied := network.Answer{Ways: []string{"http://proxy.test:8080", network.Direct}, Script: script}
	kept := network.Answer{Ways: proxied.Ways, Script: script, Kept: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Err: late}
	for name, tc := range map[string]struct {
		hosts   []*host
		how     string
		subject string
		says    []string
		because bool // the first host's failure is this one's
	}{
		"answered":  {hosts: []*host{reached("portal.test", "http://proxy.test:8080", proxied)}, how: "good", subject: "http://proxy.test:8080", says: []string{"to portal.test: http://proxy.test:8080, then direct (says the script " + script + ")"}},
		"found":     {hosts: []*host{reached("portal.test", "", network.Answer{Ways: []string{network.Direct}, Detected: true})}, how: "good", says: []string{"to portal.test: direct (says the script that this network offers)"}},
		"not asked": {hosts: []*host{reached("portal.test", "http://proxy.test:8080", kept)}, how: "warning proxy-script", subject: script, says: []string{"last asked 2026-01-02T03:04:05Z", "status 404"}},
		"lost":      {hosts: []*host{lost("portal.test", network.Answer{Ways: []string{network.Direct}, Err: missing})}, how: "bad proxy-script", subject: script, says: []string{"sudo apt install it"}, because: true},
		"elsewhere": {hosts: []*host{lost("portal.test", network.Answer{Ways: []string{network.Direct}, Script: script})}, how: "good"},
	} {
		t.Run(name, func(t *testing.T) {
			x := stranger(nil)
			x.hosts = tc.hosts
			*x.proxy = *x.proxyOf(t.Context(), network.Settings{PAC: script, Source: network.SourceDesktop})
			text := strings.Join(x.proxy.Facts, "\n")
			for _, part := range tc.says {
				if !strings.Contains(text, part) {
					t.Errorf("%q is not said:\n%s", part, text)
				}
			}
			if x.proxy.how() != tc.how || x.proxy.Subject != tc.subject {
				t.Errorf("it is %s about %q, want %s about %q", x.proxy.how(), x.proxy.Subject, tc.how, tc.subject)
			}
			if because := x.hosts[0].tls.root() == x.proxy; because != tc.because {
				t.Errorf("the host is lost because of it: %v", because)
			}
			if tc.because && x.proxy.Problem.Params["install"] != "sudo apt install it" {
				t.Errorf("what to install is not said: %v", x.proxy.Problem.Params)
			}
		})
	}
}

func TestClocksThatServersDoNotAgreeOn(t *testing.T) {
	for name, tc := range map[string]struct {
		ahead []time.Duration
		how   string
	}{
		"one agrees":        {[]time.Duration{time.Hour, 3 * time.Second}, "good"},
		"none agrees":       {[]time.Duration{time.Hour, 2 * time.Hour}, "bad clock-wrong"},
		"a little ahead":    {[]time.Duration{6 * time.Minute}, "warning clock-wrong"},
		"a little behind":   {[]time.Duration{-6 * time.Minute}, "bad clock-wrong"},
		"nobody tells it":   {nil, "skipped"},
		"seconds, as usual": {[]time.Duration{-time.Second}, "good"},
	} {
		x := stranger(nil)
		for _, ahead := range tc.ahead {
			x.hosts = append(x.hosts, &host{address: mustParse(t, "https://login.test"), dated: true, ahead: ahead})
		}
		x.checkClock()
		if x.clock.how() != tc.how {
			t.Errorf("%s: it is %s, want %s", name, x.clock.how(), tc.how)
		}
	}
}

func TestStartAtLogOn(t *testing.T) {
	registered := func() []desktop.LogOnEntry { return []desktop.LogOnEntry{{Place: "/etc/xdg/autostart/x.desktop"}} }
	for name, tc := range map[string]struct {
		change func(*Desk)
		how    string
	}{
		"on and registered":      {func(d *Desk) { d.Autostart, d.LogOn = true, registered }, "good"},
		"on and not registered":  {func(d *Desk) { d.Autostart = true }, "warning autostart-missing"},
		"off and registered":     {func(d *Desk) { d.LogOn = registered }, "good"},
		"off and not registered": {nil, "good"},
		"one of its own":         {func(d *Desk) { d.Autostart, d.Paths.Custom = true, true }, "skipped"},
	} {
		if c := only(t, stranger(tc.change).checkAutostart(t.Context())); c.how() != tc.how {
			t.Errorf("%s: it is %s, want %s", name, c.how(), tc.how)
		}
	}
}

func TestAKeyStoreThatIsNotUsedIsNotTried(t *testing.T) {
	x := stranger(func(d *Desk) { d.StoreKind = "memory" }) // without a store it would crash
	if c := only(t, x.checkKeyStore(t.Context())); c.how() != "skipped" {
		t.Errorf("it is %s", c.how())
	}
}

func TestTextOfOthersCannotDisturbALine(t *testing.T) {
	got := forDisplay("a\x1b[31m\u202eb\nc" + strings.Repeat("x", 2*longestFact))
	if strings.ContainsAny(got, "\x1b\n\u202e") || len([]rune(got)) > longestFact {
		t.Errorf("it is %q", got)
	}
}

func mustParse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestOneThingIsNotSeveral(t *testing.T) {
	for n, want := range map[int]string{0: "0 apps", 1: "1 app", 2: "2 apps"} {
		if got := counted(n, "app"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestSignInsThatCannotBeRememberedAreWarnedOf(t *testing.T) {
	none := &localapi.Problem{Code: localapi.NoRefreshToken, Params: map[string]string{"provider": "work"}}
	entra := "https://login.microsoftonline.com/00000000-0000-4000-8000-000000000001/v2.0"
	for name, tc := range map[string]struct {
		unkept *localapi.Problem
		p      manifest.Provider
		warned bool
	}{
		"all is well":                        {nil, manifest.Provider{ID: "work", Authority: "https://id.example"}, false},
		"it gave none":                       {none, manifest.Provider{ID: "work", Authority: "https://id.example"}, true},
		"another one gave none":              {none, manifest.Provider{ID: "home", Authority: "https://id.example"}, false},
		"the key store did not take it":      {&localapi.Problem{Code: localapi.KeyStoreFull}, manifest.Provider{ID: "work", Authority: "https://id.example"}, false},
		"scopes without it, many give one":   {nil, manifest.Provider{ID: "work", Authority: "https://id.example", Scopes: []string{"openid"}}, false},
		"scopes without it, Entra":           {nil, manifest.Provider{ID: "work", Authority: entra, Scopes: []string{"openid"}}, true},
		"scopes with it, Entra":              {nil, manifest.Provider{ID: "work", Authority: entra, Scopes: []string{"openid", "offline_access"}}, false},
		"scopes without it, Google":          {nil, manifest.Provider{ID: "work", Authority: "https://accounts.google.com", Scopes: []string{"openid"}}, true},
		"the default scopes ask Google, too": {nil, manifest.Provider{ID: "work", Authority: "https://accounts.google.com"}, false},
	} {
		got := stranger(func(d *Desk) { d.Unkept = tc.unkept }).notRenewable(tc.p)
		if (got != nil) != tc.warned || got != nil && (got.Code != localapi.NoRefreshToken || got.Params["provider"] != tc.p.ID) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestFoldersThatTakeNothingComeBeforeAnAddress holds that nobody is sent to set the
// portal's address where it could not be kept.
func TestFoldersThatTakeNothingComeBeforeAnAddress(t *testing.T) {
	var checks []localapi.CheckResult
	for _, id := range []string{"portal-address", "disk", "key-store"} {
		checks = append(checks, localapi.CheckResult{ID: id, Status: localapi.CheckBad})
	}
	if got := causeOf(checks); got != "disk" {
		t.Errorf("the cause is %q", got)
	}
}
