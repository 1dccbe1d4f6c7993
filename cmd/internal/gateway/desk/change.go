package desk

import (
	"cmp"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

// labelOf is the built-in helpdesk's word for a category.
func labelOf(category api.Category) string {
	return map[api.Category]string{
		api.New: "New", api.Open: "In progress", api.WaitingForYou: "Waiting for you", api.OnHold: "On hold", api.Solved: "Solved", api.Closed: "Closed",
	}[category]
}

// categories are all, in the order of a request's life.
func categories() []api.Category {
	return []api.Category{api.New, api.Open, api.WaitingForYou, api.OnHold, api.Solved, api.Closed}
}

// save writes a request with its next version, and tells its members.
func save(tx *store.Tx, q *request) error {
	q.Updated = tx.Now()
	return tx.SaveTicket(&q.Ticket)
}

// author is the author of an entry: a person of the portal, a technician, or neither.
type author struct {
	person int64
	staff  string
}

// addEntry adds an entry that is delivered, as all are in the built-in helpdesk.
func addEntry(tx *store.Tx, q *request, by author, kind api.EntryKind, body string) (store.Entry, error) {
	e := store.Entry{Ticket: q.Row, Kind: string(kind), Author: by.person, Staff: by.staff, Body: body, Format: string(api.Text), Delivery: string(api.DeliveryDone), Created: tx.Now()}
	return e, tx.AddEntry(&e)
}

// setStatus changes the status of a request, and says so in it. The caller saves. An empty
// label is the category's.
func setStatus(tx *store.Tx, q *request, by author, category api.Category, label string) error {
	label = cmp.Or(label, labelOf(category))
	if q.Category == string(category) && q.Label == label {
		return nil
	}
	now := tx.Now()
	q.Category, q.Label = string(category), label
	switch category {
	case api.Solved:
		q.Solved, q.Closed = &now, nil
	case api.Closed:
		q.Closed = &now
		if q.Solved == nil {
			q.Solved = &now
		}
	default:
		q.Solved, q.Closed = nil, nil
	}
	_, err := addEntry(tx, q, by, api.StatusEntry, label)
	return err
}

// addParticipants puts people in copy.
func addParticipants(tx *store.Tx, q *request, rows []int64) error {
	for _, row := range rows {
		if q.has(row) {
			continue
		}
		m := store.Member{Person: row, Part: store.Copy}
		if err := tx.AddMember(q.Ticket, m); err != nil {
			return err
		}
		q.members = append(q.members, m)
	}
	return nil
}

// removeParticipant takes a participant out.
func removeParticipant(tx *store.Tx, q *request, row int64) error {
	for i, m := range q.members {
		if m.Person == row && m.Part == store.Copy {
			q.members = append(q.members[:i], q.members[i+1:]...)
			return tx.RemoveMember(q.Ticket, row)
		}
	}
	return nil
}
