package diag

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/portico-desktop/portico/app/localapi"
)

const (
	// scarce is when a disk is worth a warning, spent when nothing can be kept any
	// more, in bytes.
	scarce = 100 << 20
	spent  = 1 << 20
)

// checkDisk makes sure that Portico's folders take files, and have room. For a missing
// folder it looks at the place where it would be made.
func (x *examination) checkDisk(context.Context) []*check {
	const id = "disk"
	var facts []string
	// Before a file is tried: root would leave one in a person's folder.
	if p := OwnerProblem(x.Paths.CheckOwner()); p != nil {
		return []*check{bad(id, groupComputer, p.Params["file"], p)}
	}
	var shared *localapi.Problem
	if x.Paths.Shared != nil {
		shared = OwnerProblem(x.Paths.Shared)
		facts = append(facts, "used instead of it: "+x.Paths.Data)
	}
	for _, dir := range []string{x.Paths.Data, x.Paths.Cache, x.Paths.Runtime} {
		if dir == "" {
			continue
		}
		there, err := nearest(dir)
		if err == nil {
			err = tryFile(there)
		}
		if err != nil {
			return []*check{bad(id, groupComputer, dir, x.problem(localapi.DataFolder, err, "file", dir, "reason", reason(err)), facts...)}
		}
		facts = append(facts, "can be written: "+dir)
	}
	there, err := nearest(x.Paths.Data)
	if err != nil {
		return []*check{good(id, groupComputer, x.Paths.Data, facts...)}
	}
	free, err := freeSpace(there)
	if err != nil {
		return []*check{good(id, groupComputer, x.Paths.Data, append(facts, "how much room there is could not be read")...)}
	}
	facts = append([]string{size(free) + " free"}, facts...)
	full := x.problem(localapi.DiskFull, nil, "file", x.Paths.Data, "free", size(free))
	switch {
	case free < spent:
		return []*check{bad(id, groupComputer, x.Paths.Data, full, facts...)}
	case free < scarce:
		return []*check{warning(id, groupComputer, x.Paths.Data, full, facts...)}
	case shared != nil:
		return []*check{warning(id, groupComputer, shared.Params["file"], shared, facts...)}
	}
	return []*check{good(id, groupComputer, x.Paths.Data, facts...)}
}

// nearest is a folder, or the nearest existing one above it.
func nearest(dir string) (string, error) {
	for {
		info, err := os.Stat(dir)
		switch {
		case err == nil && info.IsDir():
			return dir, nil
		case err == nil:
			return "", fmt.Errorf("%s is no folder", dir)
		case !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir):
			return "", err
		}
		dir = filepath.Dir(dir)
	}
}

// tryFile writes a file and takes it away again.
func tryFile(dir string) (err error) {
	f, err := os.CreateTemp(dir, ".portico-doctor-*")
	if err != nil {
		return err
	}
	_, err = f.WriteString("Portico's doctor tries whether it can write here.\n")
	return errors.Join(err, f.Close(), os.Remove(f.Name()))
}

// reason is the system's word, without the path: that is said already.
func reason(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// size words a number of bytes.
func size(n uint64) string {
	switch {
	case n >= 10<<30:
		return fmt.Sprintf("%d GB", n>>30)
	case n >= 1<<20:
		return fmt.Sprintf("%d MB", n>>20)
	}
	return fmt.Sprintf("%d KB", n>>10)
}
