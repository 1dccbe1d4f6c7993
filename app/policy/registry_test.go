package policy

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fakeRegistry is a stand-in for the registry: what each key holds, by its whole name.
type fakeRegistry map[string]regKey

func (f fakeRegistry) read() *Policies {
	open := func(root string) func(string) (regKey, bool, error) {
		return func(path string) (regKey, bool, error) {
			content, found := f[root+`\`+path]
			for name := range f {
				if inside, is := strings.CutPrefix(name, root+`\`+path+`\`); is && !strings.Contains(inside, `\`) {
					found, content.below = true, append(slices.Clone(content.below), inside)
				}
			}
			return content, found, nil
		}
	}
	return gathered(readRegistry([]hive{{"HKLM", Machine, open("HKLM")}, {"HKCU", User, open("HKCU")}}, policyKey))
}

func sz(name, text string) regValue { return regValue{name, regString, text} }

const (
	machineKey = `HKLM\Software\Policies\Portico`
	userKey    = `HKCU\Software\Policies\Portico`
	toldKey    = `HKLM\Software\Portico`
)

func TestInstallerCountsAfterEveryPolicyAndBeforeThePerson(t *testing.T) {
	portal := func(host string) regKey {
		return regKey{values: []regValue{sz("PortalURL", "https://"+host)}}
	}
	told := regKey{values: []regValue{sz("PortalUrl", "https://told.example")}} // as the package spells it
	own := Layers{
		Personal: map[Name]any{PortalURL: "https://own.example"}, PersonalWhere: "settings.json",
		Environment: map[Name]any{PortalURL: "https://run.example"},
	}
	for name, test := range map[string]struct {
		registry fakeRegistry
		want     string
		source   Source
		others   int
	}{
		"alone":                    {fakeRegistry{toldKey: told}, "https://told.example", Source{Installer, toldKey}, 2},
		"below the machine's":      {fakeRegistry{toldKey: told, machineKey: portal("machine.example")}, "https://machine.example", Source{Machine, machineKey}, 3},
		"below the user's":         {fakeRegistry{toldKey: told, userKey: portal("user.example")}, "https://user.example", Source{User, userKey}, 3},
		"above what IT would like": {fakeRegistry{toldKey: told, machineKey + `\Defaults`: portal("default.example")}, "https://told.example", Source{Installer, toldKey}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			p := test.registry.read()
			s := p.Resolve(own)
			got := s.Get(PortalURL)
			if got.Value != test.want || got.Source != test.source || !got.Locked || len(got.Others) != test.others || len(s.Problems()) > 0 || !p.Managed() {
				t.Errorf("%+v, problems %+v", got, s.Problems())
			}
		})
	}
}

func TestWhatThePackageKeepsForItselfIsNoPolicy(t *testing.T) {
	own := regKey{values: []regValue{
		sz("", "x"), sz("InstallDir", `C:\Program Files\Portico`), sz("DesktopShortcut", "0"), sz("StartMenu", "1"), sz("PortalUrl", ""), sz("Autostart", ""),
		{"StartMenuIcon", regDword, dword(1)}, {"DesktopIcon", regDword, dword(1)},
	}, below: []string{"Updates"}}
	none := regKey{values: []regValue{sz("PortalUrl", "none")}}
	for _, content := range []regKey{own, none} {
		p := fakeRegistry{toldKey: content}.read()
		if s := p.Resolve(Layers{}); p.Managed() || len(s.Problems()) > 0 || s.Text(PortalURL) != "" {
			t.Errorf("%+v, %+v", p, s.Problems())
		}
	}
	// What is wrong about a key of the table is told as in a policy.
	s := fakeRegistry{toldKey: regKey{values: []regValue{sz("PortalUrl", "https://my_host.example"), sz("Autostart", "often")}}}.read().Resolve(Layers{})
	if problems := s.Problems(); len(problems) != 2 || problems[0].Source.Kind != Installer || problems[1].Kind != WrongValue {
		t.Errorf("%+v", problems)
	}
	// Only the computer's: everybody may write below HKCU.
	if s := (fakeRegistry{`HKCU\Software\Portico`: regKey{values: []regValue{sz("PortalUrl", "https://evil.example")}}}).read().Resolve(Layers{}); s.Text(PortalURL) != "" {
		t.Errorf("%+v", s.Get(PortalURL))
	}
}

// A Tri that a policy leaves to the person passes over the installer as well.
func TestInstallerDoesNotLockWhatAPolicyLeavesToThePerson(t *testing.T) {
	r := fakeRegistry{toldKey: {values: []regValue{sz("Autostart", Always)}}, machineKey: {values: []regValue{sz("Autostart", UserDecides)}}}
	if s := r.read().Resolve(Layers{Personal: map[Name]any{Autostart: Never}}).Get(Autostart); s.Value != Never || s.Locked {
		t.Errorf("%+v", s)
	}
}

const tenantA, tenantB = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"

// What an administrator's "reg add", script or tool writes in another type than the
// templates.
func TestOtherTypesCountAsWhatTheyCanOnlyMean(t *testing.T) {
	for name, test := range map[string]struct {
		key    Name
		value  regValue
		want   any
		wanted string // "" for no other type, only another shape
	}{
		"a list of one":                    {AllowedTenants, sz("", tenantA), []string{tenantA}, regLines},
		"a list with ;":                    {AllowedTenants, sz("", tenantA+";"+tenantB), []string{tenantA, tenantB}, regLines},
		"a list with , and spaces":         {AllowedDomains, sz("", " contoso.example, fabrikam.example "), []string{"contoso.example", "fabrikam.example"}, regLines},
		`a list with reg's \0`:             {AllowedDomains, sz("", `contoso.example\0fabrikam.example`), []string{"contoso.example", "fabrikam.example"}, regLines},
		"a list with lines":                {AllowedDomains, sz("", "contoso.example\r\nfabrikam.example\r\n"), []string{"contoso.example", "fabrikam.example"}, regLines},
		"a list that ends with ;":          {AllowedDomains, sz("", "contoso.example;"), []string{"contoso.example"}, regLines},
		"a list in JSON":                   {AllowedDomains, sz("", `["contoso.example","fabrikam.example"]`), []string{"contoso.example", "fabrikam.example"}, regLines},
		"a list that may expand":           {AllowedLinkSchemes, regValue{"", regExpand, "msteams;slack"}, []string{"msteams", "slack"}, regLines},
		"lines, of which one has two":      {AllowedDomains, regValue{"", regLines, []string{"contoso.example;fabrikam.example", "adatum.example"}}, []string{"contoso.example", "fabrikam.example", "adatum.example"}, ""},
		"no":                               {SignInEnabled, sz("", "0"), false, regDword},
		"yes":                              {KioskMode, sz("", "1"), true, regDword},
		"true":                             {KioskMode, sz("", "True "), true, regDword},
		"false":                            {SignInEnabled, sz("", "FALSE"), false, regDword},
		"a long no":                        {SignInEnabled, regValue{"", regQword, qword(0)}, false, regDword},
		"a line of yes":                    {KioskMode, regValue{"", regLines, []string{"1"}}, true, regDword},
		"digits":                           {SignInTimeout, sz("", "600"), 600, regDword},
		"hexadecimal digits":               {SignInTimeout, sz("", "0x258"), 600, regDword},
		"a long number":                    {SignInTimeout, regValue{"", regQword, qword(600)}, 600, regDword},
		"an address in a line of its own":  {PortalURL, regValue{"", regLines, []string{"https://portal.example"}}, "https://portal.example", regString},
		"a word in a line of its own":      {RememberMe, regValue{"", regLines, []string{Never}}, Never, regString},
		"a port as a number":               {RedirectPorts, regValue{"", regDword, dword(49200)}, "49200", regString},
		"a port as a long number":          {RedirectPorts, regValue{"", regQword, qword(49200)}, "49200", regString},
		"a text that may expand, as usual": {ManagedByName, regValue{"", regExpand, "%USERNAME% & Co"}, "%USERNAME% & Co", "-"},
		"lists of objects, as usual":       {Menus, regValue{"", regLines, []string{"[]"}}, nil, "-"},
	} {
		t.Run(name, func(t *testing.T) {
			test.value.name = string(test.key)
			s := fakeRegistry{machineKey: {values: []regValue{test.value}}}.read().Resolve(Layers{})
			got := s.Get(test.key)
			if diff := cmp.Diff(test.want, got.Value); test.want != nil && diff != "" || got.Source.Kind != Machine || s.Unclear() != nil {
				t.Errorf("%+v: %s", got, diff)
			}
			problems := s.Problems()
			if test.wanted == "-" {
				if len(problems) > 0 {
					t.Errorf("%+v", problems)
				}
				return
			}
			if len(problems) != 1 {
				t.Fatalf("%+v", problems)
			}
			p, found := problems[0], test.value.kind
			if test.wanted == "" {
				found = ""
			}
			if p.Kind != OtherType || p.Key != string(test.key) || p.Found != found || p.Wanted != test.wanted || p.Value == "" || p.Allowed == "" || p.Closes {
				t.Errorf("%+v", p)
			}
		})
	}
}

// What is not obvious counts for nothing, is told with both types, and closes the door
// where it may have been about who is let in.
func TestOtherTypesWithoutAnObviousMeaningAreRefused(t *testing.T) {
	for name, test := range map[string]struct {
		key    Name
		value  regValue
		kind   ProblemKind
		found  string
		wanted string
	}{
		"a word for a flag":           {SignInEnabled, sz("", "no"), WrongType, regString, regDword},
		"a number that is no flag":    {KioskMode, sz("", "2"), WrongType, regString, regDword},
		"a long number that is none":  {SignInTimeout, regValue{"", regQword, qword(1 << 40)}, WrongType, regQword, regDword},
		"bytes":                       {KioskMode, regValue{"", regBinary, unfit("a REG_BINARY")}, WrongType, regBinary, regDword},
		"a number for a list":         {AllowedDomains, regValue{"", regDword, dword(1)}, WrongType, regDword, regLines},
		"an empty line for a list":    {AllowedDomains, sz("", ""), WrongType, regString, regLines},
		"separators alone":            {AllowedTenants, sz("", " ;, "), WrongType, regString, regLines},
		"prose for a list":            {AllowedTenants, sz("", "ours only"), WrongType, regString, regLines},
		"an empty list in JSON":       {AllowedDomains, sz("", "[]"), WrongType, regString, regLines},
		"JSON of something else":      {AllowedDomains, sz("", "[1]"), WrongType, regString, regLines},
		"a number for a text":         {ManagedByName, regValue{"", regDword, dword(1)}, WrongType, regDword, regString},
		"a number for a choice":       {Autostart, regValue{"", regDword, dword(1)}, WrongType, regDword, regString},
		"a port that is none":         {RedirectPorts, regValue{"", regDword, dword(80)}, WrongType, regDword, regString},
		"two lines for an address":    {PortalURL, regValue{"", regLines, []string{"https://a.example", "https://b.example"}}, WrongType, regLines, regString},
		"the right type, wrong value": {RememberMe, sz("", "Never"), WrongValue, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			test.value.name = string(test.key)
			s := fakeRegistry{machineKey: {values: []regValue{test.value}}}.read().Resolve(Layers{})
			k, _ := Lookup(test.key)
			problems := s.Problems()
			if len(problems) != 1 || s.Get(test.key).Source.Kind != BuiltIn || (s.Unclear() != nil) != k.Restricts {
				t.Fatalf("%+v, %+v", s.Get(test.key), problems)
			}
			if p := problems[0]; p.Kind != test.kind || p.Found != test.found || p.Wanted != test.wanted || p.Closes != k.Restricts {
				t.Errorf("%+v", p)
			}
		})
	}
}

// Of one line with good and bad entries the good ones count, as of a list.
func TestGoodEntriesOfALineCount(t *testing.T) {
	s := fakeRegistry{machineKey: {values: []regValue{sz("AllowedDomains", "contoso.example; @fabrikam.example")}}}.read().Resolve(Layers{})
	if diff := cmp.Diff([]string{"contoso.example"}, s.List(AllowedDomains)); diff != "" || s.Unclear() != nil {
		t.Errorf("%s %+v", diff, s.Unclear())
	}
	if p := s.Problems(); len(p) != 1 || p[0].Value != "@fabrikam.example" || p[0].Found != regString || p[0].Wanted != regLines {
		t.Errorf("%+v", p)
	}
}

func TestRegistryThatCannotBeReadIsToldOf(t *testing.T) {
	for _, path := range []string{policyKey, installerKey} {
		open := func(asked string) (regKey, bool, error) {
			if asked == path {
				return regKey{}, false, fmt.Errorf("open: %w", fs.ErrPermission)
			}
			return regKey{}, false, nil
		}
		p := gathered(readRegistry([]hive{{"HKLM", Machine, open}}, policyKey))
		if problems := p.Problems(); len(problems) != 1 || problems[0].Kind != Unreadable || !errors.Is(problems[0].Err, fs.ErrPermission) || problems[0].Source.Where != `HKLM\`+path {
			t.Errorf("%s: %+v", path, problems)
		}
	}
}
