package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/portico-desktop/portico/app/localapi"
)

// statusOptions are those of status.
type statusOptions struct {
	*program
	Refresh bool
}

func newStatus(p *program, run func(context.Context, *statusOptions) error) *cobra.Command {
	o := &statusOptions{program: p}
	cmd := &cobra.Command{
		Use:                   "status [--refresh]",
		Short:                 p.words.Text("console.status.short"),
		Long:                  p.words.Text("console.status.long"),
		Args:                  p.noArguments,
		DisableFlagsInUseLine: true,
		RunE:                  func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), o) },
	}
	cmd.Flags().BoolVar(&o.Refresh, "refresh", false, p.words.Text("console.status.flag.refresh"))
	return cmd
}

// runStatus says who is signed in. A running agent knows; an agent of our own
// finds out by the one silent request of every start, so that with none running
// there is nothing left to refresh.
func runStatus(ctx context.Context, o *statusOptions) error {
	return o.with(ctx, func(c *connection) error {
		state, err := settled(ctx, c)
		if err != nil {
			return err
		}
		if o.Refresh && !c.own && canRefresh(state) {
			if state, err = c.Refresh(ctx); err != nil {
				return err
			}
		}
		return o.report(c, state, standingProblem(state))
	})
}

// canRefresh says whether there is anything to renew: the manifest, and the
// sign-in where there is one.
func canRefresh(s localapi.State) bool {
	switch s.Session.Phase {
	case localapi.Unconfigured, localapi.SigningIn:
		return false
	}
	return true
}

// standingProblem is why nobody is signed in, nil when somebody is.
func standingProblem(s localapi.State) *localapi.Problem {
	given := func(otherwise localapi.Code) *localapi.Problem {
		if s.Session.Problem != nil {
			return s.Session.Problem
		}
		return &localapi.Problem{Code: otherwise}
	}
	switch s.Session.Phase {
	case localapi.SignedIn:
		return nil
	case localapi.Offline:
		return given(localapi.ProviderUnreachable)
	case localapi.NeedsSignIn:
		return given(localapi.SignInNeeded)
	case localapi.Blocked:
		return given(localapi.Unexpected)
	case localapi.Unconfigured:
		return &localapi.Problem{Code: localapi.NoPortal}
	}
	if aboutConsent(s.Session.Problem) {
		return s.Session.Problem
	}
	if s.Portal == nil && s.PortalProblem != nil {
		return s.PortalProblem // which comes before any sign-in
	}
	// How the last attempt ended is history; what counts is that nobody is in.
	return &localapi.Problem{Code: localapi.SignInNeeded}
}

// report writes where the session stands, and ends the command with the exit
// code of the problem, if there is one.
func (p *program) report(c *connection, s localapi.State, problem *localapi.Problem) error {
	doc := p.standing(c, s, problem)
	return p.deliver(doc, s, problem)
}

// deliver is the rest of report, for a document that is more than the state.
func (p *program) deliver(doc standing, s localapi.State, problem *localapi.Problem) error {
	err := p.print(doc, func(w io.Writer) { p.describe(w, doc, s) })
	if aboutConsent(problem) {
		p.hand(s.Session.Consent)
	}
	if err != nil || problem == nil {
		return err
	}
	return exit(problem.Exit())
}

func (p *program) standing(c *connection, s localapi.State, problem *localapi.Problem) standing {
	doc := standing{
		Phase: s.Session.Phase, Provider: s.Session.Provider, Account: s.Session.Account, Portal: portalOf(s),
		Rehearsal: p.rehearse != nil, trouble: p.explain(problem),
	}
	if aboutConsent(problem) {
		doc.Consent = consentOf(s.Session.Consent)
	}
	if !c.own {
		// What an agent of our own plans ends with the command.
		doc.Agent, doc.Since, doc.NextTry = &c.info, s.Session.Since, s.Session.NextTry
	}
	for _, notice := range notices(s, problem) {
		doc.Notices = append(doc.Notices, p.explain(&notice))
	}
	return doc
}

// notices are the warnings of a state, without what is its problem already.
func notices(s localapi.State, problem *localapi.Problem) []localapi.Problem {
	all := s.Notices
	if s.PortalProblem != nil {
		all = append(all[:len(all):len(all)], *s.PortalProblem)
	}
	var rest []localapi.Problem
	for _, n := range all {
		if problem == nil || n.Code != problem.Code {
			rest = append(rest, n)
		}
	}
	return rest
}

func (p *program) describe(w io.Writer, doc standing, s localapi.State) {
	fmt.Fprintln(w, p.words.Text("console.phase."+string(doc.Phase), "Person", person(doc.Account)))
	rows := [][2]string{{p.words.Text("console.row.provider"), providerTitle(s, doc.Provider)}}
	if doc.Portal != nil {
		rows = append(rows, [2]string{p.words.Text("console.row.portal"), doc.Portal.describe()})
	}
	rows = append(rows, p.about(doc)...)
	rows = append(rows,
		[2]string{p.words.Text("console.row.since"), local(doc.Since)},
		[2]string{p.words.Text("console.row.next-try"), local(doc.NextTry)})
	table(w, rows)
	if doc.Rehearsal {
		fmt.Fprintln(w, p.words.Text("console.rehearsal.ends"))
	}
	// Who is just signing in need not be told to.
	if doc.Problem != nil && (doc.Phase != localapi.SigningIn || doc.Problem.Code != localapi.SignInNeeded) {
		p.tell(w, doc.Problem)
	}
	for _, notice := range doc.Notices {
		p.tell(p.progress, notice.Problem)
	}
}

// about is what is to be known of the person who is signed in, besides the name.
// Whoever tries a manifest wants to see all of it.
func (p *program) about(doc standing) [][2]string {
	a := doc.Account
	if a == nil {
		return nil
	}
	var rows [][2]string
	add := func(id, value string) { rows = append(rows, [2]string{p.words.Text(id), value}) }
	if doc.Phase == localapi.SignedIn && doc.Rehearsal {
		verified := "console.no"
		if a.EmailVerified {
			verified = "console.yes"
		}
		add("console.row.issuer", a.Issuer)
		add("console.row.subject", a.Subject)
		add("console.row.address", a.Email)
		add("console.row.verified", p.words.Text(verified))
	}
	if a.Guest {
		add("console.row.guest", p.words.Text("console.yes"))
	}
	add("console.row.actor", a.Actor)
	if doc.Phase == localapi.SignedIn && !a.Remembered && !doc.Rehearsal {
		add("console.row.remembered", p.words.Text("console.memory-only"))
	}
	return rows
}

// providerTitle is what people call a provider.
func providerTitle(s localapi.State, id string) string {
	if s.Portal != nil {
		for _, provider := range s.Portal.Providers {
			if provider.ID == id {
				return provider.Title
			}
		}
	}
	return id
}

// local is a moment on this computer's clock, "" for none.
func local(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04")
}
