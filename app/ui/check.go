package ui

import (
	"context"
	"fmt"
	"strings"

	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

// check is the part of the help for finding the fault: the verdict first, then every
// single check.
type check struct {
	help    *help
	stop    context.CancelFunc // of the check under way
	report  *localapi.CheckReport
	problem *localapi.Problem // why there is no report
}

func newCheck(h *help) *check { return &check{help: h, stop: func() {}} }

// close gives up a check under way.
func (c *check) close() { c.stop() }

// run asks the agent to look.
func (c *check) run() {
	w := c.help.window
	c.stop()
	c.report, c.problem = nil, nil
	ctx, cancel := context.WithCancel(w.jobs.ctx)
	c.stop = cancel
	var report localapi.CheckReport
	w.jobs.call(func(context.Context) error {
		var err error
		report, err = w.agent.api.Check(ctx)
		return err
	}, func(err error) {
		if ctx.Err() != nil {
			return
		}
		cancel()
		if c.problem = problemOf(err); c.problem == nil {
			c.report = &report
		}
		c.help.change()
	})
}

func (c *check) lines() []fyne.CanvasObject {
	t := c.help.window.words
	head := c.help.head(t.Text("window.check.title"), true)
	switch {
	case c.problem != nil:
		return append([]fyne.CanvasObject{head}, c.verdict(c.problem, true)...)
	case c.report == nil:
		return []fyne.CanvasObject{head, kit.WaitingFor(t.Text("window.check.running"), t.Text("window.check.running-text")), kit.Bones(8)}
	}
	lines := []fyne.CanvasObject{head}
	if found, bad := c.found(); found != nil {
		lines = append(lines, c.verdict(found, bad)...)
	} else {
		lines = append(lines, kit.Verdict("check", kit.RoleGood, t.Text("window.check.good"), t.Text("window.check.good-text")), c.buttons(false))
	}
	return append(lines, kit.Column(10, kit.Heading(t.Text("window.check.list")), c.list()))
}

// found is the cause of the others, nil when nothing is wrong. If everything
// works it is the first warning.
func (c *check) found() (p *localapi.Problem, bad bool) {
	if r := c.report.First(); r != nil {
		return r.Problem, r.Status == localapi.CheckBad
	}
	return nil, false
}

// verdict is the fault, the people who can mend it, and the next step.
func (c *check) verdict(p *localapi.Problem, bad bool) []fyne.CanvasObject {
	e := c.help.window.words.inWords(p)
	ink := kit.RoleWarning
	if bad {
		ink = kit.RoleBad
	}
	return []fyne.CanvasObject{kit.Verdict("alert", ink, e.Title, e.Text), facts(e), c.buttons(bad)}
}

// buttons are for working with a report.
func (c *check) buttons(bad bool) fyne.CanvasObject {
	w, t := c.help.window, c.help.window.words
	again := kit.Secondary(t.Text("window.check.again"), func() { c.help.turn(helpCheck) })
	var copies *kit.Button
	if c.report != nil {
		copies = w.clipboard.button(t.Text("window.copy"), c.text())
	} else {
		copies = w.clipboard.button(t.Text("window.copy"), forSupport(t, w.words.inWords(c.problem)))
	}
	kind := kit.Secondary
	if bad && c.report != nil {
		kind = kit.Primary
	}
	send := kind(t.Text("window.help.send"), func() { c.help.turn(helpSend) })
	return kit.Row(10, -1, kit.Fixed(0, 44, send), kit.Fixed(0, 44, again), kit.Fixed(0, 44, copies))
}

// list is every single check.
func (c *check) list() fyne.CanvasObject {
	var rows []fyne.CanvasObject
	for i, r := range c.report.Checks {
		if i > 0 {
			rows = append(rows, kit.Inset(0, 12, 0, 12, kit.NewRule(kit.RoleLine, 0, 1)))
		}
		rows = append(rows, newCheckRow(c.help, r).object)
	}
	return kit.Layers(kit.NewPanel(kit.RoleCard, kit.RoleLine, kit.RadiusCard), kit.Inset(4, 4, 4, 4, kit.Column(0, rows...)))
}

// text is the report as a text to send.
func (c *check) text() string {
	w := c.help.window
	var b strings.Builder
	r := c.report
	fmt.Fprintf(&b, "Portico %s, %s/%s, %s\n", r.Build, r.OS, r.Arch, r.Time.UTC().Format("2006-01-02 15:04:05 UTC"))
	for _, result := range r.Checks {
		fmt.Fprintf(&b, "\n[%s] %s", result.Status, checkName(w, result.ID))
		if result.Subject != "" {
			fmt.Fprintf(&b, ": %s", result.Subject)
		}
		b.WriteByte('\n')
		var lines []string
		if result.Problem != nil {
			e := w.words.inWords(result.Problem)
			lines = append([]string{joinedSentences(sentence(e.Title), e.Text, e.Next)}, strings.Split(forSupport(w.words, e), "\n")...)
		}
		for _, line := range append(lines, result.Facts...) {
			if line != "" {
				fmt.Fprintf(&b, "    %s\n", line)
			}
		}
	}
	return b.String()
}

// checkName is the subject of a check.
func checkName(w *window, id string) string { return textOr(w, "check."+id, id) }

// textOr is a text with an id made at run time, or without if there is none.
func textOr(w *window, id, without string) string {
	if text := w.words.Text(id); text != id {
		return text
	}
	return without
}
