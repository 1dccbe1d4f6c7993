package main

import (
	"context"

	"github.com/portico-desktop/portico/app/agent"
	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/picture"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/settings"
)

// ownAgent is an agent in this process, with more to call than the local contract.
type ownAgent struct {
	*agent.Agent
	localapi.Parts
}

// own runs an agent in this process, without socket and tray, until the
// connection is closed. It shares its files, key store and locks with every
// other agent of this user.
func own(ctx context.Context, p *program, how connectOptions, paths desktop.Paths) (*connection, error) {
	options, found := agent.NetworkOptions(p.env), p.find(paths)
	options.LogOn = proxyLogOn()
	prefer := found.Preferences(p.env)
	if counts := prefer.Get(policy.ExtraCAFile).Source.Kind == policy.Environment; counts && !how.Still {
		if problem := agent.CheckNetwork(options); problem != nil {
			return nil, problem
		}
	}
	// Before anything is done, so this alone is said.
	if !how.Still {
		if err := paths.Make(); err != nil {
			return nil, agent.CannotStart(err, paths)
		}
	}
	params := agent.Params{
		Start:       settings.Start{Paths: paths, Words: p.words, Policies: p.policies, Found: found, Portal: p.address()},
		OpenBrowser: p.browse, Passive: how.Passive, Since: how.Since, Store: p.store,
		Rehearse: p.rehearse, Network: options, HTTP: p.http, Log: agent.Log{Dir: paths.Logs},
		Pictures: picture.Examiner{}.Check,
	}
	if p.rehearse == nil && !how.Still {
		level := diag.Level(prefer.Text(policy.LogLevel))
		params.Log.To = diag.NewLog(diag.LogParams{Dir: paths.Logs, Level: level}).With("program", "porticoctl")
	}
	a := agent.New(params)
	if how.Still {
		return &connection{Agent: ownAgent{a, a.Parts()}, own: true, close: func() error { return a.Parts().Quit(ctx) }}, nil
	}
	// The agent outlives Ctrl-C for as long as it takes to call off the deeds of the
	// command.
	asked := ctx
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	// Whoever presses Ctrl-C no longer waits for a browser either.
	left := context.AfterFunc(asked, a.WithdrawPages)
	return &connection{Agent: ownAgent{a, a.Parts()}, own: true, withdraw: a.WithdrawPages, close: func() error {
		stop()
		defer left()
		return <-ended
	}}, nil
}
