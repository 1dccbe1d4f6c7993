package form

import (
	"fmt"
	"math"
	"slices"
	"unicode/utf8"
)

const (
	maxConditions     = 2000
	maxConditionDepth = 16
)

// condition is a compiled schema of a rule: all of its tests have to be met. A nil one is
// met always, as true and {} are.
//
// given is false where there is no answer. Ajv, by which JSON Forms tests, then fails
// type, const and enum; keywords for texts, numbers, lists and objects are met, as for any
// value of another type.
type condition []func(v any, given bool) bool

func (c condition) met(v any, given bool) bool {
	for _, test := range c {
		if !test(v, given) {
			return false
		}
	}
	return true
}

// test compiles a schema of a condition. at is its place in the form.
func (c *compiler) test(n *node, at child, r *rule, depth int) condition {
	if c.conditions++; c.conditions == maxConditions+1 {
		c.refuse(n.pointer(), "", fmt.Sprintf("the form has more than %d schemas in its rules", maxConditions), "make the rules simpler")
	}
	switch {
	case c.conditions > maxConditions:
		return nil
	case depth > maxConditionDepth:
		c.refuse(n.pointer(), "", fmt.Sprintf("stands more than %d schemas deep", maxConditionDepth), "make the rule simpler")
		return nil
	case n.kind() == "boolean":
		if n.value == true {
			return nil
		}
		return condition{func(any, bool) bool { return false }}
	case n.kind() != "object":
		c.refuse(n.pointer(), "", "a schema has to be an object, not "+n.kind(), `write one, such as {"const": true}`)
		return nil
	}
	var all condition
	for _, m := range n.members() {
		if test := c.keyword(n, m, at, r, depth); test != nil {
			all = append(all, test)
		}
	}
	return all
}

// keyword compiles one keyword; nil for those without a test of their own.
func (c *compiler) keyword(n *node, m member, at child, r *rule, depth int) func(any, bool) bool {
	inner := func(n *node) condition { return c.test(n, at, r, depth+1) }
	switch m.name {
	case "title", "description", "$comment", "then", "else":
		if m.name == "then" || m.name == "else" {
			if n.get("if") == nil {
				c.refuse(m.node.pointer(), m.name, "stands without if", "write an if, or take it away")
			}
			return nil
		}
		c.annotation(m)
		return nil
	case "type":
		return c.types(m.node)
	case "const":
		return c.oneOf([]*node{m.node}, at, r)
	case "enum":
		return c.oneOf(c.schemas(m.node, "enum"), at, r)
	case "not":
		not := inner(m.node)
		return func(v any, given bool) bool { return !not.met(v, given) }
	case "allOf", "anyOf", "oneOf":
		return combined(m.name, c.schemas(m.node, m.name), inner)
	case "if":
		return branches(inner(m.node), n, inner)
	case "properties":
		return c.properties(m.node, at, r, depth)
	case "required":
		return c.names(m.node, at, r)
	case "items", "contains":
		return elements(m.name, c.test(m.node, child{}, r, depth+1))
	}
	return c.limit(m)
}

// schemas are the elements of a list that has some.
func (c *compiler) schemas(n *node, keyword string) []*node {
	if len(n.list()) == 0 {
		c.refuse(n.pointer(), keyword, "has to be a list that is not empty", "write one")
	}
	return n.list()
}

func (c *compiler) types(n *node) func(any, bool) bool {
	names := []string{}
	nodes := n.list()
	if n.kind() == "string" {
		nodes = []*node{n}
	}
	for _, e := range nodes {
		if !slices.Contains([]string{"null", "boolean", "object", "array", "number", "integer", "string"}, e.text()) {
			c.refuse(e.pointer(), "type", plainName(e.text())+" is not known", `write "string", "integer", "number", "boolean", "array" or "object"`)
		}
		names = append(names, e.text())
	}
	if len(names) == 0 {
		c.refuse(n.pointer(), "type", "is "+n.kind(), "write a type, or a list of types")
	}
	return func(v any, given bool) bool {
		if !given {
			return false
		}
		return slices.ContainsFunc(names, func(name string) bool { return fits(v, Type(name)) })
	}
}

func (c *compiler) oneOf(nodes []*node, at child, r *rule) func(any, bool) bool {
	if at.object != nil {
		r.need(at)
	}
	var values []any
	for _, n := range nodes {
		if n.value == "" {
			c.refuse(n.pointer(), n.name, "is empty, and an empty text is no answer", `write {"not": {"type": "string"}} for no answer`)
		}
		values = append(values, n.plain())
	}
	return func(v any, given bool) bool {
		return given && slices.ContainsFunc(values, func(one any) bool { return equal(one, v) })
	}
}

func combined(keyword string, nodes []*node, inner func(*node) condition) func(any, bool) bool {
	var all []condition
	for _, n := range nodes {
		all = append(all, inner(n))
	}
	return func(v any, given bool) bool {
		met := 0
		for _, one := range all {
			if one.met(v, given) {
				met++
			}
		}
		switch keyword {
		case "allOf":
			return met == len(all)
		case "anyOf":
			return met > 0
		}
		return met == 1
	}
}

func branches(test condition, n *node, inner func(*node) condition) func(any, bool) bool {
	var then, otherwise condition
	if b := n.get("then"); b != nil {
		then = inner(b)
	}
	if b := n.get("else"); b != nil {
		otherwise = inner(b)
	}
	return func(v any, given bool) bool {
		if test.met(v, given) {
			return then.met(v, given)
		}
		return otherwise.met(v, given)
	}
}

// properties compiles the schemas for the fields of an object.
func (c *compiler) properties(n *node, at child, r *rule, depth int) func(any, bool) bool {
	tests := map[string]condition{}
	if n.kind() != "object" {
		c.refuse(n.pointer(), "properties", "is "+n.kind(), "write an object of schemas")
	}
	for _, m := range n.members() {
		next, ok := c.named(m.node, m.name, at)
		if !ok {
			continue
		}
		r.need(next)
		tests[m.name] = c.test(m.node, next, r, depth+1)
	}
	return func(v any, _ bool) bool {
		object, _ := v.(map[string]any)
		for name, test := range tests {
			if inner, given := object[name]; given && !test.met(inner, true) {
				return false
			}
		}
		return true
	}
}

// names compiles required.
func (c *compiler) names(n *node, at child, r *rule) func(any, bool) bool {
	var names []string
	if n.kind() != "array" {
		c.refuse(n.pointer(), "required", "is "+n.kind(), "write a list of names")
	}
	for _, e := range n.list() {
		if next, ok := c.named(e, e.text(), at); ok {
			r.need(next)
			names = append(names, e.text())
		}
	}
	return func(v any, _ bool) bool {
		object, ok := v.(map[string]any)
		return !ok || !slices.ContainsFunc(names, func(name string) bool { _, given := object[name]; return !given })
	}
}

// named finds a property of an object of the form.
func (c *compiler) named(n *node, name string, at child) (child, bool) {
	if at.object != nil {
		if next, ok := at.object.child(name); ok {
			return next, true
		}
	}
	c.refuse(n.pointer(), plainName(name), "is no property of this form at the condition's scope", "write a property's name, or another scope")
	return child{}, false
}

// elements compiles the tests of a list's elements.
func elements(keyword string, inner condition) func(any, bool) bool {
	return func(v any, _ bool) bool {
		l, ok := list(v)
		if !ok {
			return true
		}
		fails := func(e any) bool { return !inner.met(e, true) }
		if keyword == "items" {
			return !slices.ContainsFunc(l, fails)
		}
		return slices.ContainsFunc(l, func(e any) bool { return !fails(e) })
	}
}

// limit compiles the keywords with one value.
func (c *compiler) limit(m member) func(any, bool) bool {
	bound, _ := m.node.value.(float64)
	wrong := func(want string) func(any, bool) bool {
		c.refuse(m.node.pointer(), m.name, "is "+m.node.kind(), "write "+want)
		return nil
	}
	switch m.name {
	case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf":
		if m.node.kind() != "number" || m.name == "multipleOf" && bound <= 0 {
			return wrong("a number")
		}
		return func(v any, _ bool) bool {
			f, ok := number(v)
			return !ok || within(m.name, f, bound)
		}
	case "minLength", "maxLength", "minItems", "maxItems":
		if m.node.kind() != "number" || bound < 0 || bound != math.Trunc(bound) {
			return wrong("a whole number")
		}
		return func(v any, _ bool) bool { return counted(m.name, v, bound) }
	case "uniqueItems":
		if m.node.kind() != "boolean" {
			return wrong("true or false")
		}
		return func(v any, _ bool) bool { l, _ := list(v); return m.node.value == false || !twice(l) }
	case "pattern":
		p := c.pattern(m.node)
		return func(v any, _ bool) bool { s, ok := v.(string); return !ok || p.match(s) }
	case "format":
		format := c.format(m.node)
		return func(v any, _ bool) bool { s, ok := v.(string); return !ok || isFormat(format, s) }
	}
	c.refuse(m.node.pointer(), plainName(m.name), "is not supported in a condition", ruleAdvice(m.name))
	return nil
}

func within(keyword string, f, bound float64) bool {
	switch keyword {
	case "minimum":
		return f >= bound
	case "maximum":
		return f <= bound
	case "exclusiveMinimum":
		return f > bound
	case "exclusiveMaximum":
		return f < bound
	}
	return f/bound == math.Trunc(f/bound)
}

func counted(keyword string, v any, bound float64) bool {
	n := 0
	if s, ok := v.(string); ok && (keyword == "minLength" || keyword == "maxLength") {
		n = utf8.RuneCountInString(s)
	} else if l, ok := list(v); ok && (keyword == "minItems" || keyword == "maxItems") {
		n = len(l)
	} else {
		return true
	}
	if keyword == "minLength" || keyword == "minItems" {
		return float64(n) >= bound
	}
	return float64(n) <= bound
}

// twice reports if a list has an element twice.
func twice(l []any) bool {
	for i, e := range l {
		if slices.ContainsFunc(l[:i], func(o any) bool { return equal(o, e) }) {
			return true
		}
	}
	return false
}

func ruleAdvice(keyword string) string {
	switch keyword {
	case "$ref", "$defs", "definitions", "$id", "$schema", "$dynamicRef":
		return "write the schema itself here"
	case "prefixItems", "additionalItems", "minContains", "maxContains", "unevaluatedItems":
		return "write contains or items"
	case "dependentRequired", "dependentSchemas", "dependencies":
		return "write if and then"
	}
	return "write properties and required"
}
