package form

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// faults compiles a form that is refused.
func faults(t testing.TB, schema, ui string) []Fault {
	t.Helper()
	d := Document{ID: "test", Title: "Test", Schema: json.RawMessage(schema), UI: json.RawMessage(ui)}
	_, err := d.Compile()
	var refused *Error
	if !errors.As(err, &refused) {
		t.Fatalf("%.300s\n%.300s\nis taken: %v", schema, ui, err)
	}
	return refused.Faults
}

// one is the schema of a form with a field "x".
func one(field string) string {
	return `{"type": "object", "properties": {"x": ` + field + `, "y": {"type": "string"}}}`
}

// controls is a UI schema with the fields of one, and an element.
func controls(element string) string {
	return `{"type": "VerticalLayout", "elements": [{"type": "Control", "scope": "#/properties/x"}, {"type": "Control", "scope": "#/properties/y"}, ` + element + `]}`
}

// outside is one thing outside the subset: where it stands, and a word of the advice.
type outside struct{ schema, ui, pointer, name, instead string }

func outsides() []outside {
	text := one(`{"type": "string"}`)
	rule := func(rule string) string {
		return controls(`{"type": "Label", "text": "t", "rule": ` + rule + `}`)
	}
	condition := func(schema string) string {
		return rule(`{"effect": "SHOW", "condition": {"scope": "#/properties/x", "schema": ` + schema + `}}`)
	}
	return []outside{
		// JSON Schema.
		{one(`{"type": "string", "enum": ["a"]}`), "", "/schema/properties/x/enum", "enum", "oneOf"},
		{one(`{"const": 1, "type": "integer"}`), "", "/schema/properties/x/const", "const", "oneOf"},
		{one(`{"type": "integer", "exclusiveMinimum": 0}`), "", "/schema/properties/x/exclusiveMinimum", "exclusiveMinimum", "minimum"},
		{one(`{"type": "integer", "multipleOf": 5}`), "", "/schema/properties/x/multipleOf", "multipleOf", "take it away"},
		{one(`{"type": "string", "minimum": 5}`), "", "/schema/properties/x/minimum", "minimum", "integer"},
		{one(`{"type": "integer", "maxLength": 5}`), "", "/schema/properties/x/maxLength", "maxLength", "string"},
		{one(`{"type": "string", "readOnly": true}`), "", "/schema/properties/x/readOnly", "readOnly", "DISABLE"},
		{one(`{"type": "string", "anyOf": [{}]}`), "", "/schema/properties/x/anyOf", "anyOf", "SHOW"},
		{one(`{"type": "string", "contentMediaType": "text/html"}`), "", "/schema/properties/x/contentMediaType", "contentMediaType", "take it away"},
		{one(`{"type": "string", "x-<b>": 1}`), "", "/schema/properties/x/x-<b>", "x-<b>", "take it away"},
		{one(`{"type": "null"}`), "", "/schema/properties/x/type", "type", "string"},
		{one(`{"type": ["string", "null"]}`), "", "/schema/properties/x/type", "type", "string"},
		{one(`{"title": "X"}`), "", "/schema/properties/x", "type", "string"},
		{one(`true`), "", "/schema/properties/x", "", "type"},
		{one(`{"type": "string", "format": "idn-email"}`), "", "/schema/properties/x/format", "format", "email"},
		{one(`{"type": "string", "title": 7}`), "", "/schema/properties/x/title", "title", "text"},
		{one(`{"type": "string", "minLength": -1}`), "", "/schema/properties/x/minLength", "minLength", "write"},
		{one(`{"type": "string", "minLength": 5, "maxLength": 4}`), "", "/schema/properties/x/minLength", "minLength", "smaller"},
		{one(`{"type": "integer", "minimum": "1"}`), "", "/schema/properties/x/minimum", "minimum", "number"},
		{one(`{"type": "integer", "default": 1.5}`), "", "/schema/properties/x/default", "default", "answer"},
		{one(`{"type": "string", "oneOf": []}`), "", "/schema/properties/x/oneOf", "oneOf", "const"},
		{one(`{"type": "string", "oneOf": [{"const": "a"}]}`), "", "/schema/properties/x/oneOf/0", "title", "title"},
		{one(`{"type": "string", "oneOf": [{"const": 1, "title": "A"}]}`), "", "/schema/properties/x/oneOf/0", "const", "const"},
		{one(`{"type": "string", "oneOf": [{"const": "a", "title": "A"}, {"const": "a", "title": "B"}]}`), "", "/schema/properties/x/oneOf/1", "const", "once"},
		{one(`{"type": "string", "oneOf": [{"const": "", "title": "None"}]}`), "", "/schema/properties/x/oneOf/0/const", "const", "take"},
		{one(`{"type": "string", "oneOf": [{"const": "a", "title": "A", "type": "string"}]}`), "", "/schema/properties/x/oneOf/0/type", "type", "const"},
		{one(`{"type": "array"}`), "", "/schema/properties/x", "items", "oneOf"},
		{one(`{"type": "array", "items": {"type": "string"}}`), "", "/schema/properties/x/items", "oneOf", "portico"},
		{one(`{"type": "array", "items": {"type": "object"}}`), "", "/schema/properties/x/items/type", "type", "multi"},
		{one(`{"type": "array", "uniqueItems": false, "items": {"oneOf": [{"const": "a", "title": "A"}]}}`), "", "/schema/properties/x/uniqueItems", "uniqueItems", "true"},
		{`{"type": "array"}`, "", "/schema/type", "type", "object"},
		{`[]`, "", "/schema", "schema", "object"},
		{``, "", "/schema", "schema", "object"},
		{`{"type": "object"}`, "", "/schema/properties", "properties", "one"},
		{`{"type": "object", "$schema": "http://json-schema.org/draft-07/schema#", "properties": {"x": {"type": "string"}}}`, "", "/schema/$schema", "$schema", "2020-12"},
		{`{"type": "object", "additionalProperties": false, "properties": {"x": {"type": "string"}}}`, "", "/schema/additionalProperties", "additionalProperties", "take it away"},
		{`{"type": "object", "definitions": {}, "properties": {"x": {"type": "string"}}}`, "", "/schema/definitions", "definitions", "$defs"},
		{`{"type": "object", "required": ["z"], "properties": {"x": {"type": "string"}}}`, "", "/schema/required", "required", "property"},
		{`{"type": "object", "properties": {"a.b": {"type": "string"}}}`, "", "/schema/properties/a.b", "a.b", "letters"},
		{`{"type": "object", "properties": {"a/b~": {"type": "string"}}}`, "", "/schema/properties/a~1b~0", "a/b~", "letters"},
		{`{"type": "object", "properties": {"x": {"type": "string"}, "x": {"type": "string"}}}`, "", "/schema/properties/x", "x", "away"},
		{`{"type": "object", "properties": {"x": {"type": "string"}},}`, "", "/schema", "", "JSON"},
		{`{"type": "object", "properties": {"x": {"type": "string"}}} {}`, "", "/schema", "", "JSON"},
		// $ref.
		{one(`{"$ref": "https://example.com/schema.json"}`), "", "/schema/properties/x/$ref", "$ref", "$defs"},
		{one(`{"$ref": "other.json#/x"}`), "", "/schema/properties/x/$ref", "$ref", "$defs"},
		{one(`{"$ref": "#anchor"}`), "", "/schema/properties/x/$ref", "$ref", "$defs"},
		{one(`{"$ref": "#/$defs/none"}`), "", "/schema/properties/x/$ref", "$ref", "place"},
		{one(`{"$ref": "#/properties/x"}`), "", "/schema/properties/x", "$ref", "itself"},
		{one(`{"$ref": "#"}`), "", "/schema/properties/x", "$ref", "itself"},
		{`{"type": "object", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "properties": {"x": {"$ref": "#/$defs/a"}}}`, "", "/schema/properties/x", "$ref", "itself"},
		{`{"type": "object", "$defs": {"a": {"type": "object", "properties": {"again": {"$ref": "#/$defs/a"}}}}, "properties": {"x": {"$ref": "#/$defs/a"}}}`, "", "/schema/$defs/a/properties/again", "$ref", "itself"},
		{`{"type": "object", "$defs": {"a": {"type": "string"}}, "properties": {"x": {"$ref": "#/$defs/a", "type": "integer"}}}`, "", "/schema/properties/x/type", "type", "one of"},
		// JSON Forms: elements.
		{text, controls(`{"type": "HorizontalLayout", "elements": []}`), "/ui/elements/2/type", "HorizontalLayout", "VerticalLayout"},
		{text, controls(`{"type": "Categorization", "elements": []}`), "/ui/elements/2/type", "Categorization", "Group"},
		{text, controls(`{"type": "Image", "src": "https://example.com"}`), "/ui/elements/2/type", "Image", "Control"},
		{text, controls(`{"type": "Group"}`), "/ui/elements/2/elements", "elements", "elements"},
		{text, controls(`{"type": "Group", "label": {"text": "x"}, "elements": []}`), "/ui/elements/2/label", "label", "text"},
		{text, controls(`{"type": "Label"}`), "/ui/elements/2/text", "text", "text"},
		{text, controls(`{"type": "Label", "text": "x", "i18n": "key"}`), "/ui/elements/2/i18n", "i18n", "texts"},
		{text, controls(`{"type": "Label", "text": "x", "options": {}}`), "/ui/elements/2/options", "options", "Control"},
		{text, controls(`{"type": "Control"}`), "/ui/elements/2/scope", "scope", "place"},
		{text, controls(`{"type": "Control", "scope": "#/properties/z"}`), "/ui/elements/2/scope", "scope", "place"},
		{text, controls(`{"type": "Control", "scope": "#/items/x"}`), "/ui/elements/2/scope", "scope", "place"},
		{text, controls(`{"type": "Control", "scope": "https://example.com/#/properties/x"}`), "/ui/elements/2/scope", "scope", "place"},
		{text, controls(`{"type": "Control", "scope": "#"}`), "/ui/elements/2/scope", "scope", "Group"},
		{text, controls(`{"type": "Control", "scope": "#/properties/x", "label": {"show": false}}`), "/ui/elements/2/label", "label", "false"},
		{text, controls(`{"type": "Control", "scope": "#/properties/x", "options": {"readonly": true}}`), "/ui/elements/2/options/readonly", "readonly", "DISABLE"},
		{text, controls(`{"type": "Control", "scope": "#/properties/x", "options": {"format": "radio"}}`), "/ui/elements/2/options/format", "format", "oneOf"},
		{text, controls(`{"type": "Control", "scope": "#/properties/x", "options": {"format": "password"}}`), "/ui/elements/2/options/format", "format", "radio"},
		{text, controls(`{"type": "Control", "scope": "#/properties/x", "options": {"multi": "yes"}}`), "/ui/elements/2/options/multi", "multi", "true"},
		{text, controls(`{"type": "Control", "scope": "#/properties/x", "options": {"portico": "files"}}`), "/ui/elements/2/options/portico", "portico", "array"},
		{text, controls(`{"type": "Control", "scope": "#/properties/x", "options": {"portico": "device"}}`), "/ui/elements/2/options/portico", "portico", "boolean"},
		{text, controls(`{"type": "Control", "scope": "#/properties/x", "options": {"portico": "camera"}}`), "/ui/elements/2/options/portico", "portico", "person"},
		{text, controls(`{"type": "Control", "scope": "#/properties/x", "options": {"portico": "person"}}`), "/ui/elements/2/options/portico", "portico", "same"},
		{text, `{"type": "Control", "scope": "#/properties/x"}`, "/schema", "/y", "Control"},
		{text, `[]`, "/ui", "", "Control"},
		{`{"type": "object", "properties": {"x": {"type": "string"}, "y": {"type": "object", "properties": {"z": {"type": "string"}}}}}`, `{"type": "VerticalLayout", "elements": [{"type": "Control", "scope": "#/properties/y"}]}`, "/ui/elements/0/scope", "scope", "Group"},
		// JSON Forms: rules.
		{text, rule(`{"effect": "READONLY", "condition": {"scope": "#", "schema": true}}`), "/ui/elements/2/rule/effect", "READONLY", "DISABLE"},
		{text, rule(`{"effect": "show", "condition": {"scope": "#", "schema": true}}`), "/ui/elements/2/rule/effect", "effect show", "SHOW"},
		{text, rule(`{"effect": "SHOW"}`), "/ui/elements/2/rule/condition", "condition", "scope"},
		{text, rule(`{"effect": "SHOW", "condition": {"type": "LEAF", "scope": "#/properties/x", "expectedValue": 1}}`), "/ui/elements/2/rule/condition", "condition LEAF", "const"},
		{text, rule(`{"effect": "SHOW", "condition": {"type": "AND", "conditions": []}}`), "/ui/elements/2/rule/condition", "condition AND", "allOf"},
		{text, rule(`{"effect": "SHOW", "condition": {"type": "OR", "conditions": []}}`), "/ui/elements/2/rule/condition", "condition OR", "anyOf"},
		{text, rule(`{"effect": "SHOW", "condition": {"scope": "#/properties/z", "schema": true}}`), "/ui/elements/2/rule/condition/scope", "scope", "place"},
		{text, rule(`{"effect": "SHOW", "condition": {"scope": "#"}}`), "/ui/elements/2/rule/condition/schema", "schema", "schema"},
		{text, rule(`{"effect": "SHOW", "condition": {"scope": "#", "schema": true, "validate": "x"}}`), "/ui/elements/2/rule/condition/validate", "validate", "away"},
		{text, condition(`{"$ref": "#/$defs/x"}`), "/ui/elements/2/rule/condition/schema/$ref", "$ref", "itself"},
		{text, condition(`{"dependentRequired": {}}`), "/ui/elements/2/rule/condition/schema/dependentRequired", "dependentRequired", "if"},
		{text, condition(`{"patternProperties": {}}`), "/ui/elements/2/rule/condition/schema/patternProperties", "patternProperties", "properties"},
		{text, condition(`{"properties": {"x": {}}}`), "/ui/elements/2/rule/condition/schema/properties/x", "x", "scope"},
		{text, condition(`{"const": ""}`), "/ui/elements/2/rule/condition/schema/const", "const", "not"},
		{text, condition(`{"enum": []}`), "/ui/elements/2/rule/condition/schema/enum", "enum", "write"},
		{text, condition(`{"type": "text"}`), "/ui/elements/2/rule/condition/schema/type", "type", "string"},
		{text, condition(`{"minimum": "1"}`), "/ui/elements/2/rule/condition/schema/minimum", "minimum", "number"},
		{text, condition(`{"then": {}}`), "/ui/elements/2/rule/condition/schema/then", "then", "if"},
		{text, condition(`{"pattern": "(?=x)"}`), "/ui/elements/2/rule/condition/schema/pattern", "pattern", "without"},
		{text, condition(`7`), "/ui/elements/2/rule/condition/schema", "", "const"},
	}
}

func TestWhatIsOutsideTheSubsetIsRefusedByName(t *testing.T) {
	for _, r := range outsides() {
		all := faults(t, r.schema, r.ui)
		i := slices.IndexFunc(all, func(f Fault) bool {
			return f.Pointer == r.pointer && f.Name == r.name && strings.Contains(f.Instead, r.instead)
		})
		if i < 0 {
			t.Errorf("%s\n%s\nwant %s %s … %s, got %+v", r.schema, r.ui, r.pointer, r.name, r.instead, all)
		}
	}
}

// Whoever writes a form mends all at once.
func TestEveryFaultIsNamed(t *testing.T) {
	all := faults(t, `{"type": "object", "properties": {"x": {"type": "string", "enum": [1], "format": "ipv4"}, "y": {"type": "any"}}}`,
		`{"type": "HorizontalLayout", "elements": []}`)
	var got []string
	for _, f := range all {
		got = append(got, f.Pointer)
	}
	want := []string{"/schema/properties/x/format", "/schema/properties/x/enum", "/schema/properties/y/type", "/ui/type"}
	if diff := cmp.Diff(want, got[:min(len(got), 4)]); diff != "" {
		t.Error(diff)
	}
	var many strings.Builder
	for i := range 150 {
		fmt.Fprintf(&many, `, "p%d": {"type": "string", "enum": [1], "deprecated": true}`, i)
	}
	_, err := Document{ID: "test", Title: "Test", Schema: json.RawMessage(`{"type": "object", "properties": {` + many.String()[1:] + `}}`)}.Compile()
	var refused *Error
	if !errors.As(err, &refused) || len(refused.Faults) != maxFaults || refused.More != 250 {
		t.Errorf("%d faults, and %d more", len(refused.Faults), refused.More)
	}
}

func TestADocumentHasANameAndATitle(t *testing.T) {
	for raw, pointer := range map[string]string{
		`{"title": "T", "schema": {"type": "object", "properties": {"x": {"type": "string"}}}}`:            "/id",
		`{"id": "t", "title": " ", "schema": {"type": "object", "properties": {"x": {"type": "string"}}}}`: "/title",
		`{"id": "t", "title": "T"}`:                 "/schema",
		`{"id": "t", "title": "T", "schema": null}`: "/schema",
		`{"id": 7, "title": "T"}`:                   "",
		`[]`:                                        "",
		`nothing`:                                   "",
	} {
		_, err := Compile([]byte(raw))
		var refused *Error
		if !errors.As(err, &refused) || refused.Faults[0].Pointer != pointer {
			t.Errorf("%s: %v", raw, err)
		}
	}
	f, err := Compile([]byte(`{"id": "t", "group": "G", "title": "T", "icon": "laptop", "keywords": ["k"], "version": "3", "audience": ["x"],
		"schema": {"type": "object", "properties": {"x": {"type": "string"}}}}`))
	if err != nil || f.ID != "t" || f.Group != "G" || f.Icon != "laptop" || f.Version != "3" || len(f.Keywords) != 1 {
		t.Errorf("%+v, %v", f, err)
	}
}

// A hostile form costs no more than reading it.
func TestHostileFormsAreRefusedByName(t *testing.T) {
	fields := func(n int, field string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,"p%d": %s`, i, field)
		}
		return `{"type": "object", "properties": {` + b.String()[1:] + `}}`
	}
	nested := func(n int) string {
		return strings.Repeat(`{"type": "object", "properties": {"x": `, n) + `{"type": "string"}` + strings.Repeat(`}}`, n)
	}
	layouts := func(n int) string {
		return strings.Repeat(`{"type": "VerticalLayout", "elements": [`, n) + `{"type": "Control", "scope": "#/properties/x"}` + strings.Repeat(`]}`, n)
	}
	bomb := `{"type": "object", "$defs": {"a": ` + fields(20, `{"$ref": "#/$defs/b"}`) + `, "b": ` + fields(20, `{"type": "object"}`) + `}, "properties": {"x": {"$ref": "#/$defs/a"}}}`
	not := func(n int) string {
		return controls(`{"type": "Label", "text": "t", "rule": {"effect": "SHOW", "condition": {"scope": "#/properties/x", "schema": ` + strings.Repeat(`{"not": `, n) + `true` + strings.Repeat(`}`, n) + `}}}`)
	}
	wide := controls(`{"type": "Label", "text": "t", "rule": {"effect": "SHOW", "condition": {"scope": "#/properties/x", "schema": {"anyOf": [true` + strings.Repeat(`,true`, 5000) + `]}}}}`)
	labels := controls(`{"type": "Label", "text": "t"}` + strings.Repeat(`,{"type": "Label", "text": "t"}`, 1000))
	for name, r := range map[string]struct{ schema, ui, says string }{
		"too many fields":          {fields(MaxFields+1, `{"type": "string"}`), "", "more than 200 fields"},
		"too many empty objects":   {bomb, "", "more than 200 fields"},
		"too deep":                 {nested(MaxLevels + 1), "", "level 5"},
		"far too deep":             {nested(2000), "", "deeper than"},
		"lists in lists":           {strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000), "", "deeper than"},
		"lists without end":        {strings.Repeat("[", 100_000), "", "deeper than"},
		"too large":                {one(`{"type": "string", "description": "` + strings.Repeat("x", MaxBytes) + `"}`), "", "bytes"},
		"layouts too deep":         {one(`{"type": "string"}`), layouts(MaxLevels + 1), "level 5"},
		"too many elements":        {one(`{"type": "string"}`), labels, "more than 400 elements"},
		"too many choices":         {one(`{"type": "string", "oneOf": [` + strings.Repeat(`{"const": "a", "title": "A"},`, MaxChoices) + `{"const": "b", "title": "B"}]}`), "", "dynamic"},
		"a condition too deep":     {one(`{"type": "string"}`), not(30), "schemas deep"},
		"conditions without end":   {one(`{"type": "string"}`), wide, "more than 2000 schemas"},
		"a thousand keywords":      {one(`{"type": "string"` + strings.Repeat(`, "k": 1`, 1) + manyKeywords(10_000) + `}`), "", "keywords"},
		"a thousand names":         {`{"type": "object", "required": ["x"` + strings.Repeat(`,"x"`, 10_000) + `], "properties": {"x": {"type": "string"}}}`, "", "names"},
		"a pattern that explodes":  {one(`{"type": "string", "pattern": "(((a{100}){100}){100})"}`), "", "pattern"},
		"a pattern without end":    {one(`{"type": "string", "pattern": "` + strings.Repeat("(", 400) + `"}`), "", "pattern"},
		"a pattern of many states": {one(`{"type": "string", "pattern": "` + strings.Repeat("a{900}", 60) + `"}`), "", "repeats too much"},
		"long names in long names": {strings.Repeat(`{"`+strings.Repeat("n", 6000)+`":[`, 15) + "1" + strings.Repeat(`,1`, 30_000) + strings.Repeat(`]}`, 15), "", "type"},
	} {
		began := time.Now()
		all := faults(t, r.schema, r.ui)
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
		if text := fmt.Sprint(all); !strings.Contains(text, r.says) || len(text) > 40_000 {
			t.Errorf("%s: %.500s", name, text)
		}
	}
}

func manyKeywords(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `, "k%d": 1`, i)
	}
	return b.String()
}

// Without hidden answers in conditions a circle of them has no end.
func TestRulesInACircleAreRefused(t *testing.T) {
	show := func(field, scope string) string {
		return `{"type": "Control", "scope": "#/properties/` + field + `", "rule": {"effect": "SHOW", "condition": {"scope": "#/properties/` + scope + `", "schema": {"const": "x"}}}}`
	}
	for _, ui := range []string{
		`{"type": "VerticalLayout", "elements": [` + show("x", "x") + `, {"type": "Control", "scope": "#/properties/y"}]}`,
		`{"type": "VerticalLayout", "elements": [` + show("x", "y") + `, ` + show("y", "x") + `]}`,
		`{"type": "VerticalLayout", "rule": {"effect": "HIDE", "condition": {"scope": "#", "schema": {"required": ["y"]}}}, "elements": [{"type": "Control", "scope": "#/properties/x"}, {"type": "Control", "scope": "#/properties/y"}]}`,
	} {
		all := faults(t, one(`{"type": "string"}`), ui)
		if len(all) != 1 || !strings.Contains(all[0].Reason, "in turn") || !strings.HasSuffix(all[0].Pointer, "/rule") {
			t.Errorf("%s: %+v", ui, all)
		}
	}
	// What may be answered changes no answer, so a circle there is none.
	enable := strings.ReplaceAll(`{"type": "VerticalLayout", "elements": [`+show("x", "y")+`, `+show("y", "x")+`]}`, "SHOW", "ENABLE")
	compile(t, one(`{"type": "string"}`), enable)
}

func TestAFormWithoutElementsGetsThemInTheSchemasOrder(t *testing.T) {
	f := compile(t, `{"type": "object", "$defs": {"site": {"type": "string", "title": "Site", "oneOf": [{"const": "b", "title": "Berlin"}]}}, "properties": {
		"serialNumber": {"type": "string"}, "amount": {"type": "integer"}, "price": {"type": "number"}, "ok": {"type": "boolean"},
		"site": {"$ref": "#/$defs/site"}, "second": {"$ref": "#/$defs/site", "title": "Second site"},
		"more": {"type": "object", "properties": {"zip_code": {"type": "string"}, "when": {"type": "string", "format": "date"}, "at": {"type": "string", "format": "date-time"},
			"time": {"type": "string", "format": "time"}, "mail": {"type": "string", "format": "email"}, "page": {"type": "string", "format": "uri"},
			"sites": {"type": "array", "title": "Sites", "items": {"$ref": "#/$defs/site"}}}}}}`, "")
	var got []string
	for _, e := range f.Elements() {
		got = append(got, string(e.Kind)+" "+e.Title)
	}
	want := []string{"layout ", "text Serial Number", "integer Amount", "number Price", "boolean Ok", "select Site", "select Second site", "section More",
		"text Zip Code", "date When", "date-time At", "time Time", "email Mail", "uri Page", "choices Sites"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if f.Root() != f.Elements()[0] || len(f.Root().Elements) != 7 || f.Field("/more/when") == nil || f.Field("/none") != nil {
		t.Error("the tree is another one")
	}
}

func TestKindsOfControls(t *testing.T) {
	f := compile(t, `{"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string", "oneOf": [{"const": "x", "title": "X"}]},
		"c": {"type": "array", "items": {"type": "string"}}, "d": {"type": "string"}, "e": {"type": "array", "items": {"type": "string"}}, "f": {"type": "string"}, "g": {"type": "boolean"},
		"h": {"type": "boolean", "oneOf": [{"const": true, "title": "On"}, {"const": false, "title": "Off"}]}}}`,
		`{"type": "Group", "label": "G", "elements": [{"type": "Control", "scope": "#/properties/a", "label": "Own", "options": {"multi": true}},
		{"type": "Control", "scope": "#/properties/b", "label": false, "options": {"format": "radio"}},
		{"type": "Label", "text": "Help"},
		{"type": "Control", "scope": "#/properties/c", "label": true, "options": {"portico": "files"}},
		{"type": "Control", "scope": "#/properties/d", "options": {"portico": "person"}},
		{"type": "Control", "scope": "#/properties/e", "options": {"portico": "person"}},
		{"type": "Control", "scope": "#/properties/f", "options": {"portico": "dynamic"}},
		{"type": "Control", "scope": "#/properties/g", "options": {"portico": "device"}},
		{"type": "Control", "scope": "#/properties/h", "options": {"format": "radio"}}]}`)
	var got []string
	for _, e := range f.Elements() {
		many := ""
		if e.Control() && e.Field.Many() {
			many = " many"
		}
		got = append(got, string(e.Kind)+" "+e.Title+many)
	}
	want := []string{"section G", "multiline Own", "radio ", "label Help", "files C many", "person D", "person E many", "dynamic F", "device G", "radio H"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
