package contoso

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/portico-desktop/portico/app/portal/form"
)

// Request is one of Contoso's requests, with what happened to it.
type Request struct {
	// By is the requester's address; Participants are further ones.
	By           string
	Participants []string
	// Form is filled in with Answers.
	Form    *form.Form
	Subject string
	Answers map[string]any
	At      time.Time
	Steps   []Step
}

// Step is one thing that happened: a message, a note of IT alone, or a new status.
type Step struct {
	// By is an address, or "it" for the technician; empty for a status.
	By      string
	At      time.Time
	Message string
	Note    string
	// Status is one of Portal API 1's categories.
	Status string
}

// Forms are the forms by their ids.
func Forms() (map[string]*form.Form, error) {
	names, err := fs.Glob(files, "portal/forms/*.json")
	if err != nil {
		return nil, err
	}
	forms := map[string]*form.Form{}
	for _, name := range names {
		raw, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		f, err := form.Compile(raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path.Base(name), err)
		}
		forms[f.ID] = f
	}
	return forms, nil
}

// Requests are the requests at a moment, the oldest first. id is a person's id at the
// portal by the address; answers name people by it.
func Requests(now time.Time, id func(address string) string) ([]Request, error) {
	forms, err := Forms()
	if err != nil {
		return nil, err
	}
	var all []struct {
		By, Form, Subject, At string
		Participants          []string
		Answers               map[string]any
		Steps                 []struct{ By, At, Message, Note, Status string }
	}
	if err := read("requests.json", &all); err != nil {
		return nil, err
	}
	var out []Request
	for _, w := range all {
		f := forms[w.Form]
		if f == nil {
			return nil, fmt.Errorf("request %q: there is no form %q", w.Subject, w.Form)
		}
		r := Request{By: w.By, Participants: w.Participants, Form: f, Subject: w.Subject, Answers: w.Answers}
		if r.At, err = after(now, w.At); err != nil {
			return nil, err
		}
		fill(now, f, r.Answers, id)
		for _, s := range w.Steps {
			at, err := after(now, s.At)
			if err != nil {
				return nil, err
			}
			r.Steps = append(r.Steps, Step{s.By, at, s.Message, s.Note, s.Status})
		}
		out = append(out, r)
	}
	return out, nil
}

// fill puts days and people's ids in the place of "+3d" and "person:ada@…".
func fill(now time.Time, f *form.Form, answers map[string]any, id func(string) string) {
	for _, field := range f.Fields() {
		object, name := answers, field.Pointer[strings.LastIndexByte(field.Pointer, '/')+1:]
		for part := range strings.SplitSeq(strings.TrimSuffix(field.Pointer[1:], name), "/") {
			if part != "" {
				object, _ = object[part].(map[string]any)
			}
		}
		switch v := object[name].(type) {
		case string:
			object[name] = filled(now, field, v, id)
		case []any:
			for i, e := range v {
				if s, ok := e.(string); ok {
					v[i] = filled(now, field, s, id)
				}
			}
		}
	}
}

func filled(now time.Time, field *form.Field, s string, id func(string) string) string {
	if address, ok := strings.CutPrefix(s, "person:"); ok {
		return id(address)
	}
	at, err := after(now, s)
	switch {
	case err != nil:
	case field.Format == "date":
		return at.Format(time.DateOnly)
	case field.Format == "date-time":
		return at.Format(time.RFC3339)
	}
	return s
}
