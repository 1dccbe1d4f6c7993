package main

import (
	"bytes"
	"encoding/json"

	"github.com/portico-desktop/portico/app/policy"
)

const schemaID = "https://portico-desktop.github.io/schema/policy.schema.json"

// member is one of an object with an order.
type member struct {
	name  string
	value any
}

type object []member

// MarshalJSON keeps the order, so people find the first things first.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		for j, part := range []any{m.name, m.value} {
			if j > 0 {
				b.WriteByte(':')
			}
			text, err := plainJSON(part)
			if err != nil {
				return nil, err
			}
			b.Write(text)
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// plainJSON leaves <, > and & as they are.
func plainJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

func indented(v any) ([]byte, error) {
	text, err := plainJSON(v)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, text, "", "  "); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// sample is enough for most administrators.
func sample() ([]byte, error) {
	k, _ := policy.Lookup(policy.PortalURL)
	return indented(object{{"settings", object{{string(k.Name), k.Example}}}})
}

// schema is the Linux file's, for editors.
func schema() ([]byte, error) {
	properties := object{}
	for _, k := range policy.Keys() {
		properties = append(properties, member{string(k.Name), keySchema(k)})
	}
	part := func(about string) object {
		references := object{}
		for _, k := range policy.Keys() {
			references = append(references, member{string(k.Name), object{{"$ref", "#/$defs/" + string(k.Name)}}})
		}
		return object{{"description", about}, {"type", "object"}, {"additionalProperties", false}, {"properties", references}}
	}
	return indented(object{
		{"$schema", "https://json-schema.org/draft/2020-12/schema"},
		{"$id", schemaID},
		{"$comment", admxNote},
		{"title", "Portico's policy on Linux"},
		{"description", "The file /etc/portico/policy.json. It has to belong to root, and nobody else may write it."},
		{"type", "object"},
		{"additionalProperties", false},
		{"properties", object{
			{"$schema", object{{"type", "string"}}},
			{"settings", part("What counts for everybody on this computer, and cannot be changed by people.")},
			{"defaults", part("What counts until the person decides otherwise.")},
		}},
		{"$defs", properties},
	})
}

func keySchema(k policy.Key) object {
	o := object{{"title", k.Title}, {"description", k.About}}
	switch k.Kind {
	case policy.Flag:
		o = append(o, member{"type", "boolean"})
	case policy.Number:
		o = append(o, member{"type", "integer"}, member{"minimum", k.Min}, member{"maximum", k.Max})
	case policy.List:
		o = append(o, member{"type", "array"}, member{"items", object{{"type", "string"}, {"pattern", k.Pattern()}}})
	case policy.Objects:
		o = append(o, member{"type", "array"}, member{"items", object{{"type", "object"}}})
	default:
		o = append(o, member{"type", "string"})
	}
	if (k.Kind == policy.List || k.Kind == policy.Objects) && !k.MayBeEmpty() {
		o = append(o, member{"minItems", 1})
	}
	if len(k.Values) > 0 {
		o = append(o, member{"enum", k.Values})
	} else if k.Kind != policy.List && k.Pattern() != "" {
		o = append(o, member{"pattern", k.Pattern()})
	}
	if k.Default != nil {
		o = append(o, member{"default", k.Default})
	}
	return append(o, member{"examples", []any{k.Example}})
}
