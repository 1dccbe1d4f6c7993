package ui

import (
	"cmp"
	"context"
	"errors"

	"github.com/portico-desktop/portico/app/localapi"
)

// deeds are the person's actions, one at a time, and how the last one ended.
type deeds struct {
	agent    *agent
	jobs     *jobs
	words    *speech
	settings *settings
	browser  *browser
	accounts *accounts
	detours  *detours

	working  bool // something is under way
	checking bool // the state is being refreshed
	// trouble is the problem of the last action, shown until the next.
	trouble *localapi.Problem
	// tried is the person's last way in, nil for none.
	tried     *localapi.SignInRequest
	signedOut string // the news of the last sign-out, "" for nothing
	forgotten bool   // leave nothing behind

	refresh func()
	take    func(localapi.State)    // makes a state the present one
	tell    func(*localapi.Problem) // shows a trouble on a screen without a place for it
}

// act runs an action of the person, one at a time. A failure is shown where it belongs.
func (d *deeds) act(do func(context.Context) error, then func()) {
	if d.working {
		return
	}
	d.working, d.trouble = true, nil
	d.refresh()
	d.jobs.call(do, func(err error) {
		d.working = false
		if p := problemOf(err); p != nil {
			d.report(p)
			return
		}
		if then != nil {
			then()
		}
		d.refresh()
	})
}

// report shows the problem of an action: on the screen if it has a place for it,
// otherwise over it.
func (d *deeds) report(p *localapi.Problem) {
	d.trouble = p
	d.refresh()
	d.tell(p)
}

// signIn begins a sign-in and opens its page. Remembering it is a setting, and the person
// finds it at the door too.
func (d *deeds) signIn(req localapi.SignInRequest) {
	d.tried = &req
	req.MemoryOnly = !d.settings.remembers()
	d.begin(req, func(in localapi.SignIn) {
		if in.URL != "" {
			d.browser.page(in.URL)
		}
	})
}

// begin begins a sign-in, in place of one that is under way; then may be nil.
func (d *deeds) begin(req localapi.SignInRequest, then func(localapi.SignIn)) {
	d.browser.missing, d.signedOut = false, ""
	var in localapi.SignIn
	d.act(func(ctx context.Context) error {
		var err error
		in, err = d.agent.api.SignIn(ctx, req)
		return err
	}, func() {
		if then != nil {
			then(in)
		}
	})
}

// cancelSignIn ends a sign-in under way.
func (d *deeds) cancelSignIn() { d.act(d.agent.api.CancelSignIn, nil) }

// renew asks the agent for news now.
func (d *deeds) renew() {
	if d.checking || !d.agent.known || d.agent.state.Session.Phase == localapi.SigningIn {
		return
	}
	d.checking = true
	d.refresh()
	var state localapi.State
	d.jobs.call(func(ctx context.Context) error {
		var err error
		state, err = d.agent.api.Refresh(ctx)
		return err
	}, func(err error) {
		d.checking = false
		if err == nil && state.Revision >= d.agent.state.Revision {
			d.take(state)
			return
		}
		if p := problemOf(err); p != nil && !overAll(p) {
			d.report(p)
			return
		}
		d.refresh()
	})
}

// signOut signs this device out, and the browser too if asked.
func (d *deeds) signOut(req localapi.SignOutRequest) {
	title := d.agent.providerTitle(d.agent.state.Session.Provider)
	var report localapi.SignOutReport
	d.act(func(ctx context.Context) error {
		var err error
		report, err = d.agent.api.SignOut(ctx, req)
		return err
	}, func() {
		switch {
		case report.Local == localapi.StepFailed && report.LocalProblem != nil:
			d.report(report.LocalProblem)
		case report.Revoked == localapi.StepFailed && req.Account != "" && report.RevokedProblem != nil:
			d.report(report.RevokedProblem)
		case report.Revoked == localapi.StepFailed:
			d.signedOut = d.words.Text("window.sign-out.not-told", "Provider", title)
		case report.Browser == localapi.StepNoIDToken:
			d.signedOut = d.words.Text("window.sign-out.browser-stays")
		default:
			d.signedOut = d.words.Text("window.sign-out.done")
		}
		if report.Browser == localapi.StepInBrowser && report.BrowserURL != "" {
			d.browser.link(report.BrowserURL)
		}
		if req.Account != "" {
			d.accounts.ask() // it is listed no more
		}
	})
}

// forget removes every trace of this person.
func (d *deeds) forget() {
	var report localapi.ForgetReport
	d.act(func(ctx context.Context) error {
		var err error
		report, err = d.agent.api.Forget(ctx)
		return err
	}, func() {
		d.forgotten = true
		if len(report.Problems) > 0 {
			d.report(&report.Problems[0])
		}
	})
}

// useAccount goes on as a remembered person.
func (d *deeds) useAccount(id string) {
	d.tried = nil
	name := id
	for _, a := range d.accounts.list {
		if a.ID == id {
			name = cmp.Or(accountName(&a), id)
		}
	}
	d.act(func(ctx context.Context) error {
		err := d.agent.api.UseAccount(ctx, localapi.AccountRequest{Account: id})
		var p *localapi.Problem
		if errors.As(err, &p) && p.Code == localapi.UnknownAccount {
			d.jobs.hop.post(d.accounts.ask) // it is offered no more
			named := *p
			named.Params = map[string]string{"account": name}
			return &named
		}
		return err
	}, nil)
}

// anotherAccount signs in somebody else: at the provider if there is only one,
// after choosing the way in if there are several.
func (d *deeds) anotherAccount() {
	if p := d.agent.state.Portal; p != nil && len(p.Providers) == 1 && !p.AddressFirst {
		d.signIn(localapi.SignInRequest{Provider: p.Providers[0].ID, Another: true})
		return
	}
	d.detours.adding = true
	d.refresh()
}
