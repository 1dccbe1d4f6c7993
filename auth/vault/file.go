package vault

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Files returns a [Backend] that keeps every entry in a file of its own in dir, and makes dir: for
// computers without a key store, and for nothing else. Any program of the person can read the
// files; on Windows they are protected with the person's own key (DPAPI), so they are worth nothing
// on another computer.
//
// The directory is for the person alone. Somebody else's, or one open to others for writing, is
// refused with an [*Error] and not used. Use [FilesPartSize] with it.
func Files(dir string) Backend { return &files{dir: dir} }

// FilesPartSize is the [Params.PartSize] for [Files]: a file holds any value.
const FilesPartSize = 2 * MaxSize

type files struct {
	dir   string
	sweep sync.Once
}

// unfinished begins the names of files still being written.
const unfinished = ".new-"

func (f *files) Get(_ context.Context, service, name string) (string, error) {
	if err := f.check(); err != nil {
		return "", f.failed(err)
	}
	raw, err := readOwn(f.path(service, name))
	if err != nil {
		return "", f.failed(err)
	}
	value, err := unprotect(raw)
	if err != nil {
		// Another computer or another person has protected it.
		return "", &Error{Kind: Damaged, Err: fmt.Errorf("a file in %s cannot be read: %w", f.dir, err)}
	}
	return string(value), nil
}

func (f *files) Set(ctx context.Context, service, name, value string) error {
	if err := f.make(); err != nil {
		return f.failed(err)
	}
	raw, err := protect([]byte(value))
	if err != nil {
		return f.failed(err)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return f.failed(f.write(f.path(service, name), raw))
}

func (f *files) Delete(ctx context.Context, service, name string) error {
	if err := f.check(); err != nil {
		return f.failed(err)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return f.failed(os.Remove(f.path(service, name)))
}

// path is named by a digest: entries differ in the case of letters, files need not.
func (f *files) path(service, name string) string {
	sum := sha256.Sum256([]byte(service + "\x00" + name))
	return filepath.Join(f.dir, hex.EncodeToString(sum[:])+".entry")
}

func (f *files) make() error {
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return err
	}
	if err := f.check(); err != nil {
		return err
	}
	f.sweep.Do(f.sweepUnfinished)
	return nil
}

// check looks at the directory every time: it may have been replaced.
func (f *files) check() error {
	info, err := os.Lstat(f.dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is no directory", f.dir)
	}
	return checkOwn(info, f.dir)
}

// sweepUnfinished removes the remains of a crash. It leaves younger files: another
// process may be writing them.
func (f *files) sweepUnfinished() {
	entries, _ := os.ReadDir(f.dir)
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && strings.HasPrefix(e.Name(), unfinished) && time.Since(info.ModTime()) > time.Minute {
			_ = os.Remove(filepath.Join(f.dir, e.Name()))
		}
	}
}

// write replaces a file as a whole. os.CreateTemp makes it for the person alone.
func (f *files) write(path string, content []byte) error {
	file, err := os.CreateTemp(f.dir, unfinished+"*")
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	syncDir(f.dir)
	return nil
}

// failed gives an error its kind.
func (f *files) failed(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return ErrNotFound
	case isFull(err):
		return &Error{Kind: Full, Err: err}
	}
	return &Error{Kind: Failing, Err: err}
}
