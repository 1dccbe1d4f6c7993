package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/gateway/audience"
	"github.com/portico-desktop/portico/cmd/internal/gateway/desk"
	"github.com/portico-desktop/portico/cmd/internal/gateway/settings"
)

func (p *program) newAnnounce() *cobra.Command {
	var n desk.News
	var severity, until string
	var rule audience.Rule
	c := &cobra.Command{
		Use: "announce TITLE [TEXT]", Short: "Tell people something",
		Long: "Tell people something: all, or those that the flags name. A TEXT of - is read from standard input.",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 1 || len(args) > 2 {
				return usageError{errors.New("write a title and perhaps a text, each in quotes")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			n.Title, n.Severity, n.Audience = args[0], api.Severity(severity), rule
			if len(args) == 2 {
				if n.Body, err = p.text(args[1]); err != nil {
					return err
				}
			}
			if until != "" {
				if n.Until, err = moment(until); err != nil {
					return usageError{err}
				}
			}
			return p.staff(cmd.Context(), "", func(_ *settings.Settings, staff desk.Staff) error {
				id, err := staff.Announce(cmd.Context(), n)
				if err != nil {
					return refusal{err}
				}
				return p.print(map[string]string{"id": id}, func(w io.Writer) {
					fmt.Fprintf(w, "Told: %s. \"portico-gateway news withdraw %s\" takes it back.\n", n.Title, id)
				})
			})
		},
	}
	f := c.Flags()
	f.StringVar(&severity, "severity", "info", "info, warning, maintenance, outage or resolved")
	f.StringVar(&until, "until", "", "when it ends: a date, a time of today such as 18:00, or a duration such as 4h")
	f.StringVar(&n.URL, "link", "", "an https address that leads further")
	f.BoolVar(&n.Markdown, "markdown", false, "the text is Markdown")
	f.BoolVar(&n.AckWanted, "ack", false, "ask people to say that they have read it")
	f.StringArrayVar(&rule.People, "person", nil, "for this person, by id or mail address (again for more)")
	f.StringArrayVar(&rule.Organizations, "organization", nil, "for this organization, by its id")
	f.StringArrayVar(&rule.Groups, "group", nil, "for this group")
	return c
}

// moment is a point of time as people write it.
func moment(text string) (time.Time, error) {
	now := time.Now()
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return now.Add(d), nil
	}
	if t, err := time.ParseInLocation("15:04", text, time.Local); err == nil {
		return time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), 0, 0, time.Local), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time; write a date as 2026-12-24, a time of today as 18:00, both in quotes, or a duration as 4h", text)
}

func (p *program) newNews() *cobra.Command {
	list := func(cmd *cobra.Command, _ []string) error {
		return p.staff(cmd.Context(), "", func(_ *settings.Settings, staff desk.Staff) error {
			all, err := staff.News(cmd.Context())
			if err != nil {
				return err
			}
			return p.print(map[string]any{"announcements": all}, func(w io.Writer) {
				if len(all) == 0 {
					fmt.Fprintln(w, "There is no news. portico-gateway announce tells people something.")
				}
				for _, a := range all {
					until := ""
					if a.Until != nil {
						until = ", until " + a.Until.Local().Format("2006-01-02 15:04")
					}
					fmt.Fprintf(w, "%s  %-11s  %s (%s%s)\n", a.ID, a.Severity, a.Title, a.From.Local().Format("2006-01-02 15:04"), until)
				}
			})
		})
	}
	c := &cobra.Command{Use: "news", Short: "List what people were told", Args: arguments(), RunE: list}
	c.AddCommand(
		&cobra.Command{Use: "list", Short: "List what people were told", Args: arguments(), RunE: list},
		&cobra.Command{Use: "withdraw ID", Short: "Take an announcement back", Args: arguments("the ID"), RunE: func(cmd *cobra.Command, args []string) error {
			return p.staff(cmd.Context(), "", func(_ *settings.Settings, staff desk.Staff) error {
				if err := staff.Withdraw(cmd.Context(), args[0]); err != nil {
					return refusal{err}
				}
				return p.print(map[string]string{"withdrawn": args[0]}, func(w io.Writer) { fmt.Fprintln(w, "Taken back.") })
			})
		}},
	)
	return c
}

func (p *program) newLink() *cobra.Command {
	var contact desk.Contact
	var out, in bool
	c := &cobra.Command{
		Use: "link PERSON", Short: "Say whose address a person has, or take their access away",
		Long: `Say whose address a person has, or take their access away. The address of the
first sign-in stays a person's until this moves it. PERSON is an id or a mail address.`,
		Args: arguments("the PERSON"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if contact == (desk.Contact{}) && !out && !in {
				return usageError{errors.New("say what to change: --address, --shut-out or --let-in")}
			}
			return p.staff(cmd.Context(), "", func(_ *settings.Settings, staff desk.Staff) error {
				if contact != (desk.Contact{}) {
					if err := staff.Link(cmd.Context(), args[0], contact); err != nil {
						return refusal{err}
					}
				}
				if out || in {
					if err := staff.ShutOut(cmd.Context(), args[0], out); err != nil {
						return refusal{err}
					}
				}
				return p.print(map[string]any{"person": args[0], "changed": true}, func(w io.Writer) {
					fmt.Fprintln(w, strings.TrimSpace("Done. It counts from their next token, within 15 minutes."))
				})
			})
		},
	}
	f := c.Flags()
	f.StringVar(&contact.Address, "address", "", "the mail address")
	f.BoolVar(&out, "shut-out", false, "take the person's access away")
	f.BoolVar(&in, "let-in", false, "give it back")
	c.MarkFlagsMutuallyExclusive("shut-out", "let-in")
	return c
}
