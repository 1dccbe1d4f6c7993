package localapi

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrDisplaced says that an agent's place has been taken from under it: what it
// listens on is no longer what others find in its runtime directory, because that was
// deleted, moved or made anew. Nobody reaches the agent there, and another may have
// begun in its place.
var ErrDisplaced = errors.New("the runtime directory is another one now")

// place is what an agent holds in its runtime directory.
type place struct {
	dir string
	// held are the files by which others find the agent, as they were made.
	held map[string]fs.FileInfo
}

// takePlace notes what is held. lock is the agent's lock, held; socket is the path of
// its socket, "" where there is no file.
func takePlace(dir string, lock fs.FileInfo, lockPath, socket string) (*place, error) {
	p := &place{dir: dir, held: map[string]fs.FileInfo{lockPath: lock}}
	if socket != "" {
		info, err := os.Lstat(socket)
		if err != nil {
			return nil, fmt.Errorf("look at the agent's socket: %w", err)
		}
		p.held[socket] = info
	}
	return p, nil
}

// ours says whether others still find there what was made.
func (p *place) ours() bool {
	for path, made := range p.held {
		if now, err := os.Lstat(path); err != nil || !os.SameFile(made, now) {
			return false
		}
	}
	return true
}

// above are dir and the directories that it lies in, the root left out.
func above(dir string) (all []string) {
	for d := dir; d != filepath.Dir(d); d = filepath.Dir(d) {
		all = append(all, d)
	}
	return all
}
