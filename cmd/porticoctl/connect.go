package main

import (
	"context"
	"errors"
	"io/fs"

	"github.com/portico-desktop/portico/app/localapi"
)

// connect finds the running agent, or runs one in this process. A rehearsal never
// goes to the running agent, so that it cannot disturb it.
func connect(ctx context.Context, p *program) (*connection, error) {
	paths, err := p.paths()
	if err != nil {
		return nil, err
	}
	if p.alone || p.rehearse != nil {
		return own(ctx, p, paths)
	}
	client, err := localapi.Dial(ctx, paths.Runtime)
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
