package store

import (
	"database/sql"
	"time"
)

// File is an attachment without its bytes; they are elsewhere.
type File struct {
	Row int64
	// ID is the client's, a UUID.
	ID string
	// Owner is the row of whoever sent it.
	Owner int64
	Name  string
	Size  int64
	// Type was found in the content. Digest is its Content-Digest (RFC 9530).
	Type, Digest string
	// Ticket and Entry are what it is attached to, 0 for nothing. Without an entry it came
	// with the ticket.
	Ticket, Entry int64
	Created       time.Time
}

const fileColumns = "row, id, owner, name, size, type, digest, coalesce(ticket, 0), coalesce(entry, 0), created"

func (q query) files(where string, args ...any) ([]File, error) {
	var found []File
	err := q.all("SELECT "+fileColumns+" FROM files WHERE "+where, args, func(row scanner) error {
		var f File
		var created int64
		err := row.Scan(&f.Row, &f.ID, &f.Owner, &f.Name, &f.Size, &f.Type, &f.Digest, &f.Ticket, &f.Entry, &created)
		f.Created = timeOf(created)
		found = append(found, f)
		return err
	})
	return found, err
}

// File returns an attachment by its id, or [ErrNotFound].
func (q query) File(id string) (File, error) {
	found, err := q.files("id = ?", id)
	if err == nil && len(found) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return File{}, err
	}
	return found[0], nil
}

// FilesOfTickets returns the files of the tickets themselves.
func (q query) FilesOfTickets(tickets []int64) ([]File, error) {
	return q.filesOf("ticket", "entry IS NULL", tickets)
}

// FilesOfEntries returns the files of entries.
func (q query) FilesOfEntries(entries []int64) ([]File, error) {
	return q.filesOf("entry", "1", entries)
}

func (q query) filesOf(column, and string, rows []int64) ([]File, error) {
	var all []File
	for _, part := range chunks(rows) {
		found, err := q.files(column+" IN ("+marks(len(part))+") AND "+and+" ORDER BY row", part...)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// AddFile adds an attachment and sets Row.
func (tx *Tx) AddFile(f *File) (err error) {
	f.Row, err = tx.insert("INSERT INTO files (id, owner, name, size, type, digest, created) VALUES (?, ?, ?, ?, ?, ?, ?)",
		f.ID, f.Owner, f.Name, f.Size, f.Type, f.Digest, f.Created.UnixMilli())
	return err
}

// Attach attaches a file to a ticket, or to one of its entries.
func (tx *Tx) Attach(file, ticket, entry int64) error {
	return tx.exec("UPDATE files SET ticket = ?, entry = ? WHERE row = ?", ticket, rowOrNil(entry), file)
}

// UnusedFiles are those attached to nothing, from before a time.
func (q query) UnusedFiles(before time.Time, limit int) ([]File, error) {
	return q.files("ticket IS NULL AND created < ? ORDER BY created LIMIT ?", before.UnixMilli(), limit)
}

// RemoveFile forgets a file attached to nothing.
func (tx *Tx) RemoveFile(row int64) error {
	return tx.exec("DELETE FROM files WHERE row = ? AND ticket IS NULL", row)
}

// Approval is something on which a person is asked to decide.
type Approval struct {
	Row int64
	ID  string
	// Ticket is a row, 0 for none. Person decides. AskedBy is a person's row, or 0, and
	// AskedName a technician's name then.
	Ticket, Person, AskedBy int64
	AskedName               string
	Title, Body, Format     string
	State                   string
	DecidedBy               int64
	Comment                 string
	Created, Updated        time.Time
	Until                   *time.Time
	Version                 int64
}

const approvalColumns = "row, id, coalesce(ticket, 0), person, coalesce(asked_by, 0), asked_name, title, body, format, state, coalesce(decided_by, 0), comment, created, updated, until, version"

func (q query) approvals(where string, args ...any) ([]Approval, error) {
	var found []Approval
	err := q.all("SELECT "+approvalColumns+" FROM approvals WHERE "+where, args, func(row scanner) error {
		var a Approval
		var created, updated int64
		var until sql.NullInt64
		err := row.Scan(&a.Row, &a.ID, &a.Ticket, &a.Person, &a.AskedBy, &a.AskedName, &a.Title, &a.Body, &a.Format, &a.State, &a.DecidedBy, &a.Comment, &created, &updated, &until, &a.Version)
		a.Created, a.Updated, a.Until = timeOf(created), timeOf(updated), timeOrNil(until)
		found = append(found, a)
		return err
	})
	return found, err
}

// ApprovalByID returns an approval by its id, or [ErrNotFound].
func (q query) ApprovalByID(id string) (Approval, error) {
	found, err := q.approvals("id = ?", id)
	if err == nil && len(found) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Approval{}, err
	}
	return found[0], nil
}

// ApprovalsByRow returns approvals by their rows.
func (q query) ApprovalsByRow(rows []int64) ([]Approval, error) {
	var all []Approval
	for _, part := range chunks(rows) {
		found, err := q.approvals("row IN ("+marks(len(part))+") ORDER BY row", part...)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// ApprovalsOfTicket returns a ticket's approvals, oldest first.
func (q query) ApprovalsOfTicket(ticket int64) ([]Approval, error) {
	return q.approvals("ticket = ? ORDER BY row", ticket)
}

// AddApproval asks a person, tells them, and sets Row, ID and Version.
func (tx *Tx) AddApproval(a *Approval) (err error) {
	a.ID, a.Version = newID("a"), 1
	a.Row, err = tx.insert("INSERT INTO approvals (id, ticket, person, asked_by, asked_name, title, body, format, state, created, updated, until) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		a.ID, rowOrNil(a.Ticket), a.Person, rowOrNil(a.AskedBy), a.AskedName, a.Title, a.Body, a.Format, a.State, a.Created.UnixMilli(), a.Updated.UnixMilli(), millis(a.Until))
	if err != nil {
		return err
	}
	return tx.Changed(PersonHead(a.Person), AnApproval, a.Row)
}

// SaveApproval writes a decision, raises the version and tells whoever was asked.
func (tx *Tx) SaveApproval(a *Approval) error {
	a.Version++
	if err := tx.exec("UPDATE approvals SET state = ?, decided_by = ?, comment = ?, updated = ?, version = ? WHERE row = ?",
		a.State, rowOrNil(a.DecidedBy), a.Comment, a.Updated.UnixMilli(), a.Version, a.Row); err != nil {
		return err
	}
	return tx.Changed(PersonHead(a.Person), AnApproval, a.Row)
}

// moveApprovals lets a ticket's approvals be about another one, and tells whoever was asked.
func (tx *Tx) moveApprovals(from, into int64) error {
	all, err := tx.ApprovalsOfTicket(from)
	if err != nil {
		return err
	}
	if err := tx.exec("UPDATE approvals SET ticket = ? WHERE ticket = ?", into, from); err != nil {
		return err
	}
	for _, a := range all {
		if err := tx.Changed(PersonHead(a.Person), AnApproval, a.Row); err != nil {
			return err
		}
	}
	return nil
}
