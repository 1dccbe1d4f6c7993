package store

import "time"

// newest is how many entries of a ticket come by themselves; older ones are asked for.
const newest = 20

// Newest is how many entries of a ticket come by themselves.
func Newest() int { return newest }

// Entry is one line of a ticket's history.
type Entry struct {
	Row    int64
	ID     string
	Ticket int64
	Kind   string
	// Author is a person's row, or 0; Staff is the technician's name then, or "".
	Author int64
	Staff  string
	// Internal: technicians alone see it.
	Internal     bool
	Body, Format string
	Delivery     string
	Created      time.Time
}

const entryColumns = "row, id, ticket, kind, coalesce(author, 0), staff, internal, body, format, delivery, created"

func scanEntry(row scanner, e *Entry) error {
	var created int64
	err := row.Scan(&e.Row, &e.ID, &e.Ticket, &e.Kind, &e.Author, &e.Staff, &e.Internal, &e.Body, &e.Format, &e.Delivery, &created)
	e.Created = timeOf(created)
	return err
}

func (q query) entries(rest string, args ...any) ([]Entry, error) {
	var found []Entry
	err := q.all("SELECT "+entryColumns+" FROM entries WHERE "+rest, args, func(row scanner) error {
		var e Entry
		err := scanEntry(row, &e)
		found = append(found, e)
		return err
	})
	return found, err
}

// EntryQuery selects entries of a ticket, newest first.
type EntryQuery struct {
	// Before is the row of the entry that the page ends before; 0 begins at the newest.
	Before int64
	// Internal has technicians' notes too.
	Internal bool
	Limit    int
}

// Entries returns entries of a ticket, newest first.
func (q query) Entries(ticket int64, ask EntryQuery) ([]Entry, error) {
	before := ask.Before
	if before == 0 {
		before = 1<<63 - 1
	}
	return q.entries("ticket = ? AND row < ? AND (internal = 0 OR ?) ORDER BY row DESC LIMIT ?", ticket, before, ask.Internal, ask.Limit)
}

// EntriesByRow returns public entries by their rows, in their order.
func (q query) EntriesByRow(rows []int64) ([]Entry, error) {
	var all []Entry
	for _, part := range chunks(rows) {
		found, err := q.entries("row IN ("+marks(len(part))+") AND internal = 0 ORDER BY row", part...)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// EntryByID returns an entry of a ticket by its id, or [ErrNotFound].
func (q query) EntryByID(ticket int64, id string) (Entry, error) {
	found, err := q.entries("id = ? AND ticket = ?", id, ticket)
	if err == nil && len(found) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Entry{}, err
	}
	return found[0], nil
}

// AddEntry adds an entry and sets Row and ID. A public one is told to the ticket's members; the
// ticket itself is the caller's to save.
func (tx *Tx) AddEntry(e *Entry) (err error) {
	e.ID = newID("e")
	e.Row, err = tx.insert("INSERT INTO entries (id, ticket, kind, author, staff, internal, body, format, delivery, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		e.ID, e.Ticket, e.Kind, rowOrNil(e.Author), e.Staff, e.Internal, e.Body, e.Format, e.Delivery, e.Created.UnixMilli())
	if err != nil || e.Internal {
		return err
	}
	return tx.ToMembers(e.Ticket, AnEntry, e.Row)
}
