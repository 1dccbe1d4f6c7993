package desktop

import (
	"context"
	"io/fs"
	"os"
	"time"
)

// lookEvery is the time between two looks at files, if the system does not tell of
// changes.
const lookEvery = 5 * time.Minute

// FileChanges tells when one of the files at the paths has come, gone, or become
// another: by its place, its times or its readers. The same holds for the targets of
// symbolic links on the way. It says no more than that a file may have changed. Changes
// within a second are one; a slow receiver misses only their number. The channel is
// closed when ctx ends.
//
// Linux says so by inotify(7), Windows by change notifications of the folder. If the
// system does not tell, as on macOS, the files are looked at every five minutes.
func FileChanges(ctx context.Context, paths ...string) <-chan struct{} {
	return Changes(ctx, func(ctx context.Context, notice func()) (wait func()) { return watchFiles(ctx, paths, notice) })
}

// Changes sums up all changes within a second as one on the channel. watch calls notice
// from any goroutine until ctx ends, and returns a function that waits for the end of its
// goroutines.
func Changes(ctx context.Context, watch func(ctx context.Context, notice func()) (wait func())) <-chan struct{} {
	noticed := make(chan struct{}, 1)
	notice := func() {
		select {
		case noticed <- struct{}{}:
		default:
		}
	}
	changes := make(chan struct{}, 1)
	stop := watch(ctx, notice)
	go func() {
		defer close(changes)
		defer stop()
		collect(ctx, noticed, changes)
	}()
	return changes
}

// sign tells one content of a place from another, without reading it.
type sign struct {
	info fs.FileInfo // nil for nothing, or nothing visible
}

func signOf(path string) sign {
	info, err := os.Stat(path)
	if err != nil {
		return sign{}
	}
	os.SameFile(info, info) // Windows asks for a file's identity by its name, and only now
	return sign{info}
}

// same is true if both are of the same file, unchanged.
func (s sign) same(other sign) bool {
	if s.info == nil || other.info == nil {
		return s.info == nil && other.info == nil
	}
	return os.SameFile(s.info, other.info) && s.info.ModTime().Equal(other.info.ModTime()) &&
		s.info.Size() == other.info.Size() && s.info.Mode() == other.info.Mode()
}

// looker tells, each time it is asked, if one of the files has changed since.
type looker struct {
	paths []string
	signs []sign
}

func newLooker(paths []string) *looker {
	l := &looker{paths: paths, signs: make([]sign, len(paths))}
	for i, path := range paths {
		l.signs[i] = signOf(path)
	}
	return l
}

func (l *looker) changed() bool {
	changed := false
	for i, path := range l.paths {
		now := signOf(path)
		changed = changed || !now.same(l.signs[i])
		l.signs[i] = now
	}
	return changed
}

// lookAtFiles looks at the files every five minutes.
func lookAtFiles(ctx context.Context, l *looker, notice func()) {
	every := time.NewTicker(lookEvery)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
			if l.changed() {
				notice()
			}
		}
	}
}
