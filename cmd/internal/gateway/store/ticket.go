package store

import (
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/portico-desktop/portico/cmd/internal/gateway/bus"
)

// Ticket is a request. Texts are kept as they came.
type Ticket struct {
	Row    int64
	ID     string
	Number string
	// Organization, Requester and Behalf are rows; Organization and Behalf are 0 for none.
	Organization, Requester, Behalf int64

	Subject, Description, Format string
	// Form is the id of the form, Answers its answers and Device the device's facts, in JSON.
	Form, Answers, Device string
	// Private: only the requester and participants see it.
	Private bool

	Label, Category string
	PriorityLabel   string
	Priority        int // 1 to 4, 0 for none
	Assignee        string
	Delivery        string

	Created, Updated time.Time
	Solved, Closed   *time.Time

	Score, ScoreMax int // 0 until the requester has said how it was
	ScoreComment    string

	// Merged is the row of the ticket it lives on in, 0 for none.
	Merged int64
	// Version is raised by each change.
	Version int64
}

// Part is a person's part in a ticket. The numbers are in the store.
type Part int

// The parts.
const (
	// Own: the requester, or the person on whose behalf it is.
	Own Part = 1
	// Copy: a participant.
	Copy Part = 2
)

// Member is a person in a ticket.
type Member struct {
	Person int64
	Part   Part
}

const ticketColumns = "t.row, t.id, t.number, coalesce(t.organization, 0), t.requester, coalesce(t.behalf, 0), t.subject, t.description, t.format, t.form, t.answers, t.device, t.private, " +
	"t.label, t.category, t.priority_label, t.priority, t.assignee, t.delivery, t.created, t.updated, t.solved, t.closed, t.score, t.score_max, t.score_comment, coalesce(t.merged, 0), t.version"

func scanTicket(row scanner, t *Ticket) error {
	var created, updated int64
	var solved, closed sql.NullInt64
	err := row.Scan(&t.Row, &t.ID, &t.Number, &t.Organization, &t.Requester, &t.Behalf, &t.Subject, &t.Description, &t.Format, &t.Form, &t.Answers, &t.Device, &t.Private,
		&t.Label, &t.Category, &t.PriorityLabel, &t.Priority, &t.Assignee, &t.Delivery, &created, &updated, &solved, &closed, &t.Score, &t.ScoreMax, &t.ScoreComment, &t.Merged, &t.Version)
	t.Created, t.Updated, t.Solved, t.Closed = timeOf(created), timeOf(updated), timeOrNil(solved), timeOrNil(closed)
	return err
}

func (q query) tickets(rest string, args ...any) ([]Ticket, error) {
	var found []Ticket
	err := q.all("SELECT "+ticketColumns+" FROM "+rest, args, func(row scanner) error {
		var t Ticket
		err := scanTicket(row, &t)
		found = append(found, t)
		return err
	})
	return found, err
}

func (q query) ticket(where string, arg any) (Ticket, error) {
	found, err := q.tickets("tickets t WHERE "+where+" LIMIT 1", arg)
	if err == nil && len(found) == 0 {
		return Ticket{}, ErrNotFound
	}
	if err != nil {
		return Ticket{}, err
	}
	return found[0], nil
}

// Ticket returns a ticket by the row, or [ErrNotFound].
func (q query) Ticket(row int64) (Ticket, error) { return q.ticket("t.row = ?", row) }

// TicketByID returns a ticket by the id, or [ErrNotFound].
func (q query) TicketByID(id string) (Ticket, error) { return q.ticket("t.id = ?", id) }

// TicketByNumber returns a ticket by its number, or [ErrNotFound].
func (q query) TicketByNumber(number string) (Ticket, error) { return q.ticket("t.number = ?", number) }

// TicketsByRow returns tickets by their rows, in no order.
func (q query) TicketsByRow(rows []int64) ([]Ticket, error) {
	var all []Ticket
	for _, part := range chunks(rows) {
		found, err := q.tickets("tickets t WHERE t.row IN ("+marks(len(part))+")", part...)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// PartOf returns a person's part in a ticket, or [ErrNotFound].
func (q query) PartOf(ticket, person int64) (part Part, err error) {
	return part, q.one("SELECT part FROM members WHERE person = ? AND ticket = ?", []any{person, ticket}, &part)
}

// Members returns everybody who is in a ticket, by their rows.
func (q query) Members(ticket int64) ([]Member, error) {
	var found []Member
	err := q.all("SELECT person, part FROM members WHERE ticket = ? ORDER BY person", []any{ticket}, func(row scanner) error {
		var m Member
		err := row.Scan(&m.Person, &m.Part)
		found = append(found, m)
		return err
	})
	return found, err
}

// NextNumber takes the next number of the built-in helpdesk.
func (tx *Tx) NextNumber() (string, error) {
	var n int64
	err := tx.one("UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE name = 'number' RETURNING CAST(value AS INTEGER)", nil, &n)
	return strconv.FormatInt(n, 10), err
}

// AddTicket adds a ticket with its members, tells them, and sets Row, ID and Version.
func (tx *Tx) AddTicket(t *Ticket, members []Member) (err error) {
	t.ID, t.Version = newID("t"), 1
	t.Row, err = tx.insert(`INSERT INTO tickets (id, number, organization, requester, behalf, subject, description, format, form, answers, device, private,
		label, category, priority_label, priority, assignee, delivery, created, updated, solved, closed)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		t.ID, t.Number, rowOrNil(t.Organization), t.Requester, rowOrNil(t.Behalf), t.Subject, t.Description, t.Format, t.Form, t.Answers, t.Device, t.Private,
		t.Label, t.Category, t.PriorityLabel, t.Priority, t.Assignee, t.Delivery, t.Created.UnixMilli(), t.Updated.UnixMilli(), millis(t.Solved), millis(t.Closed))
	if err != nil {
		return err
	}
	if err := tx.exec("INSERT INTO words (rowid, subject, number) VALUES (?, ?, ?)", t.Row, t.Subject, t.Number); err != nil {
		return err
	}
	for _, m := range members {
		if err := tx.AddMember(*t, m); err != nil {
			return err
		}
	}
	return nil
}

// SaveTicket writes a changed ticket, raises its version and tells its members.
func (tx *Tx) SaveTicket(t *Ticket) error {
	t.Version++
	if err := tx.exec(`UPDATE tickets SET number = ?, organization = ?, requester = ?, behalf = ?, subject = ?, description = ?, format = ?, private = ?,
		label = ?, category = ?, priority_label = ?, priority = ?, assignee = ?, delivery = ?, updated = ?, solved = ?, closed = ?,
		score = ?, score_max = ?, score_comment = ?, merged = ?, version = ? WHERE row = ?`,
		t.Number, rowOrNil(t.Organization), t.Requester, rowOrNil(t.Behalf), t.Subject, t.Description, t.Format, t.Private,
		t.Label, t.Category, t.PriorityLabel, t.Priority, t.Assignee, t.Delivery, t.Updated.UnixMilli(), millis(t.Solved), millis(t.Closed),
		t.Score, t.ScoreMax, t.ScoreComment, rowOrNil(t.Merged), t.Version, t.Row); err != nil {
		return err
	}
	if err := tx.exec("DELETE FROM words WHERE rowid = ?", t.Row); err != nil {
		return err
	}
	if err := tx.exec("INSERT INTO words (rowid, subject, number) VALUES (?, ?, ?)", t.Row, t.Subject, t.Number); err != nil {
		return err
	}
	if err := tx.exec("UPDATE members SET updated = ? WHERE ticket = ?", t.Updated.UnixMilli(), t.Row); err != nil {
		return err
	}
	return tx.ToMembers(t.Row, ATicket, t.Row)
}

// ToMembers tells everybody in a ticket of a change.
func (tx *Tx) ToMembers(ticket int64, what What, item int64) error {
	members, err := tx.Members(ticket)
	if err != nil {
		return err
	}
	for _, m := range members {
		if err := tx.Changed(PersonHead(m.Person), what, item); err != nil {
			return err
		}
	}
	return nil
}

// AddMember puts a person into a ticket, or gives them another part, and tells them of the
// ticket and of its public entries.
func (tx *Tx) AddMember(t Ticket, m Member) error {
	if err := tx.exec("INSERT INTO members VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET part = ?3", m.Person, t.Row, m.Part, t.Updated.UnixMilli(), t.Created.UnixMilli()); err != nil {
		return err
	}
	if err := tx.Changed(PersonHead(m.Person), ATicket, t.Row); err != nil {
		return err
	}
	entries, err := tx.Entries(t.Row, EntryQuery{Limit: newest})
	if err != nil {
		return err
	}
	for i := len(entries) - 1; i >= 0; i-- {
		if err := tx.Changed(PersonHead(m.Person), AnEntry, entries[i].Row); err != nil {
			return err
		}
	}
	return nil
}

// RemoveMember takes a person out of a ticket, and tells them.
func (tx *Tx) RemoveMember(t Ticket, person int64) error {
	if err := tx.exec("DELETE FROM members WHERE person = ? AND ticket = ?", person, t.Row); err != nil {
		return err
	}
	if err := tx.exec("DELETE FROM feed WHERE kind = ? AND row = ? AND what = ? AND item IN (SELECT row FROM entries WHERE ticket = ?)", bus.Person, person, AnEntry, t.Row); err != nil {
		return err
	}
	return tx.Gone(PersonHead(person), ATicket, t.Row, t.ID, "")
}

// MergeTicket makes a ticket live on in another: its entries and files move there, its members
// are told, and become participants there.
func (tx *Tx) MergeTicket(from, into *Ticket) error {
	members, err := tx.Members(from.Row)
	if err != nil {
		return err
	}
	if err := tx.exec("UPDATE entries SET ticket = ? WHERE ticket = ?", into.Row, from.Row); err != nil {
		return err
	}
	if err := tx.exec("UPDATE files SET ticket = ? WHERE ticket = ?", into.Row, from.Row); err != nil {
		return err
	}
	if err := tx.moveApprovals(from.Row, into.Row); err != nil {
		return err
	}
	from.Merged = into.Row
	if err := tx.SaveTicket(from); err != nil {
		return err
	}
	for _, m := range members {
		if _, err := tx.PartOf(into.Row, m.Person); errors.Is(err, ErrNotFound) {
			if err := tx.AddMember(*into, Member{m.Person, Copy}); err != nil {
				return err
			}
		} else if err != nil {
			return err
		}
		if err := tx.exec("DELETE FROM members WHERE person = ? AND ticket = ?", m.Person, from.Row); err != nil {
			return err
		}
		if err := tx.Gone(PersonHead(m.Person), ATicket, from.Row, from.ID, into.ID); err != nil {
			return err
		}
	}
	entries, err := tx.Entries(into.Row, EntryQuery{Limit: newest})
	if err != nil {
		return err
	}
	for i := len(entries) - 1; i >= 0; i-- {
		if err := tx.ToMembers(into.Row, AnEntry, entries[i].Row); err != nil {
			return err
		}
	}
	return tx.SaveTicket(into)
}

// TicketQuery selects tickets, newest first.
type TicketQuery struct {
	// Person and Part select those that a person is in; Organization those of an
	// organization that are not private. With neither, all are selected, for technicians.
	Person       int64
	Part         Part
	Organization int64
	// Category is one category, "" for all. Open leaves out those solved or closed.
	Category string
	Open     bool
	// Words are words of the subject, or the number, "" for all.
	Words string
	// ByCreation orders by the time of creation, instead of the last change.
	ByCreation bool
	// After goes on behind a ticket of the page before; the zero value begins.
	After Place
	Limit int
}

// Place is a ticket's place in a list.
type Place struct {
	Time time.Time
	Row  int64
}

// Tickets returns the tickets selected by a query. Merged ones are never among them.
func (q query) Tickets(ask TicketQuery) ([]Ticket, error) {
	by := "updated"
	if ask.ByCreation {
		by = "created"
	}
	from, order := "tickets t", "t."+by+" DESC, t.row DESC"
	conditions, args := []string{"t.merged IS NULL"}, []any{}
	place := "(t." + by + ", t.row)"
	switch {
	case ask.Person != 0:
		from = "members m JOIN tickets t ON t.row = m.ticket"
		conditions, args = append(conditions, "m.person = ?", "m.part = ?"), append(args, ask.Person, ask.Part)
		order, place = "m."+by+" DESC, m.ticket DESC", "(m."+by+", m.ticket)"
	case ask.Organization != 0:
		conditions, args = append(conditions, "t.organization = ?", "t.private = 0"), append(args, ask.Organization)
	}
	if ask.Category != "" {
		conditions, args = append(conditions, "t.category = ?"), append(args, ask.Category)
	}
	if ask.Open {
		conditions = append(conditions, "t.category NOT IN ('solved', 'closed')")
	}
	if match := wordsOf(ask.Words); match != "" {
		conditions, args = append(conditions, "t.row IN (SELECT rowid FROM words WHERE words MATCH ?)"), append(args, match)
	}
	if ask.After != (Place{}) {
		conditions, args = append(conditions, place+" < (?, ?)"), append(args, ask.After.Time.UnixMilli(), ask.After.Row)
	}
	return q.tickets(from+" WHERE "+strings.Join(conditions, " AND ")+" ORDER BY "+order+" LIMIT ?", append(args, ask.Limit)...)
}

// wordsOf makes a search of FTS5 out of what a person typed: all words, each by its beginning.
// Quoted, nothing in it has a meaning.
func wordsOf(typed string) string {
	var all []string
	for _, word := range strings.Fields(typed) {
		all = append(all, `"`+strings.ReplaceAll(word, `"`, `""`)+`"*`)
	}
	return strings.Join(all, " ")
}
