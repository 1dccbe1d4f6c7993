package auth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// jsonObject is the members of a JSON object, each as it is written. They are read one by
// one because an odd member must not decide about the others.
type jsonObject struct {
	values map[string]json.RawMessage
	twice  map[string]bool
}

// readObject reads an object, and nothing behind it.
func readObject(raw []byte) (jsonObject, error) {
	m := jsonObject{values: map[string]json.RawMessage{}, twice: map[string]bool{}}
	reader := json.NewDecoder(bytes.NewReader(raw))
	if t, err := reader.Token(); err != nil || t != json.Delim('{') {
		return m, errors.New("it is no JSON object")
	}
	for reader.More() {
		name, err := reader.Token()
		if err != nil {
			return m, errors.New(clean(err.Error()))
		}
		var value json.RawMessage
		if err := reader.Decode(&value); err != nil {
			return m, errors.New(clean(err.Error()))
		}
		key, _ := name.(string) // an object has no other names
		_, there := m.values[key]
		m.twice[key] = m.twice[key] || there
		m.values[key] = value
	}
	if _, err := reader.Token(); err != nil {
		return m, errors.New(clean(err.Error()))
	}
	if _, err := reader.Token(); !errors.Is(err, io.EOF) {
		return m, errors.New("there is more behind it")
	}
	return m, nil
}

// good reports if a member is there once and in UTF-8; see decodeStrict.
func (m jsonObject) good(name string) bool { return !m.twice[name] && utf8.Valid(m.values[name]) }

// object is an object of some of the members, for decodeStrict. In the shown ones, text
// other than UTF-8 is mended: directories still hold names in other encodings.
func (m jsonObject) object(decisive, shown []string) ([]byte, error) {
	var parts []string
	for _, name := range slices.Concat(decisive, shown) {
		value, ok := m.values[name]
		switch {
		case !ok:
			continue
		case m.twice[name]:
			return nil, fmt.Errorf("%s is there twice", name)
		case !utf8.Valid(value) && slices.Contains(decisive, name):
			return nil, fmt.Errorf("%s is not UTF-8", name)
		}
		parts = append(parts, fmt.Sprintf("%q:%s", name, bytes.ToValidUTF8(value, []byte("\ufffd"))))
	}
	return []byte("{" + strings.Join(parts, ",") + "}"), nil
}
