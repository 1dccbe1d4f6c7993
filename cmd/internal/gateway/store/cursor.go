package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"errors"

	"github.com/portico-desktop/portico/cmd/internal/gateway/bus"
)

// ErrExpired is for a cursor without a way to go on: it is foreign, damaged, from another
// epoch, or ahead of its head. The client begins again without one.
var ErrExpired = errors.New("the cursor has expired")

// Cursor is how far a person has read. The zero value is the beginning.
type Cursor struct {
	// Person and Organization are rows; a cursor counts for them alone.
	Person, Organization int64
	// Own, Shared and Common are the last numbers read of the person's head, the
	// organization's, and everybody's.
	Own, Shared, Common int64
	// Until is the number at which the bootstrap ends, of the person's head; 0 once it has.
	Until int64

	epoch epochID
}

// cursorVersion is the first byte of a cursor, and macSize the length of its end, in bytes.
const (
	cursorVersion = 1
	macSize       = 12
)

// Text writes a cursor down, in the epoch of now.
func (s *Store) Text(c Cursor) string {
	s.heads.mu.RLock()
	id := s.heads.id
	s.heads.mu.RUnlock()
	b := append([]byte{cursorVersion}, id[:]...)
	for _, n := range []int64{c.Person, c.Organization, c.Own, c.Shared, c.Common, c.Until} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	return base64.RawURLEncoding.EncodeToString(append(b, s.mac(b)...))
}

func (s *Store) mac(b []byte) []byte {
	h := hmac.New(sha256.New, s.secret)
	h.Write([]byte("cursor"))
	h.Write(b)
	return h.Sum(nil)[:macSize]
}

// ParseCursor reads this person's cursor, in this organization. An empty one is the
// beginning: its Person and Organization are set.
//
// Errors: [ErrExpired].
func (s *Store) ParseCursor(text string, person, organization int64) (Cursor, error) {
	if text == "" {
		return Cursor{Person: person, Organization: organization}, nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) < 1+epochSize+macSize || b[0] != cursorVersion {
		return Cursor{}, ErrExpired
	}
	body, mac := b[:len(b)-macSize], b[len(b)-macSize:]
	if !hmac.Equal(mac, s.mac(body)) {
		return Cursor{}, ErrExpired
	}
	c := Cursor{epoch: epochID(body[1 : 1+epochSize])}
	rest := body[1+epochSize:]
	for _, into := range []*int64{&c.Person, &c.Organization, &c.Own, &c.Shared, &c.Common, &c.Until} {
		n, size := binary.Uvarint(rest)
		if size <= 0 || n > 1<<63-1 {
			return Cursor{}, ErrExpired
		}
		*into, rest = int64(n), rest[size:]
	}
	if len(rest) > 0 || c.Person != person || c.Organization != organization {
		return Cursor{}, ErrExpired
	}
	s.heads.mu.RLock()
	_, known := s.heads.epochs[c.epoch]
	s.heads.mu.RUnlock()
	if !known {
		return Cursor{}, ErrExpired
	}
	return c, nil
}

// followed are the heads read by a cursor, and how far it has read.
func (c Cursor) followed() [3]struct {
	head bus.Head
	seq  int64
} {
	type line = struct {
		head bus.Head
		seq  int64
	}
	return [3]line{
		{bus.Head{Kind: bus.Person, Row: c.Person}, c.Own},
		{bus.Head{Kind: bus.Organization, Row: c.Organization}, c.Shared},
		{bus.All, c.Common},
	}
}

// Heads are the heads read by a cursor, for whoever waits for a ring.
func (c Cursor) Heads() []bus.Head {
	var all []bus.Head
	for _, line := range c.followed() {
		all = append(all, line.head)
	}
	return all
}

// Behind is true if there may be something after the cursor, or it has expired. It asks memory
// alone, once the heads were asked for.
//
// Errors: *[Error] if a head cannot be read.
func (s *Store) Behind(ctx context.Context, c Cursor) (bool, error) {
	if c.Until > 0 || c.epoch == (epochID{}) {
		return true, nil
	}
	for _, line := range c.followed() {
		now, err := s.get(ctx, line.head)
		if err != nil || now != line.seq {
			return true, err
		}
	}
	return false, nil
}

// Valid finds out if a cursor can be gone on from.
//
// Errors: [ErrExpired]; *[Error].
func (s *Store) Valid(ctx context.Context, c Cursor) error {
	if c.epoch == (epochID{}) {
		return nil
	}
	for _, line := range c.followed() {
		now, err := s.get(ctx, line.head)
		if err == nil && line.seq > now {
			// A read sees the change of another process before memory does.
			if err = s.Look(ctx); err == nil {
				now, err = s.get(ctx, line.head)
			}
		}
		switch {
		case err != nil:
			return err
		case line.seq > now:
			return ErrExpired
		case line.seq == 0 || line.seq>>epochShift == now>>epochShift:
			continue
		}
		// It stood somewhere in an epoch that has ended: not beyond where that ended?
		var last int64
		err = s.read.QueryRowContext(ctx, "SELECT seq FROM ends WHERE kind = ? AND row = ? AND epoch = ?", line.head.Kind, line.head.Row, line.seq>>epochShift).Scan(&last)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return ErrExpired
		case err != nil:
			return wrong(s.file, err)
		case line.seq > last:
			return ErrExpired
		}
	}
	return nil
}

// Start is the last number for a bootstrap beginning now: the person's head.
func (s *Store) Start(ctx context.Context, person int64) (int64, error) {
	return s.get(ctx, bus.Head{Kind: bus.Person, Row: person})
}
