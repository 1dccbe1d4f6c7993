package desk

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

// pageOfTickets is the length of a page unless the client says otherwise; mostTickets is the
// longest that it can say.
const pageOfTickets, mostTickets = 50, 100

// Tickets lists requests, newest first: what no device keeps.
//
// Problems: bad-request, not-permitted for the organization's without its role.
func (d *Desk) Tickets(ctx context.Context, who *Person, q api.TicketQuery) (answer Answer, err error) {
	err = d.read(ctx, who, func(r *store.Reader) error {
		ask, err := d.ticketQuery(r, who, q)
		if err != nil {
			return err
		}
		var rows []store.Ticket
		if q.Scope == api.ScopeApprovals {
			rows, err = ticketsToApprove(r, who, ask)
		} else {
			rows, err = r.Tickets(ask)
		}
		if err != nil {
			return err
		}
		out := api.TicketList{}
		if len(rows) == ask.Limit {
			rows = rows[:ask.Limit-1]
			last := rows[len(rows)-1]
			at := last.Updated
			if ask.ByCreation {
				at = last.Created
			}
			out.Next = strconv.FormatInt(at.UnixMilli(), 36) + "." + last.ID
		}
		out.Tickets, err = d.summaries(r, rows)
		answer = Answer{Status: http.StatusOK, Body: out}
		return err
	})
	return answer, err
}

// ticketQuery is a checked query. It asks for one more than a page.
func (d *Desk) ticketQuery(r *store.Reader, who *Person, q api.TicketQuery) (ask store.TicketQuery, err error) {
	ask = store.TicketQuery{Category: string(q.Category), Words: line(q.Q), Limit: pageOfTickets + 1}
	if q.Limit > 0 {
		ask.Limit = min(q.Limit, mostTickets) + 1
	}
	switch q.Scope {
	case api.ScopeMine, "":
		ask.Person, ask.Part = who.Row, store.Own
	case api.ScopeParticipant:
		ask.Person, ask.Part = who.Row, store.Copy
	case api.ScopeOrganization:
		if !d.may(who, Organization) || who.OrganizationRow == 0 {
			return ask, notPermitted("You may not see the requests of your organization.")
		}
		ask.Organization = who.OrganizationRow
	case api.ScopeApprovals:
	default:
		return ask, badRequest("scope has to be mine, participant, organization or approvals.")
	}
	if q.Category != "" && !slices.Contains(categories(), q.Category) {
		return ask, badRequest("category is none of those of requests.")
	}
	switch q.Sort {
	case api.SortUpdated, "":
	case api.SortCreated:
		ask.ByCreation = true
	default:
		return ask, badRequest("sort has to be updated or created.")
	}
	if q.Cursor == "" {
		return ask, nil
	}
	at, id, ok := strings.Cut(q.Cursor, ".")
	ms, err := strconv.ParseInt(at, 36, 64)
	if !ok || err != nil {
		return ask, badRequest("cursor is none of this list.")
	}
	t, err := r.TicketByID(id)
	if errors.Is(err, store.ErrNotFound) {
		return ask, badRequest("cursor is none of this list.")
	}
	ask.After = store.Place{Time: time.UnixMilli(ms), Row: t.Row}
	return ask, err
}

// ticketsToApprove are requests with approvals of the person, but private ones. There are
// few for each person.
func ticketsToApprove(r *store.Reader, who *Person, ask store.TicketQuery) ([]store.Ticket, error) {
	rows, err := approvalRows(r, who)
	if err != nil {
		return nil, err
	}
	approvals, err := r.ApprovalsByRow(rows)
	if err != nil {
		return nil, err
	}
	var of []int64
	for _, a := range approvals {
		if a.Ticket != 0 && !slices.Contains(of, a.Ticket) {
			of = append(of, a.Ticket)
		}
	}
	tickets, err := r.TicketsByRow(of)
	if err != nil {
		return nil, err
	}
	place := func(t store.Ticket) (int64, int64) {
		if ask.ByCreation {
			return t.Created.UnixMilli(), t.Row
		}
		return t.Updated.UnixMilli(), t.Row
	}
	words := strings.Fields(strings.ToLower(ask.Words))
	tickets = slices.DeleteFunc(tickets, func(t store.Ticket) bool {
		at, row := place(t)
		behind := ask.After == (store.Place{}) || at < ask.After.Time.UnixMilli() || at == ask.After.Time.UnixMilli() && row < ask.After.Row
		said := strings.ToLower(t.Subject + " " + t.Number)
		misses := slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(said, w) })
		return t.Private || t.Merged != 0 || !behind || misses || ask.Category != "" && t.Category != ask.Category
	})
	slices.SortFunc(tickets, func(a, b store.Ticket) int {
		atA, rowA := place(a)
		atB, rowB := place(b)
		return cmp.Or(cmp.Compare(atB, atA), cmp.Compare(rowB, rowA))
	})
	return tickets[:min(len(tickets), ask.Limit)], nil
}

// approvalRows are the approvals in the person's line of changes.
func approvalRows(r *store.Reader, who *Person) (rows []int64, err error) {
	const some = 1000
	for after, n := int64(0), some; n == some; {
		changes, err := r.Changes(store.PersonHead(who.Row), after, some)
		if err != nil {
			return nil, err
		}
		n = len(changes)
		for _, c := range changes {
			if after = c.Seq; c.What == store.AnApproval && !c.Gone {
				rows = append(rows, c.Item)
			}
		}
	}
	return rows, nil
}
