package form

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

// FuzzCompile: no form makes the reader fail, and one that is taken keeps its promises
// from its first answers on.
func FuzzCompile(f *testing.F) {
	f.Add(full, fullUI, `{"name": "Ada"}`)
	f.Add(laptop, laptopUI, `{"urgent": true, "why": "x"}`)
	f.Add(one(`{"$ref": "#/$defs/x"}`), "", `{}`)
	f.Add(one(`{"type": "string", "pattern": "^[^\\s\\]]+(?<n>\\u{41})$"}`), "", `{"x": "A"}`)
	f.Add(one(`{"type": "boolean"}`), controls(`{"type": "Label", "text": "t", "rule": {"effect": "SHOW", "condition": {"scope": "#", "schema": {"if": {"required": ["x"]}, "then": {"not": {"anyOf": [{"properties": {"x": {"const": true}}}]}}}}}}`), `{"x": true}`)
	f.Add(strings.Repeat("[", 1000), "{", "")
	f.Fuzz(func(t *testing.T, schema, ui, given string) {
		form, err := Document{ID: "fuzz", Title: "Fuzz", Schema: json.RawMessage(schema), UI: json.RawMessage(ui)}.Compile()
		if err != nil {
			var refused *Error
			if !errors.As(err, &refused) || len(refused.Faults) == 0 {
				t.Fatalf("%T %v", err, err)
			}
			for _, fault := range refused.Faults {
				if fault.Instead == "" {
					t.Errorf("no advice: %s", fault)
				}
				if strings.ContainsFunc(fault.String(), unicode.IsControl) {
					t.Errorf("not safe to show: %q", fault.String())
				}
			}
			return
		}
		if n := len(form.Fields()); n == 0 || n > MaxFields {
			t.Fatalf("%d fields", n)
		}
		for _, p := range form.Check(form.Begin()) {
			if p.Code != Missing {
				t.Errorf("a default is wrong: %s %s", p.Pointer, p.Reason())
			}
		}
		promises(t, form, given)
	})
}

// FuzzAnswers: no answers make a form fail.
func FuzzAnswers(f *testing.F) {
	forms := []*Form{compile(f, full, fullUI), compile(f, laptop, laptopUI)}
	f.Add(`{"name": "Ada", "sites": ["b"], "files": ["f1"], "part": {"inner": "x"}}`)
	f.Add(`{"urgent": true, "why": "a\nb", "extras": ["m", "m"], "who": 7, "team": [[]], "price": 1e300}`)
	f.Add(`{"part": [], "sites": {"0": "b"}, "": null, "~/": {}}`)
	f.Fuzz(func(t *testing.T, given string) {
		for _, form := range forms {
			promises(t, form, given)
		}
	})
}

// promises holds what is true of all forms and answers.
func promises(t *testing.T, form *Form, given string) {
	var a map[string]any
	if json.Unmarshal([]byte(given), &a) != nil {
		return
	}
	clean := form.Clean(a)
	if diff := cmp.Diff(clean, form.Clean(clean)); diff != "" {
		t.Errorf("cleaned twice: %s", diff)
	}
	before, after := form.State(a), form.State(clean)
	for _, e := range form.Elements() {
		if before.Shown(e) != after.Shown(e) || before.Enabled(e) != after.Enabled(e) {
			t.Errorf("the receiver of the clean answers sees another form at %s %q", e.Kind, e.Title)
		}
	}
	text := form.Text(a, Names{})
	if text != form.Text(clean, Names{}) {
		t.Error("the receiver of the clean answers has another text")
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && unicode.IsControl(r) }) {
		t.Errorf("not safe to show: %q", text)
	}
	var ours, theirs []string
	for _, p := range form.Check(a) {
		if p.Field != nil {
			ours = append(ours, fmt.Sprint(p.Pointer, p.Code))
		}
	}
	for _, p := range form.Check(clean) {
		theirs = append(theirs, fmt.Sprint(p.Pointer, p.Code))
	}
	if diff := cmp.Diff(ours, theirs); diff != "" {
		t.Errorf("the receiver of the clean answers finds other problems: %s", diff)
	}
}
