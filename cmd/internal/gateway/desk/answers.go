package desk

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/app/portal/form"
	"github.com/portico-desktop/portico/cmd/internal/gateway/content"
	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

// answered are a form's answers that count.
type answered struct {
	answers json.RawMessage
	// text is for people; subject is the answer to a question of that name, "" for none.
	text, subject string
	// files are the attachments named in answers.
	files []string
}

// check holds answers to their form. Hidden ones are dropped.
//
// Problems: answers-invalid, with pointers that begin with /answers.
func (d *Desk) check(tx *store.Tx, who *Person, f *content.Form, raw json.RawMessage) (answered, error) {
	answers := map[string]any{}
	if len(bytes.TrimSpace(raw)) > 0 {
		if err := json.Unmarshal(raw, &answers); err != nil || answers == nil {
			return answered{}, invalid(fault("/answers", "type", "has to be an object"))
		}
	}
	var faults []api.FieldError
	for _, p := range f.Compiled.Check(answers) {
		faults = append(faults, api.FieldError{Pointer: "/answers" + p.Pointer, Code: string(p.Code), Detail: p.Reason()})
	}
	if len(faults) > 0 {
		return answered{}, invalid(faults...)
	}
	answers = f.Compiled.Clean(answers)
	s := &sources{desk: d, tx: tx, who: who, form: f, answers: answers, names: map[string]string{}}
	state := f.Compiled.State(answers)
	for _, field := range f.Compiled.Fields() {
		value, given := state.Answer(field)
		if !given || field.Portico == "" {
			continue
		}
		for i, one := range listed(value) {
			pointer := "/answers" + field.Pointer
			if field.Many() {
				pointer = fmt.Sprintf("%s/%d", pointer, i)
			}
			ok, err := s.has(field, one)
			if err != nil {
				return answered{}, err
			}
			if !ok {
				faults = append(faults, fault(pointer, string(form.NoChoice), "is none of the choices"))
			}
		}
	}
	if len(faults) > 0 {
		return answered{}, invalid(faults...)
	}
	kept, err := json.Marshal(answers)
	subject, _ := answers["subject"].(string)
	return answered{answers: kept, text: f.Compiled.Text(answers, s.words()), subject: line(subject), files: s.files}, err
}

// listed are the texts of an answer.
func listed(value any) (all []string) {
	switch v := value.(type) {
	case string:
		return []string{v}
	case []any:
		for _, one := range v {
			s, _ := one.(string)
			all = append(all, s)
		}
	}
	return all
}

// sources are the answers that come from the portal: people, choices, files.
type sources struct {
	desk    *Desk
	tx      *store.Tx
	who     *Person
	form    *content.Form
	answers map[string]any
	// names are the words for answers: by an id, or by a field's pointer and a value.
	names map[string]string
	files []string
}

// has is true for an answer that the person could choose. Missing files are told with those
// of the whole request.
func (s *sources) has(field *form.Field, value string) (bool, error) {
	switch field.Portico {
	case form.Person:
		p, err := colleague(s.tx, s.who, value)
		if p != nil {
			s.names[value] = p.Name
		}
		return p != nil, err
	case form.Dynamic:
		title, ok := s.desk.content.Current().Choice(s.who.Audience(), s.form, field.Pointer, value, s.answers)
		s.names[field.Pointer+" "+value] = title
		return ok, nil
	case form.Files:
		f, err := ownFile(s.tx, s.who, value)
		if f != nil {
			s.names[value] = f.Name
		}
		s.files = append(s.files, value)
		return true, err
	}
	return true, nil
}

func (s *sources) words() form.Names {
	name := func(id string) string { return s.names[id] }
	return form.Names{File: name, Person: name, Dynamic: func(f *form.Field, value string) string { return s.names[f.Pointer+" "+value] }}
}
