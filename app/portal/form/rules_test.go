package form

import (
	"encoding/json"
	"strings"
	"testing"
)

func compile(t testing.TB, schema, ui string) *Form {
	t.Helper()
	d := Document{ID: "test", Title: "Test", Schema: json.RawMessage(schema), UI: json.RawMessage(ui)}
	f, err := d.Compile()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func answers(t testing.TB, raw string) map[string]any {
	t.Helper()
	var a map[string]any
	if err := json.Unmarshal([]byte(raw), &a); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return a
}

// ruled is a form with a field for each kind of condition, and a control with the rule.
func ruled(t testing.TB, rule string) (*Form, *Element) {
	t.Helper()
	f := compile(t, `{"type": "object", "properties": {
		"counter": {"type": "number"},
		"name": {"type": "string"},
		"yes": {"type": "boolean"},
		"stringArray": {"type": "array", "items": {"oneOf": [{"const": "Foo", "title": "F"}, {"const": "Bar", "title": "B"}]}},
		"otherProperty": {"type": "string"},
		"part": {"type": "object", "properties": {"inner": {"type": "integer"}, "second": {"type": "string"}}},
		"ruled": {"type": "string"}}}`,
		`{"type": "VerticalLayout", "elements": [
		{"type": "Control", "scope": "#/properties/counter"},
		{"type": "Control", "scope": "#/properties/name"},
		{"type": "Control", "scope": "#/properties/yes"},
		{"type": "Control", "scope": "#/properties/stringArray"},
		{"type": "Control", "scope": "#/properties/otherProperty"},
		{"type": "Control", "scope": "#/properties/part/properties/inner"},
		{"type": "Control", "scope": "#/properties/part/properties/second"},
		{"type": "Control", "scope": "#/properties/ruled", "rule": `+rule+`}]}`)
	return f, f.Field("/ruled").controls[0]
}

// The examples of JSON Forms' page about rules, with each answer that tells them apart.
// What Ajv says of a value that is not there was looked up in its code, keyword by keyword.
func TestConditionsMeanWhatTheyMeanToJSONForms(t *testing.T) {
	type row struct {
		answers string
		met     bool
	}
	for condition, rows := range map[string][]row{
		`"scope": "#/properties/counter", "schema": {"const": 10}`: {
			{`{"counter": 10}`, true}, {`{"counter": 10.0}`, true}, {`{"counter": 9}`, false}, {`{}`, false},
		},
		`"scope": "#/properties/name", "schema": {"enum": ["foo", "bar"]}`: {
			{`{"name": "foo"}`, true}, {`{"name": "bar"}`, true}, {`{"name": "foobar"}`, false}, {`{}`, false},
		},
		`"scope": "#/properties/counter", "schema": {"not": {"const": 10}}`: {
			{`{"counter": 10}`, false}, {`{"counter": 11}`, true}, {`{}`, true},
		},
		`"scope": "#/properties/counter", "schema": {"minimum": 1, "exclusiveMaximum": 10}`: {
			{`{"counter": 0}`, false}, {`{"counter": 1}`, true}, {`{"counter": 9.99}`, true}, {`{"counter": 10}`, false}, {`{}`, true},
		},
		`"scope": "#/properties/counter", "schema": {"minimum": 1}, "failWhenUndefined": true`: {
			{`{"counter": 0}`, false}, {`{"counter": 1}`, true}, {`{}`, false},
		},
		`"scope": "#/properties/counter", "schema": {"minimum": 1}, "failWhenUndefined": false`: {{`{}`, true}},
		`"scope": "#", "schema": {"properties": {"stringArray": {"contains": {"const": "Foo"}}}, "required": ["stringArray", "otherProperty"]}`: {
			{`{"stringArray": ["Bar", "Foo"], "otherProperty": "x"}`, true}, {`{"stringArray": ["Foo"]}`, false},
			{`{"stringArray": ["Bar"], "otherProperty": "x"}`, false}, {`{"otherProperty": "x"}`, false}, {`{}`, false},
		},
		// The scope's failWhenUndefined goes before the schema, also before one of not.
		`"scope": "#/properties/counter", "schema": {"not": {"const": 10}}, "failWhenUndefined": true`: {{`{}`, false}, {`{"counter": 1}`, true}},
		// JSON Forms' issue 1686: no answer is not null.
		`"scope": "#/properties/name", "schema": {"const": null}`:  {{`{}`, false}, {`{"name": "x"}`, false}},
		`"scope": "#/properties/name", "schema": {"enum": [null]}`: {{`{}`, false}},
		`"scope": "#/properties/name", "schema": {"type": "null"}`: {{`{}`, false}},
		// A field's answer, with each keyword, without an answer.
		`"scope": "#/properties/name", "schema": {"type": "string"}`:                             {{`{}`, false}, {`{"name": "x"}`, true}},
		`"scope": "#/properties/name", "schema": {"type": ["integer", "string"]}`:                {{`{}`, false}, {`{"name": "x"}`, true}},
		`"scope": "#/properties/name", "schema": {"minLength": 2, "maxLength": 3}`:               {{`{}`, true}, {`{"name": "x"}`, false}, {`{"name": "äöü"}`, true}, {`{"name": "äöüx"}`, false}},
		`"scope": "#/properties/name", "schema": {"pattern": "^a"}`:                              {{`{}`, true}, {`{"name": "ab"}`, true}, {`{"name": "ba"}`, false}},
		`"scope": "#/properties/name", "schema": {"format": "date"}`:                             {{`{}`, true}, {`{"name": "2026-02-29"}`, false}, {`{"name": "2028-02-29"}`, true}},
		`"scope": "#/properties/name", "schema": {}`:                                             {{`{}`, true}},
		`"scope": "#/properties/name", "schema": true`:                                           {{`{}`, true}},
		`"scope": "#/properties/name", "schema": false`:                                          {{`{}`, false}, {`{"name": "x"}`, false}},
		`"scope": "#/properties/name", "schema": {"not": {"type": "string"}}`:                    {{`{}`, true}, {`{"name": "x"}`, false}, {`{"name": ""}`, true}},
		`"scope": "#/properties/name", "schema": {"minimum": 5}`:                                 {{`{"name": "x"}`, true}},
		`"scope": "#/properties/counter", "schema": {"minLength": 5, "maxItems": 0}`:             {{`{"counter": 1}`, true}},
		`"scope": "#/properties/counter", "schema": {"maximum": 5, "exclusiveMinimum": 1}`:       {{`{"counter": 1}`, false}, {`{"counter": 5}`, true}, {`{"counter": 6}`, false}},
		`"scope": "#/properties/counter", "schema": {"multipleOf": 0.5}`:                         {{`{"counter": 1.5}`, true}, {`{"counter": 1.6}`, false}, {`{}`, true}},
		`"scope": "#/properties/stringArray", "schema": {"minItems": 2, "uniqueItems": true}`:    {{`{}`, true}, {`{"stringArray": ["Foo"]}`, false}, {`{"stringArray": ["Foo", "Bar"]}`, true}, {`{"stringArray": ["Foo", "Foo"]}`, false}},
		`"scope": "#/properties/stringArray", "schema": {"items": {"const": "Foo"}}`:             {{`{}`, true}, {`{"stringArray": ["Foo"]}`, true}, {`{"stringArray": ["Foo", "Bar"]}`, false}},
		`"scope": "#/properties/stringArray", "schema": {"contains": {"const": "Foo"}}`:          {{`{}`, true}, {`{"stringArray": ["Bar"]}`, false}},
		`"scope": "#/properties/stringArray", "schema": {"const": ["Foo", "Bar"]}`:               {{`{"stringArray": ["Foo", "Bar"]}`, true}, {`{"stringArray": ["Bar", "Foo"]}`, false}},
		`"scope": "#", "schema": {"anyOf": [{"required": ["name"]}, {"required": ["counter"]}]}`: {{`{}`, false}, {`{"name": "x"}`, true}, {`{"counter": 0}`, true}},
		`"scope": "#", "schema": {"oneOf": [{"required": ["name"]}, {"required": ["counter"]}]}`: {{`{"name": "x", "counter": 0}`, false}, {`{"counter": 0}`, true}},
		`"scope": "#", "schema": {"allOf": [{"properties": {"name": {"const": "x"}}}, {"properties": {"counter": {"const": 1}}}]}`: {
			{`{}`, true}, {`{"name": "x"}`, true}, {`{"name": "y"}`, false}, {`{"name": "x", "counter": 2}`, false},
		},
		`"scope": "#", "schema": {"if": {"properties": {"yes": {"const": true}}, "required": ["yes"]}, "then": {"required": ["name"]}, "else": {"required": ["counter"]}}`: {
			{`{"yes": true}`, false}, {`{"yes": true, "name": "x"}`, true}, {`{"yes": false}`, false}, {`{"counter": 1}`, true},
		},
		`"scope": "#", "schema": {"type": "object"}`: {{`{}`, true}},
		`"scope": "#/properties/part", "schema": {"properties": {"inner": {"const": 1}}, "required": ["inner"]}`: {
			{`{"part": {"inner": 1}}`, true}, {`{"part": {"inner": 2}}`, false}, {`{"part": {"second": "x"}}`, false}, {`{}`, true},
		},
		`"scope": "#/properties/part", "schema": {}, "failWhenUndefined": true`:     {{`{}`, false}, {`{"part": {"second": "x"}}`, true}},
		`"scope": "#/properties/part/properties/inner", "schema": {"const": 1}`:     {{`{"part": {"inner": 1}}`, true}, {`{}`, false}},
		`"scope": "#", "schema": {"properties": {"part": {"required": ["inner"]}}}`: {{`{}`, true}, {`{"part": {"second": "x"}}`, false}},
		`"scope": "#", "schema": {"const": {"name": "x"}}`:                          {{`{"name": "x"}`, true}, {`{"name": "x", "counter": 1}`, false}},
		`"scope": "#/properties/yes", "schema": {"const": true}`:                    {{`{"yes": true}`, true}, {`{"yes": false}`, false}, {`{}`, false}},
		`"scope": "#/properties/yes", "schema": {"not": {"const": true}}`:           {{`{"yes": false}`, true}, {`{}`, true}},
		`"scope": "#/properties/counter", "schema": {"type": "integer"}`:            {{`{"counter": 1}`, true}, {`{"counter": 1.5}`, false}},
	} {
		for _, r := range rows {
			// The answer of the ruled control itself is no part of the object.
			for effect, want := range map[string]bool{"SHOW": r.met, "HIDE": !r.met} {
				rule := `{"effect": "` + effect + `", "condition": {` + condition + `}}`
				if strings.Contains(condition, `"const": {`) {
					continue // looks at all fields, and so at the ruled one
				}
				f, e := ruled(t, rule)
				if s := f.State(answers(t, r.answers)); s.Shown(e) != want || !s.Enabled(e) {
					t.Errorf("%s %s with %s: shown %v, want %v", effect, condition, r.answers, s.Shown(e), want)
				}
			}
			for effect, want := range map[string]bool{"ENABLE": r.met, "DISABLE": !r.met} {
				f, e := ruled(t, `{"effect": "`+effect+`", "condition": {`+condition+`}}`)
				if s := f.State(answers(t, r.answers)); s.Enabled(e) != want || !s.Shown(e) {
					t.Errorf("%s %s with %s: enabled %v, want %v", effect, condition, r.answers, s.Enabled(e), want)
				}
			}
		}
	}
}

// JSON Forms' example "Rule Inheritance", with a vertical layout in the place of the
// horizontal one: a rule ENABLE around is inherited, one of the element's own counts alone.
func TestEnablingIsInherited(t *testing.T) {
	f := compile(t, `{"type": "object", "properties": {
		"toggleTopLayout": {"type": "boolean"}, "topString": {"type": "string"}, "middleNumber": {"type": "number"},
		"toggleBottomLayout": {"type": "boolean"}, "bottomBoolean": {"type": "boolean"}, "own": {"type": "string"}}}`,
		`{"type": "VerticalLayout", "elements": [
		{"type": "Control", "scope": "#/properties/toggleTopLayout"}, {"type": "Control", "scope": "#/properties/toggleBottomLayout"},
		{"type": "VerticalLayout", "rule": {"effect": "ENABLE", "condition": {"scope": "#/properties/toggleTopLayout", "schema": {"const": true}}}, "elements": [
			{"type": "Control", "scope": "#/properties/topString"},
			{"type": "Control", "scope": "#/properties/own", "rule": {"effect": "DISABLE", "condition": {"scope": "#/properties/topString", "schema": {"const": "off"}}}},
			{"type": "VerticalLayout", "elements": [
				{"type": "Control", "scope": "#/properties/middleNumber"},
				{"type": "Group", "label": "group", "rule": {"effect": "SHOW", "condition": {"scope": "#/properties/toggleBottomLayout", "schema": {"const": true}}}, "elements": [
					{"type": "Control", "scope": "#/properties/bottomBoolean"}]}]}]}]}`)
	at := func(pointer string) *Element { return f.Field(pointer).controls[0] }
	for _, r := range []struct {
		answers                            string
		middle, own, bottom, bottomEnabled bool
	}{
		{`{"toggleTopLayout": true, "toggleBottomLayout": true}`, true, true, true, true},
		{`{"toggleTopLayout": false, "toggleBottomLayout": true}`, false, true, true, false},
		{`{"toggleTopLayout": true, "topString": "off"}`, true, false, false, true},
		{`{}`, false, true, false, false},
	} {
		s := f.State(answers(t, r.answers))
		got := []bool{s.Enabled(at("/middleNumber")), s.Enabled(at("/own")), s.Shown(at("/bottomBoolean")), s.Enabled(at("/bottomBoolean"))}
		want := []bool{r.middle, r.own, r.bottom, r.bottomEnabled}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("%s: %v, want %v", r.answers, got, want)
				break
			}
		}
	}
}

// An answer to a hidden question counts as not given also for other rules, in a chain of
// any order, so that the sender and the receiver of the clean answers see the same form.
func TestHiddenAnswersCountForNoRule(t *testing.T) {
	show := func(field, scope, schema string) string {
		return `{"type": "Control", "scope": "#/properties/` + field + `", "rule": {"effect": "SHOW", "condition": {"scope": "#/properties/` + scope + `", "schema": ` + schema + `}}}`
	}
	f := compile(t, `{"type": "object", "required": ["a", "d"], "properties": {"a": {"type": "string"}, "b": {"type": "string"}, "c": {"type": "string"}, "d": {"type": "string"}}}`,
		`{"type": "VerticalLayout", "elements": [`+show("d", "c", `{"const": "3"}`)+`,`+show("c", "b", `{"const": "2"}`)+`,`+show("b", "a", `{"const": "1"}`)+`,
		{"type": "Control", "scope": "#/properties/a"}]}`)
	for raw, want := range map[string]string{
		`{"a": "1", "b": "2", "c": "3", "d": "4"}`: `{"a":"1","b":"2","c":"3","d":"4"}`,
		`{"a": "0", "b": "2", "c": "3", "d": "4"}`: `{"a":"0"}`,
		`{"a": "1", "b": "0", "c": "3", "d": "4"}`: `{"a":"1","b":"0"}`,
	} {
		clean := f.Clean(answers(t, raw))
		got, _ := json.Marshal(clean)
		if string(got) != want {
			t.Errorf("%s: %s, want %s", raw, got, want)
		}
		before, after := f.State(answers(t, raw)), f.State(clean)
		for _, e := range f.Elements() {
			if before.Shown(e) != after.Shown(e) {
				t.Errorf("%s: the receiver sees another form", raw)
			}
		}
		if problems := f.Check(answers(t, raw)); problems != nil {
			t.Errorf("%s: %v", raw, problems)
		}
	}
	if problems := f.Check(answers(t, `{"a": "1", "b": "2", "c": "3"}`)); len(problems) != 1 || problems[0].Pointer != "/d" || problems[0].Code != Missing {
		t.Errorf("a required field that is shown: %v", problems)
	}
}

// What cannot be changed is an answer like any other, also for rules.
func TestDisabledAnswersCountForRules(t *testing.T) {
	f := compile(t, `{"type": "object", "properties": {"lock": {"type": "boolean"}, "kind": {"type": "string"}, "more": {"type": "string"}}}`,
		`{"type": "VerticalLayout", "elements": [{"type": "Control", "scope": "#/properties/lock"},
		{"type": "Control", "scope": "#/properties/more", "rule": {"effect": "SHOW", "condition": {"scope": "#/properties/kind", "schema": {"const": "x"}}}},
		{"type": "Control", "scope": "#/properties/kind", "rule": {"effect": "DISABLE", "condition": {"scope": "#/properties/lock", "schema": {"const": true}}}}]}`)
	if got := f.Clean(answers(t, `{"lock": true, "kind": "x", "more": "y"}`)); len(got) != 3 {
		t.Errorf("%v", got)
	}
}

// A field with several controls is asked where one of them is shown.
func TestOneShownControlIsEnough(t *testing.T) {
	f := compile(t, `{"type": "object", "properties": {"kind": {"type": "string"}, "serial": {"type": "string"}}}`,
		`{"type": "VerticalLayout", "elements": [{"type": "Control", "scope": "#/properties/kind"},
		{"type": "Group", "label": "Laptop", "rule": {"effect": "SHOW", "condition": {"scope": "#/properties/kind", "schema": {"const": "laptop"}}}, "elements": [{"type": "Control", "scope": "#/properties/serial"}]},
		{"type": "Group", "label": "Phone", "rule": {"effect": "SHOW", "condition": {"scope": "#/properties/kind", "schema": {"const": "phone"}}}, "elements": [{"type": "Control", "scope": "#/properties/serial"}]}]}`)
	for kind, want := range map[string]int{"laptop": 2, "phone": 2, "desk": 1} {
		if got := f.Clean(map[string]any{"kind": kind, "serial": "7"}); len(got) != want {
			t.Errorf("%s: %v", kind, got)
		}
	}
	both := compile(t, one(`{"type": "string"}`), controls(`{"type": "Control", "scope": "#/properties/x", "label": "Again"}`))
	if got := both.Text(map[string]any{"x": "7"}, Names{}); got != "X: 7" || len(both.Fields()) != 2 {
		t.Errorf("with two controls in sight: %q", got)
	}
}
