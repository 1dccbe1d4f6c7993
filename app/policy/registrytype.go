package policy

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
)

// regType is the registry's type for a key's values, as its templates write them.
func (k Key) regType() string {
	switch k.Kind {
	case Flag, Number:
		return regDword
	case List:
		return regLines
	}
	return regString
}

// obvious is the one possible meaning of a registry value in another type than the
// key's, as after "reg add" without /t: that writes everything as REG_SZ. ok is true if
// there is such a meaning, and the key may have it.
func (k Key) obvious(raw any) (value any, ok bool) {
	said := k.turned(raw)
	if said == nil {
		return nil, false
	}
	value, fault := k.check(said, true)
	return value, fault == ""
}

// turned is a value in the key's own type, nil if it has that already, and if nothing
// is obvious about it.
func (k Key) turned(raw any) any {
	if long, is := raw.(qword); is && long <= math.MaxUint32 {
		if k.Kind == Flag || k.Kind == Number {
			return dword(long)
		}
		return k.turned(dword(long))
	}
	if lines, is := raw.([]string); is && len(lines) == 1 && k.Kind != List && k.Kind != Objects {
		if said := k.turned(lines[0]); said != nil {
			return said
		}
		return lines[0]
	}
	text, isText := raw.(string)
	switch k.Kind {
	case Flag:
		switch strings.ToLower(strings.TrimSpace(text)) {
		case "1", "true":
			return dword(1)
		case "0", "false":
			return dword(0)
		}
	case Number:
		if n, ok := digits(strings.TrimSpace(text)); ok {
			return n
		}
	case List:
		if list := lines(raw); list != nil {
			return list
		}
	case Text:
		if n, is := raw.(dword); is && !isText && k.Form() == "ports" {
			return strconv.FormatUint(uint64(n), 10)
		}
	}
	return nil
}

// listed is a value, with the list that a line of the registry holds.
func (r reading) listed(k Key, raw any) any {
	if r.registry && k.Kind == List {
		if list := lines(raw); list != nil {
			return list
		}
	}
	return raw
}

// digits is a number as people write it, or as regedit shows it.
func digits(text string) (dword, bool) {
	base := 10
	if hex, is := strings.CutPrefix(strings.ToLower(text), "0x"); is {
		text, base = hex, 16
	}
	n, err := strconv.ParseUint(text, base, 32)
	return dword(n), err == nil
}

// separators stand between the entries of a list in one line. No entry of ours holds
// one.
const separators = ";,\r\n\x00"

// lines makes a list of one line, separated by ; or , or by the \0 that "reg add" with
// the right type takes for the end of a line, or written in JSON. It is nil for an
// empty line, and if each line is an entry already.
func lines(raw any) []string {
	var from []string
	turned := false
	switch said := raw.(type) {
	case string:
		if elements, is := jsonTexts(said); is {
			return elements
		}
		from, turned = []string{said}, true
	case []string:
		from = said
	}
	var out []string
	for _, line := range from {
		spaced := strings.ReplaceAll(line, `\0`, "\n")
		if !turned && !strings.ContainsAny(spaced, separators) {
			out = append(out, line)
			continue
		}
		for part := range strings.FieldsFuncSeq(spaced, func(r rune) bool { return strings.ContainsRune(separators, r) }) {
			if part = strings.TrimSpace(part); part != "" {
				out = append(out, part)
			}
		}
	}
	if slices.Equal(out, from) && !turned {
		return nil
	}
	return out
}

func jsonTexts(text string) ([]string, bool) {
	var elements []string
	if !strings.HasPrefix(strings.TrimSpace(text), "[") || json.Unmarshal([]byte(text), &elements) != nil || len(elements) == 0 {
		return nil, false
	}
	return elements, true
}

// types are the registry's types of an entry and of its key, "" for both if they are
// the same, or outside of the registry.
func (k Key) types(e entry) (found, wanted string) {
	wanted = k.regType()
	switch {
	case e.kind == "", e.kind == wanted, e.kind == regExpand && wanted == regString, k.Kind == Objects && e.kind == regLines:
		return "", ""
	}
	return e.kind, wanted
}
