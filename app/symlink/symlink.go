// Package symlink goes along a path one place at a time and through its symbolic links,
// as path_resolution(7) of Linux does. It is for checks of every folder on the way:
// filepath.EvalSymlinks names the end alone. It reads links, and judges nothing.
package symlink

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// ErrTooMany is the end of a path with more symbolic links than a system follows.
var ErrTooMany = errors.New("too many symbolic links")

// most is Linux' number of links for one path (MAXSYMLINKS).
const most = 40

// Way is a path of a Unix system, and a place on it.
type Way struct {
	dir   string
	rest  []string
	links int
}

// Along begins at the root with an absolute path.
func Along(path string) *Way { return &Way{dir: "/", rest: steps(path)} }

func steps(path string) []string {
	if path = strings.Trim(filepath.Clean(path), "/"); path == "" {
		return nil
	}
	return strings.Split(path, "/")
}

// Dir is the folder reached. There is no link in its path.
func (w *Way) Dir() string { return w.dir }

// Left is the number of places still to come, as far as is known: a link brings more.
func (w *Way) Left() int { return len(w.rest) }

// Name is the next place's name in Dir. It needs one that is left.
func (w *Way) Name() string { return w.rest[0] }

// Next is the next place's path, and Dir at the end.
func (w *Way) Next() string {
	if len(w.rest) == 0 {
		return w.dir
	}
	return filepath.Join(w.dir, w.rest[0])
}

// Through says that a link has been followed.
func (w *Way) Through() bool { return w.links > 0 }

// Enter makes the next place the one reached.
func (w *Way) Enter() { w.dir, w.rest = w.Next(), w.rest[1:] }

// Follow goes on at the target of the next place, a symbolic link. The error is
// [ErrTooMany], or that of reading the link; then nothing has changed.
func (w *Way) Follow() error {
	target, err := os.Readlink(w.Next())
	if err != nil {
		return err
	}
	if w.links == most {
		return ErrTooMany
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(w.dir, target)
	}
	w.links++
	w.dir, w.rest = "/", append(steps(target), w.rest[1:]...)
	return nil
}
