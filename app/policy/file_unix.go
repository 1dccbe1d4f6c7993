//go:build unix

package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/portico-desktop/portico/app/symlink"
)

// administrator is root's user id.
const administrator = 0

// readFile reads a policy file of Linux that only owner may have written. A missing one
// is nobody's policy.
func readFile(path string, owner uint32) []reading {
	data, problem := readOwned(path, owner)
	if problem != nil {
		problem.Source = Source{Machine, path}
		return []reading{{source: problem.Source, problems: []Problem{*problem}}, {source: Source{Defaults, path}}}
	}
	if data == nil {
		return []reading{{source: Source{Machine, path}}, {source: Source{Defaults, path}}}
	}
	readings := readJSON(data, path)
	if err := private(path); err != nil {
		readings[0].problems = append(readings[0].problems, Problem{Kind: Private, Source: Source{Machine, path}, Err: err})
	}
	return readings
}

// private is the reason why not everybody can read a policy file, nil if everybody can.
// Whoever may read it anyway, such as root, would not notice.
func private(path string) error {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil //nolint:nilerr // reading it says why
	}
	for _, of := range []struct {
		path string
		bit  fs.FileMode
		may  string
	}{{real, 0o004, "be read"}, {filepath.Dir(real), 0o001, "be entered"}, {filepath.Dir(path), 0o001, "be entered"}} {
		if info, err := os.Stat(of.path); err == nil && info.Mode().Perm()&of.bit == 0 {
			return fmt.Errorf("%s may not %s by everybody (mode %04o)", of.path, of.may, info.Mode().Perm())
		}
	}
	return nil
}

// readOwned returns a file's content, nil without a problem for a missing file.
// Symbolic links are followed: their target counts.
func readOwned(path string, owner uint32) ([]byte, *Problem) {
	real, err := ownedPath(path, owner)
	var unsafe *unsafeError
	switch {
	case errors.Is(err, fs.ErrNotExist) && real == path:
		return nil, nil
	case errors.As(err, &unsafe):
		return nil, &Problem{Kind: Writable, Err: err}
	case err != nil:
		return nil, unreadable(err)
	}
	// O_NONBLOCK: opening a pipe must not wait for a writer.
	f, err := os.OpenFile(real, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, unreadable(err)
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, &Problem{Kind: Unreadable, Err: err}
	case !info.Mode().IsRegular():
		return nil, &Problem{Kind: Unreadable, Err: fmt.Errorf("%s is not a file", real)}
	case info.Size() > MaxBytes:
		return nil, &Problem{Kind: TooLarge, Err: fmt.Errorf("it has %d bytes, and at most %d are read", info.Size(), MaxBytes)}
	}
	if err := owned(real, info, owner); err != nil {
		return nil, &Problem{Kind: Writable, Err: err}
	}
	data := bytes.NewBuffer(make([]byte, 0, info.Size()+bytes.MinRead))
	if _, err := data.ReadFrom(io.LimitReader(f, MaxBytes+1)); err != nil {
		return nil, &Problem{Kind: Unreadable, Err: err}
	}
	return data.Bytes(), nil
}

func unreadable(err error) *Problem {
	if errors.Is(err, fs.ErrPermission) {
		err = fmt.Errorf("%w; everybody has to be able to read it (chmod a+r, and a+x for its folder)", err)
	}
	return &Problem{Kind: Unreadable, Err: err}
}

// unsafeError: somebody else may write.
type unsafeError struct{ reason string }

func (e *unsafeError) Error() string { return e.reason }

// ownedPath follows every symbolic link of a path, and wants every folder on the way to
// be the owner's: whoever may write one can put another file in its place. If something
// is missing it returns the last place reached: path itself, unless a link leads
// nowhere.
func ownedPath(path string, owner uint32) (string, error) {
	w := symlink.Along(path)
	for w.Left() > 0 {
		next := w.Next()
		info, err := os.Lstat(next)
		if err != nil {
			if !w.Through() {
				next = path
			}
			return next, err
		}
		link := info.Mode()&fs.ModeSymlink != 0
		last := w.Left() == 1
		if err := ownedFolder(w.Dir(), owner, link || last); err != nil {
			return next, err
		}
		if !link {
			w.Enter()
			continue
		}
		if err := w.Follow(); errors.Is(err, symlink.ErrTooMany) {
			return next, fmt.Errorf("%s: %w", path, err)
		} else if err != nil {
			return next, err
		}
	}
	return w.Dir(), nil
}

// ownedFolder lets a folder like /tmp pass, if it only leads on: everybody may make
// files in it but nobody can move those of others.
func ownedFolder(dir string, owner uint32, strict bool) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSticky != 0 && !strict {
		return nil
	}
	return owned(dir, info, owner)
}

// owned wants nobody but the owner to be able to write. Root may anyway.
func owned(path string, info fs.FileInfo, owner uint32) error {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return &unsafeError{fmt.Sprintf("who %s belongs to is not known", path)}
	}
	if stat.Uid != owner && stat.Uid != administrator {
		return &unsafeError{fmt.Sprintf("%s belongs to the user with the id %d, and has to belong to root", path, stat.Uid)}
	}
	if info.Mode().Perm()&0o022 != 0 {
		return &unsafeError{fmt.Sprintf("%s may be written by others than its owner (mode %04o)", path, info.Mode().Perm())}
	}
	return nil
}
