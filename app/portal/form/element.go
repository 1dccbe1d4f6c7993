package form

// Kind is the kind of an element, and for a control, the kind of input.
type Kind string

const (
	// Layout puts its elements one below the other.
	Layout Kind = "layout"
	// Section is a layout with a title.
	Section Kind = "section"
	// Label is a text that helps.
	Label Kind = "label"

	// Text is one line; Multiline several.
	Text      Kind = "text"
	Multiline Kind = "multiline"
	// Whole is a whole number, Decimal any.
	Whole   Kind = "integer"
	Decimal Kind = "number"
	// Tick is a yes or no.
	Tick Kind = "boolean"
	// Select is one of the field's choices from a list that opens; Radio has all of them in
	// sight; Choices are any number of them.
	Select  Kind = "select"
	Radio   Kind = "radio"
	Choices Kind = "choices"
	// Date is a day, DateTime a moment, Time a time of day.
	Date     Kind = "date"
	DateTime Kind = "date-time"
	Time     Kind = "time"
	Email    Kind = "email"
	URI      Kind = "uri"
	// FileList, PersonChoice, DynamicChoice and DeviceTick are the controls of [Portico].
	// Those for people and dynamic choices take several where the field is a list.
	FileList      Kind = "files"
	PersonChoice  Kind = "person"
	DynamicChoice Kind = "dynamic"
	DeviceTick    Kind = "device"
)

// Element is a part of a form, in the order for people. It never changes; whether it is
// shown depends on the answers, see [Form.State].
type Element struct {
	Kind Kind
	// Title is the title of a section, the text of a label or the label of a control. A
	// control has none where the form says so.
	Title string
	// Elements are those within a layout or section.
	Elements []*Element
	// Field is the control's question; nil for other elements.
	Field *Field

	index  int
	parent *Element
	rule   *rule
}

// Control reports if the element asks something.
func (e *Element) Control() bool { return e.Field != nil }

// kindOf is the kind of input of a field.
func kindOf(f *Field, multi, radio bool) Kind {
	switch f.Portico {
	case Files:
		return FileList
	case Person:
		return PersonChoice
	case Dynamic:
		return DynamicChoice
	case Device:
		return DeviceTick
	}
	switch {
	case f.Type == Array:
		return Choices
	case radio:
		return Radio
	case len(f.Choices) > 0:
		return Select
	case multi:
		return Multiline
	case f.Type == Integer:
		return Whole
	case f.Type == Number:
		return Decimal
	case f.Type == Boolean:
		return Tick
	case f.Format != "":
		return Kind(f.Format)
	}
	return Text
}
