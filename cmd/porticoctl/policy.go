package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/policy/german"
	"github.com/portico-desktop/portico/app/settings"
	"github.com/portico-desktop/portico/app/spelling"
)

// policyOptions are those of policy.
type policyOptions struct {
	*program
	// Check is a policy file of Linux to try, "" for the policies of this computer.
	Check string
	// Keys are those asked for, nil for all of them.
	Keys []string
}

func newPolicy(p *program, run func(context.Context, *policyOptions) error) *cobra.Command {
	o := &policyOptions{program: p}
	var names []string
	for _, k := range policy.Keys() {
		names = append(names, string(k.Name))
	}
	cmd := &cobra.Command{
		Use:                   "policy [--check FILE] [KEY…]",
		Short:                 p.words.Text("console.policy.short"),
		Long:                  p.words.Text("console.policy.long"),
		ValidArgs:             names,
		DisableFlagsInUseLine: true,
		Args: func(_ *cobra.Command, args []string) error {
			for _, arg := range args {
				known := slices.IndexFunc(names, func(name string) bool { return strings.EqualFold(name, arg) })
				if known < 0 {
					reason := p.words.Text("console.policy.unknown", "Key", arg)
					if near := spelling.Nearest(arg, names); near != "" {
						reason += " " + p.words.Text("it.suggestion", "suggestion", near)
					}
					return usage(reason)
				}
				o.Keys = append(o.Keys, names[known])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), o) },
	}
	cmd.Flags().StringVar(&o.Check, "check", "", p.words.Text("console.policy.flag.check"))
	return cmd
}

// policies is the document of policy.
type policies struct {
	Settings []localapi.PolicySetting `json:"settings"`
	Sources  []localapi.PolicySource  `json:"sources"`
	// Problems are all of them; the document's own problem is one of them.
	Problems []trouble         `json:"problems,omitempty"`
	Managed  *localapi.Managed `json:"managed,omitempty"`
	// Network is how requests leave; absent if nobody has set a proxy.
	Network *localapi.Network `json:"network,omitempty"`
	trouble
}

// runPolicy lists the settings in force on this computer and their sources, or the effect of a
// file.
func runPolicy(ctx context.Context, o *policyOptions) error {
	if o.Check != "" {
		return o.checkFile()
	}
	// Looking at settings is no reason to sign in, nor to write anything.
	return o.with(ctx, connectOptions{Passive: true, Still: true}, func(c *connection) error {
		report, err := c.Policy(ctx)
		if err != nil {
			return err
		}
		if !c.own {
			o.addOverruled(&report) // of this command's environment the agent knows nothing
		}
		return o.deliver(report)
	})
}

// addOverruled adds PORTICO_PORTAL to the rest about the portal.
func (o *policyOptions) addOverruled(r *localapi.PolicyReport) {
	address, _, ok := o.overruledPortal()
	if !ok {
		return
	}
	value, err := json.Marshal(address)
	if err != nil {
		return // a text always is JSON
	}
	for i := range r.Settings {
		if s := &r.Settings[i]; s.Key == string(policy.PortalURL) {
			said := localapi.PolicySaid{Value: value, Source: localapi.PolicySource{Kind: string(policy.Environment), Where: "PORTICO_PORTAL"}}
			s.Others = slices.Insert(s.Others, 0, said)
		}
	}
}

func (o *policyOptions) checkFile() error {
	f, err := os.Open(o.Check)
	if err != nil {
		return usage(o.words.Text("console.policy.no-file", "File", o.Check, "Reason", reasonOf(err)))
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, policy.MaxBytes+1))
	if err != nil {
		return usage(o.words.Text("console.policy.no-file", "File", o.Check, "Reason", reasonOf(err)))
	}
	return o.deliver(settings.CheckPolicy(data, o.Check))
}

// deliver writes the report, and ends the command with the exit code of its
// problems, if there are any.
func (o *policyOptions) deliver(r localapi.PolicyReport) error {
	doc := policies{Settings: []localapi.PolicySetting{}, Sources: r.Sources, Managed: r.Managed, Network: r.Network}
	for _, s := range r.Settings {
		if o.Keys == nil || slices.Contains(o.Keys, s.Key) {
			doc.Settings = append(doc.Settings, s)
		}
	}
	for i := range r.Problems {
		doc.Problems = append(doc.Problems, o.inWords(&r.Problems[i]))
	}
	if len(doc.Problems) > 0 {
		doc.trouble = doc.Problems[0]
	}
	if err := o.print(doc, func(w io.Writer) { o.describe(w, doc) }); err != nil || doc.Problem == nil {
		return err
	}
	return exit(doc.Problem.Exit())
}

func (o *policyOptions) describe(w io.Writer, doc policies) {
	for _, t := range doc.Problems {
		if brief := o.words.Brief(t.Problem); o.Check != "" && brief != "" {
			fmt.Fprintf(w, "%s:\n  %s\n", o.words.Place(t.Problem), brief) // to whoever wrote it
			continue
		}
		o.tell(w, t.Problem)
		fmt.Fprintln(w)
	}
	if o.Check != "" && len(doc.Problems) > 0 {
		fmt.Fprintln(w)
		defer func() { fmt.Fprintln(w, o.words.Count("console.policy.mistakes", len(doc.Problems))) }()
	}
	if o.Keys != nil {
		for i, s := range doc.Settings {
			if i > 0 {
				fmt.Fprintln(w)
			}
			o.all(w, s)
		}
		return
	}
	if o.Check == "" {
		o.heading(w, doc)
	}
	rest := o.groups(w, doc.Settings)
	switch {
	case len(rest) == 0, len(rest) == len(doc.Settings) && len(doc.Problems) > 0:
	case len(rest) == len(doc.Settings) && o.Check != "":
		fmt.Fprintln(w, o.words.Text("console.policy.says-nothing", "File", o.Check))
	default:
		fmt.Fprintln(w, o.words.Text("console.policy.rest"))
		fmt.Fprintf(w, "  %s\n", wrapped(rest, 76))
		fmt.Fprintln(w, o.words.Text("console.policy.more"))
	}
	if o.Check != "" && len(doc.Problems) == 0 {
		fmt.Fprintln(w, o.words.Text("console.policy.good", "File", o.Check))
	}
}

// wrapped joins names, a line of at most width characters after the other.
func wrapped(names []string, width int) string {
	var b strings.Builder
	column := 0
	for i, name := range names {
		if i < len(names)-1 {
			name += ","
		}
		switch {
		case i == 0:
		case column+1+len(name) > width:
			b.WriteString("\n  ")
			column = 0
		default:
			b.WriteString(" ")
			column++
		}
		b.WriteString(name)
		column += len(name)
	}
	return b.String()
}

// heading names the sources of this computer's policies, and the places searched for them.
func (o *policyOptions) heading(w io.Writer, doc policies) {
	line := o.words.Text("console.policy.unmanaged")
	if len(doc.Problems) > 0 {
		line = "" // somebody tries to
	}
	if m := doc.Managed; m != nil {
		name := m.Name
		if name == "" {
			name = o.words.Text("fallback.by")
		}
		line = o.words.Text("console.policy.managed", "Name", name)
		if m.URL != "" {
			line += " (" + m.URL + ")"
		}
	}
	if line != "" {
		fmt.Fprintln(w, line)
	}
	fmt.Fprintln(w, o.words.Text("console.policy.looked"))
	var seen []string
	for _, s := range doc.Sources {
		if s.Where != "" && !slices.Contains(seen, s.Where) {
			seen = append(seen, s.Where)
			fmt.Fprintf(w, "  %s\n", s.Where)
		}
	}
	if n := doc.Network; n != nil {
		fmt.Fprintln(w, o.words.Text("console.policy.network", "Source", o.words.Text("proxy.source."+n.Source), "Way", o.way(n)))
	}
	fmt.Fprintln(w)
}

// way lists the ways of requests, in the order of asking.
func (o *policyOptions) way(n *localapi.Network) string {
	var ways []string
	if n.Detect {
		ways = append(ways, o.words.Text("proxy.detected"))
	}
	for _, way := range []string{n.Script, n.HTTPS, n.HTTP} {
		if way != "" && !slices.Contains(ways, way) {
			ways = append(ways, way)
		}
	}
	if len(ways) == 0 {
		return o.words.Text("proxy.none")
	}
	return strings.Join(ways, ", ")
}

// groups writes the decided settings, and returns the keys of the rest.
func (o *policyOptions) groups(w io.Writer, settings []localapi.PolicySetting) (rest []string) {
	for _, group := range policy.Groups() {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		rows := 0
		for _, s := range settings {
			k, known := policy.Lookup(policy.Name(s.Key))
			if known && k.Group != group || !known && group != "support" {
				continue
			}
			if s.Source.Kind == string(policy.BuiltIn) && len(s.Others) == 0 {
				rest = append(rest, s.Key)
				continue
			}
			if rows++; rows == 1 {
				fmt.Fprintln(w, o.words.Text("console.policy.group."+group))
			}
			fmt.Fprintf(t, "  %s\t%s\t%s\n", s.Key, o.short(s.Value), o.origin(s))
		}
		_ = t.Flush()
		if rows > 0 {
			fmt.Fprintln(w)
		}
	}
	return rest
}

// origin is a value's source, the person's right to change it, and the event it waits
// for.
func (o *policyOptions) origin(s localapi.PolicySetting) string {
	parts := []string{o.source(s.Source)}
	if s.Overridable {
		parts = append(parts, o.words.Text("console.policy.yours"))
	}
	if s.By != "" {
		parts = append(parts, o.words.Text("console.policy.by", "Key", s.By))
	}
	if s.Waits != "" {
		parts = append(parts, o.words.Text("console.policy.waits"))
	}
	return strings.Join(parts, "; ")
}

func (o *policyOptions) source(s localapi.PolicySource) string {
	text := o.words.Text("console.policy.source." + s.Kind)
	if s.Where != "" {
		text += " (" + s.Where + ")"
	}
	return text
}

// all says all there is about one key.
func (o *policyOptions) all(w io.Writer, s localapi.PolicySetting) {
	fmt.Fprintln(w, s.Key)
	k, known := policy.Lookup(policy.Name(s.Key))
	if known {
		fmt.Fprintf(w, "  %s\n", o.about(k))
	}
	text := func(id string) string { return o.words.Text("console.policy.row." + id) }
	rows := [][2]string{{text("value"), o.long(s.Value)}, {text("source"), o.source(s.Source)}}
	who := "console.policy.it-only"
	switch {
	case s.Overridable:
		who = "console.policy.yours"
	case known && k.Personal:
		who = "console.policy.locked"
	}
	rows = append(rows, [2]string{text("who"), o.words.Text(who)})
	for _, other := range s.Others {
		rows = append(rows, [2]string{text("other"), o.long(other.Value) + " – " + o.source(other.Source)})
	}
	if known {
		rows = append(rows, [2]string{text("allowed"), o.allowed(k)})
	}
	if s.By != "" {
		rows = append(rows, [2]string{text("note"), o.words.Text("console.policy.by", "Key", s.By)})
	}
	if s.Waits != "" {
		rows = append(rows, [2]string{text("note"), o.words.Text("console.policy.waits")})
	}
	table(w, rows)
}

// about is a key's effect, in the person's language.
func (o *policyOptions) about(k policy.Key) string {
	if text := german.Texts()[k.Name].About; text != "" && o.words.Language() == "de" {
		return text
	}
	return k.About
}

// allowed are a key's possible values, in the person's language.
func (o *policyOptions) allowed(k policy.Key) string {
	if k.Form() == "" {
		return k.Allowed()
	}
	return o.words.Text("allowed."+k.Form(), "min", fmt.Sprint(k.Min), "max", fmt.Sprint(k.Max))
}

// long is a value as people write it.
func (o *policyOptions) long(raw json.RawMessage) string {
	var value any
	if json.Unmarshal(raw, &value) != nil {
		return string(raw)
	}
	switch v := value.(type) {
	case nil:
		return o.words.Text("console.policy.unset")
	case string:
		if v == "" {
			return o.words.Text("console.policy.unset")
		}
		return v
	case []any:
		if len(v) == 0 {
			return o.words.Text("console.policy.empty")
		}
		var texts []string
		for _, e := range v {
			text, ok := e.(string)
			if !ok {
				return string(raw)
			}
			texts = append(texts, text)
		}
		return strings.Join(texts, ", ")
	}
	return string(raw)
}

// short is long for a table: objects are only counted.
func (o *policyOptions) short(raw json.RawMessage) string {
	var objects []map[string]any
	if json.Unmarshal(raw, &objects) == nil && len(objects) > 0 {
		return o.words.Count("console.policy.entries", len(objects))
	}
	const most = 60
	text := []rune(o.long(raw))
	if len(text) > most {
		return string(text[:most]) + "…"
	}
	return string(text)
}

// reasonOf is an error without the path: the sentence around it has the path.
func reasonOf(err error) string {
	var at *os.PathError
	if errors.As(err, &at) {
		return at.Err.Error()
	}
	return err.Error()
}
