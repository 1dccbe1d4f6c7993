package policy

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestWhereAPolicyFileIsWrongIsSaid(t *testing.T) {
	for what, test := range map[string]struct {
		text         string
		line, column int
		reason       string
	}{
		"a comma too much":            {"{\n  \"settings\": {\n    \"Theme\": \"dark\",\n  }\n}", 4, 3, "invalid character"},
		"a comma too few":             {"{\"settings\": {\n\"Theme\": \"dark\"\n\"Language\": \"de\"}}", 3, 1, "invalid character"},
		"umlauts before":              {`{"settings":{"ManagedByName":"Übungsfirma" x}}`, 1, 44, "invalid character"},
		"an end that is missing":      {"{\"settings\": {\n\"Theme\": \"dark\"", 2, 16, "ends too early"},
		"nothing":                     {"", 1, 1, "ends too early"},
		"white space":                 {"\n\n", 3, 1, "ends too early"},
		"a list":                      {" [1]", 1, 2, "one object"},
		"settings that are a list":    {"{\n\"settings\": [\"Theme\"]}", 2, 13, `"settings" has to be an object`},
		"defaults that are a text":    {"{\"settings\":{\"Theme\":\"dark\"},\n\"defaults\":\"Theme\"}", 2, 12, `"defaults" has to be an object`},
		"more after the end":          {"{\"settings\":{}}\n{}", 2, 1, "after top-level value"},
		"an unquoted name":            {`{"settings":{Theme:"dark"}}`, 1, 14, "invalid character"},
		"a comment":                   {"// ours\n{}", 1, 1, "invalid character"},
		"a syntax error after a good": {`{"settings":{"Theme":"dark"},"defaults":{"Theme":}}`, 1, 50, "invalid character"},
	} {
		t.Run(what, func(t *testing.T) {
			p := Check([]byte(test.text), "policy.json")
			problems := p.Problems()
			if len(problems) != 1 || p.Managed() {
				t.Fatalf("managed: %v, problems: %+v", p.Managed(), problems)
			}
			got := problems[0]
			if got.Kind != Malformed || got.Line != test.line || got.Column != test.column || got.Err == nil || !strings.Contains(got.Err.Error(), test.reason) {
				t.Errorf("%+v (%v), want %d:%d %s", got, got.Err, test.line, test.column, test.reason)
			}
		})
	}
}

func TestPartsOfAPolicyFile(t *testing.T) {
	p := Check([]byte("\ufeff"+`{"$schema":"policy.schema.json","settings":{"Theme":"dark","Theme":"light"},"default":{},"Autostart":"never","defaults":{"Language":"de"}}`), "policy.json")
	s := p.Resolve(Layers{})
	if s.Text(Theme) != "light" || s.Text(Language) != "de" || s.Get(Language).Locked {
		t.Errorf("%+v, %+v", s.Get(Theme), s.Get(Language))
	}
	var said []string
	for _, problem := range p.Problems() {
		said = append(said, fmt.Sprintf("%s %s → %s %d:%d", problem.Kind, problem.Key, problem.Suggestion, problem.Line, problem.Column))
	}
	want := "unknown-key default → defaults 1:87|unknown-key Autostart → settings.Autostart 1:102|duplicate Theme →  1:68"
	if got := strings.Join(said, "|"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestWhatIsTooLargeIsRefusedAtOnce(t *testing.T) {
	large := []byte(`{"settings":{"Theme":"dark","ManagedByName":"` + strings.Repeat("a", 5<<20) + `"}}`)
	begin := time.Now()
	p := Check(large, "policy.json")
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
	if problems := p.Problems(); len(problems) != 1 || problems[0].Kind != TooLarge || p.Managed() {
		t.Errorf("managed: %v, %+v", p.Managed(), problems)
	}
}

// A file of nothing but mistakes is read in one pass, and is no flood.
func TestManyMistakesAreNoFlood(t *testing.T) {
	for what, member := range map[string]string{"unknown keys": `"k%d":1`, "one key, again and again": `"Theme":%d`} {
		text := make([]string, 60_000)
		for i := range text {
			text[i] = fmt.Sprintf(member, i)
		}
		begin := time.Now()
		p := Check([]byte(`{"settings":{`+strings.Join(text, ",")+`}}`), "policy.json")
		if took := time.Since(begin); took > 30*time.Second {
			t.Errorf("%s: it took %v", what, took)
		}
		if n := len(p.Problems()); n != maxProblems {
			t.Errorf("%s: %d problems", what, n)
		}
	}
}

// Whatever a file holds: it is read or refused, what is used is of the table's
// types, and no problem shows more than a line.
func FuzzCheck(f *testing.F) {
	for _, text := range []string{
		"", "{}", "null", `{"settings":{"Theme":"dark","Theme":1},"defaults":{"SignInTimeout":300}}`, `{"settings":{"Proxy":"http://a:b@c"}}`,
		`{"settings":{"Providers":[{"id":"a"}],"AllowedDomains":["a.example"],"KioskMode":true}}`, `{"settings":[}`, "{\"settings\":\n{\"a\u0000\":1e999}}", "\ufeff{}",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s := Check(data, "policy.json").Resolve(Layers{})
		for _, setting := range s.All() {
			if setting.Value == nil {
				continue
			}
			if _, fault := setting.Key.Check(setting.Value); fault != "" && setting.Source.Kind != BuiltIn {
				t.Errorf("%s is %v, which is %s", setting.Key.Name, setting.Value, fault)
			}
		}
		for _, p := range s.Problems() {
			if strings.ContainsAny(p.Value+p.Key, "\n\x00\x1b") || len(p.Value) > 8*maxShown {
				t.Errorf("shown: %+v", p)
			}
		}
	})
}
