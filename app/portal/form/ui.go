package form

import (
	"fmt"
	"slices"
)

// elements reads the UI schema, or makes one.
func (c *compiler) elements(n *node) {
	f := c.form
	if n == nil {
		f.root = &Element{Kind: Layout}
		c.add(f.root)
		c.made(f.top, f.root)
	} else {
		f.root = c.element(n, nil, 1)
	}
	if c.full {
		return
	}
	for _, field := range c.found {
		switch {
		case len(field.controls) == 0:
			c.refuse("/schema", pointerOf(field.path), "has no control in ui, so that nobody can answer it", fmt.Sprintf("write {\"type\": \"Control\", \"scope\": \"%s\"} into ui, or take the property away", scopeOf(field.path)))
		case field.Type == Array && len(field.Choices) == 0 && field.Portico == "":
			c.refuse("/schema"+schemaPointer(field.path)+"/items", "oneOf", "is missing", "write \"oneOf\": [{\"const\": …, \"title\": …}], or \"portico\": \"files\", \"person\" or \"dynamic\" into its control's options")
		}
	}
}

// made is the UI schema of a form without one: fields in the schema's order, an object as
// a section.
func (c *compiler) made(o *object, parent *Element) {
	for _, child := range o.children {
		e := &Element{Kind: Section, parent: parent}
		if child.field != nil {
			e.Kind, e.Field, e.Title = kindOf(child.field, false, false), child.field, child.field.Title
		} else {
			e.Title = child.object.title
		}
		parent.Elements = append(parent.Elements, e)
		c.add(e)
		if child.object != nil {
			c.made(child.object, e)
		}
	}
}

func (c *compiler) add(e *Element) {
	e.index = len(c.form.elements)
	c.form.elements = append(c.form.elements, e)
	if f := e.Field; f != nil {
		if len(f.controls) == 0 {
			c.form.fields = append(c.form.fields, f)
		}
		f.controls = append(f.controls, e)
	}
}

func (c *compiler) element(n *node, parent *Element, level int) *Element {
	if c.full {
		return nil
	}
	if len(c.form.elements) == maxElement {
		c.full = true
		c.refuse("/ui", "", fmt.Sprintf("the form has more than %d elements", maxElement), "make several forms of it")
		return nil
	}
	if n.kind() != "object" {
		c.refuse(n.pointer(), "", "an element has to be an object, not "+n.kind(), `write {"type": "Control", "scope": "#/properties/NAME"}`)
		return nil
	}
	e := &Element{parent: parent}
	t := n.get("type")
	switch name := t.textOrNone(); name {
	case "VerticalLayout":
		e.Kind = Layout
		c.members(n, "type", "rule", "elements")
	case "Group":
		e.Kind, e.Title = Section, c.optionalText(n.get("label"))
		c.members(n, "type", "rule", "elements", "label")
	case "Label":
		e.Kind, e.Title = Label, c.optionalText(n.get("text"))
		c.members(n, "type", "rule", "text")
		if e.Title == "" {
			c.refuse(n.pointer()+"/text", "text", "is missing", "write the label's text")
		}
	case "Control":
		c.members(n, "type", "rule", "scope", "label", "options")
		if !c.control(n, e) {
			return nil
		}
	default:
		c.refuse(n.pointer()+"/type", plainName(name), "is not supported", elementAdvice(name))
		return nil
	}
	e.rule = c.rule(n.get("rule"))
	c.add(e)
	if e.Kind == Layout || e.Kind == Section {
		c.inner(n, e, level)
	}
	return e
}

func elementAdvice(name string) string {
	switch name {
	case "HorizontalLayout":
		return "write VerticalLayout"
	case "Categorization", "Category":
		return "write VerticalLayout with a Group for each part"
	case "ListWithDetail":
		return "write a Control for each field"
	}
	return "write VerticalLayout, Group, Label or Control"
}

func (c *compiler) inner(n *node, e *Element, level int) {
	if level > MaxLevels {
		c.refuse(n.pointer(), n.get("type").text(), fmt.Sprintf("stands on level %d, and %d are allowed", level, MaxLevels), "write its elements into the layout around it")
		return
	}
	list := n.get("elements")
	if list == nil || list.kind() != "array" {
		c.refuse(n.pointer()+"/elements", "elements", "has to be a list", "write \"elements\": [ … ]")
		return
	}
	for _, m := range list.list() {
		if inner := c.element(m, e, level+1); inner != nil {
			e.Elements = append(e.Elements, inner)
		}
	}
}

// control reads scope, label and options.
func (c *compiler) control(n *node, e *Element) bool {
	scope := n.get("scope")
	at, ok := c.scope(scope, n.pointer()+"/scope")
	if !ok {
		return false
	}
	if at.field == nil {
		c.refuse(scope.pointer(), "scope", plainName(scope.text())+" is an object", "write a Group with a Control for each of its fields")
		return false
	}
	e.Field, e.Title = at.field, at.field.Title
	switch label := n.get("label"); {
	case label == nil || label.value == true:
	case label.value == false:
		e.Title = ""
	case label.kind() == "string":
		e.Title = label.text()
	default:
		c.refuse(label.pointer(), "label", "is "+label.kind(), "write a text, or false for none")
	}
	multi, radio := c.options(n.get("options"), e.Field)
	e.Kind = kindOf(e.Field, multi, radio)
	return true
}

// options reads the options of a control.
func (c *compiler) options(n *node, f *Field) (multi, radio bool) {
	if n == nil {
		return false, false
	}
	if n.kind() != "object" {
		c.refuse(n.pointer(), "options", "is "+n.kind(), "write an object")
		return false, false
	}
	for _, m := range n.members() {
		switch m.name {
		case "multi":
			multi = m.node.value == true
			if m.node.kind() != "boolean" || multi && (f.Type != String || len(f.Choices) > 0 || f.Format != "") {
				c.refuse(m.node.pointer(), "multi", "is for texts of several lines", "write true for a string without oneOf and format, or take it away")
			}
		case "format":
			radio = m.node.value == "radio"
			if !radio || len(f.Choices) == 0 || f.Type == Array {
				c.refuse(m.node.pointer(), "format", "is for one of several choices", "write \"radio\" for a field with oneOf, or take it away")
			}
		case "portico":
			c.portico(m.node, f)
		default:
			c.refuse(m.node.pointer(), plainName(m.name), "is not supported", optionAdvice(m.name))
		}
	}
	if f.Portico != "" && (multi || radio) {
		c.refuse(n.pointer(), "portico", "goes with no other option", "take the other away")
	}
	return multi, radio
}

func optionAdvice(name string) string {
	if name == "readonly" || name == "readOnly" {
		return "write a rule with the effect DISABLE"
	}
	return "write multi, format or portico, or take it away"
}

func (c *compiler) portico(n *node, f *Field) {
	kind := Portico(n.text())
	bare := len(f.Choices) == 0 && f.Format == ""
	var fit bool
	var instead string
	switch kind {
	case Files:
		fit, instead = f.Type == Array && bare, `write {"type": "array", "items": {"type": "string"}} for the property`
	case Person, Dynamic:
		fit, instead = (f.Type == Array || f.Type == String) && bare, `write {"type": "string"}, or {"type": "array", "items": {"type": "string"}} for several, without oneOf and format`
	case Device:
		fit, instead = f.Type == Boolean && bare, `write {"type": "boolean"} for the property: yes sends it along`
	default:
		c.refuse(n.pointer(), "portico", plainName(n.text())+" is not supported", `write "files", "person", "dynamic" or "device"`)
		return
	}
	switch {
	case !fit:
		c.refuse(n.pointer(), "portico", string(kind)+" does not fit its property", instead)
	case f.Portico != "" && f.Portico != kind || len(f.controls) > 0 && f.Portico != kind:
		c.refuse(n.pointer(), "portico", "differs from another control of this property", "write the same for both")
	default:
		f.Portico = kind
	}
}

// scope follows the scope of a control or condition.
func (c *compiler) scope(n *node, pointer string) (child, bool) {
	const instead = `write the place of a property, such as "#/properties/serial"`
	if n == nil || n.kind() != "string" {
		c.refuse(pointer, "scope", "is missing", instead)
		return child{}, false
	}
	var path []string
	fit := n.text() == "#" || len(n.text()) > 2 && n.text()[:2] == "#/"
	for i, name := range steps(n.text()) {
		if i%2 == 1 {
			path = append(path, name)
		} else if name != "properties" {
			fit = false
		}
	}
	at, ok := c.form.locate(path)
	if !fit || !ok || len(path)*2 != len(steps(n.text())) {
		c.refuse(n.pointer(), "scope", plainName(n.text())+" is no property of this form", instead)
		return child{}, false
	}
	return at, true
}

// members refuses every member but these.
func (c *compiler) members(n *node, known ...string) {
	for _, m := range n.members() {
		if !slices.Contains(known, m.name) {
			c.refuse(m.node.pointer(), plainName(m.name), "is not supported here", memberAdvice(m.name))
		}
	}
}

func memberAdvice(name string) string {
	switch name {
	case "i18n":
		return "write the texts themselves"
	case "options":
		return "take it away: only a Control has options"
	}
	return "take it away"
}

func (c *compiler) optionalText(n *node) string {
	if n != nil && n.kind() != "string" {
		c.refuse(n.pointer(), n.name, "is "+n.kind(), "write a text")
	}
	return n.textOrNone()
}

func (n *node) textOrNone() string {
	if n == nil {
		return ""
	}
	return n.text()
}

func scopeOf(path []string) string { return "#" + schemaPointer(path) }

// schemaPointer is a field's place in the schema.
func schemaPointer(path []string) string {
	out := ""
	for _, name := range path {
		out += "/properties/" + escape(name)
	}
	return out
}
