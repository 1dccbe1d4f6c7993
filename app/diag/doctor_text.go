package diag

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/words"
)

// Text is how a report is written for people.
type Text struct {
	Words *words.Words
	// Plain keeps to ASCII for the marks, for terminals without other letters.
	Plain bool
	// Everything adds all facts, not only the telling ones.
	Everything bool
	// Next words the next step, for a program with its own words for it. Nil means the
	// problem's.
	Next func(p *localapi.Problem, otherwise string) string
}

// Write writes a report for people: the verdict and the next step, then every check,
// then the meaning of each problem and the people who can mend it. Its order is the
// order of a telephone call.
func (t Text) Write(w io.Writer, r localapi.CheckReport) {
	fmt.Fprintln(w, t.verdict(r))
	width := 0
	for _, c := range r.Checks {
		width = max(width, utf8.RuneCountInString(t.title(c)))
	}
	group := ""
	for _, c := range r.Checks {
		if c.Group != group {
			group = c.Group
			fmt.Fprintf(w, "\n%s\n", t.Words.Text("check.group."+group))
		}
		t.line(w, c, width)
	}
	t.problems(w, r)
	fmt.Fprintf(w, "\n%s\n", t.Words.Text("doctor.when", "Time", r.Time.Format(time.RFC1123Z), "Build", r.Build))
}

// verdict is one sentence about all of it, and the next step.
func (t Text) verdict(r localapi.CheckReport) string {
	first := r.First()
	if first == nil {
		return t.mark(localapi.CheckGood) + " " + t.Words.Text("doctor.good")
	}
	e := t.problem(first.Problem)
	id := "doctor.bad"
	if first.Status == localapi.CheckWarning {
		id = "doctor.warning"
	}
	return t.mark(first.Status) + " " + t.Words.Text(id, "Title", e.Title, "Next", e.Next)
}

func (t Text) title(c localapi.CheckResult) string { return t.Words.Text("check." + c.ID) }

func (t Text) line(w io.Writer, c localapi.CheckResult, width int) {
	title := t.title(c)
	pad := strings.Repeat(" ", width-utf8.RuneCountInString(title))
	var about []string
	if c.Subject != "" {
		about = append(about, c.Subject)
	}
	facts := c.Facts
	switch {
	case c.Because != "":
		about = append(about, t.Words.Text("doctor.because", "Check", t.Words.Text("check."+c.Because)))
	case c.Problem != nil:
		title := t.Words.Problem(c.Problem).Title
		if c.Subject != "" && strings.Contains(title, c.Subject) {
			about = nil
		}
		about = append(about, title)
		if c.ID == "tls" && len(facts) > 0 && !t.Everything {
			about = append(about, facts[0]) // the intercepting device is asked for first
		}
	case len(facts) > 0 && !t.Everything:
		about = append(about, facts[0])
	}
	separator := " · "
	if t.Plain {
		separator = " - "
	}
	fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("  %s %s%s  %s", t.mark(c.Status), title, pad, strings.Join(about, separator)), " "))
	if t.Everything {
		for _, f := range facts {
			fmt.Fprintf(w, "      %s\n", f)
		}
	}
}

// problems writes each of them, the cause first.
func (t Text) problems(w io.Writer, r localapi.CheckReport) {
	first := r.First()
	if first == nil {
		return
	}
	fmt.Fprintf(w, "\n%s\n", t.Words.Text("doctor.means"))
	t.writeProblem(w, *first)
	for i, c := range r.Checks {
		if c.Problem != nil && &r.Checks[i] != first {
			t.writeProblem(w, c)
		}
	}
}

func (t Text) writeProblem(w io.Writer, c localapi.CheckResult) {
	e := t.problem(c.Problem)
	text := e.Text
	if c.Problem.Who() != localapi.You {
		text = strings.TrimSpace(text + " " + e.Who)
	}
	fmt.Fprintf(w, "\n  %s %s: %s\n", t.mark(c.Status), t.title(c), e.Title)
	for _, line := range []string{text, e.Next, t.Words.ForIT(e)} {
		if line != "" {
			fmt.Fprintf(w, "    %s\n", line)
		}
	}
	fmt.Fprintf(w, "    %s\n", t.Words.Text("console.details"))
	for _, line := range append(e.Details, c.Facts...) {
		if strings.HasPrefix(line, "Time: ") {
			continue // the report has one
		}
		fmt.Fprintf(w, "      %s\n", strings.ReplaceAll(line, "\n", "\n      "))
	}
}

func (t Text) problem(p *localapi.Problem) words.Explanation {
	e := t.Words.Problem(p)
	if t.Next != nil {
		e.Next = t.Next(p, e.Next)
	}
	return e
}

func (t Text) mark(s localapi.CheckStatus) string {
	marks := map[localapi.CheckStatus][2]string{
		localapi.CheckGood: {"✓", "+"}, localapi.CheckWarning: {"!", "!"}, localapi.CheckBad: {"✗", "x"}, localapi.CheckSkipped: {"–", "-"},
	}
	if t.Plain {
		return marks[s][1]
	}
	return marks[s][0]
}
