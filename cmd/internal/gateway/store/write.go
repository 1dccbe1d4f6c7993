package store

import (
	"bytes"
	"time"

	"github.com/portico-desktop/portico/cmd/internal/gateway/bus"
)

// KeepWrites is how long the answer to a write is kept, and with it what came of it.
const KeepWrites = 14 * 24 * time.Hour

// Stored is the kept answer to a write.
type Stored struct {
	Row    int64
	Key    string
	Status int
	// Answer is the body as it was sent.
	Answer []byte
	ETag   string
	At     time.Time
	// Outcome is what came of it, "" as long as nobody knows; Made is the id of what it made
	// or changed, and Problem a problem document, or "".
	Outcome, Made, Problem string
}

// Repeated returns the stored answer to the same write.
//
// Errors: [ErrNotFound] for a new key; [ErrReused] for a key that came with something else.
func (q query) Repeated(person int64, key string, hash []byte) (Stored, error) {
	w := Stored{Key: key}
	var was []byte
	var at int64
	err := q.one("SELECT row, hash, status, answer, etag, at, outcome, made, problem FROM writes WHERE person = ? AND key = ?", []any{person, key},
		&w.Row, &was, &w.Status, &w.Answer, &w.ETag, &at, &w.Outcome, &w.Made, &w.Problem)
	w.At = timeOf(at)
	if err == nil && !bytes.Equal(was, hash) {
		return Stored{}, ErrReused
	}
	return w, err
}

// Keep keeps the answer to a write, and sets Row. With an outcome, the person's devices are
// told of it.
func (tx *Tx) Keep(person int64, hash []byte, w *Stored) (err error) {
	w.At = tx.Now()
	w.Row, err = tx.insert("INSERT INTO writes (person, key, hash, status, answer, etag, at, outcome, made, problem) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		person, w.Key, hash, w.Status, w.Answer, w.ETag, w.At.UnixMilli(), w.Outcome, w.Made, w.Problem)
	if err != nil || w.Outcome == "" {
		return err
	}
	return tx.Changed(PersonHead(person), AWrite, w.Row)
}

// WritesByRow returns kept answers by their rows, in their order.
func (q query) WritesByRow(rows []int64) ([]Stored, error) {
	var all []Stored
	for _, part := range chunks(rows) {
		err := q.all("SELECT row, key, status, etag, at, outcome, made, problem FROM writes WHERE row IN ("+marks(len(part))+") ORDER BY row", part, func(row scanner) error {
			var w Stored
			var at int64
			err := row.Scan(&w.Row, &w.Key, &w.Status, &w.ETag, &at, &w.Outcome, &w.Made, &w.Problem)
			w.At = timeOf(at)
			all = append(all, w)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// SweepWrites forgets answers older than [KeepWrites], some at a time; more is true if there
// are more.
func (tx *Tx) SweepWrites() (more bool, err error) {
	const some = 1000
	var rows []int64
	if err := tx.all("SELECT row FROM writes WHERE at < ? LIMIT ?", []any{tx.Now().Add(-KeepWrites).UnixMilli(), some}, func(row scanner) error {
		var r int64
		err := row.Scan(&r)
		rows = append(rows, r)
		return err
	}); err != nil {
		return false, err
	}
	for _, part := range chunks(rows) {
		if err := tx.exec("DELETE FROM feed WHERE kind = ? AND what = ? AND item IN ("+marks(len(part))+")", append([]any{bus.Person, AWrite}, part...)...); err != nil {
			return false, err
		}
		if err := tx.exec("DELETE FROM writes WHERE row IN ("+marks(len(part))+")", part...); err != nil {
			return false, err
		}
	}
	return len(rows) == some, nil
}
