package main

import (
	"context"

	"github.com/portico-desktop/portico/app/agent"
	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/policy"
)

// own runs an agent in this process, without socket and tray, until the
// connection is closed. It shares its files, key store and locks with every
// other agent of this user.
func own(ctx context.Context, p *program, paths desktop.Paths) (*connection, error) {
	options := agent.NetworkOptions(p.env)
	if problem := agent.CheckNetwork(options); problem != nil && !p.still {
		return nil, problem
	}
	params := agent.Params{
		Paths: paths, Words: p.words, Portal: p.env("PORTICO_PORTAL"), OpenBrowser: p.browse, Passive: p.passive, Store: p.store,
		Rehearse: p.rehearse, Network: options, HTTP: p.http, LogDir: paths.Logs,
	}
	if p.rehearse == nil && !p.still {
		level := diag.Level(policy.Read().Resolve(policy.Layers{}).Text(policy.LogLevel))
		params.Log = diag.NewLog(diag.LogParams{Dir: paths.Logs, Level: level}).With("program", "porticoctl")
	}
	a := agent.New(params)
	if p.still {
		return &connection{Agent: a, own: true, close: func() error { return a.Quit(ctx) }}, nil
	}
	// The agent outlives Ctrl-C for as long as it takes to call off what the
	// command has begun.
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	return &connection{Agent: a, own: true, close: func() error {
		stop()
		return <-ended
	}}, nil
}
