package policy

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/windows/registry"
)

// registryDesk is a part of the real registry of this test's own: the computer's
// policies are left alone.
type registryDesk struct {
	t    *testing.T
	path string
}

func newRegistryDesk(t *testing.T) registryDesk {
	d := registryDesk{t, fmt.Sprintf(`Software\portico-test-%d`, os.Getpid())}
	d.create("")
	t.Cleanup(func() { d.remove(d.path) })
	return d
}

func (d registryDesk) remove(path string) {
	key, err := registry.OpenKey(registry.CURRENT_USER, path, registry.READ)
	if err == nil {
		names, _ := key.ReadSubKeyNames(0)
		key.Close()
		for _, name := range names {
			d.remove(path + `\` + name)
		}
	}
	if err := registry.DeleteKey(registry.CURRENT_USER, path); err != nil {
		d.t.Error(err)
	}
}

func (d registryDesk) create(below string) registry.Key {
	d.t.Helper()
	path := d.path
	if below != "" {
		path += `\` + below
	}
	key, _, err := registry.CreateKey(registry.CURRENT_USER, path, registry.ALL_ACCESS)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { key.Close() })
	return key
}

// read looks at machine and user below the desk as Read does at HKLM and HKCU.
func (d registryDesk) read() *Policies {
	return gathered(readRegistry([]hive{
		{"HKLM", Machine, below(d.create("machine"))}, {"HKCU", User, below(d.create("user"))},
	}, policyKey))
}

func set(t *testing.T, key registry.Key, name string, value any) {
	t.Helper()
	var err error
	switch v := inTheRegistry(value).(type) {
	case dword:
		err = key.SetDWordValue(name, uint32(v))
	case string:
		err = key.SetStringValue(name, v)
	case []string:
		err = key.SetStringsValue(name, v)
	default:
		err = fmt.Errorf("%T has no type in the registry", v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheRegistryIsRead(t *testing.T) {
	d := newRegistryDesk(t)
	if p := d.read(); p.Managed() || len(p.Problems()) > 0 || len(p.Sources()) != 5 {
		t.Errorf("an empty registry: %+v", p)
	}
	for _, place := range []struct {
		below string
		want  Source
	}{
		{`machine\` + policyKey, Source{Machine, `HKLM\` + policyKey}}, {`user\` + policyKey, Source{User, `HKCU\` + policyKey}},
		{`machine\` + installerKey, Source{Installer, `HKLM\` + installerKey}},
		{`machine\` + policyKey + `\Defaults`, Source{Defaults, `HKLM\` + policyKey + `\Defaults`}},
		{`user\` + policyKey + `\Defaults`, Source{Defaults, `HKCU\` + policyKey + `\Defaults`}},
	} {
		key := d.create(place.below)
		for _, k := range Keys() {
			set(t, key, string(k.Name), k.here())
		}
		s := d.read().Resolve(Layers{})
		for _, p := range s.Problems() {
			t.Errorf("%s: %+v", place.below, p)
		}
		for _, k := range Keys() {
			got := s.Get(k.Name)
			if diff := cmp.Diff(normal(k.here()), normal(got.Value)); diff != "" || got.Source != place.want {
				t.Errorf("%s in %+v: %s", k.Name, got.Source, diff)
			}
			if err := key.DeleteValue(string(k.Name)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestTypesOfTheRegistryThatNoKeyHas(t *testing.T) {
	d := newRegistryDesk(t)
	key := d.create(`machine\` + policyKey)
	d.create(`machine\` + policyKey + `\Default`)
	for _, err := range []error{
		key.SetStringValue("", "the key's own value is nobody's business"),
		key.SetStringValue("**del.Proxy", " "), key.SetStringValue("theme", "dark"), key.SetExpandStringValue("ManagedByName", `%USERNAME% & Co`),
		key.SetQWordValue("SignInTimeout", 300), key.SetBinaryValue("KioskMode", []byte{1}), key.SetStringValue("RememberMe", "Never"),
		key.SetStringValue("AutoSignIn", "1"), key.SetDWordValue("SignInEnabled", 2), key.SetStringValue("Providers", "{"), key.SetDWordValue("Wallpaper", 1),
		key.SetStringsValue("Menus", []string{`[{"id":"mail",`, `"title":"Mail","url":"https://mail.example"}]`}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	s := d.read().Resolve(Layers{})
	if s.Number(SignInTimeout) != 300 || !s.On(AutoSignIn) {
		t.Errorf("%v, %v: what can only mean one thing does not count", s.Number(SignInTimeout), s.On(AutoSignIn))
	}
	if s.Text(Theme) != "dark" || s.Text(ManagedByName) != `%USERNAME% & Co` || len(s.Objects(Menus)) == 0 {
		t.Errorf("%q, %q, %s", s.Text(Theme), s.Text(ManagedByName), s.Objects(Menus))
	}
	var got []string
	for _, p := range s.Problems() {
		got = append(got, fmt.Sprintf("%s %s %s", p.Kind, p.Key, p.Suggestion))
	}
	slices.Sort(got)
	want := []string{
		"other-type AutoSignIn ", "other-type SignInTimeout ", `unknown-key Default\ Defaults`, "unknown-key Wallpaper ", "wrong-type KioskMode ",
		"wrong-value Providers ", "wrong-value RememberMe ", "wrong-value SignInEnabled ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Whatever this computer is set up with, both hives are read, the computer's before the
// person's.
func TestThisComputersPolicyIsRead(t *testing.T) {
	p := Read()
	var got []SourceKind
	for _, s := range p.Sources() {
		if s.Kind == Machine || s.Kind == User {
			got = append(got, s.Kind)
		}
	}
	if want := []SourceKind{Machine, User}; !slices.Equal(got, want) {
		t.Errorf("%v are read, want %v", got, want)
	}
	for _, problem := range p.Problems() {
		if problem.Kind == Unreadable {
			t.Errorf("%+v (%v)", problem, problem.Err)
		}
	}
}
