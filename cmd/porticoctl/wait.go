package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/portico-desktop/portico/app/localapi"
)

// again is how often wait looks for an agent still to start. Nothing tells when one
// begins to.
const again = time.Second

// waitOptions are those of wait.
type waitOptions struct {
	*program
	// Timeout bounds the wait, 0 for as long as it takes.
	Timeout time.Duration
}

func newWait(p *program, run func(context.Context, *waitOptions) error) *cobra.Command {
	o := &waitOptions{program: p}
	cmd := &cobra.Command{
		Use:                   "wait [--timeout 5m]",
		Short:                 p.words.Text("console.wait.short"),
		Long:                  p.words.Text("console.wait.long"),
		Args:                  p.noArguments,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.Timeout < 0 || o.Timeout == 0 && cmd.Flags().Changed("timeout") {
				return usage(p.words.Text("console.login.timeout"))
			}
			return run(cmd.Context(), o)
		},
	}
	cmd.Flags().DurationVar(&o.Timeout, "timeout", 0, p.words.Text("console.wait.flag.timeout"))
	return cmd
}

// errNobody: nobody is signed in, as far as an agent of our own can tell.
var errNobody = errors.New("nobody is signed in yet")

// runWait waits until somebody is signed in. With no agent running an agent of our own
// looks once, and then a running one is waited for: only a running one notices a sign-in.
func runWait(ctx context.Context, o *waitOptions) error {
	ctx, stop := within(ctx, o.Timeout)
	defer stop()
	options := connectOptions{Since: o.began}
	for {
		err := o.with(ctx, options, func(c *connection) error { return o.until(ctx, c) })
		var problem *localapi.Problem
		gone := errors.As(err, &problem) && problem.Code == localapi.AgentGone
		if !gone && !errors.Is(err, errNobody) {
			return late(ctx, err)
		}
		options.Running = true
		t := time.NewTimer(again)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return context.Cause(ctx)
		}
	}
}

// until watches an agent until somebody is signed in, and reports it.
func (o *waitOptions) until(ctx context.Context, c *connection) error {
	for event, err := range c.Watch(ctx) {
		switch {
		case err != nil:
			return err
		case event.State == nil || event.State.Session.Phase == localapi.Starting:
		case event.State.Session.Phase == localapi.SignedIn:
			return o.report(c, *event.State, nil)
		case c.own:
			return errNobody
		}
	}
	return &localapi.Problem{Code: localapi.AgentGone}
}
