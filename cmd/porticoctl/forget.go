package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/portico-desktop/portico/app/localapi"
)

// forgetOptions are those of forget.
type forgetOptions struct {
	*program
	Yes bool
}

func newForget(p *program, run func(context.Context, *forgetOptions) error) *cobra.Command {
	o := &forgetOptions{program: p}
	cmd := &cobra.Command{
		Use:                   "forget [--yes]",
		Short:                 p.words.Text("console.forget.short"),
		Long:                  p.words.Text("console.forget.long"),
		Args:                  p.noArguments,
		DisableFlagsInUseLine: true,
		RunE:                  func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), o) },
	}
	cmd.Flags().BoolVar(&o.Yes, "yes", false, p.words.Text("console.forget.flag.yes"))
	return cmd
}

func runForget(ctx context.Context, o *forgetOptions) error {
	if !o.Yes {
		if !o.terminal {
			return usage(o.words.Text("console.forget.needs-yes"))
		}
		if err := o.confirm(ctx); err != nil {
			return err
		}
	}
	return o.with(ctx, connectOptions{}, func(c *connection) error {
		if _, err := o.settled(ctx, c); err != nil {
			return err
		}
		report, err := c.Forget(ctx)
		if err != nil {
			return err
		}
		problem := leftover(report)
		doc := forgotten{ForgetReport: report, trouble: o.inWords(problem)}
		if err := o.print(doc, func(w io.Writer) { o.describe(w, report) }); err != nil || problem == nil {
			return err
		}
		return exit(problem.Exit())
	})
}

// leftover is why a trace is left on this device, nil when none is. A provider not
// reached to be told has left none.
func leftover(report localapi.ForgetReport) *localapi.Problem {
	for _, problem := range report.Problems {
		if problem.Exit() != localapi.ExitUnreachable {
			return &problem
		}
	}
	return nil
}

// confirm asks the person; nothing else than a yes is one.
func (o *forgetOptions) confirm(ctx context.Context) error {
	answer, err := o.ask(ctx, o.words.Text("console.forget.ask"))
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	if !slices.Contains(strings.Fields(o.words.Text("console.forget.answers")), answer) {
		return &localapi.Problem{Code: localapi.Cancelled}
	}
	return nil
}

func (o *forgetOptions) describe(w io.Writer, report localapi.ForgetReport) {
	if leftover(report) == nil {
		fmt.Fprintln(w, o.words.Text("console.forget.done"))
	} else {
		fmt.Fprintln(w, o.words.Text("console.forget.partly"))
	}
	fmt.Fprintf(w, "  %s\n  %s\n",
		o.words.Count("console.forget.accounts", report.Accounts), o.words.Count("console.forget.files", report.Files))
	for _, problem := range report.Problems {
		o.tell(o.progress, &problem)
	}
}
