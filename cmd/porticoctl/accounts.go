package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/portico-desktop/portico/app/localapi"
)

// accountsOptions are those of accounts.
type accountsOptions struct{ *program }

func newAccounts(p *program, run func(context.Context, *accountsOptions) error) *cobra.Command {
	o := &accountsOptions{program: p}
	return &cobra.Command{
		Use:                   "accounts",
		Short:                 p.words.Text("console.accounts.short"),
		Args:                  p.noArguments,
		DisableFlagsInUseLine: true,
		RunE:                  func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), o) },
	}
}

// runAccounts lists the accounts remembered by this device. None is an answer too, not a
// failure.
func runAccounts(ctx context.Context, o *accountsOptions) error {
	// Looking at the key store is no reason to sign in.
	return o.with(ctx, connectOptions{Passive: true}, func(c *connection) error {
		list, err := c.Accounts(ctx)
		if err != nil {
			return err
		}
		if list == nil {
			list = []localapi.Account{}
		}
		return o.print(accounts{Accounts: list}, func(w io.Writer) { o.list(w, list) })
	})
}

func (o *accountsOptions) list(w io.Writer, list []localapi.Account) {
	if len(list) == 0 {
		fmt.Fprintln(w, o.words.Text("console.accounts.none"))
		return
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, a := range list {
		remembered := "console.accounts.remembered"
		switch {
		case a.Remembered:
		case a.Active:
			remembered = "console.accounts.memory-only"
		default:
			remembered = "console.accounts.not-remembered"
		}
		row := []string{person(&a), a.Provider, o.words.Text(remembered)}
		if marks := o.marks(a); marks != "" {
			row = append(row, marks)
		}
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	_ = t.Flush()
}

// marks set an account apart from the others.
func (o *accountsOptions) marks(a localapi.Account) string {
	var marks []string
	if a.Active {
		marks = append(marks, o.words.Text("console.accounts.active"))
	}
	if a.Former {
		marks = append(marks, o.words.Text("console.accounts.former"))
	}
	if a.Guest {
		marks = append(marks, o.words.Text("console.accounts.guest"))
	}
	if a.Actor != "" {
		marks = append(marks, o.words.Text("console.accounts.actor", "Actor", a.Actor))
	}
	return strings.Join(marks, ", ")
}
