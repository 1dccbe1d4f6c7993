package form

import (
	"strconv"
	"strings"

	"github.com/portico-desktop/portico/auth/plain"
)

// Names are the words for answers that are not in the form. A nil function leaves the
// answer as it is.
type Names struct {
	// Yes and No are for ticks; "Yes" and "No" when empty.
	Yes, No string
	// File is the name of an attachment, Person that of somebody, by the id.
	File, Person func(id string) string
	// Dynamic is the title of a choice from the portal.
	Dynamic func(f *Field, value string) string
}

// Text is the answers for people: in the order and the words of the form, for a helpdesk
// with nothing but a description, for a mail and for a console. A line is a question and
// its answer; sections are apart and begin with their title. It has no hidden answers, no
// control characters, and no answer in it looks like another question: further lines of a
// text are indented.
func (f *Form) Text(answers map[string]any, names Names) string {
	w := writer{state: f.State(answers), names: names, written: map[*Field]bool{}}
	w.element(f.root)
	return strings.TrimRight(w.text.String(), "\n")
}

type writer struct {
	state   *State
	names   Names
	text    strings.Builder
	written map[*Field]bool
	// titles are the sections that have begun without an answer yet.
	titles []string
	// gap: the next line begins a new part.
	gap bool
}

func (w *writer) element(e *Element) {
	if !w.state.Shown(e) {
		return
	}
	switch {
	case e.Field != nil:
		w.answer(e)
	case e.Kind == Section:
		w.titles = append(w.titles, oneLine(e.Title))
		depth := len(w.titles)
		w.gap = true
		w.inner(e)
		w.gap = true
		// Those that are still there have no answer.
		w.titles = w.titles[:min(len(w.titles), depth-1)]
	default:
		w.inner(e)
	}
}

func (w *writer) inner(e *Element) {
	for _, inner := range e.Elements {
		w.element(inner)
	}
}

func (w *writer) answer(e *Element) {
	v, given := w.state.Answer(e.Field)
	if !given || w.written[e.Field] {
		return
	}
	w.written[e.Field] = true
	w.begin()
	title := e.Title
	if title == "" {
		title = e.Field.Title
	}
	w.text.WriteString(oneLine(title) + ":")
	lines := w.lines(e, v)
	if len(lines) == 1 {
		w.text.WriteString(" " + lines[0] + "\n")
		return
	}
	for _, line := range lines {
		w.text.WriteString(strings.TrimRight("\n  "+line, " "))
	}
	w.text.WriteString("\n")
}

// begin writes the titles of sections before their first answer.
func (w *writer) begin() {
	if w.gap && w.text.Len() > 0 {
		w.text.WriteString("\n")
	}
	w.gap = false
	for i, title := range w.titles {
		if title != "" {
			w.text.WriteString(title + "\n")
			w.titles[i] = ""
		}
	}
}

// lines are the answer in words. Several answers have a line each where they are many or
// long.
func (w *writer) lines(e *Element, v any) []string {
	l, many := list(v)
	if !many {
		if s, ok := v.(string); ok && e.Kind == Multiline {
			return paragraphs(s)
		}
		return []string{oneLine(w.words(e.Field, v))}
	}
	titles := make([]string, len(l))
	for i, one := range l {
		titles[i] = oneLine(w.words(e.Field, one))
	}
	if joined := strings.Join(titles, ", "); e.Kind == Choices && len(joined) <= 72 && !strings.Contains(strings.Join(titles, ""), ",") {
		return []string{joined}
	}
	if len(titles) > 1 {
		for i, title := range titles {
			titles[i] = "- " + title
		}
	}
	return titles
}

// words are one answer in words.
func (w *writer) words(f *Field, v any) string {
	if title, ok := f.ChoiceTitle(v); ok {
		return title
	}
	switch v := v.(type) {
	case bool:
		if v {
			return or(w.names.Yes, "Yes")
		}
		return or(w.names.No, "No")
	case string:
		name := v
		switch {
		case f.Portico == Files && w.names.File != nil:
			name = w.names.File(v)
		case f.Portico == Person && w.names.Person != nil:
			name = w.names.Person(v)
		case f.Portico == Dynamic && w.names.Dynamic != nil:
			name = w.names.Dynamic(f, v)
		}
		return or(name, v)
	}
	if n, ok := number(v); ok {
		return numberText(n)
	}
	return "…"
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// numberText is a number as people write it, without an exponent where that is short.
func numberText(n float64) string {
	if s := strconv.FormatFloat(n, 'f', -1, 64); len(s) <= 21 {
		return s
	}
	return strconv.FormatFloat(n, 'g', -1, 64)
}

// oneLine is a text safe to show, on one line.
func oneLine(s string) string {
	return strings.Join(strings.Fields(plain.Text(s, MaxText)), " ")
}

// paragraphs is a text safe to show, line by line, without empty ones around it.
func paragraphs(s string) []string {
	s = strings.Trim(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"), "\n")
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(plain.Text(strings.ReplaceAll(line, "\t", "    "), MaxText), " ")
	}
	return lines
}
