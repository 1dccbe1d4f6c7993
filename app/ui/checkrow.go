package ui

import (
	"strings"

	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
)

// checkRow is one check of a report: a mark and a name, under which lies what was
// found.
type checkRow struct {
	help   *help
	object *fyne.Container
	line   *foldLine
	body   *fyne.Container
}

func newCheckRow(h *help, result localapi.CheckResult) *checkRow {
	w := h.window
	r := &checkRow{help: h}
	mark, icon, ink := markOf(w, result.Status)
	r.line = newFoldLine(icon, ink, checkName(w, result.ID), result.Subject, mark, r.toggle)
	r.body = inset(0, 40, 12, 42, column(8, found(w, result)...))
	r.body.Hide()
	r.object = column(0, r.line, r.body)
	return r
}

// markOf is how a check came out: in a word, as an icon and as its colour.
func markOf(w *window, s localapi.CheckStatus) (word, icon string, ink role) {
	t := w.Words
	switch s {
	case localapi.CheckGood:
		return t.Text("window.check.mark.good"), "check", roleGood
	case localapi.CheckWarning:
		return t.Text("window.check.mark.warning"), "alert", roleWarning
	case localapi.CheckBad:
		return t.Text("window.check.mark.bad"), "close", roleBad
	default:
		return t.Text("window.check.mark.skipped"), "minus", roleQuiet
	}
}

// found is what a check has to say.
func found(w *window, result localapi.CheckResult) []fyne.CanvasObject {
	t := w.Words
	var lines []fyne.CanvasObject
	if result.Subject != "" {
		lines = append(lines, newLabel(result.Subject, sizeSmall, roleText).wrapped())
	}
	if result.Problem != nil {
		e := w.explain(result.Problem)
		lines = append(lines,
			newLabel(joinedSentences(sentence(e.Title), e.Text), sizeText, roleText).wrapped(),
			newLabel(joinedSentences(e.Next, e.Who), sizeText, roleQuiet).wrapped())
	} else if result.Status == localapi.CheckSkipped {
		lines = append(lines, newLabel(t.Text("window.check.skipped-text"), sizeText, roleQuiet).wrapped())
	}
	if len(result.Facts) > 0 {
		lines = append(lines, layers(newPanel(roleRail, roleLine, radiusControl), inset(8, 10, 8, 10, column(2,
			newLabel(t.Text("window.check.facts"), sizeSmall, roleText).strong(),
			newLabel(strings.Join(result.Facts, "\n"), sizeSmall, roleQuiet).wrapped()))))
	}
	return lines
}

func (r *checkRow) toggle() {
	open := !r.body.Visible()
	if open {
		r.body.Show()
	} else {
		r.body.Hide()
	}
	r.line.fold(open)
	r.help.window.win.Content().Refresh()
	if open {
		intoSight(r.body)
	}
}
