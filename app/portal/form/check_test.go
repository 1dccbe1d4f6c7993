package form

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// full is a form with each kind of field.
const full = `{"type": "object", "required": ["name", "part", "sites", "files"], "properties": {
	"name": {"type": "string", "minLength": 2, "maxLength": 5},
	"code": {"type": "string", "pattern": "^[A-Z]{2}-\\d+$"},
	"amount": {"type": "integer", "minimum": 1, "maximum": 10},
	"price": {"type": "number", "minimum": 0.5},
	"ok": {"type": "boolean"},
	"site": {"type": "string", "oneOf": [{"const": "b", "title": "Berlin"}, {"const": "m", "title": "Munich"}]},
	"sites": {"type": "array", "minItems": 1, "maxItems": 2, "uniqueItems": true, "items": {"type": "string", "oneOf": [{"const": "b", "title": "Berlin"}, {"const": "m", "title": "Munich"}, {"const": "h", "title": "Hamburg"}]}},
	"files": {"type": "array", "items": {"type": "string"}, "maxItems": 2, "uniqueItems": true},
	"day": {"type": "string", "format": "date"}, "moment": {"type": "string", "format": "date-time"}, "time": {"type": "string", "format": "time"},
	"mail": {"type": "string", "format": "email"}, "page": {"type": "string", "format": "uri"},
	"part": {"type": "object", "required": ["inner"], "properties": {"inner": {"type": "string"}, "level": {"type": "integer", "oneOf": [{"const": 1, "title": "One"}, {"const": 2, "title": "Two"}]}}}}}`

const fullUI = `{"type": "VerticalLayout", "elements": [
	{"type": "Control", "scope": "#/properties/name"}, {"type": "Control", "scope": "#/properties/code"}, {"type": "Control", "scope": "#/properties/amount"},
	{"type": "Control", "scope": "#/properties/price"}, {"type": "Control", "scope": "#/properties/ok"}, {"type": "Control", "scope": "#/properties/site"},
	{"type": "Control", "scope": "#/properties/sites"}, {"type": "Control", "scope": "#/properties/files", "options": {"portico": "files"}},
	{"type": "Control", "scope": "#/properties/day"}, {"type": "Control", "scope": "#/properties/moment"}, {"type": "Control", "scope": "#/properties/time"},
	{"type": "Control", "scope": "#/properties/mail"}, {"type": "Control", "scope": "#/properties/page"},
	{"type": "Group", "label": "Part", "elements": [{"type": "Control", "scope": "#/properties/part/properties/inner"}, {"type": "Control", "scope": "#/properties/part/properties/level"}]}]}`

func TestEachProblemHasItsPlace(t *testing.T) {
	f := compile(t, full, fullUI)
	good := `{"name": "Ada", "sites": ["b"], "files": ["f1"], "part": {"inner": "x"}}`
	with := func(name, value string) string {
		a := answers(t, good)
		var v any
		if err := json.Unmarshal([]byte(value), &v); err != nil {
			t.Fatal(err)
		}
		put(a, strings.Split(name, "/"), v)
		raw, _ := json.Marshal(a)
		return string(raw)
	}
	for _, r := range []struct{ answers, want string }{
		{good, ""},
		{`{}`, "/name required; /sites required; /files required; /part/inner required"},
		{`{"name": "", "sites": [], "files": null, "part": {}}`, "/name required; /sites required; /files required; /part/inner required"},
		{with("name", `7`), "/name type string"},
		{with("name", `"A"`), "/name too-short 2"},
		{with("name", `"Adäöüß"`), "/name too-long 5"},
		{with("name", `"Adäöü"`), ""},
		{with("code", `"AB-12"`), ""},
		{with("code", `"xAB-12"`), "/code pattern ^[A-Z]{2}-\\d+$"},
		{with("amount", `0`), "/amount too-small 1"},
		{with("amount", `11`), "/amount too-large 10"},
		{with("amount", `1.5`), "/amount type integer"},
		{with("amount", `2.0`), ""},
		{with("amount", `"2"`), "/amount type integer"},
		{with("price", `0.4`), "/price too-small 0.5"},
		{with("ok", `"yes"`), "/ok type boolean"},
		{with("ok", `false`), ""},
		{with("site", `"x"`), "/site choice"},
		{with("sites", `["b", "x"]`), "/sites/1 choice"},
		{with("sites", `["b", "b"]`), "/sites/1 twice"},
		{with("sites", `["b", 1]`), "/sites/1 type string"},
		{with("sites", `["b", "m", "h"]`), "/sites too-many 2"},
		{with("sites", `"b"`), "/sites type array"},
		{with("files", `["a", ""]`), "/files/1 type string"},
		{with("day", `"2026-02-30"`), "/day format date"},
		{with("moment", `"2026-02-03 10:00"`), "/moment format date-time"},
		{with("time", `"25:00:00"`), "/time format time"},
		{with("mail", `"ada@contoso"`), "/mail format email"},
		{with("page", `"contoso.example"`), "/page format uri"},
		{with("part/level", `2`), ""},
		{with("part/level", `3`), "/part/level choice"},
		{with("part/other", `3`), "/part/other unknown"},
		{with("other/~", `3`), "/other unknown"},
		{with("a~b", `3`), "/a~0b unknown"},
		{with("part", `"x"`), "/part type object; /part/inner required"},
		{with("part", `[]`), "/part type object; /part/inner required"},
	} {
		var got []string
		for _, p := range f.Check(answers(t, r.answers)) {
			s := p.Pointer + " " + string(p.Code)
			if p.Want != nil {
				s += fmt.Sprintf(" %v", p.Want)
			}
			got = append(got, s)
			if reason := p.Reason(); reason == "" || strings.Contains(reason, "<nil>") {
				t.Errorf("%s: reason %q", s, reason)
			}
		}
		if strings.Join(got, "; ") != r.want {
			t.Errorf("%s: %s, want %s", r.answers, strings.Join(got, "; "), r.want)
		}
	}
}

// Where nothing is hidden or empty, an independent validator of JSON Schema says the same.
func TestChecksAreThoseOfJSONSchema(t *testing.T) {
	f := compile(t, full, fullUI)
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(full))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	if err := c.AddResource("full.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("full.json")
	if err != nil {
		t.Fatal(err)
	}
	values := []string{`"Ada"`, `"A"`, `"Adalbert"`, `1`, `10`, `11`, `0.5`, `1.5`, `-1`, `true`, `"b"`, `["b"]`, `["b", "m"]`, `["b", "b"]`, `["b", 1]`, `["x"]`, `{"inner": "x"}`, `{"inner": "x", "level": 1}`, `{"inner": "x", "level": 1.5}`,
		`"AB-1"`, `"2026-02-28"`, `"2026-02-28T10:00:00Z"`, `"2026-02-28T10:00:00.5+01:00"`, `"2026-02-28T10:00:00"`, `"10:00:00Z"`, `"10:00:00+25:00"`, `"ada@contoso.example"`, `"https://contoso.example/x?y#z"`, `"x y"`, `"//x"`, `"mailto:x@y"`}
	names := []string{"name", "code", "amount", "price", "ok", "site", "sites", "files", "day", "moment", "time", "mail", "page", "part"}
	random := rand.New(rand.NewPCG(1, 2))
	bad := 0
	for range 20_000 {
		a := answers(t, `{"name": "Ada", "sites": ["b"], "files": ["f1"], "part": {"inner": "x"}}`)
		for range 1 + random.IntN(3) {
			var v any
			if err := json.Unmarshal([]byte(values[random.IntN(len(values))]), &v); err != nil {
				t.Fatal(err)
			}
			a[names[random.IntN(len(names))]] = v
		}
		if random.IntN(10) == 0 {
			delete(a, names[random.IntN(len(names))])
		}
		if _, object := a["part"]; !object {
			continue // a missing object is asked for by its fields here
		}
		raw, _ := json.Marshal(a)
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		theirs, ours := schema.Validate(v), f.Check(a)
		if (theirs == nil) != (len(ours) == 0) {
			t.Fatalf("%s: JSON Schema says %v, the form %v", raw, theirs, ours)
		}
		if theirs != nil {
			bad++
		}
	}
	if bad < 1000 {
		t.Errorf("only %d answers were bad", bad)
	}
}

func TestFormats(t *testing.T) {
	for format, rows := range map[string]map[string]bool{
		"date":      {"2026-12-01": true, "2026-13-01": false, "2026-1-1": false, "01.12.2026": false, "2026-12-01T": false, "": false},
		"date-time": {"2026-12-01T10:00:00Z": true, "2026-12-01t10:00:00z": true, "2026-12-01T10:00:00.123456789+01:30": true, "2026-12-01T10:00:00": false, "2026-12-01T24:00:00Z": false, "2026-12-01 10:00:00Z": false, "2026-12-01T10:00:00,5Z": false, "2026-12-01": false, "2026-12-01T10:00Z": false},
		"time":      {"10:00:00Z": true, "10:00:00": true, "10:00:00.5-08:00": true, "10:00": false, "1:00:00": false, "10:00:60": false, "10:00:00.": false, "10:00:00ZZ": false, "10:00:00+1:00": false, "Z": false, "+00:00": false, "10:00:00,5": false},
		"email":     {"ada@contoso.example": true, "a.b+c@x-y.example.com": true, "ada@contoso": false, "a@b@c.example": false, ".a@b.example": false, "a..b@c.example": false, "a b@c.example": false, "<a@b.example>": false, "a@-b.example": false, "a@b..example": false, "@b.example": false, "a@": false, "ü@b.example": false},
		"uri":       {"https://contoso.example": true, "mailto:ada@contoso.example": true, "urn:x:y": true, "contoso.example": false, "/path": false, "https://x y": false, "https://ü.example": false, "http:": false, ":x": false, "https://[::1": false, "a:b\\c": false},
		"":          {"anything": true},
	} {
		for s, want := range rows {
			if got := isFormat(format, s); got != want {
				t.Errorf("%s %q: %v", format, s, got)
			}
		}
	}
}

// What disables a control takes nothing from its answer: as in JSON Forms, the answer is
// sent, checked and required.
func TestAnswersThatCannotBeChangedCount(t *testing.T) {
	f := compile(t, `{"type": "object", "required": ["asset"], "properties": {"asset": {"type": "string", "minLength": 3, "default": "PC-1"}}}`,
		`{"type": "Control", "scope": "#/properties/asset", "rule": {"effect": "DISABLE", "condition": {"scope": "#", "schema": {}}}}`)
	if s := f.State(nil); s.Enabled(f.Root()) || !s.Shown(f.Root()) {
		t.Error("the control may be answered")
	}
	if got := f.Clean(f.Begin()); got["asset"] != "PC-1" {
		t.Errorf("clean: %v", got)
	}
	if p := f.Check(nil); len(p) != 1 || p[0].Code != Missing {
		t.Errorf("no answer: %v", p)
	}
	if p := f.Check(map[string]any{"asset": "x"}); len(p) != 1 || p[0].Code != TooShort {
		t.Errorf("a short answer: %v", p)
	}
}

func TestDefaultsBelongToTheForm(t *testing.T) {
	f := compile(t, `{"type": "object", "properties": {"n": {"type": "integer", "default": 3}, "e": {"type": "string", "default": ""}, "part": {"type": "object", "properties": {"ok": {"type": "boolean", "default": false}}},
		"l": {"type": "array", "default": ["a"], "items": {"oneOf": [{"const": "a", "title": "A"}]}}}}`, "")
	first := f.Begin()
	first["l"].([]any)[0] = "spoilt"
	want := map[string]any{"n": 3.0, "part": map[string]any{"ok": false}, "l": []any{"a"}}
	if diff := cmp.Diff(want, f.Begin()); diff != "" {
		t.Error(diff)
	}
	if p := f.Check(f.Begin()); p != nil {
		t.Error(p)
	}
}

// Answers come from json with numbers kept, from a console and from tests.
func TestAnswersInOtherGoTypes(t *testing.T) {
	f := compile(t, full, fullUI)
	d := json.NewDecoder(strings.NewReader(`{"name": "Ada", "sites": ["b"], "files": ["f"], "part": {"inner": "x", "level": 2}, "amount": 3, "price": 1e999999999}`))
	d.UseNumber()
	var a map[string]any
	if err := d.Decode(&a); err != nil {
		t.Fatal(err)
	}
	if p := f.Check(a); len(p) != 1 || p[0].Pointer != "/price" {
		t.Error(p)
	}
	if p := f.Check(map[string]any{"name": "Ada", "sites": []string{"b"}, "files": []string{"f"}, "part": map[string]any{"inner": "x"}, "amount": 3, "price": int64(2)}); p != nil {
		t.Error(p)
	}
}

// Many wrong answers make no more problems than anybody reads.
func TestManyUnknownAnswers(t *testing.T) {
	a := map[string]any{}
	for i := range 10_000 {
		a[fmt.Sprint("q", i)] = i
	}
	if p := compile(t, `{"type": "object", "properties": {"x": {"type": "string"}}}`, "").Check(a); len(p) != maxUnknown {
		t.Errorf("%d problems", len(p))
	}
	long := slices.Repeat([]any{"x"}, 100_000)
	if p := compile(t, full, fullUI).Check(map[string]any{"name": "Ada", "sites": long, "files": long, "part": map[string]any{"inner": strings.Repeat("x", 200_000)}}); len(p) != 3 {
		t.Errorf("%v", p)
	}
}
