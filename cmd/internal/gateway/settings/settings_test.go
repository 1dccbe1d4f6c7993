package settings_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/cmd/internal/gateway/settings"
)

const least = "url = \"https://portal.example.com\"\n[tls]\nmode = \"off\"\n"

func TestExampleIsReadAndHasEveryKey(t *testing.T) {
	s, err := settings.Parse(settings.Example, "example.toml", nil)
	if err != nil {
		t.Fatal(err)
	}
	if s.Organizations[0].ID != "contoso" || s.Roles[0].Feature != "organization" || s.TLS.Mode != "file" {
		t.Errorf("%+v", s)
	}
	for _, key := range settings.Keys() {
		name := key[strings.LastIndex(key, ".")+1:]
		if !strings.Contains(settings.Example, "\n"+name+" =") && !strings.Contains(settings.Example, "[["+name+"]]") {
			t.Errorf("the example lacks %s", key)
		}
	}
}

// Each field of the type is a key, and is read from the environment.
func TestKeysAreThoseOfTheType(t *testing.T) {
	var found []string
	var walk func(of reflect.Type, prefix string)
	walk = func(of reflect.Type, prefix string) {
		for i := range of.NumField() {
			f := of.Field(i)
			name := prefix + f.Tag.Get("toml")
			if f.Type.Kind() == reflect.Struct {
				walk(f.Type, name+".")
				continue
			}
			found = append(found, name)
		}
	}
	walk(reflect.TypeFor[settings.Settings](), "")
	listed := settings.Keys()
	slices.Sort(found)
	slices.Sort(listed)
	if !slices.Equal(found, listed) {
		t.Errorf("the type has\n%s\nlisted are\n%s", found, listed)
	}
}

func TestEnvironmentGoesOverTheFile(t *testing.T) {
	s, err := settings.Parse(least+"[limits]\nwait = 20\n", "gateway.toml", []string{
		"HOME=/root", settings.Prefix + "LIMITS_WAIT=30", settings.Prefix + `URL=https://other.example.com`, settings.Prefix + `FEATURES=["feedback"]`,
		settings.Prefix + `ORGANIZATION=[{id = "a", name = "A", issuers = ["https://id.example.com"]}]`, settings.Prefix + `TLS_EMAIL=a"b\c@example.com`,
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.Limits.Wait != 30 || s.URL != "https://other.example.com" || !slices.Equal(s.Features, []string{"feedback"}) || s.Organizations[0].Name != "A" || s.TLS.Email != `a"b\c@example.com` || s.TLS.Mode != "off" {
		t.Errorf("%+v", s)
	}
}

func TestEachWrongValueIsNamedWithItsLine(t *testing.T) {
	for _, c := range []struct {
		name, text  string
		environment []string
		want        []string // parts of the error
	}{
		{"nothing", "", nil, []string{"gateway.toml: url is missing", "tls.certificate is missing"}},
		{"no TOML", "url = \"https://a.example\"\nlisten 8443\n", nil, []string{"gateway.toml, line 2", "cannot be read"}},
		{"another kind", "url = \"https://a.example\"\n[limits]\nwait = \"long\"\n", nil, []string{"gateway.toml, line 3", "wait"}},
		{"unknown key", least + "[limits]\n\nwaits = 3\n", nil, []string{"gateway.toml, line 6: limits.waits has no meaning; write limits.wait"}},
		{"key in another place", least + "[limits]\nurl = \"x\"\n", nil, []string{"line 5: limits.url has no meaning here; url has: write it there"}},
		{"unknown table", least + "[helpdesks]\nbackend = \"rt\"\n", nil, []string{"line 4: helpdesks has no meaning"}},
		{"http", "url = \"http://portal.example.com\"\n[tls]\nmode = \"off\"\n", nil, []string{"line 1: url is", "write an https address"}},
		{"acme for an address", "url = \"https://192.0.2.1\"\n[tls]\nmode = \"acme\"\n", nil, []string{`line 3: tls.mode is "acme"`, `url has "192.0.2.1"`}},
		{"acme for a short name", "url = \"https://localhost\"\n[tls]\nmode = \"acme\"\n", nil, []string{`tls.mode is "acme"`, `url has "localhost"`}},
		{"mode", "url = \"https://a.example\"\n[tls]\nmode = \"on\"\n", nil, []string{`line 3: tls.mode is "on"; write file, acme, off`}},
		{"store", "store = \"mysql:x\"\n" + least, nil, []string{`line 1: store is "mysql:x"; write sqlite:`}},
		{"backend", least + "[helpdesk]\nbackend = \"rt\"\n", nil, []string{`line 5: helpdesk.backend is "rt"; write builtin`}},
		{"second organization", least + "[[organization]]\nid = \"a\"\nname = \"A\"\nissuers = [\"https://a.example\"]\n[[organization]]\nid = \"a\"\nname = \"B\"\n", nil,
			[]string{`line 9: organization[1].id is "a", as another's`, "line 8: organization[1].tenants is missing, and issuers too"}},
		{"domain", least + "[[organization]]\nid = \"a\"\nname = \"A\"\nissuers = [\"https://a.example\"]\ndomains = [\"@a.example\"]\n", nil, []string{`line 8: organization[0].domains has "@a.example"; write whole domains`}},
		{"role for nobody", least + "[[role]]\nfeature = \"organization\"\n", nil, []string{"line 5: role[0].feature is for nobody in particular"}},
		{"role's organization", least + "[[role]]\nfeature = \"organization\"\norganizations = [\"x\"]\n", nil, []string{`line 6: role[0].organizations has "x", which no organization has`}},
		{"variable", least, []string{settings.Prefix + "WAIT=3"}, []string{"PORTICO_GATEWAY_WAIT: has no meaning"}},
		{"variable's value", least, []string{settings.Prefix + "LIMITS_WAIT=soon"}, []string{"PORTICO_GATEWAY_LIMITS_WAIT", "is not what limits.wait can be"}},
		{"variable's range", least, []string{settings.Prefix + "LIMITS_WAIT=1"}, []string{"PORTICO_GATEWAY_LIMITS_WAIT: limits.wait is 1; write seconds from 5 to 300"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := settings.Parse(c.text, "gateway.toml", c.environment)
			var wrong *settings.Error
			if !errors.As(err, &wrong) {
				t.Fatalf("%v is no settings.Error", err)
			}
			for _, part := range c.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q is not in:\n%v", part, err)
				}
			}
		})
	}
}

func TestPathsAreOfTheFilesFolder(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "gateway.toml")
	if err := os.WriteFile(file, []byte(least), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := settings.Read(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	if s.Database() != filepath.Join(dir, "gateway.db") || s.Content != filepath.Join(dir, "portal") {
		t.Errorf("%+v", s)
	}
	if _, err := settings.Read(filepath.Join(dir, "none.toml"), nil); err == nil || !strings.Contains(err.Error(), "portico-gateway init writes one") {
		t.Errorf("%v", err)
	}
}

func FuzzSettings(f *testing.F) {
	f.Add(settings.Example, "LIMITS_WAIT=3")
	f.Add(least, "ORGANIZATION=[{}]")
	f.Fuzz(func(t *testing.T, text, variable string) {
		s, err := settings.Parse(text, "gateway.toml", []string{settings.Prefix + variable})
		var wrong *settings.Error
		if err != nil && (!errors.As(err, &wrong) || len(wrong.Problems) == 0 || wrong.Error() == "") || (s == nil) == (err == nil) {
			t.Errorf("%v, %v", s, err)
		}
		_ = fmt.Sprint(err)
	})
}
