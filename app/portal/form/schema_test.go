package form

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// onlyHere are words of advice for faults that no JSON Schema can see: they need two places
// of the form, or the form's text.
func onlyHere(r outside) bool {
	return slices.Contains([]string{"scope", "required", "default", "x", "pattern"}, r.name) ||
		slices.Contains([]string{"itself", "one of", "same", "smaller", "once"}, r.instead) ||
		strings.HasSuffix(r.pointer, "/$ref") && r.instead == "place" ||
		r.name == "oneOf" && r.instead == "portico" || r.instead == "Control" && r.name == "/y" ||
		r.name == "format" && r.instead == "oneOf" || r.name == "portico" && r.instead != "person" ||
		r.instead == "JSON"
}

// The schema is for editors; the reader decides. Where both speak, they have to agree.
func TestSchemaAgreesWithTheReader(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("../../../assets/schema/form.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	valid := func(raw []byte) error {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(raw)))
		if err != nil {
			return err
		}
		return schema.Validate(v)
	}
	document := func(schema, ui string) []byte {
		parts := []string{`"id": "t"`, `"title": "T"`}
		if schema != "" {
			parts = append(parts, `"schema": `+schema)
		}
		if ui != "" {
			parts = append(parts, `"ui": `+ui)
		}
		return []byte("{" + strings.Join(parts, ", ") + "}")
	}
	good := [][]byte{document(full, fullUI), document(laptop, laptopUI), example(t)}
	for _, raw := range good {
		if _, err := Compile(raw); err != nil {
			t.Errorf("the reader: %v", err)
		}
		if err := valid(raw); err != nil {
			t.Errorf("the schema: %v", err)
		}
	}
	seen := 0
	for _, r := range outsides() {
		err := valid(document(r.schema, r.ui))
		if err == nil && !onlyHere(r) {
			t.Errorf("%s: the schema takes it\n%s\n%s", r.pointer, r.schema, r.ui)
		}
		if err != nil {
			seen++
		}
	}
	if seen < 60 {
		t.Errorf("the schema sees %d faults only", seen)
	}
	for _, raw := range []string{`{"title": "T", "schema": {"type": "object", "properties": {"x": {"type": "string"}}}}`, `{"id": "t", "title": " ", "schema": {"type": "object", "properties": {"x": {"type": "string"}}}}`, `{"id": "t", "title": "T"}`} {
		if valid([]byte(raw)) == nil {
			t.Errorf("the schema takes %s", raw)
		}
	}
}

// example is the form in the guide.
func example(t *testing.T) []byte {
	t.Helper()
	guide, err := os.ReadFile("../FORMS.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```json\n(.*?)```").FindSubmatch(guide)
	if block == nil {
		t.Fatal("FORMS.md has no example")
	}
	return block[1]
}

// The guide's answers and their text belong to its form.
func TestTheGuidesExample(t *testing.T) {
	guide, err := os.ReadFile("../FORMS.md")
	if err != nil {
		t.Fatal(err)
	}
	f, err := Compile(example(t))
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```(?:json|text)\n(.*?)```").FindAllSubmatch(guide, -1)
	if len(blocks) != 3 {
		t.Fatalf("%d blocks", len(blocks))
	}
	var a map[string]any
	if err := json.Unmarshal(blocks[1][1], &a); err != nil {
		t.Fatal(err)
	}
	if p := f.Check(a); p != nil {
		t.Errorf("%v", p)
	}
	if got, want := f.Text(a, Names{}), strings.TrimSpace(string(blocks[2][1])); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// The guide names every keyword, element, option, effect and format of the subset.
func TestTheGuideNamesTheWholeSubset(t *testing.T) {
	guide, err := os.ReadFile("../FORMS.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range append(formats(), "oneOf", "const", "title", "description", "default", "required", "minLength", "maxLength", "pattern", "minimum", "maximum", "minItems", "maxItems",
		"$ref", "$defs", "VerticalLayout", "Group", "Label", "Control", "multi", "radio", "files", "person", "dynamic", "device", "SHOW", "HIDE", "ENABLE", "DISABLE", "scope", "failWhenUndefined",
		"allOf", "anyOf", "not", "enum", "contains", "if", "then", "else", "exclusiveMaximum", "multipleOf", "uniqueItems") {
		if !strings.Contains(string(guide), "`"+word+"`") && !strings.Contains(string(guide), `"`+word+`"`) {
			t.Errorf("the guide says nothing of %s", word)
		}
	}
}
