package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/portico-desktop/portico/app/localapi"
)

// logoutOptions are those of logout.
type logoutOptions struct {
	*program
	Browser bool
	// Account is an address or an account's id; "" is whoever is signed in.
	Account string
	// All: everybody known to this device.
	All bool
}

func newLogout(p *program, run func(context.Context, *logoutOptions) error) *cobra.Command {
	o := &logoutOptions{program: p}
	cmd := &cobra.Command{
		Use:                   "logout [--browser] [--account EMAIL|ID] [--all]",
		Short:                 p.words.Text("console.logout.short"),
		Long:                  p.words.Text("console.logout.long"),
		Args:                  p.noArguments,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.All && o.Account != "" {
				return usage(p.words.Text("console.logout.all-or-one"))
			}
			return run(cmd.Context(), o)
		},
	}
	cmd.Flags().BoolVar(&o.Browser, "browser", false, p.words.Text("console.logout.flag.browser"))
	cmd.Flags().StringVar(&o.Account, "account", "", p.words.Text("console.logout.flag.account"))
	cmd.Flags().BoolVar(&o.All, "all", false, p.words.Text("console.logout.flag.all"))
	return cmd
}

// runLogout signs this device out. The exit code is about the removal from the device;
// the two other steps are reported. Nobody to sign out is no failure.
func runLogout(ctx context.Context, o *logoutOptions) error {
	return o.with(ctx, connectOptions{}, func(c *connection) error {
		state, err := o.settled(ctx, c)
		if err != nil {
			return err
		}
		if o.All {
			return o.everybody(ctx, c, state)
		}
		account, err := o.account(ctx, c)
		if err != nil {
			return err
		}
		report, err := c.SignOut(ctx, localapi.SignOutRequest{Browser: o.Browser, Account: account})
		var problem *localapi.Problem
		if errors.As(err, &problem) && problem.Code == localapi.SignInNeeded {
			report, err = o.nobody(ctx, c, state)
		}
		if err != nil {
			return err
		}
		if report.Browser == localapi.StepInBrowser {
			o.openSignOut(ctx, c, &report)
		}
		problem = undeleted(report)
		doc := signedOut{SignOutReport: report, trouble: o.inWords(problem)}
		if err := o.print(doc, func(w io.Writer) { o.describe(w, doc) }); err != nil || problem == nil {
			return err
		}
		return exit(problem.Exit())
	})
}

// undeleted is why a sign-in is still on this device, nil when it is not.
func undeleted(report localapi.SignOutReport) *localapi.Problem {
	switch {
	case report.Local != localapi.StepFailed:
		return nil
	case report.LocalProblem != nil:
		return report.LocalProblem
	}
	return &localapi.Problem{Code: localapi.KeyStoreFailing}
}

// account is the id of the account of --account.
func (o *logoutOptions) account(ctx context.Context, c *connection) (string, error) {
	if o.Account == "" {
		return "", nil
	}
	all, err := c.Accounts(ctx)
	if err != nil {
		return "", err
	}
	var found []string
	for _, a := range all {
		if a.ID == o.Account || strings.EqualFold(a.Email, o.Account) {
			found = append(found, a.ID)
		}
	}
	switch len(found) {
	case 0:
		return "", &localapi.Problem{Code: localapi.UnknownAccount, Params: map[string]string{"account": o.Account}}
	case 1:
		return found[0], nil
	}
	return "", usage(o.words.Text("console.logout.several", "Account", o.Account, "Accounts", strings.Join(found, ", ")))
}

// nobody makes sure of nothing to sign out from. The agent may be unable to use a
// remembered sign-in, because the key store does not open or the portal with its provider
// has never been read. Accounts besides the one signed in stay remembered, and the person
// is told so.
func (o *logoutOptions) nobody(ctx context.Context, c *connection, s localapi.State) (localapi.SignOutReport, error) {
	none := localapi.SignOutReport{Local: localapi.StepNotAsked, Revoked: localapi.StepNotAsked, Browser: localapi.StepNotAsked}
	list, err := c.Accounts(ctx)
	if err != nil {
		return none, err
	}
	var others []string
	for _, a := range list {
		if a.Remembered {
			others = append(others, person(&a))
		}
	}
	if len(others) == 0 {
		return none, nil
	}
	if problem := standingProblem(s); problem != nil && problem.Code != localapi.SignInNeeded {
		return none, problem
	}
	o.say("console.logout.others", "Accounts", strings.Join(others, ", "))
	return none, nil
}

// openSignOut opens the page for ending the provider's session. A page of our own agent
// ends with this command, so it is of no use to be opened later.
func (o *logoutOptions) openSignOut(ctx context.Context, c *connection, report *localapi.SignOutReport) {
	if !report.OneTime || c.withdraw == nil {
		o.open(ctx, report.BrowserURL)
		return
	}
	if err := o.browse(ctx, report.BrowserURL); err != nil {
		c.withdraw()
		report.Browser, report.BrowserURL, report.OneTime = localapi.StepFailed, "", false
		o.say("console.logout.no-browser")
	}
}

func (o *logoutOptions) describe(w io.Writer, doc signedOut) {
	switch doc.Local {
	case localapi.StepNotAsked:
		fmt.Fprintln(w, o.words.Text("console.logout.nobody"))
		return
	case localapi.StepFailed:
		fmt.Fprintln(w, o.words.Text("console.logout.failed"))
	default:
		fmt.Fprintln(w, o.words.Text("console.logout.done"))
	}
	if doc.Account != nil && doc.Account.Former {
		fmt.Fprintln(w, o.words.Text("console.logout.former", "Account", person(doc.Account)))
	}
	table(w, [][2]string{
		{o.words.Text("console.logout.row.local"), o.step(doc.Local)},
		{o.words.Text("console.logout.row.revoked"), o.step(doc.Revoked)},
		{o.words.Text("console.logout.row.browser"), o.step(doc.Browser)},
	})
	if doc.Browser == localapi.StepNoIDToken {
		fmt.Fprintln(w, o.words.Text("console.logout.no-id-token"))
	}
	for _, problem := range []*localapi.Problem{doc.Problem, doc.RevokedProblem} {
		if problem != nil {
			o.tell(o.progress, problem)
		}
	}
}

func (o *logoutOptions) step(s localapi.Step) string {
	return o.words.Text("console.step." + string(s))
}

// open opens an address in the browser, and hands it to the person if the browser does
// not open.
func (p *program) open(ctx context.Context, address string) (opened bool) {
	if err := p.browse(ctx, address); err != nil {
		p.say("console.browser.failed")
		fmt.Fprintln(p.progress, address)
		return false
	}
	return true
}
