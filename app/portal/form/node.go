package form

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// node is a JSON value with the order of its members and its place. value is nil for
// null, and else a bool, a float64 or a string, a []*node for a list, and a []member for
// an object.
type node struct {
	value any
	// parent holds it as name; of the document's parts, name is the whole pointer.
	parent *node
	name   string
}

type member struct {
	name string
	node *node
}

// pointer is its place in the document (RFC 6901). It is made only when asked for: a
// form with long names would fill the memory with pointers.
func (n *node) pointer() string {
	if n.parent == nil {
		return n.name
	}
	return n.parent.pointer() + "/" + escape(n.name)
}

// kind is the value's type in JSON's words.
func (n *node) kind() string {
	switch n.value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case float64:
		return "number"
	case string:
		return "string"
	case []*node:
		return "array"
	}
	return "object"
}

func (n *node) members() []member {
	m, _ := n.value.([]member)
	return m
}

func (n *node) list() []*node {
	l, _ := n.value.([]*node)
	return l
}

func (n *node) text() string {
	s, _ := n.value.(string)
	return s
}

// get is a member, or nil.
func (n *node) get(name string) *node {
	for _, m := range n.members() {
		if m.name == name {
			return m.node
		}
	}
	return nil
}

// plain is the value as encoding/json has it.
func (n *node) plain() any {
	switch v := n.value.(type) {
	case []*node:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = e.plain()
		}
		return out
	case []member:
		out := make(map[string]any, len(v))
		for _, m := range v {
			out[m.name] = m.node.plain()
		}
		return out
	}
	return n.value
}

// readError is a fault of a text with a place of its own.
type readError struct{ Fault }

func (e *readError) Error() string { return e.String() }

// read parses a part of the document; nil where there is none, or after a fault.
func (c *compiler) read(pointer string, raw json.RawMessage) *node {
	if len(bytes.TrimSpace(raw)) == 0 || string(bytes.TrimSpace(raw)) == "null" {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	n, err := parse(d, nil, pointer, 0)
	if err == nil {
		if _, end := d.Token(); end != io.EOF {
			err = errors.New("there is something after its end")
		}
	}
	var fault *readError
	switch {
	case errors.As(err, &fault):
		c.fault(fault.Fault)
		return nil
	case err != nil:
		c.refuse(pointer, "", "cannot be read: "+err.Error(), "write it as JSON (RFC 8259)")
		return nil
	}
	return n
}

func parse(d *json.Decoder, parent *node, name string, depth int) (*node, error) {
	n := &node{parent: parent, name: name}
	if depth > maxDepth {
		return nil, &readError{Fault{n.pointer(), "", fmt.Sprintf("stands deeper than %d levels", maxDepth), "make the form simpler"}}
	}
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('['):
		err = n.parseList(d, depth)
	case json.Delim('{'):
		err = n.parseObject(d, depth)
	default:
		n.value = token
		return n, nil
	}
	if err == nil {
		_, err = d.Token() // the end of the list or object
	}
	return n, err
}

func (n *node) parseList(d *json.Decoder, depth int) error {
	list := []*node{}
	for d.More() {
		e, err := parse(d, n, strconv.Itoa(len(list)), depth+1)
		if err != nil {
			return err
		}
		list = append(list, e)
	}
	n.value = list
	return nil
}

func (n *node) parseObject(d *json.Decoder, depth int) error {
	members, seen := []member{}, map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return err
		}
		name, _ := token.(string) // a decoder gives nothing else before a value
		e, err := parse(d, n, name, depth+1)
		if err != nil {
			return err
		}
		if seen[name] {
			return &readError{Fault{e.pointer(), name, "stands there twice", "take one of them away"}}
		}
		seen[name] = true
		members = append(members, member{name, e})
	}
	n.value = members
	return nil
}

// clone copies a default, so that no answer shares its list.
func clone(v any) any {
	if list, ok := v.([]any); ok {
		return append([]any(nil), list...)
	}
	return v
}
