package form

import (
	"fmt"
	"math"
	"slices"
)

// field reads the schema of a property that is no object.
func (c *compiler) field(s schema, name string) *Field {
	f := &Field{Title: s.text("title"), Description: s.text("description")}
	if f.Title == "" {
		f.Title = titleOf(name)
	}
	known := []string{"type", "title", "description", "$comment", "default"}
	switch f.Type = c.typeOf(s); f.Type {
	case String:
		known = append(known, "oneOf", "format", "minLength", "maxLength", "pattern")
		f.Choices = c.choices(s, String)
		f.Format = c.format(s.get("format"))
		f.MinLength, f.MaxLength = c.count(s, "minLength", MaxText), c.count(s, "maxLength", MaxText)
		f.pattern = c.pattern(s.get("pattern"))
	case Integer, Number:
		known = append(known, "oneOf", "minimum", "maximum")
		f.Choices = c.choices(s, f.Type)
		f.Minimum, f.Maximum = c.bound(s, "minimum"), c.bound(s, "maximum")
	case Boolean:
		known = append(known, "oneOf")
		f.Choices = c.choices(s, Boolean)
	case Array:
		known = append(known, "items", "minItems", "maxItems", "uniqueItems")
		c.items(s, f)
	default:
		return f
	}
	c.only(s, known...)
	c.crossed(s, f)
	c.defaultOf(s, f)
	return f
}

func (c *compiler) typeOf(s schema) Type {
	n := s.get("type")
	const instead = `write "string", "integer", "number", "boolean", "array" or "object"`
	switch {
	case n == nil:
		c.refuse(s.at.pointer(), "type", "is missing", instead)
	case n.kind() != "string":
		c.refuse(n.pointer(), "type", "is "+n.kind(), instead)
	case !slices.Contains([]Type{String, Integer, Number, Boolean, Array}, Type(n.text())):
		c.refuse(n.pointer(), "type", plainName(n.text())+" is not supported", instead)
	default:
		return Type(n.text())
	}
	return ""
}

// choices reads oneOf.
func (c *compiler) choices(s schema, of Type) []Choice {
	n := s.get("oneOf")
	if n == nil {
		return nil
	}
	const instead = `write [{"const": …, "title": …}]`
	switch list := n.list(); {
	case n.kind() != "array" || len(list) == 0:
		c.refuse(n.pointer(), "oneOf", "is no list of answers", instead)
		return nil
	case len(list) > MaxChoices:
		c.refuse(n.pointer(), "oneOf", fmt.Sprintf("has %d answers, and %d are allowed", len(list), MaxChoices), "get them from the portal: take oneOf away, and write \"portico\": \"dynamic\" into the control's options")
		return nil
	}
	var out []Choice
	for _, e := range n.list() {
		choice, ok := c.choice(e, of, instead)
		if !ok {
			continue
		}
		if slices.ContainsFunc(out, func(o Choice) bool { return equal(o.Value, choice.Value) }) {
			c.refuse(e.pointer(), "const", "stands in oneOf twice", "write each answer once")
			continue
		}
		out = append(out, choice)
	}
	return out
}

func (c *compiler) choice(n *node, of Type, instead string) (Choice, bool) {
	for _, m := range n.members() {
		switch m.name {
		case "const", "title":
		case "description", "$comment":
			c.annotation(m)
		default:
			c.refuse(m.node.pointer(), plainName(m.name), "is not supported in oneOf", instead)
			return Choice{}, false
		}
	}
	value, title := n.get("const"), n.get("title")
	switch {
	case value == nil || !fits(value.value, of):
		c.refuse(n.pointer(), "const", "has to be "+article(of), instead)
	case title == nil || title.text() == "":
		c.refuse(n.pointer(), "title", "is missing", instead)
	case value.value == "":
		c.refuse(value.pointer(), "const", "is empty, and an empty text is no answer", "take this answer away: who leaves the field alone gives none")
	default:
		return Choice{value.value, title.text()}, true
	}
	return Choice{}, false
}

func (c *compiler) items(s schema, f *Field) {
	f.MinItems, f.MaxItems = c.count(s, "minItems", MaxItems), c.count(s, "maxItems", MaxItems)
	if n := s.get("uniqueItems"); n != nil && n.value != true {
		c.refuse(n.pointer(), "uniqueItems", "has to be true", "write true, or take it away: no answer counts twice")
	}
	n := s.get("items")
	if n == nil {
		c.refuse(s.at.pointer(), "items", "is missing", `write {"type": "string", "oneOf": [{"const": …, "title": …}]}`)
		return
	}
	items, ok := c.resolve(n)
	if !ok {
		return
	}
	if t := items.get("type"); (t != nil || items.get("oneOf") == nil) && c.typeOf(items) != String {
		if t != nil && slices.Contains([]string{"integer", "number", "boolean", "array"}, t.text()) {
			c.refuse(t.pointer(), "type", t.text()+" is not supported in a list", "write \"string\"")
		} else if t != nil && t.text() == "object" {
			c.refuse(t.pointer(), "type", "object is not supported in a list", "write a text field with the control's option \"multi\": true")
		}
		return
	}
	c.only(items, "type", "title", "description", "$comment", "oneOf")
	f.Choices = c.choices(items, String)
}

// count reads a keyword that counts something.
func (c *compiler) count(s schema, keyword string, most int) *int {
	n := s.get(keyword)
	if n == nil {
		return nil
	}
	v, ok := n.value.(float64)
	if !ok || v < 0 || v != math.Trunc(v) || v > float64(most) {
		c.refuse(n.pointer(), keyword, fmt.Sprintf("has to be a whole number from 0 to %d", most), "write one")
		return nil
	}
	count := int(v)
	return &count
}

func (c *compiler) bound(s schema, keyword string) *float64 {
	n := s.get(keyword)
	if n == nil {
		return nil
	}
	v, ok := n.value.(float64)
	if !ok {
		c.refuse(n.pointer(), keyword, "is "+n.kind(), "write a number")
		return nil
	}
	return &v
}

func (c *compiler) format(n *node) string {
	switch {
	case n == nil:
	case slices.Contains(formats(), n.text()):
		return n.text()
	default:
		c.refuse(n.pointer(), "format", plainName(n.text())+" is not supported", `write "date", "date-time", "time", "email" or "uri", or take it away`)
	}
	return ""
}

func (c *compiler) pattern(n *node) *pattern {
	if n == nil {
		return nil
	}
	if n.kind() != "string" {
		c.refuse(n.pointer(), "pattern", "is "+n.kind(), "write a regular expression as text")
		return nil
	}
	p, refused := compilePattern(n.text())
	if refused != nil {
		c.refuse(n.pointer(), "pattern", refused.reason, refused.instead)
		return nil
	}
	return p
}

// crossed refuses limits that no answer can keep.
func (c *compiler) crossed(s schema, f *Field) {
	switch {
	case f.MinLength != nil && f.MaxLength != nil && *f.MinLength > *f.MaxLength:
		c.refuse(s.get("minLength").pointer(), "minLength", "is more than maxLength", "write a smaller one")
	case f.MinItems != nil && f.MaxItems != nil && *f.MinItems > *f.MaxItems:
		c.refuse(s.get("minItems").pointer(), "minItems", "is more than maxItems", "write a smaller one")
	case f.Minimum != nil && f.Maximum != nil && *f.Minimum > *f.Maximum:
		c.refuse(s.get("minimum").pointer(), "minimum", "is more than maximum", "write a smaller one")
	}
}

// defaultOf takes a default only if it is an answer.
func (c *compiler) defaultOf(s schema, f *Field) {
	n := s.get("default")
	if n == nil || len(c.faults) > 0 {
		return
	}
	value := n.plain()
	if problems := f.check(value, nil); len(problems) > 0 || value == nil {
		reason := "is null"
		if len(problems) > 0 {
			reason = "is no answer to its own field: " + problems[0].Reason()
		}
		c.refuse(n.pointer(), "default", reason, "write an answer that the field takes")
		return
	}
	if !empty(value) {
		f.Default = value
	}
}

func article(t Type) string {
	if t == Integer || t == Array {
		return "an " + string(t)
	}
	return "a " + string(t)
}
