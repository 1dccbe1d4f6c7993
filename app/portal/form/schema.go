package form

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// dialect is the meta-schema of JSON Schema 2020-12.
const dialect = "https://json-schema.org/draft/2020-12/schema"

// advice are the words to write in the place of keywords outside the subset.
func advice(keyword string) string {
	switch keyword {
	case "enum", "const":
		return "write \"oneOf\": [{\"const\": …, \"title\": …}]"
	case "exclusiveMinimum":
		return "write minimum with the next larger number"
	case "exclusiveMaximum":
		return "write maximum with the next smaller number"
	case "anyOf", "allOf", "not", "if", "then", "else", "dependentSchemas", "dependentRequired":
		return "write a rule with the effect SHOW for the control in ui: a hidden field is never required"
	case "readOnly":
		return "write a rule with the effect DISABLE for its control in ui"
	case "additionalProperties", "unevaluatedProperties", "patternProperties", "propertyNames", "minProperties", "maxProperties":
		return "take it away: answers to unknown questions are never taken"
	case "$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$vocabulary":
		return "take it away: a $ref leads to a place in this schema, such as \"#/$defs/site\""
	case "definitions":
		return "write $defs"
	case "enumNames":
		return "write \"oneOf\": [{\"const\": …, \"title\": …}]"
	case "items", "minItems", "maxItems", "uniqueItems":
		return "write it with \"type\": \"array\""
	case "minLength", "maxLength", "pattern", "format":
		return "write it with \"type\": \"string\""
	case "minimum", "maximum":
		return "write it with \"type\": \"integer\" or \"number\""
	case "properties", "required":
		return "write it with \"type\": \"object\""
	}
	return "take it away"
}

// topObject reads the schema itself.
func (c *compiler) topObject(n *node) *object {
	if n.kind() != "object" {
		c.refuse("/schema", "schema", "is "+n.kind(), "write {\"type\": \"object\", \"properties\": {…}}")
		return nil
	}
	if s := n.get("$schema"); s != nil && strings.TrimSuffix(s.text(), "#") != dialect {
		c.refuse(s.pointer(), "$schema", "is not JSON Schema 2020-12", "write \""+dialect+"\"")
	}
	if d := n.get("$defs"); d != nil && d.kind() != "object" {
		c.refuse(d.pointer(), "$defs", "is "+d.kind(), "write an object of schemas")
	}
	s, ok := c.resolve(n)
	if !ok {
		return nil
	}
	if t := s.get("type"); t == nil || t.text() != "object" {
		c.refuse(n.pointer()+"/type", "type", "of the whole schema has to be object", "write \"type\": \"object\"")
		return nil
	}
	o := c.object(s, nil, 1, "$schema", "$defs")
	if o != nil && len(o.all()) == 0 && !c.full && len(c.faults) == 0 {
		c.refuse(n.pointer()+"/properties", "properties", "has no field", "write at least one")
	}
	return o
}

// object reads an object and all in it. also are further keywords that it may have.
func (c *compiler) object(s schema, path []string, level int, also ...string) *object {
	o := &object{path: path, title: s.text("title")}
	if c.objects++; c.objects > MaxFields {
		c.tooManyFields()
		return o
	}
	if level > MaxLevels {
		c.refuse(s.at.pointer(), "object", fmt.Sprintf("stands on level %d, and %d are allowed", level, MaxLevels), "write its fields into the object around it")
		return o
	}
	c.open = append(c.open, s.through...)
	defer func() { c.open = c.open[:len(c.open)-len(s.through)] }()
	c.only(s, append(also, "type", "title", "description", "$comment", "properties", "required")...)
	required := c.required(s)
	properties := s.get("properties")
	if properties != nil && properties.kind() != "object" {
		c.refuse(properties.pointer(), "properties", "is "+properties.kind(), "write an object of schemas")
	}
	for _, m := range properties.membersOrNone() {
		if c.full {
			return o
		}
		if !validName(m.name) {
			c.refuse(m.node.pointer(), plainName(m.name), "is no name for a property", "write letters, digits, - and _, 100 characters at most")
			continue
		}
		if next, ok := c.property(m, path, level, required[m.name]); ok {
			o.children = append(o.children, next)
		}
	}
	for name := range required {
		if properties.getOrNone(name) == nil {
			c.refuse(s.get("required").pointer(), "required", "names "+plainName(name)+", which is no property here", "write the property's name, or take it away")
		}
	}
	return o
}

func (c *compiler) property(m member, path []string, level int, required bool) (child, bool) {
	s, ok := c.resolve(m.node)
	if !ok {
		return child{}, false
	}
	here := append(slices.Clone(path), m.name)
	if t := s.get("type"); t != nil && t.text() == "object" {
		o := c.object(s, here, level+1)
		if o.title == "" {
			o.title = titleOf(m.name)
		}
		return child{name: m.name, object: o}, true
	}
	if len(c.found) == MaxFields {
		c.tooManyFields()
		return child{}, false
	}
	f := c.field(s, m.name)
	f.path, f.Pointer, f.Required = here, pointerOf(here), required
	c.found = append(c.found, f)
	return child{name: m.name, field: f}, true
}

func (c *compiler) tooManyFields() {
	c.full = true
	c.refuse("/schema", "", fmt.Sprintf("the form has more than %d fields", MaxFields), "make several forms of it")
}

func (c *compiler) required(s schema) map[string]bool {
	out := map[string]bool{}
	list := s.get("required")
	if list == nil {
		return out
	}
	if list.kind() != "array" {
		c.refuse(list.pointer(), "required", "is "+list.kind(), "write a list of names")
	}
	if len(list.list()) > MaxFields {
		c.refuse(list.pointer(), "required", fmt.Sprintf("has more than %d names", MaxFields), "name each property once")
		return out
	}
	for _, e := range list.list() {
		if e.kind() != "string" {
			c.refuse(e.pointer(), "required", "names "+e.kind(), "write a list of names")
			continue
		}
		out[e.text()] = true
	}
	return out
}

// only refuses every keyword but these.
func (c *compiler) only(s schema, known ...string) {
	for _, m := range s.all {
		if slices.Contains(known, m.name) {
			c.annotation(m)
			continue
		}
		reason := "is not supported"
		if slices.Contains([]string{"minLength", "maxLength", "pattern", "format", "minimum", "maximum", "minItems", "maxItems", "uniqueItems", "items", "properties", "required", "oneOf", "default"}, m.name) {
			reason = "has no meaning here"
		}
		c.refuse(m.node.pointer(), plainName(m.name), reason, advice(m.name))
	}
}

// annotation refuses titles and the like that are no text.
func (c *compiler) annotation(m member) {
	switch m.name {
	case "title", "description", "$comment":
		if m.node.kind() != "string" {
			c.refuse(m.node.pointer(), m.name, "is "+m.node.kind(), "write a text")
		}
	}
}

// validName is about names that JSON Forms can follow: a dot parts its paths.
func validName(name string) bool {
	if name == "" || len(name) > maxName {
		return false
	}
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '-' {
			return false
		}
	}
	return true
}

// plainName is somebody else's name in a sentence, cut short.
func plainName(name string) string {
	if name == "" {
		return `""`
	}
	if runes := []rune(name); len(runes) > maxName {
		return string(runes[:maxName]) + "…"
	}
	return name
}

// titleOf makes a title of a property's name, as JSON Forms does: "serialNumber" is
// "Serial Number".
func titleOf(name string) string {
	var b strings.Builder
	before := ' '
	for _, r := range name {
		switch {
		case r == '_' || r == '-':
			r = ' '
		case unicode.IsUpper(r) && unicode.IsLower(before), unicode.IsDigit(r) && unicode.IsLetter(before), unicode.IsLetter(r) && unicode.IsDigit(before):
			b.WriteRune(' ')
			r = unicode.ToUpper(r)
		case before == ' ':
			r = unicode.ToUpper(r)
		}
		b.WriteRune(r)
		before = r
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func pointerOf(path []string) string {
	var b strings.Builder
	for _, name := range path {
		b.WriteString("/" + escape(name))
	}
	return b.String()
}
