package main

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/assets"
)

// doctorOptions are those of doctor.
type doctorOptions struct {
	*program
	Verbose bool
}

func newDoctor(p *program, run func(context.Context, *doctorOptions) error) *cobra.Command {
	o := &doctorOptions{program: p}
	cmd := &cobra.Command{
		Use:                   "doctor [--verbose]",
		Short:                 p.words.Text("console.doctor.short"),
		Long:                  p.words.Text("console.doctor.long"),
		Args:                  p.noArguments,
		DisableFlagsInUseLine: true,
		RunE:                  func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), o) },
	}
	cmd.Flags().BoolVarP(&o.Verbose, "verbose", "v", false, p.words.Text("console.doctor.flag.verbose"))
	return cmd
}

// runDoctor looks at this computer and the way out. It ends with the exit code of the
// cause, and with 0 if there are warnings only.
func runDoctor(ctx context.Context, o *doctorOptions) error {
	o.sayOverruled()
	if !o.json && o.terminal {
		o.say("console.doctor.looking")
	}
	report, heard, err := o.examine(ctx)
	if err != nil {
		return err
	}
	report = diag.Hear(report, heard)
	doc := o.doctorDocument(report, heard)
	if err := o.print(doc, func(w io.Writer) {
		diag.Text{Words: o.words, Plain: !o.speaksUTF8(), Everything: o.Verbose, Next: o.next}.Write(w, report)
	}); err != nil || doc.Problem == nil {
		return err
	}
	return exit(doc.Problem.Exit())
}

// examine asks the agent of this log-on session: it knows its tray icon and the settings
// in force there. If it cannot answer, this program looks by itself.
func (o *doctorOptions) examine(ctx context.Context) (report localapi.CheckReport, heard diag.Heard, err error) {
	heard.Build = assets.Version
	options, elsewhere := connectOptions{Passive: true, Still: true}, false
	err = o.with(ctx, options, func(c *connection) error {
		if !c.own {
			heard.Agent = &c.info
			state, err := c.State(ctx)
			if err == nil && !o.isPortalOf(state) {
				heard.Agent, elsewhere = nil, true // another portal is asked about
				return nil
			}
		}
		report, err = c.Check(ctx)
		return err
	})
	if err == nil && !elsewhere {
		return report, heard, nil
	}
	if err != nil {
		if ctx.Err() != nil || o.ownOnly(err) {
			return report, heard, err
		}
		heard.Problem = agentProblem(heard, err)
	}
	options.Alone = true
	err = o.with(ctx, options, func(c *connection) error {
		report, err = c.Check(ctx)
		return err
	})
	return report, heard, err
}

// ownOnly reports if the error can come from no other agent.
func (o *doctorOptions) ownOnly(err error) bool {
	var p *localapi.Problem
	return errors.As(err, &p) && p.Code == localapi.Usage
}

// agentProblem is why a running agent did not examine anything.
func agentProblem(heard diag.Heard, err error) *localapi.Problem {
	var p *localapi.Problem
	switch {
	case heard.Agent != nil && heard.Agent.Build != heard.Build:
		// An older one does not know the call.
		return &localapi.Problem{Code: localapi.VersionMismatch, Details: &localapi.Details{Error: err.Error()}}
	case errors.As(err, &p):
		return p
	}
	return &localapi.Problem{Code: localapi.AgentGone, Details: &localapi.Details{Error: err.Error()}}
}

// doctor is the document of doctor.
type doctor struct {
	Checks []examined `json:"checks"`
	// Cause is the id of the check with the problem behind the others.
	Cause string         `json:"cause,omitempty"`
	Time  time.Time      `json:"time"`
	Build string         `json:"build"`
	OS    string         `json:"os"`
	Arch  string         `json:"arch"`
	Agent *localapi.Info `json:"agent,omitempty"`
	trouble
}

// examined is one check with its problem in words.
type examined struct {
	ID      string               `json:"id"`
	Group   string               `json:"group"`
	Title   string               `json:"title"`
	Status  localapi.CheckStatus `json:"status"`
	Subject string               `json:"subject,omitempty"`
	Because string               `json:"because,omitempty"`
	Facts   []string             `json:"facts,omitempty"`
	// Took is in milliseconds.
	Took int64 `json:"took_ms"`
	trouble
}

func (o *doctorOptions) doctorDocument(r localapi.CheckReport, heard diag.Heard) doctor {
	doc := doctor{Checks: []examined{}, Cause: r.Cause, Time: r.Time, Build: r.Build, OS: r.OS, Arch: r.Arch, Agent: heard.Agent}
	for _, c := range r.Checks {
		doc.Checks = append(doc.Checks, examined{
			ID: c.ID, Group: c.Group, Title: o.words.Text("check." + c.ID), Status: c.Status, Subject: c.Subject, Because: c.Because, Facts: c.Facts,
			Took: c.Took.Milliseconds(), trouble: o.inWords(c.Problem),
		})
	}
	if r.Cause != "" {
		doc.trouble = o.inWords(r.First().Problem)
	}
	return doc
}

// speaksUTF8 reports if the locale can show marks beyond ASCII (POSIX, section 8.2). The
// consoles of Windows and macOS can.
func (p *program) speaksUTF8() bool {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return true
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := strings.ToLower(p.env(name)); value != "" {
			return strings.Contains(value, "utf-8") || strings.Contains(value, "utf8")
		}
	}
	return false
}
