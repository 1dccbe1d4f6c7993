package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// MaxBytes bounds a source, 1 MiB: a policy is some kilobytes, and what is larger
// is something else.
const MaxBytes = 1 << 20

// Check reads a policy file of Linux, as an administrator wrote it, without asking
// who may write it; where is its name. It is how a file is tried before it is
// rolled out.
func Check(data []byte, where string) *Policies { return gathered(readJSON(data, where)) }

// readJSON reads {"settings":{…},"defaults":{…}}. The settings are a machine's
// policy. Of a file that is not JSON nothing is used.
func readJSON(data []byte, where string) []reading {
	settings := reading{source: Source{Machine, where}}
	defaults := reading{source: Source{Defaults, where}}
	if len(data) > MaxBytes {
		settings.problems = []Problem{tooLarge(settings.source)}
		return []reading{settings, defaults}
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // of Windows editors
	j := &jsonReader{data: data, in: json.NewDecoder(bytes.NewReader(data)), source: settings.source}
	parts, err := j.object("")
	if err == nil {
		if _, more := j.in.Token(); more != io.EOF {
			err = &notJSON{j.in.InputOffset(), "there is more after the end"}
		}
	}
	for _, part := range parts {
		to := map[string]*reading{"settings": &settings, "defaults": &defaults}[part.key]
		if to == nil && part.key != "$schema" { // which is for editors
			j.problems = append(j.problems, unknownPart(part.key, settings.source))
		}
		if to == nil || err != nil {
			continue
		}
		inner := &jsonReader{data: data, offset: part.offset, in: json.NewDecoder(bytes.NewReader(part.value)), source: to.source}
		var members []member
		members, err = inner.object(part.key)
		to.problems = append(to.problems, inner.problems...)
		for _, m := range members {
			to.entries = append(to.entries, entry{m.key, rawOfJSON(m.value)})
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
	return Problem{Kind: TooLarge, Source: s, Err: fmt.Errorf("larger than %d bytes", MaxBytes)}
}

func unknownPart(key string, s Source) Problem {
	p := Problem{Kind: UnknownKey, Key: shownText(key), Source: s}
	for _, k := range Keys() {
		if string(k.Name) == key { // a key where the parts stand
			p.Suggestion = "settings." + key
		}
	}
	return p
}

// jsonReader reads one object. encoding/json alone would take the last of two
// members of one name without a word.
type jsonReader struct {
	data     []byte // the whole file
	offset   int64  // of what in reads, in data
	in       *json.Decoder
	source   Source
	problems []Problem
}

type member struct {
	key    string
	value  json.RawMessage
	offset int64 // of the value, in the whole file
}

// notJSON is JSON of another shape, or something after its end.
type notJSON struct {
	offset int64
	reason string
}

func (e *notJSON) Error() string { return e.reason }

// object reads the members of one object; part is its name in the file, "" for the
// whole.
func (j *jsonReader) object(part string) ([]member, error) {
	begin := j.offset + int64(leading(j.data[j.offset:]))
	token, err := j.in.Token()
	if err != nil {
		return nil, j.at(err)
	}
	if token != json.Delim('{') {
		if part == "" {
			return nil, &notJSON{begin, "the file has to be one object in braces, {…}"}
		}
		return nil, &notJSON{begin, fmt.Sprintf("%q has to be an object in braces, {…}", part)}
	}
	var members []member
	for j.in.More() {
		token, err := j.in.Token()
		if err != nil {
			return nil, j.at(err)
		}
		key, ok := token.(string)
		if !ok {
			return nil, &notJSON{j.offset + j.in.InputOffset(), "a name in quotes is missing"}
		}
		var value json.RawMessage
		if err := j.in.Decode(&value); err != nil {
			return nil, j.at(err)
		}
		m := member{key, value, j.offset + j.in.InputOffset() - int64(len(value))}
		if at := slices.IndexFunc(members, func(m member) bool { return m.key == key }); at >= 0 {
			j.problems = append(j.problems, j.duplicate(m, part))
			members[at] = m
			continue
		}
		members = append(members, m)
	}
	_, err = j.in.Token()
	return members, j.at(err)
}

// duplicate: which of two sayings was meant cannot be known. The last one counts,
// as in other programs.
func (j *jsonReader) duplicate(m member, part string) Problem {
	line, column := position(j.data, m.offset)
	return Problem{Kind: Duplicate, Key: shownText(m.key), Source: j.source, Value: shownRaw(rawOfJSON(m.value)), Line: line, Column: column}
}

// at gives an error of the decoder its place in the whole file.
func (j *jsonReader) at(err error) error {
	if err == nil {
		return nil
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return &notJSON{j.offset + syntax.Offset - 1, syntax.Error()}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &notJSON{int64(len(j.data)), "it ends too early"}
	}
	return &notJSON{j.offset + j.in.InputOffset(), err.Error()}
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
func position(data []byte, offset int64) (line, column int) {
	before := data[:max(0, min(offset, int64(len(data))))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return bytes.Count(before, []byte("\n")) + 1, len([]rune(string(before[start:]))) + 1
}

// leading counts white space.
func leading(data []byte) int { return len(data) - len(bytes.TrimLeft(data, " \t\r\n")) }
