package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/portico-desktop/portico/app/localapi"
)

// farewell is how long the agent may take to call off a sign-in after Ctrl-C.
const farewell = 5 * time.Second

// loginOptions are those of login.
type loginOptions struct {
	*program
	Provider  string
	Account   string
	Manifest  string
	Device    bool
	NoBrowser bool
	Timeout   time.Duration
}

func newLogin(p *program, run func(context.Context, *loginOptions) error) *cobra.Command {
	o := &loginOptions{program: p}
	cmd := &cobra.Command{
		Use:                   "login [--provider ID] [--account EMAIL] [--manifest FILE] [--device] [--no-browser] [--timeout 5m]",
		Short:                 p.words.Text("console.login.short"),
		Long:                  p.words.Text("console.login.long"),
		Args:                  p.noArguments,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.Timeout <= 0 {
				return usage(p.words.Text("console.login.timeout"))
			}
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Provider, "provider", "", p.words.Text("console.login.flag.provider"))
	f.StringVar(&o.Account, "account", "", p.words.Text("console.login.flag.account"))
	f.StringVar(&o.Manifest, "manifest", "", p.words.Text("console.login.flag.manifest"))
	f.BoolVar(&o.Device, "device", false, p.words.Text("console.login.flag.device"))
	f.BoolVar(&o.NoBrowser, "no-browser", false, p.words.Text("console.login.flag.no-browser"))
	f.DurationVar(&o.Timeout, "timeout", 5*time.Minute, p.words.Text("console.login.flag.timeout"))
	return cmd
}

// runLogin signs in. Somebody who is signed in already stays so, unless another
// provider or account is named.
func runLogin(ctx context.Context, o *loginOptions) error {
	manifest, err := o.readManifest()
	if err != nil {
		return err
	}
	return o.with(ctx, func(c *connection) error {
		state, err := settled(ctx, c)
		if err != nil {
			return err
		}
		changed, err := o.setPortal(ctx, c, state, manifest)
		if err != nil {
			return err
		}
		if changed {
			if state, err = settled(ctx, c); err != nil {
				return err
			}
		}
		if !o.satisfied(state) {
			if state, err = o.signIn(ctx, c, state.Session.Account); err != nil {
				return err
			}
		}
		return o.finish(c, state)
	})
}

func (o *loginOptions) readManifest() ([]byte, error) {
	if o.Manifest == "" {
		return nil, nil
	}
	manifest, err := os.ReadFile(o.Manifest)
	if err != nil {
		return nil, usage(o.words.Text("console.login.no-manifest", "Error", err.Error()))
	}
	return manifest, nil
}

// setPortal brings a manifest of a file, or the address in PORTICO_PORTAL, to
// the agent, and says whether that changed its portal. An agent of our own has
// been given the address already.
func (o *loginOptions) setPortal(ctx context.Context, c *connection, s localapi.State, manifest []byte) (bool, error) {
	if manifest != nil {
		return true, c.SetPortal(ctx, localapi.PortalRequest{Address: o.Manifest, Manifest: manifest})
	}
	address := o.env("PORTICO_PORTAL")
	if address == "" || c.own {
		return false, nil
	}
	req := localapi.PortalRequest{Address: address}
	check, err := c.CheckPortal(ctx, req)
	if err != nil || check.Address == s.PortalAddress {
		return false, err
	}
	return true, c.SetPortal(ctx, req)
}

// satisfied says whether the person who is asked for is signed in.
func (o *loginOptions) satisfied(s localapi.State) bool {
	if s.Session.Phase != localapi.SignedIn {
		return false
	}
	sameProvider := o.Provider == "" || o.Provider == s.Session.Provider
	sameAccount := o.Account == "" || s.Session.Account != nil && o.Account == s.Session.Account.Email
	return sameProvider && sameAccount
}

// signIn runs a sign-in to its end and returns the state in which somebody is
// signed in. before is who was known until now.
func (o *loginOptions) signIn(ctx context.Context, c *connection, before *localapi.Account) (localapi.State, error) {
	signIn, err := c.SignIn(ctx, localapi.SignInRequest{
		Provider: o.Provider, Account: o.Account, Device: o.Device, Timeout: o.Timeout,
	})
	if err != nil {
		return localapi.State{}, err
	}
	o.show(ctx, signIn)
	state, err := o.wait(ctx, c, signIn.Stage)
	switch {
	case ctx.Err() != nil:
		o.cancel(ctx, c)
		return localapi.State{}, ctx.Err()
	case err != nil:
		return localapi.State{}, err
	case !o.satisfied(state) && before != nil && state.Session.Account != nil && before.ID == state.Session.Account.ID:
		// Whoever was signed in stays so when an attempt as somebody else fails.
		return localapi.State{}, &localapi.Problem{Code: localapi.Cancelled}
	}
	return state, nil
}

// show says where the person goes on.
func (o *loginOptions) show(ctx context.Context, s localapi.SignIn) {
	until := s.Deadline.Local().Format("15:04")
	switch {
	case s.Stage == localapi.StageDevice:
		o.say("console.login.device", "Code", s.UserCode, "Until", until)
		fmt.Fprintln(o.progress, s.VerificationURL)
	case o.NoBrowser:
		o.say("console.login.open-here", "Until", until)
		fmt.Fprintln(o.progress, s.URL)
	default:
		o.say("console.login.browser", "Until", until)
		o.open(ctx, s.URL)
	}
}

// wait follows the sign-in until it has ended.
func (o *loginOptions) wait(ctx context.Context, c *connection, stage localapi.SignInStage) (localapi.State, error) {
	for event, err := range c.Watch(ctx) {
		if err != nil {
			return localapi.State{}, err
		}
		if event.State == nil {
			continue
		}
		session := event.State.Session
		switch session.Phase {
		case localapi.SigningIn:
			if session.SignIn != nil && session.SignIn.Stage != stage {
				stage = session.SignIn.Stage
				if stage == localapi.StageExchanging {
					o.say("console.login.exchanging")
				}
			}
		case localapi.SignedIn:
			if session.Problem != nil {
				// Whoever was signed in before still is; this attempt failed.
				return localapi.State{}, session.Problem
			}
			return *event.State, nil
		default:
			if session.Problem == nil {
				return localapi.State{}, &localapi.Problem{Code: localapi.Cancelled}
			}
			return localapi.State{}, session.Problem
		}
	}
	return localapi.State{}, &localapi.Problem{Code: localapi.AgentGone}
}

// cancel calls the sign-in off, so that the agent does not wait for a browser
// that nobody watches any more. One that cannot be called off ends by itself.
func (o *loginOptions) cancel(ctx context.Context, c *connection) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer stop()
	_ = c.CancelSignIn(ctx)
}

// finish reports a sign-in. One that only an agent of our own knows ends with
// this command when the key store did not take it, which is a failure. It is not
// revoked: some providers give all sign-ins of one browser the same grant, and
// the running agent's would end with it.
func (o *loginOptions) finish(c *connection, s localapi.State) error {
	var problem *localapi.Problem
	if account := s.Session.Account; c.own && account != nil && !account.Remembered {
		problem = &localapi.Problem{Code: localapi.KeyStoreFailing}
		for _, notice := range s.Notices {
			if notice.Exit() == localapi.ExitKeyStore {
				problem = &notice
				break
			}
		}
	}
	return o.report(c, s, problem)
}
