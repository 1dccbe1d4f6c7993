package gateway

import (
	"context"
	"path/filepath"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settle is how long changes of the store's file are gathered before one look.
const settle = 50 * time.Millisecond

// watchStore tells when the store's file has changed: by a command, or by the gateway itself,
// whose changes a look finds known. Changes in a row are told once.
func (g *Gateway) watchStore(ctx context.Context, all *sync.WaitGroup) (<-chan struct{}, error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	// The folder: the log beside the file comes and goes.
	if err := w.Add(filepath.Dir(g.store.File())); err != nil {
		_ = w.Close()
		return nil, err
	}
	log := filepath.Base(g.store.File()) + "-wal"
	changed := make(chan struct{}, 1)
	all.Go(func() {
		defer w.Close()
		var later <-chan time.Time
		for {
			select {
			case <-ctx.Done():
				return
			case event := <-w.Events:
				if filepath.Base(event.Name) == log && later == nil {
					later = time.After(settle)
				}
			case <-w.Errors: // too many at once: they are gathered anyway
				if later == nil {
					later = time.After(settle)
				}
			case <-later:
				later = nil
				select {
				case changed <- struct{}{}:
				default:
				}
			}
		}
	})
	return changed, nil
}
