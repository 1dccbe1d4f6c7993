// Package attachments keeps people's files in a folder.
//
// A file comes in through [Folder.Begin], is streamed to the disk, and counts once it is
// whole, checked and in its place. It goes out through [Folder.Open]. The caller
// decides on rights, and keeps the name and the owner of each file. Nothing here
// looks into a file further than its first kilobytes: an archive of a gigabyte of
// zeros is as harmless as any other bytes.
package attachments

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// DefaultLimit is the size of the largest file, in bytes, unless [Params] says otherwise.
const DefaultLimit = 25 << 20

// Params says which files are taken, and their folder.
type Params struct {
	// Folder is made if it is missing, for this user alone.
	Folder string
	// Limit is the size of the largest file in bytes; 0 is [DefaultLimit], and less takes
	// none.
	Limit int64
	// Types are the media types taken, by the content and not by the name, as in
	// "application/pdf" or "image/*". Empty takes everything but programs.
	Types []string
}

// Folder is the folder with the files. Its methods may be called from several goroutines.
// Two processes must not use the same folder.
type Folder struct {
	root  *os.Root
	limit int64
	types []string

	mu sync.Mutex
	// busy are the files that somebody writes or removes just now.
	busy map[string]bool
}

// The folders within: whole files, and those still coming in. Whole files are in
// folders by the end of their ids, the random part of an id of any version.
const (
	whole   = "whole"
	partial = "partial"
)

var (
	// ErrBusy is for a file on its way in.
	ErrBusy = errors.New("this attachment is just being sent")
	// ErrTooLarge is for a file above the limit. It is known before the first byte.
	ErrTooLarge = errors.New("the attachment is too large")
	// ErrDigest is for content with another digest than said. It is not kept.
	ErrDigest = errors.New("the attachment has another digest than its Content-Digest")
	// ErrLength is for an upload without a length, or with more or fewer bytes than it said.
	ErrLength = errors.New("the attachment has another length than was said")
	// ErrFull is for a disk without room.
	ErrFull = errors.New("there is no room for attachments")
)

// TypeError is for content of a kind not taken. It is not kept.
type TypeError struct {
	// Type is the kind found in the content.
	Type string
}

func (e *TypeError) Error() string { return "attachments of the type " + e.Type + " are not taken" }

// OffsetError is for a part that does not go on from the end of the bytes there.
type OffsetError struct {
	// Have is the number of bytes there: the next part begins behind them.
	Have int64
}

func (e *OffsetError) Error() string {
	return fmt.Sprintf("%d bytes of the attachment are there; the next part has to begin there", e.Have)
}

// Open opens the folder.
func (p Params) Open() (*Folder, error) {
	if err := checkTypes(p.Types); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(p.Folder, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder for attachments: %w", err)
	}
	root, err := os.OpenRoot(p.Folder)
	if err != nil {
		return nil, fmt.Errorf("open the folder for attachments: %w", err)
	}
	for _, dir := range []string{whole, partial} {
		if err := root.MkdirAll(dir, 0o700); err != nil {
			root.Close()
			return nil, fmt.Errorf("make the folder for attachments: %w", err)
		}
	}
	f := &Folder{root: root, limit: p.Limit, types: p.Types, busy: map[string]bool{}}
	switch {
	case f.limit == 0:
		f.limit = DefaultLimit
	case f.limit < 0:
		f.limit = 0
	}
	return f, nil
}

// Close closes the folder. Files that are open stay readable.
func (f *Folder) Close() error { return f.root.Close() }

// Limit is the size of the largest file, in bytes.
func (f *Folder) Limit() int64 { return f.limit }

// Types are the media types taken; none takes everything but programs. The list is the
// folder's.
func (f *Folder) Types() []string { return f.types }

// Open opens a whole file for reading.
//
// Errors: [fs.ErrNotExist] if this owner has no such file.
func (f *Folder) Open(owner string, id uuid.UUID) (io.ReadSeekCloser, error) {
	name, err := nameOf(owner, id)
	if err != nil {
		return nil, err
	}
	file, err := f.root.Open(placeOf(name, id))
	if err != nil {
		return nil, fmt.Errorf("open an attachment: %w", err)
	}
	return file, nil
}

// Sweep removes files last written before a time: unfinished ones, and whole ones unknown
// to known. known is asked for each old file,
// with nobody writing it.
func (f *Folder) Sweep(ctx context.Context, before time.Time, known func(owner string, id uuid.UUID) (bool, error)) (removed int, err error) {
	err = fs.WalkDir(f.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, fs.ErrNotExist):
			return nil // removed meanwhile
		case err != nil || d.IsDir():
			return err
		}
		gone, err := f.sweepOne(name, before, known)
		if gone {
			removed++
		}
		return err
	})
	return removed, err
}

func (f *Folder) sweepOne(name string, before time.Time, known func(string, uuid.UUID) (bool, error)) (bool, error) {
	base := path.Base(name)
	id, owner, ok := namedAs(base)
	if !ok || !f.take(base) {
		return false, nil
	}
	defer f.release(base)
	info, err := f.root.Stat(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.ModTime().Before(before) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if strings.HasPrefix(name, whole+"/") {
		if keep, err := known(owner, id); keep || err != nil {
			return false, err
		}
	}
	if err := f.root.Remove(name); err != nil {
		return false, fmt.Errorf("remove an old attachment: %w", err)
	}
	return true, nil
}

// take makes a file the caller's until [Folder.release], unless it is somebody's.
func (f *Folder) take(name string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.busy[name] {
		return false
	}
	f.busy[name] = true
	return true
}

func (f *Folder) release(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.busy, name)
}

// nameOf is the file's name on disk. The owner is in it, so that somebody else with the
// same id writes another file.
func nameOf(owner string, id uuid.UUID) (string, error) {
	if owner == "" || len(owner) > 64 || strings.Trim(owner, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-") != "" {
		return "", fmt.Errorf("an attachment's owner cannot be %q", owner)
	}
	return id.String() + "." + owner, nil
}

func namedAs(name string) (id uuid.UUID, owner string, ok bool) {
	text, owner, ok := strings.Cut(name, ".")
	if !ok || len(text) != 36 {
		return uuid.Nil, "", false
	}
	id, err := uuid.Parse(text)
	return id, owner, err == nil
}

func placeOf(name string, id uuid.UUID) string {
	return path.Join(whole, fmt.Sprintf("%02x", id[15]), name)
}

// syncFolder makes a new name in a folder last. Windows has no such call, and needs none.
func (f *Folder) syncFolder(name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := f.root.Open(name)
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
