package main

import (
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
	// Problems are all of them; the document's own problem is the first one.
	Problems []trouble `json:"problems,omitempty"`
	trouble
}

func newManifest(p *program, run func(context.Context, *manifestOptions) error) *cobra.Command {
	cmd := &cobra.Command{
		Use:                   "manifest COMMAND",
		Short:                 p.words.Text("console.manifest.short"),
		Args:                  p.noArguments,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if p.json {
				return usage(p.words.Text("console.manifest.check.which"))
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
	return cmd
}

// runManifest names the faults of a portal's description, and its unused parts, before
// people see it or after. It asks the portal and nobody else.
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

// deliver writes the findings, and ends the command with the exit code of the first
// problem, if there is any.
func (o *manifestOptions) deliver(check agent.ManifestCheck) error {
	doc := manifestChecked{Portal: &portalDocument{Address: check.Address, Name: check.Name}, Providers: check.Providers, Apps: check.Apps}
	for i := range check.Problems {
		doc.Problems = append(doc.Problems, o.inWords(&check.Problems[i]))
	}
	if len(doc.Problems) > 0 {
		doc.trouble = doc.Problems[0]
	}
	if err := o.print(doc, func(w io.Writer) { o.describe(w, doc) }); err != nil || doc.Problem == nil {
		return err
	}
	return exit(doc.Problem.Exit())
}

func (o *manifestOptions) describe(w io.Writer, doc manifestChecked) {
	fmt.Fprintln(w, doc.Portal.describe())
	fmt.Fprintf(w, "%s, %s\n", o.words.Count("console.manifest.check.providers", doc.Providers), o.words.Count("console.manifest.check.apps", doc.Apps))
	for _, t := range doc.Problems {
		e := o.words.Problem(t.Problem)
		fmt.Fprintf(w, "  ! %s\n    %s\n", e.Title, e.IT)
	}
	if len(doc.Problems) == 0 {
		fmt.Fprintln(w, o.words.Text("console.policy.good", "File", doc.Portal.Address))
	}
}
