package desktop

import (
	"context"
	"sync"
)

func watchFiles(ctx context.Context, paths []string, notice func()) (wait func()) {
	var parts sync.WaitGroup
	look := newLooker(paths)
	parts.Go(func() { lookAtFiles(ctx, look, notice) })
	return parts.Wait
}
