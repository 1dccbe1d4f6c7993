package windowstest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	settingsKey  = `HKLM\Software\Portico`
	policyKey    = `HKLM\Software\Policies\Portico`
	linkKey      = `HKLM\Software\Classes\portico`
	eventKey     = `HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\Portico`
	runKey       = `HKLM\Software\Microsoft\Windows\CurrentVersion\Run`
	uninstallKey = `HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall\`
	pathKey      = `HKLM\System\CurrentControlSet\Control\Session Manager\Environment`
)

var programFiles = []string{"portico.exe", "portico-agent.exe", "porticoctl.exe", "LICENSE.txt", "THIRD-PARTY-NOTICES.txt"}

// machinePart fails the test unless everything is there (or, with want false,
// nothing is) of what an installation makes whatever its properties are.
func machinePart(c *computer, want bool, dir, version string) {
	c.t.Helper()
	has := func(what string, got bool) {
		c.t.Helper()
		if got != want {
			c.t.Errorf("%s: there %v, want %v", what, got, want)
		}
	}
	for _, name := range programFiles {
		has(dir+name, c.exists(dir+name))
	}
	link := c.registry(linkKey)
	has("portico:// links", link["|(Default)"] == "URL:Portico" && link[`shell\open\command|(Default)`] == `"`+dir+`portico.exe" "%1"`)
	has("the agent's start at log-on", c.registry(runKey)["|Portico"] == `"`+dir+`portico-agent.exe" --autostart`)
	events := c.registry(eventKey)
	has("the event source", events["|EventMessageFile"] == `%SystemRoot%\System32\EventCreate.exe` && events["|TypesSupported"] == "0x7")
	apps := c.registry(uninstallKey + productCode(version))
	has("the entry under Apps", apps["|DisplayName"] == "Portico" && apps["|DisplayVersion"] == version && apps["|Publisher"] == "Portico contributors" &&
		apps["|InstallLocation"] == dir && apps["|NoModify"] == "0x1" && strings.HasPrefix(apps["|HelpLink"], "https://"))
	has("the folder on PATH", strings.HasSuffix(c.registry(pathKey)["|PATH"], ";"+dir))
	has("what is remembered", c.registry(settingsKey)["|InstallDir"] == dir)
	if want {
		return
	}
	for _, key := range []string{settingsKey, policyKey, linkKey, eventKey, uninstallKey + productCode(version)} {
		if got := c.registry(key); len(got) > 0 {
			c.t.Errorf("%s is left with %v", key, got)
		}
		if _, code := c.run("", "reg", "query", key, "/reg:64"); code == 0 {
			c.t.Errorf("%s is left", key)
		}
	}
	if c.exists(strings.TrimSuffix(dir, `\`)) {
		c.t.Errorf("%s is left", dir)
	}
	if desktop, startMenu := c.shortcuts(); desktop || startMenu {
		c.t.Errorf("shortcuts are left: desktop %v, Start menu %v", desktop, startMenu)
	}
}

// choices fails the test unless what the package was told and the shortcuts are so,
// and nothing of it is among the policies.
func choices(c *computer, told map[string]string, desktop, startMenu bool) {
	c.t.Helper()
	got := map[string]string{}
	for name, value := range c.registry(settingsKey) {
		if (name == "|PortalUrl" || name == "|Autostart") && value != "" {
			got[name] = value
		}
	}
	if diff := cmp.Diff(told, got); diff != "" {
		c.t.Errorf("told (-want +got):\n%s", diff)
	}
	if policy := c.registry(policyKey); len(policy) > 0 {
		c.t.Errorf("the package has written among the policies: %v", policy)
	}
	if d, s := c.shortcuts(); d != desktop || s != startMenu {
		c.t.Errorf("shortcuts: desktop %v, Start menu %v; want %v, %v", d, s, desktop, startMenu)
	}
}

func TestPropertiesDecideWhatIsInstalledAndNothingIsLeft(t *testing.T) {
	c := newComputer(t)
	const portal = "https://portal.example.com/it?team=a&lang=de"
	for _, tt := range []struct {
		name               string
		properties         []string
		dir                string
		told               map[string]string
		desktop, startMenu bool
	}{
		{"none", nil, installed, map[string]string{}, false, true},
		{"portal", []string{"PORTALURL=" + portal}, installed, map[string]string{"|PortalUrl": portal}, false, true},
		{"no portal", []string{"PORTALURL=none", "AUTOSTART=always"}, installed, map[string]string{"|PortalUrl": "none", "|Autostart": "always"}, false, true},
		{"user decides", []string{"AUTOSTART=user-decides", "DESKTOPSHORTCUT=0", "STARTMENU=1", "LAUNCH=1"}, installed, map[string]string{"|Autostart": "user-decides"}, false, true},
		{"icons turned round", []string{"DESKTOPSHORTCUT=1", "STARTMENU=0"}, installed, map[string]string{}, true, false},
		{
			"everything", []string{"PORTALURL=" + portal, "AUTOSTART=never", "DESKTOPSHORTCUT=1", "STARTMENU=1", `INSTALLDIR=C:\Apps\IT portal`, "LAUNCH=0"},
			`C:\Apps\IT portal\`, map[string]string{"|PortalUrl": portal, "|Autostart": "never"}, true, true,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := &computer{t: t, prefix: c.prefix, env: c.env}
			c.install(msi, tt.properties...)
			machinePart(c, true, tt.dir, version)
			choices(c, tt.told, tt.desktop, tt.startMenu)
			c.must("msiexec", "/x", productCode(version), "/qn")
			machinePart(c, false, tt.dir, version)
		})
	}
}

// In Windows Installer [NAME] stands for a property and [~] ends a line of several.
// An address that has them stays what it was, also where an upgrade remembers it.
func TestAnAddressIsNotReadAsAFormat(t *testing.T) {
	c := newComputer(t)
	const portal = "https://[2001:db8::1]/it?a=[ProductName]&b=%PATH%&c=[~]&d=[!portico.exe]&e=[%PATH]&f=x%20y;z"
	c.install(formerMSI, "PORTALURL="+portal)
	choices(c, map[string]string{"|PortalUrl": portal}, false, true)
	c.install(msi)
	choices(c, map[string]string{"|PortalUrl": portal}, false, true)
}

func TestAWrongPropertyChangesNothing(t *testing.T) {
	c := newComputer(t)
	for _, property := range []string{"PORTALURL=portal.example.com", "PORTALURL=http://portal.example.com", "AUTOSTART=yes", "DESKTOPSHORTCUT=2", "STARTMENU=no", "LAUNCH=now"} {
		if code := c.msiexec("/i", windows(msi), "/qn", property); code != 1603 {
			t.Errorf("%s: msiexec ended with %d, want 1603", property, code)
		}
		machinePart(c, false, installed, version)
	}
}

func TestAnUpgradeKeepsWhatWasChosenAndWhoIsSignedIn(t *testing.T) {
	c := newComputer(t)
	const dir = `C:\Apps\Portico\`
	told := map[string]string{"|PortalUrl": "https://portal.example.com", "|Autostart": "never"}
	c.install(formerMSI, "PORTALURL=https://portal.example.com", "AUTOSTART=never", "DESKTOPSHORTCUT=1", "STARTMENU=0", `INSTALLDIR=C:\Apps\Portico`)
	machinePart(c, true, dir, former)
	choices(c, told, true, false)
	signIn := keepSecret(c, dir)

	c.install(msi)
	machinePart(c, true, dir, version)
	choices(c, told, true, false)
	if left := c.registry(uninstallKey + productCode(former)); len(left) > 0 {
		t.Errorf("the former version is still among the apps: %v", left)
	}
	signIn.check(c, dir)

	// The command line wins over what is remembered.
	c.must("msiexec", "/x", productCode(version), "/qn")
	c.install(formerMSI, "PORTALURL=https://portal.example.com", "AUTOSTART=never", "DESKTOPSHORTCUT=1")
	c.install(msi, "PORTALURL=https://new.example.com", "DESKTOPSHORTCUT=0", `INSTALLDIR=C:\Elsewhere`)
	machinePart(c, true, `C:\Elsewhere\`, version)
	choices(c, map[string]string{"|PortalUrl": "https://new.example.com", "|Autostart": "never"}, false, true)
	if c.exists(installed + "portico.exe") {
		t.Error("the programs are still in the former folder")
	}

	c.must("msiexec", "/x", productCode(version), "/qn")
	machinePart(c, false, `C:\Elsewhere\`, version)
	// An address can be taken away without removing the program.
	c.install(formerMSI, "PORTALURL=https://portal.example.com")
	c.install(msi, "PORTALURL=none")
	choices(c, map[string]string{"|PortalUrl": "none"}, false, true)
	// What belongs to the person is not the installer's to take away.
	signIn.check(c, installed)
}

// secret is a person's entry in the Credential Manager and their file.
type secret struct {
	manifest string
	entries  map[string]string
}

const (
	credentials = `HKCU\Software\Wine\Credential Manager`
	personFile  = `C:\users\Public\portico-person.txt`
)

// keepSecret has the installed console put a secret into the Credential Manager,
// as a sign-in does.
func keepSecret(c *computer, dir string) secret {
	c.t.Helper()
	manifest := filepath.Join(c.t.TempDir(), "portico.json")
	err := os.WriteFile(manifest, []byte(`{"version":1,"name":"Contoso IT","support":{"email":"help@contoso.example"},"providers":[{"id":"work","title":"Work","authority":"https://id.example.com",
		"client_id":"portico","client_auth":{"method":"client_secret_basic"}}]}`), 0o644)
	if err != nil {
		c.t.Fatal(err)
	}
	s := secret{manifest: windows(manifest)}
	if out, code := c.run("a-secret-of-the-provider\n", dir+"porticoctl.exe", "providers", "secret", "work", "--manifest", s.manifest, "--json"); code != 0 {
		c.t.Fatalf("porticoctl providers secret ended with %d:\n%s", code, out)
	}
	if s.entries = c.registry(credentials); len(s.entries) < 2 {
		c.t.Fatalf("nothing got into the Credential Manager: %v", s.entries)
	}
	return s
}

func (s secret) check(c *computer, dir string) {
	c.t.Helper()
	if diff := cmp.Diff(s.entries, c.registry(credentials)); diff != "" {
		c.t.Errorf("the Credential Manager has changed:\n%s", diff)
	}
	out, code := c.run("", dir+"porticoctl.exe", "providers", "--manifest", s.manifest, "--json")
	if strings.Contains(out, "secret-missing") || !strings.Contains(out, `"work"`) {
		c.t.Errorf("the secret is not found any more (exit %d):\n%s", code, out)
	}
}

func TestADowngradeIsRefused(t *testing.T) {
	c := newComputer(t)
	c.install(msi, "PORTALURL=https://portal.example.com")
	if code := c.msiexec("/i", windows(formerMSI), "/qn"); code != 1603 {
		t.Errorf("msiexec ended with %d, want 1603", code)
	}
	machinePart(c, true, installed, version)
	choices(c, map[string]string{"|PortalUrl": "https://portal.example.com"}, false, true)
	if message := pairs(t, msi, "LaunchCondition", "Condition", "Description")["NOT WIX_DOWNGRADE_DETECTED"]; !strings.Contains(message, "newer version") {
		t.Errorf("a person would be told: %q", message)
	}
}

func TestARepairBringsBackWhatIsMissing(t *testing.T) {
	c := newComputer(t)
	c.install(msi, "PORTALURL=https://portal.example.com", "DESKTOPSHORTCUT=1")
	if err := os.Remove(c.unix(installed + "portico-agent.exe")); err != nil {
		t.Fatal(err)
	}
	c.must("reg", "delete", linkKey, "/f", "/reg:64")
	// What "msiexec /famus" stands for; Wine's knows only the long form.
	c.must("msiexec", "/i", productCode(version), "REINSTALL=ALL", "REINSTALLMODE=amus", "/qn")
	machinePart(c, true, installed, version)
	choices(c, map[string]string{"|PortalUrl": "https://portal.example.com"}, true, true)
}
