package policy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// Files are none: Windows keeps policies in the registry.
func Files() []string { return nil }

// lookEvery is the time between two looks if the registry does not tell.
const lookEvery = 5 * time.Minute

// watched is a key of the registry that may be missing.
type watched struct {
	root registry.Key
	path string
}

// Watch calls notice whenever a policy may have changed, until ctx ends. The returned
// function waits for its end. It blocks one thread of the system's, and none of its
// time.
func Watch(ctx context.Context, notice func()) (wait func()) {
	return watchRegistry(ctx, []watched{
		{registry.LOCAL_MACHINE, policyKey}, {registry.CURRENT_USER, policyKey}, {registry.LOCAL_MACHINE, installerKey},
	}, notice)
}

func watchRegistry(ctx context.Context, keys []watched, notice func()) (wait func()) {
	var parts sync.WaitGroup
	end, err := windows.CreateEvent(nil, 1, 0, nil)
	var w *registryWatch
	if err == nil {
		context.AfterFunc(ctx, func() { _ = windows.SetEvent(end) })
		w, err = newRegistryWatch(keys)
	}
	parts.Go(func() {
		if err == nil && followRegistry(w, end, keys, notice) {
			return
		}
		every := time.NewTicker(lookEvery)
		defer every.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-every.C:
				notice()
			}
		}
	})
	return parts.Wait
}

// followRegistry follows the keys until the event is set. It returns false once it no
// longer can. After each change it begins anew, because other keys may be there by now.
// Only then it tells of the change, so a reader sees all earlier changes.
func followRegistry(w *registryWatch, end windows.Handle, keys []watched, notice func()) bool {
	for {
		changed, err := w.next(end)
		if err == nil && !changed {
			w.close()
			return true
		}
		before := w
		if err == nil {
			w, err = newRegistryWatch(keys)
		}
		before.close()
		notice()
		if err != nil {
			return false
		}
	}
}

// registryWatch is told of one change.
type registryWatch struct {
	event windows.Handle
	open  []registry.Key
}

// newRegistryWatch watches each key with all below it, and the nearest key above it,
// since a key can be made anew or deleted there.
func newRegistryWatch(keys []watched) (*registryWatch, error) {
	event, err := windows.CreateEvent(nil, 1, 0, nil)
	if err != nil {
		return nil, fmt.Errorf("watch the registry: %w", err)
	}
	w := &registryWatch{event: event}
	for _, k := range keys {
		if err := w.add(k); err != nil {
			w.close()
			return nil, fmt.Errorf(`watch %s in the registry: %w`, k.path, err)
		}
	}
	return w, nil
}

// add begins above, so it tells of keys made after the look.
func (w *registryWatch) add(k watched) error {
	above, found := k.path, false
	for !found && above != "" {
		above = above[:max(strings.LastIndex(above, `\`), 0)]
		var err error
		if found, err = w.watch(k.root, above, false, windows.REG_NOTIFY_CHANGE_NAME); err != nil {
			return err
		}
	}
	_, err := w.watch(k.root, k.path, true, windows.REG_NOTIFY_CHANGE_NAME|windows.REG_NOTIFY_CHANGE_LAST_SET)
	return err
}

func (w *registryWatch) watch(root registry.Key, path string, below bool, what uint32) (found bool, err error) {
	key, err := registry.OpenKey(root, path, registry.NOTIFY|registry.WOW64_64KEY)
	if errors.Is(err, registry.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	w.open = append(w.open, key)
	// Otherwise the end of the asking thread counts as a change.
	what |= windows.REG_NOTIFY_THREAD_AGNOSTIC
	return true, windows.RegNotifyChangeKeyValue(windows.Handle(key), below, what, w.event, true)
}

// next waits for a change, or for the end.
func (w *registryWatch) next(end windows.Handle) (changed bool, err error) {
	which, err := windows.WaitForMultipleObjects([]windows.Handle{end, w.event}, false, windows.INFINITE)
	return which == windows.WAIT_OBJECT_0+1, err
}

func (w *registryWatch) close() {
	for _, key := range w.open {
		_ = key.Close()
	}
	_ = windows.CloseHandle(w.event)
}
