package settings

import (
	"context"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/policy"
)

// PolicyChanges tells when IT may have decided otherwise on this computer, until ctx
// ends.
func PolicyChanges(ctx context.Context) <-chan struct{} {
	if files := policy.Files(); files != nil {
		return desktop.FileChanges(ctx, files...)
	}
	return desktop.Changes(ctx, policy.Watch)
}

// Watch takes into use what IT decides, until the agent's life ends. Nil for changes
// means PolicyChanges.
func (d *Decisions) Watch(changes func(context.Context) <-chan struct{}) {
	if changes == nil {
		changes = PolicyChanges
	}
	told := changes(d.p.Life)
	d.Reconsider() // what was decided before somebody told of it
	for range told {
		d.Reconsider()
	}
}
