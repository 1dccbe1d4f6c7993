package form

import (
	"fmt"
	"slices"
)

// The effects of rules, in JSON Forms' words.
const (
	effectShow    = "SHOW"
	effectHide    = "HIDE"
	effectEnable  = "ENABLE"
	effectDisable = "DISABLE"
)

// rule is an element's rule.
type rule struct {
	at     *node
	effect string
	scope  child
	path   []string
	test   condition
	// failWhenUndefined: without an answer at the scope the condition fails, whatever its
	// schema says.
	failWhenUndefined bool
	// needs are the fields that the condition looks at.
	needs []*Field
}

// shows reports if the rule decides whether its element is shown.
func (r *rule) shows() bool {
	return r != nil && (r.effect == effectShow || r.effect == effectHide)
}

// enables reports if the rule decides whether its element may be answered.
func (r *rule) enables() bool {
	return r != nil && (r.effect == effectEnable || r.effect == effectDisable)
}

// holds is the state that the rule gives its element: shown, or enabled.
func (r *rule) holds(v any, given bool) bool {
	fulfilled := (given || !r.failWhenUndefined) && r.test.met(v, given)
	return fulfilled == (r.effect == effectShow || r.effect == effectEnable)
}

func (c *compiler) rule(n *node) *rule {
	if n == nil {
		return nil
	}
	const instead = `write {"effect": "SHOW", "condition": {"scope": "#/properties/NAME", "schema": {…}}}`
	if n.kind() != "object" {
		c.refuse(n.pointer(), "rule", "is "+n.kind(), instead)
		return nil
	}
	c.members(n, "effect", "condition")
	r := &rule{at: n, effect: n.get("effect").textOrNone()}
	switch r.effect {
	case effectShow, effectHide, effectEnable, effectDisable:
	case "READONLY":
		c.refuse(n.pointer()+"/effect", r.effect, "is not supported", "write DISABLE")
	case "WRITABLE":
		c.refuse(n.pointer()+"/effect", r.effect, "is not supported", "write ENABLE")
	default:
		c.refuse(n.pointer()+"/effect", "effect "+plainName(r.effect), "is not supported", "write SHOW, HIDE, ENABLE or DISABLE")
	}
	where := n.get("condition")
	if where == nil || where.kind() != "object" {
		c.refuse(n.pointer()+"/condition", "condition", "is missing", instead)
		return r
	}
	c.condition(where, r)
	return r
}

// condition reads the condition of a rule.
func (c *compiler) condition(n *node, r *rule) {
	if t := n.get("type"); t != nil || n.get("conditions") != nil || n.get("expectedValue") != nil {
		c.refuse(n.pointer(), plainName("condition "+t.textOrNone()), "is not supported", conditionAdvice(t.textOrNone()))
		return
	}
	c.members(n, "scope", "schema", "failWhenUndefined")
	if u := n.get("failWhenUndefined"); u != nil {
		r.failWhenUndefined = u.value == true
		if u.kind() != "boolean" {
			c.refuse(u.pointer(), "failWhenUndefined", "is "+u.kind(), "write true or false")
		}
	}
	at, ok := c.scope(n.get("scope"), n.pointer()+"/scope")
	if !ok {
		return
	}
	r.scope = at
	if at.object != nil {
		r.path = at.object.path
	} else {
		r.path = at.field.path
	}
	schema := n.get("schema")
	if schema == nil {
		c.refuse(n.pointer()+"/schema", "schema", "is missing", `write a schema for the answer, such as {"const": true}`)
		return
	}
	if at.field != nil || len(r.path) > 0 {
		r.need(at)
	}
	r.test = c.test(schema, at, r, 0)
}

func conditionAdvice(kind string) string {
	switch kind {
	case "LEAF":
		return `write {"scope": …, "schema": {"const": …}}`
	case "AND":
		return `write {"scope": "#", "schema": {"allOf": [ … ]}}`
	case "OR":
		return `write {"scope": "#", "schema": {"anyOf": [ … ]}}`
	}
	return `write {"scope": …, "schema": …}`
}

// need notes what a condition looks at: a field, or all of an object.
func (r *rule) need(at child) {
	fields := []*Field{at.field}
	if at.object != nil {
		fields = at.object.all()
	}
	for _, f := range fields {
		if f != nil && !slices.Contains(r.needs, f) {
			r.needs = append(r.needs, f)
		}
	}
}

// order puts the elements with SHOW and HIDE after all others that their conditions depend
// on. A hidden answer counts as not given, so a circle would have no end.
func (c *compiler) order() {
	const (
		open = iota + 1
		done
	)
	state := map[*Element]int{}
	var visit func(e *Element) *Element
	visit = func(e *Element) *Element {
		switch state[e] {
		case open:
			return e
		case done:
			return nil
		}
		state[e] = open
		for _, f := range e.rule.needs {
			for _, control := range f.controls {
				for up := control; up != nil; up = up.parent {
					if !up.rule.shows() {
						continue
					}
					if visit(up) != nil {
						c.refuse(e.rule.at.pointer(), "rule", fmt.Sprintf("looks at %s, which is shown or hidden by this rule in turn", f.Pointer), "let the condition look at other fields")
						state[e] = done
						return nil
					}
				}
			}
		}
		state[e] = done
		c.form.showing = append(c.form.showing, e)
		return nil
	}
	for _, e := range c.form.elements {
		if e.rule.shows() {
			visit(e)
		}
	}
}
