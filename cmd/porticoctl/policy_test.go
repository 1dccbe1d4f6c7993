package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/words"
)

// managed is a report of a computer with a policy file.
func managed() localapi.PolicyReport {
	const file = "/etc/portico/policy.json"
	machine := localapi.PolicySource{Kind: "machine-policy", Where: file}
	setting := func(key policy.Name, value string, source localapi.PolicySource) localapi.PolicySetting {
		k, _ := policy.Lookup(key)
		return localapi.PolicySetting{
			Key: string(key), Kind: string(k.Kind), Value: json.RawMessage(value), Source: source,
			Overridable: k.Personal && source.Kind != "machine-policy", Waits: k.Waits,
		}
	}
	builtIn := localapi.PolicySource{Kind: "built-in"}
	theme := setting(policy.Theme, `"dark"`, machine)
	theme.Others = []localapi.PolicySaid{{Value: json.RawMessage(`"light"`), Source: localapi.PolicySource{Kind: "user-setting", Where: "settings.json"}}}
	remember := setting(policy.RememberMe, `"never"`, machine)
	remember.By = "KioskMode"
	return localapi.PolicyReport{
		Settings: []localapi.PolicySetting{
			setting(policy.Providers, `[{"id":"a"},{"id":"b"}]`, machine), theme, remember, setting(policy.Autostart, `"never"`, builtIn),
			setting(policy.StatusURL, `"https://status.example.net"`, machine), setting(policy.Menus, `null`, builtIn),
			setting(policy.Language, `"de"`, localapi.PolicySource{Kind: "policy-default", Where: file}),
		},
		Sources: []localapi.PolicySource{machine, {Kind: "policy-default", Where: file}},
		Managed: &localapi.Managed{Name: "Contoso IT", URL: "https://intranet.example.com"},
	}
}

func TestPolicySaysWhatCountsAndWhy(t *testing.T) {
	wrong := managed()
	wrong.Problems = []localapi.Problem{
		*problem(localapi.SettingIgnored, "key", "Theme", "value", "pink", "allowed", "system, light, dark", "where", "settings.json"),
		*problem(localapi.PolicyUnknownKey, "key", "PortalUrl", "where", "/etc/portico/policy.json", "suggestion", "PortalURL"),
	}
	own := wrong
	own.Problems = own.Problems[:1]
	through := func(n localapi.Network) localapi.PolicyReport {
		return localapi.PolicyReport{Sources: []localapi.PolicySource{}, Network: &n}
	}
	for name, tc := range map[string]struct {
		report localapi.PolicyReport
		args   []string
		exit   int
		has    []string
		hasNot string
	}{
		"everything": {managed(), nil, 0, []string{
			"Managed by Contoso IT (https://intranet.example.com)", "Providers  2 entries", "Theme     dark  policy of this computer (/etc/portico/policy.json)",
			"Language  de    default of your organisation (/etc/portico/policy.json); you may change it", "does nothing with it yet", "As built in:\n  Menus, Autostart\n",
		}, ""},
		"one key":                    {managed(), []string{"theme"}, 0, []string{"Theme\n", "system follows the desktop", "light – your own setting (settings.json)", "you cannot change it", "system, light, dark"}, "Language"},
		"a key that another decides": {managed(), []string{"RememberMe"}, 0, []string{"never", "KioskMode decides it"}, ""},
		"a key that waits":           {managed(), []string{"StatusURL"}, 0, []string{"does nothing with it yet", "begins with https://"}, ""},
		"problems":                   {wrong, nil, 13, []string{"“PortalUrl”", "“PortalURL” was meant", "“pink”", "Possible: system, light, dark"}, ""},
		"problems of the person's":   {own, nil, 13, []string{"“pink”"}, ""},
		"an unknown key":             {managed(), []string{"Wallpaper"}, 2, nil, ""},
		"a misspelt key":             {managed(), []string{"Prvoiders"}, 2, []string{"Perhaps “Providers” was meant"}, ""},
		"a policy that cannot be used": {localapi.PolicyReport{Sources: []localapi.PolicySource{}, Problems: []localapi.Problem{*problem(localapi.PolicyUnsafe, "where", "/etc/portico/policy.json", "reason", "it is")}},
			nil, 13, []string{"are not protected"}, "Nobody manages"},
		"a proxy of the environment":  {through(localapi.Network{Source: "environment", HTTPS: "http://proxy.example:8080", HTTP: "http://proxy.example:8080"}), nil, 0, []string{"set by the environment (HTTPS_PROXY, HTTP_PROXY): http://proxy.example:8080\n"}, ""},
		"a script of the desktop":     {through(localapi.Network{Source: "desktop", Script: "http://wpad.example/proxy.pac", Detect: true}), nil, 0, []string{"the desktop's settings: automatic detection (WPAD), http://wpad.example/proxy.pac"}, ""},
		"direct by policy":            {through(localapi.Network{Source: "policy"}), nil, 0, []string{"the policy Proxy: no proxy"}, ""},
		"a computer without policies": {localapi.PolicyReport{Sources: []localapi.PolicySource{}}, nil, 0, []string{"Nobody manages this computer"}, ""},
	} {
		for _, form := range []string{"text", "json"} {
			t.Run(name+", "+form, func(t *testing.T) {
				a := newAgent(state(localapi.SignedOut))
				a.policy = tc.report
				c := newConsole(a, false)
				args := append([]string{"policy"}, tc.args...)
				if form == "json" {
					args = append(args, "--json")
				}
				if code := c.run(t.Context(), t, args...); code != tc.exit {
					t.Errorf("exit %d, want %d\n%s%s", code, tc.exit, &c.out, &c.progress)
				}
				for _, text := range tc.has {
					if form == "text" && !strings.Contains(c.out.String()+c.progress.String(), text) {
						t.Errorf("no %q in\n%s%s", text, &c.out, &c.progress)
					}
				}
				if tc.hasNot != "" && strings.Contains(c.out.String(), tc.hasNot) {
					t.Errorf("%q in\n%s", tc.hasNot, &c.out)
				}
				if len(c.connected) > 0 && !c.connected[0].Options.Passive {
					t.Error("looking at policies signs somebody in")
				}
			})
		}
	}
}

func TestPolicyFilesAreCheckedBeforeTheyAreRolledOut(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		// Who may write it does not matter here.
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, tc := range map[string]struct {
		path string
		exit int
		has  string
	}{
		"a good one":       {file("good.json", `{"settings":{"Theme":"dark"}}`), 0, "good.json is good."},
		"one for nothing":  {file("empty.json", `{}`), 0, "sets nothing"},
		"a wrong value":    {file("wrong.json", `{"settings":{"Theme":"pink"}}`), 13, "wrong.json, line 1, column 22:\n  Theme is “pink”. Allowed: system, light, dark.\n"},
		"a wrong key":      {file("key.json", "{\"settings\":{\n  \"PortalUrl\": 1, \"Theme\": \"dark\"}}"), 13, "key.json, line 2, column 16:\n  “PortalUrl” is no key of this version of Portico. Perhaps “PortalURL” was meant.\n\nWindow\n  Theme  dark"},
		"two mistakes":     {file("two.json", `{"settings":{"Theme":"pink","KioskMode":"yes"}}`), 13, "\n2 mistakes. Correct them before"},
		"a slip":           {file("slip.json", "{\n\"settings\":{,}}"), 13, "slip.json, line 2, column 13:\n  invalid character ',' looking for beginning of object key string. Nothing of the file is used.\n\n1 mistake."},
		"a large one":      {file("large.json", `{"settings":{"ManagedByName":"`+strings.Repeat("a", 5<<20)+`"}}`), 13, "more than 1048576 bytes"},
		"a wrong provider": {file("provider.json", `{"settings":{"Providers":[{"id":"a"}]}}`), 13, "Providers"},
		"no file":          {filepath.Join(dir, "none.json"), 2, "cannot be read"},
		"a folder":         {dir, 2, "cannot be read"},
	} {
		for _, form := range []string{"text", "json"} {
			t.Run(name+", "+form, func(t *testing.T) {
				c := newConsole(nil, false)
				args := []string{"policy", "--check", tc.path}
				if form == "json" {
					args = append(args, "--json")
				}
				if code := c.run(t.Context(), t, args...); code != tc.exit {
					t.Errorf("exit %d, want %d\n%s%s", code, tc.exit, &c.out, &c.progress)
				}
				if text := c.out.String() + c.progress.String(); form == "text" && !strings.Contains(text, tc.has) {
					t.Errorf("no %q in\n%s", tc.has, text)
				}
				if text := c.out.String(); form == "text" && (strings.Contains(text, "IT team") || strings.Contains(text, "--check")) {
					t.Errorf("it speaks to somebody else than the administrator:\n%s", text)
				}
				if len(c.connected) > 0 {
					t.Error("an agent was asked")
				}
			})
		}
	}
}

func TestPolicyWordsAreThereInEveryLanguage(t *testing.T) {
	for _, language := range []string{"en", "de"} {
		w := words.New(language)
		there := func(id string, pairs ...string) {
			if text := w.Text(id, pairs...); text == id || strings.Contains(text, "<no value>") {
				t.Errorf("%s: no text for %s: %q", language, id, text)
			}
		}
		for _, group := range policy.Groups() {
			there("console.policy.group." + group)
		}
		for _, kind := range []policy.SourceKind{policy.Machine, policy.User, policy.Installer, policy.Personal, policy.Environment, policy.Defaults, policy.Manifest, policy.BuiltIn} {
			there("console.policy.source." + string(kind))
		}
		for _, k := range policy.Keys() {
			if form := k.Form(); form != "" {
				there("allowed."+form, "min", "1", "max", "2")
			}
		}
	}
}

func TestAutostartIsTurnedOnAndOff(t *testing.T) {
	report := func(value, source string) localapi.PolicyReport {
		return localapi.PolicyReport{Settings: []localapi.PolicySetting{{
			Key: "Autostart", Kind: "tri-state", Value: json.RawMessage(`"` + value + `"`), Source: localapi.PolicySource{Kind: source}, Overridable: source != "machine-policy",
		}}}
	}
	entry := []desktop.LogOnEntry{{Place: "/etc/xdg/autostart/portico.desktop", Command: "portico-agent --autostart"}}
	locked := problem(localapi.SettingManaged, "key", "Autostart", "by", "Contoso IT")
	for name, tc := range map[string]struct {
		args    []string
		report  localapi.PolicyReport
		entries []desktop.LogOnEntry
		err     error
		asked   string
		exit    int
		has     string
	}{
		"on":                        {[]string{"on"}, report("always", "user-setting"), entry, nil, "always", 0, "Portico starts when you log on."},
		"off":                       {[]string{"off"}, report("never", "user-setting"), entry, nil, "never", 0, "does not start"},
		"status":                    {[]string{"status"}, report("always", "built-in"), entry, nil, "", 0, "/etc/xdg/autostart/portico.desktop: portico-agent --autostart"},
		"alone":                     {nil, report("never", "machine-policy"), entry, nil, "", 0, "you cannot change it"},
		"off, by IT":                {[]string{"off"}, report("always", "machine-policy"), entry, locked, "never", 13, "Contoso IT"},
		"on, with nothing to start": {[]string{"on"}, report("always", "user-setting"), nil, nil, "always", 13, "Install Portico again"},
		"status, with nothing":      {[]string{"status"}, report("always", "built-in"), nil, nil, "", 13, "nothing on this computer starts it"},
		"off, with nothing":         {[]string{"off"}, report("never", "user-setting"), nil, nil, "never", 0, "does not start"},
		"something else":            {[]string{"perhaps"}, localapi.PolicyReport{}, nil, nil, "", 2, "perhaps"},
		"too much":                  {[]string{"on", "off"}, localapi.PolicyReport{}, nil, nil, "", 2, "off"},
	} {
		for _, form := range []string{"text", "json"} {
			t.Run(name+", "+form, func(t *testing.T) {
				a := newAgent(state(localapi.SignedOut))
				a.policy, a.errs["Set"] = tc.report, tc.err
				c := newConsole(a, false)
				c.entries = func() []desktop.LogOnEntry { return tc.entries }
				args := append([]string{"autostart"}, tc.args...)
				if form == "json" {
					args = append(args, "--json")
				}
				if code := c.run(t.Context(), t, args...); code != tc.exit {
					t.Errorf("exit %d, want %d\n%s%s", code, tc.exit, &c.out, &c.progress)
				}
				if text := c.out.String() + c.progress.String(); form == "text" && !strings.Contains(text, tc.has) {
					t.Errorf("no %q in\n%s", tc.has, text)
				}
				var asked string
				for _, what := range a.asked {
					if req, ok := what.(localapi.SettingRequest); ok && req.Key == "Autostart" {
						asked = req.Value
					}
				}
				if asked != tc.asked {
					t.Errorf("the agent was asked for %q, want %q", asked, tc.asked)
				}
			})
		}
	}
}
