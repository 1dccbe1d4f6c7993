// Package store keeps what a gateway knows: people, requests, news, what has changed for whom,
// and the answers to writes. It is a read model with a line of changes for each person.
//
// One connection writes, in one transaction a change; others read beside it. A change moves
// the heads of all who may see it, in the same transaction. [Store.Position] has the heads in
// memory: a client that asks for news where there are none costs no SQL.
//
// Nothing here decides who may do what: that is the desk's. No SQL is anywhere else.
package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
	_ "modernc.org/sqlite" // the driver: SQLite without cgo

	"github.com/portico-desktop/portico/cmd/internal/gateway/bus"
)

// Params make a store.
type Params struct {
	// File is the SQLite file.
	File string
	// Make has [Open] make the file, and its folder, if it is missing.
	Make bool
	// Beside opens the store of a gateway, running or not, for a command. It keeps no lock,
	// and begins an epoch only where no gateway runs: the file may be a copy put back.
	Beside bool
	// Bus rings after changes; nil means a [bus.Local].
	Bus bus.Bus
	// Now is the clock, nil for time.Now.
	Now func() time.Time
	// Log is told what goes wrong beside a caller; nil means silence.
	Log *slog.Logger
}

// Store is an open store. Its methods are safe for concurrent use.
type Store struct {
	file string
	now  func() time.Time
	log  *slog.Logger
	bus  bus.Bus
	lock *flock.Flock

	write   *sql.DB // one connection
	read    *sql.DB
	writing sync.Mutex

	heads  heads
	secret []byte // authenticates cursors
}

// application marks the file as ours: "Prtc".
const application = 0x50727463

// readers is how many connections read.
const readers = 8

// Open opens a store and brings its tables to this version. A new epoch begins, unless
// Params.Beside is set and a gateway runs.
//
// Errors: *[Error].
func Open(ctx context.Context, p Params) (_ *Store, err error) {
	s := &Store{file: p.File, now: p.Now, log: p.Log, bus: p.Bus}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.bus == nil {
		s.bus = &bus.Local{}
	}
	if err := s.place(p.Make); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = s.Close()
		}
	}()
	alone := true
	if p.Beside {
		var release func()
		if alone, release, err = s.alone(); err != nil {
			return nil, err
		}
		defer release()
	} else if err := s.take(ctx); err != nil {
		return nil, err
	}
	if s.write, err = connect(s.file, false); err == nil {
		s.write.SetMaxOpenConns(1)
		s.write.SetMaxIdleConns(1)
		err = s.prepare(ctx)
	}
	if err != nil {
		return nil, wrong(s.file, err)
	}
	if s.read, err = connect(s.file, true); err != nil {
		return nil, wrong(s.file, err)
	}
	s.read.SetMaxOpenConns(readers)
	s.read.SetMaxIdleConns(readers)
	return s, wrong(s.file, s.begin(ctx, alone))
}

// place makes the file where it is missing and may be made. It is for this user alone: it
// holds people's requests.
func (s *Store) place(make bool) error {
	_, err := os.Stat(s.file)
	switch {
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return &Error{ReadOnly, s.file, err}
	case !make:
		return &Error{Missing, s.file, nil}
	}
	if err := os.MkdirAll(filepath.Dir(s.file), 0o700); err != nil {
		return notMade(s.file, err)
	}
	f, err := os.OpenFile(s.file, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return notMade(s.file, err)
	}
	return f.Close()
}

// Running says whether a gateway works with a store.
func Running(file string) bool {
	name := lockFile(file)
	if _, err := os.Stat(name); err != nil {
		return false
	}
	lock := flock.New(name, flock.SetFlag(os.O_RDONLY))
	taken, err := lock.TryRLock()
	if taken {
		_ = lock.Close()
	}
	return err == nil && !taken
}

// patience is how long a gateway waits for the lock: a command holds it while it opens.
const patience = time.Second

func lockFile(file string) string { return file + ".lock" }

// take locks the store against a second gateway.
func (s *Store) take(ctx context.Context) error {
	lock := flock.New(lockFile(s.file), flock.SetPermissions(0o600))
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	taken, err := lock.TryLockContext(waiting, 20*time.Millisecond)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && !errors.Is(err, context.DeadlineExceeded):
		return notMade(s.file, err)
	case !taken:
		return &Error{Locked, s.file, nil}
	}
	s.lock = lock
	return nil
}

// alone finds out if no gateway runs, and keeps one from starting until release is called.
// It makes no lock file: a gateway of another user could not open it.
func (s *Store) alone() (alone bool, release func(), err error) {
	if _, err := os.Stat(lockFile(s.file)); errors.Is(err, fs.ErrNotExist) {
		return true, func() {}, nil
	}
	lock := flock.New(lockFile(s.file), flock.SetPermissions(0o600))
	alone, err = lock.TryLock()
	if err != nil {
		return false, nil, &Error{ReadOnly, s.file, err}
	}
	return alone, func() { _ = lock.Close() }, nil
}

// connect opens connections to the file. What was committed is on the disk: a client was told so.
func connect(file string, readOnly bool) (*sql.DB, error) {
	q := url.Values{"_pragma": {"busy_timeout(10000)", "foreign_keys(1)", "synchronous(FULL)", "temp_store(MEMORY)", "trusted_schema(0)"}}
	if readOnly {
		q["_pragma"] = append(q["_pragma"], "query_only(1)")
	} else {
		q.Set("_txlock", "immediate")
	}
	name := url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(file)}).EscapedPath(), RawQuery: q.Encode()}
	return sql.Open("sqlite", name.String())
}

// prepare makes the tables.
func (s *Store) prepare(ctx context.Context) error {
	var id, version, tables int
	if err := errors.Join(
		s.write.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id),
		s.write.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version),
		s.write.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables),
	); err != nil {
		return err
	}
	switch {
	case id != application && (tables > 0 || id != 0):
		return &Error{Foreign, s.file, nil}
	case version > schemaVersion:
		return &Error{NewerSchema, s.file, nil}
	}
	if _, err := s.write.ExecContext(ctx, "PRAGMA journal_mode=WAL"); err != nil {
		return err
	}
	if version == schemaVersion {
		return nil
	}
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	// Another process may have made them meanwhile.
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil || version == schemaVersion {
		return err
	}
	secret := make([]byte, 32)
	rand.Read(secret)
	if _, err := tx.ExecContext(ctx, schema); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO meta VALUES ('cursor-secret', ?), ('number', '1000'), ('stamp', '0')", secret); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id=%d; PRAGMA user_version=%d", application, schemaVersion)); err != nil {
		return err
	}
	return tx.Commit()
}

// begin reads everything for the memory, and begins an epoch.
func (s *Store) begin(ctx context.Context, epoch bool) error {
	if err := s.write.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = 'cursor-secret'").Scan(&s.secret); err != nil {
		return err
	}
	if epoch {
		id := make([]byte, epochSize)
		rand.Read(id)
		if _, err := s.write.ExecContext(ctx, "INSERT INTO epochs (number, id) SELECT coalesce(max(number), 0) + 1, ? FROM epochs", id); err != nil {
			return err
		}
	}
	return s.heads.load(ctx, s.write)
}

// Close closes the store. Whoever reads or writes still gets an error.
func (s *Store) Close() error {
	var all []error
	for _, c := range []io.Closer{s.read, s.write} {
		if db, ok := c.(*sql.DB); ok && db != nil {
			all = append(all, db.Close())
		}
	}
	if s.lock != nil {
		all = append(all, s.lock.Close())
	}
	return errors.Join(all...)
}

// File is the file's name.
func (s *Store) File() string { return s.file }

// Ready tries a write without a change: a full, read-only or locked store says so.
//
// Errors: *[Error].
func (s *Store) Ready(ctx context.Context) error {
	return s.Write(ctx, func(tx *Tx) error { return tx.exec("UPDATE meta SET value = value WHERE name = 'number'") })
}

// Tx is one change, a transaction. It is for one goroutine, within the function given to
// [Store.Write].
type Tx struct {
	query
	store *Store
	moved map[bus.Head]int64
	stamp int64
}

// Write makes a change: everything that f does, or nothing. After the commit the heads that it
// moved count, and are rung.
//
// Errors: f's own, as they are; *[Error] where the store is at fault.
func (s *Store) Write(ctx context.Context, f func(tx *Tx) error) error {
	// One at a time: the driver's own queue is not in the order of arrival.
	s.writing.Lock()
	defer s.writing.Unlock()
	raw, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return wrong(s.file, err)
	}
	defer func() { _ = raw.Rollback() }()
	tx := &Tx{query: query{ctx: ctx, on: raw}, store: s}
	if err := f(tx); err != nil {
		return wrong(s.file, err)
	}
	if err := raw.Commit(); err != nil {
		return wrong(s.file, err)
	}
	s.publish(tx.moved)
	return nil
}

// Now is the store's clock, in UTC to the millisecond, as times are kept.
func (s *Store) Now() time.Time { return s.now().UTC().Truncate(time.Millisecond) }

// Now is the store's clock.
func (tx *Tx) Now() time.Time { return tx.store.Now() }

// Read has f read one state of the store; no change touches it meanwhile.
func (s *Store) Read(ctx context.Context, f func(r *Reader) error) error {
	raw, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return wrong(s.file, err)
	}
	defer func() { _ = raw.Rollback() }()
	return wrong(s.file, f(&Reader{query{ctx: ctx, on: raw}}))
}

// Reader reads one state of the store. It is for one goroutine, within the function given to
// [Store.Read].
type Reader struct{ query }

// query is what changes and readers can both ask.
type query struct {
	ctx context.Context
	on  *sql.Tx
}

func (q query) exec(statement string, args ...any) error {
	_, err := q.on.ExecContext(q.ctx, statement, args...)
	return err
}

// insert returns the new row.
func (q query) insert(statement string, args ...any) (int64, error) {
	result, err := q.on.ExecContext(q.ctx, statement, args...)
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}

// one reads one row, or fails with [ErrNotFound].
func (q query) one(statement string, args []any, into ...any) error {
	err := q.on.QueryRowContext(q.ctx, statement, args...).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// all reads rows, each by scan.
func (q query) all(statement string, args []any, scan func(row scanner) error) error {
	rows, err := q.on.QueryContext(q.ctx, statement, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// scanner is a row of one result or of many.
type scanner interface{ Scan(into ...any) error }

// millis is a time as it is kept, nil for none.
func millis(t *time.Time) any {
	if t == nil {
		return nil
	}
	return t.UnixMilli()
}

func timeOf(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func timeOrNil(ms sql.NullInt64) *time.Time {
	if !ms.Valid {
		return nil
	}
	t := timeOf(ms.Int64)
	return &t
}

// rowOrNil is a row as it is kept, nil for none.
func rowOrNil(row int64) any {
	if row == 0 {
		return nil
	}
	return row
}
