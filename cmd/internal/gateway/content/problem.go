package content

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/portico-desktop/portico/app/portal/manifest"
	"github.com/portico-desktop/portico/auth/plain"
)

// Problem is a fault in a file of the folder.
type Problem struct {
	// File is the file's name from the folder on, with slashes.
	File string
	// Place is the place in the file: "line 3, column 7", "menus[2].audience", "" for the
	// whole file.
	Place string
	// Reason goes on from the place, and says what to do: "is missing; write …".
	Reason string
	// Kept is true if the last good content of the file still counts.
	Kept bool
	// Hint is true for a fault without an effect on the rest of the file.
	Hint bool
}

func (p Problem) Error() string {
	text := p.File
	if p.Place != "" {
		text += ": " + p.Place
	}
	text += " " + p.Reason
	if p.Kept {
		text += " (the content from before is still in use)"
	}
	return text
}

// maxReason bounds the words about a fault: they may quote the file.
const maxReason = 500

func wrong(place, format string, args ...any) *Problem {
	return &Problem{Place: plain.Text(place, maxReason), Reason: plain.Text(fmt.Sprintf(format, args...), maxReason)}
}

// decode reads a JSON document strictly. A member with an unknown name is a fault: a
// misspelt "audience" would open to everybody an app for a few.
func decode(raw []byte, into any) *Problem { return decodePart(raw, raw, into) }

// decodePart is decode for a part of a document. Lines are counted in the whole.
func decodePart(whole, part []byte, into any) *Problem {
	begin := int64(max(bytes.Index(whole, part), 0))
	if trimmed := bytes.TrimPrefix(part, []byte("\ufeff")); len(trimmed) < len(part) {
		begin, part = begin+int64(len(part)-len(trimmed)), trimmed
	}
	line := func(read int64) string { return lineOf(whole, begin+read) }
	d := json.NewDecoder(bytes.NewReader(part))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		rest := part[d.InputOffset():]
		if blank := len(rest) - len(bytes.TrimLeft(rest, " \t\r\n")); blank < len(rest) {
			return wrong(line(d.InputOffset()+int64(blank)+1), "has something behind the end of the document; take it away")
		}
		return nil
	}
	var slip *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case len(bytes.TrimSpace(part)) == 0:
		return wrong("", "is empty")
	case errors.As(err, &slip):
		return wrong(line(slip.Offset), "is not JSON: %v", slip)
	case errors.As(err, &kind):
		return wrong(withoutTypes(kind.Field), "has to be %s, not %s (%s)", kindName(kind), kind.Value, line(kind.Offset))
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return wrong(strings.Trim(name, `"`), "is not known here; look for a slip in its name, or take it away")
	}
	return wrong(line(int64(len(part))), "ends too early: %v", err)
}

// withoutTypes takes the names of embedded Go types out of a path: members of the files
// begin with small letters.
func withoutTypes(field string) string {
	steps := slices.DeleteFunc(strings.Split(field, "."), func(s string) bool { return s != "" && s[0] >= 'A' && s[0] <= 'Z' })
	return strings.Join(steps, ".")
}

func kindName(e *json.UnmarshalTypeError) string {
	switch e.Type.Kind().String() {
	case "struct", "map":
		return "an object"
	case "slice":
		return "a list"
	case "bool":
		return "true or false"
	case "int", "int64", "float64":
		return "a number"
	}
	return "a text"
}

// lineOf is the place of the last of the bytes read.
func lineOf(raw []byte, read int64) string {
	before := raw[:max(min(int(read), len(raw))-1, 0)]
	return fmt.Sprintf("line %d, column %d", bytes.Count(before, []byte("\n"))+1, utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])+1)
}

// ofManifest is the fault found by the manifest's own rules.
func ofManifest(err error) *Problem {
	var e *manifest.Error
	if !errors.As(err, &e) {
		return wrong("", "is no good: %v", err)
	}
	switch e.Kind {
	case manifest.Invalid:
		return wrong(e.Field, "%s", e.Reason)
	case manifest.NoProviders:
		return wrong("providers", "has no provider that is enabled, so that nobody can sign in; add one, or enable one")
	}
	return wrong("", "is no manifest: %v", e.Err)
}
