package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

// Staff is the technician's side of the built-in helpdesk. Commands use it, also beside a
// gateway that runs.
//
// Requests are named by their numbers or ids, people by their ids or mail addresses. Errors
// are for people: nothing of them is secret.
type Staff struct {
	Store *store.Store
	// Name is the technician's name, shown to people.
	Name string
}

// StaffTicket is a request as technicians see it.
type StaffTicket struct {
	api.Ticket
	Private bool              `json:"private,omitempty"`
	Answers json.RawMessage   `json:"answers,omitempty"`
	Device  map[string]string `json:"device,omitempty"`
	// MergedInto is the number of the request that it lives on in.
	MergedInto string         `json:"merged_into,omitempty"`
	Approvals  []api.Approval `json:"approvals,omitempty"`
	// Entries are all, oldest first.
	Entries []StaffEntry `json:"entries"`
}

// StaffEntry is an entry as technicians see it.
type StaffEntry struct {
	api.Entry
	// Internal: people do not see it.
	Internal bool `json:"internal,omitempty"`
}

// StaffQuery chooses among all requests. The zero value is the newest open ones.
type StaffQuery struct {
	// Category is one category; "" is all.
	Category string
	// All has solved and closed ones too.
	All bool
	// Text are words of subjects, or a number.
	Text string
	// Limit is the length of the list; 0 is 50.
	Limit int
}

var (
	errNoTicket = errors.New("there is no such request")
	errNoPerson = errors.New("nobody with this id or mail address has signed in yet")
)

// List lists requests, the newest change first.
func (s Staff) List(ctx context.Context, q StaffQuery) (out []api.Ticket, err error) {
	if q.Category != "" && !slices.Contains(categories(), api.Category(q.Category)) {
		return nil, wrongCategory(q.Category)
	}
	if q.Limit <= 0 {
		q.Limit = 50
	}
	err = s.Store.Read(ctx, func(r *store.Reader) error {
		tickets, err := r.Tickets(store.TicketQuery{Category: q.Category, Open: !q.All && q.Category == "", Words: line(q.Text), Limit: q.Limit})
		if err != nil {
			return err
		}
		out, err = s.desk().summaries(r, tickets)
		return err
	})
	return out, err
}

// desk has the views; it answers nobody.
func (s Staff) desk() *Desk { return &Desk{store: s.Store} }

// Show is a whole request, with internal notes.
func (s Staff) Show(ctx context.Context, ticket string) (out StaffTicket, err error) {
	err = s.Store.Read(ctx, func(r *store.Reader) error {
		t, err := find(r, ticket)
		if err != nil {
			return err
		}
		out, err = s.show(r, t)
		return err
	})
	return out, err
}

func (s Staff) show(r *store.Reader, t store.Ticket) (out StaffTicket, err error) {
	q, err := requestOf(r, t)
	if err != nil {
		return out, err
	}
	q.asked = true // so that what the requester has said is there
	// A nil list of roles gives nobody anything; no action is offered here.
	d := s.desk()
	if out.Ticket, err = d.whole(r, &Person{}, q); err != nil {
		return out, err
	}
	out.Actions, out.Private, out.Answers = nil, t.Private, json.RawMessage(t.Answers)
	if t.Device != "" {
		if err := json.Unmarshal([]byte(t.Device), &out.Device); err != nil {
			return out, fmt.Errorf("read the facts of the computer: %w", err)
		}
	}
	if t.Merged != 0 {
		into, err := r.Ticket(t.Merged)
		if err != nil {
			return out, err
		}
		out.MergedInto = into.Number
	}
	approvals, err := r.ApprovalsOfTicket(t.Row)
	if err != nil {
		return out, err
	}
	for _, a := range approvals {
		v, err := d.approval(r, a)
		if err != nil {
			return out, err
		}
		out.Approvals = append(out.Approvals, v)
	}
	rows, err := r.Entries(t.Row, store.EntryQuery{Internal: true, Limit: 1 << 20})
	if err != nil {
		return out, err
	}
	slices.Reverse(rows)
	views, err := d.entries(r, rows, map[int64]string{t.Row: t.ID})
	for i, v := range views {
		out.Entries = append(out.Entries, StaffEntry{Entry: v, Internal: rows[i].Internal})
	}
	return out, err
}

// find is a request by its number or id.
func find(r interface {
	TicketByID(string) (store.Ticket, error)
	TicketByNumber(string) (store.Ticket, error)
}, named string) (store.Ticket, error) {
	t, err := r.TicketByNumber(strings.TrimPrefix(named, "#"))
	if errors.Is(err, store.ErrNotFound) || named == "" {
		t, err = r.TicketByID(named)
	}
	if errors.Is(err, store.ErrNotFound) {
		return t, fmt.Errorf("%q: %w", named, errNoTicket)
	}
	return t, err
}

// findPerson is somebody by the id, or by a mail address that is one person's.
func findPerson(r reader, named string) (store.Person, error) {
	p, err := r.PersonByID(named)
	if !errors.Is(err, store.ErrNotFound) {
		return p, err
	}
	people, err := r.PeopleByAddress(named)
	switch {
	case err != nil:
		return p, err
	case len(people) == 0:
		return p, fmt.Errorf("%q: %w", named, errNoPerson)
	case len(people) > 1:
		return p, fmt.Errorf("%q is the mail address of %d people; name one by the id", named, len(people))
	}
	return people[0], nil
}

func wrongCategory(said string) error {
	var all []string
	for _, c := range categories() {
		all = append(all, string(c))
	}
	return fmt.Errorf("%q is no category; write one of %s", said, strings.Join(all, ", "))
}
