package windowstest

import (
	"crypto/sha1" //nolint:gosec // what UUIDs of version 5 are made with
	"encoding/hex"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// upgradeCode never changes: by it an installer knows what it replaces. It is
// written out here, so that changing it in one place is noticed.
const upgradeCode = "48346913-819A-4C89-B928-1861AD61583D"

// table exports one table of a package: its rows by column.
func table(t *testing.T, msi, name string) []map[string]string {
	t.Helper()
	out, err := exec.Command("msiinfo", "export", msi, name).Output()
	if err != nil {
		t.Fatalf("msiinfo export %s: %v", name, err)
	}
	lines := strings.Split(strings.TrimSuffix(strings.ReplaceAll(string(out), "\r\n", "\n"), "\n"), "\n")
	if len(lines) < 3 {
		t.Fatalf("there is no table %s", name)
	}
	columns := strings.Split(lines[0], "\t")
	var rows []map[string]string
	for _, line := range lines[3:] {
		row := map[string]string{}
		for i, field := range strings.Split(line, "\t") {
			row[columns[i]] = field
		}
		rows = append(rows, row)
	}
	return rows
}

// pairs are two columns of a table.
func pairs(t *testing.T, msi, name, key, value string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, row := range table(t, msi, name) {
		found[row[key]] = row[value]
	}
	return found
}

// productCode is RFC 9562's name-based UUID, written apart from build.sh's.
func productCode(version string) string {
	space, err := hex.DecodeString(strings.ReplaceAll(upgradeCode, "-", ""))
	if err != nil {
		panic(err)
	}
	sum := sha1.Sum(append(space, "product "+version...)) //nolint:gosec // see above
	id := sum[:16]
	id[6] = id[6]&0x0f | 0x50
	id[8] = id[8]&0x3f | 0x80
	s := strings.ToUpper(hex.EncodeToString(id))
	return "{" + strings.Join([]string{s[:8], s[8:12], s[12:16], s[16:20], s[20:]}, "-") + "}"
}

func TestTheProductIsKnownByConstantAndDerivedCodes(t *testing.T) {
	p := readProduct(t)
	if p.UpgradeCode != "{"+upgradeCode+"}" {
		t.Errorf("product.json has the UpgradeCode %s, want {%s}", p.UpgradeCode, upgradeCode)
	}
	if got, want := filepath.Base(msi), strings.ReplaceAll(p.MSI, "{version}", version); got != want {
		t.Errorf("the package is called %s, product.json says %s", got, want)
	}
	if got := productCode("0.1.0"); got != "{348F1399-53A8-5CD8-A982-A882957F6070}" {
		t.Errorf("the ProductCode of 0.1.0 has become %s", got)
	}
	for _, c := range []struct{ msi, version string }{{msi, version}, {formerMSI, former}} {
		properties := pairs(t, c.msi, "Property", "Property", "Value")
		if got := properties["UpgradeCode"]; got != "{"+upgradeCode+"}" {
			t.Errorf("%s: UpgradeCode %s", c.version, got)
		}
		if got := properties["ProductCode"]; got != productCode(c.version) {
			t.Errorf("%s: ProductCode %s, want %s", c.version, got, productCode(c.version))
		}
		if got := properties["ProductVersion"]; got != c.version {
			t.Errorf("%s: ProductVersion %s", c.version, got)
		}
		if properties["Manufacturer"] != p.Manufacturer || properties["ProductName"] != p.Name {
			t.Errorf("%s: made by %q and called %q, product.json says %q and %q", c.version, properties["Manufacturer"], properties["ProductName"], p.Manufacturer, p.Name)
		}
	}
}

func TestPropertiesAreThoseOfAQuietPackageForTheWholeMachine(t *testing.T) {
	properties := pairs(t, msi, "Property", "Property", "Value")
	for name, want := range map[string]string{
		"ALLUSERS": "1", "ARPNOMODIFY": "1", "ARPPRODUCTICON": "portico.ico", "ARPHELPLINK": "https://github.com/portico-desktop/portico",
		"REBOOT": "ReallySuppress", "MSIRMSHUTDOWN": "1",
	} {
		if properties[name] != want {
			t.Errorf("%s is %q, want %q", name, properties[name], want)
		}
	}
	secure := strings.Split(properties["SecureCustomProperties"], ";")
	for name := range readProduct(t).Properties {
		if !slices.Contains(secure, name) {
			t.Errorf("%s is not in SecureCustomProperties: %v", name, secure)
		}
		// With a default of its own, a property would never be looked up.
		if value, ok := properties[name]; ok {
			t.Errorf("%s has the default %q in the Property table", name, value)
		}
	}
	for _, row := range table(t, msi, "AppSearch") {
		if !slices.Contains(secure, row["Property"]) {
			t.Errorf("%s is searched and not in SecureCustomProperties", row["Property"])
		}
	}
	for _, row := range table(t, msi, "Upgrade") {
		if row["UpgradeCode"] != "{"+upgradeCode+"}" || !slices.Contains(secure, row["ActionProperty"]) {
			t.Errorf("upgrade row %v", row)
		}
	}
}

func TestComponentsAre64BitAndFewDependOnConditions(t *testing.T) {
	conditions := map[string]string{}
	for _, row := range table(t, msi, "Component") {
		attributes, err := strconv.Atoi(row["Attributes"])
		if err != nil {
			t.Fatal(err)
		}
		if attributes&256 == 0 {
			t.Errorf("component %s is not 64-bit: its registry would be the 32-bit one", row["Component"])
		}
		if row["ComponentId"] == "" {
			t.Errorf("component %s has no id: it would stay behind", row["Component"])
		}
		if row["Condition"] == "" {
			continue
		}
		conditions[row["Component"]] = row["Condition"]
		if attributes&64 == 0 {
			t.Errorf("component %s: a repair would not look at its condition again", row["Component"])
		}
	}
	want := map[string]string{
		"KeptPortalURL": "NOT Installed AND WROTEPOLICIES AND POLICYPORTALURL AND POLICYPORTALURL<>LASTPORTALURL",
		"KeptAutostart": "NOT Installed AND WROTEPOLICIES AND POLICYAUTOSTART AND POLICYAUTOSTART<>LASTAUTOSTART",
		"StartMenu":     `STARTMENU<>"0"`, "Desktop": `DESKTOPSHORTCUT="1"`,
	}
	if diff := cmp.Diff(want, conditions); diff != "" {
		t.Errorf("conditions (-want +got):\n%s", diff)
	}
}

// The ids are how Windows counts who needs a file. They stay over versions.
func TestComponentIDsStay(t *testing.T) {
	now, before := pairs(t, msi, "Component", "Component", "ComponentId"), pairs(t, formerMSI, "Component", "Component", "ComponentId")
	if diff := cmp.Diff(before, now); diff != "" {
		t.Errorf("component ids depend on the version:\n%s", diff)
	}
	if got := now["Agent"]; got != "{5699E44B-7F1E-455D-99E5-6CFBB58277EB}" {
		t.Errorf("the agent's component is %s now", got)
	}
}

func TestTheRegistryIsTheMachinesAndOfPorticoOnly(t *testing.T) {
	p := readProduct(t)
	got := map[string]string{}
	for _, row := range table(t, msi, "Registry") {
		if row["Root"] != "2" {
			t.Errorf("%s is written below root %s, want 2 (HKLM)", row["Registry"], row["Root"])
		}
		got[row["Key"]+"|"+row["Name"]] = row["Value"]
	}
	events := `SYSTEM\CurrentControlSet\Services\EventLog\Application\` + p.EventSource + "|"
	want := map[string]string{
		`Software\Classes\portico|`:                                   "URL:Portico",
		`Software\Classes\portico|URL Protocol`:                       "",
		`Software\Classes\portico\DefaultIcon|`:                       "[#portico.exe],0",
		`Software\Classes\portico\shell\open\command|`:                `"[#portico.exe]" "%1"`,
		`Software\Microsoft\Windows\CurrentVersion\Run|` + p.RunValue: `"[#portico_agent.exe]" --autostart`,
		// What Group Policy had set there, and nothing of ours.
		`Software\Policies\Portico|PortalURL`: "[POLICYPORTALURL]",
		`Software\Policies\Portico|Autostart`: "[POLICYAUTOSTART]",
		`Software\Portico|StartMenuIcon`:      "#1",
		`Software\Portico|DesktopIcon`:        "#1",
		events + "EventMessageFile":           `#%%SystemRoot%\System32\EventCreate.exe`,
		events + "TypesSupported":             "#7",
		events + "CustomSource":               "#1",
	}
	for property, remembered := range p.Properties {
		if remembered.Value != "" {
			want[`Software\Portico|`+remembered.Value] = "[" + property + "]"
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("registry (-want +got):\n%s", diff)
	}
	if !strings.EqualFold(p.SettingsKey, `Software\Portico`) {
		t.Errorf("product.json looks in %s", p.SettingsKey)
	}
}

func TestEveryRememberedPropertyIsSearchedWhereItIsWritten(t *testing.T) {
	written := map[string]string{} // property → value's name
	for _, row := range table(t, msi, "Registry") {
		if row["Component_"] == "Remembered" {
			written[strings.Trim(row["Value"], "[]")] = row["Name"]
		}
	}
	located := map[string]map[string]string{}
	for _, row := range table(t, msi, "RegLocator") {
		located[row["Signature_"]] = row
	}
	signature := pairs(t, msi, "AppSearch", "Property", "Signature_")
	actions := map[string]map[string]string{}
	for _, row := range table(t, msi, "CustomAction") {
		actions[row["Source"]] = row
	}
	for property, name := range written {
		l := located[signature["LAST"+property]]
		if l["Key"] != `Software\Portico` || l["Name"] != name || l["Root"] != "2" || l["Type"] != "18" {
			t.Errorf("%s is written to %s and searched in %v", property, name, l)
		}
		a := actions[property]
		if a["Type"] != "51" || a["Target"] != "[LAST"+property+"]" {
			t.Errorf("%s is taken over by %v", property, a)
		}
		for _, sequence := range []string{"InstallUISequence", "InstallExecuteSequence"} {
			if got, want := pairs(t, msi, sequence, "Action", "Condition")[a["Action"]], "NOT "+property+" AND LAST"+property; got != want {
				t.Errorf("%s: %s on %q, want %q", sequence, a["Action"], got, want)
			}
		}
	}
}

func TestActionsRunInAnOrderThatWorks(t *testing.T) {
	at := map[string]int{}
	for action, sequence := range pairs(t, msi, "InstallExecuteSequence", "Action", "Sequence") {
		n, err := strconv.Atoi(sequence)
		if err != nil {
			t.Fatal(err)
		}
		at[action] = n
	}
	order := []string{
		"FindRelatedProducts", "AppSearch", "KeepPortalURL", "KeepInstallDir", "ChangeWhatWasTold", "LaunchConditions", "CostInitialize", "CostFinalize", "SetInstallLocation", "InstallValidate",
		// Inside the transaction: a failed upgrade gives the old version back.
		"InstallInitialize", "RemoveExistingProducts", "ProcessComponents", "RemoveRegistryValues", "RemoveShortcuts", "RemoveEnvironmentStrings", "RemoveFiles",
		"InstallFiles", "CreateShortcuts", "WriteRegistryValues", "WriteEnvironmentStrings", "RegisterProduct", "PublishProduct", "InstallFinalize", "LaunchWindow",
	}
	for i, action := range order {
		if at[action] == 0 {
			t.Errorf("%s does not run", action)
		} else if i > 0 && at[action] <= at[order[i-1]] {
			t.Errorf("%s (%d) runs before %s (%d)", action, at[action], order[i-1], at[order[i-1]])
		}
	}
}

// Nothing runs with the rights of the system, and one thing runs at all: the
// window, for the person who opened the package.
func TestNoActionRunsAProgramButTheWindowAtTheEnd(t *testing.T) {
	for _, row := range table(t, msi, "CustomAction") {
		if row["Type"] == "51" {
			continue
		}
		if row["Action"] != "LaunchWindow" || row["Type"] != "210" || row["Source"] != "portico.exe" {
			t.Errorf("custom action %v", row)
		}
	}
	want := `NOT Installed AND UILevel=5 AND LAUNCH<>"0" AND UserSID<>"S-1-5-18"`
	if got := pairs(t, msi, "InstallExecuteSequence", "Action", "Condition")["LaunchWindow"]; got != want {
		t.Errorf("the window is launched on %q, want %q", got, want)
	}
}

func TestShortcutsBelongToTheProgram(t *testing.T) {
	properties := pairs(t, msi, "MsiShortcutProperty", "Shortcut_", "PropVariantValue")
	for _, row := range table(t, msi, "Shortcut") {
		if row["Target"] != "[#portico.exe]" || row["Icon_"] != "portico.ico" {
			t.Errorf("shortcut %v", row)
		}
		if got := properties[row["Shortcut"]]; got != "io.github.portico_desktop.Portico" {
			t.Errorf("%s has the AppUserModelID %q", row["Shortcut"], got)
		}
	}
	if got := pairs(t, msi, "Shortcut", "Directory_", "Component_"); got["ProgramMenuFolder"] != "StartMenu" || got["DesktopFolder"] != "Desktop" || len(got) != 2 {
		t.Errorf("shortcuts: %v", got)
	}
	if got := table(t, msi, "Environment"); len(got) != 1 || got[0]["Name"] != "=-*PATH" || got[0]["Value"] != "[~];[INSTALLDIR]" {
		t.Errorf("environment: %v", got)
	}
}

func TestAllowedValuesAreThoseOfProductJSON(t *testing.T) {
	var conditions []string
	for condition := range pairs(t, msi, "LaunchCondition", "Condition", "Description") {
		conditions = append(conditions, condition)
	}
	for property, p := range readProduct(t).Properties {
		if p.Allowed == nil {
			continue
		}
		i := slices.IndexFunc(conditions, func(c string) bool { return strings.Contains(c, " OR NOT "+property+" OR ") })
		if i < 0 {
			t.Errorf("any value of %s is taken", property)
			continue
		}
		if got := strings.Count(conditions[i], `="`); got != len(p.Allowed) {
			t.Errorf("%s has %d allowed values, product.json %d", property, got, len(p.Allowed))
		}
		for _, value := range p.Allowed {
			if !strings.Contains(conditions[i], property+`="`+value+`"`) {
				t.Errorf("%s=%s is refused: %s", property, value, conditions[i])
			}
		}
	}
}
