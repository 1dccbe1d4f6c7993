package policy

import (
	"bytes"
	"encoding/json"
	"iter"
	"unicode/utf8"
)

// A policy may have a megabyte, and is read at every start. So json.Valid goes through
// it once, and the functions here only look for the ends of its parts. All of them take
// well-formed text only.

// member is one of an object.
type member struct {
	key    string
	value  json.RawMessage
	offset int // of the value, in the whole file
}

// membersOf are the members of an object, as they stand; offset is the place of text's
// beginning in the whole file. It returns false for anything but an object.
func membersOf(text []byte, offset int) (all iter.Seq[member], isObject bool) {
	begin := afterSpace(text, 0)
	return func(yield func(member) bool) {
		for i := afterSpace(text, begin+1); text[i] != '}'; i = nextPart(text, i) {
			end := afterString(text, i)
			key := unquoted(text[i:end])
			from := afterSpace(text, afterSpace(text, end)+1) // past the colon
			i = afterValue(text, from)
			if !yield(member{key, text[from:i:i], offset + from}) {
				return
			}
		}
	}, text[begin] == '{'
}

// elementsOf are those of an array.
func elementsOf(array json.RawMessage) iter.Seq[json.RawMessage] {
	return func(yield func(json.RawMessage) bool) {
		for i := afterSpace(array, 1); array[i] != ']'; {
			from := i
			i = afterValue(array, from)
			if !yield(array[from:i:i]) {
				return
			}
			i = nextPart(array, i)
		}
	}
}

// nextPart is the beginning of the next member or element, or the end of them.
func nextPart(text []byte, i int) int {
	if i = afterSpace(text, i); text[i] == ',' {
		i = afterSpace(text, i+1)
	}
	return i
}

func afterSpace(text []byte, i int) int {
	for text[i] == ' ' || text[i] == '\t' || text[i] == '\r' || text[i] == '\n' {
		i++
	}
	return i
}

// afterString is past the quote that ends the string at i.
func afterString(text []byte, i int) int {
	for i++; ; i++ {
		i += bytes.IndexByte(text[i:], '"')
		before := i
		for text[before-1] == '\\' {
			before--
		}
		if (i-before)%2 == 0 { // else the quote is escaped
			return i + 1
		}
	}
}

func afterValue(text []byte, i int) int {
	switch text[i] {
	case '"':
		return afterString(text, i)
	case '{', '[':
		for depth := 0; ; {
			switch text[i] {
			case '"':
				i = afterString(text, i)
				continue
			case '{', '[':
				depth++
			case '}', ']':
				depth--
			}
			i++
			if depth == 0 {
				return i
			}
		}
	}
	if n := bytes.IndexAny(text[i:], ",]} \t\r\n"); n >= 0 { // the end of a number or a word
		return i + n
	}
	return len(text)
}

// unquoted is the text of a JSON string.
func unquoted(quoted []byte) string {
	if inner := quoted[1 : len(quoted)-1]; bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner)
	}
	var s string
	_ = json.Unmarshal(quoted, &s) // it is well formed
	return s
}
