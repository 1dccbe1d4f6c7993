package ui

import (
	"strings"

	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

// checkRow is one check of a report: a mark and a name, and below them the findings.
type checkRow struct {
	help   *help
	object *fyne.Container
	line   *kit.FoldLine
	body   *fyne.Container
}

func newCheckRow(h *help, result localapi.CheckResult) *checkRow {
	w := h.window
	r := &checkRow{help: h}
	mark, icon, ink := markOf(w, result.Status)
	r.line = kit.NewFoldLine(icon, ink, checkName(w, result.ID), result.Subject, mark, r.toggle)
	r.body = kit.Inset(0, 40, 12, 42, kit.Column(8, found(w, result)...))
	r.body.Hide()
	r.object = kit.Column(0, r.line, r.body)
	return r
}

// markOf is how a check came out: in a word, as an icon and as its colour.
func markOf(w *window, s localapi.CheckStatus) (word, icon string, ink kit.Role) {
	t := w.words
	switch s {
	case localapi.CheckGood:
		return t.Text("window.check.mark.good"), "check", kit.RoleGood
	case localapi.CheckWarning:
		return t.Text("window.check.mark.warning"), "alert", kit.RoleWarning
	case localapi.CheckBad:
		return t.Text("window.check.mark.bad"), "close", kit.RoleBad
	default:
		return t.Text("window.check.mark.skipped"), "minus", kit.RoleQuiet
	}
}

// found is the findings of a check.
func found(w *window, result localapi.CheckResult) []fyne.CanvasObject {
	t := w.words
	var lines []fyne.CanvasObject
	if result.Subject != "" {
		lines = append(lines, kit.NewLabel(result.Subject, kit.SizeSmall, kit.RoleText).Wrapped())
	}
	if result.Problem != nil {
		e := w.words.inWords(result.Problem)
		lines = append(lines,
			kit.NewLabel(joinedSentences(sentence(e.Title), e.Text), kit.SizeText, kit.RoleText).Wrapped(),
			kit.NewLabel(joinedSentences(e.Next, e.Who), kit.SizeText, kit.RoleQuiet).Wrapped())
	} else if result.Status == localapi.CheckSkipped {
		lines = append(lines, kit.NewLabel(t.Text("window.check.skipped-text"), kit.SizeText, kit.RoleQuiet).Wrapped())
	}
	if len(result.Facts) > 0 {
		lines = append(lines, kit.Layers(kit.NewPanel(kit.RoleRail, kit.RoleLine, kit.RadiusControl), kit.Inset(8, 10, 8, 10, kit.Column(2,
			kit.NewLabel(t.Text("window.check.facts"), kit.SizeSmall, kit.RoleText).Strong(),
			kit.NewLabel(strings.Join(result.Facts, "\n"), kit.SizeSmall, kit.RoleQuiet).Wrapped()))))
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
	r.line.Fold(open)
	r.help.window.win.Content().Refresh()
	if open {
		kit.IntoSight(r.body)
	}
}
