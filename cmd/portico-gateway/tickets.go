package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/gateway/desk"
	"github.com/portico-desktop/portico/cmd/internal/gateway/settings"
)

func (p *program) newTickets() *cobra.Command {
	var name string
	c := &cobra.Command{
		Use: "tickets", Short: "Work on people's requests, as a technician",
		Long: "Work on people's requests, as a technician. A request is named by its number or its id.",
		Args: arguments(), RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.PersistentFlags().StringVar(&name, "as", "", "the name that people read, instead of yours")
	work := func(cmd *cobra.Command, ticket, done string, do func(staff desk.Staff) error) error {
		return p.staff(cmd.Context(), name, func(_ *settings.Settings, staff desk.Staff) error {
			if err := do(staff); err != nil {
				return refusal{err}
			}
			return p.print(map[string]any{"ticket": ticket, "done": true}, func(w io.Writer) { fmt.Fprintln(w, done) })
		})
	}
	c.AddCommand(
		p.newTicketsList(), p.newTicketsShow(),
		&cobra.Command{Use: "reply TICKET TEXT", Short: "Answer; the person reads it", Args: arguments("the TICKET", "the TEXT"), RunE: func(cmd *cobra.Command, args []string) error {
			body, err := p.text(args[1])
			if err != nil {
				return err
			}
			return work(cmd, args[0], "Answered.", func(s desk.Staff) error { return s.Reply(cmd.Context(), args[0], body) })
		}},
		&cobra.Command{Use: "note TICKET TEXT", Short: "Write a note that technicians alone see", Args: arguments("the TICKET", "the TEXT"), RunE: func(cmd *cobra.Command, args []string) error {
			body, err := p.text(args[1])
			if err != nil {
				return err
			}
			return work(cmd, args[0], "Noted.", func(s desk.Staff) error { return s.Note(cmd.Context(), args[0], body) })
		}},
		p.newTicketsStatus(work),
		&cobra.Command{Use: "assign TICKET NAME", Short: "Say who works on it; an empty name takes it away", Args: arguments("the TICKET", "the NAME"), RunE: func(cmd *cobra.Command, args []string) error {
			return work(cmd, args[0], "Assigned.", func(s desk.Staff) error { return s.Assign(cmd.Context(), args[0], args[1]) })
		}},
		&cobra.Command{Use: "merge TICKET INTO", Short: "Let a request live on in another", Args: arguments("the TICKET", "INTO"), RunE: func(cmd *cobra.Command, args []string) error {
			return work(cmd, args[0], "Merged.", func(s desk.Staff) error { return s.Merge(cmd.Context(), args[0], args[1]) })
		}},
		&cobra.Command{Use: "ask TICKET PERSON QUESTION", Short: "Ask a person to approve", Args: arguments("the TICKET", "the PERSON", "the QUESTION"), RunE: func(cmd *cobra.Command, args []string) error {
			return work(cmd, args[0], "Asked.", func(s desk.Staff) error { return s.Ask(cmd.Context(), args[0], args[1], args[2]) })
		}},
	)
	return c
}

func (p *program) newTicketsStatus(work func(*cobra.Command, string, string, func(desk.Staff) error) error) *cobra.Command {
	var label string
	c := &cobra.Command{
		Use: "status TICKET STATUS", Short: "Set the status: new, open, waiting_for_you, on_hold, solved or closed", Args: arguments("the TICKET", "the STATUS"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return work(cmd, args[0], "Set.", func(s desk.Staff) error { return s.Status(cmd.Context(), args[0], args[1], label) })
		},
	}
	c.Flags().StringVar(&label, "label", "", "the words that people read instead")
	return c
}

func (p *program) newTicketsList() *cobra.Command {
	var q desk.StaffQuery
	c := &cobra.Command{
		Use: "list [WORDS]", Short: "List open requests, the newest change first",
		RunE: func(cmd *cobra.Command, args []string) error {
			q.Text = strings.Join(args, " ")
			return p.staff(cmd.Context(), "", func(_ *settings.Settings, staff desk.Staff) error {
				all, err := staff.List(cmd.Context(), q)
				if err != nil {
					return refusal{err}
				}
				return p.print(map[string]any{"tickets": all}, func(w io.Writer) { listTickets(w, all) })
			})
		},
	}
	f := c.Flags()
	f.StringVar(&q.Category, "status", "", "those of one status only")
	f.BoolVar(&q.All, "all", false, "solved and closed ones too")
	f.IntVar(&q.Limit, "limit", 50, "how many")
	return c
}

func listTickets(w io.Writer, all []api.Ticket) {
	if len(all) == 0 {
		fmt.Fprintln(w, "There are no such requests.")
	}
	for _, t := range all {
		fmt.Fprintf(w, "%-7s %-16s %-20s %s  %s\n", t.Number, t.Status.Label, t.Requester.Name, t.UpdatedAt.Local().Format("2006-01-02 15:04"), t.Subject)
	}
}

func (p *program) newTicketsShow() *cobra.Command {
	return &cobra.Command{
		Use: "show TICKET", Short: "Show a request with all of its history", Args: arguments("the TICKET"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.staff(cmd.Context(), "", func(_ *settings.Settings, staff desk.Staff) error {
				t, err := staff.Show(cmd.Context(), args[0])
				if err != nil {
					return refusal{err}
				}
				return p.print(t, func(w io.Writer) { showTicket(w, t) })
			})
		},
	}
}

func showTicket(w io.Writer, t desk.StaffTicket) {
	fmt.Fprintf(w, "%s  %s\n", t.Number, t.Subject)
	fmt.Fprintf(w, "Status:     %s (%s)\n", t.Status.Label, t.Status.Category)
	fmt.Fprintf(w, "From:       %s <%s>\n", t.Requester.Name, t.Requester.Address)
	if t.Assignee != "" {
		fmt.Fprintf(w, "Assigned:   %s\n", t.Assignee)
	}
	for _, part := range t.Participants {
		fmt.Fprintf(w, "In copy:    %s <%s>\n", part.Name, part.Address)
	}
	for _, f := range t.Files {
		fmt.Fprintf(w, "File:       %s (%s, %d bytes)\n", f.Name, f.Type, f.Size)
	}
	if t.Description != "" {
		fmt.Fprintf(w, "\n%s\n", t.Description)
	}
	for _, e := range t.Entries {
		who := ""
		if e.Author != nil {
			who = e.Author.Name
		}
		if e.Internal {
			who += " (internal)"
		}
		fmt.Fprintf(w, "\n%s  %s\n%s\n", e.CreatedAt.Local().Format("2006-01-02 15:04"), who, e.Body)
		for _, f := range e.Files {
			fmt.Fprintf(w, "File: %s (%s, %d bytes)\n", f.Name, f.Type, f.Size)
		}
	}
}
