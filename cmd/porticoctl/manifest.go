package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/portico-desktop/portico/app/agent"
	"github.com/portico-desktop/portico/app/localapi"
)

// manifestOptions are those of manifest check.
type manifestOptions struct {
	*program
	// What is a file or a portal's address.
	What string
}

// manifestChecked is the document of manifest check.
type manifestChecked struct {
	Portal    *portalDocument `json:"portal"`
	Providers int             `json:"providers"`
	Apps      int             `json:"apps"`
	Forms     int             `json:"forms"`
	// Problems are all of them; the document's own problem decides the exit code.
	Problems []finding `json:"problems,omitempty"`
	trouble
}

// finding is a problem with the part of a manifest at Path.
type finding struct {
	Path string `json:"path,omitempty"`
	trouble
}

func newManifest(p *program, run func(context.Context, *manifestOptions) error, begin func(context.Context, *manifestInitOptions) error) *cobra.Command {
	cmd := &cobra.Command{
		Use:                   "manifest COMMAND",
		Short:                 p.words.Text("console.manifest.short"),
		Args:                  p.noArguments,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if p.json {
				return usage(p.words.Text("console.manifest.which"))
			}
			return cmd.Help()
		},
	}
	o := &manifestOptions{program: p}
	cmd.AddCommand(&cobra.Command{
		Use:                   "check FILE|ADDRESS",
		Short:                 p.words.Text("console.manifest.check.short"),
		Long:                  p.words.Text("console.manifest.check.long"),
		DisableFlagsInUseLine: true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || strings.TrimSpace(args[0]) == "" {
				return usage(p.words.Text("console.manifest.check.which"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.What = args[0]
			return run(cmd.Context(), o)
		},
	})
	cmd.AddCommand(newManifestInit(p, begin))
	return cmd
}

// runManifest names the faults of a portal's description, and its unused parts, before
// people see it or after. It asks whomever the description names: nobody signs in.
func runManifest(ctx context.Context, o *manifestOptions) error {
	if err := o.takeWhat(); err != nil {
		return err
	}
	return o.with(ctx, connectOptions{Still: true}, func(c *connection) error {
		looking, ok := c.Agent.(interface {
			CheckManifest(context.Context) (agent.ManifestCheck, error)
		})
		if !ok {
			return errors.New("this agent cannot check a manifest")
		}
		check, err := looking.CheckManifest(ctx)
		if err != nil {
			return err
		}
		return o.deliver(check)
	})
}

// takeWhat makes the command a rehearsal of a file, or of a manifest published at an
// address. No file is named like an address.
func (o *manifestOptions) takeWhat() error {
	if _, err := os.Stat(o.What); err != nil && (strings.Contains(o.What, "://") || !strings.ContainsAny(o.What, `/\`) && !strings.HasSuffix(o.What, ".json")) {
		o.rehearse = &localapi.PortalRequest{Address: o.What}
		return nil
	}
	return o.takeManifest(o.What)
}

// deliver writes the findings. With any, it ends the command: unreachable hosts alone are
// no fault of the description, anything else is.
func (o *manifestOptions) deliver(check agent.ManifestCheck) error {
	doc := manifestChecked{Portal: &portalDocument{Address: check.Address, Name: check.Name}, Providers: check.Providers, Apps: check.Apps, Forms: check.Forms}
	for i := range check.Findings {
		f := &check.Findings[i]
		doc.Problems = append(doc.Problems, finding{f.Path, o.inWords(&f.Problem)})
		if doc.Problem == nil || doc.Problem.Exit() == localapi.ExitUnreachable && f.Problem.Exit() != localapi.ExitUnreachable {
			doc.trouble = doc.Problems[i].trouble
		}
	}
	if err := o.print(doc, func(w io.Writer) { o.describe(w, doc) }); err != nil || doc.Problem == nil {
		return err
	}
	if doc.Problem.Exit() == localapi.ExitUnreachable {
		return exit(localapi.ExitUnreachable)
	}
	return exit(localapi.ExitConfig)
}

func (o *manifestOptions) describe(w io.Writer, doc manifestChecked) {
	fmt.Fprintln(w, doc.Portal.describe())
	fmt.Fprintf(w, "%s, %s, %s\n", o.words.Count("console.manifest.check.providers", doc.Providers),
		o.words.Count("console.manifest.check.apps", doc.Apps), o.words.Count("console.manifest.check.forms", doc.Forms))
	for _, f := range doc.Problems {
		e := o.words.Problem(f.Problem)
		fmt.Fprintf(w, "  ! %s: %s\n    %s\n", f.Path, e.Title, cmp.Or(e.IT, e.Text+" "+o.next(f.Problem, e.Next)))
	}
	if len(doc.Problems) == 0 {
		fmt.Fprintln(w, o.words.Text("console.policy.good", "File", doc.Portal.Address))
	}
}
