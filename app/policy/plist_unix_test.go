//go:build unix

package policy

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"howett.net/plist"

	"github.com/portico-desktop/portico/app/policy/preferences"
)

// library is a folder as /Library of a Mac, with the preferences that a test puts
// there.
type library struct {
	t    *testing.T
	path string
}

func newLibrary(t *testing.T) library {
	dir, _, _ := desk(t)
	for _, below := range []string{"Managed Preferences/ada", "Preferences"} {
		must(t, os.MkdirAll(filepath.Join(dir, below), 0o755))
	}
	return library{t, dir}
}

func (l library) file(folder string) string {
	return filepath.Join(l.path, folder, preferenceDomain+".plist")
}

func (l library) put(folder string, values map[string]any) {
	l.t.Helper()
	data, err := plist.Marshal(values, plist.BinaryFormat)
	must(l.t, err)
	must(l.t, os.WriteFile(l.file(folder), data, 0o644))
}

func (l library) read(name string) *Policies {
	return gathered(readLibrary(l.path, name, uint32(os.Getuid()), preferences.Read))
}

func TestPreferencesOfAMacCountInTheirOrder(t *testing.T) {
	l := newLibrary(t)
	if p := l.read("ada"); p.Managed() || len(p.Problems()) > 0 || len(p.Sources()) != 6 {
		t.Errorf("an empty library: %+v", p)
	}
	theme := func(v string) map[string]any {
		return map[string]any{"Theme": v, "Defaults": map[string]any{"Language": "de"}, "NSWindowTabbingEnabled": true, "PayloadUUID": "x"}
	}
	l.put("Managed Preferences/ada", theme("light"))
	l.put("Preferences", map[string]any{"Theme": "system"})
	for _, tc := range []struct {
		folder string
		values map[string]any
		name   string
		want   string
		kind   SourceKind
	}{
		{"Preferences", map[string]any{"SignInTimeout": 600}, "ada", "light", User},
		{"Preferences", theme("dark"), "ada", "dark", Machine},
		{"Managed Preferences", theme("system"), "ada", "system", Machine},
		{"Managed Preferences", map[string]any{"SignInTimeout": 60}, "../Preferences", "dark", Machine},
	} {
		l.put(tc.folder, tc.values)
		s := l.read(tc.name).Resolve(Layers{})
		if got := s.Get(Theme); got.Value != tc.want || got.Source.Kind != tc.kind || !got.Locked || len(s.Problems()) > 0 {
			t.Errorf("%s: %+v, %+v", tc.folder, got, s.Problems())
		}
		if got := s.Get(Language); got.Value != "de" || got.Source.Kind != Defaults || got.Locked {
			t.Errorf("%s: %+v", tc.folder, got)
		}
	}
}

func TestPreferencesThatCannotBeUsed(t *testing.T) {
	for what, tc := range map[string]struct {
		spoil func(l library)
		kind  ProblemKind
		key   string
	}{
		"no property list": {func(l library) { write(t, l.file("Preferences"), "Theme = dark") }, Malformed, ""},
		"writable": {func(l library) {
			l.put("Preferences", map[string]any{"Theme": "dark"})
			must(t, os.Chmod(l.file("Preferences"), 0o666))
		}, Writable, ""},
		"large":                      {func(l library) { write(t, l.file("Preferences"), strings.Repeat("x", 5<<20)) }, TooLarge, ""},
		"a folder":                   {func(l library) { must(t, os.Mkdir(l.file("Preferences"), 0o755)) }, Unreadable, ""},
		"defaults of the wrong type": {func(l library) { l.put("Preferences", map[string]any{"Defaults": "Theme"}) }, WrongType, "Defaults"},
		"data":                       {func(l library) { l.put("Preferences", map[string]any{"Theme": []byte("dark")}) }, WrongType, "Theme"},
	} {
		t.Run(what, func(t *testing.T) {
			l := newLibrary(t)
			l.put("Managed Preferences/ada", map[string]any{"Language": "de"})
			tc.spoil(l)
			p := l.read("ada")
			problems := p.Problems()
			if len(problems) != 1 || problems[0].Kind != tc.kind || problems[0].Key != tc.key || problems[0].Source.Where != l.file("Preferences") {
				t.Errorf("%+v", problems)
			}
			if s := p.Resolve(Layers{}); s.Text(Language) != "de" || s.Text(Theme) != "system" {
				t.Error("the other source does not count, or this one does")
			}
			if !slices.ContainsFunc(p.Sources(), func(s Source) bool { return s.Where == l.file("Preferences") }) {
				t.Error("it does not say where it looked")
			}
		})
	}
}
