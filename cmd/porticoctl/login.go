package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
)

// farewell is how long the agent may take to call off a sign-in after Ctrl-C.
const farewell = 5 * time.Second

// loginOptions are those of login.
type loginOptions struct {
	*program
	Provider string
	Account  string
	Manifest string
	// Portal is an address to be kept once somebody has signed in there.
	Portal     string
	Device     bool
	NoBrowser  bool
	NoRemember bool
	// Wait goes on while an administrator's consent is missing.
	Wait    bool
	Timeout time.Duration
	// Limit bounds everything, this wait included; 0 leaves it to the agent.
	Limit time.Duration
}

func newLogin(p *program, run func(context.Context, *loginOptions) error) *cobra.Command {
	o := &loginOptions{program: p}
	cmd := &cobra.Command{
		Use:                   "login [--provider ID] [--account EMAIL] [--portal ADDRESS] [--manifest FILE] [--device] [--no-browser] [--no-remember] [--wait] [--timeout 5m]",
		Short:                 p.words.Text("console.login.short"),
		Long:                  p.words.Text("console.login.long"),
		Args:                  p.noArguments,
		ValidArgsFunction:     completeNothing,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.Timeout <= 0 {
				return usage(p.words.Text("console.login.timeout"))
			}
			if o.Portal != "" && o.Manifest != "" {
				return usage(p.words.Text("console.login.portal-or-manifest"))
			}
			p.portal = o.Portal
			if o.Wait && cmd.Flags().Changed("timeout") {
				o.Limit = o.Timeout
			}
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Provider, "provider", "", p.words.Text("console.login.flag.provider"))
	f.StringVar(&o.Account, "account", "", p.words.Text("console.login.flag.account"))
	f.StringVar(&o.Manifest, "manifest", "", p.words.Text("console.login.flag.manifest"))
	f.StringVar(&o.Portal, "portal", "", p.words.Text("console.login.flag.portal"))
	f.BoolVar(&o.Device, "device", false, p.words.Text("console.login.flag.device"))
	f.BoolVar(&o.NoBrowser, "no-browser", false, p.words.Text("console.login.flag.no-browser"))
	f.BoolVar(&o.NoRemember, "no-remember", false, p.words.Text("console.login.flag.no-remember"))
	f.BoolVar(&o.Wait, "wait", false, p.words.Text("console.login.flag.wait"))
	f.DurationVar(&o.Timeout, "timeout", 5*time.Minute, p.words.Text("console.login.flag.timeout"))
	completeFlag(cmd, "provider", func(cmd *cobra.Command, _ []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return p.completeProviders(cmd, nil, word)
	})
	for _, name := range []string{"account", "portal", "timeout"} {
		completeFlag(cmd, name, completeNothing)
	}
	return cmd
}

// runLogin signs in. A person already signed in stays so, unless another provider or
// account is named.
func runLogin(ctx context.Context, o *loginOptions) error {
	o.signingIn = true
	if err := o.takeManifest(o.Manifest); err != nil {
		return err
	}
	if o.rehearse == nil {
		o.sayOverruled()
	}
	return o.with(ctx, connectOptions{}, func(c *connection) error {
		if c.own && o.NoRemember && o.rehearse == nil {
			return usage(o.words.Text("console.login.nobody-remembers"))
		}
		state, err := o.settled(ctx, c)
		if err != nil {
			return err
		}
		if c.own && o.rehearse == nil && remembersNobody(state) {
			return usage(o.words.Text("console.login.remembers-nobody"))
		}
		moved := false
		if o.rehearse != nil {
			if problem := state.PortalProblem; problem != nil {
				return problem
			}
			o.say("console.rehearsal.begins")
		} else if moved, err = o.setPortal(ctx, c, state); o.askForProxy(ctx, c, err) {
			moved, err = o.setPortal(ctx, c, state)
		}
		if err != nil {
			return err
		}
		if moved {
			if state, err = o.settled(ctx, c); err != nil {
				return err
			}
		}
		was := state
		if state, err = o.signIn(ctx, c, was); o.askForProxy(ctx, c, err) {
			if was, err = c.Refresh(ctx); err == nil {
				state, err = o.signIn(ctx, c, was)
			}
		}
		if err != nil {
			if moved {
				giveBack(ctx, c)
			}
			return o.unfinished(c, state, err)
		}
		if err := o.keepPortal(ctx, c); err != nil {
			return err
		}
		return o.finish(c, state)
	})
}

// remembersNobody reports if the settings let nobody be remembered.
func remembersNobody(s localapi.State) bool {
	return slices.ContainsFunc(s.Settings, func(set localapi.Setting) bool {
		return set.Key == string(policy.RememberMe) && set.Value == policy.Never
	})
}

// takeManifest makes the command a rehearsal of the portal described in a file; "" leaves
// it as it is.
func (p *program) takeManifest(file string) error {
	if file == "" {
		return nil
	}
	manifest, err := os.ReadFile(file)
	if err != nil {
		return usage(p.words.Text("console.no-manifest", "Error", err.Error()))
	}
	p.rehearse = &localapi.PortalRequest{Address: file, Manifest: manifest}
	return nil
}

// setPortal brings the address in PORTICO_PORTAL or --portal to a running agent, for as
// long as the agent runs, and reports if its portal changed. An agent of our own has been
// given it already.
func (o *loginOptions) setPortal(ctx context.Context, c *connection, s localapi.State) (bool, error) {
	address := o.address()
	if _, _, overruled := o.overruledPortal(); address == "" || c.own || overruled {
		return false, nil
	}
	check, err := c.CheckPortal(ctx, localapi.PortalRequest{Address: address})
	if err != nil || check.Address == s.PortalAddress {
		return false, err
	}
	return true, c.SetPortal(ctx, localapi.PortalRequest{Address: address, ForRun: true})
}

// keepPortal keeps the portal of --portal, if somebody has just signed in.
func (o *loginOptions) keepPortal(ctx context.Context, c *connection) error {
	if _, _, overruled := o.overruledPortal(); o.Portal == "" || overruled {
		return nil
	}
	err := c.SetPortal(ctx, localapi.PortalRequest{Address: o.Portal})
	var problem *localapi.Problem
	if errors.As(err, &problem) && problem.Code == localapi.SettingManaged {
		return nil // IT keeps it, and it is the same
	}
	return err
}

// giveBack returns a running agent to its portal before setPortal, or to none, if nobody
// could sign in at the new one.
func giveBack(ctx context.Context, c *connection) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer stop()
	// The person has to know why the sign-in failed, and no more.
	_ = c.SetPortal(ctx, localapi.PortalRequest{ForRun: true})
}

// satisfied reports if the person asked for is signed in.
func (o *loginOptions) satisfied(s localapi.State) bool {
	if s.Session.Phase != localapi.SignedIn {
		return false
	}
	sameProvider := o.Provider == "" || o.Provider == s.Session.Provider
	sameAccount := o.Account == "" || s.Session.Account != nil && strings.EqualFold(o.Account, s.Session.Account.Email)
	return sameProvider && sameAccount
}

// signIn gets the person asked for signed in: they are already, the device remembers
// them, or they sign in now. It returns the state afterwards, on failure too.
func (o *loginOptions) signIn(ctx context.Context, c *connection, before localapi.State) (localapi.State, error) {
	if o.satisfied(before) {
		if o.NoRemember && before.Session.Account != nil && before.Session.Account.Remembered {
			o.say("console.login.stays-remembered")
		}
		return before, nil
	}
	state, err := o.remembered(ctx, c)
	if err != nil || o.satisfied(state) {
		return state, err
	}
	signIn, err := c.SignIn(ctx, localapi.SignInRequest{
		Provider: o.Provider, Account: o.Account, Device: o.Device, MemoryOnly: o.NoRemember,
		Elsewhere: o.terminal && (o.NoBrowser || o.remote()), Timeout: o.Timeout,
	})
	if err != nil {
		return localapi.State{}, err
	}
	byHand := o.show(ctx, signIn)
	if state, err = o.follow(ctx, c, signIn, byHand); err != nil {
		return state, err
	}
	account := before.Session.Account
	if !o.satisfied(state) && account != nil && state.Session.Account != nil && account.ID == state.Session.Account.ID {
		// Whoever was signed in stays so when an attempt as somebody else fails.
		return localapi.State{}, &localapi.Problem{Code: localapi.Cancelled}
	}
	return state, nil
}

// remembered changes to the account asked for, silently, if the device remembers exactly
// one with its address. A zero state means: somebody has to sign in.
func (o *loginOptions) remembered(ctx context.Context, c *connection) (localapi.State, error) {
	if o.Account == "" || o.Device || o.NoRemember || o.rehearse != nil {
		return localapi.State{}, nil
	}
	all, err := c.Accounts(ctx)
	if err != nil {
		// The sign-in will tell of the key store's fault, if it matters.
		return localapi.State{}, nil //nolint:nilerr // see above
	}
	var found []localapi.Account
	for _, a := range all {
		if a.Remembered && !a.Former && strings.EqualFold(a.Email, o.Account) && (o.Provider == "" || o.Provider == a.Provider) {
			found = append(found, a)
		}
	}
	if len(found) != 1 {
		return localapi.State{}, nil
	}
	if err := c.UseAccount(ctx, localapi.AccountRequest{Account: found[0].ID}); err != nil {
		var problem *localapi.Problem
		if errors.As(err, &problem) && (problem.Exit() == localapi.ExitSignInNeeded || problem.Code == localapi.UnknownAccount) {
			return localapi.State{}, nil
		}
		return localapi.State{}, err
	}
	state, err := o.settled(ctx, c)
	if err != nil {
		return state, err
	}
	switch state.Session.Phase {
	case localapi.SignedIn:
		return state, nil
	case localapi.Offline, localapi.Blocked:
		// The browser would not get any further.
		return state, standingProblem(state)
	}
	return localapi.State{}, nil
}

// show tells the person the next step, and reports if they may have to paste the address at its
// end.
func (o *loginOptions) show(ctx context.Context, s localapi.SignIn) (byHand bool) {
	until := s.Deadline.Local().Format("15:04")
	switch {
	case s.Stage == localapi.StageDevice:
		o.showCode(s)
	case o.NoBrowser:
		o.say("console.login.open-here", "Until", until)
		fmt.Fprintln(o.progress, s.URL)
		if o.terminal {
			o.say("console.login.paste")
		}
		return o.terminal
	default:
		o.say("console.login.browser", "Until", until)
		if o.open(ctx, s.URL) || !o.remote() {
			return false
		}
		if o.terminal {
			o.say("console.login.paste")
		}
		o.say("console.login.or-device")
		return o.terminal
	}
	return false
}

// showCode shows the code and the page for it, and why there is another code.
func (o *loginOptions) showCode(s localapi.SignIn) {
	said := "console.login.device"
	if s.NewCode {
		said = "console.login.new-code"
	}
	o.say(said, "Code", s.UserCode, "Until", s.Deadline.Local().Format("15:04"))
	fmt.Fprintln(o.progress, s.VerificationURL)
	address := s.URL
	if address == "" {
		address = s.VerificationURL
	}
	qrCode(o.drawing, address, o.columns())
}

// remote reports if the person is at another computer, and sees no browser of this one.
func (p *program) remote() bool {
	shown := p.env("DISPLAY") != "" || p.env("WAYLAND_DISPLAY") != ""
	return !shown && (p.env("SSH_CONNECTION") != "" || p.env("SSH_TTY") != "")
}

// cancel calls the sign-in off, so the agent does not wait for a browser nobody watches
// any more. If it cannot be called off, it ends by itself.
func (o *loginOptions) cancel(ctx context.Context, c *connection) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer stop()
	_ = c.CancelSignIn(ctx)
}

// unfinished reports a login without anybody signed in. If an administrator has to agree,
// there is more to say than the problem.
func (o *loginOptions) unfinished(c *connection, s localapi.State, err error) error {
	var problem *localapi.Problem
	if s.Session.Consent == nil || !errors.As(err, &problem) || !aboutConsent(problem) {
		return err
	}
	return o.report(c, s, problem)
}

// finish reports a sign-in. A sign-in of an agent of our own ends with this command when
// it could not be kept. This is a failure, be it the key store's or for want of anything
// to keep from the provider. It is not revoked: some providers give all sign-ins of one
// browser the same grant, and the running agent's would end with it. A rehearsal is meant
// to end so.
func (o *loginOptions) finish(c *connection, s localapi.State) error {
	var problem *localapi.Problem
	if account := s.Session.Account; c.own && o.rehearse == nil && account != nil && !account.Remembered {
		problem = &localapi.Problem{Code: localapi.KeyStoreFailing}
		for _, notice := range s.Notices {
			if notice.Code == localapi.NoRefreshToken || notice.Exit() == localapi.ExitKeyStore {
				problem = &notice
				break
			}
		}
	}
	doc := o.standing(c, s, problem)
	if account := s.Session.Account; o.Account != "" && account != nil && account.Email != "" && !strings.EqualFold(o.Account, account.Email) {
		// No failure: people have several addresses, and sign in with any of them.
		o.say("console.login.somebody-else", "Account", o.Account)
		doc.AskedFor = o.Account
	}
	return o.deliver(doc, s, problem)
}
