package localapi

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrDisplaced says that an agent's place has been taken from under it. Others do not
// find its socket in its runtime directory any more, because that was deleted, moved or
// made anew. Nobody reaches the agent there, and another may have begun in its place.
var ErrDisplaced = errors.New("the runtime directory is another one now")

// place is the agent's files in its runtime directory.
type place struct {
	dir string
	// held are the files for others to find the agent by, as they were made.
	held map[string]fs.FileInfo
}

// takePlace notes the held files. lock is the agent's lock, held; socket is the path of
// its socket, "" if it is no file.
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

// ours says whether others still find the made files there.
func (p *place) ours() bool {
	for path, made := range p.held {
		if now, err := os.Lstat(path); err != nil || !os.SameFile(made, now) {
			return false
		}
	}
	return true
}

// above are dir and the directories around it, the root left out.
func above(dir string) (all []string) {
	for d := dir; d != filepath.Dir(d); d = filepath.Dir(d) {
		all = append(all, d)
	}
	return all
}
