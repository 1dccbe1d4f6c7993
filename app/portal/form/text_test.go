package form

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const laptop = `{"type": "object", "properties": {
	"who": {"type": "string", "title": "For whom?"}, "team": {"type": "array", "title": "Colleagues", "items": {"type": "string"}},
	"model": {"type": "string", "title": "Model", "oneOf": [{"const": "x1", "title": "ThinkPad X1"}, {"const": "mb", "title": "MacBook"}]},
	"extras": {"type": "array", "title": "Extras", "items": {"oneOf": [{"const": "d", "title": "Dock"}, {"const": "m", "title": "Mouse"}, {"const": "k", "title": "Keyboard, German"}]}},
	"by": {"type": "string", "title": "Needed by", "format": "date"}, "amount": {"type": "integer", "title": "How many?"}, "price": {"type": "number", "title": "Price"},
	"urgent": {"type": "boolean", "title": "Urgent"}, "why": {"type": "string", "title": "Why"}, "note": {"type": "string", "title": "Note"}, "room": {"type": "string", "title": "Room"},
	"quote": {"type": "array", "title": "Quotes", "items": {"type": "string"}}, "device": {"type": "boolean", "title": "Send what is known of this computer"}}}`

const laptopUI = `{"type": "VerticalLayout", "elements": [{"type": "Label", "text": "Please read first."},
	{"type": "Group", "label": "Who and what", "elements": [
		{"type": "Control", "scope": "#/properties/who", "options": {"portico": "person"}}, {"type": "Control", "scope": "#/properties/team", "options": {"portico": "person"}},
		{"type": "Control", "scope": "#/properties/model", "options": {"format": "radio"}}, {"type": "Control", "scope": "#/properties/extras"}]},
	{"type": "Group", "label": "Never answered", "elements": [{"type": "Control", "scope": "#/properties/note"}]},
	{"type": "Group", "label": "When", "elements": [
		{"type": "Control", "scope": "#/properties/by"}, {"type": "Control", "scope": "#/properties/amount", "label": false}, {"type": "Control", "scope": "#/properties/price"},
		{"type": "Control", "scope": "#/properties/urgent"},
		{"type": "Control", "scope": "#/properties/why", "label": "Reason", "options": {"multi": true}, "rule": {"effect": "SHOW", "condition": {"scope": "#/properties/urgent", "schema": {"const": true}}}}]},
	{"type": "Control", "scope": "#/properties/room", "options": {"portico": "dynamic"}},
	{"type": "Control", "scope": "#/properties/quote", "options": {"portico": "files"}}, {"type": "Control", "scope": "#/properties/device", "options": {"portico": "device"}}]}`

func TestAnswersAsText(t *testing.T) {
	f := compile(t, laptop, laptopUI)
	a := answers(t, `{"who": "p-2", "team": ["p-1", "p-2"], "model": "x1", "extras": ["m", "d"], "by": "2026-12-24", "amount": 1000000, "price": 0.5, "urgent": true,
		"why": "Mine is broken.\r\n\r\nModel: MacBook\n\tbye \u202e\n", "room": "r7", "quote": ["f-1", "f-2"], "device": false}`)
	people := map[string]string{"p-1": "Ada\nModel: none", "p-2": "Ben"}
	names := Names{Person: func(id string) string { return people[id] }, File: func(id string) string { return id + ".pdf" },
		Dynamic: func(f *Field, v string) string { return f.Title + " " + v }, No: "Nein"}
	want := `Who and what
For whom?: Ben
Colleagues:
  - Ada Model: none
  - Ben
Model: ThinkPad X1
Extras: Mouse, Dock

When
Needed by: 2026-12-24
How many?: 1000000
Price: 0.5
Urgent: Yes
Reason:
  Mine is broken.

  Model: MacBook
      bye

Room: Room r7
Quotes:
  - f-1.pdf
  - f-2.pdf
Send what is known of this computer: Nein`
	if diff := cmp.Diff(want, f.Text(a, names)); diff != "" {
		t.Error(diff)
	}
	// Nothing is lost for who knows no names; a hidden answer and an empty form write nothing.
	bare := f.Text(answers(t, `{"who": "p-2", "urgent": false, "why": "hidden", "extras": ["k", "d"], "quote": ["f-1"], "model": "unknown"}`), Names{})
	want = "Who and what\nFor whom?: p-2\nModel: unknown\nExtras:\n  - Keyboard, German\n  - Dock\n\nWhen\nUrgent: No\n\nQuotes: f-1"
	if diff := cmp.Diff(want, bare); diff != "" {
		t.Error(diff)
	}
	if got := f.Text(nil, Names{}); got != "" {
		t.Errorf("no answers: %q", got)
	}
}

// No answer can look like another question, or be obeyed by a terminal.
func TestTextIsSafeToShow(t *testing.T) {
	f := compile(t, `{"type": "object", "properties": {"a": {"type": "string", "title": "A\nUrgent: No"}, "b": {"type": "string"}, "n": {"type": "number"}}}`,
		`{"type": "Group", "label": "S\u001b[31m\nT", "elements": [{"type": "Control", "scope": "#/properties/a"}, {"type": "Control", "scope": "#/properties/b", "options": {"multi": true}}, {"type": "Control", "scope": "#/properties/n"}]}`)
	got := f.Text(map[string]any{"a": "x\nB: y\x1b[2J", "b": "1\nN: 2\u2028N: 3\x00", "n": 1e300}, Names{})
	want := "S [31m T\nA Urgent: No: x B: y [2J\nB:\n  1\n  N: 2 N: 3\nN: 1e+300"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if strings.ContainsAny(got, "\x1b\x00\u2028") {
		t.Error("control characters")
	}
}
