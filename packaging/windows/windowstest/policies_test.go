package windowstest

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// policies are what is below Policies.
func (c *computer) policies(want map[string]string) {
	c.t.Helper()
	if diff := cmp.Diff(want, c.registry(policyKey)); diff != "" {
		c.t.Errorf("policies (-want +got):\n%s", diff)
	}
}

// decide sets a policy, as Group Policy does.
func (c *computer) decide(name, value string) {
	c.t.Helper()
	c.must("reg", "add", policyKey, "/v", name, "/d", value, "/f", "/reg:64")
}

// 0.1.0 wrote what it was told into Policies, and takes away what is there when the
// upgrade removes it, whoever has written it.
func TestAnUpgradeFromAPackageThatWrotePoliciesKeepsThoseOfGroupPolicy(t *testing.T) {
	c := newComputer(t)
	const mine, theirs = "https://portal.example.com", "https://decided.example.com/?a=[ProductName]&b=%PATH%"
	for _, tt := range []struct {
		name    string
		told    []string          // what 0.1.0 was told
		decided map[string]string // what Group Policy has set since
		deleted string            // what it has taken away since
		policy  map[string]string // what has to be there after the upgrade
		left    map[string]string // what the package remembers
	}{
		{
			"nothing was decided", []string{"PORTALURL=" + mine, "AUTOSTART=never"}, nil, "",
			map[string]string{}, map[string]string{"|PortalUrl": mine, "|Autostart": "never"},
		},
		{
			"the same was decided", []string{"PORTALURL=" + mine}, map[string]string{"PortalURL": mine}, "",
			map[string]string{}, map[string]string{"|PortalUrl": mine},
		},
		{
			"another portal was decided", []string{"PORTALURL=" + mine, "AUTOSTART=never"}, map[string]string{"PortalURL": theirs}, "",
			map[string]string{"|PortalURL": theirs}, map[string]string{"|PortalUrl": mine, "|Autostart": "never"},
		},
		{
			"everything was decided, and more", []string{"PORTALURL=" + mine, "AUTOSTART=never"}, map[string]string{"PortalURL": theirs, "Autostart": "always", "Theme": "dark"}, "",
			map[string]string{"|PortalURL": theirs, "|Autostart": "always", "|Theme": "dark"}, map[string]string{"|PortalUrl": mine, "|Autostart": "never"},
		},
		{
			"it was told nothing", nil, map[string]string{"PortalURL": theirs}, "",
			map[string]string{"|PortalURL": theirs}, map[string]string{},
		},
		{
			"the policy was taken back", []string{"PORTALURL=" + mine}, nil, "PortalURL",
			map[string]string{}, map[string]string{"|PortalUrl": mine},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := &computer{t: t, prefix: c.prefix, env: c.env}
			c.install(legacyMSI, tt.told...)
			for name, value := range tt.decided {
				c.decide(name, value)
			}
			if tt.deleted != "" {
				c.must("reg", "delete", policyKey, "/v", tt.deleted, "/f", "/reg:64")
			}
			c.install(laterMSI)
			c.policies(tt.policy)
			remembered := c.registry(settingsKey)
			maps.DeleteFunc(remembered, func(name, value string) bool { return name != "|PortalUrl" && name != "|Autostart" || value == "" })
			if diff := cmp.Diff(tt.left, remembered); diff != "" {
				t.Errorf("remembered (-want +got):\n%s", diff)
			}
			if len(tt.policy) == 0 {
				if _, code := c.run("", "reg", "query", policyKey, "/reg:64"); code == 0 {
					t.Error("an empty key is left among the policies")
				}
			}

			// From here on they are Group Policy's alone: no repair brings back what it takes
			// away, and no removal takes what is there.
			if _, decided := tt.policy["|PortalURL"]; decided {
				c.decide("PortalURL", "https://later.example.com")
				c.must("msiexec", "/i", productCode(later), "REINSTALL=ALL", "REINSTALLMODE=amus", "/qn")
				if got := c.registry(policyKey)["|PortalURL"]; got != "https://later.example.com" {
					t.Errorf("a repair made %q of it", got)
				}
				c.must("reg", "delete", policyKey, "/v", "PortalURL", "/f", "/reg:64")
				c.must("msiexec", "/i", productCode(later), "REINSTALL=ALL", "REINSTALLMODE=amus", "/qn")
				if got, there := c.registry(policyKey)["|PortalURL"]; there {
					t.Errorf("a repair has brought %q back", got)
				}
				c.decide("PortalURL", theirs)
			}
			c.must("msiexec", "/x", productCode(later), "/qn")
			c.policies(tt.policy)
			if left := c.registry(settingsKey); len(left) > 0 {
				t.Errorf("left after the removal: %v", left)
			}
			_, _ = c.run("", "reg", "delete", policyKey, "/f", "/reg:64")
		})
	}
}

// Between packages that write no policies there is nothing to save and put back.
func TestPoliciesAreNotTheInstallersToTouch(t *testing.T) {
	c := newComputer(t)
	c.install(msi, "PORTALURL=https://portal.example.com")
	c.decide("PortalURL", "https://decided.example.com")
	want := map[string]string{"|PortalURL": "https://decided.example.com"}
	c.install(laterMSI, "PORTALURL=https://new.example.com")
	c.policies(want)
	if got := c.registry(settingsKey)["|PortalUrl"]; got != "https://new.example.com" {
		t.Errorf("it was told %q", got)
	}
	c.must("msiexec", "/x", productCode(later), "/qn")
	c.policies(want)
}

// Windows Installer does nothing, and ends with 0, where the same version is there and
// nobody says REINSTALL. Wine takes a value in any case, so that here the table is
// looked at, and on Windows the workflow looks.
func TestThePackageSaysReinstallWhereAValueDiffers(t *testing.T) {
	for _, row := range table(t, msi, "CustomAction") {
		if row["Action"] == "ChangeWhatWasTold" && (row["Type"] != "51" || row["Source"] != "REINSTALL" || row["Target"] != "ALL") {
			t.Errorf("it is told by %v", row)
		}
	}
	want := "Installed AND NOT REMOVE AND NOT REINSTALL AND (PORTALURL<>LASTPORTALURL OR AUTOSTART<>LASTAUTOSTART OR DESKTOPSHORTCUT<>LASTDESKTOPSHORTCUT OR STARTMENU<>LASTSTARTMENU)"
	if got := pairs(t, msi, "InstallExecuteSequence", "Action", "Condition")["ChangeWhatWasTold"]; got != want {
		t.Errorf("it is told when %q, want %q", got, want)
	}
}

func TestTheInstalledVersionCanBeToldSomethingElse(t *testing.T) {
	c := newComputer(t)
	c.install(msi, "PORTALURL=https://portal.example.com")
	c.install(msi, "PORTALURL=https://new.example.com", "DESKTOPSHORTCUT=1")
	choices(c, map[string]string{"|PortalUrl": "https://new.example.com"}, true, true)
	c.install(msi, "DESKTOPSHORTCUT=0") // Windows takes the icon away then; Wine does not
	if got := c.registry(settingsKey)["|DesktopShortcut"]; got != "0" {
		t.Errorf("DESKTOPSHORTCUT=0 is remembered as %q", got)
	}
	c.install(msi)
	choices(c, map[string]string{"|PortalUrl": "https://new.example.com"}, true, true)
	if code := c.msiexec("/i", windows(msi), "/qn", "PORTALURL=http://portal.example.com"); code != 1603 {
		t.Errorf("a wrong address ended with %d, want 1603", code)
	}
	choices(c, map[string]string{"|PortalUrl": "https://new.example.com"}, true, true)
	machinePart(c, true, installed, version)
}
