package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
)

// autostartOptions are those of autostart.
type autostartOptions struct {
	*program
	// Do is "on", "off" or "status".
	Do string
}

func newAutostart(p *program, run func(context.Context, *autostartOptions) error) *cobra.Command {
	o := &autostartOptions{program: p}
	choices := []string{"on", "off", "status"}
	return &cobra.Command{
		Use:                   "autostart on|off|status",
		Short:                 p.words.Text("console.autostart.short"),
		Long:                  p.words.Text("console.autostart.long"),
		ValidArgs:             choices,
		DisableFlagsInUseLine: true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage(p.words.Text("console.unknown-argument", "Argument", args[1]))
			}
			o.Do = "status"
			if len(args) == 1 {
				o.Do = args[0]
			}
			for _, choice := range choices {
				if o.Do == choice {
					return nil
				}
			}
			return usage(p.words.Text("console.unknown-argument", "Argument", o.Do))
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), o) },
	}
}

// autostart is the document of autostart.
type autostart struct {
	// Starts reports if Portico starts and stays at the next log-on: it is to, and
	// something starts it.
	Starts bool `json:"starts"`
	// Value is the decision, "always" or "never", and Source its author.
	Value       string                `json:"value"`
	Source      localapi.PolicySource `json:"source"`
	Overridable bool                  `json:"overridable"`
	// Entries are the entries for starting Portico, in spite of any decision.
	Entries []autostartEntry `json:"entries"`
	trouble
}

type autostartEntry struct {
	Place   string `json:"place"`
	Command string `json:"command,omitempty"`
}

// runAutostart turns Portico's start at log-on on or off, and tells the outcome. The
// entry for the start is the package's and stays: its agent ends at once if it is not
// wanted.
func runAutostart(ctx context.Context, o *autostartOptions) error {
	return o.with(ctx, connectOptions{Passive: true, Still: o.Do == "status"}, func(c *connection) error {
		if value, change := map[string]string{"on": policy.Always, "off": policy.Never}[o.Do]; change {
			if err := c.Set(ctx, localapi.SettingRequest{Key: string(policy.Autostart), Value: value}); err != nil {
				return err
			}
		}
		report, err := c.Policy(ctx)
		if err != nil {
			return err
		}
		return o.deliver(report)
	})
}

func (o *autostartOptions) deliver(r localapi.PolicyReport) error {
	doc := autostart{Entries: []autostartEntry{}}
	for _, s := range r.Settings {
		if s.Key == string(policy.Autostart) {
			if err := json.Unmarshal(s.Value, &doc.Value); err != nil {
				return fmt.Errorf("read the policy Autostart: %w", err)
			}
			doc.Source, doc.Overridable = s.Source, s.Overridable
		}
	}
	for _, e := range o.logOn() {
		doc.Entries = append(doc.Entries, autostartEntry{e.Place, e.Command})
	}
	doc.Starts = doc.Value == policy.Always && len(doc.Entries) > 0
	var missing *localapi.Problem
	if doc.Value == policy.Always && len(doc.Entries) == 0 {
		missing = &localapi.Problem{Code: localapi.AutostartMissing}
	}
	doc.trouble = o.inWords(missing)
	if err := o.print(doc, func(w io.Writer) { o.describe(w, doc) }); err != nil || missing == nil {
		return err
	}
	return exit(missing.Exit())
}

func (o *autostartOptions) describe(w io.Writer, doc autostart) {
	if doc.Problem != nil {
		o.tell(w, doc.Problem)
		return
	}
	line := "console.autostart.off"
	if doc.Starts {
		line = "console.autostart.on"
	}
	fmt.Fprintln(w, o.words.Text(line))
	who := &policyOptions{program: o.program}
	rows := [][2]string{{o.words.Text("console.autostart.row.decided"), who.source(doc.Source)}}
	if !doc.Overridable {
		rows = append(rows, [2]string{"", o.words.Text("console.policy.locked")})
	}
	for _, e := range doc.Entries {
		text := e.Place
		if e.Command != "" {
			text += ": " + e.Command
		}
		rows = append(rows, [2]string{o.words.Text("console.autostart.row.entry"), text})
	}
	table(w, rows)
}

// logOn lists the entries for starting Portico at log-on.
func (p *program) logOn() []desktop.LogOnEntry {
	if p.entries != nil {
		return p.entries()
	}
	return desktop.LogOnEntries()
}
