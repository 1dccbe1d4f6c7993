package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
)

// glance is how long status --cached waits for the running agent by default: it is for
// prompts, and nobody wants to wait for a prompt.
const glance = time.Second

// blink is how often status --cached asks an agent just starting.
const blink = 50 * time.Millisecond

// statusOptions are those of status.
type statusOptions struct {
	*program
	Refresh bool
	// Cached takes the running agent's knowledge, and starts no requests to anybody.
	Cached bool
	// Short is one line for a prompt.
	Short bool
	// Everybody are the people with a log-on session, as root sees them.
	Everybody bool
	// Timeout bounds the wait for an answer, 0 for no bound.
	Timeout time.Duration
}

func newStatus(p *program, run func(context.Context, *statusOptions) error) *cobra.Command {
	o := &statusOptions{program: p}
	cmd := &cobra.Command{
		Use:                   "status [--refresh] [--cached] [--short] [--timeout 10s] [--everybody]",
		Short:                 p.words.Text("console.status.short"),
		Long:                  p.words.Text("console.status.long"),
		Args:                  p.noArguments,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case o.Timeout < 0 || o.Timeout == 0 && cmd.Flags().Changed("timeout"):
				return usage(p.words.Text("console.login.timeout"))
			case o.Cached && o.Refresh:
				return usage(p.words.Text("console.status.cached-or-refresh"))
			case o.Everybody && (o.Cached || o.Refresh || o.Short || p.dataDir != ""):
				return usage(p.words.Text("console.status.everybody-alone"))
			}
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.Refresh, "refresh", false, p.words.Text("console.status.flag.refresh"))
	f.BoolVar(&o.Cached, "cached", false, p.words.Text("console.status.flag.cached"))
	f.BoolVar(&o.Short, "short", false, p.words.Text("console.status.flag.short"))
	f.BoolVar(&o.Everybody, "everybody", false, p.words.Text("console.status.flag.everybody"))
	f.DurationVar(&o.Timeout, "timeout", 0, p.words.Text("console.status.flag.timeout"))
	return cmd
}

// runStatus names the person signed in. A running agent knows; an agent of our own finds
// out by the one silent request of every start, so with none running there is nothing
// left to refresh.
func runStatus(ctx context.Context, o *statusOptions) error {
	if o.Everybody {
		return runEverybody(ctx, o)
	}
	if o.Cached && o.Timeout == 0 {
		o.Timeout = glance
	}
	o.short = o.Short
	ctx, stop := within(ctx, o.Timeout)
	defer stop()
	err := o.with(ctx, connectOptions{Running: o.Cached, Since: o.began}, func(c *connection) error {
		look := o.settled
		if o.Cached {
			look = known
		}
		state, err := look(ctx, c)
		if err != nil {
			return err
		}
		if o.Refresh && !c.own && canRefresh(state) {
			if state, err = c.Refresh(ctx); err != nil {
				return err
			}
		}
		if c.own {
			state = o.unknowing(state)
		}
		if o.uid() == 0 {
			state.Notices = append(slices.Clone(state.Notices), localapi.Problem{Code: localapi.LooksAtRoot})
		}
		return o.report(c, state, standingProblem(state))
	})
	return late(ctx, err)
}

// known is a running agent's own knowledge. The agent is not watched: to a watched agent
// somebody looks, and it asks the portal, the provider and the key store again.
func known(ctx context.Context, a localapi.Agent) (localapi.State, error) {
	for {
		s, err := a.State(ctx)
		if err != nil || s.Session.Phase != localapi.Starting {
			return s, err
		}
		t := time.NewTimer(blink)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return s, context.Cause(ctx)
		}
	}
}

// within bounds ctx, if limit is not 0. Its cause is then the problem to report.
func within(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if limit == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, limit, &localapi.Problem{Code: localapi.TookTooLong})
}

// late is the cause of an end by within's limit, and err otherwise.
func late(ctx context.Context, err error) error {
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// unknowing is the state of an agent of our own without an answer from the key store of
// the sign-ins. It lives too short to hold one itself, so nobody knows if this person is
// signed in.
func (p *program) unknowing(s localapi.State) localapi.State {
	if s.Session.Phase != localapi.SignedOut || s.Session.Problem != nil || remembersNobody(s) || p.decided().Text(policy.TokenStore) != "os" {
		return s
	}
	for _, notice := range s.Notices {
		if notice.Exit() == localapi.ExitKeyStore {
			s.Session.Phase, s.Session.Problem = localapi.Blocked, &notice
			break
		}
	}
	return s
}

// canRefresh reports if there is anything to renew: the manifest, and the sign-in if
// there is one.
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
		return s.PortalProblem // it comes before any sign-in
	}
	// How the last attempt ended is history; nobody is in, and this counts.
	return &localapi.Problem{Code: localapi.SignInNeeded}
}

// report writes the session's state, and ends the command with the exit code of the
// problem, if there is one.
func (p *program) report(c *connection, s localapi.State, problem *localapi.Problem) error {
	doc := p.standing(c, s, problem)
	return p.deliver(doc, s, problem)
}

// deliver is the rest of report, for a document with more than the state.
func (p *program) deliver(doc standing, s localapi.State, problem *localapi.Problem) error {
	err := p.print(doc, func(w io.Writer) { p.describe(w, doc, s) })
	if aboutConsent(problem) && !p.short {
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
		Network: s.Network, Rehearsal: p.rehearse != nil, trouble: p.inWords(problem),
	}
	if aboutConsent(problem) {
		doc.Consent = consentOf(s.Session.Consent)
	}
	if !c.own {
		// The plans of an agent of our own end with the command.
		doc.Agent, doc.Since, doc.NextTry = &c.info, s.Session.Since, s.Session.NextTry
	}
	for _, notice := range notices(s, problem) {
		doc.Notices = append(doc.Notices, p.inWords(&notice))
	}
	return doc
}

// notices are the warnings of a state, without its problem.
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
	if p.short {
		fmt.Fprintln(w, p.oneLine(doc))
		return
	}
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
	// A person just signing in need not be told to.
	if doc.Problem != nil && (doc.Phase != localapi.SigningIn || doc.Problem.Code != localapi.SignInNeeded) {
		p.tell(w, doc.Problem)
	}
	for _, notice := range doc.Notices {
		p.tell(p.progress, notice.Problem)
	}
}

// oneLine names the person signed in, or says there is nobody, for a prompt.
func (p *program) oneLine(doc standing) string {
	if who := doc.Account; doc.Phase == localapi.SignedIn && who != nil {
		return cmp.Or(who.Email, who.Name, who.Subject)
	}
	return p.words.Text("console.phase."+string(doc.Phase), "Person", person(doc.Account))
}

// about describes the person signed in, besides the name. Whoever tries a manifest wants
// to see all of it.
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

// providerTitle is people's name for a provider.
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
