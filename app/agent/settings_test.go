package agent

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
)

func (o *office) kept() (all map[string]any) {
	o.t.Helper()
	raw, err := os.ReadFile(o.paths.Settings())
	if err != nil {
		o.t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		o.t.Fatal(err)
	}
	return all
}

func TestPersonsSettingsAreKeptAndTakenBack(t *testing.T) {
	o := newOffice(t)
	a := o.start()
	a.await(hasPhase(localapi.Unconfigured))
	set := func(key, value string) {
		t.Helper()
		if err := a.Set(t.Context(), localapi.SettingRequest{Key: key, Value: value}); err != nil {
			t.Fatalf("%s %s: %v", key, value, err)
		}
	}
	set("Theme", "dark")
	set("Autostart", "never")
	if err := a.SetPortal(t.Context(), localapi.PortalRequest{Address: o.portal.URL}); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"portal": o.portal.URL, "settings": map[string]any{"Theme": "dark", "Autostart": "never"}}
	if diff := cmp.Diff(want, o.kept()); diff != "" {
		t.Errorf("another portal changes other settings: -want +got:\n%s", diff)
	}
	now, _ := a.State(t.Context())
	if theme := setting(now, policy.Theme); theme.Value != "dark" || !theme.Own || theme.Locked {
		t.Errorf("%+v", theme)
	}
	if p := setting(now, policy.PortalURL); p.Value != o.portal.URL || !p.Own {
		t.Errorf("%+v", p)
	}
	set("Theme", "")
	set("Theme", " ")
	now, _ = a.State(t.Context())
	if theme := setting(now, policy.Theme); theme.Value != "system" || theme.Own {
		t.Errorf("taken back: %+v", theme)
	}
	set("PortalURL", "")
	if now := a.await(hasPhase(localapi.Unconfigured)); now.PortalAddress != "" {
		t.Errorf("address %q", now.PortalAddress)
	}
	set("PortalURL", o.portal.URL)
	a.await(func(s localapi.State) bool { return s.Portal != nil })
	a.stop()
	if row := setting(o.start().await(func(s localapi.State) bool { return s.Portal != nil }), policy.Autostart); row.Value != "never" || !row.Own {
		t.Errorf("after a start: %+v", row)
	}
}

func TestSettingsThatCannotBe(t *testing.T) {
	o := newOffice(t)
	a := o.start()
	a.await(hasPhase(localapi.Unconfigured))
	for _, test := range []struct {
		key, value string
		code       localapi.Code
	}{
		{"Theme", "purple", localapi.SettingWrong}, {"Autostart", "sometimes", localapi.SettingWrong}, {"Autostart", "user-decides", localapi.SettingWrong},
		{"Thema", "dark", localapi.SettingWrong}, {"", "x", localapi.SettingWrong}, {"Proxy", "direct", localapi.SettingManaged},
		{"KioskMode", "true", localapi.SettingManaged}, {"PortalURL", "http://portal.example", localapi.PortalNotHTTPS},
	} {
		if err := a.Set(t.Context(), localapi.SettingRequest{Key: test.key, Value: test.value}); problemCode(err) != test.code {
			t.Errorf("%s = %s: %v, want %s", test.key, test.value, err, test.code)
		}
	}
	if _, err := os.Stat(o.paths.Settings()); !os.IsNotExist(err) {
		t.Errorf("something was written: %v", err)
	}
}

func TestOnlySettingsThatCountAreShown(t *testing.T) {
	o := newOffice(t)
	now := o.start().await(hasPhase(localapi.Unconfigured))
	var got []string
	for _, row := range now.Settings {
		got = append(got, row.Key)
	}
	var want []string
	for _, k := range policy.Keys() {
		if k.Personal && k.Waits == "" {
			want = append(want, string(k.Name))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, row := range now.Settings {
		k, _ := policy.Lookup(policy.Name(row.Key))
		if !k.Personal || k.Waits != "" || row.Locked || row.Own {
			t.Errorf("%+v", row)
		}
		for _, v := range row.Values {
			if v == policy.UserDecides {
				t.Errorf("%s offers what is no choice", row.Key)
			}
		}
	}
}

func TestProvidersOfAPolicyComeAndGoWhileRunning(t *testing.T) {
	o := newOffice(t)
	a := o.start()
	a.await(hasPhase(localapi.Unconfigured))
	consider := func() {
		t.Helper()
		if _, err := a.Policy(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	o.decided(said{policy.Providers: o.raw(o.work())})
	consider()
	a.await(hasPhase(localapi.SignedOut))
	a.signedIn(localapi.SignInRequest{})
	consider() // changes nothing for who is signed in
	a.await(hasPhase(localapi.SignedIn))
	o.decided(nil)
	consider()
	if now := a.await(hasPhase(localapi.Unconfigured)); now.Portal != nil {
		t.Errorf("%+v", now.Portal)
	}
}

func TestPolicyReportSaysWhatCountsAndWhy(t *testing.T) {
	o := newOffice(t)
	a := o.start()
	a.await(hasPhase(localapi.Unconfigured))
	if err := a.Set(t.Context(), localapi.SettingRequest{Key: "Theme", Value: "dark"}); err != nil {
		t.Fatal(err)
	}
	o.decided(said{policy.Autostart: policy.Always})
	report, err := a.Policy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range report.Settings {
		switch policy.Name(row.Key) {
		case policy.Theme:
			if string(row.Value) != `"dark"` || row.Source.Kind != "user-setting" || row.Source.Where != o.paths.Settings() || !row.Overridable {
				t.Errorf("%+v", row)
			}
		case policy.Autostart:
			if string(row.Value) != `"always"` || row.Source.Kind != "machine-policy" || row.Overridable {
				t.Errorf("%+v", row)
			}
		}
	}
	if now, _ := a.State(t.Context()); !setting(now, policy.Autostart).Locked {
		t.Error("the window does not know of what the report says")
	}
}

func TestRehearsalKeepsNoSettings(t *testing.T) {
	o := newOffice(t)
	o.decided(said{policy.Providers: json.RawMessage(`[{"id":"x","authority":"https://x.example","client_id":"c"}]`), policy.AllowedDomains: []string{"x.example"}})
	raw, err := json.Marshal(o.manifest())
	if err != nil {
		t.Fatal(err)
	}
	o.change = func(p *Params) { p.Rehearse = &localapi.PortalRequest{Address: "file.json", Manifest: raw} }
	a := o.start()
	now := a.await(func(s localapi.State) bool { return s.Portal != nil })
	if now.Portal.Providers[0].ID != "work" {
		t.Errorf("a manifest that is tried is not tried: %+v", now.Portal.Providers)
	}
	if err := a.Set(t.Context(), localapi.SettingRequest{Key: "Theme", Value: "dark"}); problemCode(err) != localapi.Usage {
		t.Errorf("setting: %v", err)
	}
	if _, err := a.Refresh(t.Context()); err != nil {
		t.Error(err)
	}
	if now, _ := a.State(t.Context()); now.Portal == nil || now.Portal.Providers[0].ID != "work" {
		t.Errorf("after a refresh: %+v", now.Portal)
	}
	if _, err := os.Stat(filepath.Join(o.paths.Data, "settings.json")); !os.IsNotExist(err) {
		t.Errorf("settings: %v", err)
	}
}
