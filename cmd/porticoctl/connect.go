package main

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/localapi"
)

// connectOptions say which agent a command wants. The zero value is the running agent,
// or else one in this process, which signs in whoever is remembered.
type connectOptions struct {
	// Running: only a running agent is asked, and without one the command fails.
	Running bool
	// Alone: no running agent is asked, only one in this process.
	Alone bool
	// Passive: an agent in this process signs nobody in by itself.
	Passive bool
	// Still: an agent in this process is only looked into, and never started.
	Still bool
	// Since is the beginning of a command that needs no tokens: an agent in this process
	// takes over a renewal of another process since then. Zero has it renew by itself.
	Since time.Time
}

// connect finds the running agent, or runs one in this process. A rehearsal never goes to
// the running agent, so it cannot disturb it.
func connect(ctx context.Context, p *program, options connectOptions) (*connection, error) {
	paths, err := p.paths()
	if err != nil {
		return nil, err
	}
	if owner := diag.OwnerProblem(paths.CheckOwner()); owner != nil {
		if !options.Still {
			return nil, owner
		}
		options.Alone = true // whoever only looks makes nothing, and asks no other user's agent
	}
	if options.Alone || p.rehearse != nil {
		return own(ctx, p, options, paths)
	}
	client, err := dial(ctx, paths)
	if errors.Is(err, localapi.ErrNoAgent) && options.Running {
		return nil, &localapi.Problem{Code: localapi.AgentGone, Details: &localapi.Details{Error: err.Error()}}
	}
	if errors.Is(err, localapi.ErrNoAgent) {
		return own(ctx, p, options, paths)
	}
	if errors.Is(err, localapi.ErrUnsafe) || errors.Is(err, fs.ErrPermission) {
		return nil, &localapi.Problem{
			Code: localapi.RuntimeFolder, Params: map[string]string{"file": paths.Runtime}, Details: &localapi.Details{Error: err.Error()},
		}
	}
	if err != nil {
		return nil, err
	}
	info, err := client.Handshake(ctx)
	if err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return &connection{Agent: client, info: info, close: client.Close}, nil
}

// dial finds the running agent of this user.
func dial(ctx context.Context, paths desktop.Paths) (*localapi.Client, error) {
	client, err := localapi.Dial(ctx, paths.Runtime)
	for _, dir := range paths.AlsoAt() {
		if !errors.Is(err, localapi.ErrNoAgent) {
			break
		}
		if other, failed := localapi.Dial(ctx, dir); failed == nil {
			return other, nil
		}
	}
	return client, err
}
