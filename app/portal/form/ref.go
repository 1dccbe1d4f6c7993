package form

import (
	"fmt"
	"slices"
	"strings"
)

// schema is a schema's keywords, after its $ref has been followed.
type schema struct {
	at  *node
	all []member
	// through are the schemas that the keywords come from.
	through []*node
}

func (s schema) get(name string) *node {
	for _, m := range s.all {
		if m.name == name {
			return m.node
		}
	}
	return nil
}

func (s schema) text(name string) string {
	if n := s.get(name); n != nil {
		return n.text()
	}
	return ""
}

// resolve follows a chain of $ref. The keywords beside a $ref count as well (JSON Schema
// Core 2020-12, section 8.2.3.1); titles and the like come before those of its target.
func (c *compiler) resolve(n *node) (schema, bool) {
	s := schema{at: n}
	for {
		if n.kind() != "object" {
			c.refuse(n.pointer(), "", "a schema has to be an object, not "+n.kind(), "write {\"type\": …}")
			return s, false
		}
		if len(n.members()) > maxKeywords {
			c.refuse(n.pointer(), "", fmt.Sprintf("has %d keywords", len(n.members())), "take away all but those of the subset")
			return s, false
		}
		if slices.Contains(s.through, n) || slices.Contains(c.open, n) {
			c.refuse(s.at.pointer(), "$ref", "leads back to itself", "write the schema itself in one of the places")
			return s, false
		}
		s.through = append(s.through, n)
		var ref *node
		for _, m := range n.members() {
			switch {
			case m.name == "$ref":
				ref = m.node
			case s.get(m.name) == nil:
				s.all = append(s.all, m)
			case !annotates(m.name):
				c.refuse(s.get(m.name).pointer(), plainName(m.name), "stands beside a $ref and at its target", "write it in one of the places")
				return s, false
			}
		}
		if ref == nil {
			return s, true
		}
		target, ok := c.follow(ref)
		if !ok {
			return s, false
		}
		n = target
	}
}

func annotates(keyword string) bool {
	return slices.Contains([]string{"title", "description", "$comment", "default", "$schema", "$defs"}, keyword)
}

// follow finds the target of a $ref, which has to be in this schema.
func (c *compiler) follow(ref *node) (*node, bool) {
	address := ref.text()
	switch {
	case ref.kind() != "string":
		c.refuse(ref.pointer(), "$ref", "is "+ref.kind(), "write a place in this schema, such as \"#/$defs/site\"")
		return nil, false
	case address != "#" && !strings.HasPrefix(address, "#/"):
		c.refuse(ref.pointer(), "$ref", "leaves the form", "write the schema into $defs, and \"#/$defs/NAME\" here")
		return nil, false
	}
	n := c.schema
	for _, name := range steps(address) {
		if n.kind() == "array" {
			n = nil
		} else {
			n = n.get(name)
		}
		if n == nil {
			c.refuse(ref.pointer(), "$ref", "leads to "+plainName(address)+", which is not there", "write a place in this schema, such as \"#/$defs/site\"")
			return nil, false
		}
	}
	return n, true
}

// steps are the names in a JSON pointer as a fragment, "#/a/b".
func steps(fragment string) []string {
	if fragment == "#" {
		return nil
	}
	names := strings.Split(strings.TrimPrefix(fragment, "#/"), "/")
	for i, name := range names {
		names[i] = strings.ReplaceAll(strings.ReplaceAll(name, "~1", "/"), "~0", "~")
	}
	return names
}

// membersOrNone and getOrNone take a missing node.
func (n *node) membersOrNone() []member {
	if n == nil {
		return nil
	}
	return n.members()
}

func (n *node) getOrNone(name string) *node {
	if n == nil {
		return nil
	}
	return n.get(name)
}
