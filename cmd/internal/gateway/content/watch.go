package content

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	// quiet is the time without a change before the folder is read again.
	quiet = 200 * time.Millisecond
	// most is the longest time that changes without a pause put a reading off.
	most = 2 * time.Second
)

// Watch reads the folder again after each change of it, until the context ends.
//
// Errors: the system cannot watch the folder. [Content.Reload] still works.
func (c *Content) Watch(ctx context.Context) error {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch %s: %w; on Linux, raise fs.inotify.max_user_instances", c.folder, err)
	}
	defer w.Close()
	if err := watchFolders(w, c.folder); err != nil {
		return fmt.Errorf("watch %s: %w; on Linux, raise fs.inotify.max_user_watches", c.folder, err)
	}
	c.Reload() // for changes between the first reading and the watch
	rings := make(chan struct{}, 1)
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		defer cancel()
		ended <- listen(ctx, w, rings)
	}()
	gather(ctx, rings, func() {
		// New folders are watched before they are read: what comes later rings.
		if err := watchFolders(w, c.folder); err != nil {
			c.log.Warn("cannot watch the content's folder", "folder", c.folder, "error", err)
		}
		c.Reload()
	})
	if err := <-ended; err != nil {
		return fmt.Errorf("watch %s: %w", c.folder, err)
	}
	return nil
}

// listen rings at each event. One ring that waits is enough.
func listen(ctx context.Context, w *fsnotify.Watcher, rings chan<- struct{}) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case e, open := <-w.Events:
			if !open {
				return nil
			}
			if e.Op == fsnotify.Chmod {
				continue // virus scanners and indexers
			}
		case err, open := <-w.Errors:
			if !open {
				return nil
			}
			if !errors.Is(err, fsnotify.ErrEventOverflow) {
				return err
			}
		}
		select {
		case rings <- struct{}{}:
		default:
		}
	}
}

// gather calls read once for a burst of rings: after a pause, or when the burst goes on for
// long.
func gather(ctx context.Context, rings <-chan struct{}, read func()) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-rings:
		}
		pause, end := time.NewTimer(quiet), time.NewTimer(most)
		for waiting := true; waiting; {
			select {
			case <-ctx.Done():
				return
			case <-rings:
				pause.Reset(quiet)
			case <-pause.C:
				waiting = false
			case <-end.C:
				waiting = false
			}
		}
		pause.Stop()
		end.Stop()
		read()
	}
}

// watchFolders watches a folder and those in it. Watching one again changes nothing.
func watchFolders(w *fsnotify.Watcher, folder string) error {
	return filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		switch {
		case os.IsNotExist(err) && path != folder:
			return nil // gone meanwhile
		case err != nil:
			return err
		case d.IsDir() && (path == folder || !hidden(d.Name())):
			return w.Add(path)
		}
		return nil
	})
}
