package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/portico-desktop/portico/app/spelling"
)

// MaxBytes bounds a source, 1 MiB: a policy is some kilobytes, and a larger file is
// something else.
const MaxBytes = 1 << 20

// Check reads a policy file of Linux, as an administrator wrote it, with any owner;
// where is its name. It is how a file is tried before it is rolled out. Whether
// everybody can read it matters only at its final place.
func Check(data []byte, where string) *Policies {
	readings := readJSON(data, where)
	if err := privateInPlace(where); err != nil {
		readings[0].problems = append(readings[0].problems, Problem{Kind: Private, Source: readings[0].source, Err: err})
	}
	return gathered(readings)
}

// readJSON reads {"settings":{…},"defaults":{…}}. The settings are a machine's policy.
// A file that is no JSON is not used at all.
func readJSON(data []byte, where string) []reading {
	settings := reading{source: Source{Machine, where}}
	defaults := reading{source: Source{Defaults, where}}
	if len(data) > MaxBytes {
		settings.problems = []Problem{tooLarge(settings.source)}
		return []reading{settings, defaults}
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // of Windows editors
	settings.text, defaults.text = data, data
	j := &jsonReader{data: data, source: settings.source}
	err := wellFormed(data)
	var parts []member
	if err == nil {
		parts, err = j.object(member{value: data}, func(string) bool { return true })
	}
	for _, part := range parts {
		to := map[string]*reading{"settings": &settings, "defaults": &defaults}[part.key]
		if to == nil && part.key != "$schema" && len(j.problems) < maxProblems { // $schema is for editors
			unknown := unknownPart(part.key, settings.source)
			unknown.Line, unknown.Column = position(data, part.offset)
			j.problems = append(j.problems, unknown)
		}
		if to == nil || err != nil {
			continue
		}
		inner := &jsonReader{data: data, source: to.source}
		var members []member
		members, err = inner.object(part, worthReading())
		to.problems = append(to.problems, inner.problems...)
		for _, m := range members {
			to.entries = append(to.entries, entry{key: m.key, value: rawOfJSON(m.value), offset: m.offset})
		}
	}
	if err != nil {
		settings, defaults = reading{source: settings.source}, reading{source: defaults.source}
		j.problems = []Problem{j.malformed(err)}
	}
	settings.problems = append(j.problems, settings.problems...)
	return []reading{settings, defaults}
}

func tooLarge(s Source) Problem {
	return Problem{Kind: TooLarge, Source: s, Err: fmt.Errorf("it has more than %d bytes", MaxBytes)}
}

func unknownPart(key string, s Source) Problem {
	p := Problem{Kind: UnknownKey, Key: shownText(key), Source: s, Suggestion: spelling.Nearest(key, []string{"settings", "defaults"})}
	for _, k := range table() {
		if string(k.Name) == key { // a key at the place of the parts
			p.Suggestion = "settings." + key
		}
	}
	return p
}

// jsonReader reads one object. encoding/json alone would take the last of two
// members of one name without a word.
type jsonReader struct {
	data     []byte // the whole file
	source   Source
	problems []Problem
}

// notJSON is JSON of another shape, or something after its end.
type notJSON struct {
	offset int
	reason string
}

func (e *notJSON) Error() string { return e.reason }

// wellFormed finds the place of the first slip.
func wellFormed(data []byte) error {
	if json.Valid(data) {
		return nil
	}
	var raw json.RawMessage
	err := json.Unmarshal(data, &raw)
	var syntax *json.SyntaxError
	switch {
	case !errors.As(err, &syntax):
		return &notJSON{0, fmt.Sprint(err)}
	case syntax.Offset >= int64(len(data)) && strings.Contains(syntax.Error(), "end of JSON"):
		return &notJSON{len(data), "it ends too early"}
	}
	return &notJSON{int(syntax.Offset) - 1, syntax.Error()}
}

// worthReading chooses among a file's keys, one after the other: all of the table's, and
// as many others as there may be problems. There may be thousands of them.
func worthReading() func(key string) bool {
	known, others := rows().exact, 0
	return func(key string) bool {
		if _, ours := known[Name(key)]; ours {
			return true
		}
		others++
		return others <= maxProblems
	}
}

// object reads the wanted members of a part of a well-formed file, if the part is an
// object; the whole has no key.
func (j *jsonReader) object(part member, wanted func(key string) bool) ([]member, error) {
	all, ok := membersOf(part.value, part.offset)
	if !ok {
		begin := part.offset + afterSpace(part.value, 0)
		if part.key == "" {
			return nil, &notJSON{begin, "the file has to be one object in braces, {…}"}
		}
		return nil, &notJSON{begin, fmt.Sprintf("%q has to be an object in braces, {…}", part.key)}
	}
	var members []member
	// The places in members, -1 for what is not wanted. There are no more members than colons.
	known := make(map[string]int, min(bytes.Count(part.value, []byte{':'}), 8<<10))
	for m := range all {
		at, twice := known[m.key]
		switch {
		case !twice && wanted(m.key):
			known[m.key], members = len(members), append(members, m)
			continue
		case !twice:
			known[m.key] = -1
			continue
		case at >= 0:
			members[at] = m
		}
		if len(j.problems) < maxProblems {
			j.problems = append(j.problems, j.duplicate(m))
		}
	}
	return members, nil
}

// duplicate: of two values nobody can tell the one that was meant. The last one counts,
// as in other programs.
func (j *jsonReader) duplicate(m member) Problem {
	line, column := position(j.data, m.offset)
	return Problem{Kind: Duplicate, Key: shownText(m.key), Source: j.source, Value: shownRaw(rawOfJSON(m.value)), Line: line, Column: column}
}

func (j *jsonReader) malformed(err error) Problem {
	p := Problem{Kind: Malformed, Source: j.source, Err: err}
	var bad *notJSON
	if errors.As(err, &bad) {
		p.Line, p.Column = position(j.data, bad.offset)
	}
	return p
}

// position counts lines and columns from 1, columns in characters.
func position(data []byte, offset int) (line, column int) {
	before := data[:max(0, min(offset, len(data)))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return bytes.Count(before, []byte("\n")) + 1, len([]rune(string(before[start:]))) + 1
}
