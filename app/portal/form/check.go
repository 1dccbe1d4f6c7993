package form

import (
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"
)

// Code is the kind of a problem with an answer.
type Code string

const (
	// Missing: a required question without an answer.
	Missing Code = "required"
	// WrongType: a number in the place of a text, and the like. Want is the [Type].
	WrongType Code = "type"
	// NoChoice: none of the field's choices.
	NoChoice Code = "choice"
	// TooShort and TooLong: fewer or more characters than Want.
	TooShort Code = "too-short"
	TooLong  Code = "too-long"
	// TooSmall and TooLarge: a number below or above Want.
	TooSmall Code = "too-small"
	TooLarge Code = "too-large"
	// TooFew and TooMany: fewer or more answers than Want.
	TooFew  Code = "too-few"
	TooMany Code = "too-many"
	// Twice: an answer stands in a list twice.
	Twice Code = "twice"
	// NoFormat: not of the format in Want, such as "date".
	NoFormat Code = "format"
	// NoMatch: does not match the pattern in Want.
	NoMatch Code = "pattern"
	// Unknown: the form has no such question.
	Unknown Code = "unknown"
)

// maxUnknown is how many answers without a question are named in one object.
const maxUnknown = 20

// Problem is one thing wrong with an answer. Faces make their own words of its code.
type Problem struct {
	// Pointer is the answer's place (RFC 6901), such as "/sites/2".
	Pointer string
	Code    Code
	// Want is the limit that was not kept: an int, a float64 or a string; nil for codes
	// without one.
	Want any
	// Field is the question; nil for an unknown one.
	Field *Field
}

// Reason is the problem in English for logs and helpdesks. It does not repeat the answer.
func (p Problem) Reason() string {
	switch p.Code {
	case Missing:
		return "an answer is required"
	case WrongType:
		return "has to be " + article(Type(fmt.Sprint(p.Want)))
	case NoChoice:
		return "is none of the choices"
	case TooShort:
		return fmt.Sprintf("has to have at least %v characters", p.Want)
	case TooLong:
		return fmt.Sprintf("may have %v characters at most", p.Want)
	case TooSmall:
		return "has to be at least " + p.limit()
	case TooLarge:
		return "may be " + p.limit() + " at most"
	case TooFew:
		return fmt.Sprintf("has to have at least %v answers", p.Want)
	case TooMany:
		return fmt.Sprintf("may have %v answers at most", p.Want)
	case Twice:
		return "stands there twice"
	case NoFormat:
		return fmt.Sprintf("is no %v", p.Want)
	case NoMatch:
		return "does not have the form asked for"
	}
	return "is no question of this form"
}

func (p Problem) limit() string {
	n, _ := number(p.Want)
	return numberText(n)
}

// Check says what is wrong with answers, in the form's order; nil when they may be sent.
// Hidden answers are passed over: [Form.Clean] drops them.
func (f *Form) Check(answers map[string]any) []Problem {
	s := f.State(answers)
	problems := f.top.unknown(answers, "")
	for _, field := range f.fields {
		if !s.Asked(field) {
			continue
		}
		v, given := s.Answer(field)
		switch {
		case given:
			problems = field.check(v, problems)
		case field.Required:
			problems = append(problems, Problem{field.Pointer, Missing, nil, field})
		}
	}
	return problems
}

// unknown finds answers without a question, and other values in the place of objects.
func (o *object) unknown(answers map[string]any, pointer string) []Problem {
	var problems []Problem
	known := 0
	for _, c := range o.children {
		v, given := answers[c.name]
		if !given {
			continue
		}
		known++
		if c.object == nil || v == nil {
			continue
		}
		at := pointer + "/" + escape(c.name)
		if inner, ok := v.(map[string]any); ok {
			problems = append(problems, c.object.unknown(inner, at)...)
		} else {
			problems = append(problems, Problem{at, WrongType, "object", nil})
		}
	}
	if known == len(answers) {
		return problems
	}
	for _, name := range slices.Sorted(maps.Keys(answers)) {
		if len(problems) >= maxUnknown {
			break
		}
		if _, ok := o.child(name); !ok {
			problems = append(problems, Problem{pointer + "/" + escape(name), Unknown, nil, nil})
		}
	}
	return problems
}

// check adds what is wrong with an answer to this field.
func (f *Field) check(v any, problems []Problem) []Problem {
	add := func(pointer string, code Code, want any) {
		problems = append(problems, Problem{f.Pointer + pointer, code, want, f})
	}
	switch {
	case !fits(v, f.Type):
		add("", WrongType, string(f.Type))
	case f.Type == Array:
		l, _ := list(v)
		f.checkList(l, add)
	case len(f.Choices) > 0:
		if _, ok := f.ChoiceTitle(v); !ok {
			add("", NoChoice, nil)
		}
		fallthrough
	default:
		if s, ok := v.(string); ok {
			f.checkText(s, add)
		} else if n, ok := number(v); ok {
			f.checkNumber(n, add)
		}
	}
	return problems
}

func (f *Field) checkText(s string, add func(string, Code, any)) {
	n, most := utf8.RuneCountInString(s), MaxText
	if f.MaxLength != nil {
		most = *f.MaxLength
	}
	switch {
	case n > most:
		add("", TooLong, most)
	case f.MinLength != nil && n < *f.MinLength:
		add("", TooShort, *f.MinLength)
	case !isFormat(f.Format, s):
		add("", NoFormat, f.Format)
	case !f.pattern.match(s):
		add("", NoMatch, f.Pattern())
	}
}

func (f *Field) checkNumber(n float64, add func(string, Code, any)) {
	switch {
	case f.Minimum != nil && n < *f.Minimum:
		add("", TooSmall, *f.Minimum)
	case f.Maximum != nil && n > *f.Maximum:
		add("", TooLarge, *f.Maximum)
	}
}

func (f *Field) checkList(l []any, add func(string, Code, any)) {
	most := MaxItems
	if f.MaxItems != nil {
		most = *f.MaxItems
	}
	if len(l) > most {
		add("", TooMany, most)
		return
	}
	if f.MinItems != nil && len(l) < *f.MinItems {
		add("", TooFew, *f.MinItems)
	}
	seen := make(map[string]bool, len(l))
	for i, e := range l {
		at := fmt.Sprintf("/%d", i)
		s, ok := e.(string)
		switch {
		case !ok || s == "":
			add(at, WrongType, string(String))
			continue
		case utf8.RuneCountInString(s) > MaxText:
			add(at, TooLong, MaxText)
			continue
		case seen[s]:
			add(at, Twice, nil)
		}
		seen[s] = true
		if _, ok := f.ChoiceTitle(s); !ok && len(f.Choices) > 0 {
			add(at, NoChoice, nil)
		}
	}
}
