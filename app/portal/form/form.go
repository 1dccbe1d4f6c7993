// Package form is a portal's forms: reading them, and what follows from a person's
// answers. Begin at [Compile].
//
// A form is a JSON Schema (2020-12) for the answers and a UI schema of JSON Forms for the
// elements, both as a named subset. Everything outside the subset is refused, with its
// place and with the words to write instead; nothing is passed over in silence. The
// window, the console and the gateway share this package, so that they agree about every
// form and every answer. They draw [Element] and ask [Form.State]; no face works out a
// rule by itself.
//
// Two rules differ from JSON Forms, since a form here ends in a request:
//
//   - A hidden answer counts as not given, for every rule, for [Form.Check], [Form.Clean]
//     and [Form.Text]. So it is never sent and never required.
//   - A required answer is required wherever its control is shown, also in an object
//     without any answer yet, and an empty text or list is no answer.
//
// The package draws nothing, fetches nothing and keeps nothing.
package form

import (
	"encoding/json"
	"slices"
	"strings"
)

// Limits of a form, and of an answer where its form sets none.
const (
	// MaxBytes bounds a form's schema and UI schema together.
	MaxBytes = 256 << 10
	// MaxFields is how many fields a form may have.
	MaxFields = 200
	// MaxLevels is how deep objects may stand in objects, and layouts in layouts. The
	// outermost is the first level.
	MaxLevels = 4
	// MaxChoices is how many answers a field may offer. More of them come from the portal:
	// a control with the option "portico": "dynamic".
	MaxChoices = 500
	// MaxText is how many characters a text may have at most.
	MaxText = 32 << 10
	// MaxItems is how many answers a list may have at most.
	MaxItems = 500

	maxName    = 100
	maxDepth   = 40 // of a form's JSON: deeper is no form of the subset
	maxFaults  = 50 // more of them help nobody
	maxElement = 2 * MaxFields
	// maxKeywords is more than any schema of the subset has.
	maxKeywords = 50
)

// Document is a form as a portal publishes it.
type Document struct {
	ID       string          `json:"id"`
	Group    string          `json:"group,omitempty"`
	Title    string          `json:"title"`
	Icon     string          `json:"icon,omitempty"`
	Keywords []string        `json:"keywords,omitempty"`
	Version  string          `json:"version,omitempty"`
	Schema   json.RawMessage `json:"schema"`
	// UI is the UI schema. Without it the fields come in the schema's order.
	UI json.RawMessage `json:"ui,omitempty"`
}

// Form is a compiled form. It never changes, and may be used from several goroutines.
type Form struct {
	Document
	root     *Element
	elements []*Element // all, a parent before its children
	fields   []*Field   // in the order of the elements
	top      *object
	// showing are the elements with a rule SHOW or HIDE. Each comes after all elements that
	// its condition depends on.
	showing []*Element
}

// Compile reads a form. Unknown members beside schema and ui are left alone, so that
// later versions can add some; in schema and ui everything unknown is a fault.
//
// Errors: *[Error], with all faults.
func Compile(document []byte) (*Form, error) {
	var d Document
	if len(document) > 2*MaxBytes {
		return nil, &Error{Faults: []Fault{tooManyBytes("", len(document))}}
	}
	if err := json.Unmarshal(document, &d); err != nil {
		return nil, &Error{Faults: []Fault{{Reason: "the form cannot be read: " + err.Error(), Instead: "write an object with id, title and schema"}}}
	}
	return d.Compile()
}

// Compile is [Compile] for a document in its parts.
//
// Errors: *[Error], with all faults.
func (d Document) Compile() (*Form, error) {
	c := &compiler{form: &Form{Document: d}, name: d.ID}
	c.form.Keywords = slices.Clone(d.Keywords)
	if strings.TrimSpace(d.ID) == "" {
		c.refuse("/id", "id", "is missing", "write a short name of the form's own, such as \"new-laptop\"")
	}
	if strings.TrimSpace(d.Title) == "" {
		c.refuse("/title", "title", "is missing", "write the form's name for people")
	}
	if n := len(d.Schema) + len(d.UI); n > MaxBytes {
		c.fault(tooManyBytes("", n))
		return nil, c.err()
	}
	schema, ui := c.read("/schema", d.Schema), c.read("/ui", d.UI)
	if schema == nil {
		if len(c.faults) == 0 || len(d.Schema) == 0 {
			c.refuse("/schema", "schema", "is missing", "write {\"type\": \"object\", \"properties\": {…}}")
		}
		return nil, c.err()
	}
	c.schema = schema
	c.form.top = c.topObject(schema)
	if c.form.top != nil && !c.full {
		c.elements(ui)
		c.order()
	}
	if err := c.err(); err != nil {
		return nil, err
	}
	return c.form, nil
}

// Root is the outermost layout.
func (f *Form) Root() *Element { return f.root }

// Elements are all elements from the first to the last, a parent before its children. The
// slice is the form's own.
func (f *Form) Elements() []*Element { return f.elements }

// Fields are the fields in the order of their first control. The slice is the form's own.
func (f *Form) Fields() []*Field { return f.fields }

// Field finds a field by its place in the answers, such as "/device/serial"; nil where
// there is none.
func (f *Form) Field(pointer string) *Field {
	for _, field := range f.fields {
		if field.Pointer == pointer {
			return field
		}
	}
	return nil
}

// Begin are the answers of a form that somebody has just opened: its defaults.
func (f *Form) Begin() map[string]any {
	answers := map[string]any{}
	for _, field := range f.fields {
		if field.Default != nil {
			put(answers, field.path, clone(field.Default))
		}
	}
	return answers
}
