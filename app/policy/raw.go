package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// reading is one source's content, before anybody has looked at the table. Every
// operating system's reader makes one.
type reading struct {
	source  Source
	entries []entry
	// problems are those of the source itself.
	problems []Problem
	// registry: the source has neither booleans nor objects of its own. A dword
	// stands for a Flag, and JSON text for Objects.
	registry bool
	// text is the whole file for the entries' offsets, nil for none.
	text []byte
}

// entry is one key and its value. The value is a string, a bool, an int64, a []string,
// a json.RawMessage with an array, a dword, a qword, or unfit.
type entry struct {
	key   string
	value any
	// kind is the registry's type, as in "REG_SZ", "" outside of the registry.
	kind string
	// offset is the beginning of the value in the source's text, in bytes.
	offset int
}

// dword is a number of the registry.
type dword uint32

// unfit is a value of a type that no key has, as in "REG_BINARY".
type unfit string

// rawOf turns a Go value into an entry's: a value made by encoding/json or the plist
// library, or kept by Portico itself.
func rawOf(v any) any {
	switch v := v.(type) {
	case string, bool, int64, dword, qword, unfit, []string:
		return v
	case int:
		return int64(v)
	case uint64:
		if v > math.MaxInt64 {
			return unfit("a number that is too large")
		}
		return int64(v)
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return int64(v)
		}
		return unfit("a number with a fraction")
	case json.RawMessage:
		if !json.Valid(v) {
			return unfit("no JSON")
		}
		return rawOfJSON(v)
	case []any:
		raw, err := json.Marshal(v)
		if err != nil {
			return unfit("an array of something else than texts and objects")
		}
		return json.RawMessage(raw)
	case map[string]any:
		return unfit("an object")
	case nil:
		return unfit("null")
	}
	return unfit(fmt.Sprintf("a value of type %T", v))
}

// rawOfJSON reads one well-formed JSON value.
func rawOfJSON(raw json.RawMessage) any {
	switch text := bytes.TrimSpace(raw); text[0] {
	case '"':
		return unquoted(text)
	case '[':
		return json.RawMessage(text)
	case 't', 'f':
		return string(text) == "true"
	case 'n':
		return unfit("null")
	case '{':
		return unfit("an object")
	default:
		if n, err := strconv.ParseInt(string(text), 10, 64); err == nil {
			return n
		}
	}
	return unfit("a number with a fraction, or too large")
}

// shownRaw is a value as it stands in the source, for people, with neither a
// password nor more than a line of it.
func shownRaw(v any) string {
	switch v := v.(type) {
	case string:
		return shownText(v)
	case []string:
		return shownText(strings.Join(v, ", "))
	case json.RawMessage:
		return shownText(string(v))
	case unfit:
		return string(v)
	}
	return fmt.Sprint(v)
}

const maxShown = 100

// shownText is text as it can be printed: anybody may have chosen it.
func shownText(text string) string {
	if text == "" {
		return `""`
	}
	text = withoutPassword(text)
	cut := []rune(text)
	more := ""
	if len(cut) > maxShown {
		cut, more = cut[:maxShown], "…"
	}
	quoted := strconv.Quote(string(cut))
	if inner := quoted[1 : len(quoted)-1]; strings.ReplaceAll(strings.ReplaceAll(inner, `\"`, `"`), `\\`, `\`) != string(cut) {
		return quoted + more
	}
	return string(cut) + more
}

// withoutPassword hides the text before an @ after "//", or without "//" the text
// before the first @: addresses carry names and passwords there.
func withoutPassword(text string) string {
	var out strings.Builder
	for {
		start := strings.Index(text, "//")
		if start < 0 {
			break
		}
		out.WriteString(text[:start+2])
		text = text[start+2:]
		end := strings.IndexAny(text, "/?# \t\r\n\"")
		if end < 0 {
			end = len(text)
		}
		if at := strings.LastIndex(text[:end], "@"); at >= 0 {
			out.WriteString("…")
			text = text[at:]
			end -= at
		}
		out.WriteString(text[:end])
		text = text[end:]
	}
	out.WriteString(text)
	return out.String()
}
