package content

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"

	"github.com/portico-desktop/portico/auth/plain"
	"github.com/portico-desktop/portico/cmd/internal/gateway/audience"
)

// Option is a choice of a dynamic field.
type Option struct {
	// Value is the answer, Title the text that people choose.
	Value string `json:"value"`
	Title string `json:"title"`
	// When are answers that the choice depends on, by the fields' JSON pointers: the
	// choice is there if each of them has this value.
	When map[string]string `json:"when,omitempty"`
	// Audience is nil for everybody.
	Audience *audience.Rule `json:"audience,omitempty"`
}

// Article is a page that may answer a question before it is asked.
type Article struct {
	Title    string   `json:"title"`
	Snippet  string   `json:"snippet"`
	URL      string   `json:"url"`
	Keywords []string `json:"keywords"`
	// Audience is a rule; the zero value is everybody.
	Audience audience.Rule `json:"audience"`

	organization string
	// words are those of the article, a blank before each.
	words string
}

const (
	// MostOptions is how many choices are given at a time, MostArticles how many articles.
	MostOptions  = 30
	MostArticles = 5
	maxOptions   = 10_000
)

func parseOptions(raw []byte) (*parsed, []Problem) {
	var list []Option
	if p := decode(raw, &list); p != nil {
		return bad(p)
	}
	if len(list) > maxOptions {
		return bad(wrong("", "has %d choices; %d are possible", len(list), maxOptions))
	}
	seen := map[string]bool{}
	for i := range list {
		o, place := &list[i], fmt.Sprintf("[%d]", i)
		switch {
		case o.Value == "" || len(o.Value) > 500 || strings.ContainsFunc(o.Value, plain.Hidden):
			return bad(wrong(place+".value", "is missing, too long or has characters that cannot be seen"))
		case len(o.Title) > 500 || strings.ContainsFunc(o.Title, plain.Hidden):
			return bad(wrong(place+".title", "is too long or has characters that cannot be seen"))
		}
		if p := checkRule(place+".audience", o.Audience); p != nil {
			return bad(p)
		}
		when, err := json.Marshal(o.When)
		key := o.Value + "\x00" + string(when)
		if err != nil || seen[key] && o.Audience == nil {
			return bad(wrong(place+".value", "is %q for the second time", o.Value))
		}
		seen[key] = true
		o.Title = cmp.Or(o.Title, o.Value)
	}
	return &parsed{options: list}, nil
}

func parseArticles(raw []byte) (*parsed, []Problem) {
	var list []struct {
		Article
		Audience *audience.Rule `json:"audience"`
	}
	if p := decode(raw, &list); p != nil {
		return bad(p)
	}
	f := &parsed{articles: make([]Article, len(list))}
	for i, one := range list {
		a, place := one.Article, fmt.Sprintf("[%d]", i)
		switch {
		case strings.TrimSpace(a.Title) == "" || len(a.Title) > 500 || strings.ContainsFunc(a.Title, plain.Hidden):
			return bad(wrong(place+".title", "is missing, too long or has characters that cannot be seen"))
		case len(a.Snippet) > 1000 || strings.ContainsFunc(a.Snippet, plain.Hidden):
			return bad(wrong(place+".snippet", "is too long or has characters that cannot be seen"))
		}
		if err := checkAddress(a.URL); err != nil {
			return bad(wrong(place+".url", "%v", err))
		}
		if p := checkRule(place+".audience", one.Audience); p != nil {
			return bad(p)
		}
		if one.Audience != nil {
			a.Audience = *one.Audience
		}
		words := strings.FieldsFunc(fold(strings.Join(append([]string{a.Title, a.Snippet}, a.Keywords...), " ")), notInWord)
		a.words = " " + strings.Join(words, " ")
		f.articles[i] = a
	}
	return f, nil
}

func checkAddress(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || len(address) > 2000 || strings.ContainsFunc(address, func(r rune) bool { return r == ' ' || plain.Hidden(r) }) {
		return errors.New("has to be an address that begins with https://")
	}
	return nil
}

// ErrNoField is for a form or a field that this person does not have, or one without
// choices from the portal.
var ErrNoField = errors.New("there is no such field")

// Options are choices of a person's form for a dynamic field, found by a text, and by the
// other answers so far. The field is its JSON pointer, with or without the first slash.
//
// Errors: [ErrNoField].
func (s *Snapshot) Options(p audience.Person, formID, field, text string, answers map[string]any) ([]Option, error) {
	f, ok := s.Form(p, formID)
	if !ok {
		return nil, ErrNoField
	}
	source, ok := f.Sources["/"+strings.TrimPrefix(field, "/")]
	if !ok {
		return nil, ErrNoField
	}
	found := []Option{}
	text = fold(text)
	for _, o := range s.options[source.File] {
		if strings.Contains(fold(o.Title+" "+o.Value), text) && o.fits(p, answers) {
			if found = append(found, o); len(found) == MostOptions {
				break
			}
		}
	}
	return found, nil
}

// Choice is the title of a value among the choices for a person with these answers; ok is
// false for a value that is not among them.
func (s *Snapshot) Choice(p audience.Person, f *Form, pointer, value string, answers map[string]any) (title string, ok bool) {
	for _, o := range s.options[f.Sources[pointer].File] {
		if o.Value == value && o.fits(p, answers) {
			return o.Title, true
		}
	}
	return "", false
}

func (o Option) fits(p audience.Person, answers map[string]any) bool {
	if o.Audience != nil && !o.Audience.Includes(p) {
		return false
	}
	for pointer, want := range o.When {
		if got, ok := answerAt(answers, pointer); !ok || got != want {
			return false
		}
	}
	return true
}

// answerAt is an answer as text by its JSON pointer (RFC 6901).
func answerAt(answers map[string]any, pointer string) (string, bool) {
	var at any = answers
	for step := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		object, ok := at.(map[string]any)
		if !ok {
			return "", false
		}
		if at, ok = object[strings.NewReplacer("~1", "/", "~0", "~").Replace(step)]; !ok {
			return "", false
		}
	}
	switch at.(type) {
	case string, bool, float64, int, int64, json.Number:
		return fmt.Sprint(at), true
	}
	return "", false
}

// Articles are the articles for a person with most of the words of a text in them, the
// best first. Words of one letter count for nothing.
func (s *Snapshot) Articles(p audience.Person, text string) []Article {
	words := slices.DeleteFunc(strings.FieldsFunc(fold(text), notInWord), func(w string) bool { return len([]rune(w)) < 2 })
	if len(words) > 20 {
		words = words[:20]
	}
	type scored struct {
		Article
		score int
	}
	var found []scored
	for _, a := range s.articles {
		if !both(a.organization, a.Audience, p) {
			continue
		}
		score := 0
		for _, w := range words {
			if strings.Contains(a.words, " "+w) {
				score++
			}
		}
		if score > 0 && 2*score >= len(words) {
			found = append(found, scored{a, score})
		}
	}
	slices.SortStableFunc(found, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
	best := []Article{}
	for _, f := range found[:min(len(found), MostArticles)] {
		best = append(best, f.Article)
	}
	return best
}

func notInWord(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsNumber(r)
}

// HasArticles is true if the portal has articles for anybody.
func (s *Snapshot) HasArticles() bool { return len(s.articles) > 0 }

func fold(s string) string { return cases.Fold().String(s) }
