package desk

import (
	"errors"
	"slices"
	"time"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

// request is a ticket as somebody sees it.
type request struct {
	store.Ticket
	members []store.Member
	// asked: the person is the requester, or the colleague in whose name it was asked.
	asked bool
	// takesPart: the person is a participant.
	takesPart bool
	// oversees: the person sees the requests of the organization.
	oversees bool
	// approves: the person was asked for an approval.
	approves bool
	// approvals are all that were asked for.
	approvals []store.Approval
}

func (q *request) reads() bool { return q.asked || q.takesPart || q.oversees || q.approves }

// decided is true if an approval was decided so.
func (q *request) decided(so api.ApprovalState) bool {
	return slices.ContainsFunc(q.approvals, func(a store.Approval) bool { return a.State == string(so) })
}

func (q *request) writes() bool { return q.asked || q.takesPart }

// participants are the rows of those in copy.
func (q *request) participants() (rows []int64) {
	for _, m := range q.members {
		if m.Part == store.Copy {
			rows = append(rows, m.Person)
		}
	}
	return rows
}

func (q *request) has(person int64) bool {
	return slices.ContainsFunc(q.members, func(m store.Member) bool { return m.Person == person })
}

// ended is the time since which it needs nobody; nil for one under way.
func (q *request) ended() *time.Time {
	if q.Closed != nil {
		return q.Closed
	}
	return q.Solved
}

// see finds a request for a person.
//
// Problems: 404 for a missing one, a merged one, and one of others.
func (d *Desk) see(r reader, who *Person, id string) (*request, error) {
	t, err := r.TicketByID(id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, notFound()
	}
	if err != nil {
		return nil, err
	}
	return d.seeTicket(r, who, t)
}

func (d *Desk) seeTicket(r reader, who *Person, t store.Ticket) (*request, error) {
	q, err := requestOf(r, t)
	if err != nil {
		return nil, err
	}
	for _, m := range q.members {
		if m.Person == who.Row {
			q.asked, q.takesPart = m.Part == store.Own, m.Part == store.Copy
		}
	}
	if !t.Private {
		q.oversees = d.may(who, Organization) && who.OrganizationRow != 0 && t.Organization == who.OrganizationRow
	}
	if !t.Private && !q.reads() {
		approvals, err := r.ApprovalsOfTicket(t.Row)
		if err != nil {
			return nil, err
		}
		q.approves = slices.ContainsFunc(approvals, func(a store.Approval) bool { return a.Person == who.Row })
	}
	if !q.reads() || t.Merged != 0 {
		return nil, notFound()
	}
	return q, nil
}

func requestOf(r reader, t store.Ticket) (*request, error) {
	members, err := r.Members(t.Row)
	if err != nil {
		return nil, err
	}
	approvals, err := r.ApprovalsOfTicket(t.Row)
	return &request{Ticket: t, members: members, approvals: approvals}, err
}

// actions are the things that a person can do with a request now.
func (d *Desk) actions(who *Person, q *request) []api.Action {
	var can []api.Action
	add := func(action api.Action, possible bool) {
		if possible {
			can = append(can, action)
		}
	}
	category, ended := api.Category(q.Category), q.ended()
	soon := func(limit time.Duration) bool { return ended != nil && !d.store.Now().After(ended.Add(limit)) }
	add(api.ActReply, q.writes() && category != api.Closed)
	add(api.ActClose, q.asked && category != api.Closed)
	add(api.ActReopen, q.writes() && soon(d.limits.Reopen) && !q.decided(api.Declined))
	add(api.ActAddParticipants, q.writes() && d.may(who, Participants) && category != api.Closed)
	add(api.ActRemoveParticipants, q.asked && len(q.participants()) > 0)
	add(api.ActWatch, q.oversees && !q.writes())
	add(api.ActUnwatch, q.takesPart)
	add(api.ActFeedback, q.asked && d.may(who, Feedback) && q.ScoreMax == 0 && soon(d.limits.Feedback))
	return can
}
