package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/portal/manifest"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

func TestManifestInitWritesAGoodManifest(t *testing.T) {
	for name, tc := range map[string]struct {
		args  []string
		typed string
		want  map[string]any
	}{
		"by options": {
			args: []string{"--name", "Contoso & Co", "--preset", "microsoft-entra", "--tenant", "contoso.example", "--client-id", "6f1c", "--email", "it@contoso.example"},
			want: map[string]any{
				"version": 1.0, "name": "Contoso & Co", "support": map[string]any{"email": "it@contoso.example"},
				"providers": []any{map[string]any{"id": "work", "preset": "microsoft-entra", "tenant": "contoso.example", "client_id": "6f1c"}},
			},
		},
		"at a terminal": {
			typed: "Contoso IT\nkeycloak\nlogin.contoso.example\nstaff\nportico\n\n",
			want: map[string]any{
				"version": 1.0, "name": "Contoso IT",
				"providers": []any{map[string]any{"id": "work", "preset": "keycloak", "host": "login.contoso.example", "realm": "staff", "client_id": "portico"}},
			},
		},
		"at a terminal by an address": {
			args: []string{"--name", "Contoso IT"}, typed: "https://login.contoso.example\nportico\nhelp@contoso.example\n",
			want: map[string]any{
				"version": 1.0, "name": "Contoso IT", "support": map[string]any{"email": "help@contoso.example"},
				"providers": []any{map[string]any{"id": "work", "authority": "https://login.contoso.example", "client_id": "portico"}},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "portico.json")
			c := newConsole(nil, false)
			c.in, c.terminal = strings.NewReader(tc.typed), tc.typed != ""
			if code := c.run(t.Context(), t, append([]string{"manifest", "init", file}, tc.args...)...); code != 0 {
				t.Fatalf("exit %d\n%s%s", code, &c.out, &c.progress)
			}
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var got map[string]any
			if err := json.Unmarshal(raw, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
			if m, err := manifest.Parse(raw, "x"); err != nil || len(m.Unused)+len(m.Unknown)+len(m.Providers[0].Unknown) > 0 {
				t.Errorf("%v, %+v", err, m)
			}
			if !strings.Contains(string(raw), "\n  \"name\"") || !strings.HasSuffix(string(raw), "}\n") {
				t.Errorf("nobody could edit\n%s", raw)
			}
			if told := c.out.String(); !strings.Contains(told, "porticoctl manifest check "+file) || !strings.Contains(told, "/.well-known/portico.json") {
				t.Errorf("the next steps are missing in\n%s", told)
			}
		})
	}
}

// Whoever knows a preset alone is asked for everything else of it.
func TestManifestInitKnowsEveryPreset(t *testing.T) {
	for _, preset := range auth.Presets() {
		file := filepath.Join(t.TempDir(), "m.json")
		args := []string{"manifest", "init", file, "--name", "x", "--client-id", "y", "--preset", preset}
		c := newConsole(nil, false)
		code := c.run(t.Context(), t, args...)
		params := auth.PresetParams(preset)
		if len(params) > 0 && (code != localapi.ExitUsage || !strings.Contains(c.progress.String(), "--"+params[0]+" is missing")) {
			t.Errorf("%s: exit %d\n%s", preset, code, &c.progress)
		}
		for _, param := range params {
			if !slices.Contains(presetParams(), param) {
				t.Fatalf("%s needs %s, which has no option", preset, param)
			}
			args = append(args, "--"+param, "login.contoso.example")
		}
		if len(params) == 0 {
			continue
		}
		c = newConsole(nil, false)
		if code := c.run(t.Context(), t, args...); code != 0 {
			t.Errorf("%s: exit %d\n%s", preset, code, &c.progress)
		}
	}
}

func TestManifestInitRefuses(t *testing.T) {
	there := filepath.Join(t.TempDir(), "portico.json")
	if err := os.WriteFile(there, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	lost := filepath.Join(t.TempDir(), "lost.json")
	if err := os.Symlink(filepath.Join(t.TempDir(), "nothing"), lost); err != nil {
		t.Fatal(err)
	}
	good := []string{"--name", "x", "--authority", "https://login.example", "--client-id", "y"}
	for name, tc := range map[string]struct {
		file  string
		args  []string
		typed string
		has   string
	}{
		"a file that is there":     {there, good, "", "is there already"},
		"a link to nothing":        {lost, good, "", "is there already"},
		"a folder that is not":     {"no/such/portico.json", good, "", "there is no folder no/such"},
		"two files":                {"a.json", append([]string{"b.json"}, good...), "", "one file"},
		"nothing said":             {"", nil, "", "--name is missing"},
		"no provider":              {"", good[:2], "", "--preset is missing"},
		"no client":                {"", good[:4], "", "--client-id is missing"},
		"an unknown preset":        {"", []string{"--name", "x", "--preset", "aol"}, "", "microsoft-entra"},
		"an unknown preset, typed": {"", nil, "x\naol\n", "microsoft-entra"},
		"an address in the clear":  {"", []string{"--name", "x", "--authority", "http://login.example", "--client-id", "y"}, "", "providers[0].authority"},
		"a tenant for Okta":        {"", []string{"--name", "x", "--preset", "okta", "--host", "c.okta.com", "--tenant", "t", "--client-id", "y"}, "", "tenant"},
		"two mail addresses":       {"", append([]string{"--email", "a@x.example,b@x.example"}, good...), "", "support.email"},
		"an end of the answers":    {"", nil, "Contoso IT\n", "--preset is missing"},
		"an empty answer":          {"", nil, "\n", "--name is missing"},
	} {
		for _, form := range []string{"text", "json"} {
			dir := t.TempDir()
			file := tc.file
			if file == "" {
				file = filepath.Join(dir, "portico.json")
			}
			c := newConsole(nil, false)
			c.in, c.terminal = strings.NewReader(tc.typed), tc.typed != ""
			args := append([]string{"manifest", "init", file}, tc.args...)
			if form == "json" {
				if tc.typed != "" {
					continue // nobody is asked for a script
				}
				args = append(args, "--json")
			}
			code := c.run(t.Context(), t, args...)
			if told := c.out.String() + c.progress.String(); code != localapi.ExitUsage || !strings.Contains(told, tc.has) {
				t.Errorf("%s (%s): exit %d, no %q in\n%s", name, form, code, tc.has, told)
			}
			if left, _ := os.ReadDir(dir); len(left) != 0 {
				t.Errorf("%s: it leaves %v", name, left)
			}
		}
	}
	if raw, err := os.ReadFile(there); err != nil || string(raw) != "mine" {
		t.Errorf("%q, %v", raw, err)
	}
}

// From nothing to a manifest that is good where it counts.
func TestWhatManifestInitWritesPassesTheCheck(t *testing.T) {
	idp := authtest.New(t)
	file := filepath.Join(t.TempDir(), "my portal.json")
	c := realConsole(t, idp)
	if code := c.run(t.Context(), t, "manifest", "init", file, "--name", "Contoso IT", "--authority", idp.URL, "--client-id", authtest.ClientID, "--json"); code != 0 {
		t.Fatalf("exit %d\n%s", code, &c.out)
	}
	var doc manifestWritten
	if err := json.Unmarshal(c.out.Bytes(), &doc); err != nil || doc.Next[0] != "porticoctl manifest check '"+file+"'" {
		t.Errorf("%v, %+v", err, doc)
	}
	c = realConsole(t, idp)
	if code := c.run(t.Context(), t, "manifest", "check", file); code != 0 {
		t.Errorf("exit %d\n%s", code, &c.out)
	}
}
