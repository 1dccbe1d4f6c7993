package content

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"regexp"
	"strings"
	"sync"

	"github.com/portico-desktop/portico/app/portal/form"
	"github.com/portico-desktop/portico/app/portal/manifest"
	"github.com/portico-desktop/portico/auth/plain"
	"github.com/portico-desktop/portico/cmd/internal/gateway/audience"
)

// parsed is the content of a file; one of its members is set.
type parsed struct {
	manifest *served
	menus    []menu
	form     *Form
	options  []Option
	articles []Article
}

// audiences are the rules of a file by their places.
func (f *parsed) audiences() iter.Seq2[string, audience.Rule] {
	return func(yield func(string, audience.Rule) bool) {
		for i, m := range f.menus {
			if !yield(fmt.Sprintf("menus[%d].audience", i), m.audience) {
				return
			}
		}
		if f.form != nil && !yield("audience", f.form.Audience) {
			return
		}
		for i, a := range f.articles {
			if !yield(fmt.Sprintf("[%d].audience", i), a.Audience) {
				return
			}
		}
	}
}

func parsers() map[string]func([]byte) (*parsed, []Problem) {
	return map[string]func([]byte) (*parsed, []Problem){
		"menus": parseMenus, "forms": parseForm, "options": parseOptions, "articles": parseArticles,
	}
}

func bad(p *Problem) (*parsed, []Problem) { return nil, []Problem{*p} }

func hint(place, format string, args ...any) *Problem {
	p := wrong(place, format, args...)
	p.Hint = true
	return p
}

func parseManifest(raw []byte) (*parsed, []Problem) {
	m, err := manifest.Parse(raw, "the portal")
	if err != nil {
		return bad(ofManifest(err))
	}
	var hints []Problem
	for _, u := range m.Unused {
		hints = append(hints, *hint(u.Field, "%s", u.Reason))
	}
	return &parsed{manifest: newServed(raw, m)}, hints
}

// menu is an app with its audience.
type menu struct {
	manifest.Menu
	audience     audience.Rule
	organization string
	sum          sum
}

// parseMenus reads apps by the rules of a manifest's, with an audience for the file or for
// single ones.
func parseMenus(raw []byte) (*parsed, []Problem) {
	var whole struct {
		Schema   string            `json:"$schema"`
		Audience *audience.Rule    `json:"audience"`
		Menus    []json.RawMessage `json:"menus"`
	}
	into := any(&whole)
	if bytes.HasPrefix(bytes.TrimSpace(bytes.TrimPrefix(raw, []byte("\ufeff"))), []byte("[")) {
		into = &whole.Menus
	}
	if p := decode(raw, into); p != nil {
		return bad(p)
	}
	if whole.Menus == nil {
		return bad(wrong("menus", "is missing"))
	}
	if p := checkRule("audience", whole.Audience); p != nil {
		return bad(p)
	}
	f := &parsed{menus: make([]menu, len(whole.Menus))}
	for i, one := range whole.Menus {
		var m struct {
			manifest.Menu
			Audience *audience.Rule `json:"audience"`
		}
		place := fmt.Sprintf("menus[%d]", i)
		if p := decodePart(raw, one, &m); p != nil {
			return bad(wrong(strings.TrimSuffix(place+"."+p.Place, "."), "%s", p.Reason))
		}
		if m.Audience == nil {
			m.Audience = whole.Audience
		}
		if p := checkRule(place+".audience", m.Audience); p != nil {
			return bad(p)
		}
		if m.Audience != nil {
			f.menus[i].audience = *m.Audience
		}
	}
	list, err := json.Marshal(whole.Menus)
	if err != nil {
		return bad(wrong("menus", "is no good: %v", err))
	}
	menus, err := manifest.ParseMenus(list, "the portal")
	if err != nil {
		return bad(ofManifest(err))
	}
	for i, m := range menus {
		f.menus[i].Menu, f.menus[i].sum = m, sumOf(m)
	}
	return f, nil
}

func checkRule(place string, r *audience.Rule) *Problem {
	if r == nil {
		return nil
	}
	if err := r.Check(); err != nil {
		name, reason, _ := strings.Cut(err.Error(), " ")
		return wrong(place+"."+name, "%s", reason)
	}
	if r.Everybody() {
		return wrong(place, "names nobody; name people, organizations or groups, or leave it out for everybody")
	}
	return nil
}

// Source is the source of a dynamic field's choices.
type Source struct {
	// File is a file in options/.
	File string `json:"file"`
}

// Approval says who has to approve a request.
type Approval struct {
	// By are ids or mail addresses of people. The decision of one of them counts.
	By []string `json:"by"`
	// Title is the question; "" is the request's subject.
	Title string `json:"title"`
}

// Form is a form, and the portal's own rules for it. Its answer "subject" is the subject of
// a request without another one.
type Form struct {
	form.Document
	// Compiled is the form compiled.
	Compiled *form.Form `json:"-"`
	Audience audience.Rule
	// Private requests are seen by their requester and participants only, whatever a role
	// gives others.
	Private bool
	// Approval is nil for a form without one.
	Approval *Approval
	// Sources are the sources of dynamic fields, by the fields' JSON pointers.
	Sources map[string]Source

	organization, file string
	sum                sum
}

var formID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`) })

func parseForm(raw []byte) (*parsed, []Problem) {
	var whole struct {
		SchemaOfFile string `json:"$schema"`
		form.Document
		Audience *audience.Rule    `json:"audience"`
		Private  bool              `json:"private"`
		Approval *Approval         `json:"approval"`
		Sources  map[string]Source `json:"sources"`
	}
	if p := decode(raw, &whole); p != nil {
		return bad(p)
	}
	if !formID().MatchString(whole.ID) {
		return bad(wrong("id", "is %q; it has to be up to 64 letters, digits and . _ -", whole.ID))
	}
	for _, t := range []struct{ name, text string }{{"title", whole.Title}, {"group", whole.Group}, {"icon", whole.Icon}, {"version", whole.Version}, {"keywords", strings.Join(whole.Keywords, " ")}} {
		if len(t.text) > 500 || strings.ContainsFunc(t.text, plain.Hidden) {
			return bad(wrong(t.name, "is too long or has characters that cannot be seen"))
		}
	}
	if p := checkRule("audience", whole.Audience); p != nil {
		return bad(p)
	}
	if a := whole.Approval; a != nil {
		if p := checkRule("approval", &audience.Rule{People: a.By}); p != nil {
			return bad(wrong("approval.by", "names nobody who could approve, or has a wrong entry; write mail addresses of people"))
		}
		if len(a.Title) > 200 || strings.ContainsFunc(a.Title, plain.Hidden) {
			return bad(wrong("approval.title", "is too long or has characters that cannot be seen"))
		}
	}
	compiled, err := whole.Document.Compile()
	if err != nil {
		return nil, ofForm(err)
	}
	f := &Form{Document: whole.Document, Compiled: compiled, Private: whole.Private, Approval: whole.Approval, Sources: map[string]Source{}}
	if whole.Audience != nil {
		f.Audience = *whole.Audience
	}
	for name, source := range whole.Sources {
		pointer := "/" + strings.TrimPrefix(name, "/")
		field := compiled.Field(pointer)
		if field == nil {
			return bad(wrong("sources."+name, "is no field of the form"))
		}
		if source.File == "" || strings.ContainsAny(source.File, `/\`) {
			return bad(wrong("sources."+name+".file", "has to be the name of a file in options/, such as rooms.json"))
		}
		f.Sources[pointer] = source
	}
	// Whoever changes a form forgets its version; the digest does not.
	f.Version = strings.TrimPrefix(f.Version+"+"+sumOf(f.Document).text(), "+")
	f.sum = sumOf(f.Document)
	var hints []Problem
	for _, field := range compiled.Fields() {
		if _, ok := f.Sources[field.Pointer]; ok != (field.Portico == form.Dynamic) {
			hints = append(hints, *hint("sources", "does not fit the field %s: fields with \"portico\": \"dynamic\" have a source, and no others", field.Pointer))
		}
	}
	return &parsed{form: f}, hints
}

func ofForm(err error) (problems []Problem) {
	var e *form.Error
	if !errors.As(err, &e) {
		return []Problem{*wrong("", "is no good: %v", err)}
	}
	for _, f := range e.Faults {
		reason := strings.TrimSpace(f.Name + " " + f.Reason)
		if f.Instead != "" {
			reason += "; " + f.Instead
		}
		problems = append(problems, *wrong(f.Pointer, "%s", reason))
	}
	return problems
}
