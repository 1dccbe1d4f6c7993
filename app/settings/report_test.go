package settings

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/policy/policytest"
	"github.com/portico-desktop/portico/app/words"
)

// Every kind of problem is said with everything that its words need.
func TestEveryProblemOfAPolicyIsSaid(t *testing.T) {
	machine := policy.Source{Kind: policy.Machine, Where: "/etc/portico/policy.json"}
	own := policy.Source{Kind: policy.Personal, Where: "/home/ada/settings.json"}
	for _, tc := range []struct {
		problem policy.Problem
		code    localapi.Code
		says    []string
	}{
		{policy.Problem{Kind: policy.WrongType, Key: "SignInTimeout", Source: machine, Value: "soon", Allowed: "x"}, localapi.PolicyWrong, []string{"SignInTimeout", "soon", "60", "3600", "policy.json"}},
		{policy.Problem{Kind: policy.WrongValue, Key: "Theme", Source: machine, Value: "pink", Allowed: "system, light, dark"}, localapi.PolicyWrong, []string{"Theme", "pink", "light"}},
		{policy.Problem{Kind: policy.WrongValue, Key: "Theme", Source: own, Value: "pink", Allowed: "system, light, dark"}, localapi.SettingIgnored, []string{"Theme", "pink", "light"}},
		{policy.Problem{Kind: policy.UnknownKey, Key: "PortalUrl", Source: machine, Suggestion: "PortalURL"}, localapi.PolicyUnknownKey, []string{"PortalUrl", "PortalURL", "policy.json"}},
		{policy.Problem{Kind: policy.Unreadable, Source: machine, Err: errors.New("no luck")}, localapi.PolicyUnreadable, []string{"policy.json", "no luck"}},
		{policy.Problem{Kind: policy.TooLarge, Source: machine, Err: errors.New("large")}, localapi.PolicyUnreadable, []string{"policy.json", "large"}},
		{policy.Problem{Kind: policy.Malformed, Source: machine, Line: 3, Column: 7, Err: errors.New("a comma")}, localapi.PolicyUnreadable, []string{"policy.json, ", "3, ", "7 ", "a comma"}},
		{policy.Problem{Kind: policy.Writable, Source: machine, Err: errors.New("mode 0666")}, localapi.PolicyUnsafe, []string{"policy.json", "mode 0666"}},
		{policy.Problem{Kind: policy.Private, Source: machine, Err: errors.New("mode 0600")}, localapi.PolicyPrivate, []string{"policy.json", "mode 0600", "chmod a+r"}},
		{policy.Problem{Kind: policy.Duplicate, Key: "Theme", Source: machine, Line: 3, Column: 7}, localapi.PolicyTwice, []string{"Theme", "policy.json, ", "3, ", "7 "}},
		{policy.Problem{Kind: policy.OtherType, Key: "SignInTimeout", Source: policy.Source{Kind: policy.Machine, Where: `HKLM\Software\Policies\Portico`}, Value: "600", Allowed: "x", Found: "REG_SZ", Wanted: "REG_DWORD"}, localapi.PolicyType, []string{"SignInTimeout", "600", "REG_SZ", "REG_DWORD", "60", "3600"}},
		{policy.Problem{Kind: policy.WrongType, Key: "KioskMode", Source: policy.Source{Kind: policy.Machine, Where: `HKLM\Software\Policies\Portico`}, Value: "maybe", Allowed: "x", Found: "REG_SZ", Wanted: "REG_DWORD", Closes: true}, localapi.PolicyUnclear, []string{"KioskMode", "maybe", "REG_SZ", "REG_DWORD"}},
		{policy.Problem{Kind: policy.NotPersonal, Key: "AllowedDomains", Source: own, Value: "x"}, localapi.PolicyNotPersonal, []string{"AllowedDomains", "settings.json"}},
	} {
		p := Problem(tc.problem)
		if p.Code != tc.code {
			t.Errorf("%s is %s, want %s", tc.problem.Kind, p.Code, tc.code)
		}
		for _, language := range []string{"en", "de"} {
			e := words.New(language).Problem(&p)
			text := strings.Join([]string{e.Title, e.Text, e.Next, e.IT}, "\n")
			for _, says := range tc.says {
				if !strings.Contains(text, says) {
					t.Errorf("%s, %s: no %q in\n%s", language, tc.problem.Kind, says, text)
				}
			}
			if strings.Contains(text, "<no value>") {
				t.Errorf("%s, %s:\n%s", language, tc.problem.Kind, text)
			}
		}
	}
}

func TestTheReportHasEveryKeyWithItsValue(t *testing.T) {
	p := policytest.Of(map[policy.Name]any{policy.Autostart: policy.Never, policy.ManagedByName: "Contoso IT", policy.AllowedDomains: []string{"contoso.example"}},
		map[policy.Name]any{policy.Theme: "dark"})
	report := policyReport(p, p.Resolve(policy.Layers{Personal: map[policy.Name]any{policy.Autostart: policy.Always}}))
	rows := map[string]localapi.PolicySetting{}
	for _, row := range report.Settings {
		rows[row.Key] = row
		if !json.Valid(row.Value) {
			t.Errorf("%s: %q", row.Key, row.Value)
		}
	}
	if len(rows) != len(policy.Keys()) || len(report.Sources) != 2 || report.Managed == nil || report.Managed.Name != "Contoso IT" {
		t.Errorf("%d rows, %+v, %+v", len(rows), report.Sources, report.Managed)
	}
	for key, want := range map[policy.Name]string{
		policy.Autostart: `"never"`, policy.AllowedDomains: `["contoso.example"]`, policy.AllowedTenants: `[]`, policy.Providers: `null`, policy.SignInTimeout: `300`,
		policy.SignInEnabled: `true`, policy.Theme: `"dark"`, policy.PortalURL: `""`,
	} {
		if got := string(rows[string(key)].Value); got != want {
			t.Errorf("%s is %s, want %s", key, got, want)
		}
	}
	if rows["Autostart"].Overridable || !rows["Theme"].Overridable || rows["AllowedDomains"].Overridable || len(rows["Autostart"].Others) != 1 {
		t.Errorf("%+v, %+v", rows["Autostart"], rows["Theme"])
	}
	shared := policytest.Of(map[policy.Name]any{policy.KioskMode: true}, nil)
	for _, row := range policyReport(shared, shared.Resolve(policy.Layers{})).Settings {
		if row.Overridable {
			t.Errorf("on a shared computer %s may be changed", row.Key)
		}
	}
	for _, row := range policyReport(shared, shared.Resolve(policy.Layers{})).Settings {
		if row.Key == "RememberMe" && (string(row.Value) != `"never"` || row.Source.Where != "machine" || row.By != "KioskMode") {
			t.Errorf("%+v", row)
		}
	}
	if none := policyReport(policytest.None(), policytest.None().Resolve(policy.Layers{})); none.Managed != nil || none.Sources == nil {
		t.Errorf("%+v", none)
	}
}

// What is allowed looks kept where only the type in JSON is wrong.
func TestAPolicyFileIsToldHowAValueIsWritten(t *testing.T) {
	for text, want := range map[string]string{
		`"SignInTimeout":"600"`:               "without quotes",
		`"KioskMode":"true"`:                  "without quotes",
		`"AllowedDomains":"contoso.example"`:  `in brackets: ["contoso.example"]`,
		`"Browser":""`:                        "Browser is “”.",
		`"SignInTimeout":"soon"`:              "",
		`"SignInTimeout":5`:                   "",
		`"AllowedDomains":"@contoso.example"`: "",
		`"KioskMode":1`:                       "",
	} {
		report := CheckPolicy([]byte(`{"settings":{`+text+`}}`), "policy.json")
		if len(report.Problems) != 1 {
			t.Fatalf("%s: %+v", text, report.Problems)
		}
		w := words.New("en")
		brief, it := w.Brief(&report.Problems[0]), w.Problem(&report.Problems[0]).IT
		if hinted := strings.Contains(brief, "Write it"); !strings.Contains(brief, want) || want == "" && hinted {
			t.Errorf("%s: %s", text, brief)
		}
		if strings.Contains(want, "without") && !strings.Contains(it, want) {
			t.Errorf("%s: %s", text, it)
		}
	}
}

// A policy file is tried with what its providers and apps hold.
func TestAPolicyFileIsCheckedToTheBottom(t *testing.T) {
	for text, want := range map[string]int{
		`{"settings":{"Theme":"dark"}}`: 0,
		`{"settings":{"Providers":[{"id":"m365","title":"Microsoft 365","authority":"https://login.example.com/v2.0","client_id":"app","redirect":{"host":"localhost"}}]}}`: 0,
		`{"settings":{"Providers":[{"id":"m365"}]}}`:                                                 1,
		`{"settings":{"Theme":"pink","Menus":[{"id":"a","title":"A","url":"javascript:alert(1)"}]}}`: 2,
	} {
		if report := CheckPolicy([]byte(text), "policy.json"); len(report.Problems) != want {
			t.Errorf("%s: %+v", text, report.Problems)
		}
	}
}
