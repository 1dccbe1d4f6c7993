package settings

import (
	"context"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/policy"
)

// PolicyChanges tells of changed policies on this computer, until ctx ends. Not every
// change is one of a value.
func PolicyChanges(ctx context.Context) <-chan struct{} {
	if files := policy.Files(); files != nil {
		return desktop.FileChanges(ctx, files...)
	}
	return desktop.Changes(ctx, policy.Watch)
}

// Watch takes new decisions of IT into use, until the agent's life ends. Nil for changes
// means PolicyChanges.
func (d *Decisions) Watch(changes func(context.Context) <-chan struct{}) {
	if changes == nil {
		changes = PolicyChanges
	}
	told := changes(d.p.Life)
	d.Reconsider() // nobody has told of the changes until now
	for range told {
		d.Reconsider()
	}
}
