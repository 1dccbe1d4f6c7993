package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrNotFound is for a missing row.
var ErrNotFound = errors.New("there is no such row")

// ErrReused is for an idempotency key of another, earlier write.
var ErrReused = errors.New("the key was used for another write")

// Kind is the fault of a store.
type Kind int

// The kinds.
const (
	// Unusable is anything else.
	Unusable Kind = iota
	// Missing: there is no such file.
	Missing
	// NewerSchema: a later gateway has changed the tables.
	NewerSchema
	// Foreign: the file is another program's.
	Foreign
	// ReadOnly: the file or its folder may not be written.
	ReadOnly
	// Locked: another gateway works with the file.
	Locked
	// Full: the disk has no room. Nothing was changed.
	Full
	// Damaged: the file is not as it was written.
	Damaged
)

// Error is a store nobody can use. It says how to mend it.
type Error struct {
	Kind Kind
	File string
	Err  error
}

func (e *Error) Unwrap() error { return e.Err }

func (e *Error) Error() string {
	said := fmt.Sprintf("the store %s cannot be used", e.File)
	switch e.Kind {
	case Missing:
		said = fmt.Sprintf("the store %s is not there yet; portico-gateway serve makes it", e.File)
	case NewerSchema:
		said = fmt.Sprintf("the store %s was changed by a later portico-gateway; install that version again: this one would lose what it does not know", e.File)
	case Foreign:
		said = fmt.Sprintf("the file %s is not a store of portico-gateway; name another file in store", e.File)
	case ReadOnly:
		said = fmt.Sprintf("the store %s may not be written; give its file and its folder to the user that the gateway runs as", e.File)
	case Locked:
		said = fmt.Sprintf("another portico-gateway works with the store %s; stop it first, or name another file in store", e.File)
	case Full:
		said = fmt.Sprintf("there is no room on the disk of the store %s; nothing was changed: make room, and try again", e.File)
	case Damaged:
		said = fmt.Sprintf("the store %s is damaged; keep a copy of it, and put the newest backup in its place", e.File)
	}
	if e.Err != nil {
		return said + ": " + e.Err.Error()
	}
	return said
}

// notMade is a file that the system does not make.
func notMade(file string, err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return &Error{Full, file, err}
	}
	return &Error{ReadOnly, file, err}
}

// wrong finds out the meaning of an error of the database.
func wrong(file string, err error) error {
	if err == nil {
		return nil
	}
	var known *Error
	if errors.As(err, &known) {
		return err
	}
	var e *sqlite.Error
	if errors.As(err, &e) {
		if e.Code() == sqlite3.SQLITE_IOERR_SHMSIZE { // no room for the memory that processes share
			return &Error{Full, file, err}
		}
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_IOERR:
			return &Error{Unusable, file, err}
		case sqlite3.SQLITE_FULL:
			return &Error{Full, file, err}
		case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
			return &Error{ReadOnly, file, err}
		case sqlite3.SQLITE_CORRUPT:
			return &Error{Damaged, file, err}
		case sqlite3.SQLITE_NOTADB:
			return &Error{Foreign, file, err}
		case sqlite3.SQLITE_CANTOPEN:
			if _, missing := os.Stat(file); errors.Is(missing, fs.ErrNotExist) {
				return &Error{Missing, file, err}
			}
			return &Error{ReadOnly, file, err}
		}
	}
	return err
}
