package policy

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"howett.net/plist"

	"github.com/portico-desktop/portico/app/policy/preferences"
)

// place is one of the sources that policies come from: it writes values down as an
// administrator does, and reads them as Portico does.
type place struct {
	name string
	kind SourceKind
	// written turns a Go value into the one that the source has for it.
	written func(any) any
	read    func(t *testing.T, values map[string]any) *Policies
	// registry has no booleans and objects of its own.
	registry bool
}

func places() []place {
	asIs := func(v any) any { return v }
	inJSON := func(part string) func(*testing.T, map[string]any) *Policies {
		return func(t *testing.T, values map[string]any) *Policies {
			data, err := json.Marshal(map[string]any{part: values})
			if err != nil {
				t.Fatal(err)
			}
			return Check(data, "policy.json")
		}
	}
	inPlist := func(kind SourceKind) func(*testing.T, map[string]any) *Policies {
		return func(t *testing.T, values map[string]any) *Policies {
			source := Source{Machine, "machine.plist"}
			if kind == Defaults {
				values = map[string]any{"Defaults": values}
			} else {
				source = Source{kind, string(kind) + ".plist"}
			}
			for _, format := range []int{plist.BinaryFormat, plist.XMLFormat} {
				data, err := plist.Marshal(values, format)
				if err != nil {
					t.Fatal(err)
				}
				if values, err = preferences.Read(data); err != nil {
					t.Fatal(err)
				}
			}
			return gathered(readPreferences(values, source))
		}
	}
	inRegistry := func(kind SourceKind) func(*testing.T, map[string]any) *Policies {
		return func(t *testing.T, values map[string]any) *Policies {
			r := reading{source: Source{kind, `HKLM\Software\Policies\Portico`}, registry: true}
			for key, value := range values {
				r.entries = append(r.entries, entry{key: key, value: value})
			}
			return gathered([]reading{r})
		}
	}
	return []place{
		{"JSON settings", Machine, asIs, inJSON("settings"), false},
		{"JSON defaults", Defaults, asIs, inJSON("defaults"), false},
		{"plist of the machine", Machine, inPropertyList, inPlist(Machine), false},
		{"plist of the user", User, inPropertyList, inPlist(User), false},
		{"plist defaults", Defaults, inPropertyList, inPlist(Defaults), false},
		{"registry of the machine", Machine, inTheRegistry, inRegistry(Machine), true},
		{"registry of the user", User, inTheRegistry, inRegistry(User), true},
		{"registry defaults", Defaults, inTheRegistry, inRegistry(Defaults), true},
	}
}

func inPropertyList(v any) any {
	if raw, ok := v.(json.RawMessage); ok {
		var decoded any
		if err := json.Unmarshal(raw, &decoded); err != nil {
			panic(err)
		}
		return decoded
	}
	return v
}

// inTheRegistry is what the registry's reader makes of what an ADMX template
// writes.
func inTheRegistry(v any) any {
	switch v := v.(type) {
	case bool:
		if v {
			return dword(1)
		}
		return dword(0)
	case int:
		return dword(v)
	case json.RawMessage:
		return string(v)
	case []any:
		var texts []string
		for _, e := range v {
			texts = append(texts, fmt.Sprint(e))
		}
		return texts
	}
	return v
}

// example is the key's, as far as it depends on the system.
func (k Key) here() any {
	if k.Kind == File && runtime.GOOS == "windows" {
		return `C:\ProgramData\Portico\authorities.pem`
	}
	return k.Example
}

func TestEveryKeyIsReadFromEverySource(t *testing.T) {
	for _, place := range places() {
		for _, k := range Keys() {
			t.Run(place.name+"/"+string(k.Name), func(t *testing.T) {
				good := []any{k.here()}
				for _, v := range k.Values {
					good = append(good, v)
				}
				for _, want := range good {
					p := place.read(t, map[string]any{string(k.Name): place.written(want)})
					got := p.Resolve(Layers{})
					if len(got.Problems()) > 0 {
						t.Fatalf("%v: %+v", want, got.Problems())
					}
					if want == UserDecides {
						if s := got.Get(k.Name); s.Locked || s.Value != k.Untouched || len(s.Others) != 1 {
							t.Errorf("left to the person: %+v", s)
						}
						continue
					}
					s := got.Get(k.Name)
					if diff := cmp.Diff(normal(want), normal(s.Value)); diff != "" || s.Source.Kind != place.kind {
						t.Errorf("from %+v (-want +got):\n%s", s.Source, diff)
					}
					if locks := place.kind != Defaults; s.Locked != locks {
						t.Errorf("locked: %v", s.Locked)
					}
				}
			})
		}
	}
}

// normal compares JSON by what it says, not by how it is spaced.
func normal(v any) any {
	if raw, ok := v.(json.RawMessage); ok {
		return inPropertyList(raw)
	}
	return v
}

// wrong are values that a key must not have.
func wrong(k Key, registry bool) map[any]ProblemKind {
	switch k.Kind {
	case Flag:
		if registry {
			return map[any]ProblemKind{"yes": WrongType, "2": WrongType, "": WrongType, 2: WrongValue}
		}
		return map[any]ProblemKind{"true": WrongType, 1: WrongType, 0: WrongType}
	case Number:
		if registry {
			return map[any]ProblemKind{"five": WrongType, "": WrongType, "300 s": WrongType, "-300": WrongType, fmt.Sprint(k.Max + 1): WrongType, k.Min - 1: WrongValue, k.Max + 1: WrongValue}
		}
		return map[any]ProblemKind{"300": WrongType, k.Min - 1: WrongValue, k.Max + 1: WrongValue}
	case Choice, Tri:
		return map[any]ProblemKind{true: WrongType, 1: WrongType, "perhaps": WrongValue, "": WrongValue, strings.ToUpper(k.Values[0]): WrongValue}
	case List:
		if registry {
			return map[any]ProblemKind{"": WrongType, " ; ": WrongType, "-": WrongType, "no one": WrongType, 1: WrongType}
		}
		return map[any]ProblemKind{"example": WrongType, 1: WrongType}
	case Objects:
		if registry {
			return map[any]ProblemKind{"no JSON": WrongValue, `{"id":"a"}`: WrongType, `["a"]`: WrongType, 1: WrongType}
		}
		return map[any]ProblemKind{`[{"id":"a"}]`: WrongType, 1: WrongType}
	}
	bad := map[any]ProblemKind{1: WrongType, true: WrongType, "": WrongValue, " ": WrongValue, "a\nb": WrongValue, strings.Repeat("a", maxText+1): WrongValue}
	for _, text := range wrongTexts()[k.Name] {
		bad[text] = WrongValue
	}
	if k.Kind == Address {
		for _, text := range []string{"portal.example.com", "http://portal.example.com", "https://ada:password@portal.example.com", "https://portal.example.com/#a", "ftp://a", "https://", "https://a b"} {
			bad[text] = WrongValue
		}
	}
	return bad
}

func wrongTexts() map[Name][]string {
	return map[Name][]string{
		DomainHint:         {"@example.com", "ada@example.com", "https://example.com", "example", "-a.example"},
		AllowedDomains:     {"@example.com", "*.example.com", "example", "", "a..example"},
		AllowedTenants:     {"common", "contoso.onmicrosoft.com", "00000000", "{00000000-0000-0000-0000-000000000000}"},
		AllowedLinkSchemes: {"msteams:", "file", "JavaScript", "data", "http", "1a", "", "ms teams"},
		RedirectPorts:      {"80", "1023", "65536", "49210-49200", "49200-", "-49200", "49200-49210-49220", "49200, 49201", "049200", "+49200"},
		QuietHours:         {"18-7", "24:00-07:00", "18:00", "18:00-07:60", "18:00 - 07:00"},
		Proxy:              {"proxy.example.com:8080", "http://ada:" + proxyPassword + "@proxy.example.com:8080", "ada:" + proxyPassword + "@proxy.example.com", "ftp://proxy.example.com", "http://", "http://proxy.example.com/pac", "Direct"},
		ExtraCAFile:        {"authorities.pem", "../authorities.pem", `\\server\share\authorities.pem`, "//server/share/authorities.pem"},
	}
}

const proxyPassword = "canary-password"

func TestEveryWrongValueIsReportedAndNotUsed(t *testing.T) {
	for _, place := range places() {
		for _, k := range Keys() {
			t.Run(place.name+"/"+string(k.Name), func(t *testing.T) {
				bad := wrong(k, place.registry)
				if len(bad) < 2 {
					t.Fatal("there are no wrong values of it")
				}
				for value, kind := range bad {
					notUsed(t, place, k, place.written(value), kind)
				}
				if k.Kind == List && k.Restricts {
					for _, text := range wrongTexts()[k.Name] {
						partlyUsed(t, place, k, place.written([]any{text, k.Example.([]string)[0]}))
						notUsed(t, place, k, place.written([]any{text}), WrongValue)
					}
					notUsed(t, place, k, place.written([]any{}), WrongValue)
				} else if k.Kind == List {
					for _, text := range wrongTexts()[k.Name] {
						notUsed(t, place, k, place.written([]any{k.Example.([]string)[0], text}), WrongValue)
					}
				}
				if k.Kind == List && !place.registry {
					notUsed(t, place, k, []any{1}, WrongType)
				}
				if k.Kind == Objects && !place.registry {
					notUsed(t, place, k, []any{"a"}, WrongType)
				}
				if !place.registry {
					notUsed(t, place, k, map[string]any{"a": 1}, WrongType)
				}
			})
		}
	}
}

func notUsed(t *testing.T, place place, k Key, value any, kind ProblemKind) {
	t.Helper()
	s := place.read(t, map[string]any{string(k.Name): value}).Resolve(Layers{})
	if got := s.Get(k.Name); got.Source.Kind != BuiltIn || got.Locked {
		t.Errorf("%v is used: %+v", value, got)
	}
	problems := s.Problems()
	if len(problems) != 1 {
		t.Fatalf("%v: %d problems: %+v", value, len(problems), problems)
	}
	p := problems[0]
	if unclear := s.Unclear(); p.Closes != k.Restricts || (unclear != nil) != k.Restricts || unclear != nil && *unclear != p {
		t.Errorf("%v: nobody may sign in: %+v, %+v", value, p, unclear)
	}
	if p.Kind != kind || p.Key != string(k.Name) || p.Source.Kind != place.kind || p.Source.Where == "" || p.Value == "" || p.Allowed == "" {
		t.Errorf("%v, which should be %s: %+v", value, kind, p)
	}
	if strings.Contains(fmt.Sprintf("%+v", p), "password@") || strings.Contains(fmt.Sprintf("%+v", p), proxyPassword) {
		t.Errorf("a password is shown: %+v", p)
	}
	if len([]rune(p.Value)) > maxShown+1 {
		t.Errorf("a value of %d characters is shown", len([]rune(p.Value)))
	}
}

// partlyUsed wants the second of two entries to count, and the first to be reported.
func partlyUsed(t *testing.T, place place, k Key, value any) {
	t.Helper()
	s := place.read(t, map[string]any{string(k.Name): value}).Resolve(Layers{})
	got := s.Get(k.Name)
	if diff := cmp.Diff(k.Example, got.Value); diff != "" || got.Source.Kind != place.kind || s.Unclear() != nil {
		t.Errorf("%v: %+v, %+v (-want +got):\n%s", value, got.Source, s.Unclear(), diff)
	}
	problems := s.Problems()
	if len(problems) != 1 || problems[0].Kind != WrongValue || problems[0].Key != string(k.Name) || problems[0].Closes || strings.Contains(problems[0].Value, k.Example.([]string)[0]+",") {
		t.Errorf("%v: %+v", value, problems)
	}
}

func TestUnknownKeysAreReportedFromEverySource(t *testing.T) {
	for _, place := range places() {
		t.Run(place.name, func(t *testing.T) {
			for key, suggestion := range map[string]string{"PortalAdress": "", "Portal_URL": "PortalURL", "ProtalURL": "PortalURL", "Wallpaper": "", "Themes": "Theme"} {
				p := place.read(t, map[string]any{key: "https://portal.example.com", "Theme": "dark"})
				problems := p.Problems()
				if len(problems) != 1 || problems[0].Kind != UnknownKey || problems[0].Key != key || problems[0].Suggestion != suggestion || problems[0].Source.Kind != place.kind {
					t.Errorf("%s: %+v", key, problems)
				}
				if p.Resolve(Layers{}).Text(Theme) != "dark" {
					t.Errorf("%s: the other key is lost", key)
				}
			}
			problems := place.read(t, map[string]any{"THEME": "dark"}).Problems()
			if place.registry && len(problems) > 0 { // where case does not count
				t.Errorf("%+v", problems)
			} else if !place.registry && (len(problems) != 1 || problems[0].Suggestion != "Theme") {
				t.Errorf("%+v", problems)
			}
		})
	}
}

// Every wrong value of a Proxy may hold a password, wherever it stands in it.
func TestPasswordsOfProxiesAreNeverShown(t *testing.T) {
	k, _ := Lookup(Proxy)
	for _, value := range []any{
		"http://ada:" + proxyPassword + "@proxy.example", "ada:" + proxyPassword + "@proxy.example", "http=ada:" + proxyPassword + "@a;https=ada:" + proxyPassword + "@b",
		"http://ada:" + proxyPassword + "@x@proxy.example/", "http://ada:/" + proxyPassword + "@proxy.example", []string{"http://ada:" + proxyPassword + "@proxy.example"},
		[]any{"http://ada:" + proxyPassword + "@proxy.example"}, "http://ada:" + proxyPassword, "ada " + proxyPassword,
	} {
		if shown := k.shown(rawOf(value)); strings.Contains(shown, proxyPassword) {
			t.Errorf("%v is shown as %s", value, shown)
		}
	}
}

// The example of a File is one that every system may have in its documentation.
func TestFilesAreThoseOfTheSystem(t *testing.T) {
	if k, _ := Lookup(ExtraCAFile); !k.fitting()(filepath.Join(os.TempDir(), "a.pem")) {
		t.Error("a whole path is refused")
	}
}
