package diag

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/words"
)

// full are the params of a bundle with everything in it.
func full(t *testing.T) BundleParams {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		LogFile:               "level=INFO msg=\"signed in\"\nlevel=WARN msg=odd error=\"code=" + canary + "\"\n",
		SignInsFile:           `{"event":"sign-in","outcome":"ok"}` + "\n",
		"portico-agent.crash": "portico-agent 0.1.0\npanic: password=" + canary + "\n\ngoroutine 1 [running]:\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	problem := &localapi.Problem{Code: localapi.SignInExpired, Details: &localapi.Details{Error: "refresh_token=" + canary}}
	return BundleParams{
		Now: time.Date(2030, 1, 2, 4, 4, 5, 6, time.FixedZone("CET", 3600)), Words: words.New("en"),
		Paths: desktop.Paths{Data: "/d", Cache: "/c", Runtime: "/r", Logs: dir}, LogDir: dir, Env: func(string) string { return "GNOME" },
		Check: localapi.CheckReport{Time: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC), Build: "0.1.0", Cause: "provider", Checks: []localapi.CheckResult{
			{ID: "provider", Group: "sign-in", Status: localapi.CheckBad, Subject: "Work account", Problem: problem, Facts: []string{"proxy: http://ada:" + canary + "@proxy:8080"}},
		}},
		Policy: localapi.PolicyReport{Settings: []localapi.PolicySetting{{Key: "Proxy", Kind: "text", Value: json.RawMessage(`"http://ada:` + canary + `@proxy:8080"`)}}},
		State: &localapi.State{
			Portal: &localapi.Portal{Name: "Contoso IT", Apps: []localapi.App{{ID: "mail", Title: "Mail", URL: "https://mail.example/" + canary}}},
			Session: localapi.Session{
				Phase: localapi.SigningIn, Problem: problem, Account: &localapi.Account{Name: "Ada", Email: "ada@contoso.example"},
				SignIn:  &localapi.SignIn{Provider: "work", Stage: localapi.StageDevice, URL: "https://login.example/" + canary, UserCode: canary, VerificationURL: "https://login.example/" + canary},
				Consent: &localapi.Consent{URL: "https://login.example/adminconsent?client_id=6f1c", Mail: "mailto:it@contoso.example?body=" + canary},
			},
		},
	}
}

func fileNames(b localapi.Bundle) (all []string) {
	for _, f := range b.Files {
		all = append(all, f.Name)
	}
	return all
}

func TestBundleHasEverythingButSecrets(t *testing.T) {
	b := NewBundle(full(t))
	want := []string{"README.txt", "doctor.txt", "doctor.json", "state.json", "policy.json", "versions.txt", LogFile, SignInsFile, "crash.txt"}
	if diff := cmp.Diff(want, fileNames(b)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if b.Name != "portico-support-20300102-030405.zip" || !b.Time.Equal(time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)) {
		t.Errorf("%s, %v", b.Name, b.Time)
	}
	said := map[string]string{
		"README.txt": "2030-01-02 04:04 CET", "doctor.txt": "Work account", "doctor.json": `"code": "sign-in-expired"`, "state.json": "ada@contoso.example",
		"policy.json": "@proxy:8080", "versions.txt": "Programs\n", LogFile: "signed in", SignInsFile: "sign-in", "crash.txt": "goroutine 1",
	}
	for _, f := range b.Files {
		if strings.Contains(f.Text, canary) {
			t.Errorf("%s holds the secret:\n%s", f.Name, f.Text)
		}
		if !strings.Contains(f.Text, said[f.Name]) {
			t.Errorf("%s does not say %q:\n%s", f.Name, said[f.Name], f.Text)
		}
		if strings.HasSuffix(f.Name, ".json") && !json.Valid([]byte(f.Text)) {
			t.Errorf("%s is no JSON:\n%s", f.Name, f.Text)
		}
	}
}

// People are told what each file is and whose data are in them, in both languages.
func TestBundlesReadmeNamesEveryFile(t *testing.T) {
	for _, language := range []string{"en", "de"} {
		p := full(t)
		p.Words = words.New(language)
		b := NewBundle(p)
		for _, name := range fileNames(b) {
			about := p.Words.Text("bundle." + name)
			if about == "bundle."+name {
				t.Errorf("%s: nothing says what %s is", language, name)
			}
			if name != "README.txt" && !strings.Contains(b.Files[0].Text, about) {
				t.Errorf("%s: README.txt does not say that %s is %q", language, name, about)
			}
		}
		if strings.Contains(b.Files[0].Text, "bundle.") {
			t.Errorf("%s: words are missing:\n%s", language, b.Files[0].Text)
		}
	}
}

// What cannot be had is told of, and keeps nothing else back.
func TestBundleOfWhatThereIs(t *testing.T) {
	p := full(t)
	p.CheckErr, p.PolicyErr, p.State, p.LogDir = errors.New("no time for password="+canary), errors.New("unreadable"), nil, filepath.Join(p.LogDir, "none")
	b := NewBundle(p)
	if diff := cmp.Diff([]string{"README.txt", "doctor.txt", "policy.json", "versions.txt"}, fileNames(b)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if text := b.Files[1].Text; !strings.Contains(text, "no time for") || strings.Contains(text, canary) {
		t.Errorf("doctor.txt: %q", text)
	}
	if text := b.Files[3].Text; !strings.Contains(text, "does not run") {
		t.Errorf("versions.txt: %q", text)
	}
}

func TestBundleIsBounded(t *testing.T) {
	p := full(t)
	line := strings.Repeat("x", 99) + "\n"
	for name, size := range map[string]int{LogFile: bundleLog * 2, SignInsFile: 100 * bundleSignIns * 3} {
		if err := os.WriteFile(filepath.Join(p.LogDir, name), []byte(strings.Repeat(line, size/100)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b := NewBundle(p)
	for name, limit := range map[string]int{LogFile: bundleLog, SignInsFile: 100 * bundleSignIns} {
		at := slices.Index(fileNames(b), name)
		if n := len(b.Files[at].Text); n > limit || n < limit-200 {
			t.Errorf("%s has %d bytes, want %d at most", name, n, limit)
		}
	}
}
