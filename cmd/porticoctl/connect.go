package main

import (
	"context"
	"errors"
	"io/fs"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/localapi"
)

// connect finds the running agent, or runs one in this process. A rehearsal never goes to
// the running agent, so it cannot disturb it.
func connect(ctx context.Context, p *program) (*connection, error) {
	paths, err := p.paths()
	if err != nil {
		return nil, err
	}
	if owner := diag.OwnerProblem(paths.CheckOwner()); owner != nil {
		if !p.still {
			return nil, owner
		}
		p.alone = true // whoever only looks makes nothing, and asks no other user's agent
	}
	if p.alone || p.rehearse != nil {
		return own(ctx, p, paths)
	}
	client, err := dial(ctx, paths)
	if errors.Is(err, localapi.ErrNoAgent) && p.running {
		return nil, &localapi.Problem{Code: localapi.AgentGone, Details: &localapi.Details{Error: err.Error()}}
	}
	if errors.Is(err, localapi.ErrNoAgent) {
		return own(ctx, p, paths)
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
