package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/portico-desktop/portico/app/localapi"
)

// everybody signs every account of this device out, and the one signed in last of all: as
// long as somebody is signed in, the agent has no reason to look for another.
func (o *logoutOptions) everybody(ctx context.Context, c *connection, s localapi.State) error {
	list, err := c.Accounts(ctx)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(a localapi.Account) bool { return !a.Active && !a.Remembered })
	slices.SortStableFunc(list, func(a, b localapi.Account) int { return cmp.Compare(last(a), last(b)) })
	doc := signedOut{SignOutReport: localapi.SignOutReport{
		Local: localapi.StepNotAsked, Revoked: localapi.StepNotAsked, Browser: localapi.StepNotAsked,
	}}
	if p := standingProblem(s); len(list) == 0 && p != nil && p.Exit() == localapi.ExitKeyStore {
		return p // nobody knows its accounts
	}
	var problem *localapi.Problem
	for _, a := range list {
		report, err := c.SignOut(ctx, localapi.SignOutRequest{Browser: o.Browser, Account: a.ID})
		if err != nil {
			return err
		}
		if report.Browser == localapi.StepInBrowser {
			o.openSignOut(ctx, c, &report)
		}
		report.Account = nil // it is named already
		problem = cmp.Or(problem, undeleted(report))
		doc.Accounts = append(doc.Accounts, accountSignedOut{a, report})
		doc.Local, doc.Revoked, doc.Browser = worse(doc.Local, report.Local), worse(doc.Revoked, report.Revoked), worse(doc.Browser, report.Browser)
	}
	doc.trouble = o.inWords(problem)
	if err := o.print(doc, func(w io.Writer) { o.describeAll(w, doc) }); err != nil || problem == nil {
		return err
	}
	return exit(problem.Exit())
}

func last(a localapi.Account) int {
	if a.Active {
		return 1
	}
	return 0
}

// worse is the one of two steps leaving more to do.
func worse(a, b localapi.Step) localapi.Step {
	order := []localapi.Step{
		localapi.StepNotAsked, localapi.StepNotOffered, localapi.StepDone, localapi.StepInBrowser, localapi.StepNoIDToken, localapi.StepFailed,
	}
	if slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
}

func (o *logoutOptions) describeAll(w io.Writer, doc signedOut) {
	if len(doc.Accounts) == 0 {
		fmt.Fprintln(w, o.words.Text("console.logout.nobody"))
		return
	}
	for _, a := range doc.Accounts {
		fmt.Fprintln(w, person(&a.Account))
		o.describe(w, signedOut{SignOutReport: a.SignOutReport, trouble: o.inWords(undeleted(a.SignOutReport))})
	}
}
