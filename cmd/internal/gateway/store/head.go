package store

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/portico-desktop/portico/cmd/internal/gateway/bus"
)

// A sequence number has its epoch in the upper bits. So a number given after a restart is
// never one that a client has from before it, even where an older copy of the file was put
// back in between.
const epochShift = 32

// epochSize is the length of an epoch's id in bytes.
const epochSize = 8

type epochID [epochSize]byte

// heads are the heads asked for so far, and the epochs.
type heads struct {
	mu     sync.RWMutex
	seq    map[bus.Head]int64
	epochs map[epochID]int64
	number int64 // of the newest epoch
	id     epochID
	stamp  int64 // of the last change known
}

func (h *heads) load(ctx context.Context, db *sql.DB) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seq, h.epochs = map[bus.Head]int64{}, map[epochID]int64{}
	rows, err := db.QueryContext(ctx, "SELECT number, id FROM epochs ORDER BY number")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var number int64
		var raw []byte
		if err := rows.Scan(&number, &raw); err != nil {
			return err
		}
		if len(raw) != epochSize {
			return errors.New("an epoch has no id")
		}
		h.number, h.id = number, epochID(raw)
		h.epochs[h.id] = number
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return db.QueryRowContext(ctx, "SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'stamp'").Scan(&h.stamp)
}

// get returns a head from memory, or reads it.
func (s *Store) get(ctx context.Context, head bus.Head) (int64, error) {
	s.heads.mu.RLock()
	seq, known := s.heads.seq[head]
	s.heads.mu.RUnlock()
	if known {
		return seq, nil
	}
	// Under the lock: a change between the reading and the writing down would be lost.
	s.heads.mu.Lock()
	defer s.heads.mu.Unlock()
	err := s.read.QueryRowContext(ctx, "SELECT seq FROM heads WHERE kind = ? AND row = ?", head.Kind, head.Row).Scan(&seq)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, wrong(s.file, err)
	}
	s.heads.seq[head] = max(seq, s.heads.seq[head])
	return s.heads.seq[head], nil
}

// publish makes moved heads count, and rings.
func (s *Store) publish(moved map[bus.Head]int64) {
	if len(moved) == 0 {
		return
	}
	s.heads.mu.Lock()
	for head, seq := range moved {
		s.heads.seq[head] = max(seq, s.heads.seq[head])
	}
	s.heads.mu.Unlock()
	s.bus.Ring(slices.Collect(maps.Keys(moved)))
}

// Look reads which heads another process has moved, and rings those. It is one short query: for
// a ring that was lost, or when the file has changed.
func (s *Store) Look(ctx context.Context) error {
	s.heads.mu.RLock()
	since := s.heads.stamp
	s.heads.mu.RUnlock()
	rows, err := s.read.QueryContext(ctx, "SELECT kind, row, seq, stamp FROM heads WHERE stamp > ?", since)
	if err != nil {
		return wrong(s.file, err)
	}
	defer rows.Close()
	moved := map[bus.Head]int64{}
	for rows.Next() {
		var head bus.Head
		var seq, stamp int64
		if err := rows.Scan(&head.Kind, &head.Row, &seq, &stamp); err != nil {
			return wrong(s.file, err)
		}
		since = max(since, stamp)
		s.heads.mu.RLock()
		known, here := s.heads.seq[head]
		s.heads.mu.RUnlock()
		if here && known < seq {
			moved[head] = seq
		}
	}
	if err := rows.Err(); err != nil {
		return wrong(s.file, err)
	}
	s.heads.mu.Lock()
	s.heads.stamp = max(s.heads.stamp, since)
	s.heads.mu.Unlock()
	s.publish(moved)
	return nil
}

// move takes the next number of a head.
func (tx *Tx) move(head bus.Head) (int64, error) {
	if tx.stamp == 0 {
		if err := tx.one("UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE name = 'stamp' RETURNING CAST(value AS INTEGER)", nil, &tx.stamp); err != nil {
			return 0, err
		}
	}
	var last, number int64
	err := tx.one("SELECT coalesce((SELECT seq FROM heads WHERE kind = ?1 AND row = ?2), 0), coalesce((SELECT max(number) FROM epochs), 0)", []any{head.Kind, head.Row}, &last, &number)
	if err != nil {
		return 0, err
	}
	next := max(last, number<<epochShift) + 1
	if was := last >> epochShift; was != next>>epochShift && last > 0 {
		if err := tx.exec("INSERT OR REPLACE INTO ends VALUES (?, ?, ?, ?)", head.Kind, head.Row, was, last); err != nil {
			return 0, err
		}
	}
	if tx.moved == nil {
		tx.moved = map[bus.Head]int64{}
	}
	tx.moved[head] = next
	return next, tx.exec("INSERT INTO heads VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET seq = ?3, stamp = ?4", head.Kind, head.Row, next, tx.stamp)
}

// What is a kind of thing in a line of changes. The numbers are in the store.
type What int

// The kinds of things.
const (
	ATicket      What = 1
	AnEntry      What = 2
	AnApproval   What = 3
	AnAnnounce   What = 4
	AWrite       What = 5 // what came of a write
	Me           What = 6 // the person themselves; Item is their row
	AnInvitation What = 7 // menus or forms have changed; Item is 0
)

// Change is one line of a head: the last change of one thing.
type Change struct {
	What What
	// Item is the thing's row.
	Item int64
	Seq  int64
	// Gone: whoever the line is for no longer has it. ID is its id, and Into the id of what
	// it lives on in, for a merged ticket.
	Gone     bool
	ID, Into string
}

// Changed tells the followers of a head of a new or changed thing.
func (tx *Tx) Changed(head bus.Head, what What, item int64) error {
	seq, err := tx.move(head)
	if err != nil {
		return err
	}
	return tx.exec("INSERT INTO feed (kind, row, what, item, seq) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET seq = ?5, gone = 0, id = '', into_id = ''",
		head.Kind, head.Row, what, item, seq)
}

// Gone takes a thing from the followers of a head.
func (tx *Tx) Gone(head bus.Head, what What, item int64, id, into string) error {
	seq, err := tx.move(head)
	if err != nil {
		return err
	}
	return tx.exec("INSERT INTO feed VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?7) ON CONFLICT DO UPDATE SET seq = ?5, gone = 1, id = ?6, into_id = ?7",
		head.Kind, head.Row, what, item, seq, id, into)
}

// Nudge moves a head without a thing: for things worked out anew at each sync.
func (tx *Tx) Nudge(head bus.Head) error {
	_, err := tx.move(head)
	return err
}

// Changes reads a head's changes after a number, in their order.
func (q query) Changes(head bus.Head, after int64, limit int) ([]Change, error) {
	var found []Change
	err := q.all("SELECT what, item, seq, gone, id, into_id FROM feed WHERE kind = ? AND row = ? AND seq > ? ORDER BY seq LIMIT ?",
		[]any{head.Kind, head.Row, after, limit}, func(row scanner) error {
			var c Change
			err := row.Scan(&c.What, &c.Item, &c.Seq, &c.Gone, &c.ID, &c.Into)
			found = append(found, c)
			return err
		})
	return found, err
}
