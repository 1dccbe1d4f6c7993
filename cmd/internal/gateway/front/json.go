package front

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"unicode/utf8"
)

const (
	maxBody  = 1 << 20 // bytes of a JSON document
	maxDepth = 32
)

// errJSON is for a body that is no good; its text is for whoever wrote the client.
type errJSON struct{ detail string }

func (e *errJSON) Error() string { return e.detail }

// decode reads one JSON document strictly. Unknown members are passed over, so that newer
// clients can speak to older gateways. Refused are null for a known member, since Go takes it
// for a missing one; anything behind the document; invalid
// UTF-8; more than 32 levels; and two members of one name: readers differ in which of the two counts,
// so that one program would check the one and another act by the other. At the top level
// names that differ in case alone are two of one name as well, since Go reads both.
func decode(raw []byte, into any) error {
	if !utf8.Valid(raw) {
		return &errJSON{"the body is not UTF-8"}
	}
	nulls, err := checkMembers(raw)
	if err != nil {
		return err
	}
	for _, name := range nulls {
		if knows(into, name) {
			return &errJSON{fmt.Sprintf("the member %q is null; leave it out instead", name)}
		}
	}
	if err := json.Unmarshal(raw, into); err != nil {
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) {
			return &errJSON{fmt.Sprintf("the member %q must not be a %s", kind.Field, kind.Value)}
		}
		return &errJSON{"the body cannot be read: " + err.Error()}
	}
	return nil
}

// level is an object or array being read.
type level struct {
	names map[string]bool // of an object
	value bool            // a member's value is next
}

// knows says if a struct has a member of this name.
func knows(into any, name string) bool {
	kind := reflect.TypeOf(into).Elem()
	if kind.Kind() != reflect.Struct {
		return false
	}
	for i := range kind.NumField() {
		tag, _, _ := strings.Cut(kind.Field(i).Tag.Get("json"), ",")
		if strings.EqualFold(tag, name) {
			return true
		}
	}
	return false
}

// checkMembers returns the members of the top level with null.
func checkMembers(raw []byte) (nulls []string, err error) {
	var name string
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var levels []level
	for first := true; first || len(levels) > 0; first = false {
		token, err := d.Token()
		if err != nil {
			return nil, &errJSON{"the body is not a whole JSON document"}
		}
		if first && token != json.Delim('{') {
			return nil, &errJSON{"the body has to be a JSON object"}
		}
		if member, ok := token.(string); ok && levels[len(levels)-1].names != nil && !levels[len(levels)-1].value {
			top := &levels[len(levels)-1]
			if name = member; len(levels) == 1 {
				name = strings.ToLower(name)
			}
			if top.names[name] {
				return nil, &errJSON{fmt.Sprintf("the member %q is there twice", name)}
			}
			top.names[name], top.value = true, true
			continue
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			if len(levels) == maxDepth {
				return nil, &errJSON{fmt.Sprintf("the body has more than %d levels", maxDepth)}
			}
			l := level{}
			if token == json.Delim('{') {
				l.names = make(map[string]bool)
			}
			levels = append(levels, l)
			continue
		case nil:
			if len(levels) == 1 {
				nulls = append(nulls, name)
			}
		case json.Delim('}'), json.Delim(']'):
			levels = levels[:len(levels)-1]
		}
		if len(levels) > 0 {
			levels[len(levels)-1].value = false
		}
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, &errJSON{"something stands behind the JSON document"}
	}
	return nulls, nil
}
