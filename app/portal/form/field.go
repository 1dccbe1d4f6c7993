package form

// Type is the type of a field's answers, in JSON Schema's words.
type Type string

const (
	String  Type = "string"
	Integer Type = "integer"
	Number  Type = "number"
	Boolean Type = "boolean"
	// Array is a list of texts: some of a field's choices, files, or people.
	Array Type = "array"
)

// Portico says where a field's answers come from, as the option "portico" of its control.
type Portico string

const (
	// Files are attachments; the answers are their ids.
	Files Portico = "files"
	// Person is somebody of the own organization, or several of a list; the answers are
	// the ids of the portal's people.
	Person Portico = "person"
	// Dynamic is a choice from the portal; the answers are its values.
	Dynamic Portico = "dynamic"
	// Device is a yes to sending along the known facts about this computer.
	Device Portico = "device"
)

// Choice is one of the answers that a field offers.
type Choice struct {
	// Value is a string, a float64 or a bool.
	Value any
	Title string
}

// Field is one question: what its answers may be. It never changes.
type Field struct {
	// Pointer is its place in the answers (RFC 6901), such as "/device/serial".
	Pointer string
	// Title is the schema's, or is made of the property's name. A control may have a
	// label of its own.
	Title, Description string
	Type               Type
	// Format is date, date-time, time, email or uri for a string, or empty.
	Format string
	// Choices are the only answers; none for a field with any answer.
	Choices []Choice
	Portico Portico
	// Required counts only where a control of the field is shown.
	Required bool
	// Default is nil without one, and else an answer.
	Default any
	// Bounds are the limits of an answer.
	Bounds

	path    []string
	pattern *pattern
	// controls are the elements for it.
	controls []*Element
}

// Bounds are limits; nil for none. Both ends are allowed.
type Bounds struct {
	MinLength, MaxLength *int     // of a text, in characters (code points)
	Minimum, Maximum     *float64 // of a number
	MinItems, MaxItems   *int     // of a list
}

// Pattern is the regular expression that a text has to match somewhere, as the form has
// it; "" for none.
func (f *Field) Pattern() string {
	if f.pattern == nil {
		return ""
	}
	return f.pattern.source
}

// Many reports if the field takes several answers.
func (f *Field) Many() bool { return f.Type == Array }

// ChoiceTitle is the title of a choice by its value.
func (f *Field) ChoiceTitle(value any) (string, bool) {
	for _, c := range f.Choices {
		if equal(c.Value, value) {
			return c.Title, true
		}
	}
	return "", false
}

// object is an object of the schema: the top, or a property with fields of its own.
type object struct {
	path     []string
	title    string
	children []child
}

// child is one property: a field or an object.
type child struct {
	name   string
	field  *Field
	object *object
}

func (o *object) child(name string) (child, bool) {
	for _, c := range o.children {
		if c.name == name {
			return c, true
		}
	}
	return child{}, false
}

// all are the fields in it and below.
func (o *object) all() []*Field {
	var out []*Field
	for _, c := range o.children {
		if c.field != nil {
			out = append(out, c.field)
		} else {
			out = append(out, c.object.all()...)
		}
	}
	return out
}

// locate follows a scope such as "#/properties/device/properties/serial". An empty child
// with ok is the top.
func (f *Form) locate(scope []string) (child, bool) {
	at := child{object: f.top}
	for _, name := range scope {
		if at.object == nil {
			return child{}, false
		}
		next, ok := at.object.child(name)
		if !ok {
			return child{}, false
		}
		at = next
	}
	return at, true
}
